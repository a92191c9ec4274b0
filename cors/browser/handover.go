package browser

import (
	"net/http"
	"strings"

	"github.com/concors/concors/cors/internal/fetchspec"
)

// handover is the rest of main fetch, from step 14 on: it filters the response
// and applies the last checks of the API that made the call.
func (f *fetch) handover(res *response) (*Response, *Failure) {
	r := &f.req
	if res.typ == TypeOpaqueRedirect {
		return &Response{
			Type: TypeOpaqueRedirect, URL: f.opaqueRedirectURL(), Redirected: f.redirected(), Header: http.Header{}, BodyReadable: res.body != nil, Body: res.body,
		}, nil
	}
	if fail := f.blockedByType(res); fail != nil {
		return nil, fail
	}
	if fail := f.refusedByAPI(res); fail != nil {
		return nil, fail
	}
	out := &Response{Redirected: f.redirected()}
	switch {
	case r.kind == WebSocket:
		out.Type, out.Status, out.Header = TypeWebSocket, res.status, http.Header{}
		f.step("#websocket-protocol", "The server accepted the WebSocket.")
		return out, nil
	case r.kind == WebTransport:
		out.Type, out.Status, out.Header = TypeWebTransport, res.status, http.Header{}
		f.step("https://w3c.github.io/webtransport/#webtransport-constructor", "The server accepted the WebTransport session.")
		return out, nil
	case r.mode == Navigate:
		if fail := f.embedderCheck(res); fail != nil {
			return nil, fail
		}
		out.Type, out.Header = TypeNavigation, http.Header{}
		f.step("https://html.spec.whatwg.org/#navigate", "The browser shows the answer; the page that started it cannot read it.")
		return out, nil
	case r.tainting == TypeOpaque:
		out.Type, out.Header, out.Redirected = TypeOpaque, http.Header{}, false
		f.step("#concept-filtered-response-opaque", "The answer is opaque: the page can use it, but read nothing of it.")
		return out, nil
	}
	out.Type, out.Status, out.URL, out.BodyReadable, out.Body = r.tainting, res.status, f.responseURL(), true, res.body
	if out.Body == nil {
		out.Body = []byte{}
	}
	if r.method == "HEAD" || isNullBodyStatus(res.status) {
		out.Body = nil
	}
	if res.bodyErr != nil {
		out.BodyReadable, out.Body = false, nil
	}
	if r.tainting == TypeBasic {
		out.Header = f.filter(res.header, func(string) bool { return true })
		return out, nil
	}
	out.Header = f.filter(res.header, f.exposed(res))
	f.step("#concept-filtered-response-cors", "The page may read the answer: status, body and %s.", countHeaders(len(out.Header)))
	return out, nil
}

func countHeaders(n int) string {
	if n == 1 {
		return "1 header"
	}
	return itoa(n) + " headers"
}

// redirected is Response.redirected.
func (f *fetch) redirected() bool {
	return len(f.req.urls) > 1 || f.prof.upgradeIsRedirect && f.upgradedFrom != nil
}

// opaqueRedirectURL is the URL of a redirect that is not followed.
func (f *fetch) opaqueRedirectURL() string {
	if f.prof.upgradeIsHidden && f.upgradedFrom != nil {
		return f.upgradedFrom.wire()
	}
	return f.req.url().wire()
}

// responseURL is the answer's URL as the page sees it, without its fragment.
func (f *fetch) responseURL() string {
	u := f.req.url()
	if f.prof.upgradeIsHidden && f.req.kind == FetchAPI && len(f.req.urls) == 1 && f.upgradedFrom != nil {
		u = f.upgradedFrom
	}
	bare := f.prof.responseURLBare && len(f.req.urls) > 1
	if f.prof.redirectsFromFirst {
		bare = len(f.req.urls) == 1 && f.req.tainting == TypeCORS
	}
	if bare || !u.hasCredentials() {
		return u.wire()
	}
	full := *u
	full.fragment = ""
	return full.String()
}

// isNullBodyStatus is #null-body-status.
func isNullBodyStatus(status int) bool {
	switch status {
	case 101, 103, 204, 205, 304:
		return true
	}
	return false
}

// filter keeps the headers that a page may read: never Set-Cookie.
func (f *fetch) filter(h http.Header, readable func(string) bool) http.Header {
	out := make(http.Header, len(h))
	for k, v := range h {
		if fetchspec.IsForbiddenResponseHeader(k) || !readable(k) || len(v) == 0 {
			continue
		}
		out[k] = v[:len(v):len(v)]
	}
	return out
}

// exposed returns which headers Access-Control-Expose-Headers lets the page
// read (main fetch step 14.1, #cors-safelisted-response-header-name).
func (f *fetch) exposed(res *response) func(string) bool {
	l := listOf(res.header, "Access-Control-Expose-Headers")
	if !l.failed() && l.has("*") && f.req.credentials != Include {
		return func(string) bool { return true }
	}
	return func(name string) bool {
		return fetchspec.IsCORSSafelistedResponseHeader(name) || !l.failed() && l.hasFold(name)
	}
}

