package gateway

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

func TestServerSentEventsArriveOneByOne(t *testing.T) {
	events := make(chan string)
	a := newAPI(t, document, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		w.WriteHeader(200)
		_ = http.NewResponseController(w).Flush()
		for event := range events {
			_, _ = fmt.Fprintf(w, "data: %s\n\n", event)
			_ = http.NewResponseController(w).Flush()
		}
	})
	defer close(events)
	r, _ := http.NewRequestWithContext(patient(t), "GET", a.front.URL+"/account", nil)
	r.Header.Set("Origin", "https://docs.example.com")
	res, err := a.front.Client().Do(r) // returns: the header is not held back
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	reply{Response: res}.wantHeader(t, "Access-Control-Allow-Origin", "https://docs.example.com")
	lines := bufio.NewScanner(res.Body)
	for _, event := range []string{"one", "two", "three"} {
		events <- event
		if !lines.Scan() || lines.Text() != "data: "+event || !lines.Scan() {
			t.Fatalf("got %q, want event %s", lines.Text(), event)
		}
	}
}

func TestBodiesStreamBothWaysAtOnce(t *testing.T) {
	a := newAPI(t, document, func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).EnableFullDuplex()
		lines := bufio.NewReader(r.Body)
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			_, _ = io.WriteString(w, "got "+line)
			_ = http.NewResponseController(w).Flush()
		}
	})
	client, front := secureClient(t, a)
	for _, tc := range []struct {
		proto  string
		client *http.Client
		front  string
	}{{"HTTP/1.1", a.front.Client(), a.front.URL}, {"HTTP/2.0", client, front}} {
		t.Run(tc.proto, func(t *testing.T) {
			body, send := io.Pipe()
			r, err := http.NewRequestWithContext(patient(t), "POST", tc.front+"/upload", body)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Origin", "https://docs.example.com")
			go func() { _, _ = io.WriteString(send, "1\n") }()
			res, err := tc.client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			if res.Proto != tc.proto {
				t.Errorf("%s", res.Proto)
			}
			lines := bufio.NewReader(res.Body)
			for i := 1; i < 4; i++ {
				line, err := lines.ReadString('\n')
				if want := fmt.Sprintf("got %d\n", i); line != want || err != nil {
					t.Fatalf("got %q, %v, want %q", line, err, want)
				}
				_, _ = fmt.Fprintf(send, "%d\n", i+1)
			}
			send.Close()
		})
	}
}

// secureClient serves the gateway of a over TLS and returns a client that
// speaks HTTP/2 to it.
func secureClient(t *testing.T, a *api) (*http.Client, string) {
	t.Helper()
	s := httptest.NewUnstartedServer(a.gateway)
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.Client(), s.URL
}

func TestHTTP2(t *testing.T) {
	a := newAPI(t, document, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Proto", r.Header.Get("X-Forwarded-Proto"))
		_, _ = io.Copy(w, r.Body)
	})
	client, front := secureClient(t, a)
	ask := func(method, path, body string, header ...string) reply {
		r, err := http.NewRequest(method, front+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range header {
			name, value, _ := strings.Cut(line, ": ")
			r.Header.Add(name, value)
		}
		return send(t, client, r)
	}
	r := ask("POST", "/upload", "hello", allowed)
	r.wantStatus(t, 200)
	r.wantHeader(t, "X-Proto", "https")
	r.wantHeader(t, "Access-Control-Allow-Origin", "https://docs.example.com")
	if r.ProtoMajor != 2 || r.body != "hello" {
		t.Errorf("%s %q", r.Proto, r.body)
	}
	r = ask("OPTIONS", "/upload", "", allowed, asks("POST"))
	r.wantStatus(t, 204)
	r = ask("POST", "/upload", "hello", foreign)
	r.wantProblem(t, 403, "origin-not-allowed")
	r = ask("POST", "/orders", "hello", "Origin: "+front) // its own page, over https
	r.wantStatus(t, 200)
	r = ask("POST", "/orders", "hello", "Origin: http"+strings.TrimPrefix(front, "https")) // the scheme is known
	r.wantProblem(t, 403, "origin-not-allowed")
}

