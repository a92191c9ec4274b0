package differential

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/concors/concors/cors/browser"
)

// script answers the requests of one run of a scenario.
type script struct {
	scenario *Scenario // placed

	mu   sync.Mutex // guards used
	used []int      // answers given, by rule
}

func newScript(s *Scenario) *script { return &script{scenario: s, used: make([]int, len(s.Rules))} }

// isPreflight recognises preflights as servers do.
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Origin") != "" && r.Header.Get("Access-Control-Request-Method") != ""
}

// answer returns the answer of the first rule that fits; 404 if none does.
func (s *script) answer(r *http.Request) Answer {
	preflight := isPreflight(r)
	for i, rule := range s.scenario.Rules {
		if rule.Preflight != preflight ||
			rule.Method != "" && rule.Method != r.Method ||
			rule.Host != "" && rule.Host != r.Host ||
			rule.Path != "" && rule.Path != r.URL.Path {
			continue
		}
		s.mu.Lock()
		n := min(s.used[i], len(rule.Answers)-1)
		s.used[i]++
		s.mu.Unlock()
		return rule.Answers[n]
	}
	return Answer{Status: 404}
}

// wire writes an answer as bytes. Answers are never stored by HTTP caches.
func (s *script) wire(r *http.Request, a Answer) []byte {
	if a.Broken {
		return []byte(brokenAnswer)
	}
	var w bytes.Buffer
	fmt.Fprintf(&w, "HTTP/1.1 %d %s\r\n", a.Status, http.StatusText(a.Status))
	for _, line := range a.Lines {
		w.WriteString(line)
		w.WriteString("\r\n")
	}
	if a.Status == http.StatusSwitchingProtocols {
		accept := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
		fmt.Fprintf(&w, "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(accept[:]))
		return w.Bytes()
	}
	contentType, body := suitable(s.scenario.kind())
	if a.Body != "" {
		body = a.Body
	}
	if !hasHeader(a.Lines, "Content-Type") {
		fmt.Fprintf(&w, "Content-Type: %s\r\n", contentType)
	}
	if !hasHeader(a.Lines, "Cache-Control") {
		w.WriteString("Cache-Control: no-store\r\n")
	}
	if a.Status == 204 || a.Status == 304 || a.Status == 205 {
		body = ""
	}
	if a.Status != 204 && a.Status != 304 {
		fmt.Fprintf(&w, "Content-Length: %d\r\n", len(body))
	}
	w.WriteString("\r\n")
	if r.Method != http.MethodHead {
		w.WriteString(body)
	}
	return w.Bytes()
}

// brokenAnswer contradicts itself. A mere closed connection will not do: browsers
// then try again, up to ten times, by rules of their own.
const brokenAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"

func hasHeader(lines []string, name string) bool {
	for _, line := range lines {
		if got, _, _ := strings.Cut(line, ":"); strings.EqualFold(strings.TrimSpace(got), name) {
			return true
		}
	}
	return false
}

// suitable returns a body that the API of a kind accepts.
func suitable(kind browser.Kind) (contentType, body string) {
	switch kind {
	case browser.Image:
		return "image/gif", "GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
	case browser.Script, browser.ModuleScript:
		return "text/javascript", "void 0"
	case browser.Stylesheet:
		return "text/css", "a{}"
	case browser.Form, browser.Iframe, browser.Navigation:
		// The page that made the call listens for this.
		return "text/html", `<!doctype html><script>(opener || parent).postMessage("concors-loaded:" + location.pathname.split("/")[1], "*")</script>`
	case browser.EventSource:
		return "text/event-stream", "data: hello\n\n"
	case browser.Media:
		return "audio/wav", silence
	default:
		return "text/plain", "the body"
	}
}

// silence is a WAV file with one sample.
var silence = func() string {
	w := []byte("RIFF")
	w = binary.LittleEndian.AppendUint32(w, 36+2)
	w = append(w, "WAVEfmt "...)
	w = binary.LittleEndian.AppendUint32(w, 16)
	w = binary.LittleEndian.AppendUint16(w, 1)
	w = binary.LittleEndian.AppendUint16(w, 1)
	w = binary.LittleEndian.AppendUint32(w, 8000)
	w = binary.LittleEndian.AppendUint32(w, 16000)
	w = binary.LittleEndian.AppendUint16(w, 2)
	w = binary.LittleEndian.AppendUint16(w, 16)
	w = append(w, "data"...)
	w = binary.LittleEndian.AppendUint32(w, 2)
	w = binary.LittleEndian.AppendUint16(w, 0)
	return string(w)
}()
