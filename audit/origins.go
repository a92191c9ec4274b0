package audit

import (
	"fmt"
	"strings"

	"github.com/concors/concors/cors/browser"
)

// A candidate is an origin with a random label in it.
type candidate func(label string) string

// fixed is a candidate without a label.
func fixed(origin string) candidate { return func(string) string { return origin } }

// grants reports whether a candidate is granted, twice: with two labels, or by
// two requests.
func (in *inspection) grants(c candidate) *grant {
	label := in.a.o.Label()
	first := c(label)
	g := in.grant(in.oracle, first)
	if g == nil || !g.echoes() {
		return nil
	}
	second := c(in.a.o.Label())
	if second != first {
		if h := in.grant(in.oracle, second); h == nil || !h.echoes() {
			return nil
		}
	} else if h := in.judged(first, in.again(in.oracle, first)); h == nil {
		return nil
	}
	return g
}

// letIn reports a class of group Origin.
func (in *inspection) letIn(id ID, g *grant, detail string, others ...*grant) {
	browsers := g.browsers
	switch {
	case strings.HasPrefix(g.origin, "chrome-extension:"):
		browsers = []browser.Profile{browser.Chromium}
	case strings.HasPrefix(g.origin, "moz-extension:"):
		browsers = []browser.Profile{browser.Firefox}
	case strings.ContainsAny(g.origin, "{"):
		browsers = []browser.Profile{browser.WebKit} // the others do not look such names up
	}
	origins := []string{g.origin}
	proof := []shown{{"This origin is let in.", g.answer}}
	for _, o := range others {
		origins = append(origins, o.origin)
		proof = append(proof, shown{"So is this one.", o.answer})
	}
	if in.reflect == nil && in.strange != nil && in.oracle == in.main {
		proof = append(proof, shown{"A stranger is not.", in.strange})
	}
	in.report(id, detail, in.exposure(g), browsers, origins, proof...)
}

// exposure is what a page that is granted g reads.
func (in *inspection) exposure(g *grant) Exposure {
	switch {
	case g.credentials:
		return Credentials
	case len(sensitive(g.answer.Body)) > 0:
		return Private
	}
	return Public
}

// checkOrigins looks for origins that are let in and should not be.
func (in *inspection) checkOrigins() {
	switch {
	case in.wild:
		return
	case in.reflect != nil:
		in.checkReflection()
		return
	case in.static:
		if in.granted.origin == "null" {
			in.letIn("null-origin", in.granted, "Every answer says Access-Control-Allow-Origin: null.")
		}
		return
	}
	if in.preflight != nil && (in.granted == nil || in.oracle.asks != "") {
		// Preflights alone grant something.
		if in.granted == nil {
			in.oracle = in.shapeOf(in.preflight.answer)
		}
		if g := in.grant(in.oracle, in.random); g != nil {
			if in.otherMethodsOnly(in.none) && g.echoes() { // they are all there is to judge by
				in.reflect = g
				in.checkReflection()
			}
			return // else it is a matter of consistency
		}
	}
	if g := in.grants(fixed("null")); g != nil {
		in.letIn("null-origin", g, "A page whose origin is null, such as a sandboxed frame of any website, is let in.")
	}
	in.checkNames(in.base)
	for _, o := range in.known {
		if s, ok := parseSite(o); ok && s.domain != in.base.domain && s.domain != "" && in.granted != nil {
			in.matching(s) // the rest is not likely to differ
			if in.openEnd != nil {
				in.letIn("prefix-match", in.openEnd, "Names that begin with "+s.host+" are let in.")
			}
			break
		}
	}
	in.checkOthers()
}

// checkReflection tells whom an API lets in that lets a stranger in.
func (in *inspection) checkReflection() {
	suffix := in.commonSuffix()
	other := "net"
	if suffix == other {
		other = "org"
	}
	elsewhere := in.grants(func(l string) string { return "https://" + l + "." + other })
	if elsewhere == nil {
		again := in.grants(func(l string) string { return "https://" + l + "." + suffix })
		if again != nil {
			in.letIn("public-suffix-wildcard", again, "Every name under ."+suffix+" is let in.")
		}
		return
	}
	id := ID("reflect-origin")
	if !in.reflect.credentials {
		id = "reflect-origin-nocred"
	}
	in.letIn(id, in.reflect, "Origins that nobody can have listed are let in.", elsewhere)
}

