package api_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/concors/concors/admin"
	"github.com/concors/concors/admin/api"
)

// login begins a session as a person does, and returns the cookie's line.
func (s *side) login() string {
	s.t.Helper()
	got := s.send("POST", s.admin+"/login", url.Values{"token": {token}}.Encode(),
		"Content-Type: application/x-www-form-urlencoded", "Origin: "+s.admin, "Sec-Fetch-Site: same-origin").want(303)
	cookies := got.Cookies()
	if len(cookies) != 1 {
		s.t.Fatalf("got cookies %v", cookies)
	}
	return "Cookie: " + cookies[0].Name + "=" + cookies[0].Value
}

// Whatever another website makes the visitor's browser send, with the session's
// cookie (which SameSite would keep at home), nothing is read or changed.
func TestOtherWebsitesAreRefused(t *testing.T) {
	s := newSide(t, document)
	cookie := s.login()
	match := s.match()
	before := s.read()
	evil := "Origin: https://evil.example"
	cross := "Sec-Fetch-Site: cross-site"
	form := "Content-Type: application/x-www-form-urlencoded"
	patch := setting("POST /api/orders", `{"allow":"all"}`)
	for _, tc := range []struct {
		name, method, path, body string
		lines                    []string
	}{
		{"form post to log in", "POST", "/login", "token=" + token, []string{form, evil, cross}},
		{"form post to log out", "POST", "/logout", "", []string{form, evil, cross}},
		{"form post to a page", "POST", "/endpoint", "allow=all", []string{form, evil, cross}},
		{"form post of JSON as text/plain", "POST", "/api/v1/history/undo", "{}", []string{"Content-Type: text/plain", evil, cross, match}},
		{"form post from an opaque origin", "POST", "/api/v1/history/undo", "", []string{form, "Origin: null", cross, match}},
		{"form post of an old browser, without Sec-Fetch-Site", "POST", "/api/v1/history/undo", "", []string{form, evil, match}},
		{"form post of another site of the same domain", "POST", "/api/v1/history/undo", "", []string{form, "Origin: http://127.0.0.1:1", "Sec-Fetch-Site: same-site", match}},
		{"fetch that reads", "GET", "/api/v1/document", "", []string{evil, cross, "Sec-Fetch-Mode: cors"}},
		{"fetch in mode no-cors", "GET", "/api/v1/document", "", []string{cross, "Sec-Fetch-Mode: no-cors"}},
		{"fetch that writes", "PATCH", "/api/v1/document", patch, []string{"Content-Type: application/json", evil, cross, match}},
		{"preflight", "OPTIONS", "/api/v1/document", "", []string{evil, "Access-Control-Request-Method: PATCH", "Access-Control-Request-Headers: if-match"}},
		{"EventSource", "GET", "/api/v1/feed", "", []string{evil, cross, "Accept: text/event-stream"}},
		{"script element", "GET", "/api/v1/state", "", []string{cross, "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: script"}},
		{"frame", "GET", "/", "", []string{cross, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"}},
		{"several Sec-Fetch-Site", "GET", "/api/v1/state", "", []string{"Sec-Fetch-Site: same-origin", cross}},
		{"metrics", "GET", "/metrics", "", []string{evil, cross}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s.t = t
			got := s.send(tc.method, s.admin+tc.path, tc.body, append(tc.lines, cookie)...).want(403)
			for name := range got.Header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("the refusal has %s", name)
				}
			}
			if len(got.Cookies()) > 0 {
				t.Errorf("the refusal sets cookies")
			}
		})
	}
	s.t = t
	if s.read() != before {
		t.Error("the file has changed")
	}
	s.send("GET", s.admin+"/api/v1/session", "", cookie).want(200) // still logged in
}

// A website whose name resolves to our address is told nothing, whatever it
// knows.
func TestDNSRebindingIsRefused(t *testing.T) {
	s := newSide(t, document)
	_, port, _ := strings.Cut(strings.TrimPrefix(s.admin, "http://"), ":")
	for _, path := range []string{"/", "/login", "/api/v1/state", "/metrics", "/healthz"} {
		for _, host := range []string{"evil.example", "evil.example:" + port, "127.0.0.1.evil.example:" + port, "localhost.evil.example", "127.0.0.1@evil.example"} {
			got := s.send("GET", s.admin+path, "", "Host: "+host, bearer, "Sec-Fetch-Site: same-origin")
			if got.StatusCode != http.StatusMisdirectedRequest && got.StatusCode != http.StatusBadRequest {
				t.Errorf("%s as %s: status %d", path, host, got.StatusCode)
			}
		}
	}
	s.send("GET", s.admin+"/api/v1/state", "", "Host: localhost:"+port, bearer).want(200)
}

