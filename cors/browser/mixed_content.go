package browser

// upgradeInsecure is main fetch's steps 4 and 5: upgrade-insecure-requests and
// the upgrade of images, audio and video on secure pages
// (https://w3c.github.io/webappsec-mixed-content/#upgrade-algorithm).
func (f *fetch) upgradeInsecure() {
	r := &f.req
	u := r.url()
	media := r.kind == Image || r.kind == Media
	if u.scheme != "http" || f.letThrough() && !f.page.upgrade || f.redirectedWebSocket() {
		return
	}
	upgrades := f.page.upgrade && (r.kind != Navigation || u.origin().sameOrigin(r.origin)) && !(len(r.urls) > 1 && (f.prof.upgradesNavigationsFirst && r.dest == "document" || f.prof.upgradesFramesFirst && r.dest == "iframe")) && !(f.prof.keepaliveIsNotUpgraded && r.keepalive && r.kind == FetchAPI)
	onLoopback := f.page.url != nil && isLoopback(f.page.url.host)
	anyway := upgrades && (f.prof.upgradesLoopback || f.prof.upgradesWebSockets && r.kind == WebSocket && !onLoopback || f.prof.upgradesRedirects && len(r.urls) > 1)
	ipv6 := u.host[0] == '[' && f.prof.loopbackIsMixed
	anyway = anyway || media && ipv6
	redirected := media && len(r.urls) > 1 && f.prof.upgradesRedirects && r.urls[0].scheme == "https" && f.prohibitsMixedContent()
	if !redirected && !anyway && (u.trustworthy() || f.exemptFromMixedContent(u)) {
		return
	}
	switch {
	case redirected, upgrades:
	case isIP(u.host) && !ipv6 && !(f.prof.upgradesAddresses && addressSpace(u.host) == Public), !f.prohibitsMixedContent():
		return
	case media:
	default:
		return
	}
	up := *u
	up.scheme, up.originText = "https", ""
	if n := len(r.urls); n == 1 {
		f.upgradedFrom = u
	} else if last := r.urls[n-2].origin(); f.prof.upgradeTaints && !u.origin().sameOrigin(last) && !r.origin.sameOrigin(last) {
		r.upgradeTainted = true
	}
	r.urls[len(r.urls)-1] = &up
	f.step("https://w3c.github.io/webappsec-mixed-content/#upgrade-algorithm", "%s is fetched over https instead.", u.String())
}

// letThrough reports whether this is an image or the like that was redirected
// by a server reached over http. That can only be loopback, and Chromium then
// neither blocks nor upgrades, but for upgrade-insecure-requests.
func (f *fetch) letThrough() bool {
	r := &f.req
	return f.prof.upgradesRedirects && len(r.urls) > 1 && r.urls[len(r.urls)-2].scheme == "http" &&
		r.mode == NoCORS && (r.kind == Image || r.kind == Media)
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
	if f.prof.framesDecideAlone && !f.page.origin.opaque() {
		return prohibits(f.page.origin)
	}
	return prohibits(f.page.origin) || prohibits(f.page.top)
}

// exemptFromMixedContent: a host that is certainly on the local network is left
// to Local Network Access (https://wicg.github.io/local-network-access/#mixed-content).
func (f *fetch) exemptFromMixedContent(u *address) bool {
	return f.prof.localNetworkAccess && addressSpace(u.host) == Local
}

// asksBeforeMixedContent reports whether a preflight goes out before the browser
// looks at mixed content: after redirects, where CORS applies.
func (f *fetch) asksBeforeMixedContent() bool {
	r := &f.req
	return f.prof.asksBeforeMixedContent && len(r.urls) > 1 && r.mode == CORS
}

// redirectedWebSocket: nothing looks at where a WebSocket is redirected to.
func (f *fetch) redirectedWebSocket() bool { return f.req.kind == WebSocket && len(f.req.urls) > 1 }

// mixedContent is "should fetching request be blocked as mixed content"
// (https://w3c.github.io/webappsec-mixed-content/#should-block-fetch).
func (f *fetch) mixedContent() *Failure {
	r := &f.req
	u := r.url()
	form := r.kind == Form && f.prof.blocksMixedForms && (len(r.urls) == 1 || r.method == "POST")
	if f.redirectedWebSocket() {
		return nil
	}
	if f.prof.loopbackIsMixed && u.scheme == "http" && f.prohibitsMixedContent() && r.dest != "document" {
		if (r.kind == Image || r.kind == Media) && isLoopback(u.host) && len(r.urls) == 1 {
			return nil
		}
		return f.fail(MixedContent, "https://w3c.github.io/webappsec-mixed-content/#should-block-fetch", u.String(), "https")
	}
	if f.letThrough() || u.trustworthy() || !u.isHTTP() || f.exemptFromMixedContent(u) || r.dest == "document" && !form || !f.prohibitsMixedContent() {
		return nil
	}
	return f.fail(MixedContent, "https://w3c.github.io/webappsec-mixed-content/#should-block-fetch", u.String(), "https")
}
