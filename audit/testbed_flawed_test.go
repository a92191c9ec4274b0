package audit

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/coder/websocket"
)

func matches(expression string) func(string) bool { return regexp.MustCompile(expression).MatchString }

func hostOf(o string) string {
	u, err := url.Parse(o)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

func status(code int) func(*api, http.ResponseWriter, *http.Request) bool {
	return func(_ *api, w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(code); return true }
}

// raw answers with these CORS headers and nothing else of its own.
func raw(headers ...string) func(*api, http.ResponseWriter, *http.Request) bool {
	return func(a *api, w http.ResponseWriter, r *http.Request) bool {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Add(headers[i], strings.ReplaceAll(headers[i+1], "{origin}", r.Header.Get("Origin")))
		}
		if r.URL.Path != "/v1/things" {
			w.WriteHeader(404)
			return true
		}
		io.WriteString(w, or(a.body, `{"things":[]}`))
		return true
	}
}

const (
	acao = "Access-Control-Allow-Origin"
	acac = "Access-Control-Allow-Credentials"
	acam = "Access-Control-Allow-Methods"
	acah = "Access-Control-Allow-Headers"
	aceh = "Access-Control-Expose-Headers"
)

func flawed() []*api {
	any := func(string) bool { return true }
	return []*api{
		// Group origin.
		{name: "reflects", want: []ID{"reflect-origin"}, allow: any},
		{name: "reflects, no known origin", origin: "-", want: []ID{"reflect-origin"}, allow: any},
		{name: "reflects without Vary", want: []ID{"reflect-origin"}, may: []ID{"vary-missing"}, allow: any, vary: "-"},
		{name: "reflects with the session only", cookie: "session=1", want: []ID{"reflect-origin"}, first: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			if r.Header.Get("Cookie") == "" && r.Method == "GET" {
				w.WriteHeader(401)
				return true
			}
			return false
		}, allow: any, may: []ID{"error-cors-missing"}},
		{name: "reflects https origins", want: []ID{"reflect-origin"}, allow: func(o string) bool { return strings.HasPrefix(o, "https://") }},
		{name: "reflects without credentials", want: []ID{"reflect-origin-nocred"}, allow: any, nocred: true},
		{name: "reflects for PUT only", want: []ID{"reflect-origin"}, allow: any, first: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			if r.Method == "GET" {
				w.WriteHeader(405)
				return true
			}
			return false
		}},
		{name: "allows null", want: []ID{"null-origin"}, allow: exactly(good, "null")},
		{name: "null is the only origin", origin: "-", want: []ID{"null-origin"}, fixed: "null"},
		{name: "null, no known origin", origin: "-", want: []ID{"null-origin"}, allow: exactly(good, "null")},
		{name: "begins with", want: []ID{"prefix-match"}, allow: func(o string) bool { return strings.HasPrefix(o, good) }},
		{name: "expression without end", want: []ID{"prefix-match"}, allow: matches(`^https://app\.example\.com`)},
		{name: "expression without end, no credentials", nocred: true, want: []ID{"prefix-match"}, allow: matches(`^https?://app\.example\.com`), may: []ID{"http-origin"}},
		{name: "ends with the domain", want: []ID{"suffix-match"}, allow: func(o string) bool { return strings.HasSuffix(o, "example.com") }},
		{name: "host ends with the domain", want: []ID{"suffix-match"}, allow: func(o string) bool { return strings.HasSuffix(hostOf(o), "example.com") }, may: []ID{"any-port", "trailing-dot", "userinfo-accepted"}},
		{name: "ends with the host", want: []ID{"suffix-match"}, allow: func(o string) bool { return strings.HasSuffix(o, "app.example.com") }, may: []ID{"http-origin", "userinfo-accepted"}},
		{name: "ends with the apex", origin: "https://example.com", want: []ID{"suffix-match"}, allow: func(o string) bool { return strings.HasSuffix(o, "example.com") }},
		{name: "word boundary before the domain", want: []ID{"suffix-match"}, allow: matches(`\bexample\.com$`), may: []ID{"userinfo-accepted"}},
		{name: "contains the host", want: []ID{"substring-match"}, allow: func(o string) bool { return strings.Contains(o, "app.example.com") }},
		{name: "contains the domain", want: []ID{"substring-match"}, allow: func(o string) bool { return strings.Contains(o, "example.com") }},
		{name: "contains the name", want: []ID{"substring-match"}, allow: func(o string) bool { return strings.Contains(o, "example") }},
		{name: "expression without anchors", want: []ID{"substring-match"}, allow: matches(`app\.example\.com`)},
		{name: "contained in the origin", want: []ID{"inverse-substring-match"}, allow: func(o string) bool { return o != "" && strings.Contains(good, o) }},
		{name: "contained in a list", want: []ID{"inverse-substring-match"}, allow: func(o string) bool {
			return strings.Contains("https://www.example.com,"+good+",https://example.com", o)
		}},
		{name: "host contained in a list", want: []ID{"inverse-substring-match"}, allow: func(o string) bool {
			return hostOf(o) != "" && strings.Contains("www.example.com app.example.com", hostOf(o))
		}, may: []ID{"http-origin", "any-port", "userinfo-accepted"}},
		{name: "begins like the origin", want: []ID{"inverse-substring-match"}, allow: func(o string) bool { return strings.HasPrefix(good, o) }},
		{name: "dots not escaped", want: []ID{"unescaped-dot"}, allow: matches(`^https://app.example.com$`)},
		{name: "dot not escaped before the domain", want: []ID{"unescaped-dot"}, allow: matches(`^https://[a-z]+.example\.com$`)},
		{name: "dot not escaped after a wildcard", want: []ID{"unescaped-dot"}, allow: matches(`^https://.*.example.com$`)},
		{name: "dot not escaped, co.uk", origin: "https://app.example.co.uk", want: []ID{"unescaped-dot"}, allow: matches(`^https://app.example.co.uk$`)},
		{name: "dot not escaped in the apex", origin: "https://example.com", want: []ID{"unescaped-dot"}, allow: matches(`^https://example.com$`)},
		{name: "any top-level domain", want: []ID{"any-tld-match"}, allow: matches(`^https://app\.example\.[a-z]+$`)},
		{name: "any end", want: []ID{"any-tld-match"}, allow: func(o string) bool { return strings.HasPrefix(o, "https://app.example.") }},
		{name: "some top-level domains", want: []ID{"any-tld-match"}, allow: matches(`^https://app\.example\.(com|net|org|io|co)$`)},
		{name: "two letters", origin: "https://app.example.de", want: []ID{"any-tld-match"}, allow: matches(`^https://app\.example\.[a-z]{2,3}$`)},
		{name: "every .com", want: []ID{"public-suffix-wildcard"}, allow: func(o string) bool { return strings.HasSuffix(o, ".com") }},
		{name: "every vercel.app", origin: "https://shop.vercel.app", want: []ID{"public-suffix-wildcard"}, allow: matches(`^https://[a-z0-9-]+\.vercel\.app$`), may: []ID{"third-party-sandbox"}},
		{name: "every co.uk", origin: "https://app.example.co.uk", want: []ID{"public-suffix-wildcard"}, allow: matches(`^https://.+\.co\.uk$`)},
		{name: "codepen", want: []ID{"third-party-sandbox"}, allow: exactly(good, "https://codepen.io")},
		{name: "github.io", want: []ID{"third-party-sandbox"}, allow: matches(`^https://(app\.example\.com|[a-z0-9-]+\.github\.io)$`)},
		{name: "jsfiddle, no known origin", origin: "-", want: []ID{"third-party-sandbox"}, allow: exactly("https://jsfiddle.net", "https://shop.example.org")},
		{name: "jsbin", want: []ID{"third-party-sandbox"}, allow: exactly(good, "https://jsbin.com")},
		{name: "localhost is known, what begins like it", origin: "http://localhost:3000", want: []ID{"prefix-match"}, allow: func(o string) bool { return strings.HasPrefix(o, "http://localhost") }, may: []ID{"any-port"}},
		{name: "underscore", want: []ID{"special-char-host"}, allow: matches(`^https://app\.example\.com(_.*)?$`)},
		{name: "everything else ends the host", want: []ID{"special-char-host"}, allow: matches(`^https://app\.example\.com([^.\-a-zA-Z0-9]+.*)?$`), may: []ID{"any-port"}},
		{name: "everything but words ends the host", want: []ID{"special-char-host"}, allow: matches(`^https://app\.example\.com([^\w.-].*)?$`), may: []ID{"any-port"}},
		{name: "http too", want: []ID{"http-origin"}, allow: matches(`^https?://app\.example\.com$`)},
		{name: "host only", want: []ID{"http-origin", "any-port"}, allow: func(o string) bool { return hostOf(o) == "app.example.com" }, may: []ID{"userinfo-accepted"}},
		{name: "localhost:3000", want: []ID{"localhost-origin"}, allow: exactly(good, "http://localhost:3000")},
		{name: "localhost, any port", want: []ID{"localhost-origin"}, allow: matches(`^(https://app\.example\.com|https?://localhost(:\d+)?)$`)},
		{name: "127.0.0.1", want: []ID{"localhost-origin"}, allow: exactly(good, "http://127.0.0.1")},
		{name: "begins with localhost", want: []ID{"prefix-match"}, allow: func(o string) bool { return o == good || strings.HasPrefix(o, "http://localhost") }},
		{name: "192.168", want: []ID{"private-ip-origin"}, allow: matches(`^(https://app\.example\.com|http://192\.168\.\d+\.\d+(:\d+)?)$`)},
		{name: "10.", want: []ID{"private-ip-origin"}, allow: matches(`^(https://app\.example\.com|https?://10\.\d+\.\d+\.\d+)$`)},
		{name: "chrome extensions", want: []ID{"extension-origin"}, allow: matches(`^(https://app\.example\.com|chrome-extension://[a-p]+)$`)},
		{name: "extensions", want: []ID{"extension-origin"}, allow: func(o string) bool { return o == good || strings.HasPrefix(o, "chrome-extension://") }},
		{name: "extensions of Firefox", want: []ID{"extension-origin"}, allow: func(o string) bool { return o == good || strings.HasPrefix(o, "moz-extension://") }},
		{name: "localhost:8080", want: []ID{"localhost-origin"}, allow: exactly(good, "http://localhost:8080")},
		{name: "netlify.app", want: []ID{"third-party-sandbox"}, allow: matches(`^https://(app\.example\.com|[a-z0-9-]+\.netlify\.app)$`)},
		{name: "172.16", want: []ID{"private-ip-origin"}, allow: matches(`^(https://app\.example\.com|http://172\.16\.\d+\.\d+)$`)},
		{name: "the last dot is not escaped", want: []ID{"unescaped-dot"}, allow: matches(`^https://app\.example.com$`)},
		{name: "every subdomain", want: []ID{"any-subdomain"}, allow: matches(`^https://([a-z0-9-]+\.)*example\.com$`)},
		{name: "one label", want: []ID{"any-subdomain"}, allow: matches(`^https://[a-z0-9-]+\.example\.com$`)},
		{name: "below the host", want: []ID{"any-subdomain"}, allow: func(o string) bool { return o == good || strings.HasSuffix(o, ".app.example.com") }, may: []ID{"http-origin"}},
		{name: "every port", want: []ID{"any-port"}, allow: matches(`^https://app\.example\.com(:\d+)?$`)},
		{name: "ports of four digits", want: []ID{"any-port"}, allow: matches(`^https://app\.example\.com(:\d{4})?$`)},
		{name: "trailing dot", want: []ID{"trailing-dot"}, allow: func(o string) bool { return strings.TrimSuffix(o, ".") == good }},
		{name: "user name", want: []ID{"userinfo-accepted"}, allow: func(o string) bool {
			u, err := url.Parse(o)
			return err == nil && u.Scheme == "https" && u.Host == "app.example.com"
		}},
		{name: "contains its own name", origin: "-", host: "api.example.com", want: []ID{"substring-match"}, allow: func(o string) bool { return strings.Contains(o, "example.com") }},
		{name: "ends with its own domain", origin: "-", host: "api.example.com", want: []ID{"suffix-match"}, allow: func(o string) bool { return strings.HasSuffix(o, "example.com") }},
		{name: "begins like a sibling", origin: "-", host: "api.example.com", want: []ID{"prefix-match"}, allow: func(o string) bool { return strings.HasPrefix(o, "https://www.example.com") }},
		{name: "begins like itself", origin: "-", host: "api.example.com", want: []ID{"prefix-match"}, allow: func(o string) bool { return strings.HasPrefix(o, "https://api.example.com") }},

		// Group value.
		{name: "private data for all", origin: "-", want: []ID{"wildcard-sensitive"}, fixed: "*", body: `{"user":"ada","email":"ada@example.com","phone":"+1 555 0100"}`},
		{name: "keys for all", origin: "-", want: []ID{"wildcard-sensitive"}, fixed: "*", body: `{"api_key":"abcdef0123456789"}`},
		{name: "a token for all", origin: "-", want: []ID{"wildcard-sensitive"}, fixed: "*", body: `{"t":"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc"}`},
		{name: "a person for all", origin: "-", want: []ID{"wildcard-sensitive"}, fixed: "*", body: `{"id":7,"name":"Ada","email":"ada@example.com"}`},
		{name: "people for all", origin: "-", want: []ID{"wildcard-sensitive"}, fixed: "*", body: "name,mail\nAda,ada@example.com\nBob,bob@example.org\n"},
		{name: "* with credentials", want: []ID{"wildcard-credentials"}, first: raw(acao, "*", acac, "true")},
		{name: "* with credentials and a list", origin: "-", want: []ID{"wildcard-credentials"}, first: raw(acao, "*", acac, "true", "Vary", "Origin", acam, "GET, POST")},
		{name: "two values", want: []ID{"acao-multiple"}, first: raw(acao, good, acao, "*")},
		{name: "a list", want: []ID{"acao-multiple"}, first: raw(acao, good+", https://www.example.com")},
		{name: "spaces", origin: "-", want: []ID{"acao-multiple"}, first: raw(acao, good+" https://www.example.com")},
		{name: "a slash", want: []ID{"acao-invalid"}, first: raw(acao, good+"/")},
		{name: "no scheme", want: []ID{"acao-invalid"}, first: raw(acao, "app.example.com")},
		{name: "a pattern", want: []ID{"acao-invalid"}, first: raw(acao, "https://*.example.com")},
		{name: "the default port", want: []ID{"acao-invalid"}, first: raw(acao, good+":443")},
		{name: "True", want: []ID{"acac-invalid"}, first: raw(acao, "{origin}", acac, "True", "Vary", "Origin"), may: []ID{"reflect-origin-nocred"}},
		{name: "1", want: []ID{"acac-invalid"}, first: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			if r.Header.Get("Origin") != good {
				return raw("Vary", "Origin")(a, w, r)
			}
			return raw(acao, good, acac, "1", "Vary", "Origin")(a, w, r)
		}},
		{name: "exposes *", want: []ID{"aceh-wildcard-credentials"}, expose: "*"},
		{name: "exposes nothing", want: []ID{"aceh-missing"}, extra: http.Header{"X-Total-Count": {"2"}}},
		{name: "exposes something else", want: []ID{"aceh-missing"}, expose: "X-Page", extra: http.Header{"Link": {`</v1/things?page=2>; rel="next"`}, "X-Page": {"1"}}},
		{name: "exposes in the preflight", want: []ID{"aceh-misplaced"}, preflight: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			return raw(acao, "{origin}", acac, "true", "Vary", "Origin", acam, "GET, PUT", acah, "Authorization, Content-Type", aceh, "X-Total-Count")(a, w, r)
		}, extra: http.Header{"X-Total-Count": {"2"}}, may: []ID{"preflight-wider"}},
		{name: "an http origin and credentials", origin: "http://app.example.com", want: []ID{"insecure-credentials"}, allow: exactly("http://app.example.com")},

		// Group cache.
		{name: "no Vary", want: []ID{"vary-missing"}, vary: "-"},
		{name: "another Vary", want: []ID{"vary-missing"}, vary: "Accept-Encoding"},
		{name: "no Vary, max-age", want: []ID{"vary-missing"}, vary: "-", cache: "public, max-age=600"},
		{name: "no Vary, private", want: []ID{"vary-missing"}, vary: "-", cache: "private, max-age=60"},
		{name: "no Vary, reflects", want: []ID{"vary-missing", "reflect-origin-nocred"}, vary: "-", nocred: true, allow: any},
		{name: "no Vary without Origin", want: []ID{"vary-missing-noorigin"}, always: true},
		{name: "no Vary without Origin, public", want: []ID{"vary-missing-noorigin"}, always: true, cache: "public, max-age=60", nocred: true},
		{name: "* with an Origin only", origin: "-", want: []ID{"vary-missing-noorigin"}, first: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			if r.Header.Get("Origin") == "" {
				return raw("Cache-Control", "max-age=60")(a, w, r)
			}
			return raw(acao, "*", "Cache-Control", "max-age=60")(a, w, r)
		}},

		// Group consistency.
		{name: "preflights for everybody", want: []ID{"preflight-wider"}, preflight: raw(acao, "{origin}", acac, "true", acam, "GET, PUT, DELETE", acah, "Authorization, Content-Type")},
		{name: "preflights for everybody, *", want: []ID{"preflight-wider"}, preflight: raw(acao, "*", acam, "*", acah, "*"), may: []ID{"acac-inconsistent", "acah-wildcard-authorization"}},
		{name: "preflights for everybody, no known origin", origin: "-", want: []ID{"preflight-wider"}, preflight: raw(acao, "{origin}", acac, "true", acam, "GET, PUT, DELETE", acah, "Authorization, Content-Type")},
		{name: "errors for everybody", want: []ID{"error-cors-wider"}, first: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/v1/things" {
				return false
			}
			return raw(acao, "{origin}", acac, "true")(a, w, r)
		}},
		{name: "errors for everybody, *", want: []ID{"error-cors-wider"}, first: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			return r.URL.Path != "/v1/things" && raw(acao, "*")(a, w, r)
		}},
		{name: "errors without", want: []ID{"error-cors-missing"}, first: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			return r.URL.Path != "/v1/things" && raw()(a, w, r)
		}},
		{name: "errors without, for all", origin: "-", fixed: "*", want: []ID{"error-cors-missing"}, first: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			return r.URL.Path != "/v1/things" && raw()(a, w, r)
		}},
		{name: "401 without", cookie: "session=1", want: []ID{"error-cors-missing"}, first: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			if r.Method == "GET" && r.Header.Get("Cookie") == "" {
				w.WriteHeader(401)
				return true
			}
			return false
		}},
		{name: "401 without, not logged in", want: []ID{"error-cors-missing"}, first: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			if r.Method == "GET" {
				w.WriteHeader(401)
				return true
			}
			return false
		}},
		{name: "401 for everybody", cookie: "session=1", want: []ID{"error-cors-wider"}, first: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			if r.Method == "GET" && r.Header.Get("Cookie") == "" {
				w.Header().Set(acao, r.Header.Get("Origin"))
				w.Header().Set(acac, "true")
				w.WriteHeader(401)
				return true
			}
			return false
		}, may: []ID{"vary-missing-noorigin"}},
		{name: "preflights only", want: []ID{"actual-cors-missing"}, first: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			return r.Method == "GET" && raw()(a, w, r)
		}},
		{name: "preflights only, for all", origin: "-", fixed: "*", want: []ID{"actual-cors-missing"}, first: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			return r.Method == "GET" && raw()(a, w, r)
		}, may: []ID{"preflight-wider"}},
		{name: "credentials in the preflight only", want: []ID{"acac-inconsistent"}, nocred: true, preflight: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			return r.Header.Get("Origin") == good && raw(acao, "{origin}", acac, "true", "Vary", "Origin", acam, "GET, PUT", acah, "Authorization, Content-Type")(a, w, r)
		}},
		{name: "credentials in the answer only", want: []ID{"acac-inconsistent"}, preflight: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			return r.Header.Get("Origin") == good && raw(acao, "{origin}", "Vary", "Origin", acam, "GET, PUT", acah, "Authorization, Content-Type")(a, w, r)
		}},
		{name: "redirects without", want: []ID{"redirect-cors-missing"}, first: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			if r.Method == "GET" && r.URL.Path == "/v1/things" {
				http.Redirect(w, r, "/v1/things/", http.StatusMovedPermanently)
				return true
			}
			return false
		}},
		{name: "redirects to the login", want: []ID{"redirect-cors-missing"}, first: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "https://login.example.com/", http.StatusFound)
			return true
		}, may: []ID{"preflight-redirect"}},

		// Group preflight.
		{name: "OPTIONS is 405, GET is allowed", want: []ID{"preflight-missing"}, preflight: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Allow", "GET, HEAD")
			w.WriteHeader(405)
			return true
		}},
		{name: "preflight is 500 with headers", want: []ID{"preflight-bad-status"}, preflight: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			a.cors(w.Header(), r.Header.Get("Origin"))
			w.WriteHeader(500)
			return true
		}},
		{name: "401 without a challenge, headers *", origin: "-", fixed: "*", headers: "*", want: []ID{"acah-wildcard-authorization"}, first: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			if r.Method == "GET" {
				w.Header().Set(acao, "*")
				w.WriteHeader(401)
				return true
			}
			return false
		}},
		{name: "PATCH is accepted", methods: "GET, POST", want: []ID{"acam-missing-method"}, extra: http.Header{"Accept-Patch": {"application/merge-patch+json"}}},
		{name: "no OPTIONS", want: []ID{"preflight-missing"}, preflight: status(404)},
		{name: "OPTIONS is 405", want: []ID{"preflight-missing"}, preflight: status(405)},
		{name: "OPTIONS is 200", want: []ID{"preflight-missing"}, preflight: raw("Allow", "GET, PUT, OPTIONS")},
		{name: "OPTIONS is 403", want: []ID{"preflight-missing"}, preflight: status(403)},
		{name: "preflight must be logged in", want: []ID{"preflight-auth"}, preflight: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("WWW-Authenticate", "Bearer")
			w.WriteHeader(401)
			return true
		}},
		{name: "preflight must be logged in, with headers", want: []ID{"preflight-auth"}, preflight: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			a.cors(w.Header(), r.Header.Get("Origin"))
			w.WriteHeader(401)
			return true
		}},
		{name: "preflight is redirected", want: []ID{"preflight-redirect"}, preflight: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "https://api.example.com/v1/things", http.StatusMovedPermanently)
			return true
		}},
		{name: "preflight is 405 with headers", want: []ID{"preflight-bad-status"}, preflight: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			a.cors(w.Header(), r.Header.Get("Origin"))
			w.Header().Set(acam, "GET, PUT")
			w.WriteHeader(405)
			return true
		}},
		{name: "preflight is 400 with *", origin: "-", fixed: "*", want: []ID{"preflight-bad-status"}, preflight: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			a.cors(w.Header(), r.Header.Get("Origin"))
			w.WriteHeader(400)
			return true
		}},
		{name: "headers *", nocred: true, headers: "*", want: []ID{"acah-wildcard-authorization"}},
		{name: "headers * and a challenge", origin: "-", fixed: "*", headers: "*", want: []ID{"acah-wildcard-authorization"}, first: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			if r.Method == "GET" {
				w.Header().Set("WWW-Authenticate", `Bearer realm="api"`)
				w.Header().Set(acao, "*")
				w.WriteHeader(401)
				return true
			}
			return false
		}},
		{name: "headers * and credentials", headers: "*", want: []ID{"list-wildcard-credentials"}},
		{name: "methods * and credentials", methods: "*", want: []ID{"list-wildcard-credentials"}},
		{name: "no Content-Type", headers: "Authorization, X-Requested-With", methods: "GET, POST, PUT", want: []ID{"acah-missing-header"}},
		{name: "no Authorization", headers: "Content-Type", want: []ID{"acah-missing-header"}, extra: http.Header{"Www-Authenticate": {"Bearer"}}},
		{name: "no key", headers: "Content-Type", header: "X-Api-Key: 1", want: []ID{"acah-missing-header"}},
		{name: "no PUT", methods: "GET, POST", want: []ID{"acam-missing-method"}, first: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			if r.Method == "OPTIONS" {
				w.Header().Set("Allow", "GET, POST, PUT, OPTIONS")
			}
			return false
		}},
		{name: "no DELETE", methods: "GET, PUT", want: []ID{"acam-missing-method"}, first: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			if r.Method == "OPTIONS" && r.Header.Get("Access-Control-Request-Method") == "" {
				w.Header().Set("Allow", "GET,PUT,DELETE,OPTIONS")
				w.WriteHeader(200)
				return true
			}
			return false
		}},
		{name: "lower case", methods: "get, post, put, delete", want: []ID{"acam-case"}},
		{name: "mixed case", methods: "GET, Put", want: []ID{"acam-case"}},
		{name: "a month", maxAge: "2592000", want: []ID{"max-age-excessive"}},
		{name: "for ever", maxAge: "99999999999999999999", want: []ID{"max-age-excessive"}},
		{name: "10m", maxAge: "10m", want: []ID{"max-age-invalid"}},
		{name: "a fraction", maxAge: "600.5", want: []ID{"max-age-invalid"}},
		{name: "private network", origin: "-", fixed: "*", want: []ID{"pna-any-origin"}, preflight: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			if r.Header.Get("Access-Control-Request-Private-Network") != "" {
				w.Header().Set("Access-Control-Allow-Private-Network", "true")
			}
			return false
		}},

		// Group csrf.
		{name: "the answer says what came", want: []ID{"csrf-simple-post"}, first: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			if r.Method != "POST" {
				return false
			}
			fmt.Fprintf(w, `{"saved":true,"type":%q,"by":%q}`, r.Header.Get("Content-Type"), r.UserAgent())
			return true
		}},
		{name: "any POST runs", cookie: "session=1", want: []ID{"csrf-simple-post"}, post: func(a *api, w http.ResponseWriter, r *http.Request) int {
			data, _ := io.ReadAll(r.Body)
			a.keep(string(data))
			return 201
		}},
		{name: "forms run", cookie: "session=1", want: []ID{"csrf-simple-post"}, post: func(a *api, w http.ResponseWriter, r *http.Request) int {
			if r.ParseForm() != nil || r.PostForm.Get("concors") == "" {
				return 400
			}
			a.keep(r.PostForm.Get("concors"))
			return 200
		}},
		{name: "forms run, nothing to read", want: []ID{"csrf-simple-post"}, post: func(a *api, w http.ResponseWriter, r *http.Request) int {
			if r.ParseForm() != nil || len(r.PostForm) == 0 {
				return 400
			}
			return 200
		}},
		{name: "a named field", cookie: "session=1", data: "title={{random}}", want: []ID{"csrf-simple-post"}, post: func(a *api, w http.ResponseWriter, r *http.Request) int {
			if r.FormValue("title") == "" {
				return 422
			}
			a.keep(r.FormValue("title"))
			return 200
		}},
		{name: "multipart runs", cookie: "session=1", want: []ID{"csrf-simple-post"}, post: func(a *api, w http.ResponseWriter, r *http.Request) int {
			if t := r.Header.Get("Content-Type"); !strings.HasPrefix(t, "multipart/") && t != "application/json" {
				return 415
			}
			data, _ := io.ReadAll(r.Body)
			a.keep(strings.Join(strings.Fields(string(data)), " "))
			return 200
		}},
		{name: "multipart only", cookie: "session=1", want: []ID{"csrf-simple-post"}, post: func(a *api, w http.ResponseWriter, r *http.Request) int {
			if r.ParseMultipartForm(1<<16) != nil || r.FormValue("concors") == "" {
				return 415
			}
			a.keep(r.FormValue("concors"))
			return 200
		}},
		{name: "JSON of any type", cookie: "session=1", want: []ID{"csrf-text-plain-json"}, post: jsonPost(func(string) bool { return true })},
		{name: "JSON as text", cookie: "session=1", data: `{"name":"{{random}}"}`, want: []ID{"csrf-text-plain-json"}, post: jsonPost(func(t string) bool {
			return strings.HasPrefix(t, "application/json") || strings.HasPrefix(t, "text/plain")
		})},
		{name: "JSON, looked for in Content-Type", cookie: "session=1", want: []ID{"csrf-text-plain-json"}, post: jsonPost(func(t string) bool { return strings.Contains(t, "application/json") })},
		{name: "JSON without a type", cookie: "session=1", want: []ID{"csrf-text-plain-json"}, post: jsonPost(func(t string) bool { return t == "" || t == "application/json" })},
		{name: "null sends", cookie: "session=1", want: []ID{"csrf-null-origin"}, post: func(a *api, w http.ResponseWriter, r *http.Request) int {
			if o := r.Header.Get("Origin"); o != "" && o != "null" && o != "http://"+r.Host && o != good {
				return 403
			}
			data, _ := io.ReadAll(r.Body)
			a.keep(string(data))
			return 200
		}},
		{name: "null sends text", cookie: "session=1", want: []ID{"csrf-null-origin"}, post: func(a *api, w http.ResponseWriter, r *http.Request) int {
			if o := r.Header.Get("Origin"); o != "" && o != "null" && o != "http://"+r.Host {
				return 403
			}
			return jsonPost(func(string) bool { return true })(a, w, r)
		}},
		{name: "null and a known origin send, no CORS headers", cookie: "session=1", want: []ID{"csrf-null-origin"}, allow: exactly(),
			post: func(a *api, w http.ResponseWriter, r *http.Request) int {
				if o := r.Header.Get("Origin"); o != "null" && o != good {
					return 403
				}
				return jsonPost(func(string) bool { return true })(a, w, r)
			}},
		{name: "WebSocket", origin: "-", want: []ID{"websocket-any-origin"}, first: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			if r.Header.Get("Upgrade") == "" {
				w.WriteHeader(426)
				return true
			}
			if c, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true}); err == nil {
				_ = c.CloseNow()
			}
			return true
		}},
	}
}

func jsonPost(takes func(contentType string) bool) func(*api, http.ResponseWriter, *http.Request) int {
	return func(a *api, w http.ResponseWriter, r *http.Request) int {
		if !takes(r.Header.Get("Content-Type")) {
			return 415
		}
		var v map[string]any
		data, _ := io.ReadAll(r.Body)
		if json.Unmarshal(data, &v) != nil {
			return 400
		}
		a.keep(string(data))
		return 200
	}
}
