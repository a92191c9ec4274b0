package route

import (
	"net/url"
	"strings"
)

// Suspicious reports whether routers, proxies and servers are known to disagree
// about what the path of u names, so that a request judged as one path could be
// served as another:
//
//   - an encoded slash or a backslash, raw or encoded: some take it for a
//     separator;
//   - NUL, raw or encoded: some take it for the end;
//   - the segments "." and "..", raw or encoded, also with parameters behind a
//     semicolon ("/..;/" is ".." to Tomcat);
//   - empty segments ("//"), also those with nothing but parameters ("/;x/").
//     A slash at the end is fine, and so is "/;jsessionid=1" there.
//
// Parameters elsewhere are fine as far as a path alone can tell, and so is what decodes to an escape ("%252F"):
// it names one path, unless somebody decodes twice. Suspicious allocates
// nothing.
func Suspicious(u *url.URL) bool {
	for i := 0; i+2 < len(u.RawPath); i++ {
		if u.RawPath[i] == '%' && u.RawPath[i+1] == '2' && u.RawPath[i+2]|0x20 == 'f' {
			return true
		}
	}
	path := u.Path
	if strings.IndexByte(path, '\\') >= 0 || strings.IndexByte(path, 0) >= 0 || strings.Contains(path, "//") {
		return true
	}
	// Most paths have neither, so there is no need to look at each segment.
	return strings.IndexByte(path, ';') >= 0 && emptySegments(path) || DotSegments(u)
}

// DotSegments reports whether the path of u has a segment "." or "..", in
// whatever way a server may read it: encoded, between encoded slashes or
// backslashes, before the parameters behind a semicolon or before NUL. What such
// a path names depends on who reads it, so nobody means to send one. Every path
// with dot segments is [Suspicious]; DotSegments allocates nothing either.
func DotSegments(u *url.URL) bool {
	path := u.Path // decoded, encoded slashes too
	begins := true // a segment
	for {
		dot := strings.IndexByte(path, '.')
		if dot < 0 {
			return false
		}
		if dot > 0 {
			begins = path[dot-1] == '/' || path[dot-1] == '\\'
		}
		path = path[dot+1:]
		if begins {
			rest := strings.TrimPrefix(path, ".")
			if rest == "" || strings.IndexByte("/\\;\x00", rest[0]) >= 0 {
				return true
			}
			begins = false
		}
	}
}

// emptySegments reports whether a path has segments with nothing but
// parameters, other than the last.
func emptySegments(path string) bool {
	path = strings.TrimPrefix(path, "/")
	for more := true; more; {
		var segment string
		segment, path, more = strings.Cut(path, "/")
		if more && (segment == "" || segment[0] == ';') {
			return true
		}
	}
	return false
}
