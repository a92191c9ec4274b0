package browser

import "strings"

// A client is a Page, parsed: the environment settings object of a request.
type client struct {
	origin            origin
	originText        string   // origin, serialized
	url               *address // nil if the page has no URL to refer to
	top               origin   // the top-level origin
	crossSiteAncestor bool
	secure            bool
	referrerPolicy    ReferrerPolicy
	embedder          EmbedderPolicy
	space             AddressSpace
	upgrade           bool
	localAllowed      bool
	loopbackAllowed   bool
}

func (f *fetch) setClient(p *Page, call *Call) *Failure {
	c := &f.page
	const section = "https://html.spec.whatwg.org/#environment-settings-objects"
	var err error
	if c.origin, err = parseOrigin(p.Origin); err != nil {
		return f.fail(InvalidPage, section, "Page.Origin", err.Error())
	}
	switch {
	case p.URL != "":
		if c.url, err = parseAddress(p.URL, nil); err != nil {
			return f.fail(InvalidPage, section, "Page.URL", err.Error())
		}
	case !c.origin.opaque() && isSpecial(c.origin.scheme):
		c.url = &address{scheme: c.origin.scheme, host: c.origin.host, port: c.origin.port, path: "/"}
	}
	c.originText = c.origin.String()
	c.top = c.origin
	if p.TopLevel != "" {
		if c.top, err = parseOrigin(p.TopLevel); err != nil {
			return f.fail(InvalidPage, section, "Page.TopLevel", err.Error())
		}
	} else if c.origin.opaque() && c.url != nil {
		c.top = c.url.origin()
	}
	c.crossSiteAncestor = p.CrossSiteAncestor
	switch p.Secure {
	case ContextSecure:
		c.secure = true
	case ContextAuto:
		c.secure = c.origin.trustworthy() || c.origin.opaque() && c.url != nil && c.url.trustworthy()
		c.secure = c.secure && (c.top.opaque() || c.top.trustworthy() || f.prof.framesSecureAlone)
	}
	c.referrerPolicy = orDefault(p.ReferrerPolicy, StrictOriginWhenCrossOrigin)
	if c.embedder = UnsafeNone; c.secure { // others have none (https://html.spec.whatwg.org/#obtain-an-embedder-policy)
		c.embedder = orDefault(p.EmbedderPolicy, UnsafeNone)
	}
	if c.embedder == Credentialless && f.prof.noCredentialless {
		c.embedder = UnsafeNone
	}
	c.upgrade, c.localAllowed, c.loopbackAllowed = p.UpgradeInsecureRequests, p.LocalNetworkAllowed, p.LoopbackAllowed
	c.space = p.AddressSpace
	if c.space == "" {
		c.space = addressSpace(c.origin.host)
	}
	if int(call.Kind) >= len(kindDefaults) {
		return f.fail(InvalidCall, "#fetch-elsewhere-request", "", "no such kind of call")
	}
	return nil
}

// trustworthy reports whether a is a potentially trustworthy URL
// (https://w3c.github.io/webappsec-secure-contexts/#is-url-trustworthy).
func (a *address) trustworthy() bool {
	switch a.scheme {
	case "about", "data", "file", "https", "wss":
		return true
	case "blob":
		return strings.HasPrefix(a.path, "https:")
	}
	return a.origin().trustworthy()
}
