package blackbox

import (
	"slices"
	"strings"
)

// This file is a reading of the design's sections 1, 2 and 5, in the order of
// its sentences and without a clever thought. Where the design allows more
// than one reading, the one that seemed most natural comes first and the other
// is a point below; an answer is right if it fits any reading that the question
// touches.
//
// Points:
//
//	limits     "Origin over 512 bytes or on several lines: refused before
//	           parsing" stands against "ours: runs" and against "under all the
//	           Origin's value is not parsed, whatever it is". First reading:
//	           the limit wins. (Under enforce: false nothing is refused.)
//	custom     rule 3 compares host and port with Host. capacitor://localhost
//	           sent to Host localhost is an own origin by its letter, while no
//	           API has a custom scheme. First reading: not own.
//	port       an own Origin with its default port written out (no browser
//	           sends it). First reading: "default ports are normalised".
//	anyport    http://localhost:* against port 0, and against the default port
//	           written out. First reading: any port from 1.
//	case       an own Origin in upper case (no browser sends it), or a Host.
//	           First reading: an Origin is compared as it stands.
//	label      hosts may hold "*" and the like by the URL standard, though no
//	           name in DNS does. First reading: letters, digits, - and _.
//	declared   "one of those whose host is Host": the name alone, or with its
//	           port. First reading: with its port, default ports normalised.
//	known      a declared https origin behind a proxy that says http: "the
//	           scheme is compared when it is known". First reading: the
//	           declared origin is enough.
//	anysender  `senders: any` and an Origin that is empty or garbage. First
//	           reading: any.
//	absent     an Origin line without a value. First reading: it is there, and
//	           it is foreign.
//	observed   a preflight for a method that no endpoint has, at a path where
//	           all stand aside. First reading: 403 method-not-allowed.
//	commas     an Access-Control-Request-Headers of thousands of commas, below
//	           4 KiB. First reading: allowed. And a name that is no token,
//	           under `*`. First reading: refused.
//	override   a method override that `*` does not cover, in a request from an
//	           allowed Origin (its preflight was refused, or the browser had
//	           an answer with `*` at hand). First reading: it is no preflight,
//	           so it runs.
//	emptystar  `https://pr-*.preview.example.com` and a label that has nothing
//	           where the `*` stands. First reading: not covered.
//	hostport   an entry of `hosts` without a port, and a Host that has one.
//	           First reading: covered, whatever the port.
//	forwarded  `hosts` behind a trusted proxy that tells another host. First
//	           reading: Host itself is meant.
//	order      a path that gets 400, for a Host that gets 421. First reading:
//	           421, as nothing of such a request counts.
//	slashes    empty path segments are not among what gets 400, yet routers
//	           disagree about them too. First reading: an unknown path, 404.
//	           Never a redirect.
//
// Not asserted: the Access-Control-Expose-Headers of a preflight's answer and
// HEAD in its list of methods (browsers need neither), the page or problem
// document where Accept asks for HTML in what is not a navigation, what a 404,
// 400 or 421 says about embedding (no policy applies to them), what Vary has on
// refusals and preflights beyond what it must, nor on the answer to a request
// whose only credential is an identity header in another spelling.

// reading holds the points that are read the second way.
type reading map[string]bool

var points = []string{"limits", "custom", "port", "anyport", "case", "label", "declared", "known", "anysender", "absent", "observed", "commas", "slashes",
	"override", "emptystar", "hostport", "forwarded", "order"}

// Expect is what the design wants of the question, by the first reading of
// every point.
func Expect(q *Question) Want { return reading{}.expect(q) }

// Alternatives are the answers that other readings want.
func Alternatives(q *Question) []Want {
	var wants []Want
	for _, p := range points {
		wants = append(wants, reading{p: true}.expect(q))
	}
	return wants
}

