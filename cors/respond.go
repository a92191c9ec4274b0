package cors

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/concors/concors/cors/internal/fetchspec"
)

// Values of Vary.
const (
	varyOrigin    = "Origin"
	varyForeign   = "Origin, Sec-Fetch-Site"
	varyPreflight = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
	varyRefused   = varyPreflight + ", Sec-Fetch-Site"
)

// values is room for the header values of one answer, so that each value is a
// slice of its own (others may write to it) but all of them are one allocation.
type values struct {
	room [8]string
	n    int
}

func (v *values) set(h http.Header, name, value string) {
	v.room[v.n] = value
	h[name] = v.room[v.n : v.n+1 : v.n+1]
	v.n++
}

// vary adds names, a list, to the Vary field of h without losing what is there.
func (v *values) vary(h http.Header, names string) {
	lines := h["Vary"]
	if len(lines) == 0 {
		v.set(h, "Vary", names)
		return
	}
	for more := true; more; {
		var name string
		name, names, more = strings.Cut(names, ", ")
		if !listContains(lines, name) {
			lines = append(lines[:len(lines):len(lines)], name)
		}
	}
	h["Vary"] = lines
}

// listContains reports whether a header list has the element name, or "*".
func listContains(lines []string, name string) bool {
	for _, line := range lines {
		for more := true; more; {
			var element string
			element, line, more = strings.Cut(line, ",")
			element = strings.Trim(element, " \t")
			if element == "*" || fetchspec.EqualFold(element, name) {
				return true
			}
		}
	}
	return false
}

// SetHeaders sets the response headers that belong to d: the five of CORS,
// Cross-Origin-Resource-Policy, and what Vary lacks. If d drops credentials, it
// removes Set-Cookie and Clear-Site-Data. Call it on the header of every answer
// to a request that runs, errors included; a policy that only observes leaves h
// alone.
func (d *Decision) SetHeaders(h http.Header) {
	if !d.Observed {
		d.setHeaders(h, new(values))
	}
}

func (d *Decision) setHeaders(h http.Header, v *values) {
	c := d.c
	switch {
	case d.carried:
		v.vary(h, varyForeign)
	case c.kind == kindSelected:
		v.vary(h, varyOrigin)
	}
	d.allow(h, v)
	if c.expose != "" && (d.allowed || c.kind == kindAll) {
		v.set(h, "Access-Control-Expose-Headers", c.expose)
	}
	if c.resource != "" {
		v.set(h, "Cross-Origin-Resource-Policy", c.resource)
	}
	if d.Anonymous {
		dropCredentials(h)
	}
}

// allow sets the headers that pass the CORS check, if they are due.
// See https://fetch.spec.whatwg.org/#concept-cors-check.
func (d *Decision) allow(h http.Header, v *values) {
	switch {
	case d.c.kind == kindAll:
		v.set(h, "Access-Control-Allow-Origin", wildcard)
	case d.allowed:
		v.set(h, "Access-Control-Allow-Origin", d.origin)
		if d.c.credentials {
			v.set(h, "Access-Control-Allow-Credentials", "true")
		}
	}
}

