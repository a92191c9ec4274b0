package admin

import (
	"context"
	"errors"
	"time"

	"github.com/concors/concors/internal/plain"
	"github.com/concors/concors/verify"
)

// liveTime is how long a look at the live API may take.
const liveTime = 25 * time.Second

// A LiveCheck is what a browser finds at the API's public address, compared with
// the document in force.
type LiveCheck struct {
	Address string `json:"address"`
	// Complete is false if the time was up before all endpoints were asked.
	Complete  bool           `json:"complete"`
	Endpoints []LiveEndpoint `json:"endpoints"`
}

// A LiveEndpoint is what was found about one endpoint.
type LiveEndpoint struct {
	Endpoint    string            `json:"endpoint"`
	Checks      int               `json:"checks"`     // that were made
	NotTested   int               `json:"not_tested"` // that could not be
	Skipped     string            `json:"skipped"`    // why nothing was asked, else empty
	Differences []verify.Distinct `json:"differences"`
}

// CheckLive asks the API at its public address, the first of the document's
// origins, whether it does what the document says, so that one sees what a proxy
// in front changes. It reads only: GET, HEAD and preflights. An empty pattern
// stands for all endpoints. One look at a time; others get [ErrBusy].
func (s *Service) CheckLive(ctx context.Context, pattern string) (LiveCheck, error) {
	if !s.looking.TryLock() {
		return LiveCheck{}, ErrBusy
	}
	defer s.looking.Unlock()
	v, err := s.view(ctx)
	if err != nil {
		return LiveCheck{}, err
	}
	if v.snap.Table == nil {
		return LiveCheck{}, &InputError{Field: "document", Message: "there is no document in force"}
	}
	address := v.doc.Address()
	if address == "" {
		return LiveCheck{}, &InputError{Field: "origins", Message: "the document does not say at which public address the API is: declare it in origins"}
	}
	o := verify.Options{Parallel: 4}
	o.Probe.UserAgent = "Mozilla/5.0 (compatible; concors; +https://github.com/concors/concors)"
	o.Probe.Timeout = 5 * time.Second
	o.Probe.Transport = s.opts.Transport
	if pattern != "" {
		o.Only = []string{pattern}
	}
	out := LiveCheck{Address: address, Endpoints: []LiveEndpoint{}}
	verifier, err := verify.New(v.doc, v.snap.Table, out.Address, o)
	if err != nil {
		if pattern != "" {
			return LiveCheck{}, ErrUnknownEndpoint
		}
		return LiveCheck{}, err
	}
	limited, cancel := context.WithTimeout(ctx, liveTime)
	defer cancel()
	err = verifier.Run(limited, func(r *verify.Result) {
		e := LiveEndpoint{Endpoint: r.Endpoint, Skipped: r.Skipped, Differences: r.Distinct()}
		for i := range e.Differences { // what a server answers is a stranger's text
			d := &e.Differences[i]
			d.Want, d.Got, d.Curl = plain.Text(d.Want), plain.Text(d.Got), plain.Text(d.Curl)
		}
		for _, c := range r.Checks {
			if c.NotTested == "" {
				e.Checks++
			} else {
				e.NotTested++
			}
		}
		out.Endpoints = append(out.Endpoints, e)
	})
	out.Complete = err == nil
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = nil // what there is, is worth seeing
	}
	return out, err
}
