package blackbox

import "fmt"

// deadUpstream is a port on which nothing listens: 502.
const deadUpstream = "http://127.0.0.1:1"

// Settings are the settings that the questions try: each `allow` with each of
// its fields, and every kind of origin pattern.
func Settings() []*Setting {
	docs, admin := "https://docs.example.com", "https://admin.example.net:8443"
	settings := []*Setting{
		{Name: "omitted", Omitted: true, Allow: "none"},
		{Name: "none", Allow: "none"},
		{Name: "none-same-site", Allow: "none", Embed: "same-site"},
		{Name: "none-any", Allow: "none", Embed: "any"},
		{Name: "none-senders", Allow: "none", Senders: []string{"https://idp.example.net", "https://*.pay.example.net"}},
		{Name: "none-any-sender", Allow: "none", Senders: []string{"any"}},
		{Name: "none-observed", Allow: "none", Observe: true},

		{Name: "all", Allow: "all"},
		{Name: "all-headers", Allow: "all", Headers: []string{"Content-Type", "X-Custom"}, Expose: []string{"X-Total"}, Cache: "1h", MaxAge: "3600"},
		{Name: "all-star", Allow: "all", Headers: []string{"*"}, Expose: []string{"*"}, Cache: "5m", MaxAge: "300"},
		{Name: "all-star-authorization", Allow: "all", Headers: []string{"*", "Authorization"}},
		{Name: "all-authorization", Allow: "all", Headers: []string{"Authorization"}, Expose: []string{"X-Total", "X-Request-Id"}},
		{Name: "all-same-origin", Allow: "all", Embed: "same-origin"},
		{Name: "all-same-site", Allow: "all", Embed: "same-site", Headers: []string{"Content-Type"}},
		{Name: "all-observed", Allow: "all", Observe: true},

		{Name: "exact", Allow: "selected", Domains: []string{docs, admin}},
		{Name: "exact-credentials", Allow: "selected", Domains: []string{docs, admin}, Credentials: true,
			Headers: []string{"Authorization", "Content-Type"}, Expose: []string{"X-Total", "X-Request-Id"}, Cache: "10m", MaxAge: "600"},
		{Name: "exact-authorization", Allow: "selected", Domains: []string{docs}, Headers: []string{"authorization"}, Cache: "24h", MaxAge: "86400"},
		{Name: "wildcard", Allow: "selected", Domains: []string{"https://*.example.com"}, Headers: []string{"X-Custom", "X-Other"}, Embed: "same-site"},
		{Name: "wildcard-credentials", Allow: "selected", Domains: []string{"https://*.example.com"}, Credentials: true, Headers: []string{"X-Custom"}, Embed: "same-site"},
		{Name: "wildcard-port", Allow: "selected", Domains: []string{"https://*.example.com:8443"}, Expose: []string{"X-Total"}},
		{Name: "any-port", Allow: "selected", Domains: []string{"http://localhost:*"}, Credentials: true, Headers: []string{"Content-Type"}},
		{Name: "custom-schemes", Allow: "selected", Credentials: true, Headers: []string{"Content-Type"},
			Domains: []string{"capacitor://localhost", "app://obsidian.md", "chrome-extension://abcdefghijklmnopabcdefghijklmnop"}},
		{Name: "addresses", Allow: "selected", Domains: []string{"http://192.0.2.7:8080", "https://[2001:db8::1]:8443", "http://127.0.0.1:5173"}},
		{Name: "punycode", Allow: "selected", Domains: []string{"https://xn--bcher-kva.example", "https://*.xn--bcher-kva.example"}, Credentials: true},
		{Name: "selected-star", Allow: "selected", Domains: []string{docs}, Headers: []string{"*"}, Expose: []string{"*"}},
		{Name: "selected-star-authorization", Allow: "selected", Domains: []string{docs}, Headers: []string{"*", "Authorization"}, Cache: "0s", MaxAge: "0"},
		{Name: "all-star-override", Allow: "all", Headers: []string{"*", "X-HTTP-Method-Override"}},
		{Name: "star-credentials", Allow: "selected", Domains: []string{docs}, Credentials: true, Headers: []string{"*"}},
		{Name: "star-credentials-authorization", Allow: "selected", Domains: []string{docs}, Credentials: true,
			Headers: []string{"*", "Authorization", "X-Method-Override"}, Cache: "10m", MaxAge: "600"},
		{Name: "in-label", Allow: "selected", Credentials: true, Headers: []string{"Content-Type"},
			Domains: []string{"https://pr-*.preview.example.com", "https://*--mysite.netlify.app", "https://a*z.example.net:8443", "http://dev-*.app.localhost:*"}},
		{Name: "embed-any", Allow: "selected", Domains: []string{docs}, Embed: "any", Headers: []string{"Authorization"}},
		{Name: "embed-any-credentials", Allow: "selected", Domains: []string{docs}, Embed: "any", Credentials: true, Headers: []string{"Authorization"}},
		{Name: "senders", Allow: "selected", Domains: []string{docs}, Credentials: true, Senders: []string{"https://idp.example.net"}},
		{Name: "any-sender", Allow: "selected", Domains: []string{docs}, Senders: []string{"any"}},
		{Name: "both", Allow: "selected", Domains: []string{docs}, Senders: []string{docs, "https://idp.example.net"}},
		{Name: "insecure", Allow: "selected", Domains: []string{"http://intranet.example", "http://*.corp.example:*"}, Credentials: true,
			Headers: []string{"Content-Type"}, Senders: []string{"http://idp.corp.example"}, Insecure: true},
		{Name: "none-insecure-senders", Allow: "none", Senders: []string{"http://idp.corp.example"}, Insecure: true},
		{Name: "selected-observed", Allow: "selected", Domains: []string{docs}, Credentials: true, Observe: true},
	}
	many := &Setting{Name: "many", Allow: "selected", Credentials: true, Headers: []string{"Content-Type", "X-A", "X-B", "X-C"}}
	for i := range 1000 {
		many.Domains = append(many.Domains, fmt.Sprintf("https://site%d.example.com", i))
	}
	for i := range 20 {
		many.Domains = append(many.Domains, fmt.Sprintf("https://*.tenant%d.example.org", i))
	}
	return append(settings, many)
}

