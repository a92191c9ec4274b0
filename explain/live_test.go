package explain

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/browser"
	"github.com/concors/concors/internal/rehearsal"
)

// rawServer answers each connection with what talk writes.
func rawServer(t *testing.T, talk func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				talk(c)
			}()
		}
	}()
	return "http://" + l.Addr().String() + "/"
}

// askRaw asks a server on loopback from a page on loopback.
func askRaw(url string, l Live) Answer {
	return AskLive(context.Background(), question("http://localhost:1", url), l)
}

// question is a fetch() without any options.
func question(origin, url string) Question {
	return Question{Page: browser.Page{Origin: origin}, Call: browser.Call{URL: url}}
}

func TestLiveBearsBadServers(t *testing.T) {
	for name, talk := range map[string]func(net.Conn){
		"resets": func(c net.Conn) {
			_ = c.(*net.TCPConn).SetLinger(0)
		},
		"says garbage": func(c net.Conn) { _, _ = io.WriteString(c, "SSH-2.0-OpenSSH_9.2\r\n\r\n") },
		"sends megabytes of headers": func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n")
			line := "X-A: " + strings.Repeat("a", 64<<10) + "\r\n"
			for range 64 {
				if _, err := io.WriteString(c, line); err != nil {
					return
				}
			}
			_, _ = io.WriteString(c, "\r\n")
		},
		"breaks off in the header": func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nAccess-Con") },
		"hangs":                    func(c net.Conn) { _, _ = io.Copy(io.Discard, c) },
	} {
		t.Run(name, func(t *testing.T) {
			a := askRaw(rawServer(t, talk), Live{Timeout: 300 * time.Millisecond})
			if a.Outcome != NotAsked || a.Err == nil {
				t.Errorf("outcome %s, error %v", a.Outcome, a.Err)
			}
			var out strings.Builder
			a.Write(&out, Style{})
			if !strings.Contains(out.String(), "could not be asked") || strings.Contains(out.String(), "SSH\r") {
				t.Errorf("told as:\n%s", out.String())
			}
		})
	}
}

func TestLiveBearsEndlessBodies(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		block := make([]byte, 64<<10)
		for r.Context().Err() == nil {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	}))
	defer srv.Close()
	if a := askRaw(srv.URL, Live{}); a.Outcome != Allowed {
		t.Errorf("outcome %s, error %v", a.Outcome, a.Err)
	}
}

func TestLiveBearsRedirectsInCircles(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		http.Redirect(w, r, "/", http.StatusFound)
	}))
	defer srv.Close()
	a := askRaw(srv.URL, Live{})
	if a.Outcome != Blocked || a.Result.Blocked.Code != browser.TooManyRedirects {
		t.Errorf("outcome %s: %v", a.Outcome, a.Result.Blocked)
	}
}

// What a server sends must not write to the terminal in our place, nor to that
// of whoever reads the JSON.
func TestStrangersDoNotWriteInOurPlace(t *testing.T) {
	evil := "https://x\x1b[2J\x1b]0;title\x07\u202e\u009b\x9b"
	network := hosts{"api.example.com": headers(200, "Access-Control-Allow-Origin: "+evil, "X-"+evil+": "+evil)}
	a := AskLive(context.Background(), question("https://docs.example.com", "https://api.example.com/"), Live{Transport: network})
	a.Decisions = []rehearsal.Decision{{Made: true, Reason: cors.Reason(evil)}}
	var text strings.Builder
	a.Write(&text, Style{})
	data, err := a.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	pasted := ReadConsole("Access to fetch at 'https://api.example.com/" + evil + "' from origin 'https://docs.example.com' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.")
	if len(pasted) != 1 {
		t.Fatal("the console line is not known")
	}
	failure, err := json.Marshal(&pasted[0])
	if err != nil {
		t.Fatal(err)
	}
	var decoded any
	if err := json.Unmarshal(data, &decoded); err != nil {
		t.Fatal(err)
	}
	for name, out := range map[string]string{"text": text.String(), "JSON": string(data) + string(failure), "decoded JSON": fmt.Sprint(decoded)} {
		if strings.ContainsAny(out, "\x1b\x07\u202e\u009b") || !utf8.ValidString(out) || !strings.Contains(out, "\ufffd") {
			t.Errorf("%s: %q", name, out)
		}
	}
}

// Cookies and tokens stay with the origin they are for.
func TestCredentialsDoNotFollowRedirects(t *testing.T) {
	var seen http.Header
	network := hosts{
		"api.example.com": headers(307, "Access-Control-Allow-Origin: https://docs.example.com", "Access-Control-Allow-Credentials: true",
			"Access-Control-Allow-Headers: authorization", "Location: https://elsewhere.example/"),
		"elsewhere.example": func(w http.ResponseWriter, r *http.Request) { seen = r.Header.Clone(); w.WriteHeader(200) },
	}
	network["api.example.com"] = func(next http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodOptions {
				headers(204, "Access-Control-Allow-Origin: https://docs.example.com", "Access-Control-Allow-Credentials: true", "Access-Control-Allow-Headers: authorization")(w, r)
				return
			}
			if r.Header.Get("Cookie") == "" {
				t.Error("the cookie was not sent where it belongs")
			}
			next(w, r)
		}
	}(network["api.example.com"])
	q := Question{
		Page:    browser.Page{Origin: "https://docs.example.com"},
		Call:    browser.Call{URL: "https://api.example.com/", Credentials: browser.Include, Headers: []browser.HeaderField{{Name: "Authorization", Value: "Bearer secret"}}},
		Cookies: []string{"session=1; SameSite=None; Secure"},
	}
	a := AskLive(context.Background(), q, Live{Transport: network})
	for _, name := range []string{"Cookie", "Authorization"} {
		if seen.Get(name) != "" {
			t.Errorf("%s followed the redirect", name)
		}
	}
	data, err := a.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	a.Write(&out, Style{})
	if strings.Contains(string(data), "secret") || strings.Contains(out.String(), "secret") {
		t.Error("the token is shown")
	}
}

func TestUnsafeCallsAreHeldBack(t *testing.T) {
	sent := 0
	network := hosts{"api.example.com": func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodOptions {
			sent++
		}
		headers(204, "Access-Control-Allow-Origin: *", "Access-Control-Allow-Methods: PUT")(w, r)
	}}
	ask := func(method string, l Live) Answer {
		l.Transport = network
		return AskLive(context.Background(), Question{Page: browser.Page{Origin: "https://docs.example.com"}, Call: browser.Call{Method: method, URL: "https://api.example.com/"}}, l)
	}
	for _, tt := range []struct {
		name, method string
		live         Live
		want         Outcome
		sent         int
	}{
		{"PUT", "PUT", Live{}, Held, 0},
		{"POST without a preflight", "POST", Live{}, Held, 0},
		{"PUT with Send", "PUT", Live{Send: true}, Allowed, 1},
		{"GET", "GET", Live{}, Allowed, 1},
		{"GET, preflight only", "GET", Live{PreflightOnly: true}, Held, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sent = 0
			if a := ask(tt.method, tt.live); a.Outcome != tt.want || sent != tt.sent {
				t.Errorf("%s, sent %d times; want %s, %d", a.Outcome, sent, tt.want, tt.sent)
			}
		})
	}
}
