package route_test

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/endpoints/route"
)

func mustURL(tb testing.TB, path string) *url.URL {
	tb.Helper()
	u, err := url.ParseRequestURI(path)
	if err != nil {
		tb.Fatal(err)
	}
	return u
}

// find returns the pattern of a tree that takes "METHOD host/path", or "".
func find(tb testing.TB, patterns []string, request string) string {
	tb.Helper()
	method, target, _ := strings.Cut(request, " ")
	slash := strings.IndexByte(target, '/')
	i, ok := mustBuild(tb, patterns).Match(method, target[:slash], mustURL(tb, target[slash:]))
	if !ok {
		return ""
	}
	return patterns[i]
}

func TestMatch(t *testing.T) {
	for _, tt := range []struct {
		name     string
		patterns []string
		want     map[string]string // pattern by request, "" for none
	}{
		{"GET takes HEAD, and nothing else", []string{"GET /a"}, map[string]string{
			"GET /a": "GET /a", "HEAD /a": "GET /a", "POST /a": "", "get /a": "",
		}},
		{"HEAD of its own wins", []string{"GET /a", "HEAD /a"}, map[string]string{
			"GET /a": "GET /a", "HEAD /a": "HEAD /a",
		}},
		{"a method wins over any method", []string{"/a", "GET /a"}, map[string]string{
			"GET /a": "GET /a", "HEAD /a": "GET /a", "POST /a": "/a",
		}},
		{"a host wins, with whatever path", []string{"h/", "GET /a"}, map[string]string{
			"GET h/a": "h/", "GET i/a": "GET /a",
		}},
		{"a host without a match leaves the others", []string{"h/b", "POST h/a", "/a"}, map[string]string{
			"GET h/a": "/a", "POST h/a": "POST h/a",
		}},
		{"literal, wildcard, rest", []string{"/a/b", "/a/{x}", "/a/{x...}"}, map[string]string{
			"GET /a/b": "/a/b", "GET /a/c": "/a/{x}", "GET /a/b/c": "/a/{x...}", "GET /a/": "/a/{x...}", "GET /a": "",
		}},
		{"another method goes back to the wildcard", []string{"GET /users/{name}", "POST /users/new"}, map[string]string{
			"GET /users/new": "GET /users/{name}", "POST /users/new": "POST /users/new", "POST /users/x": "",
		}},
		{"a dead end goes back, more than once", []string{"/a/b/c/d", "/a/{x}/c/e", "/{x}/b/c/f", "/{x...}"}, map[string]string{
			"GET /a/b/c/d": "/a/b/c/d", "GET /a/b/c/e": "/a/{x}/c/e", "GET /a/b/c/f": "/{x}/b/c/f", "GET /a/b/c/g": "/{x...}",
		}},
		{"the end takes the slash only", []string{"/a/{$}"}, map[string]string{
			"GET /a/": "/a/{$}", "GET /a": "", "GET /a/b": "", "GET /a/%2F": "",
		}},
		{"a wildcard takes no end", []string{"/a/{x}"}, map[string]string{"GET /a/": "", "GET /a": ""}},
		{"a wildcard takes an encoded slash", []string{"/a/{x}", "/a/{$}"}, map[string]string{
			"GET /a/b%2Fc": "/a/{x}", "GET /a/%2F": "/a/{x}", "GET /a/%2f%2F": "/a/{x}",
		}},
		{"an encoded slash is part of a literal", []string{"/a%2Fb", "/a/b", "/%2F/x"}, map[string]string{
			"GET /a%2Fb": "/a%2Fb", "GET /a%2fb": "/a%2Fb", "GET /a/b": "/a/b", "GET /%2F/x": "/%2F/x", "GET //x": "",
		}},
		{"escapes make no difference otherwise", []string{"/straße/%7Bx%7D", "/a%20b"}, map[string]string{
			"GET /stra%C3%9Fe/{x}": "/straße/%7Bx%7D", "GET /%73tra%c3%9fe/%7bx}": "/straße/%7Bx%7D", "GET /a%20b": "/a%20b",
		}},
		{"nothing redirects to a slash", []string{"/a/"}, map[string]string{"GET /a": "", "GET /a/": "/a/"}},
		{"nothing is cleaned", []string{"/a/b", "/"}, map[string]string{
			"GET //a/b": "", "GET /a//b": "", "GET /a/./b": "", "GET /x/../a/b": "", "GET /a/b/..": "", "GET /a/.": "",
		}},
		{"dots in names are clean", []string{"/{x...}"}, map[string]string{
			"GET /.well-known/x": "/{x...}", "GET /a../b": "/{x...}", "GET /...": "/{x...}",
		}},
		{"encoded dots are a segment", []string{"/a/{x}/b"}, map[string]string{"GET /a/%2e%2e/b": "/a/{x}/b"}},
		{"hosts without case, port and final dot", []string{"api.example.com/a"}, map[string]string{
			"GET api.example.com/a": "api.example.com/a", "GET API.Example.COM/a": "api.example.com/a",
			"GET api.example.com:8443/a": "api.example.com/a", "GET api.example.com:/a": "api.example.com/a",
			"GET api.example.com./a": "api.example.com/a", "GET Api.example.com.:80/a": "api.example.com/a",
			"GET api.example.com../a": "", "GET .api.example.com/a": "", "GET example.com/a": "",
			"GET api.example.com:80:80/a": "", "GET /a": "", "GET " + strings.Repeat("A", 300) + "/a": "",
		}},
		{"IPv6 hosts", []string{"[::1]/a", "/a"}, map[string]string{
			"GET [::1]/a": "[::1]/a", "GET [::1]:8080/a": "[::1]/a", "GET ::1/a": "/a", "GET [::1/a": "/a", "GET [::1]x/a": "/a",
		}},
		{"CONNECT is a method like others", []string{"/a"}, map[string]string{"CONNECT h:80/a": "/a"}},
		{"many literals", func() (all []string) {
			for i := range 100 {
				all = append(all, fmt.Sprint("/a/", i))
			}
			return append(all, "/a/{x}")
		}(), map[string]string{"GET /a/0": "/a/0", "GET /a/99": "/a/99", "GET /a/100": "/a/{x}"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for request, want := range tt.want {
				if got := find(t, tt.patterns, request); got != want {
					t.Errorf("%s: got %q, want %q", request, got, want)
				}
			}
		})
	}
}

