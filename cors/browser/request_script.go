package browser

import (
	"strings"

	"github.com/concors/concors/cors/internal/fetchspec"
)

// newFetch follows the Request constructor (#dom-request) and fetch()
// (#dom-global-fetch). What it refuses is a TypeError before anything is sent.
func (f *fetch) newFetch(call *Call) *Failure {
	r := &f.req
	const section = "#dom-request"
	r.unsafeRequest = true
	if r.url().hasCredentials() {
		return f.fail(URLCredentials, section, r.url().String(), "")
	}
	switch r.mode {
	case CORS, NoCORS, SameOrigin:
	default:
		return f.fail(InvalidCall, section, string(r.mode), "fetch() has no such mode")
	}
	method, ok := isomorphicEncode(orDefault(call.Method, "GET"))
	switch {
	case !ok || !fetchspec.IsToken(method):
		return f.fail(InvalidMethod, section, call.Method, "")
	case fetchspec.IsForbiddenMethod(method):
		return f.fail(ForbiddenMethod, section, method, "")
	}
	r.method = f.normalizeMethod(method)
	if r.mode == NoCORS && !fetchspec.IsCORSSafelistedMethod(r.method) {
		return f.fail(NoCORSMethod, section, r.method, "")
	}
	for _, h := range call.Headers {
		if fail := f.appendHeader(h); fail != nil {
			return fail
		}
	}
	if call.Body.Kind != NoBody && (r.method == "GET" || r.method == "HEAD") {
		return f.fail(BodyWithGet, section, r.method, "")
	}
	typ := f.setBody(call)
	switch {
	case typ == "" || r.has("Content-Type"):
	case f.prof.bodyTypeAlways:
		r.headers = append(r.headers, HeaderField{"Content-Type", typ})
	default:
		if fail := f.appendHeader(HeaderField{"Content-Type", typ}); fail != nil {
			return fail
		}
	}
	r.conditional = r.hasConditionalHeader()
	if call.Body.Kind == Stream && f.prof.refusesStreams {
		return f.fail(InvalidCall, section, "", "this browser does not upload a ReadableStream")
	}
	if r.stream {
		if f.prof.streamsAreCORS && r.mode == SameOrigin {
			r.mode = CORS
		}
		if r.keepalive {
			return f.fail(InvalidCall, "#concept-bodyinit-extract", "", "a ReadableStream cannot be sent with keepalive")
		}
		if r.mode == NoCORS {
			return f.fail(InvalidCall, section, "", `a ReadableStream cannot be sent in mode "no-cors"`)
		}
		r.useCORSPreflight = true
	}
	return nil
}

func (f *fetch) normalizeMethod(method string) string {
	m := fetchspec.NormalizeMethod(method)
	if m != method {
		f.step("#concept-method-normalize", `Method %s is normalized to %s.`, method, m)
	}
	return m
}

// appendHeader appends to a Headers object (#concept-headers-append): forbidden
// headers, and in mode "no-cors" all that are not safelisted, are dropped in
// silence.
func (f *fetch) appendHeader(h HeaderField) *Failure {
	r := &f.req
	name, ok1 := isomorphicEncode(h.Name)
	value, ok2 := isomorphicEncode(h.Value)
	value = fetchspec.NormalizeValue(value)
	if !ok1 || !ok2 || !fetchspec.IsToken(name) || !fetchspec.IsHeaderValue(value) {
		return f.fail(InvalidHeader, "#headers-validate", h.Name+": "+h.Value, "")
	}
	if fetchspec.IsForbiddenRequestHeader(name, value) || f.prof.keepsUserAgent && fetchspec.EqualFold(name, "User-Agent") {
		f.note(NoteForbiddenHeader, "#forbidden-request-header", name)
		return nil
	}
	if r.mode == NoCORS {
		combined := value
		if old, ok := r.get(name); ok {
			combined = old + ", " + value
		}
		if !fetchspec.IsNoCORSSafelistedRequestHeader(name, combined) || f.prof.unsafelists != nil && f.prof.unsafelists(name, combined) {
			f.note(NoteNoCORSHeader, "#no-cors-safelisted-request-header", name)
			return nil
		}
	}
	r.headers = append(r.headers, HeaderField{name, value})
	return nil
}