func (r reading) expect(q *Question) Want {
	// "Paths with an encoded slash, backslash, NUL or dot segments get 400; an
	// endpoint may opt in, but never to dot segments." "Where the document
	// lists `hosts`, a request for any other Host gets 421."
	here := endpointsAt(q.World, q.path())
	tricky := dotSegments(q.path()) || encodesSeparators(q.path()) && (len(here) == 0 || !here[0].EncodedPaths)
	misdirected := !r.hostListed(q)
	switch {
	case misdirected && !(tricky && r["order"]):
		return Want{Row: rowMisdirected, Column: "-", Status: 421, NoPolicy: true}
	case tricky:
		return Want{Row: "tricky path", Column: "-", Status: 400, NoPolicy: true}
	}
	if len(here) == 0 {
		w := Want{Row: "unknown path", Column: "-", Status: 404, NoPolicy: true}
		if r["slashes"] && strings.Contains(q.path(), "//") {
			w.Status = 400
		}
		return w
	}
	if isPreflight(q) {
		return r.preflight(q, here)
	}
	ep := serving(here, q.Method)
	if ep == nil {
		return r.wrongMethod(q, here)
	}
	s := ep.Setting
	if s.Observe {
		return Want{Row: "any", Column: s.Allow + ", not enforced", Reached: ep.Upstream == "", Gateway: gatewayError(ep), Untouched: true}
	}
	row, verdict := r.judge(q, s)
	return r.answer(q, ep, row, verdict)
}

type verdict int

const (
	refused verdict = iota
	runs
	anonymous // runs, credentials dropped
)

// The rows of the table.
const (
	rowPreflight  = "preflight"
	rowLimit      = "over a limit"
	rowOurs       = "ours"
	rowNavigation = "navigation"
	rowSender     = "sender"
	rowAllowed    = "Origin allowed"
	rowDisallowed = "Origin not allowed"
	rowEmbed      = "no Origin, GET or HEAD"
	rowUnsafe     = "no Origin, other method"
	rowNoEndpoint = "no endpoint for the method"

	rowMisdirected = "another Host"
	rowOverride    = "method override that * does not cover"
)

// judge is the table, from the row "ours" downwards.
func (r reading) judge(q *Question, s *Setting) (row string, v verdict) {
	origins := q.values("Origin")
	if r["absent"] && len(origins) == 1 && origins[0] == "" {
		origins = nil
	}
	if overLimit(origins) && !r["limits"] {
		return rowLimit, refused
	}
	safe := q.Method == "GET" || q.Method == "HEAD"

	if r.ours(q, origins) {
		return rowOurs, runs
	}
	if safe && navigates(q) {
		return rowNavigation, runs
	}
	if r["override"] && r.uncovered(q, s, origins) {
		return rowOverride, refused
	}
	if q.Method == "POST" && s.Allow != "all" && r.sender(s, origins) {
		return rowSender, runs
	}
	if len(origins) > 0 {
		switch {
		case s.Allow == "all":
			return rowAllowed, anonymous
		case !r.allowed(s, origins):
			return rowDisallowed, refused
		case s.Credentials:
			return rowAllowed, runs
		}
		return rowAllowed, anonymous
	}
	if safe {
		switch embed(s) {
		case "any":
			return rowEmbed, anonymous
		case "same-site":
			if q.one("Sec-Fetch-Site") == "same-site" {
				return rowEmbed, runs
			}
		}
		return rowEmbed, refused
	}
	if s.Allow == "all" {
		return rowUnsafe, anonymous
	}
	return rowUnsafe, refused
}

// ours is "Whose request is it?", its four rules.
func (r reading) ours(q *Question, origins []string) bool {
	if site := q.values("Sec-Fetch-Site"); len(site) > 0 {
		return len(site) == 1 && (site[0] == "same-origin" || site[0] == "none")
	}
	if len(origins) == 0 {
		return true
	}
	return len(origins) == 1 && r.own(q, origins[0])
}

// navigates: "mode navigate, dest not iframe, frame, embed, object,
// fencedframe", read only beside Sec-Fetch-Site.
func navigates(q *Question) bool {
	if len(q.values("Sec-Fetch-Site")) == 0 || q.one("Sec-Fetch-Mode") != "navigate" {
		return false
	}
	return !slices.Contains([]string{"iframe", "frame", "embed", "object", "fencedframe"}, q.one("Sec-Fetch-Dest"))
}

func overLimit(origins []string) bool {
	return len(origins) > 1 || len(origins) == 1 && len(origins[0]) > 512
}

func embed(s *Setting) string {
	switch {
	case s.Embed != "":
		return s.Embed
	case s.Allow == "all":
		return "any"
	}
	return "same-origin"
}

