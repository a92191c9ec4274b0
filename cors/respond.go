package cors

import (
	"net/http"
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
// removes Set-Cookie and Clear-Site-Data. [Decision.Serve] does it; who carries
// d out otherwise calls it on the header of every answer to a request that runs,
// errors included, and of a 405. A policy that only observes leaves h alone.
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
	ts := &d.policy().templates
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

// preflightHeaders sets the headers of an answer to the preflight r. All methods
// and headers are listed, so that one preflight serves many requests.
func (d *Decision) preflightHeaders(h http.Header, r *http.Request) {
	t := &d.c.templates.preflight
	room := t.room()
	t.write(h, room)
	if d.c.headers.echo && (d.Verdict == AnswerPreflight || d.Reason == HeaderNotAllowed) {
		// Only then are the requested headers judged, and known to be few.
		if value := d.c.headers.answer(r.Header[hRequestHeaders]); value != "" {
			h["Access-Control-Allow-Headers"] = []string{value}
		}
	}
	methods := 1
	if d.c.kind == kindSelected {
		room[0] = d.origin
		if d.c.credentials {
			methods = 2
		}
	}
	g := d.group
	if g == nil { // in debug mode: what there is
		g = &d.path.all
	}
	room[methods] = g.allowedMethods(d.c.credentials, d.method, d.Verdict == AnswerPreflight)
}

// Respond answers r where no handler runs: 204 for a preflight that is allowed,
// 405 for a method that is not there, and else the refusal.
func (d *Decision) Respond(w http.ResponseWriter, r *http.Request) {
	switch d.Verdict {
	case AnswerPreflight:
		d.preflightHeaders(w.Header(), r)
		w.WriteHeader(http.StatusNoContent)
	case NoMethod:
		d.SetHeaders(w.Header())
		w.Header()["Allow"] = []string{d.path.Allow()}
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
	default:
		d.refusal(w, r)
	}
}
