package cors

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"
)

// foreignServer serves h to anonymous callers and returns its address.
func foreignServer(t *testing.T, h http.Handler) string {
	t.Helper()
	m, err := New(All{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(m.Handler(h))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// rawAnswer sends a foreign request with a cookie and returns all that comes
// back, as it is on the wire.
func rawAnswer(t *testing.T, addr string, lines ...string) string {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	lines = append([]string{"GET / HTTP/1.1", "Host: api.example.com", evil, cross, "Cookie: a=b"}, lines...)
	if _, err := io.WriteString(conn, strings.Join(lines, "\r\n")+"\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

const closing = "Connection: close"

// However a handler goes about it, an anonymous caller gets no cookie.
func TestAnonymousCallersGetNoCookies(t *testing.T) {
	set := func(w http.ResponseWriter) { w.Header().Set("Set-Cookie", "sid=1") }
	for name, handler := range map[string]http.HandlerFunc{
		"before the status": func(w http.ResponseWriter, _ *http.Request) {
			set(w)
			w.WriteHeader(201)
		},
		"before the body":             func(w http.ResponseWriter, _ *http.Request) { set(w); _, _ = w.Write([]byte("x")) },
		"before a string":             func(w http.ResponseWriter, _ *http.Request) { set(w); _, _ = io.WriteString(w, "x") },
		"before a copy":               func(w http.ResponseWriter, _ *http.Request) { set(w); _, _ = io.Copy(w, strings.NewReader("x")) },
		"before a flush":              func(w http.ResponseWriter, _ *http.Request) { set(w); w.(http.Flusher).Flush() },
		"before a controller's flush": func(w http.ResponseWriter, _ *http.Request) { set(w); _ = http.NewResponseController(w).Flush() },
		"without writing anything":    func(w http.ResponseWriter, _ *http.Request) { set(w) },
		"in an early hint":            func(w http.ResponseWriter, _ *http.Request) { set(w); w.WriteHeader(103) },
		"after an early hint":         func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(103); set(w); w.WriteHeader(200) },
		"spelt as HTTP/2 does":        func(w http.ResponseWriter, _ *http.Request) { w.Header()["set-cookie"] = []string{"sid=1"} },
		"spelt otherwise":             func(w http.ResponseWriter, _ *http.Request) { w.Header()["SET-COOKIE"] = []string{"sid=1"} },
		"by http.SetCookie":           func(w http.ResponseWriter, _ *http.Request) { http.SetCookie(w, &http.Cookie{Name: "sid", Value: "1"}) },
		"as Clear-Site-Data":          func(w http.ResponseWriter, _ *http.Request) { w.Header()["clear-site-data"] = []string{`"sid"`} },
		"as a trailer": func(w http.ResponseWriter, _ *http.Request) {
			w.(http.Flusher).Flush()
			w.Header()["Trailer:Set-Cookie"] = []string{"sid=1"}
		},
		"as a trailer in place of a header": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Before", "b")
			w.(http.Flusher).Flush()
			w.Header().Del("X-Before")
			w.Header()["Trailer:Set-Cookie"] = []string{"sid=1"}
		},
		"through http.ServeContent": func(w http.ResponseWriter, r *http.Request) {
			set(w)
			http.ServeContent(w, r, "x.txt", time.Time{}, strings.NewReader("x"))
		},
		"through http.TimeoutHandler": func(w http.ResponseWriter, r *http.Request) {
			http.TimeoutHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { set(w); w.WriteHeader(204) }), time.Minute, "").ServeHTTP(w, r)
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := rawAnswer(t, foreignServer(t, handler), closing); strings.Contains(got, "sid") || !strings.HasPrefix(got, "HTTP/1.1 ") {
				t.Errorf("%s", got)
			}
		})
	}
}

// Frameworks such as echo hand a returned error to their error handler, which
// writes the answer when the middleware has returned.
func TestAnErrorHandlerOutsideSetsNoCookieEither(t *testing.T) {
	m, err := New(All{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	var inner http.ResponseWriter
	m.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { inner = w })).ServeHTTP(w, request("GET", evil, "Cookie: a=b"))
	inner.Header().Set("Set-Cookie", "sid=1")
	inner.WriteHeader(500)
	if got := w.Result(); got.StatusCode != 500 || got.Header.Get("Set-Cookie") != "" {
		t.Errorf("%d %v", got.StatusCode, got.Header)
	}
}

// A reverse proxy writes the upstream's 101 on the connection itself.
func TestAnonymousCallersGetNoCookiesFromAProxiedHandshake(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSet-Cookie: sid=1\r\nX-Kept: 1\r\n\r\nhello")
		_ = conn.Close()
	}))
	defer upstream.Close()
	u, err := url.Parse(upstream.URL)
	if err != nil {
		t.Fatal(err)
	}
	got := rawAnswer(t, foreignServer(t, &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(u) }}), "Connection: Upgrade", "Upgrade: websocket")
	if !strings.HasPrefix(got, "HTTP/1.1 101 ") || strings.Contains(got, "sid") || !strings.Contains(got, "X-Kept: 1\r\n") || !strings.HasSuffix(got, "\r\n\r\nhello") {
		t.Errorf("%q", got)
	}
}

