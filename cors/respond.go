package cors

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/concors/concors/cors/internal/fetchspec"
)

// Values of Vary. An answer to a request with credentials depends on all that
// is read to decide whether they are kept, so a cache must not give it to a
// request that differs in any of them: a page that the visitor navigated to,
// logged in, is not what a script of another website gets.
const (
	varyOrigin      = "Origin"
	varyCredentials = "Origin, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest"
	varyPreflight   = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
)

// A template is the header fields of one kind of answer, made when a policy is
// compiled. Values are copied for each answer (others may write to them) but
// share one allocation.
type template struct {
	fields []field
	vary   string // elements that Vary must have
}

type field struct{ name, value string }

// add appends a field unless its value is empty.
func (t *template) add(name, value string) {
	if value != "" {
		t.fields = append(t.fields, field{name, value})
	}
}

// write sets the fields in h, using room for their values and Vary's. Vary is
// the first, because looking for it costs nothing while h is empty.
func (t *template) write(h http.Header, room []string) {
	if t.vary != "" {
		if lines := h["Vary"]; len(lines) > 0 {
			mergeVary(h, lines, t.vary)
		} else {
			n := len(t.fields)
			room[n] = t.vary
			h["Vary"] = room[n : n+1 : n+1]
		}
	}
	for i := range t.fields {
		room[i] = t.fields[i].value
		h[t.fields[i].name] = room[i : i+1 : i+1]
	}
}

// room returns fresh room for write.
func (t *template) room() []string { return make([]string, len(t.fields)+1) }

