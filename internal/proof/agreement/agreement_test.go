package agreement

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/browser"
)

const apiURL = "https://api.example.com/x"

// pages are origins of pages and, for each, the patterns that match it.
var pages = map[string][]string{
	"https://docs.example.com":     {"https://docs.example.com", "https://*.example.com"},
	"https://a.b.example.com:8443": {"https://*.example.com:8443", "https://*.example.com:*"},
	"https://example.com":          {"https://example.com"},
	"https://partner.example":      {"https://partner.example"},
	"https://evil.example":         {},
	"http://localhost:5173":        {"http://localhost:*"},
	"null":                         {},
	"https://api.example.com":      {"https://*.example.com"}, // the API itself
}

var (
	pageOrigins = slices.Sorted(func(yield func(string) bool) {
		for o := range pages {
			if !yield(o) {
				return
			}
		}
	})
	patterns    = []string{"https://docs.example.com", "https://*.example.com", "https://*.example.com:*", "https://example.com", "https://partner.example", "http://localhost:*"}
	headerNames = []string{"content-type", "x-a", "x-b", "authorization", "x-http-method-override"}
	methods     = []string{"GET", "POST", "PUT", "BREW"}
)

func some(r *rand.Rand, from []string, atLeast int) []string {
	var out []string
	for {
		for _, s := range from {
			if r.IntN(2) == 0 && !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
		if len(out) >= atLeast {
			return out
		}
	}
}

func randomPolicy(r *rand.Rand) cors.Policy {
	embed := []cors.Embed{"", cors.EmbedSameOrigin, cors.EmbedSameSite, cors.EmbedAny}[r.IntN(4)]
	var senders []string
	if r.IntN(4) == 0 {
		senders = [][]string{{"https://partner.example"}, {cors.AnySender}}[r.IntN(2)]
	}
	headers, expose := some(r, headerNames, 0), some(r, []string{"x-total", "x-other"}, 0)
	credentials := r.IntN(2) == 0
	if r.IntN(3) == 0 {
		headers = append(headers, "*")
	}
	if !credentials && r.IntN(3) == 0 {
		expose = append(expose, "*")
	}
	switch r.IntN(4) {
	case 0:
		return cors.None{Embed: embed, Senders: senders}
	case 1:
		return cors.All{Embed: embed, Headers: headers, Expose: expose}
	}
	return cors.Selected{Domains: some(r, patterns, 1), Credentials: credentials, Headers: headers, Expose: expose, Embed: embed, Senders: senders}
}

func randomCall(r *rand.Rand) browser.Call {
	call := browser.Call{
		URL:         apiURL,
		Credentials: []browser.CredentialsMode{browser.Omit, "same-origin", browser.Include}[r.IntN(3)],
	}
	switch r.IntN(8) {
	case 0:
		call.Kind = browser.Image
		return browser.Call{Kind: browser.Image, URL: apiURL}
	case 1:
		return browser.Call{Kind: browser.Form, Method: "POST", URL: apiURL, Body: browser.Body{Kind: browser.URLSearchParams, Data: []byte("a=b")}}
	case 2:
		return browser.Call{Kind: browser.WebSocket, URL: "wss" + strings.TrimPrefix(apiURL, "https")}
	case 3:
		return browser.Call{Kind: browser.Beacon, URL: apiURL, Body: browser.Body{Kind: browser.Text, Data: []byte("x")}}
	case 4:
		call.Mode = "no-cors"
		call.Method = []string{"GET", "POST", "HEAD"}[r.IntN(3)]
		return call
	}
	call.Method = []string{"GET", "HEAD", "POST", "PUT", "DELETE", "BREW", "put"}[r.IntN(7)]
	for _, h := range []browser.HeaderField{{Name: "Content-Type", Value: "application/json"}, {Name: "X-A", Value: "1"}, {Name: "Authorization", Value: "Bearer x"}, {Name: "X-HTTP-Method-Override", Value: "DELETE"}, {Name: "Accept", Value: "text/plain"}} {
		if r.IntN(4) == 0 {
			call.Headers = append(call.Headers, h)
		}
	}
	return call
}

// meaning is what a policy grants to a page, from the description of the
// setting.
type meaning struct {
	read, credentials, send bool
	headers                 func(name string) bool
	embed                   cors.Embed
}

func meaningOf(p cors.Policy, origin string) meaning {
	matches := func(list []string) bool {
		return slices.ContainsFunc(list, func(pattern string) bool { return slices.Contains(pages[origin], pattern) })
	}
	// https://*.example.com:* matches whatever https://*.example.com does.
	domains := func(list []string) bool {
		return matches(list) || slices.Contains(list, "https://*.example.com:*") && matches([]string{"https://*.example.com"})
	}
	listed := func(list []string) func(string) bool {
		return func(name string) bool {
			return slices.Contains(list, name) || slices.Contains(list, "*") && name != "authorization" && name != "x-http-method-override"
		}
	}
	senders := func(list []string) bool { return slices.Equal(list, []string{cors.AnySender}) || domains(list) }
	m := meaning{headers: func(string) bool { return false }}
	byDefault := cors.EmbedSameOrigin
	switch p := p.(type) {
	case cors.None:
		m.send, m.embed = senders(p.Senders), p.Embed
	case cors.All:
		m.read, m.headers, m.embed, byDefault = true, listed(p.Headers), p.Embed, cors.EmbedAny
	case cors.Selected:
		m.read, m.headers, m.embed, m.send = domains(p.Domains), listed(p.Headers), p.Embed, senders(p.Senders)
		m.credentials = m.read && p.Credentials
	}
	if m.embed == "" {
		m.embed = byDefault
	}
	return m
}

// trial is one call and what came of it.
type trial struct {
	policy cors.Policy
	origin string
	call   browser.Call
	res    *browser.Result
	ran    int  // times the handler ran
	cookie bool // it saw the visitor's cookie
	token  bool // it saw the page's Authorization
}

func (tr trial) String() string {
	return fmt.Sprintf("%#v\n  page %s, %+v\n  ran %d, cookie %v; %s", tr.policy, tr.origin, tr.call, tr.ran, tr.cookie, tr.res.Verdict())
}

func try(t testing.TB, p *plane, r *rand.Rand) trial {
	tr := trial{policy: randomPolicy(r), origin: pageOrigins[r.IntN(len(pageOrigins))], call: randomCall(r)}
	h := p.enforce(t, tr.policy, methods, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		tr.ran++
		tr.cookie = req.Header.Get("Cookie") != ""
		tr.token = req.Header.Get("Authorization") != ""
		w.Header().Set("X-Total", "1")
		w.Header().Set("Content-Type", "image/png")
		if tr.call.Kind == browser.WebSocket {
			w.WriteHeader(http.StatusBadRequest) // no more is asked than whether it ran
		}
	}))
	cookies := new(browser.Cookies)
	if err := cookies.Set(apiURL, "session=1; SameSite=None; Secure; Path=/"); err != nil {
		t.Fatal(err)
	}
	b := &browser.Browser{Cookies: cookies, Profile: []browser.Profile{browser.Standard, browser.Chromium, browser.Firefox, browser.WebKit}[r.IntN(4)]}
	tr.res = b.Fetch(context.Background(), browser.Page{Origin: tr.origin, LocalNetworkAllowed: true}, tr.call, browser.Handler(h))
	return tr
}

