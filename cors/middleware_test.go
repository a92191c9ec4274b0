package cors

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// serve sends r through a middleware with policy p before h (nil: a handler
// that answers 200), and returns the answer.
func serve(t testing.TB, p Policy, o *Options, h http.Handler, r *http.Request) *http.Response {
	t.Helper()
	m, err := New(p, o)
	if err != nil {
		t.Fatal(err)
	}
	if h == nil {
		h = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "done") })
	}
	w := httptest.NewRecorder()
	m.Handler(h).ServeHTTP(w, r)
	return w.Result()
}

// wantHeaders compares the headers that matter here; "" means absent.
func wantHeaders(t *testing.T, got http.Header, want map[string]string) {
	t.Helper()
	for name, value := range want {
		if g := strings.Join(got[name], " | "); g != value {
			t.Errorf("%s: %q, want %q", name, g, value)
		}
	}
}

func TestAnswerHeaders(t *testing.T) {
	const (
		acao, acac, aceh = "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Expose-Headers"
		corp             = "Cross-Origin-Resource-Policy"
	)
	creds := Selected{Domains: docsDomains, Credentials: true, Expose: []string{"X-Total"}}
	for _, tt := range []struct {
		name    string
		policy  Policy
		request *http.Request
		want    map[string]string
	}{
		{"none, own", None{}, request("GET"), map[string]string{acao: "", "Vary": "", corp: "same-origin"}},
		{"none, own, with cookie", None{}, request("GET", "Cookie: a=b"), map[string]string{acao: "", "Vary": varyCredentials, corp: "same-origin"}},
		{"none, navigation from another site, with authorization", None{}, request("GET", cross, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Authorization: Bearer x"), map[string]string{acao: "", "Vary": varyCredentials}},
		{"none, embed any, with cookie", None{Embed: EmbedAny}, request("GET", "Cookie: a=b"), map[string]string{"Vary": varyCredentials, corp: "cross-origin"}},
		{"all, without Origin", All{Expose: []string{"*"}}, request("GET"), map[string]string{acao: "*", acac: "", aceh: "*", "Vary": "", corp: "cross-origin"}},
		{"all, foreign", All{}, request("GET", evil, cross), map[string]string{acao: "*", acac: "", "Vary": ""}},
		{"all, with cookie", All{}, request("GET", "Cookie: a=b"), map[string]string{acao: "*", "Vary": varyCredentials}},
		{"selected, without Origin", creds, request("GET"), map[string]string{acao: "", acac: "", aceh: "", "Vary": "Origin", corp: "same-origin"}},
		{"selected, allowed", creds, request("GET", docs, cross), map[string]string{acao: "https://docs.example.com", acac: "true", aceh: "x-total", "Vary": "Origin"}},
		{"selected without credentials, allowed", Selected{Domains: docsDomains}, request("GET", docs, cross), map[string]string{acao: "https://docs.example.com", acac: "", "Vary": "Origin"}},
		{"selected without credentials, cookie", Selected{Domains: docsDomains}, request("GET", docs, cross, "Cookie: a=b"), map[string]string{acao: "https://docs.example.com", "Vary": varyCredentials}},
		{"selected with credentials, cookie", creds, request("GET", docs, cross, "Cookie: a=b"), map[string]string{acao: "https://docs.example.com", acac: "true", "Vary": varyCredentials}},
		{"selected with credentials, own, cookie", creds, request("GET", "Cookie: a=b"), map[string]string{acao: "", "Vary": varyCredentials}},
		{"sender cannot read", Selected{Domains: docsDomains, Senders: []string{"https://sso.example"}, Credentials: true}, request("POST", sso, cross), map[string]string{acao: "", acac: "", "Vary": "Origin"}},
		{"same-site embedding", Selected{Domains: docsDomains, Embed: EmbedSameSite}, request("GET"), map[string]string{corp: "same-site"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res := serve(t, tt.policy, nil, nil, tt.request)
			if res.StatusCode != 200 {
				t.Fatalf("status %d", res.StatusCode)
			}
			wantHeaders(t, res.Header, tt.want)
		})
	}
}

func TestPreflightAnswer(t *testing.T) {
	const put = "Access-Control-Request-Method: PUT"
	for _, tt := range []struct {
		name    string
		policy  Policy
		methods []string
		want    map[string]string
	}{
		{"everything set", Selected{Domains: docsDomains, Credentials: true, Headers: []string{"X-Trace", "Content-Type"}, Cache: 10 * time.Minute}, []string{"PUT", "GET"}, map[string]string{
			"Access-Control-Allow-Origin": "https://docs.example.com", "Access-Control-Allow-Credentials": "true",
			"Access-Control-Allow-Methods": "GET, HEAD, PUT", "Access-Control-Allow-Headers": "content-type, x-trace",
			"Access-Control-Max-Age": "600", "Vary": varyPreflight, "Cross-Origin-Resource-Policy": "",
			"Access-Control-Expose-Headers": "",
		}},
		{"nothing set", All{}, []string{"PUT"}, map[string]string{
			"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Credentials": "", "Access-Control-Allow-Methods": "PUT",
			"Access-Control-Allow-Headers": "", "Access-Control-Max-Age": "", "Vary": varyPreflight,
		}},
		{"any method, any header, no cache", All{Headers: []string{"Authorization", "*"}, Cache: NoCache}, nil, map[string]string{
			"Access-Control-Allow-Methods": "*", "Access-Control-Allow-Headers": "*, authorization", "Access-Control-Max-Age": "0",
		}},
		{"any method with credentials is spelled out", Selected{Domains: docsDomains, Credentials: true}, nil, map[string]string{
			"Access-Control-Allow-Methods": "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reached := false
			h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true })
			res := serve(t, tt.policy, &Options{Methods: tt.methods}, h, request("OPTIONS", docs, put))
			if res.StatusCode != 204 || reached {
				t.Fatalf("status %d, handler reached: %v", res.StatusCode, reached)
			}
			wantHeaders(t, res.Header, tt.want)
		})
	}
	t.Run("an unusual method with credentials is added", func(t *testing.T) {
		for _, method := range []string{"MERGE", "patch"} { // browsers do not normalize patch
			res := serve(t, Selected{Domains: docsDomains, Credentials: true}, nil, nil, request("OPTIONS", docs, "Access-Control-Request-Method: "+method))
			wantHeaders(t, res.Header, map[string]string{"Access-Control-Allow-Methods": "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, " + method})
		}
	})
}

