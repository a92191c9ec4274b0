package blackbox

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// streams is a world with one allowed website, one endpoint per path and
// method of the test's, and its own upstream.
type streams struct {
	*World
	u      *Upstream
	target Target
	id     int
}

func serveStreams(t *testing.T, s *Setting, withTLS bool, endpoints []string, flags ...string) *streams {
	t.Helper()
	w := &World{Name: "streams", TLS: withTLS, Hosts: []string{"api.test"}, Settings: []*Setting{s}}
	for _, e := range endpoints {
		method, path, _ := strings.Cut(e, " ")
		w.Endpoints = append(w.Endpoints, &Endpoint{Method: method, Path: path, Setting: s})
	}
	u := newUpstream(t)
	_, target := serve(t, w.Document(u.URL), withTLS, flags...)
	return &streams{World: w, u: u, target: target}
}

const friend = "https://docs.example.com"

func friendly() *Setting {
	return &Setting{Name: "friends", Allow: "selected", Domains: []string{friend}, Headers: []string{"Content-Type"}}
}

// question is a request from a page of the allowed website, with a cookie.
func (s *streams) question(method, target string) *Question {
	s.id++
	q := &Question{ID: s.id, World: s.World, Peer: "127.0.0.1", Method: method, Target: target, Host: "api.test", Answer: "plain"}
	q.add("Origin", friend)
	q.add("Cookie", "session=s3cret")
	return q
}

// open sends the question and returns the answer with its body unread.
func (s *streams) open(t *testing.T, q *Question, http2 bool) *http.Response {
	t.Helper()
	if http2 {
		c := NewClient2(s.target.Addr, q.Peer, s.target.TLS)
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		t.Cleanup(func() { cancel(); c.Close() })
		res, err := c.rt.RoundTrip(q.request(ctx, s.target.Addr))
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	c, err := Dial(s.target.Addr, q.Peer, s.target.TLS)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if _, err := c.Write(q.raw()); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: q.Method})
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// protocols runs a test over HTTP/1.1 and HTTP/2.
func protocols(t *testing.T, f func(t *testing.T, http2 bool)) {
	t.Run("HTTP/1.1", func(t *testing.T) { f(t, false) })
	t.Run("HTTP/2", func(t *testing.T) { f(t, true) })
}

func TestServerSentEventsArriveOneByOne(t *testing.T) {
	protocols(t, func(t *testing.T, http2 bool) {
		s := serveStreams(t, friendly(), http2, []string{"GET /events"})
		more := make(chan bool)
		s.u.Handle("/events", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			for i := 1; ; i++ {
				fmt.Fprintf(w, "data: %d\n\n", i)
				_ = http.NewResponseController(w).Flush()
				select {
				case again := <-more:
					if !again {
						return
					}
				case <-r.Context().Done():
					return
				}
			}
		})
		res := s.open(t, s.question("GET", "/events"), http2)
		defer res.Body.Close()
		if got := res.Header.Values("Access-Control-Allow-Origin"); len(got) != 1 || got[0] != friend {
			t.Errorf("Access-Control-Allow-Origin: want %q, got %q", friend, got)
		}
		in := bufio.NewReader(res.Body)
		for i := 1; i <= 3; i++ {
			// The upstream writes the next only when told: a proxy that waits
			// for more, or for the end, never delivers this one.
			event := make([]byte, len("data: 1\n\n"))
			if _, err := io.ReadFull(in, event); err != nil || string(event) != fmt.Sprintf("data: %d\n\n", i) {
				t.Fatalf("event %d: %q, %v", i, event, err)
			}
			more <- i < 3
		}
		if rest, err := io.ReadAll(in); err != nil || len(rest) > 0 {
			t.Errorf("after the last event: %q, %v", rest, err)
		}
	})
}

func TestTrailersPass(t *testing.T) {
	protocols(t, func(t *testing.T, http2 bool) {
		s := serveStreams(t, friendly(), http2, []string{"GET /trailers"})
		s.u.Handle("/trailers", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Trailer", "X-Checksum")
			w.WriteHeader(200)
			_, _ = io.WriteString(w, "body")
			_ = http.NewResponseController(w).Flush()
			w.Header().Set("X-Checksum", "c4")
			w.Header().Set(http.TrailerPrefix+"Set-Cookie", "session=stolen")
			w.Header().Set(http.TrailerPrefix+"Access-Control-Allow-Origin", "*")
		})
		q := s.question("GET", "/trailers")
		q.add("TE", "trailers")
		res := s.open(t, q, http2)
		defer res.Body.Close()
		if body, err := io.ReadAll(res.Body); err != nil || string(body) != "body" {
			t.Errorf("body: %q, %v", body, err)
		}
		if got := res.Trailer.Get("X-Checksum"); got != "c4" {
			t.Errorf("trailer X-Checksum: want c4, got %q in %q", got, res.Trailer)
		}
		for _, name := range []string{"Set-Cookie", "Access-Control-Allow-Origin"} {
			if got := res.Trailer.Values(name); len(got) > 0 {
				t.Errorf("trailer %s of an anonymous answer: %q", name, got)
			}
		}
	})
}

