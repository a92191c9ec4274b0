package route_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/concors/concors/endpoints/route"
)

// Where this package means to differ from ServeMux; each has tests of its own.
var (
	plainHost    = regexp.MustCompile(`^[a-z0-9_-]*(\.[a-z0-9_-]+)*(:[0-9]*)?$`)
	slashSegment = regexp.MustCompile(`(?i)/%2f(/|$)`)
)

// FuzzTwin puts the same patterns, one a line, into a ServeMux and a tree and
// asks both for the same request.
func FuzzTwin(f *testing.F) {
	for _, s := range [][4]string{
		{"GET /{x}/b\nPOST /a/{y}\n/a/b/\nh/{$}", "GET", "h:80", "/a/b"},
		{"/a/{x...}\nHEAD /a/b\nGET /a/{b}\nGET /{$}", "HEAD", "", "/a/%62"},
		{"/a%2Fb\n/a/b\n/{x}\n/{x}/{y}", "PUT", "i", "/a%2fb"},
		{"h.i/a/\nGET h.i/a/{x}/c\n/a/{x}/{y}/\nPOST /{z}/{$}", "POST", "h.i", "/a/b/c/"},
		{"/é/{x}\n/{y}/%41\n/%C3%A9/B", "GET", "", "/%c3%a9/A"},
		{"/a\n/a/\n/a/{$}\n/a/{x}", "GET", "", "/a//"},
		{"/", "OPTIONS", "h", "/../x"},
	} {
		f.Add(s[0], s[1], s[2], s[3])
	}
	f.Fuzz(func(t *testing.T, patterns, method, host, path string) {
		if method == "CONNECT" || !plainHost.MatchString(host) || slashSegment.MatchString(path) {
			return
		}
		tw := newTwin()
		methods := []string{method, "GET", "HEAD"}
		for s := range strings.SplitSeq(patterns, "\n") {
			p, err := route.Parse(s)
			if err != nil || slashSegment.MatchString(s) || strings.HasPrefix(p.Host(), "[") {
				continue
			}
			tw.add(t, s)
			methods = append(methods, p.Method())
		}
		tw.check(t, method, host, path)
		tw.checkMethods(t, methods, host, path)
	})
}