// A writer of other middleware may know no more of the connection than what it
// wraps.
func TestAnonymousCallersGetNoCookiesFromAConnectionFoundBelow(t *testing.T) {
	m, err := New(All{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, wrap := range map[string]func(http.ResponseWriter) http.ResponseWriter{
		"a writer that unwraps":             func(w http.ResponseWriter) http.ResponseWriter { return wrapper{plainWriter{w}} },
		"a writer that unwraps and flushes": func(w http.ResponseWriter) http.ResponseWriter { return flushingWrapper{wrapper{plainWriter{w}}} },
	} {
		t.Run(name, func(t *testing.T) {
			h := m.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				conn, _, err := http.NewResponseController(w).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				defer conn.Close()
				_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nSet-Cookie: sid=1\r\nX-Other: stays\r\n\r\n")
			}))
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(wrap(w), r) }))
			defer s.Close()
			got := rawAnswer(t, s.Listener.Addr().String())
			if strings.Contains(got, "sid") || !strings.Contains(got, "X-Other: stays") {
				t.Errorf("%s", got)
			}
		})
	}
}

func TestHijackedConnection(t *testing.T) {
	for name, tt := range map[string]struct{ in, want string }{
		"nothing to drop":              {"HTTP/1.1 101 S\r\nA: b\r\n\r\nset-cookie: x\r\n\r\n", "HTTP/1.1 101 S\r\nA: b\r\n\r\nset-cookie: x\r\n\r\n"},
		"a cookie":                     {"HTTP/1.1 200 OK\r\nSET-cookie: a\r\nA: b\r\nSet-Cookie : c\r\n\r\nx", "HTTP/1.1 200 OK\r\nA: b\r\n\r\nx"},
		"a cookie on a continued line": {"HTTP/1.1 200 OK\r\nSet-Cookie: a\r\n ;b\r\nA: b\r\n c\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n"},
		"behind an early hint":         {"HTTP/1.1 103 Early\r\nSet-Cookie: a\r\n\r\nHTTP/1.1 101 S\r\nSet-Cookie: b\r\n\r\n", "HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 101 S\r\n\r\n"},
	} {
		for size := 1; size <= len(tt.in); size++ {
			var out bytes.Buffer
			c := &hijackedConn{Conn: writerConn{w: &out}}
			for rest := tt.in; rest != ""; {
				n := min(size, len(rest))
				if got, err := io.WriteString(c, rest[:n]); err != nil || got != n {
					t.Fatalf("%s: wrote %d of %d: %v", name, got, n, err)
				}
				rest = rest[n:]
			}
			if out.String() != tt.want {
				t.Fatalf("%s, in pieces of %d: %q, want %q", name, size, out.String(), tt.want)
			}
		}
	}
	c := &hijackedConn{Conn: writerConn{w: io.Discard}}
	if _, err := c.Write(make([]byte, maxHead+1)); !errors.Is(err, errHead) {
		t.Errorf("a head without end: %v", err)
	}
}

// writerConn is a connection that can only be written to.
type writerConn struct {
	net.Conn
	w io.Writer
}

func (c writerConn) Write(p []byte) (int, error) { return c.w.Write(p) }

// plainWriter can do what every ResponseWriter can, no more.
type plainWriter struct{ http.ResponseWriter }

// wrapper tells http.ResponseController what it wraps.
type wrapper struct{ plainWriter }

func (w wrapper) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// flushingWrapper can be flushed besides.
type flushingWrapper struct{ wrapper }

func (flushingWrapper) Flush() {}

type flusher struct{ plainWriter }

func (flusher) Flush() {}

type hijacker struct{ flusher }

func (hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return nil, nil, http.ErrNotSupported
}

// Handlers ask their writer what it can do, and rely on the answer: gin's
// streams call CloseNotify, event streams refuse to start without a Flusher.
func TestTheAnonymousWriterCanDoWhatItsWriterCan(t *testing.T) {
	rec := plainWriter{httptest.NewRecorder()}
	for _, tt := range []struct {
		name                     string
		w                        http.ResponseWriter
		flusher, closer, hijacks bool
	}{
		{"nothing", rec, false, false, false},
		{"flush", flusher{rec}, true, true, false},
		{"flush and hijack", hijacker{flusher{rec}}, true, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			r := request("GET", evil).WithContext(ctx)
			_, w := newAnonymousWriter(tt.w, r)
			_, canFlush := w.(http.Flusher)
			//lint:ignore SA1019 what is tested
			closer, canClose := w.(http.CloseNotifier)
			_, canHijack := w.(http.Hijacker)
			if canFlush != tt.flusher || canClose != tt.closer || canHijack != tt.hijacks {
				t.Errorf("Flusher %v, CloseNotifier %v, Hijacker %v", canFlush, canClose, canHijack)
			}
			cancel()
			if canClose {
				<-closer.CloseNotify() // says that the client is gone
			}
		})
	}
}
