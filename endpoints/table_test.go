package endpoints_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/endpoints"
)

// load returns the table of a document without mistakes.
func load(t testing.TB, text string) *endpoints.Table {
	t.Helper()
	_, table, report := endpoints.Load("concors.yaml", []byte(text), endpoints.Options{})
	if !report.OK() {
		t.Fatalf("document has mistakes:\n%s", lines(report.Mistakes))
	}
	return table
}

func request(method, url string) *http.Request {
	return httptest.NewRequest(method, url, nil)
}

func preflight(method, url string) *http.Request {
	r := request("OPTIONS", url)
	r.Header.Set("Origin", "https://docs.example.com")
	r.Header.Set("Access-Control-Request-Method", method)
	return r
}

const accounts = `
upstream: http://127.0.0.1:3000
policies:
  front-end: {allow: selected, domains: [https://docs.example.com]}
  twin: {allow: selected, domains: [https://docs.example.com]}
  public: {allow: all}
endpoints:
  - {endpoint: GET /account, cors: front-end}
  - {endpoint: PUT /account, cors: front-end}
  - {endpoint: DELETE /account}
  - {endpoint: PATCH /account, cors: {allow: selected, domains: [https://docs.example.com]}}
  - {endpoint: "GET /orders/{id}", cors: public}
  - {endpoint: "POST /orders/{id}", cors: public}
  - {endpoint: POST /orders/latest, cors: front-end}
  - {endpoint: /any, cors: public}
  - {endpoint: PUT /any, cors: front-end}
  - {endpoint: /some, cors: public, methods: [GET, POST]}
  - {endpoint: /all, cors: public}
  - {endpoint: GET admin.example.com/account, upstream: "http://127.0.0.1:4000/admin", encoded_paths: true}
  - {endpoint: POST /twin, cors: twin}
  - {endpoint: PUT /twin, cors: front-end}
`

func TestLookupFindsTheMostSpecificEndpoint(t *testing.T) {
	table := load(t, accounts)
	for _, c := range []struct{ method, url, want string }{
		{"GET", "http://api.example.com/account", "GET /account"},
		{"HEAD", "http://api.example.com/account", "GET /account"},
		{"GET", "http://admin.example.com/account", "GET admin.example.com/account"},
		{"GET", "http://admin.example.com:8443/account", "GET admin.example.com/account"},
		{"PUT", "http://admin.example.com/account", "PUT /account"},
		{"POST", "http://api.example.com/account", ""},
		{"POST", "http://api.example.com/orders/latest", "POST /orders/latest"},
		{"GET", "http://api.example.com/orders/latest", "GET /orders/{id}"},
		{"PUT", "http://api.example.com/any", "PUT /any"},
		{"BREW", "http://api.example.com/any", "/any"},
		{"POST", "http://api.example.com/some", "/some"},
		{"HEAD", "http://api.example.com/some", "/some"},
		{"PUT", "http://api.example.com/some", ""},
		{"GET", "http://api.example.com/nothing", ""},
	} {
		ep, ok := table.Lookup(request(c.method, c.url))
		got := ""
		if ok {
			got = ep.Pattern
		}
		if got != c.want {
			t.Errorf("%s %s: got %q, want %q", c.method, c.url, got, c.want)
		}
	}
}

func TestAnEndpointKnowsItsEntry(t *testing.T) {
	ep, _ := load(t, accounts).Lookup(request("GET", "http://admin.example.com/account"))
	if ep.Index != 11 || ep.Method != "GET" || ep.Host != "admin.example.com" || ep.Path != "/account" ||
		ep.Upstream.String() != "http://127.0.0.1:4000/admin" || !ep.EncodedPaths || ep.PolicyName != "" {
		t.Errorf("got %+v", ep)
	}
	if _, none := ep.Policy.Policy().(cors.None); !none {
		t.Errorf("an endpoint without cors has policy %#v, want None", ep.Policy.Policy())
	}
}

func TestEqualPoliciesAreOneSetting(t *testing.T) {
	table := load(t, accounts)
	find := func(method, path string) *endpoints.Endpoint {
		ep, ok := table.Lookup(request(method, "http://api.example.com"+path))
		if !ok {
			t.Fatalf("no endpoint for %s %s", method, path)
		}
		return ep
	}
	get := find("GET", "/account")
	for _, other := range []*endpoints.Endpoint{find("PUT", "/account"), find("PATCH", "/account"), find("POST", "/twin")} {
		if other.Policy != get.Policy {
			t.Errorf("%s has a setting of its own", other.Pattern)
		}
	}
	if find("DELETE", "/account").Policy == get.Policy {
		t.Error("different policies share a setting")
	}
	if got := find("POST", "/twin").PolicyName; got != "twin" {
		t.Errorf("policy name is %q, want twin", got)
	}
}

