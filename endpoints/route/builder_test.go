package route_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/endpoints/route"
)

func TestConflictIsExplained(t *testing.T) {
	for _, tt := range []struct{ name, first, second, want string }{
		{"the same", "GET /users/{id}", "GET /users/{name}",
			"GET /users/{name} matches the same requests as GET /users/{id}, such as GET /users/name"},
		{"the same, spelled otherwise", "/a", "/%61", "/%61 matches the same requests as /a, such as GET /a"},
		{"the same below", "/files/", "/files/{path...}", "/files/{path...} matches the same requests as /files/, such as GET /files/"},
		{"wildcards in different places", "/users/{name}/posts", "/users/new/{page}",
			"/users/new/{page} and /users/{name}/posts both match GET /users/new/posts, and neither is more specific: " +
				"only /users/new/{page} matches GET /users/new/page, only /users/{name}/posts matches GET /users/name/posts"},
		{"a name like the literal", "/{new}/posts", "/new/{posts}",
			"/new/{posts} and /{new}/posts both match GET /new/posts, and neither is more specific: " +
				"only /new/{posts} matches GET /new/postsx, only /{new}/posts matches GET /newx/posts"},
		{"fewer methods, more paths", "/users/new", "GET /users/{name}",
			"GET /users/{name} and /users/new both match GET /users/new, and neither is more specific: " +
				"only GET /users/{name} matches GET /users/name, only /users/new matches POST /users/new"},
		{"HEAD and GET", "GET /a", "HEAD /{x}",
			"HEAD /{x} and GET /a both match HEAD /a, and neither is more specific: only HEAD /{x} matches HEAD /x, only GET /a matches GET /a"},
		{"the host is named", "PUT h/{x}/b", "h/a/{y}/",
			""},
		{"rest and wildcard", "h/{x}/b", "h/a/",
			"h/a/ and h/{x}/b both match GET h/a/b, and neither is more specific: only h/a/ matches GET h/a/, only h/{x}/b matches GET h/x/b"},
		{"rest and end", "/{x}/{$}", "/a/{rest...}",
			"/a/{rest...} and /{x}/{$} both match GET /a/, and neither is more specific: only /a/{rest...} matches GET /a/rest, only /{x}/{$} matches GET /x/"},
		{"subtree and end", "/{x}/{$}", "/a/",
			"/a/ and /{x}/{$} both match GET /a/, and neither is more specific: only /a/ matches GET /a/x, only /{x}/{$} matches GET /x/"},
		{"what needs escaping is escaped", "/50%25/{x}", "/{y}/a%2Fb",
			"/{y}/a%2Fb and /50%25/{x} both match GET /50%25/a%2Fb, and neither is more specific: only /{y}/a%2Fb matches GET /y/a%2Fb, only /50%25/{x} matches GET /50%25/x"},
		{"another host", "h/{x}/b", "i/a/{y}", ""},
		{"a host and none", "h/{x}/b", "/a/{y}", ""},
		{"more specific in all", "/{x}", "GET /a", ""},
		{"different methods", "POST /a", "GET /{x}", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := mustParse(t, []string{tt.first, tt.second})
			var b route.Builder[int]
			_ = b.Add(p[0], 0)
			got := ""
			if c := b.Add(p[1], 1); c != nil {
				checkConflict(t, c)
				got = c.Error()
			}
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestAddGoesOnAfterAConflict(t *testing.T) {
	var b route.Builder[int]
	var conflicts []string
	for i, p := range mustParse(t, []string{"/a", "/{x}/b", "/%61", "/a/{y}", "/c", "/{z}/b", "GET /a"}) {
		if c := b.Add(p, i); c != nil {
			conflicts = append(conflicts, c.A.String()+" "+c.B.String())
		}
	}
	if want := []string{"/%61 /a", "/a/{y} /{x}/b", "/{z}/b /{x}/b"}; !slices.Equal(conflicts, want) {
		t.Errorf("conflicts: got %q, want %q", conflicts, want)
	}
	tree := b.Build()
	for path, want := range map[string]int{"/a": 6, "/x/b": 1, "/a/b": 1, "/c": 4} {
		if v, _ := tree.Match("GET", "", mustURL(t, path)); v != want {
			t.Errorf("%s: got %d, want %d", path, v, want)
		}
	}
}

func TestAddReturnsTheFirstConflict(t *testing.T) {
	var b route.Builder[int]
	patterns := mustParse(t, []string{"/x/{a}/c", "/y/{b}/c", "/z/{b}/c", "/{q}/b/{r}"})
	for _, p := range patterns[:3] {
		if c := b.Add(p, 0); c != nil {
			t.Fatal(c)
		}
	}
	if c := b.Add(patterns[3], 0); c == nil || c.B.String() != "/x/{a}/c" {
		t.Errorf("got %v", c)
	}
}

// TestIndexFindsWhatALoopFinds is about thousands of patterns, so that sets of
// several words and both kinds of members are searched.
func TestIndexFindsWhatALoopFinds(t *testing.T) {
	texts := append(smallPatterns(2), realistic(300)...)
	texts = append(texts, differingWildcards(300)...)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(texts), func(i, j int) { texts[i], texts[j] = texts[j], texts[i] })

	var b route.Builder[int]
	var added []route.Pattern
	conflicts := 0
	for _, p := range mustParse(t, texts) {
		want := slices.IndexFunc(added, func(q route.Pattern) bool {
			r := route.Compare(p, q)
			return p.Host() == q.Host() && (r == route.Equivalent || r == route.Overlapping)
		})
		switch c := b.Add(p, len(added)); {
		case (c != nil) != (want >= 0):
			t.Fatalf("%s: got conflict %v, a loop finds %d", p, c, want)
		case c != nil:
			conflicts++
			if c.B.String() != added[want].String() {
				t.Fatalf("%s: conflict with %s, a loop finds %s first", p, c.B, added[want])
			}
		default:
			added = append(added, p)
		}
	}
	if conflicts < 100 || len(added) < 700 {
		t.Fatalf("%d conflicts, %d patterns added: too few to compare", conflicts, len(added))
	}
	for _, p := range mustParse(t, texts) {
		var got, want []int
		for q, i := range b.Overlapping(p) {
			if q.String() != added[i].String() {
				t.Fatalf("%s: value %d belongs to %s", p, i, q)
			}
			got = append(got, i)
		}
		for i, q := range added {
			if route.ComparePaths(p, q) != route.Disjoint {
				want = append(want, i)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("%s: overlaps %v, a loop finds %v", p, got, want)
		}
	}
}

// TestOverlappingTellsWhereMethodsAreFixed holds the promise of
// [route.Builder.Overlapping] against what Methods says at many paths.
func TestOverlappingTellsWhereMethodsAreFixed(t *testing.T) {
	texts := smallPatterns(1)
	paths := product(upTo(2, []string{"/a", "/b", "/c"}), []string{"", "/"})[1:]
	fixed, varying := 0, 0
	for seed := range uint64(20) {
		rand.New(rand.NewPCG(seed, 0)).Shuffle(len(texts), func(i, j int) { texts[i], texts[j] = texts[j], texts[i] })
		var b route.Builder[string]
		patterns := mustParse(t, texts[:20])
		for _, p := range patterns {
			_ = b.Add(p, p.String())
		}
		methods := map[string][]string{} // by pattern, at each path where it is found
		tree := b.Build()
		for _, path := range paths {
			for _, host := range []string{"h1", "h2", "h3"} {
				var here []string
				found := map[string]bool{}
				tree.Methods(host, mustURL(t, path), func(method, pattern string) {
					here = append(here, method)
					found[pattern] = true
				})
				slices.Sort(here)
				for pattern := range found {
					methods[pattern] = append(methods[pattern], strings.Join(here, " "))
				}
			}
		}
		for _, p := range patterns {
			isFixed := true
			for q := range b.Overlapping(p) {
				if r := route.ComparePaths(q, p); r == route.MoreSpecific || r == route.Overlapping {
					isFixed = false
				}
			}
			found := slices.Compact(slices.Sorted(slices.Values(methods[p.String()])))
			if isFixed && len(found) > 1 {
				t.Errorf("%s has methods %q, with %q", p, found, texts[:20])
			}
			if isFixed && len(found) == 1 {
				fixed++
			} else if len(found) > 1 {
				varying++
			}
		}
	}
	if fixed == 0 || varying == 0 {
		t.Errorf("%d patterns with fixed methods, %d without: nothing was compared", fixed, varying)
	}
}

func TestOverlappingStopsWhenAsked(t *testing.T) {
	var b route.Builder[int]
	for i, p := range mustParse(t, []string{"/", "h/", "i/", "/{x}", "h/{x}"}) {
		_ = b.Add(p, i)
	}
	n := 0
	for range b.Overlapping(mustParse(t, []string{"/a"})[0]) {
		if n++; n == 2 {
			break
		}
	}
	if n != 2 {
		t.Errorf("%d patterns", n)
	}
}
