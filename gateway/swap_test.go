package gateway

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/concors/concors/endpoints"
)

// Two documents that differ in whatever a request meets on its way. In before,
// what is at /x/ comes after many other endpoints, in after there is nothing
// else.
func beforeAndAfter(t *testing.T) (before, after *endpoints.Table) {
	t.Helper()
	var many strings.Builder
	for i := range 20 {
		fmt.Fprintf(&many, "  - endpoint: GET /other%d\n", i)
	}
	before = tableOf(t, "http://before.example", `
upstream: $UPSTREAM
trusted_proxies: [192.0.2.1]
endpoints:
`+many.String()+`
  - endpoint: GET /x/{rest...}
    cors: {allow: selected, domains: [https://docs.example.com], credentials: true, headers: [X-Before], expose: [X-Before]}
  - endpoint: PUT /x/{rest...}
    cors: {allow: selected, domains: [https://docs.example.com], credentials: true, headers: [X-Before], expose: [X-Before]}
`)
	after = tableOf(t, "http://after.example", `
upstream: $UPSTREAM
endpoints:
  - endpoint: /x/{rest...}
    cors: {allow: all, headers: [X-After], expose: [X-After]}
`)
	return before, after
}

// tells is a transport that answers with what the upstream was sent.
var tells = roundTripper(func(r *http.Request) (*http.Response, error) {
	h := http.Header{
		"X-Upstream": {r.URL.Host}, "X-Cookie": {r.Header.Get("Cookie")}, "X-For": {r.Header.Get("X-Forwarded-For")}, "Set-Cookie": {"a=b"},
	}
	return &http.Response{StatusCode: 200, ProtoMajor: 1, ProtoMinor: 1, Header: h, Body: io.NopCloser(strings.NewReader("x")), ContentLength: 1, Request: r}, nil
})

// longPath takes its time to be looked at, so that much can happen meanwhile.
var longPath = "/x/" + strings.Repeat("%41bc", 1000)

// onX is a request for what is at /x/, by a page of docs.example.com that a
// trusted proxy passed on.
func onX(method string) *http.Request {
	r := httptest.NewRequest(method, longPath, nil) // from 192.0.2.1
	r.Header.Set("Origin", "https://docs.example.com")
	r.Header.Set("Cookie", "session=1")
	r.Header.Set("X-Forwarded-For", "9.9.9.9")
	if method == http.MethodOptions {
		r.Header.Set("Access-Control-Request-Method", "GET")
	}
	return r
}

// summary is what an answer says about who gave it.
func summary(h http.Header) string {
	var words []string
	for _, name := range []string{
		"X-Upstream", "X-Cookie", "X-For", "Set-Cookie", "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials",
		"Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Access-Control-Expose-Headers", "Cross-Origin-Resource-Policy",
	} {
		words = append(words, strings.Join(h[name], ","))
	}
	return strings.Join(words, "|")
}

// A document that comes into force between the decision and what follows from
// it does not concern the request.
func TestRequestKeepsTheDocumentThatItBeganWith(t *testing.T) {
	before, after := beforeAndAfter(t)
	for _, method := range []string{"GET", "OPTIONS"} {
		for name, tables := range map[string][2]*endpoints.Table{"before": {before, after}, "after": {after, before}} {
			t.Run(name+" "+method, func(t *testing.T) {
				a := unserved(t, func(o *Options) { o.Transport = tells })
				a.gateway.Swap(tables[0])
				undisturbed, disturbed := httptest.NewRecorder(), httptest.NewRecorder()
				a.gateway.ServeHTTP(undisturbed, onX(method))
				line := a.access.String()
				a.gateway.options.OnDecision = func(Event) { a.gateway.Swap(tables[1]) }
				a.gateway.ServeHTTP(disturbed, onX(method))
				if got, want := summary(disturbed.Header()), summary(undisturbed.Header()); got != want {
					t.Errorf("got  %s\nwant %s", got, want)
				}
				told := strings.TrimPrefix(a.access.String(), line)
				if strings.Contains(told, "forwarded_for") != strings.Contains(line, "forwarded_for") || strings.Contains(told, "9.9.9.9") != (name == "before") {
					t.Errorf("logged %swant it like %s", told, line)
				}
				if a.gateway.Table() != tables[1] {
					t.Error("the table was not swapped, so this tests nothing")
				}
			})
		}
	}
}

// While tables change as fast as they can, no request is judged by half of a
// change: endpoint, counters, decision, upstream and headers are of one table.
func TestSwapIsNeverTorn(t *testing.T) {
	before, after := beforeAndAfter(t)
	torn := ""
	a := unserved(t, func(o *Options) {
		o.AccessLog = nil
		o.Transport = tells
		o.OnDecision = func(e Event) {
			h := make(http.Header)
			e.Decision.SetHeaders(h)
			if exposed := h.Get("Access-Control-Expose-Headers"); exposed == "x-after" != (e.Endpoint.Pattern == "/x/{rest...}") {
				torn = e.Endpoint.Pattern + " was judged by the policy that exposes " + exposed
			}
		}
	})
	wholes := map[string]string{}
	for _, table := range []*endpoints.Table{before, after} {
		for _, method := range []string{"GET", "OPTIONS"} {
			a.gateway.Swap(table)
			w := httptest.NewRecorder()
			a.gateway.ServeHTTP(w, onX(method))
			wholes[summary(w.Header())] = method
		}
	}
	if len(wholes) != 4 {
		t.Fatalf("the tables do not differ enough: %q", wholes)
	}
	stop := make(chan struct{})
	var swapping sync.WaitGroup
	swapping.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				a.gateway.Swap(before)
				a.gateway.Swap(after)
			}
		}
	})
	defer swapping.Wait()
	defer close(stop)
	const requests, looks = 2_000, 100
	for n := range requests {
		for range looks {
			l := a.gateway.live.Load()
			for i, ep := range l.table.Endpoints() {
				if i >= len(l.stats) || l.stats[i].pattern != ep.Pattern {
					t.Fatalf("counters of %s are missing, or those of another", ep.Pattern)
				}
			}
		}
		method := []string{"GET", "OPTIONS"}[n%2]
		w := httptest.NewRecorder()
		a.gateway.ServeHTTP(w, onX(method))
		if got := summary(w.Header()); wholes[got] != method {
			t.Fatalf("%s: an answer of neither table: %d %s %s", method, w.Code, got, w.Body)
		}
		if torn != "" {
			t.Fatal(torn)
		}
	}
}