// Endpoints of one setting: a path of five methods, one for any method, one
// with a list, one with its own OPTIONS, and one whose upstream is dead.
func endpointsOf(s *Setting) []*Endpoint {
	p := "/" + s.Name
	var out []*Endpoint
	for _, m := range []string{"GET", "POST", "PUT", "DELETE", "PURGE"} {
		out = append(out, &Endpoint{Method: m, Path: p + "/item/{id}", Setting: s})
	}
	return append(out,
		&Endpoint{Path: p + "/anything", Setting: s},
		&Endpoint{Path: p + "/listed", Methods: []string{"GET", "PATCH", "OPTIONS"}, Setting: s},
		&Endpoint{Method: "GET", Path: p + "/options", Setting: s},
		&Endpoint{Method: "POST", Path: p + "/options", Setting: s},
		&Endpoint{Method: "OPTIONS", Path: p + "/options", Setting: s},
		&Endpoint{Method: "GET", Path: p + "/dead", Setting: s, Upstream: deadUpstream},
		&Endpoint{Method: "POST", Path: p + "/dead", Setting: s, Upstream: deadUpstream},
	)
}

// mixedPaths are paths whose endpoints have different settings.
func mixedPaths(settings []*Setting) []*Endpoint {
	named := map[string]*Setting{}
	for _, s := range settings {
		named[s.Name] = s
	}
	var out []*Endpoint
	for i, list := range [][]string{
		{"exact-credentials", "omitted", "all-headers", "exact-credentials"},
		{"all", "exact", "none", "all"},
		{"omitted", "all-star-authorization", "wildcard-credentials", "omitted"},
		{"selected-observed", "exact-credentials", "none", "selected-observed"},
	} {
		for j, m := range []string{"GET", "POST", "PUT", "DELETE"} {
			out = append(out, &Endpoint{Method: m, Path: fmt.Sprintf("/mixed/%d", i), Setting: named[list[j]]})
		}
	}
	return out
}

// Worlds are the documents and listeners that the questions go to.
func Worlds() []*World {
	declared := World{
		Origins:         []string{"https://api.example.com", "https://www.example.net:8443"},
		TrustedProxies:  []string{"127.0.0.1/32"},
		IdentityHeaders: []string{"X-Remote-User", "X-Forwarded-Client-Cert"},
		Hosts:           []string{"api.example.com", "api.example.com:443", "www.example.net:8443", "www.example.net", "gateway.internal:9000"},
	}
	undeclared := World{Hosts: []string{"api.test", "api.test", "api.test:8080", "api.test:443", "api.test:80", "localhost"}}
	proxied := undeclared
	proxied.TrustedProxies = []string{"127.0.0.1/32"}
	named := undeclared
	named.OnlyHosts = []string{"api.test", "www.api.test:8443"}
	named.TrustedProxies = proxied.TrustedProxies
	named.Hosts = append(named.Hosts, "API.test", "www.api.test:8443", "www.api.test", "rebound.test", "127.0.0.1", "api.test.evil.example", "evilapi.test", "api.test.")

	var out []*World
	for _, c := range []struct {
		name string
		tls  bool
		of   World
	}{
		{"plain", false, undeclared},
		{"plain-declared", false, declared},
		{"plain-proxied", false, proxied},
		{"tls", true, undeclared},
		{"tls-declared", true, declared},
		{"plain-named", false, named},
		{"tls-named", true, named},
	} {
		w := c.of
		w.Name, w.TLS = c.name, c.tls
		w.Settings = Settings()
		for _, s := range w.Settings {
			w.Endpoints = append(w.Endpoints, endpointsOf(s)...)
		}
		w.Endpoints = append(w.Endpoints, mixedPaths(w.Settings)...)
		out = append(out, &w)
	}
	return out
}
