package agreement

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/gateway"
)

// A plane enforces a policy before the handler of an API that has the given
// methods at /x, and nothing else.
type plane struct {
	name    string
	trials  int
	enforce func(t testing.TB, p cors.Policy, methods []string, api http.Handler) http.Handler
}

var planes = []plane{
	{"middleware before a handler", 40_000, beforeHandler},
	{"middleware before a ServeMux", 20_000, beforeServeMux},
	{"mux", 20_000, mux},
	{"gateway", 10_000, gatewayBefore},
}

func beforeHandler(t testing.TB, p cors.Policy, methods []string, api http.Handler) http.Handler {
	t.Helper()
	m, err := cors.New(p, &cors.Options{Methods: methods})
	if err != nil {
		t.Fatal(err)
	}
	return m.Handler(onlyFor(methods, api))
}

// onlyFor is a handler that looks at the method itself, as those of frameworks
// do.
func onlyFor(methods []string, api http.Handler) http.Handler {
	routes := http.NewServeMux()
	for _, method := range methods {
		routes.Handle(method+" /x", api)
	}
	return http.HandlerFunc(routes.ServeHTTP) // no ServeMux that could be asked
}

func beforeServeMux(t testing.TB, p cors.Policy, methods []string, api http.Handler) http.Handler {
	t.Helper()
	routes := http.NewServeMux()
	for _, method := range methods {
		routes.Handle(method+" /x", api)
	}
	m, err := cors.New(p, nil)
	if err != nil {
		t.Fatal(err)
	}
	return m.Handler(routes)
}

func mux(t testing.TB, p cors.Policy, methods []string, api http.Handler) http.Handler {
	t.Helper()
	m, err := cors.NewMux(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, method := range methods {
		m.Handle(method+" /x", p, api)
	}
	return m
}

func gatewayBefore(t testing.TB, p cors.Policy, methods []string, api http.Handler) http.Handler {
	t.Helper()
	setting := written(p)
	doc := &endpoints.Document{Upstream: "http://upstream.example"}
	for _, method := range methods {
		doc.Endpoints = append(doc.Endpoints, endpoints.Entry{Endpoint: method + " /x", CORS: endpoints.Setting{Inline: &setting}})
	}
	table, report := endpoints.Build(doc, endpoints.Options{})
	if !report.OK() {
		t.Fatal(report.Err())
	}
	g, err := gateway.New(gateway.Options{Transport: upstream{api}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	g.Swap(table)
	return g
}

// written is the policy as the document has it.
func written(p cors.Policy) endpoints.Policy {
	switch p := p.(type) {
	case cors.None:
		return endpoints.Policy{Allow: endpoints.AllowNone, Embed: string(p.Embed), Senders: p.Senders}
	case cors.All:
		return endpoints.Policy{Allow: endpoints.AllowAll, Embed: string(p.Embed), Headers: p.Headers, Expose: p.Expose, Cache: endpoints.Duration(p.Cache)}
	case cors.Selected:
		return endpoints.Policy{Allow: endpoints.AllowSelected, Domains: p.Domains, Credentials: p.Credentials, Embed: string(p.Embed),
			Senders: p.Senders, Headers: p.Headers, Expose: p.Expose, Cache: endpoints.Duration(p.Cache)}
	}
	panic(fmt.Sprintf("unknown policy %T", p))
}

// upstream is an API behind a gateway, without the network between them.
type upstream struct{ api http.Handler }

func (u upstream) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	u.api.ServeHTTP(w, r)
	res := w.Result()
	res.Request = r // as transports do
	return res, nil
}