func TestServerAndBrowserAgree(t *testing.T) {
	for _, p := range planes {
		t.Run(p.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(7, 8))
			seen := make(map[string]int)
			for range p.trials {
				tr := try(t, &p, r)
				for _, problem := range disagreements(tr) {
					t.Errorf("%s\n%s", problem, tr)
				}
				if t.Failed() {
					return
				}
				seen[fmt.Sprintf("%v allowed %v ran %v", tr.call.Kind, tr.res.Allowed(), tr.ran > 0)]++
			}
			t.Log(seen)
			if len(seen) < 12 {
				t.Errorf("the calls are too much alike: %v", seen)
			}
		})
	}
}

func disagreements(tr trial) (problems []string) {
	claim := func(holds bool, format string, args ...any) {
		if !holds {
			problems = append(problems, fmt.Sprintf(format, args...))
		}
	}
	own := tr.origin == "https://api.example.com"
	m := meaningOf(tr.policy, tr.origin)
	method := strings.ToUpper(tr.call.Method)
	if tr.call.Method == "put" { // normalized by browsers
		method = "PUT"
	}
	if tr.ran > 1 {
		claim(false, "the handler ran %d times", tr.ran)
	}
	exists := slices.Contains(methods, method) || method == "HEAD" || method == ""
	if own {
		claim((tr.ran == 1) == exists && (tr.res.Allowed() || tr.call.Kind == browser.WebSocket), "a request of the API's own page was stopped")
		return problems
	}
	_, all := tr.policy.(cors.All)
	sameSite := strings.Contains(tr.origin, "example.com")

	// What the visitor's credentials reach.
	mayCarry := m.credentials || m.send && (method == "POST" || tr.call.Kind == browser.Beacon) ||
		m.embed == cors.EmbedSameSite && sameSite
	claim(!tr.cookie || mayCarry, "the handler saw the visitor's cookie")

	switch {
	case tr.call.Kind == browser.Form, tr.call.Kind == browser.Beacon:
		claim((tr.ran == 1) == (m.read || m.send), "a foreign POST ran: %v", tr.ran == 1)
	case tr.call.Kind == browser.WebSocket:
		claim((tr.ran == 1) == m.read, "a foreign WebSocket handshake ran: %v", tr.ran == 1)
	case tr.call.Kind == browser.Image, tr.call.Mode == "no-cors" && method != "POST":
		embeds := m.embed == cors.EmbedAny || m.embed == cors.EmbedSameSite && sameSite
		claim((tr.ran == 1) == embeds, "an embedded load ran: %v", tr.ran == 1)
		claim(!embeds || tr.res.Allowed(), "an embedded load that ran was blocked")
	case tr.call.Mode == "no-cors":
		claim((tr.ran == 1) == (m.read || m.send), "a foreign no-cors POST ran: %v", tr.ran == 1)
	default: // fetch() with CORS
		headersAllowed := true
		for _, h := range tr.call.Headers {
			if name := strings.ToLower(h.Name); name != "accept" {
				headersAllowed = headersAllowed && m.headers(name)
			}
		}
		simple := (method == "GET" || method == "HEAD" || method == "POST") && (len(tr.call.Headers) == 0 || len(tr.call.Headers) == 1 && tr.call.Headers[0].Name == "Accept")
		permitted := m.read && (simple || exists && headersAllowed)
		readable := permitted && (tr.call.Credentials != browser.Include || m.credentials)
		claim(tr.res.Allowed() == readable, "the page may read: %v, want %v", tr.res.Allowed(), readable)
		sendsOnly := simple && method == "POST" && m.send
		// With credentials that are not allowed, the browser stops at the
		// preflight; without a preflight the call runs, anonymously.
		runs := permitted && (simple || readable) || sendsOnly
		claim((tr.ran == 1) == runs, "the call ran: %v, want %v", tr.ran == 1, runs)
		if readable {
			claim(tr.token == slices.ContainsFunc(tr.call.Headers, func(h browser.HeaderField) bool { return h.Name == "Authorization" }),
				"the handler saw the token: %v", tr.token)
			claim(!tr.cookie || tr.call.Credentials == browser.Include, "the handler saw a cookie that the page did not ask for")
			if tr.res.Profile == browser.Standard { // others may keep third-party cookies back
				claim(tr.cookie == (tr.call.Credentials == browser.Include && m.credentials), "the handler saw the cookie: %v", tr.cookie)
			}
			exposed := tr.res.Response.Header.Get("X-Total") != ""
			claim(exposed == exposes(tr.policy, "x-total"), "X-Total is readable: %v", exposed)
		}
		if all && tr.res.Response != nil {
			claim(tr.res.Response.Status == 200, "status %d", tr.res.Response.Status)
		}
	}
	return problems
}

