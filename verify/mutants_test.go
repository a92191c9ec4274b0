package verify

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/gateway"
	"github.com/concors/concors/internal/probe"
	"github.com/concors/concors/internal/rehearsal"
)

const document = `
origins: [https://api.example.com]
upstream: http://127.0.0.1:1
endpoints:
  - endpoint: GET /account
    cors: {allow: selected, domains: [https://app.example.com, "https://*.shop.example.org", "http://localhost:*"], credentials: true, headers: [Authorization, Content-Type], expose: [X-Total-Count], cache: 10m}
  - endpoint: PUT /account
    cors: {allow: selected, domains: [https://app.example.com], credentials: true, headers: [Authorization, Content-Type], expose: [X-Total-Count], cache: 10m}
  - endpoint: GET /tokens
    cors: {allow: selected, domains: [https://app.example.com], headers: [Authorization]}
  - endpoint: GET /prices
    cors: {allow: all, headers: [Content-Type], expose: [ETag], cache: 1h}
  - endpoint: GET /logo
    cors: {allow: all}
  - endpoint: GET /things/{id}
    cors: {allow: selected, domains: [https://app.example.com], credentials: true}
  - endpoint: POST /orders
  - endpoint: POST /search
    cors: {allow: selected, domains: [https://app.example.com], headers: [Content-Type]}
  - endpoint: GET /socket
  - endpoint: GET /private
`

// A mutant is one realistic mistake in what stands in front of an API.
type mutant struct {
	name string
	// request and answer change what goes in and what comes out; handle takes
	// a request over.
	request func(r *http.Request)
	answer  func(r *http.Request, status int, h http.Header) int
	handle  func(w http.ResponseWriter, r *http.Request) bool
}

func isPreflight(r *http.Request) bool {
	return r.Method == "OPTIONS" && r.Header.Get("Access-Control-Request-Method") != ""
}

const (
	acao = "Access-Control-Allow-Origin"
	acac = "Access-Control-Allow-Credentials"
	acam = "Access-Control-Allow-Methods"
	acah = "Access-Control-Allow-Headers"
	aceh = "Access-Control-Expose-Headers"
	acma = "Access-Control-Max-Age"
)

// takenFor is a mistake in comparing origins: what matches is taken for an
// allowed origin, and named in the answer all the same.
func takenFor(matches func(origin string) bool) mutant {
	const known = "https://app.example.com"
	return mutant{
		request: func(r *http.Request) {
			if o := r.Header.Get("Origin"); o != "" && o != known && matches(o) {
				r.Header.Set("X-Was", o)
				r.Header.Set("Origin", known)
			}
		},
		answer: func(r *http.Request, status int, h http.Header) int {
			if was := r.Header.Get("X-Was"); was != "" && h.Get(acao) == known {
				h.Set(acao, was)
			}
			return status
		},
	}
}

func named(name string, m mutant) mutant { m.name = name; return m }

func matching(expression string) func(string) bool { return regexp.MustCompile(expression).MatchString }

// on changes headers of answers that match.
func on(when func(r *http.Request) bool, change func(h http.Header)) func(*http.Request, int, http.Header) int {
	return func(r *http.Request, status int, h http.Header) int {
		if when(r) {
			change(h)
		}
		return status
	}
}

func always(*http.Request) bool      { return true }
func actual(r *http.Request) bool    { return !isPreflight(r) }
func preflight(r *http.Request) bool { return isPreflight(r) }
func without(names ...string) func(http.Header) {
	return func(h http.Header) {
		for _, n := range names {
			h.Del(n)
		}
	}
}
func set(name, value string) func(http.Header) {
	return func(h http.Header) {
		if h.Get(acao) != "" || !strings.HasPrefix(name, "Access-Control") {
			h.Set(name, value)
		}
	}
}

