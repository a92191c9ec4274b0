package browser

import (
	"slices"
	"strings"

	"github.com/concors/concors/cors/internal/fetchspec"
)

// maxRedirects is how many redirects are followed (#http-redirect-fetch step 7).
const maxRedirects = 20

// redirectFetch is "HTTP-redirect fetch" (#http-redirect-fetch).
func (f *fetch) redirectFetch(res *response) (*response, *Failure) {
	r := &f.req
	const section = "#http-redirect-fetch"
	// Steps 3 to 6.
	location, ok := f.location(res)
	if !ok {
		return res, nil // no Location: an answer like any other
	}
	u, err := parseAddress(location, r.url())
	if err != nil {
		return nil, f.fail(RedirectInvalid, section, location, err.Error())
	}
	if u.fragment == "" {
		u.fragment = r.url().fragment
	}
	if r.kind == WebSocket {
		webSocketToHTTP(u)
	}
	if !u.isHTTP() {
		return nil, f.fail(RedirectScheme, section, u.scheme, "")
	}
	limit := maxRedirects
	if (r.keepalive || r.dest == "document") && f.prof.redirectsLess {
		limit--
	}
	if r.redirects == limit {
		return nil, f.fail(TooManyRedirects, section, itoa(r.redirects), "")
	}
	r.redirects++
	// Steps 9 and 10.
	if u.hasCredentials() && (r.mode == CORS && !u.origin().sameOrigin(r.origin) || r.tainting == TypeCORS) {
		return nil, f.fail(RedirectCredentials, section, u.String(), "")
	}
	// Step 11.
	if res.status != 303 && r.hasBody && r.stream {
		return nil, f.fail(RedirectStreamBody, section, itoa(res.status), "303")
	}
	f.step(section, "Status %s redirects to %s.", itoa(res.status), u.String())
	crossOrigin := !u.origin().sameOrigin(r.url().origin())
	rewrite := redirectsAsGET(res.status, r.method) || f.prof.redirectsFromFirst && crossOrigin && r.method == "DELETE"
	f.keepNames(rewrite, crossOrigin)
	removed := !r.has("Authorization")
	f.restoreHeaders(res.status)
	if f.prof.redirectsFromFirst {
		f.restoreFirst(u, res.status)
	}
	if rewrite { // step 12
		f.step(section, "The redirect turns %s into GET and drops the body.", r.method)
		r.method, r.hasBody, r.body, r.stream = "GET", false, nil, false
	}
	if !f.prof.redirectsFromFirst {
		if rewrite {
			r.remove(fetchspec.IsRequestBodyHeader)
		}
		// Step 13.
		if crossOrigin && r.has("Authorization") {
			f.step(section, "Authorization is removed: the redirect leads to another origin.")
			r.remove(fetchspec.IsCORSNonWildcardRequestHeader)
		}
	}
	if removed && r.has("Authorization") && !u.origin().sameOrigin(r.urls[0].origin()) {
		f.note(NoteAuthorizationReturns, section, u.origin().String())
	}
	if crossOrigin {
		r.crossed = true
	}
	top := f.page.top
	if f.prof.dropsHints && !r.keepalive && !(u.origin().sameOrigin(r.origin) && r.origin.sameOrigin(top)) {
		r.remove(isClientHint)
	}
	wasTainted := r.tainted()
	r.urls = append(r.urls, u) // step 18
	if !wasTainted && r.tainted() && r.tainting != TypeOpaque {
		f.step("#concept-request-redirect-taint", `The page's origin becomes "null" from here on: another origin redirected to a third one.`)
	}
	f.redirectedBy = res
	f.redirectReferrerPolicy(res) // step 19
	return f.mainFetch()
}

// redirectsAsGET is the condition of step 12: the method becomes GET.
func redirectsAsGET(status int, method string) bool {
	return (status == 301 || status == 302) && method == "POST" ||
		status == 303 && method != "GET" && method != "HEAD"
}

