package route_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/endpoints/route"
)

// The naive twin of this package is http.ServeMux: the same patterns go into
// both, which must agree about conflicts and matches. Where ServeMux would
// redirect or answer by itself, nothing may match.

// A twin is a ServeMux and a Builder with the same patterns.
type twin struct {
	mux     *http.ServeMux
	builder route.Builder[string]
	tree    *route.Tree[string]
}

// marker is a handler that nobody but a twin registers.
type marker struct{ http.Handler }

func newTwin() *twin { return &twin{mux: http.NewServeMux()} }

// add adds pattern to both and reports whether it conflicts.
func (tw *twin) add(t *testing.T, pattern string) (conflict bool) {
	t.Helper()
	p, err := route.Parse(pattern)
	if err != nil {
		t.Fatal(err)
	}
	got := tw.builder.Add(p, pattern)
	want := tw.muxAdd(pattern)
	if (got != nil) != (want != "") {
		t.Fatalf("adding %q: conflict %v; ServeMux: %s", pattern, got, want)
	}
	if got != nil {
		checkConflict(t, got)
	}
	tw.tree = nil
	return got != nil
}

func (tw *twin) muxAdd(pattern string) (conflict string) {
	defer func() {
		if r := recover(); r != nil {
			conflict = fmt.Sprint(r)
		}
	}()
	tw.mux.Handle(pattern, marker{})
	return ""
}

// prepare builds the tree and returns path as net/http would read it, nil if it
// would not.
func (tw *twin) prepare(path string) *url.URL {
	u, err := url.ParseRequestURI(path)
	if err != nil {
		return nil
	}
	if tw.tree == nil {
		tw.tree = tw.builder.Build()
	}
	return u
}

// check compares what both find.
func (tw *twin) check(t *testing.T, method, host, path string) {
	t.Helper()
	u := tw.prepare(path)
	if u == nil {
		return
	}
	got, ok := tw.tree.Match(method, host, u)
	h, want := tw.mux.Handler(&http.Request{Method: method, Host: host, URL: u})
	if _, isOurs := h.(marker); !isOurs {
		want = ""
	}
	if got != want || ok != (want != "") {
		t.Errorf("%s %s%s: got %q, ServeMux %q", method, host, path, got, want)
	}
}

// checkMethods compares Methods with Match, method by method.
func (tw *twin) checkMethods(t *testing.T, methods []string, host, path string) {
	t.Helper()
	u := tw.prepare(path)
	if u == nil {
		return
	}
	got := map[string]string{}
	tw.tree.Methods(host, u, func(method, v string) {
		if _, again := got[method]; again {
			t.Errorf("%s%s: %q visited twice", host, path, method)
		}
		if _, over := got[""]; over {
			t.Errorf("%s%s: %q visited after any method", host, path, method)
		}
		got[method] = v
	})
	for _, method := range slices.Compact(slices.Sorted(slices.Values(methods))) {
		if method == "" {
			continue // no method of a request; Methods has another use for it
		}
		want, ok := tw.tree.Match(method, host, u)
		v, visited := got[method]
		if !visited {
			v, visited = got[""]
		}
		if v != want || visited != ok {
			t.Errorf("%s%s: Methods has %q for %s, Match %q", host, path, v, method, want)
		}
		delete(got, method)
	}
	if v, any := got[""]; any {
		if want, _ := tw.tree.Match("UNHEARD-OF", host, u); v != want {
			t.Errorf("%s%s: Methods has %q for any method, Match %q", host, path, v, want)
		}
		delete(got, "")
	}
	for method := range got {
		t.Errorf("%s%s: Methods visits %q, which no pattern has", host, path, method)
	}
}