func mutants() []mutant {
	withoutOrigin := func(r *http.Request) bool { return actual(r) && r.Header.Get("Origin") == "" }
	answered := func(status int, when func(*http.Request) bool, headers ...string) func(w http.ResponseWriter, r *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if !when(r) {
				return false
			}
			for i := 0; i < len(headers); i += 2 {
				w.Header().Set(headers[i], strings.ReplaceAll(headers[i+1], "{origin}", r.Header.Get("Origin")))
			}
			w.WriteHeader(status)
			return true
		}
	}
	return []mutant{
		named("every origin is let in", takenFor(func(string) bool { return true })),
		named("null is let in", takenFor(func(o string) bool { return o == "null" })),
		named("the beginning is compared", takenFor(func(o string) bool { return strings.HasPrefix(o, "https://app.example.com") })),
		named("the end is compared", takenFor(func(o string) bool { return strings.HasSuffix(o, "app.example.com") })),
		named("the domain's end is compared", takenFor(func(o string) bool { return strings.HasSuffix(o, "example.com") })),
		named("it is looked for inside", takenFor(func(o string) bool { return strings.Contains(o, "app.example.com") })),
		named("dots are not escaped", takenFor(matching(`^https://app.example.com$`))),
		named("any top-level domain", takenFor(matching(`^https://app\.example\.[a-z]+$`))),
		named("http is as good as https", takenFor(matching(`^https?://app\.example\.com$`))),
		named("ports are not compared", takenFor(matching(`^https://app\.example\.com(:\d+)?$`))),
		named("subdomains are let in", takenFor(matching(`^https://([a-z-]+\.)?app\.example\.com$`))),
		named("siblings are let in", takenFor(matching(`^https://[a-z-]+\.example\.com$`))),
		named("the apex of a wildcard is let in", takenFor(matching(`^https://([a-z-]+\.)?shop\.example\.org$`))),
		named("a trailing dot is let in", takenFor(matching(`^https://app\.example\.com\.$`))),
		named("an underscore ends the name", takenFor(matching(`^https://app\.example\.com(_.*)?$`))),
		{name: "an allowed origin was forgotten", answer: func(r *http.Request, status int, h http.Header) int {
			if strings.HasPrefix(r.Header.Get("Origin"), "http://localhost") {
				h.Del(acao)
			}
			return status
		}},
		{name: "a slash at the end of the origin", answer: on(always, func(h http.Header) {
			if v := h.Get(acao); v != "" && v != "*" {
				h.Set(acao, v+"/")
			}
		})},
		{name: "two layers set the origin", answer: on(actual, func(h http.Header) {
			if v := h.Get(acao); v != "" {
				h.Add(acao, v)
			}
		})},
		{name: "* in place of the origin", answer: on(always, set(acao, "*"))},
		{name: "the first origin of the list, whoever asks", answer: on(always, set(acao, "https://app.example.com"))},
		{name: "credentials are forgotten", answer: on(always, without(acac))},
		{name: "credentials are forgotten in preflights", answer: on(preflight, without(acac))},
		{name: "credentials for those who need none", answer: on(always, func(h http.Header) {
			if v := h.Get(acao); v != "" && v != "*" {
				h.Set(acac, "true")
			}
		})},
		{name: "True", answer: on(always, func(h http.Header) {
			if h.Get(acac) != "" {
				h.Set(acac, "True")
			}
		})},
		{name: "no Vary", answer: on(always, without("Vary"))},
		{name: "Vary is replaced", answer: on(actual, func(h http.Header) { h.Set("Vary", "Accept-Encoding") })},
		{name: "no Vary without Origin", answer: on(withoutOrigin, without("Vary"))},
		{name: "no * without Origin", answer: on(withoutOrigin, without(acao))},
		{name: "CORS headers on preflights only", answer: on(actual, without(acao, acac, aceh))},
		{name: "no preflights", handle: answered(405, preflight)},
		{name: "preflights must be logged in", handle: answered(401, preflight)},
		{name: "preflights are redirected", handle: answered(301, preflight, "Location", "https://www.example.com/")},
		{name: "preflights end with an error", answer: func(r *http.Request, status int, h http.Header) int {
			if isPreflight(r) && status == 204 {
				return 404
			}
			return status
		}},
		{name: "preflights let everybody in", handle: answered(204, preflight, acao, "{origin}", acac, "true", acam, "GET, PUT, POST, DELETE, PATCH", acah, "authorization, content-type, x-concors-verify")},
		{name: "preflights allow every header", answer: func(r *http.Request, status int, h http.Header) int {
			if isPreflight(r) && status == 204 {
				h.Set(acah, "authorization, content-type, x-concors-verify")
			} else if isPreflight(r) && r.Header.Get("Origin") == "https://app.example.com" {
				h.Set(acao, r.Header.Get("Origin"))
				h.Set(acac, "true")
				h.Set(acam, "GET, PUT, POST")
				h.Set(acah, "authorization, content-type, x-concors-verify")
				return 204
			}
			return status
		}},
		{name: "a header was forgotten", answer: on(preflight, func(h http.Header) {
			if v := h.Get(acah); v != "" {
				h.Set(acah, strings.ReplaceAll(strings.ReplaceAll(v, "content-type", "x-a"), "Content-Type", "x-a"))
			}
		})},
		{name: "a method was forgotten", answer: on(preflight, func(h http.Header) {
			if h.Get(acam) != "" {
				h.Set(acam, "GET, POST")
			}
		})},
		{name: "methods in lower case", answer: on(preflight, func(h http.Header) { h.Set(acam, strings.ToLower(h.Get(acam))) })},
		{name: "methods that are not there", handle: func(w http.ResponseWriter, r *http.Request) bool {
			if !isPreflight(r) || r.Header.Get("Access-Control-Request-Method") != "DELETE" || r.Header.Get("Origin") != "https://app.example.com" {
				return false
			}
			w.Header().Set(acao, r.Header.Get("Origin"))
			w.Header().Set(acac, "true")
			w.Header().Set(acam, "DELETE")
			w.WriteHeader(204)
			return true
		}},
		{name: "preflights are kept for a day", answer: on(preflight, set(acma, "86400"))},
		{name: "preflights are not kept", answer: on(preflight, without(acma))},
		{name: "a lifetime with a unit", answer: on(preflight, set(acma, "10m"))},
		{name: "nothing is exposed", answer: on(actual, without(aceh))},
		{name: "everything is exposed", answer: on(actual, set(aceh, "X-Total-Count, X-Secret, ETag"))},
		{name: "requested headers with spaces are not understood", request: nil, handle: func(w http.ResponseWriter, r *http.Request) bool {
			if isPreflight(r) && len(r.Header["Access-Control-Request-Headers"]) > 0 && strings.HasPrefix(r.Header.Get("Access-Control-Request-Headers"), " ") || len(r.Header["Access-Control-Request-Headers"]) > 1 {
				w.WriteHeader(403)
				return true
			}
			return false
		}},
		{name: "strangers are answered without headers", handle: func(w http.ResponseWriter, r *http.Request) bool {
			if o := r.Header.Get("Origin"); actual(r) && o == stranger && r.URL.Path != "/prices" && r.URL.Path != "/logo" {
				w.Header().Set("Vary", "Origin, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest")
				w.WriteHeader(200)
				return true
			}
			return false
		}},
		{name: "embedding is not forbidden", handle: func(w http.ResponseWriter, r *http.Request) bool {
			if r.Header.Get("Sec-Fetch-Mode") == "no-cors" {
				w.WriteHeader(200)
				return true
			}
			return false
		}},
		{name: "embedding is forbidden", answer: on(actual, func(h http.Header) { h.Set("Cross-Origin-Resource-Policy", "same-origin") })},
		{name: "WebSockets of everybody", handle: func(w http.ResponseWriter, r *http.Request) bool {
			if r.Header.Get("Upgrade") == "" {
				return false
			}
			w.Header().Set("Connection", "Upgrade")
			w.Header().Set("Upgrade", "websocket")
			w.WriteHeader(101)
			return true
		}},
		{name: "things that are not there have no headers", handle: answered(404, func(r *http.Request) bool { return strings.Contains(r.URL.Path, "missing") })},
		{name: "an endpoint is redirected", handle: answered(301, func(r *http.Request) bool { return actual(r) && r.URL.Path == "/account" }, "Location", "https://www.example.com/account")},
		{name: "HEAD has no headers", answer: on(func(r *http.Request) bool { return r.Method == "HEAD" }, without(acao))},
		{name: "loose paths let everybody in", handle: func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != "/" && strings.HasSuffix(r.URL.Path, "/") {
				w.Header().Set(acao, "*")
				io.WriteString(w, "{}")
				return true
			}
			return false
		}},
		{name: "a public endpoint is closed", answer: on(func(r *http.Request) bool { return r.URL.Path == "/prices" }, without(acao))},
		{name: "a private endpoint is open", answer: func(r *http.Request, status int, h http.Header) int {
			if r.URL.Path == "/private" && r.Header.Get("Origin") != "" {
				h.Set(acao, "*")
				return 200
			}
			return status
		}},
		{name: "a POST of everybody runs", handle: func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == "POST" && r.URL.Path == "/orders" {
				w.WriteHeader(200)
				return true
			}
			return false
		}},
	}
}

