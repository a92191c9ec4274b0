package audit

import (
	"net/http"
	"slices"
	"strings"

	"github.com/concors/concors/internal/probe"
)

// varies reports whether caches are told that an answer depends on Origin.
func varies(a *probe.Answer) bool {
	names, _ := list(a, "Vary")
	return lists(names, "Origin") || lists(names, "*")
}

// stored reports whether caches may keep an answer to a GET, and whether those
// that several people share may
// (https://www.rfc-editor.org/rfc/rfc9111#name-storing-responses-in-caches).
func stored(a *probe.Answer) (any, shared bool) {
	directives, _ := list(a, "Cache-Control")
	if lists(directives, "no-store") {
		return false, false
	}
	explicit := slices.ContainsFunc(directives, func(d string) bool {
		d = strings.ToLower(d)
		return d == "public" || strings.HasPrefix(d, "max-age=") || strings.HasPrefix(d, "s-maxage=")
	}) || a.Header.Get("Expires") != ""
	private := slices.ContainsFunc(directives, func(d string) bool { return strings.HasPrefix(strings.ToLower(d), "private") })
	byDefault := slices.Contains([]int{200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501}, a.Status)
	return explicit || byDefault || private, !private && (explicit || byDefault)
}

// checkCache looks for answers that depend on Origin without saying so.
func (in *inspection) checkCache() {
	if in.static || in.oracle.method != http.MethodGet {
		return
	}
	switch {
	case in.wild:
		// * for everybody with an Origin, nothing for the others.
		if in.strange.Tested() && in.none.Tested() && in.none.Header.Get("Access-Control-Allow-Origin") == "" && !varies(in.none) {
			in.checkVaryWithoutOrigin(in.strange)
		}
		return
	case in.granted == nil && in.reflect == nil:
		return
	}
	g := in.granted
	if g == nil {
		g = in.reflect
	}
	if !g.echoes() {
		return
	}
	if !varies(g.answer) {
		keep, shared := stored(g.answer)
		if !keep {
			return
		}
		detail := "The answer to " + g.origin + " names it, has no Vary: Origin and may be stored."
		if f := in.report("vary-missing", detail, None, engines, []string{g.origin},
			shown{"This answer is for one origin.", g.answer}, shown{"Another origin gets another one.", in.strange}); f != nil && !shared {
			f.Severity = Low // in the visitor's own cache only
		}
		return
	}
	if in.none.Tested() && !varies(in.none) {
		in.checkVaryWithoutOrigin(g.answer)
	}
}

func (in *inspection) checkVaryWithoutOrigin(with *probe.Answer) {
	if keep, _ := stored(in.none); !keep || in.none.Status >= 400 {
		return
	}
	in.report("vary-missing-noorigin", "The answer to a request without Origin has no Vary: Origin and may be stored.", None, engines, nil,
		shown{"Without Origin the answer looks like this.", in.none}, shown{"With Origin it is another one.", with})
}
