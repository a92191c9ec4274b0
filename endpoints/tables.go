package endpoints

import "github.com/concors/concors/cors"

// This file is the one home of what is said about each key of a document. What
// is here is not said again anywhere: reading, writing, comparing, schemas, forms
// and most words of differences go along these tables.

// everywhere are the values of allow.
var everywhere = []string{AllowNone, AllowAll, AllowSelected}

func documentTable() keys[Document] {
	return keys[Document]{
		{
			Name:    "origins",
			About:   "The API's own public origins. Requests of their pages are never foreign. Left out: the Host header says which origin is the API's own.",
			aliases: []string{"origin", "own_origins"}, examples: []any{[]any{"https://api.example.com"}},
			codec: at(listKind, func(d *Document) *[]string { return &d.Origins }),
		},
		{
			Name:    "trusted_proxies",
			About:   "IP addresses and CIDR ranges whose X-Forwarded-Proto and X-Forwarded-Host count. Left out: nobody's.",
			aliases: []string{"proxies", "trusted-proxies", "trustedProxies"}, examples: []any{[]any{"10.0.0.0/8"}},
			codec: at(listKind, func(d *Document) *[]string { return &d.TrustedProxies }),
		},
		{
			Name:    "identity_headers",
			About:   "Request headers that name the caller because a proxy in front derived them from a cookie or certificate. They are dropped wherever cookies are dropped.",
			aliases: []string{"identity-headers", "identityHeaders"}, examples: []any{[]any{"X-Remote-User"}},
			codec: at(listKind, func(d *Document) *[]string { return &d.IdentityHeaders }),
		},
		{
			Name:    "hosts",
			About:   "The names under which the API is served; without a port, on every port. Requests for any other Host are answered 421, which stops DNS rebinding. Left out: Host does not matter.",
			aliases: []string{"host", "server_name", "allowed_hosts", "trusted_hosts"}, examples: []any{[]any{"api.example.com", "api.example.com:8443"}},
			codec: at(listKind, func(d *Document) *[]string { return &d.Hosts }),
		},
		{
			Name:    "upstream",
			About:   "Where requests are forwarded to, unless their endpoint has an upstream of its own: an http or https URL with host, optional port and optional path prefix.",
			aliases: []string{"backend", "target", "proxy_pass"}, examples: []any{"http://127.0.0.1:3000"},
			codec: at(textKind, func(d *Document) *string { return &d.Upstream }),
		},
		{
			Name:    "policies",
			About:   "Settings that endpoints refer to by name.",
			aliases: []string{"policy", "settings"},
			codec:   at(policiesKind, func(d *Document) *Policies { return &d.Policies }),
		},
		{
			Name:    "endpoints",
			About:   "The endpoints. Only what is listed is served; the order means nothing: of several patterns that match, the most specific one counts.",
			aliases: []string{"endpoint", "routes", "paths"},
			codec:   at(entriesKind, func(d *Document) *[]Entry { return &d.Endpoints }),
		},
	}
}

