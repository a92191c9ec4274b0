package differential

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"testing"

	"github.com/concors/concors/cors/browser"
	"github.com/concors/concors/internal/proof/realbrowser"
)

var (
	keep   = flag.String("keep", "", "append what real browsers did to this file, for -replay")
	replay = flag.String("replay", "", "compare the model with what -keep has written")
)

// kept is what a real browser did in one scenario.
type kept struct {
	Browser  realbrowser.Kind
	Cookies  browser.ThirdPartyCookies // the model's setting
	Scenario *Scenario
	Real     *Observation
}

func keepAll(l *Lab, results []*Result) error {
	if *keep == "" {
		return nil
	}
	file, err := os.OpenFile(*keep, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	out := json.NewEncoder(file)
	for _, r := range results {
		if r.Err == nil {
			err = errors.Join(err, out.Encode(kept{l.browser.Kind(), l.cookies, r.Scenario, r.Real}))
		}
	}
	return errors.Join(err, file.Close())
}

// TestReplay compares the model with runs of real browsers in the past: no
// browser is needed to see what a change of the model changes.
func TestReplay(t *testing.T) {
	if *replay == "" {
		t.Skip("needs -replay")
	}
	file, err := os.Open(*replay)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	results := map[realbrowser.Kind][]*Result{}
	in := json.NewDecoder(bufio.NewReader(file))
	for {
		var k kept
		if err := in.Decode(&k); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		r := &Result{Scenario: k.Scenario, Real: k.Real, Model: RunModel(profiles[k.Browser], k.Cookies, k.Scenario)}
		r.Diffs = Compare(r.Real, r.Model)
		r.Known = explain(k.Browser, k.Scenario, r.Diffs)
		results[k.Browser] = append(results[k.Browser], r)
	}
	for _, kind := range realbrowser.Kinds {
		t.Run(string(kind), func(t *testing.T) { judge(t, string(kind), results[kind]) })
	}
}

// judge fails on every difference without a known reason.
func judge(t *testing.T, who string, results []*Result) {
	t.Helper()
	known, bad := 0, 0
	for _, r := range results {
		switch {
		case r.Unexplained():
			bad++
		case len(r.Diffs) > 0:
			known++
		}
	}
	t.Logf("%s: %.2f %% of %d scenarios agree, %d differ as known", who, 100*float64(len(results)-bad-known)/max(1, float64(len(results))), len(results), known)
	if bad > 0 {
		t.Errorf("%d of %d scenarios differ without a known reason:\n%s", bad, len(results), Summary(results))
	}
}
