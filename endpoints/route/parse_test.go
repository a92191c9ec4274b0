package route_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/endpoints/route"
)

func TestParseAccepts(t *testing.T) {
	for _, tt := range []struct{ name, pattern, method, host, path string }{
		{"path alone", "/api/account", "", "", "/api/account"},
		{"method and path", "GET /api/account", "GET", "", "/api/account"},
		{"host and path", "api.example.com/account", "", "api.example.com", "/account"},
		{"method, host and path", "PUT api.example.com/account", "PUT", "api.example.com", "/account"},
		{"root and all below", "/", "", "", "/"},
		{"root alone", "GET /{$}", "GET", "", "/{$}"},
		{"subtree", "GET /files/", "GET", "", "/files/"},
		{"wildcards", "/users/{id}/posts/{post}", "", "", "/users/{id}/posts/{post}"},
		{"rest", "/files/{path...}", "", "", "/files/{path...}"},
		{"wildcard of a language", "/{größe}", "", "", "/{größe}"},
		{"method of its own", "M-SEARCH /", "M-SEARCH", "", "/"},
		{"single-label host", "localhost/", "", "localhost", "/"},
		{"host with underscore", "my_host.internal/", "", "my_host.internal", "/"},
		{"IPv4 host", "127.0.0.1/", "", "127.0.0.1", "/"},
		{"IPv6 host", "GET [2001:db8::1]/", "GET", "[2001:db8::1]", "/"},
		{"encoded slash", "/projects/group%2Fproject", "", "", "/projects/group%2Fproject"},
		{"encoded signs of other routers", "/%3Aid/%2A/%7Bx%7D", "", "", "/%3Aid/%2A/%7Bx%7D"},
		{"colon within a segment", "/v1/things:batch", "", "", "/v1/things:batch"},
		{"dots within a segment", "/.well-known/a..b/...", "", "", "/.well-known/a..b/..."},
		{"not ASCII", "/straße", "", "", "/straße"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := route.Parse(tt.pattern)
			if err != nil {
				t.Fatal(err)
			}
			if p.Method() != tt.method || p.Host() != tt.host || p.Path() != tt.path || p.String() != tt.pattern {
				t.Errorf("got %q, %q, %q, %q", p.Method(), p.Host(), p.Path(), p)
			}
		})
	}
}

// A mistake is what is expected of a route.Error.
type mistake struct {
	code   route.Code
	wrong  string // the part of the pattern; "^" and what follows the place if something is missing
	repair string
}