// With credentials browsers take * literally, so the answer lists the names that
// were asked for: those that are allowed, in lower case, and nothing else.
func TestPreflightEchoesRequestedHeaders(t *testing.T) {
	const put = "Access-Control-Request-Method: PUT"
	acrh := func(list string) string { return "Access-Control-Request-Headers: " + list }
	star := Selected{Domains: docsDomains, Credentials: true, Headers: []string{"*"}}
	listed := Selected{Domains: docsDomains, Credentials: true, Headers: []string{"*", "Authorization"}}
	for _, tt := range []struct {
		name   string
		policy Policy
		debug  bool
		lines  []string
		status int
		want   string
	}{
		{"none asked for", star, false, nil, 204, ""},
		{"asked for", star, false, []string{acrh("x-a,x-b")}, 204, "x-a, x-b"},
		{"in any form that intermediaries leave", star, false, []string{acrh("X-A ,,\tx-b"), acrh("x-c")}, 204, "x-a, x-b, x-c"},
		{"listed ones always, once", listed, false, []string{acrh("authorization,x-a")}, 204, "authorization, x-a"},
		{"listed ones unasked", listed, false, nil, 204, "authorization"},
		{"refused", star, false, []string{acrh("authorization,x-a")}, 403, ""},
		{"refused in debug mode: what would be allowed", star, true, []string{acrh("authorization,x-a,x-http-method,x b")}, 200, "x-a"},
		{"too many to be judged", star, true, []string{acrh(strings.Repeat("x-a,", 2000))}, 200, ""},
		{"another reason in debug mode", star, true, []string{"Access-Control-Request-Method: get", acrh("x-a")}, 200, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lines := append([]string{docs}, tt.lines...)
			if len(tt.lines) == 0 || !strings.HasPrefix(tt.lines[0], "Access-Control-Request-Method") {
				lines = append(lines, put)
			}
			res := serve(t, tt.policy, &Options{Debug: tt.debug, Methods: []string{"PUT"}}, nil, request("OPTIONS", lines...))
			if res.StatusCode != tt.status {
				t.Errorf("status %d, want %d", res.StatusCode, tt.status)
			}
			wantHeaders(t, res.Header, map[string]string{"Access-Control-Allow-Headers": tt.want})
		})
	}
}

