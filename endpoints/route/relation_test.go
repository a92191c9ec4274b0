package route_test

import (
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
	anyMethod := make([]route.Pattern, len(patterns))
	matched := make([][]bool, len(patterns))
	for i, s := range texts {
		anyMethod[i] = mustParse(t, []string{patterns[i].Host() + patterns[i].Path()})[0]
		tree := mustBuild(t, []string{s})
		for _, path := range product(upTo(3, []string{"/a", "/b", "/c"}), []string{"", "/"}) {
			if path == "" {
				continue
			}
			u := mustURL(t, path)
			for _, host := range []string{"h1", "h2", "h3"} {
				for _, method := range []string{"GET", "HEAD", "POST", "OTHER"} {
					_, ok := tree.Match(method, host, u)
					matched[i] = append(matched[i], ok)
				}
			}
		}
	}
	for i, p := range patterns {
		for j, q := range patterns {
			want := relationOf(matched[i], matched[j])
			if got := route.Compare(p, q); got != want {
				t.Errorf("Compare(%q, %q) = %v, want %v", p, q, got, want)
			}
			if got := route.Overlaps(p, q); got != (want != route.Disjoint) {
				t.Errorf("Overlaps(%q, %q) = %v", p, q, got)
			}
			if p.Method() == "" && q.Method() == "" {
				if got := route.ComparePaths(p, q); got != want {
					t.Errorf("ComparePaths(%q, %q) = %v, want %v", p, q, got, want)
				}
			}
			if got, want := route.ComparePaths(p, q), route.ComparePaths(anyMethod[i], anyMethod[j]); got != want {
				t.Errorf("ComparePaths(%q, %q) = %v, but without the methods %v", p, q, got, want)
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