// mergeVary adds names, a list, to the lines of Vary without losing any.
func mergeVary(h http.Header, lines []string, names string) {
	lines = lines[:len(lines):len(lines)]
	for more := true; more; {
		var name string
		name, names, more = strings.Cut(names, ", ")
		if !listContains(lines, name) {
			lines = append(lines, name)
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

// templates are the answers that a policy can give. Where the origin is echoed,
// Access-Control-Allow-Origin is the first field and its value a placeholder;
// Access-Control-Allow-Methods is the first or second field of a preflight's.
type templates struct {
	allowed, other               template // requests that run, by whether the origin is allowed
	allowedCarried, otherCarried template // the same where credentials came along
	preflight                    template
}

// Refusals say as little as they can, and the same for every policy: what they
// depend on, what the body is and, for the methods whose answers caches store,
// that this one must not be.
var (
	refusedPreflight = template{vary: varyPreflight, fields: []field{problemType}}
	refusedUnsafe    = template{vary: varyCredentials, fields: []field{problemType}}
	refusedSafe      = template{vary: varyCredentials, fields: []field{problemType, {"Cache-Control", "no-store"}}} // GET, HEAD
	problemType      = field{"Content-Type", "application/problem+json"}
)

const placeholder = "?"

func (c *Compiled) makeTemplates() {
	actual := func(allowed, carried bool) (t template) {
		c.addAllow(&t, allowed)
		if allowed || c.kind == kindAll {
			t.add("Access-Control-Expose-Headers", c.expose)
		}
		t.add("Cross-Origin-Resource-Policy", c.resource)
		switch {
		case carried:
			t.vary = varyCredentials
		case c.kind == kindSelected:
			t.vary = varyOrigin
		}
		return t
	}
	c.templates.allowed, c.templates.other = actual(true, false), actual(false, false)
	c.templates.allowedCarried, c.templates.otherCarried = actual(true, true), actual(false, true)

	p := &c.templates.preflight
	c.addAllow(p, true)
	p.add("Access-Control-Allow-Methods", placeholder)
	p.add("Access-Control-Allow-Headers", c.headers.value)
	p.add("Access-Control-Max-Age", c.maxAge)
	p.vary = varyPreflight

}

// addAllow adds the fields that pass the CORS check, if they are due.
// See https://fetch.spec.whatwg.org/#concept-cors-check.
func (c *Compiled) addAllow(t *template, allowed bool) {
	switch {
	case c.kind == kindAll:
		t.add("Access-Control-Allow-Origin", wildcard)
	case c.kind == kindSelected && allowed:
		t.add("Access-Control-Allow-Origin", placeholder)
		if c.credentials {
			t.add("Access-Control-Allow-Credentials", "true")
		}
	}
}

// SetHeaders sets the response headers that belong to d: the five of CORS,
// Cross-Origin-Resource-Policy, and what Vary lacks. If d drops credentials, it
// removes Set-Cookie and Clear-Site-Data. Call it on the header of every answer
// to a request that runs, errors included, and of a 405, whatever the verdict;
// a policy that only observes leaves h alone.
func (d *Decision) SetHeaders(h http.Header) {
	if d.Observed {
		return
	}
	t := d.template()
	d.setHeaders(h, t, t.room())
	d.DropCredentials(h)
}

// DropCredentials removes Set-Cookie and Clear-Site-Data from h, the header of
// an informational answer for example, if d drops credentials. SetHeaders does
// it too.
func (d *Decision) DropCredentials(h http.Header) {
	if d.Anonymous && !d.Observed {
		dropCredentials(h)
	}
}

func (d *Decision) template() *template {
	ts := &d.c.templates
	switch {
	case d.allowed && d.carried:
		return &ts.allowedCarried
	case d.allowed:
		return &ts.allowed
	case d.carried:
		return &ts.otherCarried
	}
	return &ts.other
}

func (d *Decision) setHeaders(h http.Header, t *template, room []string) {
	t.write(h, room)
	if d.allowed && d.c.kind == kindSelected {
		room[0] = d.origin
	}
}

// Respond answers r: 204 for a preflight that is allowed, 403 for a request
// that is refused. It must not be called for a Decision that lets r run.
func (d *Decision) Respond(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	if d.Verdict == AnswerPreflight {
		d.preflightHeaders(h)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	status, body := d.status(), refusal(d.Reason)
	t := &refusedUnsafe
	switch {
	case d.preflight:
		t = &refusedPreflight
	case isSafe(r.Method):
		t = &refusedSafe
	}
	t.write(h, t.room())
	switch {
	case !d.preflight && d.Reason != HostNotServed && wantsPage(r):
		h["Content-Type"] = []string{"text/html; charset=utf-8"}
		h["Content-Security-Policy"] = []string{"default-src 'none'"}
		body = refusalPage
	case d.c.site.debug:
		body = d.problem(d.Detail(r))
		if d.preflight {
			// The headers say what would be allowed, so that the browser's own
			// message names what is missing.
			status = http.StatusOK
			if d.allowed {
				d.preflightHeaders(h)
			}
		}
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// status returns the status of a refusal.
func (d *Decision) status() int {
	if d.Reason == HostNotServed {
		return http.StatusMisdirectedRequest
	}
	return http.StatusForbidden
}

// preflightHeaders sets the headers of an answer to a preflight. All methods
// and headers are listed, so that one preflight serves many requests.
func (d *Decision) preflightHeaders(h http.Header) {
	t := &d.c.templates.preflight
	room := t.room()
	t.write(h, room)
	methods := 1
	if d.c.kind == kindSelected {
		room[0] = d.origin
		if d.c.credentials {
			methods = 2
		}
	}
	room[methods] = d.allowedMethods()
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
	if d.Verdict == Refuse || slices.Contains(usualMethods, d.method) { // methods are case-sensitive
		return usualMethodsList
	}
	return usualMethodsList + ", " + d.method
}

var (
	usualMethods     = []string{"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
	usualMethodsList = strings.Join(usualMethods, ", ")
)

// NoSuchMethod is the decision on the preflight r for a path that exists but
// has no endpoint for the requested method. common is the policy that all
// methods at the path share, nil if they differ.
func NoSuchMethod(r *http.Request, common *Compiled, methods *Methods) Decision {
	d := Decision{Foreign: true, c: common, methods: methods}
	if common == nil {
		d.c = noPolicy
	} else {
		d = common.Decide(r, methods)
	}
	if len(r.Header[hOrigin]) > 0 {
		d.origin = r.Header[hOrigin][0]
	}
	d.preflight, d.method = true, PreflightMethod(r)
	d.refuse(MethodNotAllowed)
	return d
}

// noPolicy stands where endpoints at one path disagree.
var noPolicy = func() *Compiled {
	c := &Compiled{site: noSite}
	c.makeTemplates()
	return c
}()

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

var refusalPage = []byte(`<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Refused</title>
<h1>This request was refused</h1>
<p>Another website sent it in your name, and this service does not accept that. Nothing was changed.</p>
<p>If you meant to come here, open the address yourself, or go back and start from this service's own pages.</p>
</html>
`)

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
	HostNotServed:      "This API is not served under this host",
}

// refusals holds the bodies of refusals, which do not depend on the request, in
// the order of [Reasons].
var refusals = func() (bodies [][]byte) {
	for _, reason := range Reasons() {
		d := Decision{Reason: reason}
		bodies = append(bodies, d.problem(""))
	}
	return bodies
}()

// refusal returns the body of refusals for a reason. So few reasons are found
// faster by walking along them than in a map.
func refusal(reason Reason) []byte {
	i := slices.Index(reasons[:], reason)
	if i < 0 {
		return nil
	}
	return refusals[i]
}

// problem writes the refusal as problem details, see RFC 9457.
func (d *Decision) problem(detail string) []byte {
	body, err := json.Marshal(struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Reason Reason `json:"reason"`
		Detail string `json:"detail,omitempty"`
	}{RefusalType + string(d.Reason), titles[d.Reason], d.status(), d.Reason, detail})
	if err != nil {
		panic(err) // strings and an int
	}
	return append(body, '\n')
}

// Detail says why r is refused and names the setting to change, "" if it is not
// refused. It echoes the request: answers have it in debug mode only, and who
// shows it elsewhere escapes it.
func (d *Decision) Detail(r *http.Request) string {
	switch d.Reason {
	case "":
		return ""
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
	case HostNotServed:
		return "Host is " + r.Host + ", which is none of the declared hosts. If this API is reached by that name, add it to hosts."
	}
	return "Access-Control-Request-Headers is longer than 4096 bytes."
}