func TestParseReportsMistakes(t *testing.T) {
	for _, tt := range []struct {
		name, pattern string
		want          []mistake
	}{
		{"empty", "", []mistake{{route.PatternEmpty, "^", ""}}},
		{"blank", " \t", []mistake{{route.PatternEmpty, " \t", ""}}},
		{"too long", "/" + strings.Repeat("a", 4097), []mistake{{route.PatternTooLong, "aa", ""}}},

		{"several spaces", "GET   /a", []mistake{{route.PatternSpace, "  ", "GET /a"}}},
		{"tab", "GET\t/a", []mistake{{route.PatternSpace, "\t", "GET /a"}}},
		{"space in front", " /a", []mistake{{route.PatternSpace, " ", "/a"}}},
		{"space at the end", "GET /a ", []mistake{{route.PatternSpace, " ", "GET /a"}}},
		{"space at both ends", " GET  /a ", []mistake{{route.PatternSpace, " GET  /a ", "GET /a"}}},
		{"no space after the method", "GET/a", []mistake{{route.PatternSpace, "^/a", "GET /a"}}},
		{"space after the host", "GET api.example.com /a", []mistake{{route.PatternSpace, "api.example.com ", "GET api.example.com/a"}}},

		{"lower-case method", "get /a", []mistake{{route.PatternMethodLowerCase, "get", "GET /a"}}},
		{"mixed-case method", "Patch /a", []mistake{{route.PatternMethodLowerCase, "Patch", "PATCH /a"}}},
		{"several methods", "GET,POST /a", []mistake{{route.PatternMethodInvalid, "GET,POST", ""}}},
		{"several methods, piped", "GET|POST /a", []mistake{{route.PatternMethodInvalid, "GET|POST", ""}}},
		{"method is no token", "G(T /a", []mistake{{route.PatternMethodInvalid, "G(T", ""}}},
		{"asterisk as method", "* /a", []mistake{{route.PatternMethodInvalid, "*", "/a"}}},
		{"CONNECT", "CONNECT /a", []mistake{{route.PatternMethodConnect, "CONNECT", ""}}},
		{"lower-case CONNECT", "connect /a", []mistake{{route.PatternMethodConnect, "connect", ""}}},

		{"scheme", "GET https://api.example.com/a", []mistake{{route.PatternScheme, "https://", "GET api.example.com/a"}}},
		{"slash missing", "users", []mistake{{route.PatternMissingSlash, "^users", "/users"}}},
		{"slash missing after the method", "GET users", []mistake{{route.PatternMissingSlash, "^users", "GET /users"}}},
		{"slash missing before a wildcard", "{id}/posts", []mistake{{route.PatternMissingSlash, "^{id}", "/{id}/posts"}}},
		{"slash missing after a host", "GET api.example.com", []mistake{{route.PatternMissingSlash, "^", "GET api.example.com/"}}},
		{"method alone", "GET", []mistake{{route.PatternMissingSlash, "^", "GET /"}}},

		{"port", "localhost:8080/a", []mistake{{route.PatternHostPort, ":8080", "localhost/a"}}},
		{"port alone", ":8080/a", []mistake{{route.PatternHostPort, ":8080", "/a"}}},
		{"port of an IPv6 address", "[::1]:80/a", []mistake{{route.PatternHostPort, ":80", "[::1]/a"}}},
		{"upper-case host", "GET Api.example.com/a", []mistake{{route.PatternHostUpperCase, "Api.example.com", "GET api.example.com/a"}}},
		{"wildcard in the host", "{tenant}.example.com/a", []mistake{{route.PatternHostWildcard, "{tenant}.example.com", ""}}},
		{"asterisk in the host", "*.example.com/a", []mistake{{route.PatternHostWildcard, "*.example.com", ""}}},
		{"Unicode host", "bücher.example/a", []mistake{{route.PatternHostInvalid, "bücher.example", ""}}},
		{"user name", "me@example.com/a", []mistake{{route.PatternHostInvalid, "me@", "example.com/a"}}},
		{"user name and password", "me:pw@example.com/a", []mistake{{route.PatternHostInvalid, "me:pw@", "example.com/a"}}},
		{"dot at the end of the host", "example.com./a", []mistake{{route.PatternHostInvalid, "example.com.", "example.com/a"}}},
		{"empty label", "a..b/", []mistake{{route.PatternHostInvalid, "a..b", ""}}},
		{"long label", strings.Repeat("a", 64) + "/", []mistake{{route.PatternHostInvalid, strings.Repeat("a", 64), ""}}},
		{"long host", strings.Repeat("a.", 127) + "/", []mistake{{route.PatternHostInvalid, strings.Repeat("a.", 127), strings.Repeat("a.", 126) + "a/"}}},
		{"too long a host", strings.Repeat("a.", 127) + "b/", []mistake{{route.PatternHostInvalid, strings.Repeat("a.", 127) + "b", ""}}},
		{"IPv4 address not canonical", "127.1/", []mistake{{route.PatternHostInvalid, "127.1", ""}}},
		{"hexadecimal IPv4 address", "10.0.0.0x1/", []mistake{{route.PatternHostInvalid, "10.0.0.0x1", ""}}},
		{"IPv6 address without brackets", "::1/a", []mistake{{route.PatternHostInvalid, "::1", "[::1]/a"}}},
		{"IPv6 address not canonical", "[0:0::1]/a", []mistake{{route.PatternHostInvalid, "[0:0::1]", "[::1]/a"}}},
		{"IPv6 zone", "[fe80::1%eth0]/", []mistake{{route.PatternHostInvalid, "[fe80::1%eth0]", ""}}},
		{"IPv4 address in brackets", "[127.0.0.1]/", []mistake{{route.PatternHostInvalid, "[127.0.0.1]", ""}}},

		{"empty segment", "GET /a//b", []mistake{{route.PatternPathUnclean, "^/b", "GET /a/b"}}},
		{"empty segment in front", "//a", []mistake{{route.PatternPathUnclean, "^/a", "/a"}}},
		{"dot segment", "/a/./b", []mistake{{route.PatternPathUnclean, ".", "/a/b"}}},
		{"dot-dot segment", "/a/../b/", []mistake{{route.PatternPathUnclean, "..", "/b/"}}},
		{"dot-dot segment at the end", "/a/..", []mistake{{route.PatternPathUnclean, "..", "/"}}},
		{"several at once", "/a/.//../b", []mistake{{route.PatternPathUnclean, ".", "/b"}}},
		{"encoded dot segment", "/a/%2E%2e/b", []mistake{{route.PatternPathUnclean, "%2E%2e", ""}}},
		{"space in the path", "GET /a b", []mistake{{route.PatternPathCharacter, " ", "GET /a%20b"}}},
		{"space in a path without method", "/a b", []mistake{{route.PatternPathCharacter, " ", "/a%20b"}}},
		{"control character", "/a\x7f", []mistake{{route.PatternPathCharacter, "\x7f", ""}}},
		{"backslash", `/a\b`, []mistake{{route.PatternPathCharacter, `\`, ""}}},
		{"encoded backslash", "/a%5cb", []mistake{{route.PatternPathCharacter, "a%5cb", ""}}},
		{"encoded NUL", "/a/%00", []mistake{{route.PatternPathCharacter, "%00", ""}}},
		{"half an escape", "/50%", []mistake{{route.PatternPathEscape, "%", "/50%25"}}},
		{"bad escape", "/%zz/%41", []mistake{{route.PatternPathEscape, "%", "/%25zz/%41"}}},
		{"query", "GET /search?q=1", []mistake{{route.PatternQuery, "?q=1", "GET /search"}}},
		{"fragment", "/page#top", []mistake{{route.PatternQuery, "#top", "/page"}}},

		{"colon of other routers", "/users/:id", []mistake{{route.PatternWildcardSyntax, ":id", "/users/{id}"}}},
		{"colon and no name", "/users/:a-b", []mistake{{route.PatternWildcardSyntax, ":a-b", ""}}},
		{"asterisk for the rest", "/static/*", []mistake{{route.PatternWildcardSyntax, "*", "/static/{rest...}"}}},
		{"asterisk for a segment", "/*/{rest}", []mistake{{route.PatternWildcardSyntax, "*", "/{rest2}/{rest}"}}},
		{"asterisk within a segment", "/*.png", []mistake{{route.PatternWildcardSyntax, "*.png", ""}}},
		{"wildcard within a segment", "/{id}.json", []mistake{{route.PatternWildcardSyntax, "{id}.json", ""}}},
		{"wildcard after text", "/a{id}", []mistake{{route.PatternWildcardSyntax, "a{id}", ""}}},
		{"two wildcards in a segment", "/{a}{b}", []mistake{{route.PatternWildcardSyntax, "{a}{b}", ""}}},
		{"brace not closed", "/{id/posts", []mistake{{route.PatternWildcardSyntax, "{id", "/{id}/posts"}}},
		{"brace not closed after dots", "/{id...", []mistake{{route.PatternWildcardSyntax, "{id...", "/{id...}"}}},
		{"brace not opened", "/id}", []mistake{{route.PatternWildcardSyntax, "id}", ""}}},
		{"no name", "/{}", []mistake{{route.PatternWildcardName, "{}", "/{name}"}}},
		{"no name before dots", "/{...}", []mistake{{route.PatternWildcardName, "{...}", "/{name...}"}}},
		{"hyphen in a name", "/{user-id}/", []mistake{{route.PatternWildcardName, "{user-id}", "/{user_id}/"}}},
		{"name begins with a digit", "/{2nd}", []mistake{{route.PatternWildcardName, "{2nd}", "/{_2nd}"}}},
		{"regular expression", "/{id:[0-9]+}", []mistake{{route.PatternWildcardName, "{id:[0-9]+}", "/{id}"}}},
		{"optional wildcard", "/{id?}", []mistake{{route.PatternWildcardName, "{id?}", "/{id}"}}},
		{"duplicate name", "/{id}/{id}/{id2}", []mistake{{route.PatternWildcardDuplicate, "{id}", "/{id}/{id3}/{id2}"}}},
		{"duplicate name of the rest", "/{id}/{id...}", []mistake{{route.PatternWildcardDuplicate, "{id...}", "/{id}/{id2...}"}}},
		{"rest not last", "/{p...}/meta", []mistake{{route.PatternWildcardNotLast, "{p...}", "/{p}/meta"}}},
		{"slash after rest", "/{p...}/", []mistake{{route.PatternWildcardNotLast, "{p...}", "/{p...}"}}},
		{"end not last", "/{$}/meta", []mistake{{route.PatternWildcardNotLast, "{$}", ""}}},
		{"slash after end", "/{$}/", []mistake{{route.PatternWildcardNotLast, "{$}", "/{$}"}}},

		{"every mistake at once", "get Example.com:80/a//{}/:id?q", []mistake{
			{route.PatternMethodLowerCase, "get", "GET Example.com:80/a//{}/:id?q"},
			{route.PatternHostUpperCase, "Example.com", "get example.com:80/a//{}/:id?q"},
			{route.PatternHostPort, ":80", "get Example.com/a//{}/:id?q"},
			{route.PatternPathUnclean, "^/{}", "get Example.com:80/a/{}/:id?q"},
			{route.PatternWildcardName, "{}", "get Example.com:80/a//{name}/:id?q"},
			{route.PatternWildcardSyntax, ":id", "get Example.com:80/a//{}/{id}?q"},
			{route.PatternQuery, "?q", "get Example.com:80/a//{}/:id"},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := route.Parse(tt.pattern)
			mistakes, ok := errors.AsType[route.Errors](err)
			if !ok || p.String() != "" {
				t.Fatalf("%q: got %q, %v", tt.pattern, p, err)
			}
			var got []mistake
			for i, e := range mistakes {
				wrong := tt.pattern[e.Offset : e.Offset+e.Length]
				if e.Length == 0 {
					wrong = "^"
					if i < len(tt.want) && strings.HasPrefix(tt.pattern[e.Offset:], strings.TrimPrefix(tt.want[i].wrong, "^")) {
						wrong = tt.want[i].wrong
					}
				}
				got = append(got, mistake{e.Code, wrong, e.Repair})
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("%q:\ngot  %q\nwant %q", tt.pattern, got, tt.want)
			}
		})
	}
}

func TestErrorNamesPatternPlaceReasonAndRepair(t *testing.T) {
	_, err := route.Parse("GET /users/:id")
	want := `route: "GET /users/:id": at offset 11: a wildcard is a whole segment, written {name} or {name...} (use "GET /users/{id}")`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if e, ok := errors.AsType[*route.Error](err); !ok || e.Code != route.PatternWildcardSyntax {
		t.Errorf("errors.AsType found %v", e)
	}
}

func TestEveryMistakeIsExplainedWithAnExample(t *testing.T) {
	for _, m := range route.Kinds() {
		if m.Message == "" || m.Cause == "" || m.Remedy == "" {
			t.Errorf("%s: something is not said: %+v", m.Code, m)
		}
		if m.Example == "" && m.Code != route.PatternTooLong {
			t.Errorf("%s: no example", m.Code)
		}
		if m.Example == "" {
			continue
		}
		if m.Code == route.PatternConflict {
			var b route.Builder[int]
			var c *route.Conflict
			for s := range strings.SplitSeq(m.Example, " and ") {
				c = b.Add(mustParse(t, []string{s})[0], 0)
			}
			if c == nil {
				t.Errorf("%s: no conflict between %s", m.Code, m.Example)
			}
			continue
		}
		_, err := route.Parse(m.Example)
		if errs, _ := errors.AsType[route.Errors](err); len(errs) != 1 || errs[0].Code != m.Code {
			t.Errorf("%s: Parse(%q) = %v", m.Code, m.Example, err)
		}
	}
}

// FuzzParse: what is accepted, ServeMux accepts as well; what is refused is
// refused with a place inside the pattern, and repairs lead somewhere.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"GET /a/{b}/{c...}", "get Example.com:80/a//b/../{}", "//", "{", "/{a/b}", "GET", " * *", "https://[::1",
		"/{id}/{id}/{id2}", "/:id/*/**/{rest}", "/%zz%00%5c%2e", "/{$}/{x...}/", "G\tT /\x00?#", "::1/", "a@b@c/", "/{a-b}/{a_b}",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for step := 0; ; step++ {
			p, err := route.Parse(s)
			if err == nil {
				if p.String() != s || p.Path() == "" {
					t.Fatalf("%q became %q with path %q", s, p, p.Path())
				}
				if conflict := newTwin().muxAdd(s); conflict != "" {
					t.Fatalf("%q: ServeMux refuses it: %s", s, conflict)
				}
				return
			}
			errs, _ := errors.AsType[route.Errors](err)
			repair := ""
			for i, e := range errs {
				if e.Offset < 0 || e.Length < 0 || e.Offset+e.Length > len(s) || e.Pattern != s || e.Message() == "" {
					t.Fatalf("%q: %+v", s, e)
				}
				if i > 0 && e.Offset < errs[i-1].Offset {
					t.Fatalf("%q: not in order: %v", s, err)
				}
				if e.Repair != "" && e.Repair == s {
					t.Fatalf("%q: the repair changes nothing: %v", s, e)
				}
				if repair == "" {
					repair = e.Repair
				}
			}
			if repair == "" {
				return
			}
			if step > 2*len(s)+10 {
				t.Fatalf("repairing does not come to an end: %q", s)
			}
			s = repair
		}
	})
}