// An interim answer is an answer too: a browser that honours 103 sees its
// headers, and a foreign image must not log the visitor out by it.
func TestEarlyHintsOfAnonymousAnswers(t *testing.T) {
	s := serveStreams(t, friendly(), false, []string{"GET /early"})
	s.u.Handle("/early", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.Header().Set("Set-Cookie", "session=stolen")
		w.Header().Set("Clear-Site-Data", `"cookies"`)
		w.Header().Set("Access-Control-Allow-Origin", "https://evil.example")
		w.WriteHeader(103)
		w.Header().Del("Set-Cookie")
		_, _ = io.WriteString(w, "late")
	})
	a, err := askOnce(s.target, s.question("GET", "/early"))
	if err != nil {
		t.Fatal(err)
	}
	if a.Status != 200 || a.Body != "late" || a.Header.Get("Access-Control-Allow-Origin") != friend {
		t.Errorf("final answer: %d %q %q", a.Status, a.Header, a.Body)
	}
	for _, early := range a.Early {
		for name, values := range early {
			if name == "Set-Cookie" || name == "Clear-Site-Data" || strings.HasPrefix(name, "Access-Control-") && values[0] != friend {
				t.Errorf("103 carries %s: %q", name, values)
			}
		}
	}
}

func TestRequestBodiesStream(t *testing.T) {
	protocols(t, func(t *testing.T, http2 bool) {
		s := serveStreams(t, friendly(), http2, []string{"POST /upload"})
		arrived := make(chan string)
		s.u.Handle("/upload", func(w http.ResponseWriter, r *http.Request) {
			first := make([]byte, 5)
			_, err := io.ReadFull(r.Body, first)
			arrived <- fmt.Sprint(string(first), err)
			rest, err := io.ReadAll(r.Body)
			arrived <- fmt.Sprint(string(rest), err)
		})
		body, in := io.Pipe()
		answered := make(chan error, 1)
		go func() {
			r := s.question("POST", "/upload").request(context.Background(), s.target.Addr)
			r.Body, r.ContentLength = body, -1
			rt := NewClient2(s.target.Addr, "127.0.0.1", s.target.TLS)
			defer rt.Close()
			if !http2 {
				r.URL.Scheme = "http"
				rt.rt.Protocols.SetHTTP2(false)
				rt.rt.Protocols.SetHTTP1(true)
			}
			res, err := rt.rt.RoundTrip(r)
			if err == nil {
				res.Body.Close()
			}
			answered <- err
		}()
		for _, part := range []string{"first", "second"} {
			if _, err := io.WriteString(in, part); err != nil {
				t.Fatal(err)
			}
			if part == "second" {
				in.Close()
			}
			// A proxy that collects the body first would never let it arrive.
			select {
			case got := <-arrived:
				if got != part+"<nil>" {
					t.Errorf("want %q, the upstream read %q", part, got)
				}
			case <-time.After(patience):
				t.Fatalf("%q never reached the upstream", part)
			}
		}
		if err := <-answered; err != nil {
			t.Error(err)
		}
	})
}

func TestLargeBodiesPassUnchanged(t *testing.T) {
	protocols(t, func(t *testing.T, http2 bool) {
		s := serveStreams(t, friendly(), http2, []string{"GET /large"})
		large := bytes.Repeat([]byte("0123456789abcdef"), 1<<19)
		s.u.Handle("/large", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(large) })
		res := s.open(t, s.question("GET", "/large"), http2)
		defer res.Body.Close()
		sum := sha256.New()
		if n, err := io.Copy(sum, res.Body); err != nil || n != int64(len(large)) {
			t.Errorf("%d of %d bytes, %v", n, len(large), err)
		}
		if want := sha256.Sum256(large); !bytes.Equal(want[:], sum.Sum(nil)) {
			t.Error("the bytes changed on the way")
		}
	})
}

// A refusal does not wait for a body, nor ask for it.
func TestRefusalComesBeforeTheBody(t *testing.T) {
	s := serveStreams(t, friendly(), false, []string{"POST /upload"})
	q := s.question("POST", "/upload")
	q.Header = nil
	q.add("Origin", "https://evil.example")
	q.add("Expect", "100-continue")
	q.add("Content-Length", "1000000")
	a := ask(t, s.target, s.u, q)
	if len(a.Early) > 0 {
		t.Errorf("it asked for the body: %q", a.Early)
	}
}

// SIGTERM: what is under way is finished, then the program ends without an
// error (serve's cleanup sees to that).
func TestGracefulShutdown(t *testing.T) {
	u := newUpstream(t)
	release := make(chan struct{})
	u.Handle("/slow", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "first ")
		_ = http.NewResponseController(w).Flush()
		<-release
		_, _ = io.WriteString(w, "last")
	})
	s := friendly()
	w := &World{Name: "streams", Settings: []*Setting{s}, Endpoints: []*Endpoint{{Method: "GET", Path: "/slow", Setting: s}}}
	bin, err := build()
	if err != nil {
		t.Fatal(err)
	}
	p, err := Start(bin, scratch, w.Document(u.URL), [2]string{})
	if err != nil {
		t.Fatal(err)
	}
	st := &streams{World: w, u: u, target: Target{Addr: p.Addr}}
	res := st.open(t, st.question("GET", "/slow"), false)
	defer res.Body.Close()
	stopped := make(chan error, 1)
	go func() { stopped <- p.Stop() }()
	for deadline := time.Now().Add(patience); ; {
		c, err := Dial(p.Addr, "127.0.0.1", nil)
		if err != nil {
			break // it listens no more
		}
		c.Close()
		if time.Now().After(deadline) {
			t.Error("it still listens, long after SIGTERM")
			break
		}
	}
	close(release)
	if body, err := io.ReadAll(res.Body); err != nil || string(body) != "first last" {
		t.Errorf("the request under way got %q, %v", body, err)
	}
	if err := <-stopped; err != nil {
		t.Errorf("after SIGTERM: %v; its last lines:\n%s", err, p.Log())
	}
}
