package gateway

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/concors/concors/endpoints"
)

func TestCredentialsAreDroppedBothWays(t *testing.T) {
	var got http.Header
	a := newAPI(t, document, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Clone()
		w.Header().Add("Set-Cookie", "a=b")
		w.Header().Set("Clear-Site-Data", `"cookies"`)
		w.Header().Set("X-Other", "stays")
	})
	credentials := []string{"Cookie: session=1", "Authorization: Basic eDp5", "X-Remote-User: alice"}

	t.Run("of an anonymous caller", func(t *testing.T) {
		r := a.do("GET", "/prices", "", append(credentials, foreign)...)
		r.wantStatus(t, 200)
		for _, name := range []string{"Cookie", "Authorization", "X-Remote-User"} {
			if got[name] != nil {
				t.Errorf("the upstream got %s: %q", name, got[name])
			}
		}
		r.wantHeader(t, "Set-Cookie")
		r.wantHeader(t, "Clear-Site-Data")
		r.wantHeader(t, "X-Other", "stays")
		r.wantHeader(t, "Access-Control-Allow-Origin", "*")
		r.wantVary(t, "Origin", "Sec-Fetch-Site")
	})
	t.Run("but not a token that the page itself sent", func(t *testing.T) {
		a.do("GET", "/prices", "", foreign, "Authorization: Bearer abc", "Cookie: session=1")
		if got.Get("Authorization") != "Bearer abc" || got["Cookie"] != nil {
			t.Errorf("the upstream got %v", got)
		}
	})
	t.Run("and not those of the API's own pages", func(t *testing.T) {
		r := a.do("GET", "/prices", "", credentials...)
		if got.Get("Cookie") != "session=1" || got.Get("X-Remote-User") != "alice" {
			t.Errorf("the upstream got %v", got)
		}
		r.wantHeader(t, "Set-Cookie", "a=b")
	})
}

func TestForwardedHeaders(t *testing.T) {
	var got *http.Request
	a := newAPI(t, document, func(_ http.ResponseWriter, r *http.Request) { got = r })
	claims := []string{
		"Host: api.example", "X-Forwarded-For: 9.9.9.9", "X-Forwarded-Host: public.example", "X-Forwarded-Proto: https",
		"X-Forwarded-Prefix: /evil", "X-Real-Ip: 9.9.9.9", "Forwarded: for=9.9.9.9", "X-Original-Url: /admin",
	}
	want := func(t *testing.T, values ...string) {
		t.Helper()
		for i, name := range []string{"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "X-Real-Ip", "Forwarded", "X-Original-Url"} {
			if g := strings.Join(got.Header[name], "|"); g != values[i] {
				t.Errorf("%s: %q, want %q", name, g, values[i])
			}
		}
		if got.Host != "api.example" {
			t.Errorf("Host: %q, want the client's", got.Host)
		}
	}
	t.Run("of a stranger are replaced", func(t *testing.T) {
		a.do("GET", "/prices", "", claims...)
		want(t, "127.0.0.1", "api.example", "http", "", "", "", "")
	})
	t.Run("of a trusted proxy are kept and added to", func(t *testing.T) {
		a.swap("trusted_proxies: [127.0.0.1]\n" + document)
		a.do("GET", "/prices", "", claims...)
		want(t, "9.9.9.9, 127.0.0.1", "public.example", "https", "/evil", "9.9.9.9", "", "/admin")
	})
	t.Run("cannot be removed by naming them in Connection", func(t *testing.T) {
		a.do("GET", "/prices", "", "Connection: X-Forwarded-For, X-Forwarded-Host, X-Custom", "X-Custom: 1", "Host: api.example")
		if got.Header.Get("X-Forwarded-For") != "127.0.0.1" || got.Header["X-Custom"] != nil {
			t.Errorf("the upstream got %v", got.Header)
		}
	})
}

func TestUpstreamHost(t *testing.T) {
	var got *http.Request
	a := newAPI(t, document, func(_ http.ResponseWriter, r *http.Request) { got = r }, func(o *Options) { o.UpstreamHost = true })
	a.do("GET", "/prices", "", "Host: api.example")
	if got.Host != strings.TrimPrefix(a.upstream.URL, "http://") || got.Header.Get("X-Forwarded-Host") != "api.example" {
		t.Errorf("Host %q, X-Forwarded-Host %q", got.Host, got.Header.Get("X-Forwarded-Host"))
	}
}