// A browser that remembers "*" sends headers without asking, so "*" must not
// become a way around the names that it does not cover: X-HTTP-Method-Override
// would turn an allowed POST into a method that the policy refuses.
func TestRememberedWildcardLetsNoMethodOverrideThrough(t *testing.T) {
	for _, p := range planes {
		t.Run(p.name, func(t *testing.T) { rememberedWildcard(t, &p) })
	}
}

func rememberedWildcard(t *testing.T, p *plane) {
	post := func(names ...string) browser.Call {
		call := browser.Call{Method: "POST", URL: apiURL, Credentials: browser.SameOriginCredentials}
		for _, name := range names {
			call.Headers = append(call.Headers, browser.HeaderField{Name: name, Value: "DELETE"})
		}
		return call
	}
	selected := func(credentials bool, headers ...string) cors.Policy {
		return cors.Selected{Domains: []string{"https://docs.example.com"}, Senders: []string{"https://docs.example.com"},
			Credentials: credentials, Headers: headers, Cache: 600e9}
	}
	for name, policy := range map[string]cors.Policy{
		"all":                       cors.All{Headers: []string{"*"}, Cache: 600e9},
		"selected":                  selected(false, "*"),
		"selected with credentials": selected(true, "*"),
		"listed":                    selected(false, "*", "X-HTTP-Method-Override"),
		"listed with credentials":   selected(true, "*", "X-HTTP-Method-Override"),
	} {
		for _, credentials := range []browser.CredentialsMode{browser.Omit, browser.Include} {
			if _, ok := policy.(cors.All); credentials == browser.Include && (ok || !policy.(cors.Selected).Credentials) {
				continue // blocked for the credentials' sake
			}
			for _, profile := range []browser.Profile{browser.Standard, browser.Chromium, browser.Firefox, browser.WebKit} {
				overridden, ran := 0, 0
				h := p.enforce(t, policy, []string{"POST"}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					ran++
					if r.Header.Get("X-HTTP-Method-Override") != "" {
						overridden++
					}
				}))
				b := &browser.Browser{Profile: profile, Preflights: new(browser.PreflightCache)}
				do := func(call browser.Call) *browser.Result {
					call.Credentials = credentials
					return b.Fetch(context.Background(), browser.Page{Origin: "https://docs.example.com"}, call, browser.Handler(h))
				}
				if res := do(post("X-Anything")); !res.Allowed() || ran != 1 {
					t.Errorf("%s, %s, %s: %s", name, profile, credentials, res.Verdict())
				}
				do(post("X-HTTP-Method-Override"))
				do(post("X-Anything", "X-HTTP-Method-Override"))
				if want := 2; strings.HasPrefix(name, "listed") && overridden != want || !strings.HasPrefix(name, "listed") && overridden != 0 {
					t.Errorf("%s, %s, %s: %d overrides reached the handler", name, profile, credentials, overridden)
				}
			}
		}
	}
}

func exposes(p cors.Policy, name string) bool {
	var list []string
	switch p := p.(type) {
	case cors.All:
		list = p.Expose
	case cors.Selected:
		list = p.Expose
	}
	return slices.Contains(list, name) || slices.Contains(list, "*")
}