// Every answer, errors included, keeps frames, foreign scripts and caches away.
func TestSecurityHeaders(t *testing.T) {
	s := newSide(t, document)
	for _, path := range []string{"/", "/login", "/static/x.js", "/nothing", "/api/v1/state", "/api/v1/nothing", "/api/v1/openapi.yaml", "/a%2f..%2fb"} {
		for _, auth := range []string{bearer, "X-None: 1"} {
			h := s.send("GET", s.admin+path, "", auth).Header
			for name, want := range map[string]string{
				"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
				"Cache-Control": "no-store", "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
			} {
				if got := h.Values(name); len(got) != 1 || got[0] != want {
					t.Errorf("%s: %s is %q, want %q", path, name, got, want)
				}
			}
			csp := h.Get("Content-Security-Policy")
			for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'", "script-src 'self'"} {
				if !strings.Contains(csp, part) {
					t.Errorf("%s: the policy lacks %s: %s", path, part, csp)
				}
			}
			if strings.Contains(csp, "unsafe") || strings.Contains(csp, "http") || strings.Contains(csp, "*") {
				t.Errorf("%s: the policy is not strict: %s", path, csp)
			}
		}
	}
}

func TestGuessingTokensIsSlow(t *testing.T) {
	s := newSide(t, document)
	tries := map[string]func(guess string) int{
		"form": func(guess string) int {
			return s.send("POST", s.admin+"/login", url.Values{"token": {guess}}.Encode(), "Content-Type: application/x-www-form-urlencoded").StatusCode
		},
		"JSON": func(guess string) int {
			return s.send("POST", s.admin+"/api/v1/session", fmt.Sprintf(`{"token":%q}`, guess), "Content-Type: application/json").StatusCode
		},
		"bearer": func(guess string) int {
			return s.send("GET", s.admin+"/api/v1/state", "", "Authorization: Bearer "+guess).StatusCode
		},
	}
	cookie := s.login()
	for range 3 { // the right token costs nothing
		if status := tries["bearer"](token); status != 200 {
			t.Fatalf("the right token gets %d", status)
		}
	}
	denied := 0
	for name, try := range tries {
		for i := range 10 {
			switch status := try(fmt.Sprintf("%s-%d-%s", token[:10], i, name)); status {
			case 401:
				denied++
			case 429:
			default:
				t.Fatalf("%s: a wrong token gets %d", name, status)
			}
		}
	}
	if denied > 8 { // 5 at once, and one every two seconds while this runs
		t.Errorf("%d of 30 guesses were not told to wait", denied)
	}
	// Whoever guesses locks nobody out: the right token gets in from the very
	// address, in every way, and so does who is logged in.
	for name, want := range map[string]int{"form": 303, "JSON": 200, "bearer": 200} {
		if status := tries[name](token); status != want {
			t.Errorf("%s: the right token among guesses gets %d, want %d", name, status, want)
		}
	}
	s.send("GET", s.admin+"/api/v1/state", "", cookie).want(200)
	if status := tries["bearer"](token + "x"); status != 429 {
		t.Errorf("a wrong token after the right one gets %d, want 429", status)
	}
}

