package route_test

import (
	"slices"
	"testing"

	"github.com/concors/concors/endpoints/route"
)

// relationOf is Compare by example: which of many requests are matched.
func relationOf(a, b []bool) route.Relation {
	r, common := route.Equivalent, false
	for i := range a {
		switch {
		case a[i] && b[i]:
			common = true
		case a[i]:
			r |= route.MoreGeneral
		case b[i]:
			r |= route.MoreSpecific
		}
	}
	if !common {
		return route.Disjoint
	}
	return r
}

func TestCompareSaysWhatRequestsShow(t *testing.T) {
	texts := smallPatterns(1)
	patterns := mustParse(t, texts)
	methods := []string{"GET", "HEAD", "POST", "OTHER"}
	matched := make([][]bool, len(patterns))
	for i, s := range texts {
		tree := mustBuild(t, []string{s})
		for _, path := range product(upTo(3, []string{"/a", "/b", "/c"}), []string{"", "/"}) {
			if path == "" {
				continue
			}
			u := mustURL(t, path)
			for _, host := range []string{"h1", "h2", "h3"} {
				for _, method := range methods {
					_, ok := tree.Match(method, host, u)
					matched[i] = append(matched[i], ok)
				}
			}
		}
	}
	// The requests come in groups of one for each method.
	anyMethod := func(m []bool) (paths []bool) {
		for group := range slices.Chunk(m, len(methods)) {
			paths = append(paths, slices.Contains(group, true))
		}
		return paths
	}
	for i, p := range patterns {
		for j, q := range patterns {
			if got, want := route.Compare(p, q), relationOf(matched[i], matched[j]); got != want {
				t.Errorf("Compare(%q, %q) = %v, want %v", p, q, got, want)
			}
			if got, want := route.Overlaps(p, q), relationOf(matched[i], matched[j]) != route.Disjoint; got != want {
				t.Errorf("Overlaps(%q, %q) = %v", p, q, got)
			}
			if i%7 != 0 {
				continue // comparing the paths once for each pair of methods is enough
			}
			if got, want := route.ComparePaths(p, q), relationOf(anyMethod(matched[i]), anyMethod(matched[j])); got != want {
				t.Errorf("ComparePaths(%q, %q) = %v, want %v", p, q, got, want)
			}
		}
	}
}

func TestRelationHasAName(t *testing.T) {
	for r, want := range map[route.Relation]string{
		route.Equivalent: "equivalent", route.MoreGeneral: "more general", route.MoreSpecific: "more specific",
		route.Overlapping: "overlapping", route.Disjoint: "disjoint",
	} {
		if r.String() != want {
			t.Errorf("got %q, want %q", r, want)
		}
	}
}
