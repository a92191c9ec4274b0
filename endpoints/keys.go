package endpoints

import (
	"slices"

	"github.com/concors/concors/internal/nearest"
)

// A key is what there is to say about a key of the document: for the schema,
// for "did you mean", and for the check of what belongs to which allow.
type key struct {
	name     string
	about    string   // description, in sentences
	values   []string // the values it can have, if they are few
	under    []string // the values of allow under which it means something; nil: it is no field of that kind
	aliases  []string // what people coming from elsewhere write
	examples []any    // values as in JSON
}

// The one home of what is said about each key, in the order in which files are
// written.
var (
	documentKeys = []key{
		{name: "origins", about: "The API's own public origins. Requests of their pages are never foreign. Left out: the Host header says which origin is the API's own.",
			aliases: []string{"origin", "own_origins"}, examples: []any{[]any{"https://api.example.com"}}},
		{name: "trusted_proxies", about: "IP addresses and CIDR ranges whose X-Forwarded-Proto and X-Forwarded-Host count. Left out: nobody's.",
			aliases: []string{"proxies", "trusted-proxies", "trustedProxies"}, examples: []any{[]any{"10.0.0.0/8"}}},
		{name: "identity_headers", about: "Request headers that name the caller because a proxy in front derived them from a cookie or certificate. They are dropped wherever cookies are dropped.",
			aliases: []string{"identity-headers", "identityHeaders"}, examples: []any{[]any{"X-Remote-User"}}},
		{name: "hosts", about: "The names under which the API is served; without a port, on every port. Requests for any other Host are answered 421, which stops DNS rebinding. Left out: Host does not matter.",
			aliases: []string{"host", "server_name", "allowed_hosts", "trusted_hosts"}, examples: []any{[]any{"api.example.com", "api.example.com:8443"}}},
		{name: "upstream", about: "Where requests are forwarded to, unless their endpoint has an upstream of its own: an http or https URL with host, optional port and optional path prefix.",
			aliases: []string{"backend", "target", "proxy_pass"}, examples: []any{"http://127.0.0.1:3000"}},
		{name: "policies", about: "Settings that endpoints refer to by name.",
			aliases: []string{"policy", "settings"}},
		{name: "endpoints", about: "The endpoints. Only what is listed is served; the order means nothing: of several patterns that match, the most specific one counts.",
			aliases: []string{"endpoint", "routes", "paths"}},
	}

	policyKeys = []key{
		{name: "allow", about: "Who may call from another website: none (disallow cross-origin requests), all (every website, as an anonymous caller) or selected (the listed domains). Left out: none.",
			values: []string{AllowNone, AllowAll, AllowSelected}, under: everywhere, aliases: []string{"mode", "access"}},
		{name: "domains", about: "The websites that may call: origins such as https://docs.example.com, or patterns such as https://*.example.com (its subdomains) and http://localhost:* (any port). Required under selected.",
			under:   []string{AllowSelected},
			aliases: []string{"origins", "domain", "origin", "allow_origin", "allow_origins", "allowed_origins", "allowedOrigins", "allowOrigins"}, examples: []any{[]any{"https://docs.example.com", "https://*.example.com"}}},
		{name: "credentials", about: "Whether cookies, HTTP authentication and client certificates travel with the requests of the domains. Left out: they are dropped. Does not exist under all.",
			under:   []string{AllowSelected},
			aliases: []string{"allow_credentials", "allowCredentials", "supports_credentials"}},
		{name: "headers", about: "The request headers that websites may set beyond those that need no permission; a JSON body needs Content-Type. * stands for all but Authorization and method overrides (X-HTTP-Method-Override and the like), which must be listed.",
			under:   []string{AllowAll, AllowSelected},
			aliases: []string{"header", "allow_headers", "allowed_headers", "allowedHeaders", "allowHeaders"}, examples: []any{[]any{"Authorization", "Content-Type"}}},
		{name: "expose", about: "The response headers that scripts may read beyond those that are always readable. * stands for all.",
			under:   []string{AllowAll, AllowSelected},
			aliases: []string{"expose_headers", "exposed_headers", "exposedHeaders", "exposeHeaders"}, examples: []any{[]any{"ETag"}}},
		{name: "cache", about: "How long browsers may reuse a preflight answer, such as 90s, 10m or 1h; 0: not at all. Left out: browsers assume 5 seconds. Caps: WebKit 10 minutes, Chromium 2 hours, Firefox 24 hours.",
			under:   []string{AllowAll, AllowSelected},
			aliases: []string{"max_age", "max-age", "maxAge", "ttl"}, examples: []any{"10m"}},
		{name: "embed", about: "Who may load it without CORS, by img, script or iframe: same-origin (the default of none and selected), same-site (credentials kept) or any (the default of all; credentials dropped).",
			values: []string{"same-origin", "same-site", "any"}, under: everywhere, aliases: []string{"corp", "embedding"}},
		{name: "senders", about: "Websites that may send a POST with the visitor's credentials but never read the answer: single sign-on, payment pages. any includes origin null: only for endpoints that verify a signed message or state.",
			under:   []string{AllowNone, AllowSelected},
			aliases: []string{"sender"}, examples: []any{[]any{"https://login.example.com"}, "any"}},
		{name: "enforce", about: "false: stand aside, as if Concors were not there, but count what would have been decided. Left out: true.",
			under: everywhere, aliases: []string{"enforced", "enabled", "report_only"}},
	}

	entryKeys = []key{
		{name: "endpoint", about: "A pattern of Go's net/http.ServeMux: [METHOD ][HOST]/path/{name}. GET includes HEAD; a trailing slash or {name...} takes everything below.",
			aliases: []string{"pattern", "path", "route", "url"}, examples: []any{"GET /api/orders/{id}", "POST /api/orders", "/files/{path...}"}},
		{name: "cors", about: "The cross-origin setting: the name of a policy, or a policy written in place. Left out: cross-origin requests are disallowed.",
			aliases: []string{"policy", "setting"}, examples: []any{"front-end", map[string]any{"allow": "all"}}},
		{name: "upstream", about: "Where requests of this endpoint are forwarded to. Left out: to the document's upstream.",
			aliases: []string{"backend", "target", "proxy_pass"}, examples: []any{"http://127.0.0.1:4000"}},
		{name: "methods", about: "The methods that a pattern without a method takes, as if each had its own entry. Left out: any method.",
			aliases: []string{"method"}, examples: []any{[]any{"GET", "POST"}}},
		{name: "encoded_paths", about: "true: let paths through that routers and upstreams may read differently, with an encoded slash or backslash, NUL or empty segments. They are answered 400 otherwise. Paths with dot segments (/a/../b) always are.",
			aliases: []string{"encoded-paths", "encodedPaths"}},
	}

	everywhere = []string{AllowNone, AllowAll, AllowSelected}
)

// belongsTo reports whether a policy's key means something under allow.
func (k key) belongsTo(allow string) bool { return slices.Contains(k.under, allow) }

// findKey returns the key called name, nil if there is none.
func findKey(keys []key, name string) *key {
	i := slices.IndexFunc(keys, func(k key) bool { return k.name == name })
	if i < 0 {
		return nil
	}
	return &keys[i]
}

// meantKey returns the key that somebody who wrote name probably meant, empty
// if there is no good guess, and what else there is to say, if anything.
func meantKey(keys []key, name string) (meant, detail string) {
	names := make([]string, 0, len(keys))
	for _, k := range keys {
		if slices.Contains(k.aliases, name) {
			return k.name, ""
		}
		names = append(names, k.name)
	}
	switch {
	case name == "methods":
		return "", "this key belongs into an endpoint; a policy allows the methods of the endpoints at a path"
	case findKey(policyKeys, name) != nil:
		return "", "this key belongs into a policy"
	case findKey(entryKeys, name) != nil:
		return "", "this key belongs into an endpoint"
	case findKey(documentKeys, name) != nil:
		return "", "this key belongs to the top of the document"
	}
	return nearest.Of(name, names), ""
}
