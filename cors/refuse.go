package cors

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/concors/concors/cors/internal/fetchspec"
)

// Refusals say as little as they can, and the same for every policy: what they
// depend on, what the body is and, for the methods whose answers caches store,
// that this one must not be.
var (
	refusedPreflight = template{vary: varyPreflight, fields: []field{problemType}}
	refusedUnsafe    = template{vary: varyCredentials, fields: []field{problemType}}
	refusedSafe      = template{vary: varyCredentials, fields: []field{problemType, {"Cache-Control", "no-store"}}} // GET, HEAD
	problemType      = field{"Content-Type", "application/problem+json"}
)

// Status returns the status of a refusal: 403, or 421 if the request is for
// a host that the API is not served under.
func (d *Decision) Status() int {
	if d.Reason == HostNotServed {
		return http.StatusMisdirectedRequest
	}
	return http.StatusForbidden
}

// refusal answers r, which is refused.
func (d *Decision) refusal(w http.ResponseWriter, r *http.Request) {
	t := &refusedUnsafe
	switch {
	case d.preflight:
		t = &refusedPreflight
	case isSafe(r.Method):
		t = &refusedSafe
	}
	h := w.Header()
	t.write(h, t.room())
	site := d.policy().site
	status, body := d.Status(), refusal(d.Reason)
	switch {
	case d.preflight:
		if site.debug.Load() {
			body = d.problem(d.Detail(r))
			if d.Reason != HostNotServed {
				// The headers say what would be allowed, so that the browser's own
				// message names what is missing.
				status = http.StatusOK
				if d.allowed {
					d.preflightHeaders(h, r)
				}
			}
		}
	case site.refused != nil && d.writtenBy(site.refused, w, r, t):
		return
	case d.Reason != HostNotServed && wantsPage(r):
		h["Content-Type"] = []string{"text/html; charset=utf-8"}
		h["Content-Security-Policy"] = []string{"default-src 'none'"}
		body = refusalPage
	case site.debug.Load():
		body = d.problem(d.Detail(r))
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// writtenBy lets f, an [Options].Refused, write the refusal, and reports whether
// it did.
func (d *Decision) writtenBy(f func(http.ResponseWriter, *http.Request, *Decision), w http.ResponseWriter, r *http.Request, t *template) bool {
	told := *d // a copy, so that d stays on the stack
	own := &refusalWriter{to: w, d: &told, t: t}
	delete(w.Header(), "Content-Type") // its body is not ours
	f(own, r, &told)
	if !own.written {
		own.fields()
		for _, name := range [...]string{"Content-Encoding", "Content-Length"} { // of a body that did not come
			delete(w.Header(), name)
		}
	}
	return own.written
}

// refusalWriter is what an [Options].Refused writes to. It is no more than
// a ResponseWriter, so that there is no way around it.
type refusalWriter struct {
	to      http.ResponseWriter
	d       *Decision
	t       *template
	written bool // the status is
}

func (w *refusalWriter) Header() http.Header { return w.to.Header() }

func (w *refusalWriter) Write(p []byte) (int, error) {
	if !w.written {
		w.WriteHeader(w.d.Status())
	}
	return w.to.Write(p)
}

func (w *refusalWriter) WriteHeader(status int) {
	if w.written {
		return
	}
	w.written = true
	kind, typed := w.Header()["Content-Type"]
	w.fields()
	if delete(w.Header(), "Content-Type"); typed {
		w.Header()["Content-Type"] = kind
	}
	if status < http.StatusBadRequest {
		status = w.d.Status()
	}
	w.to.WriteHeader(status)
}

// fields makes the header that of a refusal again, whatever was done to it.
func (w *refusalWriter) fields() {
	h := w.Header()
	for name := range h {
		if len(name) > len(corsPrefix) && fetchspec.EqualFold(name[:len(corsPrefix)], corsPrefix) {
			delete(h, name)
		}
	}
	dropCredentials(h)
	w.t.write(h, w.t.room())
}

const corsPrefix = "Access-Control-"

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
// reason follows. It does not change, and leads to an explanation.
const RefusalType = "https://github.com/concors/concors/blob/HEAD/docs/refused.md#"

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
	}{RefusalType + string(d.Reason), titles[d.Reason], d.Status(), d.Reason, detail})
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
				", select it as a domain. If " + d.origin + " is this API itself, seen as Host " +
				r.Host + ", add it to the API's own origins."
		}
		return "Add " + d.origin + " to the domains of this endpoint. If it is this API itself, seen as Host " +
			r.Host + ", add it to the API's own origins."
	case OriginIsNull:
		return "The page has an opaque origin: a sandboxed frame, a local file, or a redirect between websites. Serve it from an http(s) origin and add that to domains; an endpoint that only receives posts can accept any sender."
	case OriginMalformed:
		return "Origin stands on several lines or is longer than 512 bytes. Browsers send neither; look at proxies on the way."
	case OriginMissing:
		return "Sec-Fetch-Site says that another website made this " + r.Method + " request, but it has no Origin. Look for a proxy that removes Origin."
	case EmbedNotAllowed:
		return "Another website loads this without CORS (as an image, script or frame). Let the same site or any page embed it, or have the page use CORS (the crossorigin attribute, fetch) from an origin among domains."
	case MethodNotAllowed:
		return "No endpoint at " + r.URL.Path + " has the method " + d.method + ". Add one, or correct the method (methods are case-sensitive)."
	case HeaderNotAllowed:
		return "Add " + d.header + " to the headers of this endpoint."
	case HostNotServed:
		return "Host is " + r.Host + ", which is none of the declared hosts. If this API is reached by that name, add it to the hosts."
	}
	return "Access-Control-Request-Headers is longer than 4096 bytes."
}
