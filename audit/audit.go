package audit

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"sync"

	"github.com/concors/concors/internal/probe"
)

// Options of an Auditor. The zero value is polite and reads only.
type Options struct {
	Probe probe.Options
	// SendUnsafe also sends POST requests and WebSocket handshakes, to find
	// what runs without being allowed.
	SendUnsafe bool
	// MaxRequests bounds the requests for one target. 0: 100.
	MaxRequests int
	// Parallel is how many targets are asked at once. 0: 16.
	Parallel int
	// Label makes names that nobody has; for tests. Nil: random ones.
	Label func() string
}

// An Auditor audits targets. It may be used by several goroutines at once.
type Auditor struct {
	o      Options
	client *probe.Client
}

// New returns an auditor; the error is about the options.
func New(o Options) (*Auditor, error) {
	o.MaxRequests = cmp.Or(o.MaxRequests, 100)
	o.Parallel = cmp.Or(o.Parallel, 16)
	if o.Label == nil {
		o.Label = randomLabel
	}
	client, err := probe.New(o.Probe)
	if err != nil {
		return nil, err
	}
	return &Auditor{o: o, client: client}, nil
}

// A Report is what came of one target.
type Report struct {
	URL string
	// Findings, the worst first.
	Findings []*Finding
	// Requests is how many were sent.
	Requests int
	// NotTested says what could not be found out, and why.
	NotTested []string
	// Err is why the target could not be asked at all.
	Err error

	// Allowed are origins that are granted and known to be wanted, Credentials
	// whether their calls may carry credentials, Open whether everybody is
	// granted with "*".
	Allowed     []string
	Credentials bool
	Open        bool
	Methods     []string // that preflights allow, as far as they say
	Headers     []string
}

// DropProofs lets go of what takes room and is written already.
func (r *Report) DropProofs() {
	for _, f := range r.Findings {
		f.Proof = nil
	}
}

// Audit audits one target.
func (a *Auditor) Audit(ctx context.Context, t Target) *Report {
	r := &Report{URL: t.URL}
	u, err := t.parse()
	if err != nil {
		r.Err = err
		return r
	}
	in := &inspection{
		a: a, ctx: ctx, t: &t, u: u, session: len(a.o.Probe.Session) > 0,
		answers: make(map[string]*probe.Answer), untested: make(map[string]bool),
	}
	in.own, _ = parseSite(u.Scheme + "://" + u.Host)
	in.main = shape{method: http.MethodGet, url: u.String(), session: in.session}
	r.Err = in.run()
	slices.SortStableFunc(in.findings, func(x, y *Finding) int { return cmp.Compare(y.Severity, x.Severity) })
	r.Findings, r.Requests = in.findings, in.requests
	r.NotTested = slices.Sorted(maps.Keys(in.untested))
	in.summarize(r)
	return r
}

// summarize says what is wanted, as far as it can be seen.
func (in *inspection) summarize(r *Report) {
	r.Open = in.wild
	if in.granted != nil && in.reflect == nil {
		r.Allowed = in.known
		r.Credentials = in.granted.credentials
	} else if in.reflect != nil {
		r.Allowed = in.t.Origins
		r.Credentials = in.reflect.credentials
	}
	if in.preflight != nil {
		r.Methods, _ = list(in.preflight.answer, "Access-Control-Allow-Methods")
		r.Headers, _ = list(in.preflight.answer, "Access-Control-Allow-Headers")
	}
}

// All audits targets in parallel and hands over each report as soon as it is
// there, one at a time, in no order.
func (a *Auditor) All(ctx context.Context, targets []Target, done func(*Report)) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	next := make(chan Target)
	for range min(a.o.Parallel, len(targets)) {
		wg.Go(func() {
			for t := range next {
				r := a.Audit(ctx, t)
				mu.Lock()
				done(r)
				mu.Unlock()
			}
		})
	}
	for _, t := range targets {
		if ctx.Err() != nil {
			break
		}
		next <- t
	}
	close(next)
	wg.Wait()
	a.client.Close()
}