// checkNames varies the name of an origin.
func (in *inspection) checkNames(b site) {
	if b.domain == "" {
		in.checkPort(b)
		if b.host == "localhost" && in.granted != nil {
			if g := in.grants(func(l string) string { return b.scheme + "://localhost." + l + ".net" }); g != nil {
				in.letIn("prefix-match", g, "Names that begin with localhost are let in.")
			}
		}
		return
	}
	if in.found("prefix-match", "suffix-match", "substring-match") {
		return
	}
	name := in.matching(b)
	in.checkTopLevel(b, name)
	if !name.open && !name.inside {
		in.checkSubdomains(b, name)
		in.checkCharacters(b)
	}
	if in.granted == nil {
		return
	}
	if !name.inside && !name.tail && b.scheme == "https" && !b.isLoopback() {
		plain := "http://" + b.host
		if b.port != "" {
			plain += ":" + b.port
		}
		if g := in.grants(fixed(plain)); g != nil {
			in.letIn("http-origin", g, plain+" is let in beside "+b.origin+".")
		}
	}
	if !name.open && !name.inside {
		in.checkPort(b)
		if g := in.grants(fixed(b.with(b.host + "."))); g != nil {
			in.letIn("trailing-dot", g, g.origin+" is let in.")
		}
		if name.tail || name.dot {
			return
		}
		if g := in.grants(func(l string) string {
			return b.scheme + "://" + l + "@" + strings.TrimPrefix(b.origin, b.scheme+"://")
		}); g != nil {
			in.letIn("userinfo-accepted", g, g.origin+" is let in.")
		}
	}
}

// naming is how names are compared.
type naming struct {
	open   bool // the end is not compared
	tail   bool // the beginning is not compared
	inside bool // neither is
	dot    bool // a dot is any character, and stands before any subdomain
}

// matching finds out how names are compared, and reports mistakes.
func (in *inspection) matching(b site) (n naming) {
	longer := in.grants(func(l string) string { return b.scheme + "://" + b.host + "." + l + ".net" })
	// A lookalike that anybody can register: app-example.com for app.example.com.
	lookalike := in.grants(func(l string) string {
		if b.sub == "" {
			return b.with(l + "-" + b.domain)
		}
		return b.with(b.sub + "-" + b.domain)
	})
	other := lookalike
	if lookalike != nil && b.sub != "" {
		other = in.grants(func(l string) string { return b.with(l + "-" + b.domain) })
	}
	if longer != nil {
		inside := in.grants(func(l string) string { return b.scheme + "://" + l + "." + b.host + "." + l + ".net" })
		if inside != nil {
			n.inside = true
			in.letIn("substring-match", inside, "Names that contain "+b.host+" are let in.", longer)
			return n
		}
		n.open = true // of which kind, checkTopLevel tells
	}
	switch {
	case lookalike == nil:
	case other == nil:
		in.letIn("unescaped-dot", lookalike, "The dot in "+b.host+" stands for any character.")
	case b.sub != "" && in.grants(fixed(b.with(b.domain))) == nil:
		// The end alone would let the domain itself in.
		n.dot = true
		in.letIn("unescaped-dot", other, "The dot before "+b.domain+" stands for any character.", lookalike)
	default:
		n.tail = true
		in.letIn("suffix-match", other, "Names that end in "+b.domain+" are let in.")
	}
	if b.sub == "" && in.granted != nil && lookalike == nil {
		head, tail, _ := strings.Cut(b.domain, ".")
		if g := in.grants(fixed(b.with(head + "x" + tail))); g != nil {
			in.letIn("unescaped-dot", g, "The dot in "+b.host+" stands for any character.")
		}
	}
	if n.open {
		in.openEnd = longer
	}
	return n
}

// checkTopLevel varies the end of a name.
func (in *inspection) checkTopLevel(b site, n naming) {
	stem := strings.TrimSuffix(b.host, b.suffix)
	tld := "org"
	if b.suffix == tld {
		tld = "net"
	}
	if n.inside || n.tail {
		return
	}
	another := in.grants(fixed(b.with(stem + tld)))
	switch {
	case another != nil:
		in.letIn("any-tld-match", another, "The name is let in under another top-level domain.")
		return
	case n.open:
		in.letIn("prefix-match", in.openEnd, "Names that begin with "+b.host+" are let in.")
		return
	}
	shorter := in.grants(fixed(b.scheme + "://" + b.host[:len(b.host)-1]))
	if shorter == nil {
		return
	}
	if shortest := in.grants(fixed(b.scheme + "://" + strings.TrimSuffix(stem, ".")[:len(stem)-2])); shortest != nil {
		in.letIn("inverse-substring-match", shorter, "Parts of "+b.origin+" are let in.", shortest)
	} else {
		in.letIn("any-tld-match", shorter, "The name is let in under another top-level domain.")
	}
}