func TestMatchFindsNothingForPathsWithoutSlash(t *testing.T) {
	tree := mustBuild(t, []string{"/", "/{x}"})
	for _, u := range []*url.URL{{}, {Path: "*"}, {Path: "a"}, {Opaque: "a"}, {Path: "a/b", RawPath: "a%2Fb"}} {
		if i, ok := tree.Match("GET", "", u); ok {
			t.Errorf("%q matches pattern %d", u.Path, i)
		}
	}
}

func TestMatchGoesByPathWhereTheRawPathDisagrees(t *testing.T) {
	tree := mustBuild(t, []string{"/a/b", "/{x}"})
	for raw, want := range map[string]int{"/a%2Fb": 1, "/c%2Fd": 0, "/a%2Fb|": 0, "/a%2": 0, "/a%2Fbc": 0, "/a%2F": 0} {
		got, ok := tree.Match("GET", "", &url.URL{Path: "/a/b", RawPath: raw})
		if !ok || got != want {
			t.Errorf("raw path %q: got %d, %v, want %d", raw, got, ok, want)
		}
	}
}

func TestZeroValuesAreEmpty(t *testing.T) {
	u := mustURL(t, "/")
	var b route.Builder[int]
	for name, tree := range map[string]*route.Tree[int]{"zero Tree": {}, "tree of a zero Builder": b.Build()} {
		if _, ok := tree.Match("GET", "h", u); ok {
			t.Errorf("%s: something matches", name)
		}
		tree.Methods("h", u, func(string, int) { t.Errorf("%s: it has methods", name) })
	}
	_ = b.Add(route.Pattern{}, 1)
	if c := b.Add(route.Pattern{}, 2); c != nil {
		t.Errorf("two zero Patterns, which match nothing: %v", c)
	}
	if _, ok := b.Build().Match("", "", u); ok {
		t.Error("a zero Pattern matches")
	}
}