// methodsFor returns what the answer to a preflight for method allows, "" if it
// is refused, and whether the path exists.
func methodsFor(table *endpoints.Table, method, url string) (methods string, exists bool) {
	r := preflight(method, url)
	path := table.Path(r)
	if path == nil {
		return "", false
	}
	w := httptest.NewRecorder()
	d := path.Decide(r)
	d.Respond(w, r)
	return w.Header().Get("Access-Control-Allow-Methods"), true
}

func TestPreflightIsJudgedByTheRequestedMethod(t *testing.T) {
	table := load(t, accounts)
	for _, c := range []struct {
		method, path, want string // pattern
		methods            string
		exists             bool
	}{
		{"PUT", "/account", "PUT /account", "GET, HEAD, PATCH, PUT", true},
		{"GET", "/account", "GET /account", "GET, HEAD, PATCH, PUT", true},
		{"HEAD", "/account", "GET /account", "GET, HEAD, PATCH, PUT", true},
		{"DELETE", "/account", "DELETE /account", "", true},
		{"POST", "/account", "", "", true},
		{"POST", "/nothing", "", "", false},
		{"POST", "/orders/1", "POST /orders/{id}", "GET, HEAD, POST", true},
		{"GET", "/orders/latest", "GET /orders/{id}", "GET, HEAD", true},
		{"POST", "/orders/latest", "POST /orders/latest", "POST", true},
		{"BREW", "/any", "/any", "BREW", true},
		{"PUT", "/any", "PUT /any", "PUT", true},
		{"BREW", "/all", "/all", "*", true},
		{"POST", "/some", "/some", "GET, HEAD, POST", true},
		{"PUT", "/some", "", "", true},
		{"PUT", "/twin", "PUT /twin", "POST, PUT", true},
	} {
		url := "http://api.example.com" + c.path
		got := ""
		if ep, ok := table.LookupMethod(preflight(c.method, url), c.method); ok {
			got = ep.Pattern
		}
		if methods, exists := methodsFor(table, c.method, url); got != c.want || methods != c.methods || exists != c.exists {
			t.Errorf("%s %s: got %q with methods %s, exists %v; want %q, %s, %v",
				c.method, c.path, got, methods, exists, c.want, c.methods, c.exists)
		}
	}
}

func TestPathSaysWhatA405Needs(t *testing.T) {
	table := load(t, accounts)
	for path, allow := range map[string]string{
		"/account":       "DELETE, GET, HEAD, PATCH, PUT",
		"/orders/1":      "GET, HEAD, POST",
		"/orders/latest": "GET, HEAD, POST",
		"/some":          "GET, HEAD, POST",
		"/all":           "",
		"/any":           "",
	} {
		if got := table.Path(request("BREW", "http://api.example.com"+path)).Allow(); got != allow {
			t.Errorf("%s: Allow %q, want %q", path, got, allow)
		}
	}
	if table.Path(request("BREW", "http://api.example.com/nothing")) != nil {
		t.Error("a path that is not there has methods")
	}
}

// Browsers cannot ask for TRACE, so an endpoint of such a method has no
// method to list; that must not become every method.
func TestMethodsThatBrowsersNeverSend(t *testing.T) {
	for _, odd := range []string{"TRACE", "TRACK"} {
		table := load(t, "upstream: http://127.0.0.1:3000\nendpoints:\n"+
			"  - {endpoint: "+odd+" /x, cors: {allow: all}}\n"+
			"  - {endpoint: POST /x, cors: {allow: all}}\n"+
			"  - {endpoint: "+odd+" /odd, cors: {allow: all}}\n")
		for _, c := range []struct{ path, method, methods string }{
			{"/x", "POST", "POST"},
			{"/x", odd, ""},
			{"/odd", odd, ""},
		} {
			if methods, exists := methodsFor(table, c.method, "http://api.example.com"+c.path); !exists || methods != c.methods {
				t.Errorf("%s %s: methods %q, exists %v; want %q", c.method, c.path, methods, exists, c.methods)
			}
		}
	}
}