// checkSubdomains asks in the name of subdomains.
func (in *inspection) checkSubdomains(b site, n naming) {
	if n.tail || n.dot {
		return
	}
	if b.sub == "" {
		if below := in.grants(func(l string) string { return b.with(l + "." + b.host) }); below != nil {
			in.letIn("any-subdomain", below, "Every subdomain of "+b.host+" is let in.")
		}
		return
	}
	beside := in.grants(func(l string) string { return b.with(l + b.host) })
	switch {
	case beside != nil:
		if g := in.grants(func(l string) string { return b.with(l + "." + b.domain) }); g != nil {
			in.letIn("any-subdomain", g, "Every subdomain of "+b.domain+" is let in.")
		} else {
			in.letIn("suffix-match", beside, "Names that end in "+b.host+" are let in.")
		}
	case strings.Contains(b.sub, "."):
		// One label only, in the place of the one that is known.
		_, parent, _ := strings.Cut(b.host, ".")
		if g := in.grants(func(l string) string { return b.with(l + "." + parent) }); g != nil {
			in.letIn("any-subdomain", g, "Every name in "+parent+" is let in.")
		}
	default:
		if g := in.grants(func(l string) string { return b.with(l + "." + b.host) }); g != nil {
			in.letIn("any-subdomain", g, "Every subdomain of "+b.host+" is let in.")
		}
	}
}

// checkCharacters asks with characters that some browser allows in host names.
func (in *inspection) checkCharacters(b site) {
	if in.granted == nil {
		return // a name that is let in with such an end is let in without it too
	}
	for _, c := range []string{"_", "{"} {
		if g := in.grants(func(l string) string { return b.scheme + "://" + b.host + c + "." + l + ".net" }); g != nil {
			in.letIn("special-char-host", g, fmt.Sprintf("%s ends the name for the server, and not for browsers.", c))
			return
		}
	}
}

// checkPort asks from another port, of four digits: patterns often count them.
func (in *inspection) checkPort(b site) {
	if in.granted == nil || b.scheme == "" {
		return
	}
	if g := in.grants(fixed(b.scheme + "://" + b.host + ":7319")); g != nil {
		in.letIn("any-port", g, "Every port of "+b.host+" is let in.")
	}
}

// checkOthers asks in the name of what nobody should have on a list.
func (in *inspection) checkOthers() {
	if in.found("substring-match") {
		return
	}
	if !in.base.isLoopback() || in.granted == nil {
		for _, o := range []string{"http://localhost:3000", "http://localhost", "http://127.0.0.1"} {
			g := in.grants(fixed(o))
			if g == nil {
				continue
			}
			if longer := in.grants(func(l string) string { return "http://localhost." + l + ".net" }); longer != nil {
				in.letIn("prefix-match", longer, "Names that begin with localhost are let in.", g)
			} else {
				in.letIn("localhost-origin", g, o+" is let in.")
			}
			break
		}
	}
	for _, o := range []string{"http://192.168.0.23", "http://10.0.0.23"} {
		if g := in.grants(fixed(o)); g != nil {
			in.letIn("private-ip-origin", g, o+" is let in.")
			break
		}
	}
	if g := in.grants(extension); g != nil {
		in.letIn("extension-origin", g, "Extensions that nobody can have listed are let in.")
	}
	if in.base.suffix != "" && strings.Contains(in.base.suffix, ".") && in.found("public-suffix-wildcard") {
		return
	}
	var found []*grant
	for _, c := range []candidate{
		fixed("https://codepen.io"), fixed("https://jsfiddle.net"), fixed("https://jsbin.com"), func(l string) string { return "https://" + l + ".github.io" },
		func(l string) string { return "https://" + l + ".vercel.app" },
	} {
		if g := in.grants(c); g != nil {
			found = append(found, g)
		}
	}
	if len(found) > 0 {
		in.letIn("third-party-sandbox", found[0], "Anybody can run scripts there.", found[1:]...)
	}
}

// extension is a candidate for a browser extension.
func extension(label string) string {
	id := make([]byte, 32) // of letters a to p
	for i := range id {
		id[i] = 'a' + (label[i%len(label)]+byte(i))%16
	}
	return "chrome-extension://" + string(id)
}