func TestUpstreamPathIsJoinedAsItIs(t *testing.T) {
	a := newAPI(t, document, func(w http.ResponseWriter, r *http.Request) { w.Header().Set("X-Got", r.RequestURI) })
	for base, want := range map[string]string{
		"":            "/files/a%20b/%E2%82%AC/c%2Fd?q=%zz&x=1;2",
		"/":           "/files/a%20b/%E2%82%AC/c%2Fd?q=%zz&x=1;2",
		"/base":       "/base/files/a%20b/%E2%82%AC/c%2Fd?q=%zz&x=1;2",
		"/b%2Fase/v1": "/b%2Fase/v1/files/a%20b/%E2%82%AC/c%2Fd?q=%zz&x=1;2",
	} {
		t.Run("base "+base, func(t *testing.T) {
			a.gateway.Swap(tableOf(t, a.upstream.URL+base, document))
			r := a.raw("GET /files/a%20b/%E2%82%AC/c%2Fd?q=%zz&x=1;2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
			r.wantHeader(t, "X-Got", want)
		})
	}
}

func TestBodyTooLarge(t *testing.T) {
	a := newAPI(t, document, echo, func(o *Options) { o.MaxBodyBytes = 10 })
	t.Run("as announced: the upstream never sees it", func(t *testing.T) {
		r := a.do("POST", "/upload", "12345678901", allowed)
		r.wantProblem(t, 413, "body-too-large")
		r.wantHeader(t, "Access-Control-Allow-Origin", "https://docs.example.com")
		r.wantVary(t, "Origin")
		a.untouched()
	})
	t.Run("as it turns out", func(t *testing.T) {
		// The upstream reads on; otherwise it could answer before the limit.
		r := a.raw("POST /upload HTTP/1.1\r\nHost: h\r\n" + allowed + "\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n12345678901\r\n0\r\n\r\n")
		r.wantProblem(t, 413, "body-too-large")
		r.wantHeader(t, "Access-Control-Allow-Origin", "https://docs.example.com")
	})
	t.Run("just at the limit", func(t *testing.T) {
		r := a.do("POST", "/upload", "1234567890", allowed)
		r.wantStatus(t, 200)
		if r.body != "1234567890" {
			t.Errorf("body %q", r.body)
		}
	})
	t.Run("no limit", func(t *testing.T) {
		a := newAPI(t, document, echo, func(o *Options) { o.MaxBodyBytes = -1 })
		if r := a.do("POST", "/upload", strings.Repeat("x", 1<<20), allowed); len(r.body) != 1<<20 {
			t.Errorf("%d bytes came back", len(r.body))
		}
	})
}

// fails is a transport that does not reach the upstream.
func fails(err error) func(*Options) {
	return func(o *Options) {
		o.Transport = roundTripper(func(*http.Request) (*http.Response, error) { return nil, err })
	}
}

type timeoutError struct{}

func (timeoutError) Error() string { return "timed out" }
func (timeoutError) Timeout() bool { return true }

func TestUpstreamFails(t *testing.T) {
	for _, tc := range []struct {
		name   string
		err    error
		status int
		reason string
	}{
		{"unreachable", errors.New("connection refused"), 502, "upstream-unreachable"},
		{"too slow", fmt.Errorf("dialing: %w", timeoutError{}), 504, "upstream-timeout"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := newAPI(t, document, echo, fails(tc.err))
			r := a.do("GET", "/account", "", allowed)
			r.wantProblem(t, tc.status, tc.reason)
			r.wantHeader(t, "Access-Control-Allow-Origin", "https://docs.example.com")
			r.wantHeader(t, "Access-Control-Allow-Credentials", "true")
			r.wantHeader(t, "Cross-Origin-Resource-Policy", "same-origin")
			r.wantVary(t, "Origin")
			a.wantMetric(`concors_upstream_errors_total{endpoint="GET /account",reason="` + tc.reason + `"} 1`)
			a.do("GET", "/watched", "", foreign).noCORS(t)
		})
	}
	t.Run("really closed", func(t *testing.T) {
		a := newAPI(t, document, echo)
		a.upstream.Close()
		a.do("GET", "/account", "", allowed).wantProblem(t, 502, "upstream-unreachable")
	})
	t.Run("really too slow", func(t *testing.T) {
		release := make(chan struct{})
		a := newAPI(t, document, func(http.ResponseWriter, *http.Request) { <-release }, func(o *Options) { o.ResponseTimeout = time.Millisecond })
		defer close(release)
		r := a.do("GET", "/account", "", allowed)
		r.wantProblem(t, 504, "upstream-timeout")
		r.wantHeader(t, "Access-Control-Allow-Origin", "https://docs.example.com")
	})
	t.Run("breaks off in the body: the client sees that", func(t *testing.T) {
		a := newAPI(t, document, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "part")
		})
		res, err := a.front.Client().Get(a.front.URL + "/prices")
		if err == nil {
			_, err = io.ReadAll(res.Body)
			res.Body.Close()
		}
		if err == nil {
			t.Error("the client took a part for the whole")
		}
		a.access.until(t, `"aborted":true`)
	})
}