func policyTable() keys[Policy] {
	callers := []string{AllowAll, AllowSelected}
	return keys[Policy]{
		{
			Name:   "allow",
			About:  "Who may call from another website: none (disallow cross-origin requests), all (every website, as an anonymous caller) or selected (the listed domains). Left out: none.",
			Values: everywhere, Under: everywhere,
			Form: Form{Label: "Cross-origin requests", Options: []Option{
				{AllowNone, "Disallow cross-origin requests (default)"},
				{AllowAll, "Allow all cross-origin requests"},
				{AllowSelected, "Allow from selected domains"},
			}},
			aliases: []string{"mode", "access"},
			codec:   at(allowKind, func(p *Policy) *string { return &p.Allow }),
		},
		{
			Name:  "domains",
			About: "The websites that may call: origins such as https://docs.example.com, or patterns such as https://*.example.com (its subdomains), https://pr-*.example.com (preview deployments) and http://localhost:* (any port). Required under selected.",
			Under: []string{AllowSelected},
			Form: Form{
				Label: "Allowed domains", Placeholder: "https://docs.example.com",
				Hint: "Type or paste, separated by commas, spaces or lines. https://*.example.com stands for all its subdomains, https://pr-*.example.com for preview deployments.",
			},
			aliases:  []string{"origins", "domain", "origin", "allow_origin", "allow_origins", "allowed_origins", "allowedOrigins", "allowOrigins"},
			examples: []any{[]any{"https://docs.example.com", "https://*.example.com"}},
			codec:    at(listKind, func(p *Policy) *[]string { return &p.Domains }),
		},
		{
			Name:    "credentials",
			About:   "Whether cookies, HTTP authentication and client certificates travel with the requests of the domains. Left out: they are dropped. Does not exist under all.",
			Under:   []string{AllowSelected},
			Form:    Form{Label: "Allow credentials", Mark: "credentials", Hint: "Cookies, HTTP authentication and client certificates travel with these requests."},
			aliases: []string{"allow_credentials", "allowCredentials", "supports_credentials"},
			codec:   at(switchKind, func(p *Policy) *bool { return &p.Credentials }),
		},
		{
			Name:  "headers",
			About: "The request headers that websites may set beyond those that need no permission; a JSON body needs Content-Type. * stands for all but Authorization and method overrides (X-HTTP-Method-Override and the like), which must be listed.",
			Under: callers,
			Form: Form{
				Label: "Allowed headers", Placeholder: "Content-Type",
				Hint: "Request headers that scripts may set, beyond the simple ones. A JSON body needs Content-Type.",
			},
			Words: Words{
				More: Sentence{"header-added", "websites may now send the header {values} to {endpoints}."},
				Less: Sentence{"header-removed", "websites may no longer send the header {values} to {endpoints}."},

				Spoken: map[string]string{"*": "* (every one but Authorization and method overrides)"},
			},
			aliases:  []string{"header", "allow_headers", "allowed_headers", "allowedHeaders", "allowHeaders"},
			examples: []any{[]any{"Authorization", "Content-Type"}},
			codec:    at(listKind, func(p *Policy) *[]string { return &p.Headers }),
		},
		{
			Name:  "expose",
			About: "The response headers that scripts may read beyond those that are always readable. * stands for all.",
			Under: callers,
			Form: Form{
				Label: "Exposed headers", Placeholder: "X-Total-Count",
				Hint: "Response headers that scripts may read, beyond the simple ones. Most APIs need none.",
			},
			Words: Words{
				More: Sentence{"expose-added", "scripts of other websites may now read the header {values} of {endpoints}."},
				Less: Sentence{"expose-removed", "scripts of other websites may no longer read the header {values} of {endpoints}."},

				Spoken: map[string]string{"*": "* (every one)"},
			},
			aliases:  []string{"expose_headers", "exposed_headers", "exposedHeaders", "exposeHeaders"},
			examples: []any{[]any{"ETag"}},
			codec:    at(listKind, func(p *Policy) *[]string { return &p.Expose }),
		},
		{
			Name:    "cache",
			About:   "How long browsers may reuse a preflight answer, such as 90s, 10m or 1h; 0: not at all. Left out: browsers assume 5 seconds. Caps: WebKit 10 minutes, Chromium 2 hours, Firefox 24 hours.",
			Under:   callers,
			Form:    Form{Label: "Cache lifetime", Hint: "How long browsers may reuse a preflight answer. They cap it: Safari at 10 minutes, Chrome at 2 hours, Firefox at 24 hours."},
			aliases: []string{"max_age", "max-age", "maxAge", "ttl"}, examples: []any{"10m"},
			codec: at(lifetimeKind, func(p *Policy) *Duration { return &p.Cache }),
		},
		{
			Name:   "embed",
			About:  "Who may load it without CORS, by img, script or iframe: same-origin (the default of none and selected), same-site (credentials kept) or any (the default of all; credentials dropped).",
			Values: []string{"same-origin", "same-site", "any"}, Under: everywhere,
			Form: Form{
				Label: "Embedding", Rare: true,
				Hint: "Who may load this as an image, script or frame, which needs no CORS. Unless you choose, every website if all may call, else only the own origin.",
				Options: []Option{
					{"", "Default of the setting above"},
					{"same-origin", "Only pages of this API’s own origin"},
					{"same-site", "Pages of the same site, with credentials"},
					{"any", "Pages of any website, without credentials"},
				},
			},
			aliases: []string{"corp", "embedding"},
			codec:   at(textKind, func(p *Policy) *string { return &p.Embed }),
		},
		{
			Name:  "senders",
			About: "Websites that may send a POST with the visitor's credentials but never read the answer: single sign-on, payment pages. any includes origin null: only for endpoints that verify a signed message or state.",
			Under: []string{AllowNone, AllowSelected},
			Form: Form{
				Label: "Senders", Rare: true, Placeholder: "https://login.example.com",
				Hint: "Websites that may send a form here with the visitor’s credentials but never read the answer: single sign-on, payment pages.",
			},
			Words: Words{
				More: Sentence{"sender-added", "{values} may now post to {endpoints} with the visitor's credentials, without reading the answer."},
				Less: Sentence{"sender-removed", "{values} may no longer post to {endpoints} with the visitor's credentials."},

				Spoken: map[string]string{cors.AnySender: "every website"},
			},
			aliases: []string{"sender"}, examples: []any{[]any{"https://login.example.com"}, "any"},
			codec: at(sendersKind, func(p *Policy) *Senders { return &p.Senders }),
		},
		{
			Name:  "dangerously_allow_insecure_origins",
			About: "true: http: origins beyond loopback may stand where the visitor's credentials go along. Whoever controls a network on the way can then act as the visitor; for networks without https. Left out: false.",
			Under: []string{AllowNone, AllowSelected},
			Form: Form{
				Label: "Allow insecure origins (dangerous)", Rare: true, Mark: "insecure origins",
				Hint: "http: websites may get credentials. Whoever controls a network on the way can then act as the visitor. Only for networks without https.",
			},
			Words: Words{
				More: Sentence{"insecure-origins-allowed", "http: websites may now get the visitor's credentials at {endpoints}: whoever controls a network on the way can act as the visitor."},
				Less: Sentence{"insecure-origins-refused", "http: websites may no longer get the visitor's credentials at {endpoints}."},
			},
			aliases: []string{"allow_insecure_origins", "insecure", "dangerouslyAllowInsecureOrigins"},
			codec:   at(switchKind, func(p *Policy) *bool { return &p.DangerouslyAllowInsecureOrigins }),
		},
		{
			Name:  "enforce",
			About: "false: stand aside, as if Concors were not there, but count what would have been decided. Left out: true.",
			Under: everywhere,
			Form:  Form{Label: "Observe only", Rare: true, Mark: "observed only", Hint: "Stand aside: every request passes untouched, and Traffic shows what would have been refused."},
			Words: Words{
				More: Sentence{"observed", "{endpoints} is only observed now: nothing is refused or changed there, only counted."},
				Less: Sentence{"enforced", "{endpoints} is enforced now; it was only observed."},
			},
			aliases: []string{"enforced", "enabled", "report_only"},
			codec:   at(offKind, func(p *Policy) *bool { return &p.ObserveOnly }),
		},
	}
}

