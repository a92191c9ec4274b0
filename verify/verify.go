package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/internal/probe"
)

// Options of a run. The zero value is polite and reads only.
type Options struct {
	Probe probe.Options
	// Only are the patterns of the endpoints to verify. Empty: all.
	Only []string
	// SendUnsafe sends methods that may change something everywhere, Safe to
	// the endpoints with these patterns.
	SendUnsafe bool
	Safe       []string
	// WebSocket are the patterns of endpoints that open WebSockets.
	WebSocket []string
	// Samples are values of path parameters, by name. Others get 1.
	Samples map[string]string
	// Parallel is how many endpoints are asked about at once. 0: 8.
	Parallel int
}

// A Kind names what differs.
type Kind string

// The kinds of differences.
const (
	Blocked          Kind = "blocked"           // a call that the document allows fails
	Allowed          Kind = "allowed"           // a page reads what the document keeps from it
	Runs             Kind = "runs"              // a request that the document refuses is not refused
	PreflightBlocked Kind = "preflight-blocked" // a preflight that the document allows fails
	PreflightAllowed Kind = "preflight-allowed" // a preflight that the document refuses succeeds
	Lifetime         Kind = "lifetime"          // preflight answers are kept longer or shorter
	Expose           Kind = "expose"            // scripts read other response headers
	Vary             Kind = "vary"              // caches are not told what the answer depends on
	Embed            Kind = "embed"             // other sites may load it, or may not
	WebSocket        Kind = "websocket"         // a handshake that is refused succeeds
)

// A Difference is something that the live API does otherwise.
type Difference struct {
	Kind Kind   `json:"kind"`
	Want string `json:"want"`
	Got  string `json:"got"`
}

// A Check is one call, and what came of it.
type Check struct {
	Endpoint    string       `json:"endpoint"`
	What        string       `json:"what"`
	URL         string       `json:"url"`
	Differences []Difference `json:"differences,omitempty"`
	Curl        string       `json:"curl,omitempty"`
	// NotTested says why nothing can be said.
	NotTested string `json:"not_tested,omitempty"`
}

// A Result is what came of one endpoint.
type Result struct {
	Endpoint string   `json:"endpoint"`
	URL      string   `json:"url,omitempty"`
	Skipped  string   `json:"skipped,omitempty"` // why nothing was asked
	Checks   []*Check `json:"checks,omitempty"`
}

// Differing returns the checks with differences.
func (r *Result) Differing() []*Check {
	var list []*Check
	for _, c := range r.Checks {
		if len(c.Differences) > 0 {
			list = append(list, c)
		}
	}
	return list
}

// A Distinct is a difference that one or more calls have in common.
type Distinct struct {
	Difference
	What  string `json:"what"` // the first of the calls
	Curl  string `json:"curl"`
	Calls int    `json:"calls"`
}

// Distinct returns each difference once.
func (r *Result) Distinct() []Distinct {
	list := []Distinct{}
	at := make(map[Difference]int)
	for _, c := range r.Checks {
		for _, d := range c.Differences {
			if i, ok := at[d]; ok {
				list[i].Calls++
				continue
			}
			at[d] = len(list)
			list = append(list, Distinct{d, c.What, c.Curl, 1})
		}
	}
	return list
}

// A Verifier compares live APIs with a document.
type Verifier struct {
	o      Options
	doc    *endpoints.Document
	table  *endpoints.Table
	base   *url.URL
	client *probe.Client
}

// New returns a verifier of the API at base, such as https://api.example.com.
// The table is that of doc.
func New(doc *endpoints.Document, table *endpoints.Table, base string, o Options) (*Verifier, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("%q is not the address of an API: write https://api.example.com", base)
	}
	if u.Path != "" && u.Path != "/" || u.RawQuery != "" {
		return nil, fmt.Errorf("%q has a path: the paths are in the document", base)
	}
	known := make(map[string]bool)
	for _, ep := range table.Endpoints() {
		known[ep.Pattern] = true
	}
	for _, pattern := range slices.Concat(o.Only, o.Safe, o.WebSocket) {
		if !known[pattern] {
			return nil, fmt.Errorf("the document has no endpoint %q", pattern)
		}
	}
	o.Parallel = cmp.Or(o.Parallel, 8)
	client, err := probe.New(o.Probe)
	if err != nil {
		return nil, err
	}
	u.Path = ""
	return &Verifier{o: o, doc: doc, table: table, base: u, client: client}, nil
}

// Endpoints returns those to verify.
func (v *Verifier) Endpoints() []*endpoints.Endpoint {
	return slices.DeleteFunc(slices.Clone(v.table.Endpoints()), func(ep *endpoints.Endpoint) bool {
		return len(v.o.Only) > 0 && !slices.Contains(v.o.Only, ep.Pattern)
	})
}

// Run verifies all endpoints and hands over each result as soon as it is there,
// one at a time, in no order.
func (v *Verifier) Run(ctx context.Context, done func(*Result)) error {
	defer v.client.Close()
	model, err := newModel(v.table)
	if err != nil {
		return err
	}
	work := make(chan *endpoints.Endpoint)
	var wg sync.WaitGroup
	var mu sync.Mutex
	for range v.o.Parallel {
		wg.Go(func() {
			for ep := range work {
				r := v.verify(ctx, ep, model)
				mu.Lock()
				done(r)
				mu.Unlock()
			}
		})
	}
	for _, ep := range v.Endpoints() {
		if ctx.Err() != nil {
			break
		}
		work <- ep
	}
	close(work)
	wg.Wait()
	return ctx.Err()
}

// verify verifies one endpoint.
func (v *Verifier) verify(ctx context.Context, ep *endpoints.Endpoint, model *model) *Result {
	r := &Result{Endpoint: ep.Pattern}
	p, err := v.plan(ep)
	if err != nil {
		r.Skipped = err.Error()
		return r
	}
	r.URL = p.url
	gone := 0 // answers in a row that did not come
	for _, q := range p.questions() {
		if gone >= 3 {
			r.Checks = append(r.Checks, &Check{Endpoint: ep.Pattern, What: "the rest", URL: p.url, NotTested: "it does not answer any more"})
			break
		}
		c, answered := v.check(ctx, q, model)
		c.Endpoint = ep.Pattern
		r.Checks = append(r.Checks, c)
		if gone++; answered {
			gone = 0
		}
	}
	return r
}

var errElsewhere = errors.New("it belongs to another host")

// address is where the endpoint can be asked.
func (v *Verifier) address(ep *endpoints.Endpoint) (string, error) {
	if ep.Host != "" && !strings.EqualFold(ep.Host, v.base.Hostname()) && !strings.EqualFold(ep.Host, v.base.Host) {
		return "", errElsewhere
	}
	return v.base.String() + samplePath(ep.Path, v.o.Samples), nil
}

// samplePath fills in the parameters of a path pattern.
func samplePath(pattern string, samples map[string]string) string {
	segments := strings.Split(pattern, "/")
	for i, s := range segments {
		name, ok := strings.CutPrefix(s, "{")
		if !ok {
			continue
		}
		name = strings.TrimSuffix(name, "}")
		if name == "$" {
			segments[i] = ""
			continue
		}
		plain, rest := strings.CutSuffix(name, "...")
		value, known := samples[plain]
		if !known {
			value = "1"
		}
		if rest {
			parts := strings.Split(value, "/")
			for j := range parts {
				parts[j] = url.PathEscape(parts[j])
			}
			segments[i] = strings.Join(parts, "/")
		} else {
			segments[i] = url.PathEscape(value)
		}
	}
	return strings.Join(segments, "/")
}