// sender: the Origin is in senders; `any` includes null.
func (r reading) sender(s *Setting, origins []string) bool {
	if len(origins) != 1 {
		return false
	}
	if slices.Contains(s.Senders, "any") {
		return !r["anysender"] || origins[0] == "null" || serialized.MatchString(origins[0])
	}
	return slices.ContainsFunc(s.Senders, func(p string) bool { return r.matches(p, origins[0]) })
}

// allowed: the request has one Origin, and the setting lists it. One that is
// too long for any host is none that it lists.
func (r reading) allowed(s *Setting, origins []string) bool {
	return len(origins) == 1 && !overLimit(origins) && slices.ContainsFunc(s.Domains, func(p string) bool { return r.matches(p, origins[0]) })
}

// preflight is the table's first row.
func (r reading) preflight(q *Question, here []*Endpoint) Want {
	method := q.one("Access-Control-Request-Method")
	ep := serving(here, method)
	if ep == nil {
		if r["observed"] && allObserve(here) {
			return Want{Row: rowPreflight, Column: "none has the method", Reached: here[0].Upstream == "", Gateway: gatewayError(here[0]), Untouched: true}
		}
		reasons := []string{"method-not-allowed"}
		s := common(here)
		if s != nil && (s.Allow == "none" || s.Allow == "selected" && !r.allowed(s, q.values("Origin"))) {
			reasons = append(reasons, originReason(s, q.values("Origin"))) // it is true too
		}
		return r.refusal(q, rowPreflight, "none has the method", s, reasons)
	}
	s := ep.Setting
	if s.Observe {
		return Want{Row: rowPreflight, Column: s.Allow + ", not enforced", Reached: ep.Upstream == "", Gateway: gatewayError(ep), Untouched: true}
	}
	origins := q.values("Origin")
	var reasons []string
	switch {
	case overLimit(origins) && !(r["limits"] && s.Allow == "all"), requestHeaderBytes(q) > 4096:
		reasons = []string{""} // any
	case s.Allow == "none", s.Allow == "selected" && !r.allowed(s, origins):
		reasons = []string{originReason(s, origins)}
	}
	if !r.namesAllowed(q, s) {
		reasons = append(reasons, "header-not-allowed")
	}
	if len(reasons) > 0 {
		return r.refusal(q, rowPreflight, s.Allow, s, reasons)
	}
	w := Want{Row: rowPreflight, Column: s.Allow, Status: 204, Preflight: true}
	w.AllowOrigin = "*"
	if s.Allow == "selected" {
		w.AllowOrigin = origins[0]
	}
	w.AllowCredentials = s.Credentials
	w.MaxAge = s.MaxAge
	w.AllowHeaders = s.Headers
	w.RequestedHeaders = requestedHeaders(q)
	w.RequestedMethod = method
	for _, e := range here {
		if e.Setting != s {
			continue
		}
		switch {
		case e.Method != "":
			w.AllowMethods = append(w.AllowMethods, e.Method)
		case len(e.Methods) > 0:
			w.AllowMethods = append(w.AllowMethods, e.Methods...)
		default:
			w.AnyMethods = true
		}
	}
	w.VaryHas = []string{"Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"}
	if carried, odd := credentialsOf(q); !carried && !odd {
		w.VaryNot = fetchMetadata
	}
	return w
}

// wrongMethod: "a 405 carries the path's headers where all its endpoints
// agree".
func (r reading) wrongMethod(q *Question, here []*Endpoint) Want {
	w := Want{Row: rowNoEndpoint, Column: "mixed", Status: 405, AnyCORP: true}
	for _, e := range here {
		if e.Method != "" {
			w.Allow = append(w.Allow, e.Method)
		}
		w.Allow = append(w.Allow, e.Methods...)
	}
	s := common(here)
	if s == nil {
		return w
	}
	w.Column = s.Allow
	if s.Observe {
		return w
	}
	if overLimit(q.values("Origin")) && !r["limits"] {
		return w
	}
	w.AnyCORP = false
	r.responseHeaders(&w, q, s)
	return w
}