func TestRefusal(t *testing.T) {
	reached := false
	h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true })
	res := serve(t, Selected{Domains: docsDomains, Credentials: true}, nil, h, request("POST", evil, cross))
	if reached {
		t.Error("the handler was reached")
	}
	if res.StatusCode != 403 {
		t.Errorf("status %d", res.StatusCode)
	}
	wantHeaders(t, res.Header, map[string]string{
		"Access-Control-Allow-Origin": "", "Content-Type": "application/problem+json", "Vary": varyCredentials,
		"Cache-Control": "", "X-Content-Type-Options": "", "Cross-Origin-Resource-Policy": "",
	})
	body, _ := io.ReadAll(res.Body)
	var problem struct {
		Type, Title, Reason, Detail string
		Status                      int
	}
	if err := json.Unmarshal(body, &problem); err != nil {
		t.Fatal(err)
	}
	if problem.Reason != "origin-not-allowed" || problem.Status != 403 || problem.Type != RefusalType+"origin-not-allowed" || problem.Title == "" || problem.Detail != "" {
		t.Errorf("problem %+v", problem)
	}
	if strings.Contains(string(body), "evil") {
		t.Error("the answer echoes the request")
	}
}

func TestRefusalOfANavigationIsAPage(t *testing.T) {
	res := serve(t, None{}, nil, nil, request("POST", evil, cross, "Accept: text/html,*/*;q=0.8"))
	body, _ := io.ReadAll(res.Body)
	if res.StatusCode != 403 || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") || !strings.Contains(string(body), "refused") {
		t.Errorf("%d %s %s", res.StatusCode, res.Header.Get("Content-Type"), body)
	}
}

func TestDebugNamesTheSetting(t *testing.T) {
	o := &Options{Debug: true, Methods: []string{"GET", "PUT"}}
	p := Selected{Domains: docsDomains, Credentials: true, Headers: []string{"X-A"}}
	const acrm, acrh = "Access-Control-Request-Method: ", "Access-Control-Request-Headers: "
	for _, tt := range []struct {
		name    string
		request *http.Request
		status  int
		detail  string
		want    map[string]string
	}{
		{"actual", request("POST", evil), 403, "Add https://evil.example to the domains", map[string]string{"Access-Control-Allow-Origin": ""}},
		{"origin", request("OPTIONS", evil, acrm+"PUT"), 200, "Add https://evil.example to the domains", map[string]string{"Access-Control-Allow-Origin": ""}},
		{"method", request("OPTIONS", docs, acrm+"DELETE"), 200, "has the method DELETE", map[string]string{"Access-Control-Allow-Origin": "https://docs.example.com", "Access-Control-Allow-Methods": "GET, HEAD, PUT"}},
		{"header", request("OPTIONS", docs, acrm+"PUT", acrh+"x-b"), 200, "Add x-b to the headers", map[string]string{"Access-Control-Allow-Origin": "https://docs.example.com", "Access-Control-Allow-Headers": "x-a"}},
		{"image", request("GET", cross), 403, "embed", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res := serve(t, p, o, nil, tt.request)
			body, _ := io.ReadAll(res.Body)
			if res.StatusCode != tt.status || !strings.Contains(string(body), tt.detail) {
				t.Errorf("%d %s; want %d, %q", res.StatusCode, body, tt.status, tt.detail)
			}
			wantHeaders(t, res.Header, tt.want)
		})
	}
}

