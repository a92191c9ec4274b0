package cors

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// pathFor returns the path whose methods have the given policies: None, or All
// told apart by Embed.
func pathFor(t *testing.T, methods map[string]Policy) *Path {
	t.Helper()
	site, err := NewSite(nil)
	if err != nil {
		t.Fatal(err)
	}
	compiled := make(map[Embed]*Compiled)
	policies := make(map[string]*Compiled)
	for method, p := range methods {
		key := Embed("none")
		if all, ok := p.(All); ok {
			key = "all" + all.Embed
		}
		if compiled[key] == nil {
			c, err := Compile(p, site)
			if err != nil {
				t.Fatal(err)
			}
			compiled[key] = c
		}
		policies[method] = compiled[key]
	}
	return NewPath(policies)
}

func TestPath(t *testing.T) {
	const acrm = "Access-Control-Request-Method: "
	open, other := All{}, All{Embed: EmbedSameOrigin}
	for _, tt := range []struct {
		name    string
		methods map[string]Policy
		method  string   // of the request, or the one that a preflight asks for
		lines   []string // nil: a preflight of another site
		want    string
		list    string // Access-Control-Allow-Methods, or Allow
	}{
		{"all methods that share the policy are listed", map[string]Policy{"GET": open, "PUT": open, "DELETE": None{}}, "PUT", nil, "preflight", "GET, HEAD, PUT"},
		{"a method is judged by its own policy", map[string]Policy{"GET": open, "DELETE": None{}}, "DELETE", nil, "origin-not-allowed", ""},
		{"two open policies are two", map[string]Policy{"GET": open, "PUT": other}, "PUT", nil, "preflight", "PUT"},
		{"every method", map[string]Policy{"": open}, "BREW", nil, "preflight", "*"},
		{"every method but one", map[string]Policy{"": open, "DELETE": None{}}, "BREW", nil, "preflight", "BREW"},
		{"the one does not hide behind the others", map[string]Policy{"": open, "DELETE": None{}}, "DELETE", nil, "origin-not-allowed", ""},
		{"every method, some by name", map[string]Policy{"": open, "GET": open, "DELETE": None{}}, "PUT", nil, "preflight", "GET, HEAD, PUT"},
		{"HEAD goes with GET", map[string]Policy{"GET": open}, "HEAD", nil, "preflight", "GET, HEAD"},
		{"HEAD goes with GET, not with the rest", map[string]Policy{"GET": None{}, "": open}, "HEAD", nil, "origin-not-allowed", ""},
		{"HEAD of its own", map[string]Policy{"GET": open, "HEAD": None{}}, "HEAD", nil, "origin-not-allowed", ""},
		{"a method that is not there", map[string]Policy{"GET": open}, "PUT", nil, "method-not-allowed", ""},
		{"a method that is not there, where policies differ", map[string]Policy{"GET": open, "PUT": None{}}, "POST", nil, "method-not-allowed", ""},
		{"nothing there", nil, "GET", nil, "method-not-allowed", ""},
		{"a method that no browser sends", map[string]Policy{"TRACE": open, "PUT": open}, "TRACE", nil, "method-not-allowed", ""},
		{"a method that no browser sends, beside any", map[string]Policy{"": open, "get": open}, "get", nil, "method-not-allowed", ""},
		{"what is no method", map[string]Policy{"": open}, "G E T", nil, "method-not-allowed", ""},
		{"it is not listed", map[string]Policy{"TRACE": open, "PUT": open}, "PUT", nil, "preflight", "PUT"},

		{"a request", map[string]Policy{"GET": open, "PUT": None{}}, "PUT", []string{evil, cross}, "origin-not-allowed", ""},
		{"a request of a method that no browser sends", map[string]Policy{"TRACE": None{}, "GET": open}, "TRACE", []string{evil, cross}, "origin-not-allowed", ""},
		{"a request for a method that is not there", map[string]Policy{"GET": open, "PUT": open}, "POST", []string{evil, cross}, "no-method", "GET, HEAD, PUT"},
		{"a request of the API's own page for a method that is not there", map[string]Policy{"GET": None{}}, "POST", []string{same}, "no-method", "GET, HEAD"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := pathFor(t, tt.methods)
			r := request("OPTIONS", evil, acrm+tt.method)
			if tt.lines != nil {
				r = request(tt.method, tt.lines...)
			}
			d := p.Decide(r)
			got := outcome(d)
			if d.Verdict == NoMethod {
				got = "no-method"
			}
			if got != tt.want {
				t.Fatalf("%s, want %s", got, tt.want)
			}
			h := carriedOut(&d, r).Header()
			list := h.Get("Access-Control-Allow-Methods") + h.Get("Allow")
			if d.Verdict != Refuse && list != tt.list {
				t.Errorf("methods %q, want %q", list, tt.list)
			}
		})
	}
}

// carriedOut returns the answer to r by d; a handler answers 200.
func carriedOut(d *Decision, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	d.Serve(w, r, http.HandlerFunc(ok))
	return w
}

// A nil policy is None{} for the site of the others, also for HEAD beside GET.
func TestPathWithNilPolicies(t *testing.T) {
	site, err := NewSite(&Options{Hosts: []string{"api.example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := Compile(All{}, site)
	if err != nil {
		t.Fatal(err)
	}
	for range 20 { // maps come in any order
		p := NewPath(map[string]*Compiled{"GET": c, "HEAD": nil, "POST": nil})
		if got := p.Allow(); got != "GET, HEAD, POST" {
			t.Fatalf("Allow: %s", got)
		}
		r := request("HEAD", evil)
		if d := p.Decide(r); d.Reason != OriginNotAllowed {
			t.Fatalf("HEAD of its own: %v %v", d.Verdict, d.Reason)
		}
		for _, method := range []string{"POST", "PUT"} {
			r := request(method, "Origin: http://rebound.example")
			r.Host = "rebound.example"
			if d := p.Decide(r); d.Reason != HostNotServed {
				t.Fatalf("%s for another host: %v %v", method, d.Verdict, d.Reason)
			}
		}
	}
}

// Whoever forgets something does not let anybody in.
func TestZeroValuesAreSafe(t *testing.T) {
	if got := carriedOut(new(Decision), request("POST", evil, cross)).Code; got != 403 {
		t.Errorf("zero Decision: %d", got)
	}
	deciders := map[string]interface{ Decide(*http.Request) Decision }{
		"Compiled": new(Compiled), "Path": new(Path), "path with a nil policy": NewPath(map[string]*Compiled{"": nil}),
	}
	for name, decider := range deciders {
		for _, r := range []*http.Request{request("GET", evil), request("POST", cross), request("OPTIONS", evil, "Access-Control-Request-Method: GET")} {
			d := decider.Decide(r)
			if got := carriedOut(&d, r).Code; got < 400 {
				t.Errorf("zero %s: %s %v gets %d", name, r.Method, r.Header, got)
			}
		}
	}
	m := new(Middleware)
	if res := ask(m.Handler(http.HandlerFunc(ok)), "GET", "/", evil, cross); res.StatusCode != 403 || m.Policy() == nil {
		t.Errorf("zero Middleware: %d", res.StatusCode)
	}
	if err := m.Swap(All{}); err != nil {
		t.Error(err)
	}
	m.SetDebug(true)
	if res := ask(new(Mux), "GET", "/", evil, cross); res.StatusCode != 404 {
		t.Errorf("zero Mux: %d", res.StatusCode)
	}
}
