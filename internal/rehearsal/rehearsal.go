// Package rehearsal shows what the gateway does with a request, without a
// network: on a [Stage] stand the real gateway, a table of one's choice and, in
// the place of every upstream, an [Agreeable] API.
package rehearsal

import (
	"log/slog"
	"net/http"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/browser"
	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/gateway"
)

// A Stage answers requests as the gateway would. It is for one request after
// the other.
type Stage struct {
	// Scenes are the requests so far.
	Scenes []Scene

	gateway http.RoundTripper
}

// A Scene is what became of a request.
type Scene struct {
	Decision
	Preflight bool
	Sent      bool          // credentials came with the request
	Upstream  *http.Request // as it reached the API; nil: it did not
}

// A Decision is what Concors decided on a request.
type Decision struct {
	Made      bool   // whether a setting applied; there is none where no endpoint matches
	Endpoint  string // pattern of the endpoint; empty: none that takes the method
	Verdict   cors.Verdict
	Reason    cors.Reason
	Anonymous bool // credentials are dropped
	Observed  bool // it is not enforced
}

// Refuses reports whether the request does not run.
func (d *Decision) Refuses() bool { return d.Made && d.Verdict == cors.Refuse && !d.Observed }

// String puts the decision in the words of the access log.
func (d *Decision) String() string {
	if !d.Made {
		return ""
	}
	s := d.Verdict.String()
	if d.Reason != "" {
		s += ", " + string(d.Reason)
	}
	if d.Anonymous {
		s += ", without credentials"
	}
	if d.Observed {
		s = "not enforced; would be: " + s
	}
	return s
}

// New returns a stage with the table, which must not be nil.
func New(table *endpoints.Table) *Stage {
	s := new(Stage)
	g, err := gateway.New(gateway.Options{
		Log: slog.New(slog.DiscardHandler), Transport: upstream{s}, OnDecision: s.decided,
	})
	if err != nil {
		panic(err) // the options are constant
	}
	g.Swap(table)
	s.gateway = browser.Handler(g)
	return s
}

// RoundTrip implements http.RoundTripper.
func (s *Stage) RoundTrip(r *http.Request) (*http.Response, error) {
	_, preflight := cors.Preflight(r)
	s.Scenes = append(s.Scenes, Scene{Preflight: preflight, Sent: carries(r.Header)})
	return s.gateway.RoundTrip(r.Clone(r.Context())) // the gateway's side changes it
}

// Last returns the newest scene, an empty one if there is none.
func (s *Stage) Last() *Scene {
	if len(s.Scenes) == 0 {
		return new(Scene)
	}
	return &s.Scenes[len(s.Scenes)-1]
}

// Ran returns the newest request that reached the API and was no preflight, an
// empty one if there is none.
func (s *Stage) Ran() *Scene {
	for i := len(s.Scenes) - 1; i >= 0; i-- {
		if !s.Scenes[i].Preflight && s.Scenes[i].Upstream != nil {
			return &s.Scenes[i]
		}
	}
	return new(Scene)
}

func (s *Stage) decided(e gateway.Event) {
	d := &s.Last().Decision
	*d = Decision{
		Made: true, Verdict: e.Decision.Verdict, Reason: e.Decision.Reason,
		Anonymous: e.Decision.Anonymous, Observed: e.Decision.Observed,
	}
	if e.Endpoint != nil {
		d.Endpoint = e.Endpoint.Pattern
	}
}

// upstream notes what reaches the API.
type upstream struct{ stage *Stage }

func (u upstream) RoundTrip(r *http.Request) (*http.Response, error) {
	u.stage.Last().Upstream = r
	return Agreeable{}.RoundTrip(r)
}

// Credentials says what became of the credentials of the request: kept,
// dropped, or nothing if none came or it did not run.
func (s *Scene) Credentials() string {
	switch {
	case !s.Sent || s.Upstream == nil:
		return ""
	case carries(s.Upstream.Header):
		return "kept"
	}
	return "dropped"
}

func carries(h http.Header) bool { return len(h["Cookie"]) > 0 }