func TestTreeStaysAsBuilt(t *testing.T) {
	var b route.Builder[string]
	add := func(s string) { _ = b.Add(mustParse(t, []string{s})[0], s) }
	add("/a/{x}")
	before := b.Build()
	add("/a/b")
	after := b.Build()
	u := mustURL(t, "/a/b")
	if v, _ := before.Match("GET", "", u); v != "/a/{x}" {
		t.Errorf("the first tree finds %q", v)
	}
	if v, _ := after.Match("GET", "", u); v != "/a/b" {
		t.Errorf("the second tree finds %q", v)
	}
}

func TestMethods(t *testing.T) {
	for _, tt := range []struct {
		name     string
		patterns []string
		at       string
		want     []string // "METHOD: pattern" in the order visited
	}{
		{"no such path", []string{"GET /a"}, "/b", nil},
		{"unclean path", []string{"GET /{x...}"}, "//b", nil},
		{"GET brings HEAD", []string{"GET /a", "PUT /a"}, "/a", []string{"GET: GET /a", "PUT: PUT /a", "HEAD: GET /a"}},
		{"HEAD of its own", []string{"GET /a", "HEAD /a"}, "/a", []string{"GET: GET /a", "HEAD: HEAD /a"}},
		{"any method last", []string{"/a", "GET /a"}, "/a", []string{"GET: GET /a", "HEAD: GET /a", ": /a"}},
		{"methods of different patterns", []string{"GET /users/{name}", "POST /users/new", "PATCH /{x...}", "PUT /users/{name}/x"}, "/users/new",
			[]string{"POST: POST /users/new", "GET: GET /users/{name}", "HEAD: GET /users/{name}", "PATCH: PATCH /{x...}"}},
		{"the more specific pattern only", []string{"GET /{x...}", "GET /a/{x}", "GET /a/b"}, "/a/b",
			[]string{"GET: GET /a/b", "HEAD: GET /a/b"}},
		{"HEAD more specific than GET", []string{"GET /{x}", "HEAD /a"}, "/a", []string{"HEAD: HEAD /a", "GET: GET /{x}"}},
		{"the host's methods first", []string{"GET h/a", "GET /a", "POST /a", "HEAD /a"}, "h/a",
			[]string{"GET: GET h/a", "HEAD: GET h/a", "POST: POST /a"}},
		{"any method of the host hides the others", []string{"h/{x}", "PUT h/a", "GET /a", "POST /a"}, "h/a",
			[]string{"PUT: PUT h/a", ": h/{x}"}},
		{"end and rest", []string{"GET /a/{$}", "POST /a/", "/{x...}"}, "/a/",
			[]string{"GET: GET /a/{$}", "HEAD: GET /a/{$}", "POST: POST /a/", ": /{x...}"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			slash := strings.IndexByte(tt.at, '/')
			host, u := tt.at[:slash], mustURL(t, tt.at[slash:])
			var got []string
			mustBuild(t, tt.patterns).Methods(host, u, func(method string, i int) {
				got = append(got, method+": "+tt.patterns[i])
			})
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestMethodsOfMoreThanASmallSet(t *testing.T) {
	var patterns []string
	for i := range 300 {
		patterns = append(patterns, fmt.Sprintf("M%d /{x}", i), fmt.Sprintf("M%d /a", i))
	}
	visited := map[string]int{}
	mustBuild(t, patterns).Methods("", mustURL(t, "/a"), func(method string, i int) {
		visited[method]++
		if patterns[i] != method+" /a" {
			t.Errorf("%s: got %s", method, patterns[i])
		}
	})
	if len(visited) != 300 || slices.Max(slices.Collect(maps.Values(visited))) != 1 {
		t.Errorf("visited %v", visited)
	}
}

func TestLookupsAllocateNothing(t *testing.T) {
	tree := mustBuild(t, append(realistic(1000),
		"GET api.example.com/{x}/b%2Fc/{y...}", "/w/{b}/{c}/d", "PUT api.example.com/"))
	for _, path := range []string{"/api/v1/resource-0/4711/items/12", "/a/b%2Fc/%41/d/e", "/w/b/%63/d", "/a//b", "/nothing/here"} {
		u := mustURL(t, path)
		found := 0
		if n := testing.AllocsPerRun(100, func() {
			for _, host := range []string{"", "API.example.com.:8080", "other.example"} {
				tree.Match("GET", host, u)
				tree.Methods(host, u, func(_ string, i int) { found += i })
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", path, n)
		}
	}
}
