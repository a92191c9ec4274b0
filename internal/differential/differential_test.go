package differential

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/concors/concors/internal/realbrowser"
)

func TestMain(m *testing.M) { os.Exit(m.Run()) }

// openLab skips or fails when the browser is missing, as realbrowser.ForTest does.
func openLab(t *testing.T, kind realbrowser.Kind) *Lab {
	t.Helper()
	s, err := startServer()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return &Lab{server: s, browser: realbrowser.ForTest(t, kind, realbrowser.Options{Dial: s.dial, ThirdPartyCookies: os.Getenv("TPC") != ""}), profile: profiles[kind]}
}

// check runs scenarios and fails on every difference without a known reason.
func check(t *testing.T, l *Lab, scenarios []*Scenario) {
	t.Helper()
	began := time.Now()
	results := l.RunAll(t.Context(), scenarios)
	if os.Getenv("DUMP") != "" {
		for _, r := range results {
			js, _ := json.MarshalIndent(r.Real, "", " ")
			fmt.Println(r.Scenario.Name, r.Err, string(js))
		}
	}
	known, retried, bad := 0, 0, 0
	for _, r := range results {
		retried += r.Retried
		switch {
		case r.Unexplained():
			bad++
		case len(r.Diffs) > 0:
			known++
		}
	}
	t.Logf("%s: %d scenarios in %v, %d with known differences, %d attempts repeated", l.browser.Version(), len(scenarios), time.Since(began).Round(time.Millisecond), known, retried)
	if bad > 0 {
		t.Errorf("%d of %d scenarios differ without a known reason:\n%s", bad, len(scenarios), Summary(results))
	}
}

func TestDifferential(t *testing.T) {
	for _, kind := range realbrowser.Kinds {
		t.Run(string(kind), func(t *testing.T) {
			l := openLab(t, kind)
			for _, group := range groups {
				t.Run(group.name, func(t *testing.T) { check(t, l, group.scenarios()) })
			}
		})
	}
}

func TestScenarioNamesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	n := 0
	for _, g := range groups {
		for _, s := range g.scenarios() {
			name := fmt.Sprintf("%s/%s", g.name, s.Name)
			if seen[name] {
				t.Errorf("two scenarios %q", name)
			}
			seen[name] = true
			n++
		}
	}
	t.Logf("%d scenarios", n)
}