// Respond answers r: 204 for a preflight that is allowed, 403 for a request
// that is refused. It must not be called for a Decision that lets r run.
func (d *Decision) Respond(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	v := new(values)
	if d.Verdict == AnswerPreflight {
		d.preflightHeaders(h, v)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	debug := d.c.site.debug
	status := http.StatusForbidden
	if debug && d.method != "" {
		// The headers say what would be allowed, so the browser's own message
		// names what is missing; it reports no more than a status otherwise.
		status = http.StatusOK
		if d.allowed {
			d.preflightHeaders(h, v)
		}
	} else if d.method != "" {
		v.vary(h, varyRefused)
	} else {
		v.vary(h, varyForeign)
	}
	if d.c.resource != "" && len(h["Cross-Origin-Resource-Policy"]) == 0 {
		v.set(h, "Cross-Origin-Resource-Policy", d.c.resource)
	}
	h["Cache-Control"] = []string{"no-store"}
	h["X-Content-Type-Options"] = []string{"nosniff"}
	if wantsPage(r) && d.method == "" {
		h["Content-Type"] = []string{"text/html; charset=utf-8"}
		h["Content-Security-Policy"] = []string{"default-src 'none'"}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(refusalPage))
		return
	}
	body := refusals[d.Reason]
	if debug {
		body = d.problem(d.detail(r))
	}
	h["Content-Type"] = []string{"application/problem+json"}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// preflightHeaders sets the headers of an answer to a preflight. All methods
// and headers are listed, so that one preflight serves many requests.
func (d *Decision) preflightHeaders(h http.Header, v *values) {
	c := d.c
	v.vary(h, varyPreflight)
	d.allow(h, v)
	v.set(h, "Access-Control-Allow-Methods", d.allowedMethods())
	if c.headers.value != "" {
		v.set(h, "Access-Control-Allow-Headers", c.headers.value)
	}
	if c.maxAge != "" {
		v.set(h, "Access-Control-Max-Age", c.maxAge)
	}
	if c.resource != "" {
		v.set(h, "Cross-Origin-Resource-Policy", c.resource)
	}
}

// allowedMethods returns the value of Access-Control-Allow-Methods. Browsers
// take "*" literally where credentials are allowed, so there every method is
// the requested one beside the usual ones.
func (d *Decision) allowedMethods() string {
	if d.methods != nil {
		return d.methods.value
	}
	if !d.c.credentials {
		return wildcard
	}
	const usual = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
	if listContains([]string{usual}, d.method) || d.Verdict == Refuse {
		return usual
	}
	return usual + ", " + d.method
}

// NoSuchMethod is the decision on the preflight r for a path that exists but
// has no endpoint for the requested method. common is the policy that all
// methods at the path share, nil if they differ.
func NoSuchMethod(r *http.Request, common *Compiled, methods *Methods) Decision {
	d := Decision{Foreign: true, c: common, methods: methods, method: PreflightMethod(r)}
	if common == nil {
		d.c = &Compiled{site: noSite}
	} else {
		d = common.Decide(r, methods)
	}
	if len(r.Header[hOrigin]) > 0 {
		d.origin = r.Header[hOrigin][0]
	}
	return d.refuse(MethodNotAllowed)
}

// wantsPage reports whether a person is looking: browsers accept text/html
// where they navigate, scripts and subresources do not.
func wantsPage(r *http.Request) bool {
	for _, line := range r.Header["Accept"] {
		if strings.Contains(line, "text/html") {
			return true
		}
	}
	return false
}

const refusalPage = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Refused</title>
<h1>This request was refused</h1>
<p>Another website sent it in your name, and this service does not accept that. Nothing was changed.</p>
<p>If you meant to come here, open the address yourself, or go back and start from this service's own pages.</p>
</html>
`

// RefusalType is the beginning of the RFC 9457 problem type of refusals; the
// reason follows.
const RefusalType = "https://github.com/concors/concors/blob/main/docs/refused.md#"

// titles say what happened, for people who read the answer in a network panel.
var titles = map[Reason]string{
	OriginNotAllowed:   "This origin may not call this endpoint",
	OriginIsNull:       "Pages with the opaque origin null may not call this endpoint",
	OriginMalformed:    "The Origin header is malformed",
	OriginMissing:      "A request from another website needs an Origin header here",
	EmbedNotAllowed:    "Other websites may not embed this resource",
	MethodNotAllowed:   "No endpoint at this path has the requested method",
	HeaderNotAllowed:   "A request header is not allowed at this endpoint",
	HeaderListTooLarge: "The list of requested headers is too large",
}

// refusals holds the bodies of refusals, which do not depend on the request.
var refusals = func() map[Reason][]byte {
	m := make(map[Reason][]byte)
	for _, reason := range Reasons() {
		d := Decision{Reason: reason}
		m[reason] = d.problem("")
	}
	return m
}()

// problem writes the refusal as problem details, see RFC 9457.
func (d *Decision) problem(detail string) []byte {
	body, err := json.Marshal(struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Reason Reason `json:"reason"`
		Detail string `json:"detail,omitempty"`
	}{RefusalType + string(d.Reason), titles[d.Reason], http.StatusForbidden, d.Reason, detail})
	if err != nil {
		panic(err) // strings and an int
	}
	return append(body, '\n')
}

// detail names the setting to change. It echoes the request, so it is for
// debug mode only.
func (d *Decision) detail(r *http.Request) string {
	switch d.Reason {
	case OriginNotAllowed:
		if d.c.kind == kindNone {
			return "This endpoint disallows cross-origin requests. To allow " + d.origin +
				", set allow: selected and add it to domains. If " + d.origin + " is this API itself, seen as Host " +
				r.Host + ", add it to origins."
		}
		return "Add " + d.origin + " to the domains of this endpoint. If it is this API itself, seen as Host " +
			r.Host + ", add it to origins."
	case OriginIsNull:
		return "The page has an opaque origin: a sandboxed frame, a local file, or a redirect between websites. Serve it from an http(s) origin and add that to domains; an endpoint that only receives posts can use senders: any."
	case OriginMalformed:
		return "Origin stands on several lines or is longer than 512 bytes. Browsers send neither; look at proxies on the way."
	case OriginMissing:
		return "Sec-Fetch-Site says that another website made this " + r.Method + " request, but it has no Origin. Look for a proxy that removes Origin."
	case EmbedNotAllowed:
		return "Another website loads this without CORS (as an image, script or frame). Set embed: same-site or embed: any, or have the page use CORS (the crossorigin attribute, fetch) from an origin among domains."
	case MethodNotAllowed:
		return "No endpoint at " + r.URL.Path + " has the method " + d.method + ". Add one, or correct the method (methods are case-sensitive)."
	case HeaderNotAllowed:
		return "Add " + d.header + " to the headers of this endpoint."
	}
	return "Access-Control-Request-Headers is longer than 4096 bytes."
}
