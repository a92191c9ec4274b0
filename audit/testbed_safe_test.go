package audit

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/coder/websocket"
)

func safe() []*api {
	refusing := func(a *api, w http.ResponseWriter, r *http.Request) bool {
		if o := r.Header.Get("Origin"); o != "" && !a.allows(o) && r.Header.Get("Sec-Fetch-Site") != "same-origin" {
			w.Header().Set("Vary", "Origin")
			w.WriteHeader(403)
			return true
		}
		return false
	}
	return []*api{
		{name: "one origin"},
		{name: "one origin, not told", origin: "-"},
		{name: "one origin without credentials", nocred: true},
		{name: "two origins", allow: exactly(good, "https://www.example.org")},
		{name: "the apex", origin: "https://example.com", allow: exactly("https://example.com")},
		{name: "a port", origin: "https://app.example.com:8443", allow: exactly("https://app.example.com:8443")},
		{name: "co.uk", origin: "https://app.example.co.uk", allow: exactly("https://app.example.co.uk")},
		{name: "vercel.app", origin: "https://shop.vercel.app", allow: exactly("https://shop.vercel.app")},
		{name: "a deep name", origin: "https://a.b.c.example.com", allow: exactly("https://a.b.c.example.com")},
		{name: "an address", origin: "https://203.0.113.5", allow: exactly("https://203.0.113.5")},
		{name: "an app", origin: "capacitor://localhost", allow: exactly("capacitor://localhost")},
		{name: "one extension", origin: "chrome-extension://abcdefghijklmnopabcdefghijklmnop", allow: exactly("chrome-extension://abcdefghijklmnopabcdefghijklmnop")},
		{name: "localhost, told", origin: "http://localhost:3000", allow: exactly("http://localhost:3000")},
		{name: "a name of its own", host: "api.example.com", origin: good, nocred: true},
		{name: "a name of its own, nothing told", host: "api.example.com", origin: "-", nocred: true},
		{name: "an escaped expression", allow: matches(`^https://app\.example\.com$`)},
		{name: "always the same origin", fixed: good},
		{name: "always the same origin, not told", origin: "-", fixed: good},
		{name: "no CORS at all", origin: "-", first: raw()},
		{name: "no CORS at all, by name", origin: "-", host: "api.example.com", first: raw()},
		{name: "no CORS although an origin is told", first: raw()},
		{name: "* on public data", origin: "-", fixed: "*"},
		{name: "* with everything", origin: "-", fixed: "*", expose: "*", headers: "*", methods: "*", extra: http.Header{"X-Total-Count": {"2"}}},
		{name: "* and Vary", origin: "-", first: raw(acao, "*", "Vary", "Origin")},
		{name: "* with a simple GET only", origin: "-", fixed: "*", preflight: status(405)},
		{name: "* on products with names", origin: "-", fixed: "*", body: `{"items":[{"name":"Saw","price":9.5,"email":"shop@example.com"}]}`},
		{name: "* on an office's address", origin: "-", fixed: "*", body: `{"name":"Example","email":"support@example.com","phone":""}`},
		{name: "first of the list for strangers", first: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			h := w.Header()
			h.Set(acao, good)
			h.Set(acac, "true")
			h.Set("Vary", "Origin")
			if r.Method == "OPTIONS" {
				h.Set(acam, "GET, PUT, DELETE")
				h.Set(acah, "authorization, content-type")
				w.WriteHeader(204)
				return true
			}
			return false
		}, allow: func(string) bool { return false }},
		{name: "* behind a key", origin: "-", fixed: "*", header: "Authorization: Bearer 1", first: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			if r.Method == "GET" && r.Header.Get("Authorization") == "" {
				w.Header().Set(acao, "*")
				w.WriteHeader(401)
				return true
			}
			return false
		}, body: `{"email":"ada@example.com","phone":"1"}`},
		{name: "no Vary, not stored", vary: "-", cache: "no-store"},
		{name: "Vary *", vary: "*"},
		{name: "Vary in a list and in lower case", vary: "accept-encoding, origin"},
		{name: "credentials false", first: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Vary", "Origin")
			if r.Header.Get("Origin") == good {
				return raw(acao, good, acac, "false", acam, "GET, PUT", acah, "Authorization, Content-Type")(a, w, r)
			}
			return raw()(a, w, r)
		}},
		{name: "strangers are refused", first: refusing},
		{name: "strangers are refused, and do not post", first: refusing, cookie: "session=1", post: jsonPost(func(string) bool { return true })},
		{name: "preflights are 200", preflight: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			return r.Header.Get("Origin") == good && raw(acao, good, acac, "true", "Vary", "Origin", acam, "GET, PUT", acah, "Authorization, Content-Type")(a, w, r)
		}},
		{name: "preflights allow what was asked", preflight: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			return r.Header.Get("Origin") == good && raw(acao, good, acac, "true", "Vary", "Origin", acam, r.Header.Get("Access-Control-Request-Method"), acah, r.Header.Get("Access-Control-Request-Headers"))(a, w, r)
		}},
		{name: "preflights are strict about headers", preflight: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			if r.Header.Get("Access-Control-Request-Headers") != "" {
				w.WriteHeader(403)
				return true
			}
			return r.Header.Get("Origin") == good && raw(acao, good, acac, "true", "Vary", "Origin", acam, "GET")(a, w, r)
		}},
		{name: "a lifetime of -1", maxAge: "-1"},
		{name: "a lifetime of a day", maxAge: "86400"},
		{name: "exposes what there is", expose: "X-Total-Count, Link", extra: http.Header{"X-Total-Count": {"2"}, "Link": {"<x>"}}},
		{name: "plumbing is not exposed", extra: http.Header{"X-Request-Id": {"1"}, "X-Powered-By": {"x"}, "X-Frame-Options": {"DENY"}, "X-Cache": {"HIT"}}},
		{name: "echoes the origin in its body", first: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			a.body = fmt.Sprintf(`{"from":%q}`, r.Header.Get("Origin"))
			return false
		}},
		{name: "everything is 200", first: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			r.URL.Path = "/v1/things"
			return false
		}},
		{name: "too many requests", first: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			a.mu.Lock()
			defer a.mu.Unlock()
			if a.requests > 8 && r.Header.Get("Origin") == good {
				w.Header().Set("Retry-After", "0")
				w.WriteHeader(429)
				return true
			}
			return false
		}},
		{name: "broken for strangers", first: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			if r.Header.Get("Origin") != good && r.Header.Get("Origin") != "" {
				w.WriteHeader(500)
				return true
			}
			return false
		}},
		{name: "POST needs JSON", cookie: "session=1", post: jsonPost(func(t string) bool { return t == "application/json" })},
		{name: "POST needs a token", cookie: "session=1", post: func(a *api, w http.ResponseWriter, r *http.Request) int {
			if r.Header.Get("X-Csrf-Token") == "" {
				return 403
			}
			return 200
		}},
		{name: "POST looks at Sec-Fetch-Site", cookie: "session=1", post: func(a *api, w http.ResponseWriter, r *http.Request) int {
			if s := r.Header.Get("Sec-Fetch-Site"); s != "" && s != "same-origin" {
				return 403
			}
			data, _ := io.ReadAll(r.Body)
			a.keep(string(data))
			return 200
		}},
		{name: "POST is 200 and does nothing", cookie: "session=1", post: func(a *api, w http.ResponseWriter, r *http.Request) int {
			data, _ := io.ReadAll(r.Body)
			if o := r.Header.Get("Origin"); o == "" || o == good || o == "http://"+r.Host {
				a.keep(string(data))
			}
			return 200
		}},
		{name: "POST is 200 with an error", cookie: "session=1", first: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			if r.Method != "POST" {
				return false
			}
			if o := r.Header.Get("Origin"); o == "" || o == good || o == "http://"+r.Host {
				io.WriteString(w, `{"saved":true}`)
			} else {
				io.WriteString(w, `{"error":"forbidden"}`)
			}
			return true
		}},
		{name: "POST needs a header token", header: "Authorization: Bearer 1", post: func(a *api, w http.ResponseWriter, r *http.Request) int {
			if r.Header.Get("Authorization") == "" {
				return 401
			}
			data, _ := io.ReadAll(r.Body)
			a.keep(string(data))
			return 200
		}},
		{name: "WebSocket with a look at Origin", origin: "-", first: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			if r.Header.Get("Upgrade") == "" {
				w.WriteHeader(426)
				return true
			}
			if c, err := websocket.Accept(w, r, nil); err == nil {
				_ = c.CloseNow()
			}
			return true
		}},
		{name: "POST by its Origin alone, no CORS", cookie: "session=1", allow: exactly(), post: func(a *api, w http.ResponseWriter, r *http.Request) int {
			if r.Header.Get("Origin") != good {
				return 403
			}
			return 200
		}},
		{name: "a session without CORS", cookie: "session=1", allow: exactly(), preflight: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			w.WriteHeader(401)
			return true
		}},
		{name: "* on data that can only be read", origin: "-", fixed: "*", preflight: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set(acao, "*")
			w.Header().Set("Allow", "GET, HEAD")
			w.WriteHeader(405)
			return true
		}},
		{name: "a redirect to the login", origin: "-", first: func(a *api, w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "/login", http.StatusFound)
			return true
		}},
		{name: "own origin is let in", origin: "-", host: "api.example.com", nocred: true, allow: func(o string) bool { return strings.HasSuffix(o, "://api.example.com") }},
		{name: "private data, exact list", body: `{"email":"ada@example.com","phone":"1","api_key":"abc"}`},
	}
}