// served is a gateway that enforces the document, with a mistake.
func served(t *testing.T, text string, m mutant) (v *Verifier, results func() []*Result) {
	t.Helper()
	doc, table, report := endpoints.Load("concors.yaml", []byte(text), endpoints.Options{})
	if !report.OK() {
		t.Fatal(report.Mistakes)
	}
	g, err := gateway.New(gateway.Options{Log: slog.New(slog.DiscardHandler), Transport: rehearsal.Agreeable{}})
	if err != nil {
		t.Fatal(err)
	}
	g.Swap(table)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if m.handle != nil && m.handle(w, r) {
			return
		}
		if m.request != nil {
			m.request(r)
		}
		rec := httptest.NewRecorder()
		g.ServeHTTP(rec, r)
		status := rec.Code
		if m.answer != nil {
			status = m.answer(r, status, rec.Header())
		}
		for name, values := range rec.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(status)
		if r.Method != "HEAD" && status != 204 && status != 304 {
			_, _ = w.Write(rec.Body.Bytes())
		}
	}))
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{SendUnsafe: true, Probe: probe.Options{Session: http.Header{"Cookie": {"session=1"}}, SessionHosts: []string{u.Host}}}
	if strings.Contains(text, "GET /socket") {
		o.WebSocket = []string{"GET /socket"}
	}
	v, err = New(doc, table, server.URL, o)
	if err != nil {
		t.Fatal(err)
	}
	return v, func() []*Result {
		var list []*Result
		if err := v.Run(context.Background(), func(r *Result) { list = append(list, r) }); err != nil {
			t.Fatal(err)
		}
		return list
	}
}