func TestVaryIsAppended(t *testing.T) {
	outer := func(vary ...string) http.Header {
		m, err := New(Selected{Domains: docsDomains}, nil)
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		w.Header()["Vary"] = vary
		m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Add("Vary", "Accept-Encoding")
		})).ServeHTTP(w, request("GET"))
		return w.Header()
	}
	for want, before := range map[string][]string{
		"Accept-Language, Origin, Accept-Encoding": {"Accept-Language"},
		"origin, Accept-Encoding":                  {"origin"},
		"*, Accept-Encoding":                       {"*"},
	} {
		if got := strings.Join(outer(before...)["Vary"], ", "); got != want {
			t.Errorf("Vary was %q: %q, want %q", before, got, want)
		}
	}
}

// Header values must not be shared between requests, or a handler that changes
// one in place changes all later answers (jub0bs 14).
func TestHeaderValuesAreFresh(t *testing.T) {
	for _, p := range []Policy{None{Embed: EmbedAny}, All{Expose: []string{"*"}}, Selected{Domains: docsDomains, Credentials: true, Expose: []string{"X-A"}}} {
		m, err := New(p, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range []*http.Request{request("GET", docs), request("GET", docs, cross, "Cookie: a=b"), request("OPTIONS", docs, "Access-Control-Request-Method: GET"), request("POST", evil)} {
			answer := func() http.Header {
				w := httptest.NewRecorder()
				m.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, r)
				return w.Header()
			}
			first := answer()
			want := first.Clone()
			for name, lines := range first {
				_ = append(lines, "appended")
				for i := range lines {
					lines[i] = "changed"
				}
				first[name] = lines
			}
			if got := answer(); !headersEqual(got, want) {
				t.Errorf("%#v: %v after a change to an earlier answer, want %v", p, got, want)
			}
			if r.Header.Get("Origin") == "changed" {
				t.Error("the request's header was changed")
			}
		}
	}
}

func TestAnonymousAnswersLoseCookies(t *testing.T) {
	login := func(write func(w http.ResponseWriter)) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Set-Cookie", "id=1")
			w.Header().Set("Clear-Site-Data", `"*"`)
			w.Header().Set("X-Kept", "1")
			write(w)
		})
	}
	for name, write := range map[string]func(w http.ResponseWriter){
		"nothing":    func(http.ResponseWriter) {},
		"status":     func(w http.ResponseWriter) { w.WriteHeader(404) },
		"body":       func(w http.ResponseWriter) { _, _ = w.Write([]byte("x")) },
		"string":     func(w http.ResponseWriter) { _, _ = io.WriteString(w, "x") },
		"copy":       func(w http.ResponseWriter) { _, _ = io.Copy(w, strings.NewReader("x")) },
		"flush":      func(w http.ResponseWriter) { w.(http.Flusher).Flush() },
		"controller": func(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() },
		"early hints": func(w http.ResponseWriter) {
			w.WriteHeader(103)
			w.Header().Set("Set-Cookie", "id=2")
			w.WriteHeader(200)
		},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := New(All{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			srv := httptest.NewServer(m.Handler(login(write)))
			defer srv.Close()
			for _, foreign := range []bool{true, false} {
				req, _ := http.NewRequest("GET", srv.URL, nil)
				if foreign {
					req.Header.Set("Sec-Fetch-Site", "cross-site")
				}
				res, err := srv.Client().Do(req)
				if err != nil {
					t.Fatal(err)
				}
				_ = res.Body.Close()
				if got := res.Header.Get("Set-Cookie") != "" || res.Header.Get("Clear-Site-Data") != ""; got == foreign {
					t.Errorf("foreign %v: %v", foreign, res.Header)
				}
				if res.Header.Get("X-Kept") == "" {
					t.Error("other headers are lost")
				}
			}
		})
	}
}