// restoreFirst is WebKit's way (steps 12 and 13). Content-Type and the like go
// when the method becomes GET, Authorization on the way to another origin. Where
// CORS applies, the next redirect brings back all the headers of the first
// request, Authorization as long as the origin is not "null". Where it does not,
// User-Agent goes for ever, and only Content-Type comes back, with a 307 or 308,
// unless it went on the way out of the page's origin.
func (f *fetch) restoreFirst(u *address, status int) {
	r := &f.req
	if len(r.urls) == 1 {
		f.firstHeaders = slices.Clone(r.headers)
	}
	cors := r.mode == CORS && (r.tainting == TypeCORS || !u.origin().sameOrigin(r.origin))
	again := cors || status == 307 || status == 308
	crossOrigin, rewrite := !u.origin().sameOrigin(r.url().origin()), redirectsAsGET(status, r.method)
	if rewrite && crossOrigin && r.url().origin().sameOrigin(r.origin) && (r.kind == FetchAPI || r.kind == XMLHttpRequest) {
		f.typeGone = true
	}
	was := r.headers
	r.headers = nil
	for _, h := range f.firstHeaders {
		kept := has(was, h.Name)
		switch {
		case fetchspec.EqualFold(h.Name, "Content-Type"):
			kept = (kept || again && !(f.typeGone && !cors)) && !rewrite
		case rewrite && fetchspec.IsRequestBodyHeader(h.Name):
			kept = false
		case fetchspec.IsCORSNonWildcardRequestHeader(h.Name):
			kept = (kept || cors && !r.tainted()) && !crossOrigin
		case cors:
			kept = true
		case fetchspec.EqualFold(h.Name, "User-Agent"):
			kept = false
		}
		if kept {
			r.headers = append(r.headers, h)
		}
	}
}

// restoreHeaders is Firefox' way: each redirect starts from the headers of the
// first request and drops what this one redirect asks for, so that headers that
// an earlier redirect removed come back.
func (f *fetch) restoreHeaders(status int) {
	r := &f.req
	if !f.prof.headersComeBack || r.kind != FetchAPI && r.kind != XMLHttpRequest {
		return
	}
	if len(r.urls) == 1 {
		for i, h := range r.headers { // its charset is corrected only once
			if f.writtenType != "" && fetchspec.EqualFold(h.Name, "Content-Type") {
				r.headers[i].Value = f.writtenType
			}
		}
		f.firstMethod, f.firstHeaders = r.method, slices.Clone(r.headers)
		return
	}
	r.headers = slices.Clone(f.firstHeaders)
	if redirectsAsGET(status, f.firstMethod) {
		r.remove(fetchspec.IsRequestBodyHeader)
	}
}

// isClientHint reports whether Chromium takes the header for a client hint that
// only the page's own origin may get.
func isClientHint(name string) bool {
	for _, hint := range [...]string{"DPR", "Device-Memory", "Downlink", "ECT", "RTT", "Viewport-Width", "Width"} {
		if fetchspec.EqualFold(name, hint) {
			return true
		}
	}
	return false
}

// location returns the Location header (#concept-response-location-url).
func (f *fetch) location(res *response) (string, bool) {
	vs := res.header["Location"]
	if len(vs) == 0 {
		return "", false
	}
	if f.prof.joinsLocations {
		return trimTabOrSpace(strings.Join(vs, ", ")), true
	}
	return trimTabOrSpace(vs[0]), true
}

// twoLocations fails for an answer whose Location headers contradict each other:
// one that is a list is a failure (#concept-response-location-url step 3), and
// browsers refuse such answers whatever their status.
func (f *fetch) twoLocations(res *response) *Failure {
	vs := res.header["Location"]
	if len(vs) < 2 || f.prof.joinsLocations || f.prof.equalLocations && slices.Equal(vs[1:], vs[:len(vs)-1]) {
		return nil
	}
	if !isRedirectStatus(res.status) && !f.prof.equalLocations {
		return nil
	}
	return f.fail(RedirectInvalid, "#concept-response-location-url", strings.Join(vs, ", "), "there are two of them")
}

// redirectReferrerPolicy is "set request's referrer policy on redirect"
// (https://w3c.github.io/webappsec-referrer-policy/#set-requests-referrer-policy-on-redirect).
func (f *fetch) redirectReferrerPolicy(res *response) {
	for _, line := range res.header["Referrer-Policy"] {
		for item := range strings.SplitSeq(line, ",") {
			switch p := ReferrerPolicy(strings.ToLower(trimTabOrSpace(item))); p {
			case NoReferrer, NoReferrerWhenDowngrade, OriginOnly, OriginWhenCrossOrigin,
				SameOriginReferrer, StrictOrigin, StrictOriginWhenCrossOrigin, UnsafeURL:
				f.req.referrerPolicy, f.req.policyFromRedirect = p, true // the last one known wins
				if f.uncutReferer != "" {
					f.uncutReferer = f.referer
				}
			}
		}
	}
}
