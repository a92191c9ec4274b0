package browser

// maxReferrer is the length from which only a referrer's origin is sent
// (https://w3c.github.io/webappsec-referrer-policy/#determine-requests-referrer step 6).
const maxReferrer = 4096

// setReferrer is main fetch's steps 8 and 9: the referrer that the request has
// from here on. What was cut to the origin, or dropped, stays so after redirects.
func (f *fetch) setReferrer() {
	r := &f.req
	switch {
	case len(r.urls) == 1:
		f.referer = f.page.referrer(f.prof, r.kind)
	case f.uncutReferer != "" && f.referer != "":
		f.referer = f.uncutReferer
	}
	if f.referer == "" {
		return
	}
	// Where another policy takes the place of a relaxed one, its cut is not kept,
	// unless the request may outlive the page that it could be asked of.
	f.uncutReferer = ""
	if f.referrerPolicy() != r.referrerPolicy && !(r.keepalive && r.kind == FetchAPI) {
		f.uncutReferer = f.referer
	}
	f.referer = f.cutReferrer(f.referrerPolicy())
	if f.prof.redirectsFromFirst && r.dest == "document" && len(r.urls) > 1 && f.page.url.scheme == "https" && r.url().scheme == "http" {
		f.referer = ""
	}
	if len(r.urls) == 1 {
		f.firstReferer = f.referer
	}
}

// refererHeader is the referrer as it goes over the wire, "" for none. WebKit
// sends preflights before it has looked at the referrer policy again.
func (f *fetch) refererHeader(preflight bool) string {
	r, ref := &f.req, f.referer
	if preflight && f.prof.redirectsFromFirst {
		ref = f.firstReferer
	}
	if ref != "" && f.prof.thirdPartyReferrerIsOrigin && (r.dest != "document" || len(r.urls) > 1 && !r.policyFromRedirect) && f.leavesTop() {
		return f.page.url.serializedOrigin() + "/"
	}
	return ref
}

// leavesTop reports whether the request goes to another site than that in the
// address bar, or, in a frame, has been there.
func (f *fetch) leavesTop() bool {
	urls := f.req.urls
	if f.req.dest != "iframe" {
		urls = urls[len(urls)-1:]
	}
	for _, u := range urls {
		if !f.page.top.within(u.origin()) {
			return true
		}
	}
	return false
}

// referrer is the page's address as requests may name it, "" for none: documents
// with an opaque origin have none.
func (c *client) referrer(prof *behaviour, kind Kind) string {
	if c.url == nil || !c.url.isHTTP() || kind == WebSocket || kind == WebTransport || c.origin.opaque() && (prof.referrerOfOpaque == nil || !prof.referrerOfOpaque(kind)) {
		return ""
	}
	return c.url.wire()
}

// cutReferrer is "determine request's referrer"
// (https://w3c.github.io/webappsec-referrer-policy/#determine-requests-referrer),
// from step 4 on.
func (f *fetch) cutReferrer(policy ReferrerPolicy) string {
	src, u := f.page.url, f.req.url()
	full, origin := f.referer, src.serializedOrigin()+"/"
	if len(full) > maxReferrer {
		full = origin
	}
	same := f.page.origin.sameOrigin(u.origin())
	if f.prof.opaqueReferrerByURL {
		same = src.origin().sameOrigin(u.origin())
	}
	downgrade := src.trustworthy() && !u.trustworthy()
	if f.prof.downgradeByScheme {
		downgrade = src.scheme == "https" && u.scheme != "https"
	}
	if f.upgradedFrom != nil && len(f.req.urls) == 1 && f.prof.referrerBeforeUpgrade != nil {
		same, downgrade = f.prof.referrerBeforeUpgrade(f, same, downgrade)
	}
	switch policy {
	case NoReferrer:
		return ""
	case OriginOnly:
		return origin
	case UnsafeURL:
		return full
	case OriginWhenCrossOrigin:
		if same {
			return full
		}
		return origin
	case SameOriginReferrer:
		if same {
			return full
		}
		return ""
	case StrictOrigin:
		if downgrade {
			return ""
		}
		return origin
	case NoReferrerWhenDowngrade:
		if downgrade {
			return ""
		}
		return full
	}
	switch { // strict-origin-when-cross-origin
	case same:
		return full
	case downgrade:
		return ""
	}
	return origin
}

// Browsers make some referrers before they upgrade http to https, and judge by
// the http address then whether it is the page's origin, or a downgrade.

func chromiumReferrerBeforeUpgrade(f *fetch, same, downgrade bool) (bool, bool) {
	return same, downgrade || f.req.kind == Iframe && f.page.url.scheme == "https"
}

func firefoxReferrerBeforeUpgrade(f *fetch, same, downgrade bool) (bool, bool) {
	return same || f.req.mode == Navigate && f.req.kind != Form && f.upgradedFrom.origin().sameOrigin(f.page.origin), downgrade
}

func webkitReferrerBeforeUpgrade(f *fetch, same, downgrade bool) (bool, bool) {
	if f.req.kind != Media || f.page.url.scheme != "https" {
		return same, downgrade
	}
	return f.upgradedFrom.origin().sameOrigin(f.page.origin), f.page.url.scheme == "https"
}

// referrerPolicy is the request's, unless the browser does not accept it.
func (f *fetch) referrerPolicy() ReferrerPolicy {
	r := &f.req
	if f.prof.noRelaxedReferrer && isRelaxed(r.referrerPolicy) && r.dest != "document" && !r.origin.schemelesslySameSite(r.url().origin()) {
		return StrictOriginWhenCrossOrigin
	}
	return r.referrerPolicy
}

// isRelaxed reports whether a policy tells other sites more than the default.
func isRelaxed(p ReferrerPolicy) bool {
	return p == NoReferrerWhenDowngrade || p == OriginWhenCrossOrigin || p == UnsafeURL
}
