package browser

// httpFetch is "HTTP fetch" (#http-fetch), without service workers.
func (f *fetch) httpFetch(makeCORSPreflight bool) (*response, *Failure) {
	r := &f.req
	if makeCORSPreflight {
		if fail := f.preflightUnlessCached(); fail != nil {
			return nil, fail
		}
	}
	res, fail := f.networkFetch()
	if fail != nil {
		return nil, fail
	}
	// Step 5.4: not for 304 and 407, which never get here.
	if r.tainting == TypeCORS {
		if fail := f.corsCheck(res, r.serializedOrigin()); fail != nil {
			return nil, fail
		}
	}
	// Step 6.
	if r.tainting == TypeOpaque {
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
	switch r.redirect {
	case Error:
		if r.kind == WebSocket {
			return nil, f.fail(WebSocketRefused, "#websocket-protocol", itoa(res.status), "101")
		}
		return nil, f.fail(RedirectModeError, "#http-fetch", itoa(res.status), "")
	case Manual:
		if r.mode != Navigate {
			f.step("#http-fetch", `Redirect mode "manual": the redirect is not followed, and the page sees nothing of it.`)
			res.typ = TypeOpaqueRedirect
			return res, nil
		}
	}
	return f.redirectFetch(res)
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