func TestTrailers(t *testing.T) {
	var got http.Header
	a := newAPI(t, document, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		got = r.Trailer
		h := w.Header()
		h.Set("Trailer", "X-Sum, Set-Cookie, Access-Control-Allow-Origin")
		_, _ = io.WriteString(w, "body")
		_ = http.NewResponseController(w).Flush()
		h.Set("X-Sum", "1")
		h.Set("Set-Cookie", "a=b")
		h.Set("Access-Control-Allow-Origin", "https://evil.example")
		h.Set(http.TrailerPrefix+"X-Late", "2")
		h.Set(http.TrailerPrefix+"Access-Control-Allow-Credentials", "true")
	})
	r, err := http.NewRequest("POST", a.front.URL+"/upload", io.MultiReader(strings.NewReader("some"))) // chunked
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", "https://docs.example.com")
	r.Trailer = http.Header{"X-Request-Sum": {"3"}, "Cookie": {"late=1"}, "X-Forwarded-For": {"9.9.9.9"}}
	res := send(t, a.front.Client(), r)
	if len(got) != 1 || got.Get("X-Request-Sum") != "3" {
		t.Errorf("the upstream got the trailers %v", got)
	}
	want := http.Header{"X-Sum": {"1"}, "X-Late": {"2"}}
	if fmt.Sprint(res.Trailer) != fmt.Sprint(want) {
		t.Errorf("trailers %v, want %v", res.Trailer, want)
	}
	res.wantHeader(t, "Access-Control-Allow-Origin", "https://docs.example.com")
}

func TestEarlyHintsLeakNothing(t *testing.T) {
	a := newAPI(t, document, func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Link", "</style.css>; rel=preload")
		h.Set("Set-Cookie", "hint=1")
		h.Set("Access-Control-Allow-Origin", "https://evil.example")
		w.WriteHeader(http.StatusEarlyHints)
		clear(h)
		_, _ = io.WriteString(w, "done")
	})
	var hints http.Header
	trace := &httptrace.ClientTrace{Got1xxResponse: func(_ int, h textproto.MIMEHeader) error {
		hints = http.Header(h)
		return nil
	}}
	r, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), trace), "GET", a.front.URL+"/prices", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", "https://evil.example")
	res := send(t, a.front.Client(), r)
	if len(hints) != 1 || hints.Get("Link") == "" {
		t.Errorf("hints %v, want the Link alone", hints)
	}
	res.wantStatus(t, 200)
	res.wantHeader(t, "Access-Control-Allow-Origin", "*")
	res.wantHeader(t, "Link")
}

func TestExpectContinue(t *testing.T) {
	a := newAPI(t, document, echo)
	talk := func(origin string) (conn net.Conn, in *bufio.Reader) {
		conn = a.dial()
		_, _ = fmt.Fprintf(conn, "POST /upload HTTP/1.1\r\nHost: h\r\n%s\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n", origin)
		return conn, bufio.NewReader(conn)
	}
	t.Run("is asked for the body when the upstream wants it", func(t *testing.T) {
		conn, in := talk(allowed)
		line, err := in.ReadString('\n')
		if line != "HTTP/1.1 100 Continue\r\n" || err != nil {
			t.Fatalf("%q, %v", line, err)
		}
		_, _ = in.ReadString('\n')
		_, _ = io.WriteString(conn, "hello")
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if b, _ := io.ReadAll(res.Body); res.StatusCode != 200 || string(b) != "hello" {
			t.Errorf("%s %q", res.Status, b)
		}
	})
	t.Run("is refused without the body", func(t *testing.T) {
		before := a.reached.Load()
		_, in := talk(foreign)
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if res.StatusCode != 403 || a.reached.Load() != before {
			t.Errorf("%s; the upstream saw %d requests", res.Status, a.reached.Load()-before)
		}
	})
}

