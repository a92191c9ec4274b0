package cors

import (
	"net/http"
	"slices"
)

// A Verdict is what is to happen to a request. The zero value is Refuse.
type Verdict uint8

const (
	Refuse          Verdict = iota // the request is answered with 403 (421 for a wrong Host); no handler sees it
	Run                            // the handler runs, see [Decision.Serve]
	AnswerPreflight                // the preflight is answered with 204
	NoMethod                       // the path does not have the method: the request is answered with 405
)

// String returns "refuse", "run", "preflight" or "no-method".
func (v Verdict) String() string {
	return [...]string{"refuse", "run", "preflight", "no-method"}[v]
}

// A Reason says why a request is refused. Reasons are stable; they appear in
// answers, logs and metrics.
type Reason string

const (
	OriginNotAllowed   Reason = "origin-not-allowed"    // Origin is foreign and not among those allowed
	OriginIsNull       Reason = "null-origin"           // Origin is null: an opaque origin, which anybody can have
	OriginMalformed    Reason = "origin-malformed"      // Origin stands on several lines or is over 512 bytes
	OriginMissing      Reason = "origin-missing"        // a foreign request that is not GET or HEAD, without Origin
	EmbedNotAllowed    Reason = "embed-not-allowed"     // loaded by a foreign page without CORS
	MethodNotAllowed   Reason = "method-not-allowed"    // preflight for a method that no endpoint here has
	HeaderNotAllowed   Reason = "header-not-allowed"    // preflight for a request header that is not allowed; method override that "*" does not cover
	HeaderListTooLarge Reason = "header-list-too-large" // Access-Control-Request-Headers is over 4 KiB
	HostNotServed      Reason = "host-not-served"       // Host is none of those declared; answered with 421
)

var reasons = [...]Reason{OriginNotAllowed, OriginIsNull, OriginMalformed, OriginMissing,
	EmbedNotAllowed, MethodNotAllowed, HeaderNotAllowed, HeaderListTooLarge, HostNotServed}

// Reasons returns every reason.
func Reasons() []Reason { return slices.Clone(reasons[:]) }

const (
	maxOrigin              = 512  // bytes of Origin: twice what the longest host name needs
	maxRequestHeaders      = 4096 // bytes of Access-Control-Request-Headers
	maxRequestHeadersLines = 100  // lines of it; browsers send one, intermediaries may split it
)

// Canonical names of the headers that decide.
const (
	hOrigin         = "Origin"
	hRequestMethod  = "Access-Control-Request-Method"
	hRequestHeaders = "Access-Control-Request-Headers"
	hFetchSite      = "Sec-Fetch-Site"
	hFetchMode      = "Sec-Fetch-Mode"
	hFetchDest      = "Sec-Fetch-Dest"
)

// A Decision is what a policy says about one request. It refers to the request
// and must not outlive it. The zero value refuses.
type Decision struct {
	Verdict Verdict
	Reason  Reason // why it is refused, else ""

	// Foreign: the request was made by a page of another origin.
	Foreign bool

	// Anonymous: the request runs, but credentials are dropped both ways.
	Anonymous bool

	// Observed: the policy only observes. Verdict, Reason and Anonymous say
	// what would have happened; the request must run as it is.
	Observed bool

	preflight bool // the request is a preflight
	allowed   bool // the page's origin may read the answer
	carried   bool // credentials came along

	c     *Compiled
	path  *Path        // of a preflight or a NoMethod
	group *methodGroup // of a preflight: the methods that its answer speaks of

	// What was judged, to be echoed.
	origin string // value of Origin
	method string // the requested method of a preflight
	header string // the request header that was refused
}

// Origin returns the value of the request's Origin header, "" if it has none.
func (d *Decision) Origin() string { return d.origin }

// policy returns what d comes from.
func (d *Decision) policy() *Compiled {
	if d.c == nil {
		return noSite.unknown
	}
	return d.c
}

// Preflight reports whether r is a CORS preflight request, OPTIONS with one
// Origin and one Access-Control-Request-Method, and the method it asks for.
// See https://fetch.spec.whatwg.org/#cors-preflight-request.
func Preflight(r *http.Request) (method string, ok bool) {
	method, _, ok = preflight(r)
	return method, ok
}

// preflight also returns the lines of Origin, which the decision needs.
func preflight(r *http.Request) (method string, origins []string, ok bool) {
	if r.Method != http.MethodOptions {
		return "", nil, false
	}
	origins, methods := r.Header[hOrigin], r.Header[hRequestMethod]
	if len(origins) != 1 || len(methods) != 1 {
		return "", nil, false
	}
	return methods[0], origins, true
}

// Decide judges r by c alone, as if its path had c for every method; see
// [Path.Decide].
func (c *Compiled) Decide(r *http.Request) (d Decision) {
	if c.site == nil {
		c = nothingAllowed.policy
	}
	if method, origins, ok := preflight(r); ok {
		d.preflightAt(&c.everyMethod, method, origins, r)
	} else {
		d.actual(c, r)
	}
	return d
}

