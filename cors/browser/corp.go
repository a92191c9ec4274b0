package browser

// corpCheck is the cross-origin resource policy check
// (#cross-origin-resource-policy-check) for answers that are used unread.
func (f *fetch) corpCheck(res *response) *Failure {
	const section = "#cross-origin-resource-policy-check"
	for _, embedder := range [...]EmbedderPolicy{UnsafeNone, f.page.embedder} {
		policy, _ := headerValue(res.header, "Cross-Origin-Resource-Policy")
		written := policy
		switch policy {
		case "same-origin", "same-site", "cross-origin":
		default:
			policy = ""
		}
		if policy == "" && (embedder == RequireCORP || embedder == Credentialless && res.creds) {
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

func (f *fetch) corpBlocks(res *response, policy string) bool {
	o, to := f.req.origin, res.url.origin()
	switch policy {
	case "same-origin":
		return !o.sameOrigin(to)
	case "same-site":
		return !o.schemelesslySameSite(to) || o.scheme != "https" && to.scheme == "https"
	}
	return false
}