// webSocketAPI has an upstream that says over a WebSocket what it hears.
func webSocketAPI(t *testing.T) *api {
	return newAPI(t, document, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "a=b")
		w.Header().Set("Access-Control-Allow-Origin", "https://evil.example")
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
		if err != nil {
			return
		}
		defer c.CloseNow()
		for {
			kind, message, err := c.Read(r.Context())
			if err != nil || c.Write(r.Context(), kind, message) != nil {
				return
			}
		}
	})
}

func TestWebSocket(t *testing.T) {
	a := webSocketAPI(t)
	dial := func(path, origin string) (*websocket.Conn, *http.Response, error) {
		return websocket.Dial(patient(t), "ws"+strings.TrimPrefix(a.front.URL, "http")+path,
			&websocket.DialOptions{HTTPHeader: http.Header{"Origin": {origin}}})
	}
	echoes := func(t *testing.T, c *websocket.Conn) {
		t.Helper()
		defer c.CloseNow()
		if err := c.Write(patient(t), websocket.MessageText, []byte("hello")); err != nil {
			t.Fatal(err)
		}
		if _, message, err := c.Read(patient(t)); err != nil || string(message) != "hello" {
			t.Fatalf("%q, %v", message, err)
		}
	}
	t.Run("of an allowed origin", func(t *testing.T) {
		c, res, err := dial("/account", "https://docs.example.com")
		if err != nil {
			t.Fatal(err)
		}
		echoes(t, c)
		reply{Response: res}.wantHeader(t, "Access-Control-Allow-Origin", "https://docs.example.com")
		reply{Response: res}.wantHeader(t, "Set-Cookie", "a=b")
	})
	t.Run("of the API's own pages", func(t *testing.T) {
		c, _, err := dial("/tree/", a.front.URL)
		if err != nil {
			t.Fatal(err)
		}
		echoes(t, c)
	})
	t.Run("of any origin where all may call: without credentials", func(t *testing.T) {
		c, res, err := dial("/prices", "https://evil.example")
		if err != nil {
			t.Fatal(err)
		}
		echoes(t, c)
		reply{Response: res}.wantHeader(t, "Set-Cookie")
	})
	t.Run("is not taken over by another protocol", func(t *testing.T) {
		before := a.reached.Load()
		r := a.raw("GET /account HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n")
		if r.StatusCode == 101 || a.reached.Load() != before+1 {
			t.Errorf("%s", r.Status)
		}
	})
}

// A handshake that anybody's page may begin is anonymous like any other request:
// what the socket then says is said to nobody in particular.
func TestWebSocketOfAnAnonymousCallerHasNoCredentials(t *testing.T) {
	var got http.Header
	a := newAPI(t, document, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header
		h := w.Header()
		h.Set("Set-Cookie", "a=b")
		h.Set("Clear-Site-Data", `"cookies"`)
		h.Set("Alt-Svc", `h3=":443"`)
		if c, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true}); err == nil {
			c.CloseNow()
		}
	})
	const handshake = "Host: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
		"Cookie: session=1\r\nAuthorization: Basic eDp5\r\nX-Remote-User: ann\r\nX_Remote_User: ann\r\n"
	names := []string{"Cookie", "Authorization", "X-Remote-User", "X_remote_user"}
	t.Run("anonymous", func(t *testing.T) {
		r := a.raw("GET /prices HTTP/1.1\r\n" + handshake + foreign + "\r\n\r\n")
		r.wantStatus(t, 101)
		for _, name := range []string{"Set-Cookie", "Clear-Site-Data", "Alt-Svc"} {
			r.wantHeader(t, name)
		}
		for _, name := range names {
			if got[name] != nil {
				t.Errorf("the upstream got %s: %q", name, got[name])
			}
		}
	})
	t.Run("allowed with credentials", func(t *testing.T) {
		r := a.raw("GET /account HTTP/1.1\r\n" + handshake + allowed + "\r\n\r\n")
		r.wantStatus(t, 101)
		r.wantHeader(t, "Set-Cookie", "a=b")
		r.wantHeader(t, "Alt-Svc")
		for _, name := range names {
			if got[name] == nil {
				t.Errorf("the upstream did not get %s", name)
			}
		}
	})
}