// Guessers of ever new addresses neither use up memory nor keep the right token
// out.
func TestGuessersAreBounded(t *testing.T) {
	now := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	auth := api.NewAuth(api.HashToken(token), false, func() time.Time { return now })
	h := api.New(api.Options{Service: emptyService(t), Auth: auth})
	from := func(address, token string) int {
		r := httptest.NewRequest("GET", "/api/v1/state", nil)
		r.RemoteAddr = address
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	denied := 0
	for i := range 3 * api.MaxGuessers {
		if from(fmt.Sprintf("[2001:db8:%x:%x::1]:1", i>>16, i&0xffff), "wrong") == 401 {
			denied++
		}
	}
	if denied != api.TotalBurst {
		t.Errorf("%d guesses of as many addresses were not told to wait, want %d", denied, api.TotalBurst)
	}
	if n := auth.Guessers(); n > api.MaxGuessers {
		t.Errorf("%d addresses are remembered, want at most %d", n, api.MaxGuessers)
	}
	if status := from("192.0.2.1:1", token); status != 200 {
		t.Errorf("the right token gets %d", status)
	}
}

func TestSessions(t *testing.T) {
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	s := newSide(t, document, func(_ *admin.Options, h *api.Options) {
		h.Auth = api.NewAuth(api.HashToken(token), false, func() time.Time { return now })
	})
	got := s.send("POST", s.admin+"/login", "token="+token+"&next=/traffic", "Content-Type: application/x-www-form-urlencoded").want(303)
	if to := got.Header.Get("Location"); to != "/traffic" {
		t.Errorf("goes to %s", to)
	}
	c := got.Cookies()[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" || len(c.Value) < 43 {
		t.Errorf("cookie %+v", c)
	}
	cookie := "Cookie: " + c.Name + "=" + c.Value
	s.send("GET", s.admin+"/api/v1/session", "", cookie).want(200)
	s.send("GET", s.admin+"/api/v1/session", "", cookie+"x").want(401)
	now = now.Add(12*time.Hour - time.Second)
	s.send("GET", s.admin+"/api/v1/session", "", cookie).want(200)
	now = now.Add(2 * time.Second)
	s.send("GET", s.admin+"/api/v1/session", "", cookie).want(401)

	cookie = s.login()
	s.send("POST", s.admin+"/logout", "", cookie).want(303)
	s.send("GET", s.admin+"/api/v1/session", "", cookie).want(401)

	// Sessions are bounded: the oldest goes.
	oldest := s.login()
	for range 256 {
		now = now.Add(time.Second)
		s.login()
	}
	s.send("GET", s.admin+"/api/v1/session", "", oldest).want(401)
}

func TestPagesNeedASession(t *testing.T) {
	s := newSide(t, document, func(_ *admin.Options, h *api.Options) { h.Pages = pages{} })
	for _, tc := range []struct {
		path, want string // where one is sent; empty: the page is shown
	}{
		{"/login", ""},
		{"/static/1/app.js", ""},
		{"/", "/login"},
		{"/endpoint?pattern=GET%20/x", "/login?next=%2Fendpoint%3Fpattern%3DGET%2520%2Fx"},
		{"/staticx", "/login?next=%2Fstaticx"},
	} {
		got := s.send("GET", s.admin+tc.path, "")
		if tc.want == "" && got.StatusCode != 200 || tc.want != "" && got.Header.Get("Location") != tc.want {
			t.Errorf("%s: %d to %q, want %q", tc.path, got.StatusCode, got.Header.Get("Location"), tc.want)
		}
	}
	s.send("POST", s.admin+"/endpoint", "").want(401)
	got := s.send("GET", s.admin+"/", "", s.login()).want(200)
	if got.body != "page /" {
		t.Errorf("got %q", got.body)
	}
	// The bearer token is for machines: it opens no pages.
	if got := s.send("GET", s.admin+"/", "", bearer); got.StatusCode != 303 {
		t.Errorf("the bearer token opens a page: %d", got.StatusCode)
	}
}

type pages struct{}

func (pages) ServeHTTP(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "page %s", r.URL.Path) }

func (pages) Fail(w http.ResponseWriter, _ *http.Request, err error) {
	http.Error(w, err.Error(), http.StatusServiceUnavailable)
}

func (pages) SignIn(w http.ResponseWriter, _ *http.Request, status int, action, next, problem string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, "sign in: %s %s %s", action, next, problem)
}

// After logging in, nobody is sent to another site.
func TestNextStaysHere(t *testing.T) {
	s := newSide(t, document)
	for _, next := range []string{"https://evil.example/", "//evil.example", `/\evil.example`, "/\t/evil.example", "javascript:alert(1)", "evil", "/login", "/logout"} {
		got := s.send("POST", s.admin+"/login", url.Values{"token": {token}, "next": {next}}.Encode(), "Content-Type: application/x-www-form-urlencoded").want(303)
		if to := got.Header.Get("Location"); to != "/" {
			t.Errorf("next=%q goes to %q", next, to)
		}
	}
}

