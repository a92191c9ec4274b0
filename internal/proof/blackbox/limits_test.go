package blackbox

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// gatewayErrors asks a question of each kind of caller at an endpoint that
// fails with the status, and wants the headers of a success on each error.
func gatewayErrors(t *testing.T, s *streams, status int, target, body string) {
	t.Helper()
	for name, lines := range map[string][]Field{
		"from an allowed website":  {{"Origin", friend}, {"Sec-Fetch-Site", "cross-site"}},
		"from another website":     {{"Origin", "https://evil.example"}, {"Sec-Fetch-Site", "cross-site"}},
		"from its own page":        {{"Origin", "https://api.test"}, {"Sec-Fetch-Site", "same-origin"}},
		"from no browser":          nil,
		"from no browser, as user": {{"Authorization", "Bearer t"}, {"Cookie", "a=b"}},
	} {
		t.Run(name, func(t *testing.T) {
			q := s.question("POST", target)
			q.Header, q.Body, q.HTTP2 = lines, body, s.TLS
			a, err := askOnce(s.target, q)
			if err != nil {
				t.Fatal(err)
			}
			w := Expect(q)
			if w.Reached {
				w.Reached, w.Gateway = false, status
			}
			for _, d := range differences(q, &w, a, nil) {
				t.Errorf("%s: %s\n%s\n→ %d %q", d.What, d.Text, q, a.Status, a.Header)
			}
		})
	}
}

// eachSetting runs a test for a setting of each kind, over both protocols.
func eachSetting(t *testing.T, f func(t *testing.T, s *Setting, http2 bool)) {
	for _, s := range []*Setting{
		friendly(),
		{Name: "with-credentials", Allow: "selected", Domains: []string{friend}, Credentials: true, Expose: []string{"X-Total"}},
		{Name: "everyone", Allow: "all", Expose: []string{"X-Total"}},
		{Name: "nobody", Allow: "none"},
	} {
		t.Run(s.Name, func(t *testing.T) {
			protocols(t, func(t *testing.T, http2 bool) { f(t, s, http2) })
		})
	}
}

func TestErrorsOfTheGatewayCarryTheHeadersOfASuccess(t *testing.T) {
	t.Run("413", func(t *testing.T) {
		eachSetting(t, func(t *testing.T, s *Setting, http2 bool) {
			st := serveStreams(t, s, http2, []string{"POST /limited"}, "--max-body", "1000")
			gatewayErrors(t, st, 413, "/limited", strings.Repeat("x", 1001))
			q := st.question("POST", "/limited")
			q.Body = strings.Repeat("x", 1000)
			ask(t, st.target, st.u, q)
		})
	})
	t.Run("504", func(t *testing.T) {
		eachSetting(t, func(t *testing.T, s *Setting, http2 bool) {
			st := serveStreams(t, s, http2, []string{"POST /silent"}, "--response-timeout", "50ms")
			st.u.Handle("/silent", func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body) // only then does the server watch the connection
				<-r.Context().Done()
			})
			gatewayErrors(t, st, 504, "/silent", "")
		})
	})
	t.Run("502", func(t *testing.T) {
		eachSetting(t, func(t *testing.T, s *Setting, http2 bool) {
			st := serveStreams(t, s, http2, []string{"POST /rude"})
			st.u.Handle("/rude", func(w http.ResponseWriter, _ *http.Request) {
				if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
					_, _ = io.WriteString(c, "no HTTP\r\n\r\n")
					c.Close()
				}
			})
			gatewayErrors(t, st, 502, "/rude", "")
		})
	})
}

// A body of unknown length is cut off at the limit too.
func TestStreamedBodyOverTheLimit(t *testing.T) {
	st := serveStreams(t, friendly(), false, []string{"POST /limited"}, "--max-body", "1000")
	q := st.question("POST", "/limited")
	q.add("Transfer-Encoding", "chunked")
	c, err := Dial(st.target.Addr, q.Peer, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write(append(q.raw(), "7d0\r\n"+strings.Repeat("x", 2000)+"\r\n0\r\n\r\n"...)); err != nil {
		t.Fatal(err)
	}
	a := readAnswer(t, c)
	if a.Status != 413 || a.Header.Get("Access-Control-Allow-Origin") != friend {
		t.Errorf("want 413 that %s may read, got %d %q", friend, a.Status, a.Header)
	}
}

func readAnswer(t *testing.T, c net.Conn) *Answer {
	t.Helper()
	a, _, err := ReadAnswer(bufio.NewReader(c), "POST")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// A header over the limit is an error of the client's, and never the
// upstream's business.
func TestHeaderOverTheLimit(t *testing.T) {
	protocols(t, func(t *testing.T, http2 bool) {
		st := serveStreams(t, friendly(), http2, []string{"GET /x"})
		q := st.question("GET", "/x")
		q.HTTP2 = http2
		q.add("X-Long", strings.Repeat("x", 200_000))
		a, err := askOnce(st.target, q)
		if err == nil && (a.Status < 400 || a.Status > 499) {
			t.Errorf("want a 4xx, got %d", a.Status)
		}
		if err != nil && !http2 { // HTTP/2 may end the stream instead
			t.Error(err)
		}
		if st.u.Taken(q.ID) != nil {
			t.Error("it reached the upstream")
		}
	})
}

// "An endpoint may opt in": then tricky paths are judged like others, and reach
// the upstream as they were written; "but never to dot segments".
func TestEndpointThatTakesEncodedPaths(t *testing.T) {
	s := friendly()
	w := &World{Name: "encoded", Settings: []*Setting{s}, Endpoints: []*Endpoint{
		{Method: "GET", Path: "/files/{name}", Setting: s, EncodedPaths: true},
		{Method: "GET", Path: "/strict/{name}", Setting: s},
	}}
	u := newUpstream(t)
	_, target := serve(t, w.Document(u.URL), false)
	id := 0
	for _, path := range []string{"/files/a%2fb", "/files/a%2Fb", "/files/a%5cb", "/strict/a%2fb", "/strict/a%5Cb", "/files/plain", "/strict/plain", "/other/a%2fb",
		"/files/a%00b", "/files/..", "/files/%2e%2e", "/files/..%2fa", "/files/a%2f..", "/files/a%2f%2e%2E", "/files/a%5c..%5cb", "/files/.%2fa", "/files/a%2f...", "/strict/a%2f..", "/files/..a%2fb"} {
		for _, origin := range []string{friend, "https://evil.example", "https://api.test"} {
			id++
			q := &Question{ID: id, World: w, Peer: "127.0.0.1", Method: "GET", Target: path, Host: "api.test", Answer: "own cors"}
			q.add("Origin", origin)
			ask(t, target, u, q)
		}
	}
}

// "DNS rebinding is stopped by HOST patterns."
func TestHostPatterns(t *testing.T) {
	s := friendly()
	w := &World{Name: "hosts", Settings: []*Setting{s}, Endpoints: []*Endpoint{{Method: "GET", Path: "api.test/hosted", Setting: s}}}
	u := newUpstream(t)
	_, target := serve(t, w.Document(u.URL), false)
	id := 0
	for host, status := range map[string]int{"api.test": 200, "api.test:8080": 200, "rebound.test": 404, "127.0.0.1": 404, "api.test.evil.example": 404} {
		id++
		a, err := askOnce(target, &Question{ID: id, World: w, Peer: "127.0.0.1", Method: "GET", Target: "/hosted", Host: host, Answer: "plain"})
		if err != nil || a.Status != status || (u.Taken(id) != nil) != (status == 200) {
			t.Errorf("Host %s: want %d, got %+v, %v", host, status, a, err)
		}
	}
}
