package admin

import (
	"io"
	"log/slog"
	"net/http"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/browser"
	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/gateway"
)

// A bench is a gateway on a workbench: the real one, with a table of our choice
// and, in the place of every upstream, an API that answers 200. It shows what
// the gateway does without asking it to be somewhere. Not for concurrent use.
type bench struct {
	gateway *gateway.Gateway
	answer  http.RoundTripper
	seen    seen // of the request that runs
}

// seen is what became of one request.
type seen struct {
	decision *decision     // nil: none was taken
	pattern  string        // of the endpoint; empty: none
	sent     bool          // credentials came with the request
	upstream *http.Request // as it reached the API; nil: it did not
}

// A decision is the part of a cors.Decision that outlives its request.
type decision struct {
	verdict             cors.Verdict
	reason              cors.Reason
	observed, anonymous bool
}

func newBench(t *endpoints.Table) *bench {
	b := new(bench)
	g, err := gateway.New(gateway.Options{
		Log: slog.New(slog.DiscardHandler), Transport: upstream{b}, OnDecision: b.decided,
	})
	if err != nil {
		panic(err) // the options are constant
	}
	g.Swap(t)
	b.gateway, b.answer = g, browser.Handler(g)
	return b
}

func (b *bench) decided(e gateway.Event) {
	d := e.Decision
	b.seen.decision = &decision{d.Verdict, d.Reason, d.Observed, d.Anonymous}
	if e.Endpoint != nil {
		b.seen.pattern = e.Endpoint.Pattern
	}
}

// ask has the gateway answer r. The answer is nil if there is none.
func (b *bench) ask(r *http.Request) (seen, *http.Response) {
	res, err := b.RoundTrip(r)
	if err != nil {
		return b.seen, nil
	}
	_ = res.Body.Close()
	return b.seen, res
}

// RoundTrip implements http.RoundTripper.
func (b *bench) RoundTrip(r *http.Request) (*http.Response, error) {
	b.seen = seen{sent: carries(r.Header)}
	// The answerer changes the request.
	r = r.Clone(r.Context())
	return b.answer.RoundTrip(r)
}

// credentials says what became of the credentials of a request.
func (s *seen) credentials() string {
	switch {
	case !s.sent || s.upstream == nil:
		return ""
	case carries(s.upstream.Header):
		return "kept"
	}
	return "dropped"
}

func carries(h http.Header) bool { return len(h["Cookie"]) > 0 }

// upstream is the API behind a bench.
type upstream struct{ b *bench }

func (u upstream) RoundTrip(r *http.Request) (*http.Response, error) {
	u.b.seen.upstream = r
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		_ = r.Body.Close()
	}
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: http.NoBody, Request: r,
	}, nil
}
