package route_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/concors/concors/endpoints/route"
)

func TestSuspicious(t *testing.T) {
	for _, tt := range []struct {
		name, path string
		want       bool
	}{
		{"root", "/", false},
		{"ordinary", "/api/account", false},
		{"slash at the end", "/api/account/", false},
		{"encoded space", "/a%20b", false},
		{"encoded letter", "/%61pi", false},
		{"encoded percent sign", "/50%25", false},
		{"escape of an escape", "/a%252F..%252Fb", false},
		{"not ASCII", "/stra%C3%9Fe", false},
		{"dots in names", "/.well-known/a..b/...", false},
		{"dot at the end of a name", "/a./b../", false},
		{"parameters", "/a;v=1/b;w=2", false},
		{"parameters of the root", "/;jsessionid=1", false},
		{"parameters after a slash at the end", "/a/;jsessionid=1", false},
		{"semicolon after a name with dots", "/a..;x", false},
		{"asterisk form", "*", false},

		{"encoded slash", "/a%2Fb", true},
		{"encoded slash, lower case", "/a%2fb", true},
		{"encoded slash at the end", "/a%2F", true},
		{"backslash", `/a\b`, true},
		{"encoded backslash", "/a%5Cb", true},
		{"encoded backslash, lower case", "/a%5cb", true},
		{"encoded NUL", "/a%00.png", true},
		{"dot segment", "/./a", true},
		{"dot segment at the end", "/a/.", true},
		{"dot-dot segment", "/a/../b", true},
		{"dot-dot segment at the end", "/a/..", true},
		{"encoded dot", "/a/%2e/b", true},
		{"encoded dots", "/a/%2E%2E/b", true},
		{"dots encoded in part", "/a/.%2e/b", true},
		{"dots with a parameter", "/a/..;/b", true},
		{"dots with a longer parameter", "/a/..;x=1/b", true},
		{"dots with an encoded semicolon", "/a/..%3B/b", true},
		{"dot with a parameter at the end", "/a/.;", true},
		{"empty segment", "/a//b", true},
		{"empty segment in front", "//a", true},
		{"empty segment at the end", "/a//", true},
		{"empty segment with a parameter", "/;x/admin", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u, err := url.ParseRequestURI("http://h" + tt.path)
			if tt.path[0] != '/' {
				u, err = &url.URL{Path: tt.path}, nil
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := route.Suspicious(u); got != tt.want {
				t.Errorf("%q (path %q, raw %q): got %v", tt.path, u.Path, u.RawPath, got)
			}
			if n := testing.AllocsPerRun(10, func() { route.Suspicious(u) }); n != 0 {
				t.Errorf("%v allocations", n)
			}
		})
	}
}

func TestDotSegments(t *testing.T) {
	for _, tt := range []struct {
		path string
		want bool
	}{
		{"/", false}, {"/a.b/c..d/...", false}, {"/.well-known/x", false}, {"/a%2F.well-known", false}, {"/a/..b", false}, {"/a../b", false},
		{"/a%2F...%2Fb", false}, {"/.;", true}, {"/a;./b", false}, {"/a;/../b", true},
		{"/./a", true}, {"/a/..", true}, {"/%2e%2E/a", true}, {"/a%2F..%2Fb", true}, {"/a%5C.%5Cb", true}, {`/a\..`, true},
		{"/..;v=1/b", true}, {"/..%3b/b", true}, {"/a/..%00/b", true}, {"/a%2f.", true}, {"/a%252F..%252Fb", false},
	} {
		u, err := url.ParseRequestURI("http://h" + tt.path)
		if err != nil {
			t.Fatal(err)
		}
		if got := route.DotSegments(u); got != tt.want {
			t.Errorf("%s: got %v", tt.path, got)
		}
		if route.DotSegments(u) && !route.Suspicious(u) {
			t.Errorf("%s is not suspicious", tt.path)
		}
		if n := testing.AllocsPerRun(10, func() { route.DotSegments(u) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	}
}

func TestSuspiciousSeesRawNUL(t *testing.T) {
	// net/http refuses such a request line; a caller may have made the URL.
	if !route.Suspicious(&url.URL{Path: "/a\x00b"}) {
		t.Error("not refused")
	}
}

func TestSuspiciousSeesARawPathThatDisagrees(t *testing.T) {
	if !route.Suspicious(&url.URL{Path: "/a", RawPath: "/b%2fc"}) {
		t.Error("not refused")
	}
}

// naiveSuspicious is the rules once more, as a list.
func naiveSuspicious(u *url.URL) bool {
	if strings.Contains(strings.ToLower(u.RawPath), "%2f") {
		return true
	}
	if strings.ContainsAny(u.Path, "\\\x00") {
		return true
	}
	segments := strings.Split(u.Path, "/")
	if len(segments) > 1 && segments[0] == "" {
		segments = segments[1:]
	}
	for i, segment := range segments {
		name, _, _ := strings.Cut(segment, ";")
		switch name {
		case ".", "..":
			return true
		case "":
			if i < len(segments)-1 {
				return true
			}
		}
	}
	return false
}

func FuzzSuspicious(f *testing.F) {
	for _, s := range []string{
		"/a/b", "/a%2fb", "//", "/;/", "/..;x/", "/%2e./", "/a/", "/a\\b", "/%00", ".", "../a", ";", "/a;/b/", "/;",
	} {
		f.Add(s, "")
	}
	f.Add("/a/b", "/a%2Fb")
	f.Fuzz(func(t *testing.T, path, raw string) {
		// Once as they are, once as a request would bring them.
		urls := []*url.URL{{Path: path, RawPath: raw}}
		if u, err := url.ParseRequestURI(path); err == nil {
			urls = append(urls, u)
		}
		for _, u := range urls {
			if got, want := route.Suspicious(u), naiveSuspicious(u); got != want {
				t.Errorf("path %q, raw %q: got %v, want %v", u.Path, u.RawPath, got, want)
			}
		}
	})
}