// Browsers carry the fragment of a redirected address along, and the link that
// signs in has the token there: a redirect with a fragment of its own drops it.
func TestTheLinkLeavesNoTokenBehind(t *testing.T) {
	s := newSide(t, document)
	cookie := s.login()
	for path, want := range map[string]string{
		"/login":                             "/#",
		"/login?next=%2Ftraffic%3Fshow%3Dx":  "/traffic?show=x#",
		"/login?next=%2Ftraffic%23token%3Dx": "/traffic#",
	} {
		if to := s.send("GET", s.admin+path, "", cookie).want(303).Header.Get("Location"); to != want {
			t.Errorf("%s leads to %q, want %q", path, to, want)
		}
	}
}

// Path tricks neither get past the login nor out of the API.
func TestPathTricks(t *testing.T) {
	s := newSide(t, document, func(_ *admin.Options, h *api.Options) { h.Pages = pages{} })
	for _, path := range []string{
		"/static/..%2f", "/static/%2e%2e/", "/static/%2e%2e%2fendpoint", "/static/..%5cendpoint", "/static/%00", "/login/%2e%2e/",
		"/api/v1/openapi.yaml/%2e%2e/state", "/api/v1/session/%2e%2e/state", "/%61pi/v1/state", "/api/v1/state/", "/api/v1//state",
		"/static/../endpoint", "//api/v1/state", "/api/v1/./state", "/API/V1/STATE", "/api/v1/session%3f",
	} {
		got := s.send("GET", s.admin+path, "")
		if got.StatusCode == 200 || strings.HasPrefix(got.body, "page") {
			t.Errorf("%s: status %d: %.100s", path, got.StatusCode, got.body)
		}
	}
}

func TestMalformedBodies(t *testing.T) {
	s := newSide(t, document)
	json := "Content-Type: application/json"
	deep := strings.Repeat(`{"document":`, 5000) + strings.Repeat("}", 5000)
	for _, tc := range []struct {
		name, method, path, body, kind string
		status                         int
		reason                         string
	}{
		{"too large for a form", "POST", "/session", `{"token":"` + strings.Repeat("x", 5<<10) + `"}`, json, 413, api.ReasonBodyTooLarge},
		{"too large for an endpoint", "PUT", "/endpoint" + query("pattern", "GET /api/account"), `{"endpoint":"` + strings.Repeat("x", 2<<20) + `"}`, json, 413, api.ReasonBodyTooLarge},
		{"too large for a draft", "POST", "/judge", strings.Repeat(" ", 17<<20), json, 413, api.ReasonBodyTooLarge},
		{"not JSON by its type", "POST", "/judge", `{}`, "Content-Type: text/plain", 415, api.ReasonContentType},
		{"no type", "POST", "/judge", `{}`, "X-None: 1", 415, api.ReasonContentType},
		{"not JSON", "POST", "/judge", `<script>`, json, 400, api.ReasonMalformed},
		{"empty", "POST", "/judge", ``, json, 400, api.ReasonMalformed},
		{"cut off", "POST", "/judge", `{"endpoints":[`, json, 400, api.ReasonMalformed},
		{"two values", "POST", "/judge", `{} {}`, json, 400, api.ReasonMalformed},
		{"unknown key", "POST", "/judge", `{"endpoint":[]}`, json, 400, api.ReasonMalformed},
		{"wrong type", "POST", "/judge", `{"endpoints":"all"}`, json, 400, api.ReasonMalformed},
		{"unknown key of a policy", "POST", "/judge", setting("POST /api/orders", `{"allow":"all","origins":["x"]}`), json, 400, api.ReasonMalformed},
		{"credentials as text", "POST", "/judge", setting("POST /api/orders", `{"allow":"selected","credentials":"yes"}`), json, 400, api.ReasonMalformed},
		{"two things at once", "POST", "/judge", `{"endpoints":[{"pattern":"POST /api/orders","remove":true,"setting":"front-end"}]}`, json, 400, api.ReasonMalformed},
		{"a document and changes", "POST", "/judge", `{"document":{},"endpoints":[{"pattern":"POST /api/orders","remove":true}]}`, json, 400, api.ReasonMalformed},
		{"an endpoint that is not there", "POST", "/judge", setting("POST /nowhere", `"front-end"`), json, 404, api.ReasonUnknownEndpoint},
		{"a policy that is not there", "POST", "/judge", `{"policies":[{"name":"x","remove":true}]}`, json, 404, api.ReasonUnknownPolicy},
		{"a thousand levels", "POST", "/judge", deep, json, 400, api.ReasonMalformed},
		{"escape from a part", "POST", "/judge", `{"endpoints":[{"pattern":"POST /api/orders","setting":"x\"}],\"upstream\":\"http://evil.example"}]}`, json, 200, ""},
		{"unknown parameter", "GET", "/endpoints?serach=x", "", json, 400, api.ReasonMalformed},
		{"repeated parameter", "GET", "/endpoints?search=x&search=y", "", json, 400, api.ReasonMalformed},
		{"broken query", "GET", "/endpoints?search=%zz", "", json, 400, api.ReasonMalformed},
		{"negative limit", "GET", "/endpoints?limit=-1", "", json, 400, api.ReasonMalformed},
		{"unknown order", "GET", "/endpoints?sort=colour", "", json, 400, api.ReasonMalformed},
		{"missing parameter", "GET", "/endpoint", "", json, 400, api.ReasonMalformed},
		{"unknown method", "PUT", "/judge", "{}", json, 405, api.ReasonMethod},
		{"unknown path", "GET", "/judges", "", json, 404, api.ReasonNotFound},
		{"trial without an address", "POST", "/try", `{"origin":"https://a.example","url":""}`, json, 400, api.ReasonMalformed},
		{"trial of an unknown browser", "POST", "/try", `{"origin":"https://a.example","url":"/","profile":"lynx"}`, json, 400, api.ReasonMalformed},
		{"allow at an endpoint that is not there", "POST", "/allow", `{"endpoint":"x","origin":"https://a.example"}`, json, 404, api.ReasonUnknownEndpoint},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s.t = t
			got := s.send(tc.method, s.admin+"/api/v1"+tc.path, tc.body, tc.kind, bearer)
			if tc.reason == "" {
				got.want(tc.status)
				return
			}
			got.wantProblem(tc.status, tc.reason)
		})
	}
}

