package blackbox

import (
	"strconv"
	"testing"
)

// planes are the gateway and the ways to use the library.
func planes(t *testing.T) []*Plane {
	t.Helper()
	bin, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return append([]*Plane{Gateway(bin)}, library(t)...)
}

func library(t *testing.T) []*Plane {
	t.Helper()
	bin, err := buildLibrary()
	if err != nil {
		t.Fatal(err)
	}
	return Library(bin)
}

// start serves the worlds with a plane until the test ends.
func start(t *testing.T, plane *Plane, u *Upstream, worlds ...*World) map[string]Target {
	t.Helper()
	targets := map[string]Target{}
	for _, w := range worlds {
		pair, client := keys(t, w.TLS)
		p, err := plane.Start(scratch, w, u.URL, pair)
		if err != nil {
			t.Fatal(err)
		}
		targets[w.Name] = watched(t, p, client)
	}
	return targets
}

// TestLibrary asks the questions of programs that use the library: cors.Mux, and
// the plain middleware before a router and before each handler.
func TestLibrary(t *testing.T) {
	worlds := Worlds()
	questions := Questions(worlds, environment(t, "CONCORS_QUESTIONS", strconv.Atoi, 75000), 20261124)
	for _, plane := range library(t) {
		t.Run(plane.Name, func(t *testing.T) {
			u := newUpstream(t)
			targets := start(t, plane, u, worlds...)
			asked, missed := plane.For(questions)
			tally := Run(asked, targets, u, 6)
			t.Logf("%d questions; not asked: %v", tally.Asked, missed)
			if tally.Asked < len(questions)*3/4 {
				t.Errorf("only %d of %d questions were asked", tally.Asked, len(questions))
			}
			if len(tally.Wrong) > 0 {
				t.Errorf("%d kinds of mistake:\n%s", len(tally.Wrong), tally)
			}
			if ids, strangers := u.Left(); len(ids)+len(strangers) > 0 {
				t.Errorf("requests reached the upstream after their answer: questions %v, others %q", ids, strangers)
			}
		})
	}
}