// TestPreflightAgreesWithASlowTwin builds documents of overlapping patterns and
// asks for each method at each path; the twin knows nothing but Lookup.
func TestPreflightAgreesWithASlowTwin(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	known := []string{"GET", "HEAD", "POST", "PUT", "DELETE", "BREW"}
	var paths []string
	for _, p := range []string{"/", "/a", "/a/", "/a/b", "/b/b", "/a/b/c", "/c"} {
		paths = append(paths, "http://x.example"+p, "http://y.example"+p)
	}
	for range 300 {
		table := randomTable(random, []string{"", "GET ", "HEAD ", "POST ", "PUT ", "DELETE "},
			[]string{"", "", "x.example"},
			[]string{"/{$}", "/", "/a", "/a/", "/{x}", "/a/b", "/a/{x}", "/{x}/b", "/{x}/{y...}", "/a/{x}/c"})
		for _, path := range paths {
			for _, method := range known {
				checkPreflight(t, table, known, method, path)
			}
		}
	}
}

// randomTable returns a table of endpoints that do not conflict, with three
// settings among them.
func randomTable(random *rand.Rand, methods, hosts, paths []string) *endpoints.Table {
	doc := &endpoints.Document{Upstream: "http://127.0.0.1:3000"}
	pick := func(list []string) string { return list[random.IntN(len(list))] }
	var table *endpoints.Table
	for range 3 + random.IntN(8) {
		e := endpoints.Entry{Endpoint: pick(methods) + pick(hosts) + pick(paths)}
		if allow := pick([]string{"", "all", "none"}); allow != "" {
			e.CORS.Inline = &endpoints.Policy{Allow: allow, Embed: "same-site"}
		}
		if e.Endpoint[0] == '/' && random.IntN(3) == 0 {
			e.Methods = []string{"GET", "BREW"}
		}
		doc.Endpoints = append(doc.Endpoints, e)
		next, report := endpoints.Build(doc, endpoints.Options{})
		if !report.OK() {
			doc.Endpoints = doc.Endpoints[:len(doc.Endpoints)-1]
			continue
		}
		table = next
	}
	return table
}

func checkPreflight(t *testing.T, table *endpoints.Table, known []string, method, url string) {
	t.Helper()
	describe := func() string {
		var b strings.Builder
		for _, ep := range table.Endpoints() {
			fmt.Fprintf(&b, "\n%s %v %p", ep.Pattern, ep.Methods, ep.Policy)
		}
		return fmt.Sprintf("%s %s with%s", method, url, b.String())
	}
	r := preflight(method, url)
	ep, ok := table.LookupMethod(r, method)
	if want, _ := table.Lookup(request(method, url)); ep != want {
		t.Fatalf("%s: judged by %v, dispatched to %v", describe(), ep, want)
	}
	path := table.Path(r)
	var at, sharing []string // methods at the path, those with ep's setting
	policies := make(map[*cors.Compiled]bool)
	for _, m := range append(slices.Clone(known), "UNHEARD-OF") {
		other, found := table.Lookup(request(m, url))
		if !found {
			continue
		}
		at = append(at, m)
		policies[other.Policy] = true
		if ok && other.Policy == ep.Policy {
			sharing = append(sharing, m)
		}
		if path.Policy(m) != other.Policy {
			t.Fatalf("%s: the path has another policy for %s", describe(), m)
		}
	}
	if (path != nil) != (len(at) > 0) {
		t.Fatalf("%s: path exists: %v", describe(), path != nil)
	}
	if path == nil {
		return
	}
	every := at[len(at)-1] == "UNHEARD-OF"
	slices.Sort(at)
	if want := strings.Join(at, ", "); path.Allow() != want && !(every && path.Allow() == "") {
		t.Fatalf("%s: Allow %q, want %q", describe(), path.Allow(), want)
	}
	list, _ := methodsFor(table, method, url)
	open := false
	if ok {
		_, open = ep.Policy.Policy().(cors.All)
	}
	switch {
	case !open:
		if list != "" {
			t.Fatalf("%s: methods %s are allowed", describe(), list)
		}
	case list == "*":
		if len(policies) > 1 || !every {
			t.Fatalf("%s: all methods are allowed, only %v share the setting", describe(), sharing)
		}
	default:
		listed := strings.Split(list, ", ")
		if !slices.Contains(listed, method) {
			t.Fatalf("%s: methods %s lack the requested one", describe(), list)
		}
		for _, m := range listed {
			if !slices.Contains(sharing, m) {
				t.Fatalf("%s: methods %s have %s of another setting", describe(), list, m)
			}
		}
		if !every && len(listed) != len(sharing) {
			t.Fatalf("%s: methods %s, want %v", describe(), list, sharing)
		}
	}
}