func TestObserveOnlyStandsAside(t *testing.T) {
	var heard []string
	o := &Options{OnDecision: func(_ *http.Request, d *Decision) {
		if !d.Observed {
			t.Error("decision not marked as observed")
		}
		heard = append(heard, outcome(*d))
	}}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Cookie") == "" {
			t.Error("cookie dropped")
		}
		w.Header().Set("Set-Cookie", "id=1")
		w.Header().Set("Access-Control-Allow-Origin", "https://theirs.example")
		w.WriteHeader(299)
	})
	for _, p := range []Policy{None{ObserveOnly: true}, All{ObserveOnly: true}, Selected{Domains: docsDomains, ObserveOnly: true}} {
		for _, r := range []*http.Request{request("POST", evil, "Cookie: a=b"), request("OPTIONS", evil, "Access-Control-Request-Method: PUT", "Cookie: a=b")} {
			res := serve(t, p, o, h, r)
			want := http.Header{"Set-Cookie": {"id=1"}, "Access-Control-Allow-Origin": {"https://theirs.example"}}
			if res.StatusCode != 299 || !headersEqual(res.Header, want) {
				t.Errorf("%#v, %s: %d %v", p, r.Method, res.StatusCode, res.Header)
			}
		}
	}
	if want := []string{"origin-not-allowed", "origin-not-allowed", "anonymous", "preflight", "origin-not-allowed", "origin-not-allowed"}; !slices.Equal(heard, want) {
		t.Errorf("heard %v, want %v", heard, want)
	}
}

func TestSwap(t *testing.T) {
	m, err := New(None{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	h := m.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	status := func() int {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, request("GET", docs, cross))
		return w.Code
	}
	if got := status(); got != 403 {
		t.Errorf("before: %d", got)
	}
	if err := m.Swap(Selected{Domains: []string{"docs.example.com"}}); err == nil {
		t.Error("a bad policy was taken")
	}
	if _, ok := m.Policy().(None); !ok {
		t.Errorf("a bad policy changed the middleware to %#v", m.Policy())
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 500 {
				if got := status(); got != 403 && got != 200 {
					t.Errorf("status %d", got)
				}
			}
		})
	}
	for range 100 {
		if err := m.Swap(All{}); err != nil {
			t.Error(err)
		}
		if err := m.Swap(Selected{Domains: docsDomains, Credentials: true}); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
	if got := status(); got != 200 {
		t.Errorf("after: %d", got)
	}
}

func TestSwapKeepsTheMethodsThatWereValidated(t *testing.T) {
	methods := []string{"GET", "PUT"}
	m, err := New(None{}, &Options{Methods: methods})
	if err != nil {
		t.Fatal(err)
	}
	methods[1] = "DELETE" // the caller's own
	if err := m.Swap(All{}); err != nil {
		t.Fatal(err)
	}
	res := ask(m.Handler(http.HandlerFunc(ok)), "OPTIONS", "/", docs, "Access-Control-Request-Method: PUT")
	wantHeaders(t, res.Header, map[string]string{"Access-Control-Allow-Methods": "GET, HEAD, PUT"})
}

// A preflight whose Access-Control-Request-Method is empty is one all the same:
// its refusal is no page, and depends on what a preflight's depends on.
func TestPreflightWithEmptyMethod(t *testing.T) {
	for name, r := range map[string]*http.Request{
		"allowed origin": request("OPTIONS", docs, "Access-Control-Request-Method: ", "Accept: text/html"),
		"another origin": request("OPTIONS", evil, "Access-Control-Request-Method: ", "Accept: text/html"),
	} {
		t.Run(name, func(t *testing.T) {
			res := serve(t, Selected{Domains: docsDomains}, nil, nil, r)
			if res.StatusCode != http.StatusForbidden {
				t.Errorf("status %d", res.StatusCode)
			}
			if got := res.Header.Get("Content-Type"); got != "application/problem+json" {
				t.Errorf("Content-Type is %q", got)
			}
			if got := res.Header.Get("Vary"); !strings.Contains(got, "Access-Control-Request-Method") {
				t.Errorf("Vary is %q", got)
			}
		})
	}
}
