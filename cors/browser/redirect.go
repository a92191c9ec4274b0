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
	if !u.isHTTP() {
		return nil, f.fail(RedirectScheme, section, u.scheme, "")
	}
	if r.redirects == maxRedirects {
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
	rewrite := (res.status == 301 || res.status == 302) && r.method == "POST" ||
		res.status == 303 && r.method != "GET" && r.method != "HEAD"
	crossOrigin := !u.origin().sameOrigin(r.url().origin())
	f.keepNames(rewrite, crossOrigin)
	removed := !r.has("Authorization")
	f.restoreHeaders(res.status)
	if rewrite { // step 12
		f.step(section, "The redirect turns %s into GET and drops the body.", r.method)
		r.method, r.hasBody, r.body, r.stream = "GET", false, nil, false
		r.remove(fetchspec.IsRequestBodyHeader)
	}
	// Step 13.
	if crossOrigin && r.has("Authorization") {
		f.step(section, "Authorization is removed: the redirect leads to another origin.")
		r.remove(fetchspec.IsCORSNonWildcardRequestHeader)
	}
	if removed && r.has("Authorization") && !u.origin().sameOrigin(r.urls[0].origin()) {
		f.note(NoteAuthorizationReturns, section, u.origin().String())
	}
	if crossOrigin {
		r.crossed = true
	}
	// Pages on http://localhost are spared; why is not known, it was measured.
	top := f.page.top
	if f.prof.dropsHints && !(top.scheme == "http" && top.trustworthy()) && !(u.origin().sameOrigin(r.origin) && r.origin.sameOrigin(top)) {
		r.remove(isClientHint)
	}
	wasTainted := r.tainted()
	r.urls = append(r.urls, u) // step 18
	if !wasTainted && r.tainted() && r.tainting != TypeOpaque {
		f.step("#concept-request-redirect-taint", `The page's origin becomes "null" from here on: another origin redirected to a third one.`)
	}
	f.redirectReferrerPolicy(res) // step 19
	return f.mainFetch()
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
		f.firstMethod, f.firstHeaders = r.method, slices.Clone(r.headers)
		return
	}
	r.headers = slices.Clone(f.firstHeaders)
	if (status == 301 || status == 302) && f.firstMethod == "POST" ||
		status == 303 && f.firstMethod != "GET" && f.firstMethod != "HEAD" {
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
	return trimTabOrSpace(vs[0]), true
}

// redirectReferrerPolicy is "set request's referrer policy on redirect"
// (https://w3c.github.io/webappsec-referrer-policy/#set-requests-referrer-policy-on-redirect).
func (f *fetch) redirectReferrerPolicy(res *response) {
	for _, line := range res.header["Referrer-Policy"] {
		for item := range strings.SplitSeq(line, ",") {
			switch p := ReferrerPolicy(strings.ToLower(trimTabOrSpace(item))); p {
			case NoReferrer, NoReferrerWhenDowngrade, OriginOnly, OriginWhenCrossOrigin,
				SameOriginReferrer, StrictOrigin, StrictOriginWhenCrossOrigin, UnsafeURL:
				f.req.referrerPolicy = p // the last one known wins
			}
		}
	}
}
