package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

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

// net/http panics when asked to write a status below 100, and clients make of
// one above 599 what they like.
func TestUpstreamStatusThatIsNoneOfHTTPs(t *testing.T) {
	for _, status := range []string{"000", "042", "099", "600", "999"} {
		t.Run(status, func(t *testing.T) {
			a := newAPI(t, document, func(w http.ResponseWriter, _ *http.Request) {
				conn, out, err := http.NewResponseController(w).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				defer conn.Close()
				_, _ = io.WriteString(out, "HTTP/1.1 "+status+" Odd\r\nSet-Cookie: a=b\r\nContent-Length: 4\r\n\r\nbody")
				_ = out.Flush()
			})
			r := a.do("GET", "/account", "", allowed)
			r.wantProblem(t, 502, "upstream-unreachable")
			r.wantHeader(t, "Access-Control-Allow-Origin", "https://docs.example.com")
			r.wantHeader(t, "Set-Cookie")
			a.wantMetric(`concors_upstream_errors_total{endpoint="GET /account",reason="upstream-unreachable"} 1`)
			if log := a.log.until(t, "upstream failed"); strings.Contains(log, "panic") {
				t.Errorf("it panicked:\n%s", log)
			}
		})
	}
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