// checkConflict looks the requests that explain c up in trees of one pattern.
func checkConflict(t *testing.T, c *route.Conflict) {
	t.Helper()
	matches := func(p route.Pattern, request string) bool {
		method, target, _ := strings.Cut(request, " ")
		slash := strings.IndexByte(target, '/')
		u, err := url.ParseRequestURI(target[slash:])
		if err != nil {
			t.Fatal(err)
		}
		var b route.Builder[bool]
		_ = b.Add(p, true)
		_, ok := b.Build().Match(method, target[:slash], u)
		return ok
	}
	if !matches(c.A, c.Witness) || !matches(c.B, c.Witness) {
		t.Errorf("%v: the witness is not matched by both", c)
	}
	if (c.OnlyA == "") != (route.Compare(c.A, c.B) == route.Equivalent) || (c.OnlyA == "") != (c.OnlyB == "") {
		t.Errorf("%v: difference %q and %q of %v patterns", c, c.OnlyA, c.OnlyB, route.Compare(c.A, c.B))
	}
	if c.OnlyA != "" && (!matches(c.A, c.OnlyA) || matches(c.B, c.OnlyA)) {
		t.Errorf("%v: %s is not only %s", c, c.OnlyA, c.A)
	}
	if c.OnlyB != "" && (!matches(c.B, c.OnlyB) || matches(c.A, c.OnlyB)) {
		t.Errorf("%v: %s is not only %s", c, c.OnlyB, c.B)
	}
}

// product returns every concatenation of one string of each list.
func product(lists ...[]string) []string {
	all := []string{""}
	for _, list := range lists {
		var longer []string
		for _, head := range all {
			for _, tail := range list {
				longer = append(longer, head+tail)
			}
		}
		all = longer
	}
	return all
}

// upTo returns every concatenation of at most n strings of list.
func upTo(n int, list []string) []string {
	lists, all := [][]string{}, []string{""}
	for range n {
		lists = append(lists, list)
		all = append(all, product(lists...)...)
	}
	return all
}

// numbered gives each wildcard of s a name of its own.
func numbered(s string) string {
	for i := 0; strings.Contains(s, "{_"); i++ {
		s = strings.Replace(s, "{_", fmt.Sprint("{x", i), 1)
	}
	return s
}

// smallPatterns returns every pattern up to a certain size, of the fewest parts
// that show all cases.
func smallPatterns(segments int) []string {
	all := product(
		[]string{"", "GET ", "HEAD ", "POST "},
		[]string{"", "h1", "h2"},
		upTo(segments, []string{"/a", "/b", "/{_}"}),
		[]string{"/a", "/b", "/{_}", "/{_...}", "/{$}", "/"},
	)
	for i := range all {
		all[i] = numbered(all[i])
	}
	return all
}

var (
	smallMethods = []string{"GET", "HEAD", "POST", "OPTIONS"}
	smallHosts   = []string{"h1", "H2:8080", "h3", ""}
)

// smallPaths returns the paths that smallPatterns tell apart.
func smallPaths(segments int) []string {
	return product(upTo(segments, []string{"/a", "/b", "/x0", "/%61"}), []string{"", "/", "/a", "/%2Fa", "/.", "//"})
}

func TestEveryPairOfSmallPatternsConflictsAsInServeMux(t *testing.T) {
	patterns := smallPatterns(1)
	for i, p := range patterns {
		for _, q := range patterns[:i+1] {
			tw := newTwin()
			tw.add(t, p)
			tw.add(t, q)
		}
	}
}

func TestSmallPatternsTogetherAsInServeMux(t *testing.T) {
	patterns := smallPatterns(2)
	paths := smallPaths(3)
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("order ", seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 0))
			rnd.Shuffle(len(patterns), func(i, j int) { patterns[i], patterns[j] = patterns[j], patterns[i] })
			tw := newTwin()
			conflicts := 0
			for _, p := range patterns {
				if tw.add(t, p) {
					conflicts++
				}
			}
			if conflicts == 0 || conflicts == len(patterns) {
				t.Fatalf("%d of %d patterns conflict: nothing was compared", conflicts, len(patterns))
			}
			for _, path := range paths {
				for _, host := range smallHosts {
					for _, method := range smallMethods {
						tw.check(t, method, strings.ToLower(host), path)
					}
					tw.checkMethods(t, smallMethods, host, path)
				}
			}
		})
	}
}