func TestUpstreamErrorsAndNotModifiedCarryTheHeaders(t *testing.T) {
	a := newAPI(t, document, func(w http.ResponseWriter, r *http.Request) {
		var status int
		_, _ = fmt.Sscan(r.URL.RawQuery, &status)
		w.WriteHeader(status)
	})
	for _, status := range []int{204, 301, 304, 401, 404, 500, 503} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			r := a.do("GET", fmt.Sprintf("/account?%d", status), "", allowed)
			r.wantStatus(t, status)
			r.wantHeader(t, "Access-Control-Allow-Origin", "https://docs.example.com")
			r.wantHeader(t, "Cross-Origin-Resource-Policy", "same-origin")
		})
	}
}

func TestServerSentEventsArriveOneByOne(t *testing.T) {
	next := make(chan string)
	a := newAPI(t, document, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		w.WriteHeader(200)
		_ = http.NewResponseController(w).Flush()
		for event := range next {
			_, _ = fmt.Fprintf(w, "data: %s\n\n", event)
			_ = http.NewResponseController(w).Flush()
		}
	})
	r, _ := http.NewRequest("GET", a.front.URL+"/account", nil)
	r.Header.Set("Origin", "https://docs.example.com")
	res, err := a.front.Client().Do(r) // returns: the header is not held back
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	reply{Response: res}.wantHeader(t, "Access-Control-Allow-Origin", "https://docs.example.com")
	lines := bufio.NewScanner(res.Body)
	for _, event := range []string{"one", "two", "three"} {
		next <- event
		if !lines.Scan() || lines.Text() != "data: "+event || !lines.Scan() {
			t.Fatalf("got %q, want event %s", lines.Text(), event)
		}
	}
	close(next)
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
	client, front := secureClient(t, a) // full duplex needs HTTP/2 in front
	body, send := io.Pipe()
	r, _ := http.NewRequest("POST", front+"/upload", body)
	r.Header.Set("Origin", "https://docs.example.com")
	go func() { _, _ = io.WriteString(send, "1\n") }()
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewReader(res.Body)
	for i := 1; i < 4; i++ {
		line, err := lines.ReadString('\n')
		if want := fmt.Sprintf("got %d\n", i); line != want || err != nil {
			t.Fatalf("got %q, %v, want %q", line, err, want)
		}
		_, _ = fmt.Fprintf(send, "%d\n", i+1)
	}
	send.Close()
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
		conn, err := net.Dial("tcp", a.front.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
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
		return websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(a.front.URL, "http")+path,
			&websocket.DialOptions{HTTPHeader: http.Header{"Origin": {origin}}})
	}
	echoes := func(t *testing.T, c *websocket.Conn) {
		t.Helper()
		defer c.CloseNow()
		if err := c.Write(t.Context(), websocket.MessageText, []byte("hello")); err != nil {
			t.Fatal(err)
		}
		if _, message, err := c.Read(t.Context()); err != nil || string(message) != "hello" {
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

func TestPanicIs500WithHeaders(t *testing.T) {
	a := newAPI(t, document, echo, func(o *Options) {
		o.Transport = roundTripper(func(*http.Request) (*http.Response, error) { panic("broken transport") })
	})
	r := a.do("GET", "/account", "", allowed)
	r.wantProblem(t, 500, "internal-error")
	r.wantHeader(t, "Access-Control-Allow-Origin", "https://docs.example.com")
	a.log.until(t, "broken transport")
}

func TestClientGoesAway(t *testing.T) {
	waiting := make(chan struct{})
	a := newAPI(t, document, func(_ http.ResponseWriter, r *http.Request) {
		close(waiting)
		<-r.Context().Done() // the gateway hangs up as well
	})
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, "GET", a.front.URL+"/account", nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		<-waiting
		cancel()
	}()
	if _, err := a.front.Client().Do(r); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	a.access.until(t, `"reason":"client-canceled"`)
	if strings.Contains(a.scrape(), "concors_upstream_errors_total{") {
		t.Error("the upstream was blamed")
	}
}

func TestEventsTellEachDecision(t *testing.T) {
	var events []string
	a := newAPI(t, document, echo, func(o *Options) {
		o.OnDecision = func(e Event) {
			ep := e.Endpoint
			if ep == nil {
				ep = &endpoints.Endpoint{Pattern: "none"}
			}
			events = append(events, fmt.Sprintf("%s %s %s %s %s", ep.Pattern, e.Request.Method, e.Decision.Verdict, e.Decision.Reason, e.Decision.Origin()))
		}
	})
	a.do("GET", "/account", "", allowed)
	a.do("GET", "/account", "", foreign)
	a.do("OPTIONS", "/account", "", allowed, asks("PATCH"))
	a.do("GET", "/nowhere", "", allowed)
	want := []string{
		"GET /account GET run  https://docs.example.com",
		"GET /account GET refuse origin-not-allowed https://evil.example",
		"none OPTIONS refuse method-not-allowed https://docs.example.com",
	}
	if fmt.Sprint(events) != fmt.Sprint(want) {
		t.Errorf("got %q\nwant %q", events, want)
	}
}
