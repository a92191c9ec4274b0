package route

import (
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"
)

// segments collects what a cursor sees, a trailing slash as "/".
func segments(c cursor) []string {
	var all []string
	for c.path != "" {
		if c.path == "/" {
			return append(all, "/")
		}
		var s string
		s, c = c.next()
		all = append(all, s)
	}
	return all
}

// naiveSegments is what the standard library makes of u: its escaped path if
// that is clean, split at slashes, each piece unescaped.
func naiveSegments(u *url.URL) (all []string, ok bool) {
	escaped := u.EscapedPath()
	if escaped == "*" {
		return nil, false
	}
	clean := path.Clean(escaped)
	if clean != "/" && strings.HasSuffix(escaped, "/") {
		clean += "/"
	}
	if escaped != clean || escaped[0] != '/' {
		return nil, false
	}
	pieces := strings.Split(escaped[1:], "/")
	for i, piece := range pieces {
		if piece == "" && i == len(pieces)-1 {
			return append(all, "/"), true
		}
		s, err := url.PathUnescape(piece)
		if err != nil {
			return nil, false
		}
		all = append(all, s)
	}
	return all, true
}

func FuzzCursor(f *testing.F) {
	for _, s := range [][2]string{
		{"/", ""}, {"/a/b/", ""}, {"/a/b", "/a%2Fb"}, {"/a//b", "/a/%2fb"}, {"/a/../b", "/a/%2e%2e/b"}, {"/a/./b", ""},
		{"//", "/%2F"}, {"/a b", "/a%20b"}, {"/a|b/c", "/a|b%2Fc"}, {"/a", "/b"}, {"/a%", "/a%25"}, {"/a", "/a%"}, {"*", ""},
		{"", ""}, {"a/b", "a%2Fb"}, {"/[a]/\u00e9", "/[a]/%C3%A9"}, {"/a/b", "%2Fa/b"}, {"/a", "%2Fa"},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, decoded, raw string) {
		urls := []*url.URL{{Path: decoded, RawPath: raw}}
		if u, err := url.ParseRequestURI(raw); err == nil {
			urls = append(urls, u)
		}
		for _, u := range urls {
			c, ok := newCursor(u)
			want, wantOK := naiveSegments(u)
			if ok != wantOK {
				t.Fatalf("path %q, raw %q: got %v, want %v", u.Path, u.RawPath, ok, wantOK)
			}
			if !ok {
				continue // next has a precondition, and a path that is refused breaks it
			}
			if got := segments(c); !slices.Equal(got, want) {
				t.Fatalf("path %q, raw %q: got %q, want %q", u.Path, u.RawPath, got, want)
			}
		}
	})
}
