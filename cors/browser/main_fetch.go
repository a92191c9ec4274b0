package browser

import (
	"net/http"

	"github.com/concors/concors/cors/internal/fetchspec"
)

// A response is the standard's response, before it is filtered.
type response struct {
	status    int
	header    http.Header
	preflight bool // it answers a preflight
	body      []byte
	bodyErr   error
	url       *address
	creds     bool         // request-includes-credentials
	typ       ResponseType // TypeOpaqueRedirect, or "" until it is filtered
}

// mainFetch is "main fetch" (#main-fetch), also for redirects.
func (f *fetch) mainFetch() (*response, *Failure) {
	r := &f.req
	f.upgradeInsecure() // steps 4 and 5
	// Step 6.
	if fail := f.badPort(); fail != nil {
		return nil, fail
	}
	if !f.asksBeforeMixedContent() {
		if fail := f.mixedContent(); fail != nil {
			return nil, fail
		}
	}
	if fail := f.credentialedSubresource(); fail != nil {
		return nil, fail
	}
	f.setReferrer() // steps 8 and 9
	// Step 11.
	u := r.url()
	sameOrigin := u.origin().sameOrigin(r.origin)
	switch {
	case u.scheme == "data":
		if f.prof.redirectsFromFirst && r.mode == NoCORS && r.redirect != Follow {
			return nil, f.fail(NoCORSRedirectMode, "#main-fetch", string(r.redirect), string(Follow))
		}
		return f.dataFetch()

	case sameOrigin && (r.tainting == TypeBasic || r.tainting == ""),
		r.mode == Navigate, r.mode == WebSocketMode, r.mode == WebTransportMode:
		r.tainting = TypeBasic
		if sameOrigin {
			f.step("#main-fetch", "%s is the page's own origin, so CORS does not apply.", u.serializedOrigin())
		}
		if !u.isHTTP() {
			return nil, f.fail(SchemeNotSupported, "#scheme-fetch", u.scheme, "")
		}
		return f.httpFetch(false)

	case r.mode == SameOrigin:
		return nil, f.fail(SameOriginMode, "#main-fetch", u.serializedOrigin(), f.page.originText)

	case r.mode == NoCORS:
		if r.redirect != Follow {
			return nil, f.fail(NoCORSRedirectMode, "#main-fetch", string(r.redirect), string(Follow))
		}
		r.tainting = TypeOpaque
		f.step("#main-fetch", `Mode "no-cors": the request to %s is made without asking, and its answer stays unreadable.`, u.serializedOrigin())
		if !u.isHTTP() {
			return nil, f.fail(SchemeNotSupported, "#scheme-fetch", u.scheme, "")
		}
		return f.httpFetch(false)

	case !u.isHTTP():
		return nil, f.fail(SchemeNotSupported, "#main-fetch", u.scheme, "")
	}
	if r.tainting != TypeCORS {
		f.step("#main-fetch", "%s is another origin than the page's, %s: CORS applies.", u.serializedOrigin(), f.page.originText)
	}
	r.tainting = TypeCORS
	if !f.needsPreflight() {
		return f.httpFetch(false)
	}
	res, fail := f.httpFetch(true)
	if fail != nil && f.prof.forgets == forgetsOnError {
		f.forgetPreflights()
	}
	return res, fail
}

// needsPreflight is the condition of main fetch's step 11 for "http-fetch"
// with a preflight, and says why.
func (f *fetch) needsPreflight() bool {
	r := &f.req
	switch {
	case f.upgradePreventsCORS():
		return false
	case f.preflighted && f.prof.stickyPreflights:
		f.step("#cors-preflight-fetch", "This browser asks again after each redirect, although nothing may need it.")
	case r.useCORSPreflight:
		f.step("#use-cors-preflight-flag", "The call needs the server's permission first (a preflight): it listens to its upload, or streams its body.")
	case !r.unsafeRequest:
		return false
	case !fetchspec.IsCORSSafelistedMethod(r.method):
		f.step("#cors-safelisted-method", "Method %s is not GET, HEAD or POST: the browser asks for permission first (a preflight).", r.method)
	default:
		names := f.unsafeHeaderNames()
		if f.prof.redirectsFromFirst && len(r.urls) > 1 {
			names = f.unsafeNamesOf(f.firstHeaders)
		}
		f.unsafe, f.unsafeFor = names, len(r.urls)
		if len(names) == 0 {
			names = f.firstNames // only where preflights are sticky
		}
		if len(names) == 0 {
			f.step("#cors-safelisted-request-header", "Method %s and the headers that the page set need no preflight.", r.method)
			return false
		}
		f.step("#cors-safelisted-request-header", "Header %s is not one that any page may send: the browser asks for permission first (a preflight).", names[0])
	}
	return true
}

// upgradePreventsCORS is a mistake of Firefox: what upgrade-insecure-requests
// would have upgraded, but did not, counts as the page's own, if only its host
// is the page's. The port is not looked at.
func (f *fetch) upgradePreventsCORS() bool {
	u := f.req.url()
	return f.prof.upgradePreventsCORS && f.page.upgrade && u.scheme == "http" && u.host == f.req.origin.host
}

// badPort is "should fetching a request be blocked due to a bad port"
// (#block-bad-port).
func (f *fetch) badPort() *Failure {
	u := f.req.url()
	if u.port != "" && u.isHTTP() && isBadPort(u.port) {
		return f.fail(BadPort, "#block-bad-port", u.port, "")
	}
	return nil
}

// isBadPort reports whether port is in the table of #port-blocking.
func isBadPort(port string) bool {
	switch port {
	case "0", "1", "7", "9", "11", "13", "15", "17", "19", "20", "21", "22", "23",
		"25", "37", "42", "43", "53", "69", "77", "79", "87", "95", "101", "102",
		"103", "104", "109", "110", "111", "113", "115", "117", "119", "123",
		"135", "137", "139", "143", "161", "179", "389", "427", "465", "512",
		"513", "514", "515", "526", "530", "531", "532", "540", "548", "554",
		"556", "563", "587", "601", "636", "989", "990", "993", "995", "1719",
		"1720", "1723", "2049", "3659", "4045", "4190", "5060", "5061", "6000",
		"6566", "6665", "6666", "6667", "6668", "6669", "6679", "6697", "10080":
		return true
	}
	return false
}

// credentialedSubresource is Chromium's own rule: elements may not load URLs
// with a user name or password unless they belong to the page's own origin.
func (f *fetch) credentialedSubresource() *Failure {
	r := &f.req
	if !f.prof.blocksCredentialedURLs || !r.url().hasCredentials() {
		return nil
	}
	switch r.kind {
	case Form:
		if r.dest != "iframe" {
			return nil
		}
	case XMLHttpRequest, Navigation, WebSocket:
		return nil
	}
	switch {
	case len(r.urls) > 1 && r.mode != NoCORS && r.kind != FetchAPI && r.dest != "iframe":
		return nil
	case len(r.urls) == 1 && (r.kind.isElement() && r.mode == CORS || r.kind == Media):
		return nil
	}
	if len(r.urls) == 1 && f.page.url != nil && f.page.url.user == r.url().user && f.page.url.pass == r.url().pass && r.url().origin().sameOrigin(r.origin) {
		return nil
	}
	return f.fail(CredentialedSubresource, "https://chromestatus.com/feature/5669008342777856", r.url().String(), "")
}