// open begins d, the zero value, with what all requests are asked. It returns
// false if that decides.
func (d *Decision) open(c *Compiled, r *http.Request, origins []string) bool {
	d.c, d.Observed = c, c.observe
	if c.site.hosts != nil && !c.site.Serves(r) {
		d.Observed = false // it is not the policy that refuses
		d.refuse(HostNotServed)
		return false
	}
	if len(origins) == 0 {
		return true
	}
	d.origin = origins[0]
	if len(origins) > 1 || len(d.origin) > maxOrigin {
		d.Foreign = true
		d.refuse(OriginMalformed)
		return false
	}
	switch c.kind {
	case kindAll:
		d.allowed = true
	case kindSelected:
		d.allowed = c.domains.Contains(d.origin)
	}
	return true
}

// actual judges a request that is no preflight.
func (d *Decision) actual(c *Compiled, r *http.Request) {
	origins := r.Header[hOrigin]
	if !d.open(c, r, origins) {
		return
	}
	d.Verdict = Run
	site := r.Header[hFetchSite]
	if c.isForeign(r, site, origins) {
		d.foreign(r, site, origins)
	}
	if d.Verdict == Run {
		d.carried = c.carriesCredentials(r)
	}
}

// foreign judges a request of another origin's page.
func (d *Decision) foreign(r *http.Request, site, origins []string) {
	d.Foreign = true
	safe := isSafe(r.Method)
	switch {
	case safe && len(site) > 0 && isNavigation(r):
	case len(origins) > 0:
		d.withOrigin(r)
	case safe:
		d.embedded(site)
	case d.c.kind == kindAll:
		d.Anonymous = true
	default:
		d.refuse(OriginMissing)
	}
}

// noMethodAt judges a request with a method that p does not have. Nothing runs;
// the page that is allowed here may read what is wrong.
func (d *Decision) noMethodAt(p *Path, r *http.Request) {
	c := p.sharedPolicy()
	if d.actual(c, r); d.Reason != HostNotServed {
		d.Verdict, d.Reason, d.path = NoMethod, "", p
		d.carried = c.carriesCredentials(r)
	}
}

// isSafe reports whether a method promises to change nothing. OPTIONS and TRACE
// do too, but browsers load nothing with them.
func isSafe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead
}

func (d *Decision) refuse(reason Reason) {
	d.Verdict, d.Reason = Refuse, reason
}

// isForeign says whose request it is: Sec-Fetch-Site first, which scripts
// cannot forge; then Origin, which is absent outside browsers.
func (c *Compiled) isForeign(r *http.Request, site, origins []string) bool {
	switch {
	case len(site) == 1:
		return site[0] != "same-origin" && site[0] != "none"
	case len(site) > 1:
		return true
	case len(origins) == 0:
		return false
	}
	return !c.site.isOwn(origins[0], r)
}

// isNavigation reports whether r replaces the page in a tab: the answer is
// shown to the visitor, not to the page that asked.
// See https://w3c.github.io/webappsec-fetch-metadata/.
func isNavigation(r *http.Request) bool {
	mode, dest := r.Header[hFetchMode], r.Header[hFetchDest]
	if len(mode) != 1 || mode[0] != "navigate" || len(dest) > 1 {
		return false
	}
	if len(dest) == 0 {
		return true
	}
	switch dest[0] {
	case "iframe", "frame", "embed", "object", "fencedframe":
		return false
	}
	return true
}

// withOrigin judges a foreign request that has an Origin and is no preflight.
func (d *Decision) withOrigin(r *http.Request) {
	c := d.c
	if d.allowed && c.headers.any {
		if name, found := c.headers.override(r); found {
			d.header = name
			d.refuse(HeaderNotAllowed)
			return
		}
	}
	switch {
	case r.Method == http.MethodPost && (c.anySender || c.senders != nil && c.senders.Contains(d.origin)):
	case d.allowed:
		d.Anonymous = !c.credentials
	default:
		d.refuse(d.originReason())
	}
}

func (d *Decision) originReason() Reason {
	if d.origin == "null" {
		return OriginIsNull
	}
	return OriginNotAllowed
}

// embedded judges a foreign GET or HEAD without Origin.
func (d *Decision) embedded(site []string) {
	switch {
	case d.c.embed == EmbedAny:
		d.Anonymous = true
	case d.c.embed == EmbedSameSite && len(site) == 1 && site[0] == "same-site":
	default:
		d.refuse(EmbedNotAllowed)
	}
}

// preflightAt judges a preflight for method at p: the method, then origin and
// headers in the order in which browsers check the answer.
func (d *Decision) preflightAt(p *Path, method string, origins []string, r *http.Request) {
	d.preflight, d.Foreign, d.path, d.method = true, true, p, method
	d.group = p.findAsked(method)
	if d.group == nil {
		if d.open(p.sharedPolicy(), r, origins) || d.Reason != HostNotServed {
			d.refuse(MethodNotAllowed)
		}
		return
	}
	switch {
	case !d.open(d.group.policy, r, origins):
		return
	case !d.allowed:
		d.refuse(d.originReason())
		return
	}
	lines := r.Header[hRequestHeaders]
	if len(lines) > maxRequestHeadersLines || size(lines) > maxRequestHeaders {
		d.refuse(HeaderListTooLarge)
		return
	}
	if name, found := d.c.headers.refused(lines); found {
		d.header = name
		d.refuse(HeaderNotAllowed)
		return
	}
	d.Verdict = AnswerPreflight
}

// size counts the bytes of a field as one combined value.
func size(lines []string) int {
	n := -1
	for _, line := range lines {
		n += len(line) + 1
	}
	return n
}