// Names, origins and reasons that hold script stay data: JSON escapes what HTML
// would take for a tag, origins are shown as printable ASCII, and no answer is
// HTML.
func TestScriptStaysData(t *testing.T) {
	const script = `<script>alert(1)</script>`
	s := newSide(t, document)
	s.send("GET", s.api+"/api/account", "", "Origin: https://"+script+".example\x80\xff\u202e").want(403)
	s.send("GET", s.api+"/api/account", "", "Origin: "+strings.Repeat("<", 600)).want(403)
	s.send("OPTIONS", s.api+"/api/account", "", "Origin: https://evil.example", "Access-Control-Request-Method: <b>").want(403)
	draft := `{"policies":[{"name":"` + script + `","policy":{"allow":"selected","domains":["https://` + script + `"]}}]}`
	for _, got := range []*reply{
		s.ask("GET", "/traffic", ""), s.ask("GET", "/decisions", ""), s.ask("POST", "/judge", draft),
		s.ask("GET", "/endpoint"+query("pattern", script), ""), s.ask("GET", "/nothing"+script, ""),
		s.ask("POST", "/try", `{"origin":"https://a.example","url":"/`+script+`"}`),
	} {
		if strings.ContainsAny(got.body, "<>") {
			t.Errorf("%s: %.300s", got.Request.URL, got.body)
		}
		if kind := got.Header.Get("Content-Type"); !strings.HasSuffix(kind, "json") {
			t.Errorf("%s: %s", got.Request.URL, kind)
		}
	}
	rows := decode[admin.Traffic](s.ask("GET", "/traffic", "")).Rows
	for _, row := range rows {
		if row.CanAllow && row.Origin != "https://evil.example" {
			t.Errorf("%q can be allowed", row.Origin)
		}
		for _, c := range []byte(strings.TrimSuffix(row.Origin, "…")) {
			if c < ' ' || c > '~' {
				t.Errorf("%q is not printable", row.Origin)
			}
		}
		if len(row.Origin) > 300 {
			t.Errorf("an origin of %d bytes is shown", len(row.Origin))
		}
	}
	if len(rows) != 3 {
		t.Errorf("%d rows, want 3: %+v", len(rows), rows)
	}
}