// newXMLHttpRequest follows open(), setRequestHeader() and send()
// (https://xhr.spec.whatwg.org/).
func (f *fetch) newXMLHttpRequest(call *Call) *Failure {
	r := &f.req
	r.unsafeRequest = true
	r.mode, r.redirect = CORS, Follow
	if r.credentials != Include {
		r.credentials = SameOriginCredentials
	}
	r.useCORSPreflight = call.UploadListener && !(f.prof.uploadNeedsBody && call.Body.Kind == NoBody)
	method, ok := isomorphicEncode(orDefault(call.Method, "GET"))
	const open = "https://xhr.spec.whatwg.org/#dom-xmlhttprequest-open"
	switch {
	case !ok || !fetchspec.IsToken(method):
		return f.fail(InvalidMethod, open, call.Method, "")
	case fetchspec.IsForbiddenMethod(method):
		return f.fail(ForbiddenMethod, open, method, "")
	}
	r.method = f.normalizeMethod(method)
	for _, h := range call.Headers {
		if fail := f.setRequestHeader(h); fail != nil {
			return fail
		}
	}
	r.conditional = r.hasConditionalHeader() && !f.prof.conditionalFetchOnly
	if r.method == "GET" || r.method == "HEAD" { // send() sets the body to null
		r.useCORSPreflight = r.useCORSPreflight && !f.prof.uploadNeedsBody
		return nil
	}
	typ := f.setBody(call)
	if typ == "" {
		return nil
	}
	for i, h := range r.headers {
		if fetchspec.EqualFold(h.Name, "Content-Type") {
			f.writtenType = h.Value
			r.headers[i].Value = f.typeOfBody(call.Body.Kind, h.Value)
			return nil
		}
	}
	r.headers, r.impliedType = append(r.headers, HeaderField{"Content-Type", typ}), true
	return nil
}

// hasConditionalHeader reports whether the page has set one of the headers that
// switch the cache mode to "no-store" (#http-network-or-cache-fetch step 8.15).
func (r *request) hasConditionalHeader() bool {
	for _, name := range [...]string{"If-Modified-Since", "If-None-Match", "If-Unmodified-Since", "If-Match", "If-Range"} {
		if r.has(name) {
			return true
		}
	}
	return false
}

// setRequestHeader is XMLHttpRequest's: unlike fetch() it combines.
func (f *fetch) setRequestHeader(h HeaderField) *Failure {
	r := &f.req
	name, ok1 := isomorphicEncode(h.Name)
	value, ok2 := isomorphicEncode(h.Value)
	value = fetchspec.NormalizeValue(value)
	if !ok1 || !ok2 || !fetchspec.IsToken(name) || !fetchspec.IsHeaderValue(value) {
		return f.fail(InvalidHeader, "https://xhr.spec.whatwg.org/#dom-xmlhttprequest-setrequestheader", h.Name+": "+h.Value, "")
	}
	if fetchspec.IsForbiddenRequestHeader(name, value) || f.prof.keepsUserAgent && fetchspec.EqualFold(name, "User-Agent") {
		f.note(NoteForbiddenHeader, "#forbidden-request-header", name)
		return nil
	}
	for i := range r.headers {
		if fetchspec.EqualFold(r.headers[i].Name, name) {
			r.headers[i].Value += ", " + value
			return nil
		}
	}
	r.headers = append(r.headers, HeaderField{name, value})
	return nil
}

// charsetUTF8 replaces a charset parameter that is not UTF-8, as send() does
// with a string body (https://xhr.spec.whatwg.org/#dom-xmlhttprequest-send).
func charsetUTF8(contentType string) string {
	if _, ok := fetchspec.Essence(contentType); !ok {
		return contentType
	}
	var parts []string
	changed, seen := false, false
	for i, p := range strings.Split(contentType, ";") {
		p = strings.TrimSpace(p)
		name, value, _ := strings.Cut(p, "=")
		if i > 0 && fetchspec.EqualFold(name, "charset") {
			if seen {
				continue // only the first counts
			}
			if seen = true; !fetchspec.EqualFold(strings.Trim(value, ` "`), "UTF-8") {
				p, changed = "charset=UTF-8", true
			}
		}
		parts = append(parts, p)
	}
	if !changed {
		return contentType
	}
	return strings.Join(parts, ";")
}

// charsetInPlace is Chromium's way: the value alone is replaced, up to the next
// space, quote or semicolon, also where it is UTF-8 in other letters.
func charsetInPlace(contentType string) string {
	const key = "charset="
	var b strings.Builder
	for {
		i := strings.Index(strings.ToLower(contentType), key)
		if i < 0 {
			return b.String() + contentType
		}
		i += len(key)
		if i < len(contentType) && contentType[i] == '"' {
			i++
		}
		b.WriteString(contentType[:i] + "UTF-8")
		contentType = contentType[i:]
		end := strings.IndexAny(contentType, " \t;\"")
		if end < 0 {
			return b.String()
		}
		contentType = contentType[end:]
	}
}

// typeOfBody is what becomes of the page's Content-Type when a body of an
// XMLHttpRequest has one of its own.
func (f *fetch) typeOfBody(kind BodyKind, contentType string) string {
	switch {
	case kind != Text && kind != URLSearchParams:
		return contentType
	case f.prof.charsetInPlace:
		return charsetInPlace(contentType)
	case kind == Text:
		return charsetUTF8(contentType)
	case f.prof.charsetOfParams && f.prof.redirectsFromFirst:
		return charsetUTF8(contentType)
	case f.prof.charsetOfParams && charsetUTF8(contentType) != contentType:
		return charsetInPlace(contentType)
	}
	return contentType
}
