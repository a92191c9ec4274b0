package differential

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/concors/concors/cors/browser"
	"github.com/concors/concors/internal/proof/realbrowser"
)

var (
	full   = flag.Bool("full", os.Getenv("CONCORS_DIFFERENTIAL") == "full", "run all hand-written and -random generated scenarios (also: CONCORS_DIFFERENTIAL=full)")
	random = flag.Int("random", 2000, "number of generated scenarios with -full")
	seed   = flag.Uint64("seed", 1, "seed of the generated scenarios")
	update = flag.Bool("update", false, "write docs/known-differences.md")
)

// openLab starts a browser and the server for its scenarios. It skips or fails
// when the browser is missing, as realbrowser.ForTest does. upstream gives
// Chromium the setting of upstream's Chrome for third-party cookies: Debian's
// package blocks them.
func openLab(t *testing.T, kind realbrowser.Kind, upstream bool) *Lab {
	t.Helper()
	s, err := startServer()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	l := &Lab{server: s, profile: profiles[kind]}
	options := realbrowser.Options{Dial: s.dial}
	if kind == realbrowser.Chromium {
		options.ThirdPartyCookies = upstream
		if !upstream {
			l.cookies = browser.ThirdPartyBlocked
		}
	}
	l.browser = realbrowser.ForTest(t, kind, options)
	return l
}

// check runs scenarios and fails on every difference without a known reason.
func check(t *testing.T, l *Lab, scenarios []*Scenario) {
	t.Helper()
	scenarios = slices.DeleteFunc(slices.Clone(scenarios), func(s *Scenario) bool { return !l.canShow(&s.Page) })
	began := time.Now()
	results := l.RunAll(t.Context(), scenarios)
	retried := 0
	for _, r := range results {
		retried += r.Retried
	}
	if err := keepAll(l, results); err != nil {
		t.Error(err)
	}
	t.Logf("%d scenarios in %v, %d attempts repeated", len(scenarios), time.Since(began).Round(time.Millisecond), retried)
	judge(t, l.browser.Version(), results)
}

// eachLab runs a test in every browser.
func eachLab(t *testing.T, test func(t *testing.T, l *Lab)) {
	for _, kind := range realbrowser.Kinds {
		t.Run(string(kind), func(t *testing.T) { test(t, openLab(t, kind, true)) })
	}
}

// TestQuick is a sample of everything, for every run of the tests.
func TestQuick(t *testing.T) {
	if testing.Short() {
		t.Skip("real browsers are slow")
	}
	eachLab(t, func(t *testing.T, l *Lab) {
		var sample []*Scenario
		for _, group := range groups {
			for i, s := range group.scenarios() {
				if i%8 == 0 {
					sample = append(sample, s)
				}
			}
		}
		check(t, l, append(sample, Generate(*seed, 100)...))
	})
}

func TestHandWritten(t *testing.T) {
	if !*full {
		t.Skip("takes minutes: use -full")
	}
	eachLab(t, func(t *testing.T, l *Lab) {
		for _, group := range groups {
			t.Run(group.name, func(t *testing.T) { check(t, l, group.scenarios()) })
		}
	})
}

func TestBlockedThirdPartyCookies(t *testing.T) {
	if !*full {
		t.Skip("takes minutes: use -full")
	}
	l := openLab(t, realbrowser.Chromium, false)
	for _, group := range groups {
		if group.name == "cookies" || group.name == "kinds" {
			t.Run(group.name, func(t *testing.T) { check(t, l, group.scenarios()) })
		}
	}
}

func TestRandom(t *testing.T) {
	if !*full {
		t.Skip("takes minutes: use -full")
	}
	eachLab(t, func(t *testing.T, l *Lab) { check(t, l, Generate(*seed, *random)) })
}

func TestScenarioNamesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, g := range groups {
		scenarios := g.scenarios()
		if len(scenarios) == 0 {
			t.Errorf("group %s is empty", g.name)
		}
		for _, s := range scenarios {
			name := fmt.Sprintf("%s/%s", g.name, s.Name)
			if seen[name] {
				t.Errorf("two scenarios %q", name)
			}
			seen[name] = true
		}
	}
	if len(seen) < 400 {
		t.Errorf("only %d scenarios", len(seen))
	}
	t.Logf("%d scenarios", len(seen))
}

func TestGenerateIsDeterministic(t *testing.T) {
	for i, s := range Generate(7, 50) {
		if again := Generate(7, 50)[i]; s.String() != again.String() {
			t.Errorf("number %d differs:\n%s%s", i, s, again)
		}
	}
	if Generate(7, 1)[0].String() == Generate(8, 1)[0].String() {
		t.Error("another seed makes the same scenario")
	}
}

func TestKnownDifferencesDocument(t *testing.T) {
	file := filepath.Join("..", "..", "..", "docs", "known-differences.md")
	want := KnownMarkdown()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/known-differences.md is out of date: run with -update")
	}
}