func entryTable() keys[Entry] {
	return keys[Entry]{
		{
			Name: "endpoint", required: true,
			About:    "A pattern of Go's net/http.ServeMux: [METHOD ][HOST]/path/{name}. GET includes HEAD; a trailing slash or {name...} takes everything below.",
			aliases:  []string{"pattern", "path", "route", "url"},
			examples: []any{"GET /api/orders/{id}", "POST /api/orders", "/files/{path...}"},
			codec:    at(requiredKind, func(e *Entry) *string { return &e.Endpoint }),
		},
		{
			Name:    "cors",
			About:   "The cross-origin setting: the name of a policy, or a policy written in place. Left out: cross-origin requests are disallowed.",
			aliases: []string{"policy", "setting"}, examples: []any{"front-end", map[string]any{"allow": "all"}},
			codec: at(settingKind, func(e *Entry) *Setting { return &e.CORS }),
		},
		{
			Name:    "upstream",
			About:   "Where requests of this endpoint are forwarded to. Left out: to the document's upstream.",
			aliases: []string{"backend", "target", "proxy_pass"}, examples: []any{"http://127.0.0.1:4000"},
			codec: at(textKind, func(e *Entry) *string { return &e.Upstream }),
		},
		{
			Name:    "methods",
			About:   "The methods that a pattern without a method takes, as if each had its own entry. Left out: any method.",
			aliases: []string{"method"}, examples: []any{[]any{"GET", "POST"}},
			codec: at(listKind, func(e *Entry) *[]string { return &e.Methods }),
		},
		{
			Name:    "encoded_paths",
			About:   "true: let paths through that routers and upstreams may read differently, with an encoded slash or backslash, NUL or empty segments. They are answered 400 otherwise. Paths with dot segments (/a/../b) always are.",
			aliases: []string{"encoded-paths", "encodedPaths"},
			codec:   at(switchKind, func(e *Entry) *bool { return &e.EncodedPaths }),
		},
	}
}
