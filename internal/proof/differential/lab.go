package differential

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/concors/concors/internal/proof/realbrowser"
)

// Result is the outcome of one scenario.
type Result struct {
	Scenario    *Scenario
	Real, Model *Observation
	Diffs       []Difference
	Known       *KnownDifference // accounts for Diffs
	Retried     int
	Err         error // the scenario could not be run
}

// Unexplained reports whether browser and model disagree without a known reason.
func (r *Result) Unexplained() bool { return r.Err != nil || len(r.Diffs) > 0 && r.Known == nil }

// scenarioTimeout is how long one scenario may take on a busy machine.
const scenarioTimeout = 20 * time.Second

// quiets are the waiting times of attempt after attempt: a busy machine delays
// requests of which the page learns nothing.
var quiets = []time.Duration{100 * time.Millisecond, 320 * time.Millisecond}

// Run runs a scenario; one that differs is run again, more patiently.
func (l *Lab) Run(ctx context.Context, sc *Scenario) *Result {
	r := &Result{Scenario: sc, Model: RunModel(l.profile, l.cookies, sc)}
	for i, quiet := range quiets {
		r.Retried = i
		attempt, cancel := context.WithTimeoutCause(ctx, scenarioTimeout, fmt.Errorf("no result after %v", scenarioTimeout))
		r.Real, r.Err = l.run(attempt, sc, r.Model, quiet)
		cancel()
		if r.Err != nil {
			continue
		}
		r.Diffs = Compare(r.Real, r.Model)
		if len(r.Diffs) == 0 {
			return r
		}
		if r.Known = explain(l.browser.Kind(), sc, r.Diffs); r.Known != nil {
			return r
		}
	}
	return r
}

// workers is how many scenarios are in the browser at a time.
const workers = 6

// canShow reports whether the browser lets a page like p exist: WebKit shows no
// http frame in an https page, not even of loopback.
func (l *Lab) canShow(p *Page) bool {
	return l.browser.Kind() != realbrowser.WebKit || !strings.HasPrefix(p.topOrigin(), "https:") || strings.HasPrefix(p.Origin, "https:")
}

// RunAll runs scenarios concurrently and returns the results in their order.
func (l *Lab) RunAll(ctx context.Context, scenarios []*Scenario) []*Result {
	results := make([]*Result, len(scenarios))
	next := make(chan int)
	var working sync.WaitGroup
	for range workers {
		working.Go(func() {
			for i := range next {
				results[i] = l.Run(ctx, scenarios[i])
			}
		})
	}
	for i := range scenarios {
		next <- i
	}
	close(next)
	working.Wait()
	return results
}

// Summary groups the unexplained differences by their fields, most frequent
// first, with one example each.
func Summary(results []*Result) string {
	groups := map[string][]*Result{}
	for _, r := range results {
		if !r.Unexplained() {
			continue
		}
		key := "could not be run"
		if r.Err == nil {
			var fields []string
			for _, d := range r.Diffs {
				fields = append(fields, d.Field)
			}
			key = strings.Join(fields, ", ")
		}
		groups[key] = append(groups[key], r)
	}
	keys := slices.SortedFunc(maps.Keys(groups), func(a, b string) int { return len(groups[b]) - len(groups[a]) })
	var w strings.Builder
	for _, key := range keys {
		fmt.Fprintf(&w, "%5d × %s\n", len(groups[key]), key)
		for i, r := range groups[key] {
			if i < 2 {
				if r.Err != nil {
					fmt.Fprintf(&w, "  %s: %v\n%s", r.Scenario.Name, r.Err, r.Scenario)
				} else {
					w.WriteString("  " + Report(r.Scenario.Name, r.Scenario, r.Diffs))
				}
				continue
			}
			fmt.Fprintf(&w, "  also: %s\n", r.Scenario.Name)
			if i == 8 {
				fmt.Fprintf(&w, "  and %d more\n", len(groups[key])-9)
				break
			}
		}
	}
	return w.String()
}
