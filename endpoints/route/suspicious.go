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
	if !strings.Contains(path, "/.") && !strings.HasPrefix(path, ".") && strings.IndexByte(path, ';') < 0 {
		return false // as almost always: no need to look at each segment
	}
	path = strings.TrimPrefix(path, "/")
	for more := true; more; {
		var segment string
		segment, path, more = strings.Cut(path, "/")
		if i := strings.IndexByte(segment, ';'); i >= 0 {
			segment = segment[:i]
		}
		if segment == "." || segment == ".." || segment == "" && more {
			return true
		}
	}
	return false
}