func TestLookupAndSharedPreflightDoNotAllocate(t *testing.T) {
	table := load(t, accounts)
	r := request("GET", "http://api.example.com/orders/17")
	if n := testing.AllocsPerRun(100, func() { table.Lookup(r) }); n != 0 {
		t.Errorf("Lookup allocates %v times", n)
	}
	p := preflight("PUT", "http://api.example.com/account")
	if n := testing.AllocsPerRun(100, func() { table.Path(p) }); n != 0 {
		t.Errorf("Path allocates %v times", n)
	}
}

// manyEndpoints returns a document of n endpoints, every third with a policy
// written in place.
func manyEndpoints(n int) string {
	var b strings.Builder
	b.WriteString("upstream: http://127.0.0.1:3000\npolicies:\n  front-end:\n    allow: selected\n    domains: [https://docs.example.com]\nendpoints:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - endpoint: %s /api/v%d/things%d/{id}\n", []string{"GET", "POST", "PUT"}[i%3], i%7, i/3)
		switch i % 3 {
		case 0:
			b.WriteString("    cors: front-end\n")
		case 1:
			fmt.Fprintf(&b, "    cors: {allow: selected, domains: [https://site%d.example.com]}\n", i)
		}
	}
	return b.String()
}

func BenchmarkLoad10000Endpoints(b *testing.B) {
	text := []byte(manyEndpoints(10_000))
	b.ReportAllocs()
	for b.Loop() {
		if _, table, report := endpoints.Load("concors.yaml", text, endpoints.Options{}); table == nil {
			b.Fatal(lines(report.Mistakes[:1]))
		}
	}
}

func BenchmarkBuild10000Endpoints(b *testing.B) {
	doc, report := endpoints.Parse("concors.yaml", []byte(manyEndpoints(10_000)))
	if !report.OK() {
		b.Fatal(lines(report.Mistakes[:1]))
	}
	b.ReportAllocs()
	for b.Loop() {
		endpoints.Build(doc, endpoints.Options{})
	}
}

func BenchmarkLookup(b *testing.B) {
	table := load(b, manyEndpoints(10_000))
	r := request("GET", "http://api.example.com/api/v4/things1000/42")
	if _, ok := table.Lookup(r); !ok {
		b.Fatal("not found")
	}
	b.ReportAllocs()
	for b.Loop() {
		table.Lookup(r)
	}
}

func BenchmarkPreflight(b *testing.B) {
	table := load(b, accounts)
	for _, c := range []struct{ name, method, path string }{
		{"shared", "PUT", "/account"},
		{"overlapping", "POST", "/orders/latest"},
	} {
		r := preflight(c.method, "http://api.example.com"+c.path)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				table.Path(r)
			}
		})
	}
}

func TestAmbiguousPathsBelongToAnotherSettingWithoutTheirParameters(t *testing.T) {
	table := load(t, `
upstream: http://127.0.0.1:3000
endpoints:
  - {endpoint: "/api/{name}", cors: {allow: all}}
  - {endpoint: "GET /api/prices", cors: {allow: all}}
  - {endpoint: "POST /api/account"}
  - {endpoint: "/api/account;v=2", cors: {allow: all}}
  - {endpoint: "/maps/{point}"}
`)
	for _, tt := range []struct {
		name, method, path string
		want               bool
	}{
		{"another setting", "POST", "/api/account;a=b", true},
		{"encoded", "POST", "/api/account%3ba=b", true},
		{"in the middle", "POST", "/api;a=b/account", false}, // no endpoint takes it as it is
		{"the same setting", "GET", "/api/account;a=b", false},
		{"the same setting of another endpoint", "GET", "/api/prices;a=b", false},
		{"the same endpoint", "GET", "/maps/53.5;10", false},
		{"no parameters", "POST", "/api/account", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := request(tt.method, "http://h"+tt.path)
			ep, ok := table.Lookup(r)
			if got := ok && table.Ambiguous(r, tt.method, ep); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestAddress(t *testing.T) {
	for _, tt := range []struct {
		doc  endpoints.Document
		want string
	}{
		{endpoints.Document{}, ""},
		{endpoints.Document{Hosts: []string{"api.example.com:8443", "other.example"}}, "https://api.example.com:8443"},
		{endpoints.Document{Origins: []string{"http://localhost:3000"}, Hosts: []string{"api.example.com"}}, "http://localhost:3000"},
	} {
		if got := tt.doc.Address(); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.doc, got, tt.want)
		}
	}
}
