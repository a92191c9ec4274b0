package route_test

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/concors/concors/endpoints/route"
)

// realistic returns about n patterns of an API: collections and their items,
// with the methods that such things have.
func realistic(n int) []string {
	var all []string
	for i := 0; len(all) < n; i++ {
		base := fmt.Sprintf("/api/v%d/resource-%d", i%3+1, i)
		all = append(all,
			"GET "+base, "POST "+base, "GET "+base+"/latest",
			"GET "+base+"/{id}", "PUT "+base+"/{id}", "DELETE "+base+"/{id}",
			"GET "+base+"/{id}/items/{item}", "PATCH "+base+"/{id}/items/{item}",
			"GET "+base+"/{id}/files/{path...}", base+"/{id}/admin/")
	}
	return all[:n]
}

// differingWildcards returns n patterns whose segments are literal or wildcard
// in every combination, told apart by their last segment only.
func differingWildcards(n int) []string {
	all := make([]string, n)
	for i := range all {
		s := ""
		for bit := range 14 {
			if i>>bit&1 == 0 {
				s += "/a"
			} else {
				s += fmt.Sprintf("/{x%d}", bit)
			}
		}
		all[i] = s + fmt.Sprint("/last", i)
	}
	return all
}

// decisions returns n patterns that are the leaves of a binary tree of
// decisions, each about a position of its own: no position and no literal tells
// many of them apart.
func decisions(n int) []string {
	all := make([]string, n)
	for i := range all {
		segments := make([]string, 60)
		for j := range segments {
			segments[j] = fmt.Sprintf("/{x%d}", j)
		}
		node := 1
		for bit := range 14 {
			segments[node%60] = fmt.Sprint("/", "ab"[i>>bit&1:][:1], node)
			node = 2*node + i>>bit&1
		}
		for _, s := range segments {
			all[i] += s
		}
	}
	return all
}

// crossing returns n patterns of which half match every path that the other
// half match, but for their methods.
func crossing(n int) []string {
	all := make([]string, n)
	for i := range all {
		if i%2 == 0 {
			all[i] = fmt.Sprintf("GET /a%d/{x}/", i)
		} else {
			all[i] = fmt.Sprintf("POST /{x}/b%d/", i)
		}
	}
	return all
}

func mustParse(tb testing.TB, patterns []string) []route.Pattern {
	tb.Helper()
	all := make([]route.Pattern, len(patterns))
	for i, s := range patterns {
		p, err := route.Parse(s)
		if err != nil {
			tb.Fatal(err)
		}
		all[i] = p
	}
	return all
}

func mustBuild(tb testing.TB, patterns []string) *route.Tree[int] {
	tb.Helper()
	var b route.Builder[int]
	for i, p := range mustParse(tb, patterns) {
		if c := b.Add(p, i); c != nil {
			tb.Fatal(c)
		}
	}
	return b.Build()
}

func BenchmarkBuild(b *testing.B) {
	const n = 10_000
	for name, patterns := range map[string][]string{
		"realistic":           realistic(n),
		"differing wildcards": differingWildcards(n),
		"decisions":           decisions(n),
		"crossing methods":    crossing(n),
		"one conflict each":   differingWildcards(n / 2),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var builder route.Builder[int]
				for i, s := range patterns {
					p, err := route.Parse(s)
					if err != nil {
						b.Fatal(err)
					}
					_ = builder.Add(p, i)
				}
				builder.Build()
			}
		})
	}
}

func BenchmarkMatch(b *testing.B) {
	for _, n := range []int{10, 10_000} {
		tree := mustBuild(b, realistic(n))
		mux := http.NewServeMux()
		for _, p := range realistic(n) {
			mux.Handle(p, marker{})
		}
		for name, path := range map[string]string{
			"literal":  "/api/v1/resource-0/latest",
			"wildcard": "/api/v1/resource-0/4711/items/12",
			"encoded":  "/api/v1/resource-0/47%2F11/items/12",
			"unknown":  "/api/v1/resource-0/4711/nothing/12",
		} {
			u, err := url.ParseRequestURI(path)
			if err != nil {
				b.Fatal(err)
			}
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					tree.Match("GET", "api.example.com", u)
				}
			})
			if name == "literal" || name == "wildcard" {
				b.Run(fmt.Sprintf("%s/%d/ServeMux", name, n), func(b *testing.B) {
					r := &http.Request{Method: "GET", Host: "api.example.com", URL: u}
					for b.Loop() {
						mux.Handler(r)
					}
				})
			}
		}
	}
}

// BenchmarkMatchAll asks for one endpoint after the other, so that most of the
// tree is needed again and again.
func BenchmarkMatchAll(b *testing.B) {
	for _, n := range []int{10, 100, 1000, 10_000} {
		patterns := realistic(n)
		tree := mustBuild(b, patterns)
		var requests []*http.Request
		for _, p := range mustParse(b, patterns) {
			path := strings.NewReplacer("{id}", "4711", "{item}", "12", "{path...}", "a/b.txt").Replace(p.Path())
			u, err := url.ParseRequestURI(path)
			if err != nil {
				b.Fatal(err)
			}
			requests = append(requests, &http.Request{Method: cmp.Or(p.Method(), "POST"), URL: u})
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			i := 0
			for b.Loop() {
				r := requests[i%n]
				i += 7
				if _, ok := tree.Match(r.Method, r.Host, r.URL); !ok {
					b.Fatal(r.Method, r.URL)
				}
			}
		})
	}
}

func BenchmarkMethods(b *testing.B) {
	u := &url.URL{Path: "/api/v1/resource-0/4711"}
	for _, n := range []int{10, 10_000} {
		tree := mustBuild(b, realistic(n))
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				tree.Methods("api.example.com", u, func(string, int) {})
			}
		})
	}
}

func BenchmarkSuspicious(b *testing.B) {
	u := &url.URL{Path: "/api/v1/resource-0/4711/items/12"}
	for b.Loop() {
		route.Suspicious(u)
	}
}

// BenchmarkMatchInDifferingWildcards asks for what is nowhere, in a tree that
// must be searched in full to know.
func BenchmarkMatchInDifferingWildcards(b *testing.B) {
	u := &url.URL{Path: strings.Repeat("/a", 14) + "/nowhere"}
	tree := mustBuild(b, differingWildcards(10_000))
	for b.Loop() {
		tree.Match("GET", "", u)
	}
}
