package differential

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/concors/concors/internal/proof/realbrowser"
)

// server serves all hosts and ports of all scenarios, http and https alike (the
// first byte of a connection tells), and writes answers as scripted, without
// net/http's help, which would tidy them up.
type server struct {
	listener net.Listener
	tls      *tls.Config
	serving  sync.WaitGroup

	mu    sync.Mutex // guards runs, conns
	runs  map[string]*run
	conns map[net.Conn]bool
}

// run is a scenario in progress.
type run struct {
	script *script

	mu       sync.Mutex // guards the rest
	requests []Request
	active   int       // requests being answered
	last     time.Time // when the last one began or ended
}

func startServer() (*server, error) {
	authority, err := realbrowser.NewAuthority()
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &server{listener: l, tls: authority.TLSConfig(), runs: map[string]*run{}, conns: map[net.Conn]bool{}}
	s.serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns[conn] = true
			s.mu.Unlock()
			s.serving.Go(func() {
				s.serve(conn)
				s.mu.Lock()
				delete(s.conns, conn)
				s.mu.Unlock()
			})
		}
	})
	return s, nil
}

// dial connects every name and port to this server, except hosts whose name
// begins with "refused.".
func (s *server) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if strings.HasPrefix(address, "refused.") {
		return nil, errors.New("refused, as its name says")
	}
	return new(net.Dialer).DialContext(ctx, network, s.listener.Addr().String())
}

func (s *server) close() {
	s.listener.Close()
	s.mu.Lock()
	for conn := range s.conns {
		conn.Close()
	}
	s.mu.Unlock()
	s.serving.Wait()
}

// begin makes the server answer requests below a prefix.
func (s *server) begin(prefix string, sc *Scenario) *run {
	r := &run{script: newScript(sc), last: time.Now()}
	s.mu.Lock()
	s.runs[prefix] = r
	s.mu.Unlock()
	return r
}

func (s *server) end(prefix string) {
	s.mu.Lock()
	delete(s.runs, prefix)
	s.mu.Unlock()
}

func (s *server) serve(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	first, err := in.Peek(1)
	if err != nil {
		return
	}
	scheme := "http"
	if first[0] == 0x16 { // a TLS handshake record
		scheme = "https"
		secure := tls.Server(peekedConn{conn, in}, s.tls)
		defer secure.Close()
		conn, in = secure, bufio.NewReader(secure)
	}
	for {
		r, err := readRequest(in)
		if err != nil {
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if !s.answer(conn, in, scheme, r, len(body) > 0) {
			return
		}
	}
}

type peekedConn struct {
	net.Conn
	in *bufio.Reader
}

func (c peekedConn) Read(p []byte) (int, error) { return c.in.Read(p) }

// answer reports whether the connection can carry another request.
func (s *server) answer(conn net.Conn, in *bufio.Reader, scheme string, r *http.Request, hasBody bool) bool {
	prefix := ""
	if rest := strings.TrimPrefix(r.URL.Path, "/"); rest != r.URL.Path {
		name, _, _ := strings.Cut(rest, "/")
		prefix = "/" + name
	}
	s.mu.Lock()
	run := s.runs[prefix]
	s.mu.Unlock()
	if run == nil {
		_, err := conn.Write(page(r))
		return err == nil
	}
	if r.URL.Path == prefix+"/"+cookieFile {
		_, err := conn.Write(setCookies(run.script.scenario, scheme+"://"+r.Host))
		return err == nil
	}
	seen := newRequest(r.Method, scheme+"://"+r.Host+r.RequestURI, r.Header, hasBody, run.script.scenario.Calls)
	a := run.script.answer(r)
	run.mu.Lock()
	run.requests = append(run.requests, seen)
	run.active++
	run.mu.Unlock()
	defer func() {
		run.mu.Lock()
		run.active--
		run.last = time.Now()
		run.mu.Unlock()
	}()
	if _, err := conn.Write(run.script.wire(r, a)); err != nil || a.Broken {
		return false
	}
	if a.Status == http.StatusSwitchingProtocols {
		// A page closes its WebSocket as soon as it is open; a close frame back
		// completes that (RFC 6455 §5.5.1: 0x88, no payload).
		if _, err := in.Peek(1); err == nil {
			_, _ = conn.Write([]byte{0x88, 0})
		}
		return false
	}
	return true
}

// settle waits until no request has come for a while. For APIs that tell the
// page nothing there is no other sign that all is over. As long as fewer
// requests than expected have come, it waits longer: the machine may be busy.
func (r *run) settle(ctx context.Context, quiet time.Duration, expected int) {
	began := time.Now()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		r.mu.Lock()
		since := r.last
		active := r.active
		patience := quiet
		if len(r.requests) < expected {
			patience = 25 * quiet
		}
		r.mu.Unlock()
		if since.Before(began) {
			since = began
		}
		if active == 0 && time.Since(since) > patience {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (r *run) seen() []Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Request(nil), r.requests...)
}

// cookieFile is where a scenario's cookies are set.
const cookieFile = "cookies"

func setCookies(sc *Scenario, origin string) []byte {
	var w strings.Builder
	w.WriteString("HTTP/1.1 204 No Content\r\n")
	for _, c := range sc.Cookies {
		if c.Origin == origin {
			fmt.Fprintf(&w, "Set-Cookie: %s\r\n", c.Line)
		}
	}
	w.WriteString("\r\n")
	return []byte(w.String())
}

// page serves the pages that make calls.
func page(r *http.Request) []byte {
	var body string
	switch r.URL.Path {
	case "/page":
		body = "<!doctype html><title>page</title>"
	case "/frame":
		body = framePage
	default:
		return []byte("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
	}
	var w strings.Builder
	w.WriteString("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\n")
	q := r.URL.Query()
	if v := q.Get("referrer"); v != "" {
		fmt.Fprintf(&w, "Referrer-Policy: %s\r\n", v)
	}
	if v := q.Get("embedder"); v != "" {
		fmt.Fprintf(&w, "Cross-Origin-Embedder-Policy: %s\r\n", v)
	}
	if q.Has("upgrade") {
		w.WriteString("Content-Security-Policy: upgrade-insecure-requests\r\n")
	}
	fmt.Fprintf(&w, "Content-Length: %d\r\n\r\n%s", len(body), body)
	return []byte(w.String())
}