// answer turns a verdict into what the client and the upstream see.
func (r reading) answer(q *Question, ep *Endpoint, row string, v verdict) Want {
	s := ep.Setting
	if v == refused {
		origins := q.values("Origin")
		reason := originReason(s, origins)
		switch row {
		case rowEmbed:
			reason = "embed-not-allowed"
		case rowOverride:
			reason = "header-not-allowed"
		case rowLimit, rowUnsafe:
			reason = ""
		}
		return r.refusal(q, row, s.Allow, s, []string{reason})
	}
	w := Want{Row: row, Column: s.Allow, Reached: ep.Upstream == "", Gateway: gatewayError(ep)}
	if v == anonymous {
		w.Anonymous = true
		w.KeepAuthorization = slices.ContainsFunc(s.Headers, func(h string) bool { return strings.EqualFold(h, "Authorization") }) &&
			len(q.values("Origin")) > 0
	}
	r.responseHeaders(&w, q, s)
	return w
}

// fetchMetadata are the headers of it that decide.
var fetchMetadata = []string{"Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest"}

// responseHeaders are the headers of every answer that is no refusal.
func (r reading) responseHeaders(w *Want, q *Question, s *Setting) {
	w.CORP = corp(s)
	switch s.Allow {
	case "all":
		w.AllowOrigin = "*"
		w.ExposeHeaders = s.Expose
	case "selected":
		if origins := q.values("Origin"); r.allowed(s, origins) {
			w.AllowOrigin = origins[0]
			w.AllowCredentials = s.Credentials
			w.ExposeHeaders = s.Expose
		}
	}
	w.VaryHas, w.VaryNot = r.vary(q, s)
	if w.Status == 405 { // no policy but the path's
		w.VaryNot = nil
		w.VaryHas = slices.DeleteFunc(w.VaryHas, func(t string) bool { return s.Allow != "selected" || t != "Origin" })
	}
}

// vary: "`selected`: `Vary: Origin` on every answer." "Answers to requests that
// carried credentials get `Vary: Origin, Sec-Fetch-Site, Sec-Fetch-Mode,
// Sec-Fetch-Dest` under every enforced setting. Traffic without credentials
// stays free of it."
func (r reading) vary(q *Question, s *Setting) (has, not []string) {
	carried, odd := credentialsOf(q)
	if carried {
		return append([]string{"Origin"}, fetchMetadata...), nil
	}
	if s.Allow == "selected" {
		has, not = []string{"Origin"}, fetchMetadata
	} else {
		not = append([]string{"Origin"}, fetchMetadata...)
	}
	if odd {
		not = nil
	}
	return has, not
}

// refusal is "as small as can be". s is nil where the endpoints at the path have
// different settings.
func (r reading) refusal(q *Question, row, column string, s *Setting, reasons []string) Want {
	w := Want{Row: row, Column: column, Status: 403, Refusal: true, Reasons: reasons, VaryHas: []string{"Origin"}}
	if s != nil && !isPreflight(q) {
		w.VaryHas, _ = r.vary(q, s)
	}
	if !contains(w.VaryHas, "Origin") {
		w.VaryHas = append(w.VaryHas, "Origin") // it was read
	}
	return w
}

// common is the setting that all endpoints at a path share, nil if they differ.
func common(here []*Endpoint) *Setting {
	for _, e := range here {
		if e.Setting != here[0].Setting {
			return nil
		}
	}
	return here[0].Setting
}

// originReason is the stable reason of a refused Origin. The design names none
// for the setting `none`.
func originReason(s *Setting, origins []string) string {
	switch {
	case len(origins) != 1 || s.Allow == "none":
		return ""
	case origins[0] == "null":
		return "null-origin"
	}
	return "origin-not-allowed"
}

// corp is the setting's Cross-Origin-Resource-Policy.
func corp(s *Setting) string {
	if e := embed(s); e != "any" {
		return e
	}
	return "cross-origin"
}

// credentialsOf: the request has a Cookie, an Authorization or an identity
// header; or an odd one, an identity header in another spelling.
func credentialsOf(q *Question) (carried, odd bool) {
	for _, f := range q.Header {
		name := strings.ToLower(f.Name)
		if name == "cookie" || name == "authorization" || contains(q.World.IdentityHeaders, name) {
			carried = true
		}
		odd = odd || q.World.identifies(name)
	}
	return carried, odd
}
