package browser

import "strings"

// corpCheck is the cross-origin resource policy check
// (#cross-origin-resource-policy-check) for answers that are used unread.
func (f *fetch) corpCheck(res *response) *Failure {
	const section = "#cross-origin-resource-policy-check"
	navigation := f.req.dest == "iframe"
	for _, embedder := range [...]EmbedderPolicy{UnsafeNone, f.page.embedder} {
		policy, _ := headerValue(res.header, "Cross-Origin-Resource-Policy")
		written := policy
		switch policy {
		case "same-origin", "same-site", "cross-origin":
		default:
			policy = ""
		}
		if policy == "" && (embedder == RequireCORP || embedder == Credentialless && (res.creds || navigation)) {
			policy = "same-origin"
		}
		if f.corpBlocks(res, policy) {
			if written == "" {
				return f.fail(CORPMissing, section, string(embedder), "cross-origin")
			}
			return f.fail(CORP, section, written, "cross-origin")
		}
	}
	return nil
}

// embedderCheck is what a frame's document must say in a page that has an
// embedder policy
// (https://html.spec.whatwg.org/#check-a-navigation-response's-adherence-to-its-embedder-policy).
func (f *fetch) embedderCheck(res *response) *Failure {
	if f.req.dest != "iframe" || f.page.embedder == UnsafeNone {
		return nil
	}
	value, _ := headerValue(res.header, "Cross-Origin-Embedder-Policy")
	value, _, _ = strings.Cut(value, ";")
	switch EmbedderPolicy(trimTabOrSpace(value)) {
	case RequireCORP:
		return nil
	case Credentialless:
		if !f.prof.noCredentialless {
			return nil
		}
	}
	return f.fail(FrameEmbedderPolicy, "https://html.spec.whatwg.org/#check-a-navigation-response's-adherence-to-its-embedder-policy", value, string(f.page.embedder))
}

func (f *fetch) corpBlocks(res *response, policy string) bool {
	o, to := f.req.origin, res.url.origin()
	switch policy {
	case "same-origin":
		return !o.sameOrigin(to)
	case "same-site":
		sameSite := o.schemelesslySameSite(to) || f.prof.corpByDomain && to.within(o)
		return !sameSite || o.scheme != "https" && to.scheme == "https"
	}
	return false
}
