package browser

import "strings"

// httpFetch is "HTTP fetch" (#http-fetch), without service workers.
func (f *fetch) httpFetch(makeCORSPreflight bool) (*response, *Failure) {
	r := &f.req
	if makeCORSPreflight {
		if fail := f.preflightUnlessCached(); fail != nil {
			return nil, fail
		}
	}
	if f.asksBeforeMixedContent() {
		if fail := f.mixedContent(); fail != nil {
			return nil, fail
		}
	}
	if f.redirectedBy != nil && f.prof.redirectsFromFirst {
		if fail := f.checkRedirectAgain(); fail != nil {
			return nil, fail
		}
	}
	res, fail := f.networkFetch()
	if fail != nil {
		return nil, fail
	}
	// Step 5.4: not for 304 and 407, which never get here.
	if r.tainting == TypeCORS && !f.upgradePreventsCORS() {
		if fail := f.corsCheck(res, r.serializedOrigin()); fail != nil {
			return nil, fail
		}
	}
	// Step 6.
	if r.tainting == TypeOpaque || r.dest == "iframe" && f.page.embedder != UnsafeNone {
		if fail := f.corpCheck(res); fail != nil {
			return nil, fail
		}
	}
	if !isRedirectStatus(res.status) {
		return res, nil
	}
	if f.prof.readsLocationFirst {
		// The network layer decides what a redirect is.
		location, _ := f.location(res)
		if location == "" && r.redirect != Manual {
			return res, nil
		}
		if _, err := parseAddress(location, r.url()); err != nil {
			return nil, f.fail(RedirectInvalid, "#http-redirect-fetch", location, err.Error())
		}
	}
	location, present := f.location(res)
	if f.prof.redirectsFromFirst {
		switch {
		case !present && r.redirect != Manual:
			return res, nil
		case present && location == "" && r.redirect == Follow:
			return nil, f.fail(RedirectInvalid, "#http-redirect-fetch", location, "it is empty")
		case r.redirect == Manual && strings.HasPrefix(location, "ftp:"):
			return nil, f.fail(RedirectScheme, "#http-redirect-fetch", "ftp", "")
		}
	}
	switch r.redirect {
	case Error:
		switch r.kind {
		case WebTransport:
			return nil, f.fail(WebTransportRefused, "https://w3c.github.io/webtransport/#webtransport-constructor", itoa(res.status), "200 to 299")
		case WebSocket:
			return nil, f.fail(WebSocketRefused, "#websocket-protocol", itoa(res.status), "101")
		}
		return nil, f.fail(RedirectModeError, "#http-fetch", itoa(res.status), "")
	case Manual:
		if r.mode != Navigate {
			f.step("#http-fetch", `Redirect mode "manual": the redirect is not followed, and the page sees nothing of it.`)
			res.typ = TypeOpaqueRedirect
			if location != "" || !f.prof.redirectsFromFirst {
				res.body = nil // else WebKit lets the page read it
			}
			return res, nil
		}
	}
	return f.redirectFetch(res)
}

// checkRedirectAgain is WebKit's second CORS check of an answer that redirected.
// If the page asked its own origin first, credentials were allowed, and still are
// in the eyes of this check, though other origins get none. It comes after the
// preflight of the next request.
func (f *fetch) checkRedirectAgain() *Failure {
	r, res := &f.req, f.redirectedBy
	f.redirectedBy = nil
	if r.mode != CORS || r.credentials != SameOriginCredentials ||
		!r.urls[0].origin().sameOrigin(r.origin) || res.url.origin().sameOrigin(r.origin) {
		return nil
	}
	return f.corsCheckAs(res, r.originText, true)
}

// isRedirectStatus is #redirect-status.
func isRedirectStatus(status int) bool {
	switch status {
	case 301, 302, 303, 307, 308:
		return true
	}
	return false
}

// isOKStatus is #ok-status.
func isOKStatus(status int) bool { return 200 <= status && status <= 299 }