// blockedByType covers "blocked due to its MIME type" and "due to nosniff"
// (#should-response-to-request-be-blocked-due-to-mime-type?,
// #should-response-to-request-be-blocked-due-to-nosniff?) and HTML's demand
// that a module is JavaScript.
func (f *fetch) blockedByType(res *response) *Failure {
	r := &f.req
	if r.dest != "script" && r.dest != "style" {
		return nil
	}
	value, _ := headerValue(res.header, "Content-Type")
	essence, _ := fetchspec.Essence(value)
	essence = strings.ToLower(essence)
	nosniff, _ := headerValue(res.header, "X-Content-Type-Options")
	nosniff, _, _ = strings.Cut(nosniff, ",")
	sniffs := !fetchspec.EqualFold(trimTabOrSpace(nosniff), "nosniff")
	const mime = "#should-response-to-request-be-blocked-due-to-mime-type?"
	switch {
	case r.dest == "style":
		if !sniffs && essence != "text/css" {
			return f.fail(MIMEType, "#should-response-to-request-be-blocked-due-to-nosniff?", value, "text/css")
		}
	case r.kind == ModuleScript && !isJavaScript(essence):
		return f.fail(MIMEType, "https://html.spec.whatwg.org/#fetch-a-single-module-script", value, "text/javascript")
	case !sniffs && !isJavaScript(essence):
		return f.fail(MIMEType, "#should-response-to-request-be-blocked-due-to-nosniff?", value, "text/javascript")
	case strings.HasPrefix(essence, "audio/"), strings.HasPrefix(essence, "image/"),
		strings.HasPrefix(essence, "video/"), essence == "text/csv":
		return f.fail(MIMEType, mime, value, "text/javascript")
	}
	return nil
}

// isJavaScript is "JavaScript MIME type essence match"
// (https://mimesniff.spec.whatwg.org/#javascript-mime-type).
func isJavaScript(essence string) bool {
	switch essence {
	case "application/ecmascript", "application/javascript", "application/x-ecmascript",
		"application/x-javascript", "text/ecmascript", "text/javascript", "text/javascript1.0",
		"text/javascript1.1", "text/javascript1.2", "text/javascript1.3", "text/javascript1.4",
		"text/javascript1.5", "text/jscript", "text/livescript", "text/x-ecmascript", "text/x-javascript":
		return true
	}
	return false
}

// refusedByAPI holds what some APIs demand of an answer beyond Fetch.
func (f *fetch) refusedByAPI(res *response) *Failure {
	switch f.req.kind {
	case WebSocket:
		if res.status != 101 {
			return f.fail(WebSocketRefused, "https://websockets.spec.whatwg.org/#concept-websocket-establish", itoa(res.status), "101")
		}
	case WebTransport:
		if !isOKStatus(res.status) {
			return f.fail(WebTransportRefused, "https://w3c.github.io/webtransport/#webtransport-constructor", itoa(res.status), "200 to 299")
		}
	case EventSource:
		const section = "https://html.spec.whatwg.org/#dom-eventsource"
		value, _ := headerValue(res.header, "Content-Type")
		if essence, _ := fetchspec.Essence(value); res.status != 200 || !fetchspec.EqualFold(essence, "text/event-stream") {
			return f.fail(EventSourceRefused, section, strings.TrimSpace(itoa(res.status)+" "+value), "200 text/event-stream")
		}
	case Media:
		if _, ranged := headerValue(res.header, "Content-Range"); res.status == 206 && !ranged && f.prof.partsNeedRange != nil && f.prof.partsNeedRange(f.req.tainting) {
			return f.fail(LoadStatus, "https://html.spec.whatwg.org/#concept-media-load-resource", itoa(res.status), "206 with Content-Range")
		}
		if res.status != 200 && res.status != 206 && !(f.prof.anyMediaSuccess && f.req.tainting != TypeOpaque && isOKStatus(res.status) && !isNullBodyStatus(res.status)) {
			return f.fail(LoadStatus, "https://html.spec.whatwg.org/#concept-media-load-resource", itoa(res.status), "200 or 206")
		}
	case Image:
		if f.prof.statusOfImages != nil && !f.prof.statusOfImages(res.status, f.req.tainting) {
			return f.fail(LoadStatus, "https://html.spec.whatwg.org/#updating-the-image-data", itoa(res.status), "a status with a body")
		}
	case Script, ModuleScript, Stylesheet:
		if !isOKStatus(res.status) && !(res.status == 304 && f.prof.loads304 != nil && f.prof.loads304(f.req.kind)) {
			return f.fail(LoadStatus, "https://html.spec.whatwg.org/#fetch-a-classic-script", itoa(res.status), "200 to 299")
		}
	}
	return nil
}