// The upstream's other protocols would lead browsers around the gateway.
func TestUpstreamsAlternativesAreNotTold(t *testing.T) {
	a := newAPI(t, document, func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Add("Alt-Svc", `h3=":443"; ma=86400`)
		h.Add("alt-svc", `h2="other.example:443"`)
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(map[string]int{"/prices": 200, "/account": 500, "/tree/": 304, "/watched": 200}[r.URL.Path])
	})
	for path, header := range map[string]string{"/prices": foreign, "/account": allowed, "/tree/": "X-None: 1", "/watched": foreign} {
		for _, method := range []string{"GET", "HEAD"} {
			t.Run(method+" "+path, func(t *testing.T) {
				var hints http.Header
				trace := &httptrace.ClientTrace{Got1xxResponse: func(_ int, h textproto.MIMEHeader) error {
					hints = http.Header(h)
					return nil
				}}
				r, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), trace), method, a.front.URL+path, nil)
				if err != nil {
					t.Fatal(err)
				}
				name, value, _ := strings.Cut(header, ": ")
				r.Header.Set(name, value)
				send(t, a.front.Client(), r).wantHeader(t, "Alt-Svc")
				if hints == nil || hints["Alt-Svc"] != nil {
					t.Errorf("hints: %v", hints)
				}
			})
		}
	}
}

// An upstream that answers 101 where nobody asked gets no tunnel.
func TestUnasked101(t *testing.T) {
	a := newAPI(t, document, func(w http.ResponseWriter, r *http.Request) {
		conn, out, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(out, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
		_ = out.Flush()
	})
	r := a.raw("GET /account HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n" + allowed + "\r\n\r\n")
	r.wantProblem(t, 502, "upstream-unreachable")
	r.wantHeader(t, "Access-Control-Allow-Origin", "https://docs.example.com")
}

func TestUpstreamMayRefuseAnUpgrade(t *testing.T) {
	a := newAPI(t, document, func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no sockets", http.StatusUpgradeRequired) })
	r := a.raw("GET /account HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" + allowed + "\r\n\r\n")
	r.wantStatus(t, 426)
	r.wantHeader(t, "Access-Control-Allow-Origin", "https://docs.example.com")
}

// An upstream that answers without the body costs the client neither the
// answer nor the connection.
func TestConnectionSurvivesAnAnswerBeforeTheBody(t *testing.T) {
	a := newAPI(t, document, func(w http.ResponseWriter, _ *http.Request) {
		_ = http.NewResponseController(w).EnableFullDuplex() // does not wait for the body
		w.WriteHeader(http.StatusAccepted)
	})
	conn := a.dial()
	in := bufio.NewReader(conn)
	for _, tc := range []struct{ header, body string }{
		{"Content-Length: 5", "hello"},
		{"Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n"},
	} {
		for range 3 {
			_, _ = fmt.Fprintf(conn, "POST /upload HTTP/1.1\r\nHost: h\r\n%s\r\n%s\r\n\r\n", allowed, tc.header)
			res, err := http.ReadResponse(in, nil)
			if err != nil {
				t.Fatalf("%s: %v", tc.header, err)
			}
			res.Body.Close()
			if res.StatusCode != http.StatusAccepted || res.Close {
				t.Fatalf("%s: %s, close: %v", tc.header, res.Status, res.Close)
			}
			_, _ = io.WriteString(conn, tc.body)
		}
	}
}
