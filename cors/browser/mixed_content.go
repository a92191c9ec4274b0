package browser

// upgradeInsecure is main fetch's steps 4 and 5: upgrade-insecure-requests and
// the upgrade of images, audio and video on secure pages
// (https://w3c.github.io/webappsec-mixed-content/#upgrade-algorithm).
func (f *fetch) upgradeInsecure() {
	r := &f.req
	u := r.url()
	if u.scheme != "http" {
		return
	}
	switch {
	case f.page.upgrade && (r.mode != Navigate || u.origin().sameOrigin(r.origin)):
	case u.trustworthy() || isIP(u.host) || !f.prohibitsMixedContent():
		return
	case r.kind == Image || r.kind == Media:
	default:
		return
	}
	up := *u
	up.scheme = "https"
	r.urls[len(r.urls)-1] = &up
	f.step("https://w3c.github.io/webappsec-mixed-content/#upgrade-algorithm", "%s is fetched over https instead.", u.String())
}

// prohibitsMixedContent is "does settings prohibit mixed security contexts".
// The standard asks whether the origin is potentially trustworthy; browsers
// ask whether it is https, so that pages on http://localhost may load anything.
func (f *fetch) prohibitsMixedContent() bool {
	prohibits := func(o origin) bool {
		if f.prof.mixedContentByScheme {
			return o.scheme == "https"
		}
		return o.trustworthy()
	}
	return prohibits(f.page.origin) || prohibits(f.page.top)
}

// mixedContent is "should fetching request be blocked as mixed content"
// (https://w3c.github.io/webappsec-mixed-content/#should-block-fetch).
func (f *fetch) mixedContent() *Failure {
	r := &f.req
	u := r.url()
	if u.trustworthy() || !u.isHTTP() || r.dest == "document" || !f.prohibitsMixedContent() {
		return nil
	}
	if f.prof.allowsMixedImages && (r.kind == Image || r.kind == Media) && r.mode == NoCORS {
		return nil
	}
	return f.fail(MixedContent, "https://w3c.github.io/webappsec-mixed-content/#should-block-fetch", u.String(), "https")
}