func TestTheGatewayDoesWhatItsDocumentSays(t *testing.T) {
	_, results := served(t, document, mutant{})
	asked := 0
	for _, r := range results() {
		if r.Skipped != "" {
			t.Errorf("%s: %s", r.Endpoint, r.Skipped)
		}
		for _, c := range r.Checks {
			asked++
			for _, d := range c.Differences {
				t.Errorf("%s: %s: %s: want %s, got %s", r.Endpoint, c.What, d.Kind, d.Want, d.Got)
			}
			if c.NotTested != "" {
				t.Errorf("%s: %s: not tested: %s", r.Endpoint, c.What, c.NotTested)
			}
		}
	}
	t.Logf("%d checks", asked)
}

func TestMutantsAreCaught(t *testing.T) {
	list := mutants()
	if len(list) < 40 {
		t.Fatalf("there are %d mutants", len(list))
	}
	for _, m := range list {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			_, results := served(t, document, m)
			var kinds []Kind
			for _, r := range results() {
				for _, c := range r.Differing() {
					for _, d := range c.Differences {
						if !slices.Contains(kinds, d.Kind) {
							kinds = append(kinds, d.Kind)
						}
					}
				}
			}
			if len(kinds) == 0 {
				t.Error("nothing differs")
			}
			t.Log(kinds)
		})
	}
}
