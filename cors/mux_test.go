package cors

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func ok(w http.ResponseWriter, r *http.Request) { w.WriteHeader(200) }

func ask(h http.Handler, method, path string, lines ...string) *http.Response {
	r := httptest.NewRequest(method, "http://api.example.com"+path, nil)
	r.Header = request(method, lines...).Header
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

// Preflights reach the middleware before a ServeMux although no pattern has the
// method OPTIONS (gateway-api 3857), and are answered with the methods that the
// mux has at the path.
func TestMiddlewareBeforeServeMux(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items/{id}", ok)
	mux.HandleFunc("PUT /items/{id}", ok)
	mux.HandleFunc("POST /items/new", ok)
	mux.HandleFunc("/any", ok)
	mux.HandleFunc("GET /tree/", ok)
	m, err := New(Selected{Domains: docsDomains, Credentials: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	h := m.Handler(mux)
	const acrm = "Access-Control-Request-Method: "
	for _, tt := range []struct {
		name, path, method string
		status             int
		methods            string
	}{
		{"methods of the path", "/items/1", "PUT", 204, "GET, HEAD, PUT"},
		{"overlapping patterns", "/items/new", "POST", 204, "GET, HEAD, POST, PUT"},
		{"method that the path lacks", "/items/1", "DELETE", 403, ""},
		{"pattern without a method", "/any", "DELETE", 204, "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"},
		{"path that redirects to its slash (aspnetcore 36542)", "/tree", "GET", 204, "GET, HEAD"},
		{"path that redirects to its clean form", "/items//1", "PUT", 204, "GET, HEAD, PUT"},
		{"unknown path", "/nowhere", "GET", 404, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res := ask(h, "OPTIONS", tt.path, docs, acrm+tt.method)
			if res.StatusCode != tt.status {
				t.Errorf("status %d, want %d", res.StatusCode, tt.status)
			}
			wantHeaders(t, res.Header, map[string]string{"Access-Control-Allow-Methods": tt.methods})
		})
	}
	t.Run("an answer of the mux itself can be read", func(t *testing.T) {
		res := ask(h, "DELETE", "/items/1", docs, cross)
		if res.StatusCode != 405 {
			t.Errorf("status %d", res.StatusCode)
		}
		wantHeaders(t, res.Header, map[string]string{"Access-Control-Allow-Origin": "https://docs.example.com", "Allow": "GET, HEAD, PUT"})
	})
}

func newMux(t testing.TB, o *Options) *Mux {
	t.Helper()
	m, err := NewMux(o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMux(t *testing.T) {
	front := Selected{Domains: docsDomains, Credentials: true}
	mux := new(Mux)
	mux.HandleFunc("GET /account", front, ok)
	mux.HandleFunc("PUT /account", front, ok)
	mux.HandleFunc("DELETE /account", nil, ok)
	mux.HandleFunc("GET /guarded", front, ok)
	mux.HandleFunc("GET /prices/{id}", All{}, ok)
	mux.HandleFunc("POST /prices/{id}", All{}, ok)
	mux.HandleFunc("/any/", All{}, ok)
	mux.HandleFunc("GET /any/", nil, ok)
	mux.HandleFunc("/open/", All{}, ok)
	mux.HandleFunc("/closed/", None{}, ok)
	mux.HandleFunc("GET /observed", None{ObserveOnly: true}, ok)
	mux.HandleFunc("OPTIONS /observed", None{ObserveOnly: true}, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(299) })
	const acrm = "Access-Control-Request-Method: "
	for _, tt := range []struct {
		name, method, path string
		lines              []string
		status             int
		want               map[string]string
	}{
		{"the method's own policy judges", "OPTIONS", "/account", []string{docs, acrm + "PUT"}, 204, map[string]string{"Access-Control-Allow-Methods": "GET, HEAD, PUT"}},
		{"another method's policy judges it", "OPTIONS", "/account", []string{docs, acrm + "DELETE"}, 403, nil},
		{"HEAD is GET", "OPTIONS", "/account", []string{docs, acrm + "HEAD"}, 204, nil},
		{"method that the path lacks", "OPTIONS", "/account", []string{docs, acrm + "PATCH"}, 403, nil},
		{"equal policies share", "OPTIONS", "/prices/1", []string{evil, acrm + "POST"}, 204, map[string]string{"Access-Control-Allow-Methods": "GET, HEAD, POST"}},
		{"any method", "OPTIONS", "/any/x", []string{evil, acrm + "BREW"}, 204, map[string]string{"Access-Control-Allow-Methods": "BREW"}},
		{"a method pattern beside any", "OPTIONS", "/any/x", []string{evil, acrm + "GET"}, 403, nil},
		{"unknown path", "OPTIONS", "/nowhere", []string{evil, acrm + "GET"}, 404, map[string]string{"Access-Control-Allow-Origin": "", "Vary": ""}},
		{"observed preflight passes", "OPTIONS", "/observed", []string{evil, acrm + "GET"}, 299, nil},
		{"redirect is not followed but judged", "OPTIONS", "/any", []string{evil, acrm + "PUT"}, 204, nil},

		{"allowed", "GET", "/account", []string{docs, cross}, 200, map[string]string{"Access-Control-Allow-Origin": "https://docs.example.com"}},
		{"refused", "DELETE", "/account", []string{docs, cross}, 403, nil},
		{"405 where the policies agree", "PATCH", "/prices/1", []string{evil, cross}, 405, map[string]string{"Access-Control-Allow-Origin": "*"}},
		{"405 to an origin that may not read it", "PATCH", "/guarded", []string{evil, cross}, 405, map[string]string{"Access-Control-Allow-Origin": "", "Vary": "Origin", "Cross-Origin-Resource-Policy": "same-origin"}},
		{"405 where they differ", "PATCH", "/account", []string{docs, cross}, 405, map[string]string{"Access-Control-Allow-Origin": ""}},
		{"a redirect is judged by where it leads", "GET", "/open", []string{evil, cross}, 307, map[string]string{"Access-Control-Allow-Origin": "*", "Location": "/open/"}},
		{"a redirect to what is not allowed", "GET", "/closed", []string{evil, cross}, 403, map[string]string{"Location": ""}},
		{"a redirect of the API's own page", "GET", "/closed", []string{"Sec-Fetch-Site: same-origin"}, 307, map[string]string{"Location": "/closed/", "Cross-Origin-Resource-Policy": "same-origin"}},
		{"a redirect to the clean form", "GET", "/open//x", []string{evil, cross}, 307, map[string]string{"Access-Control-Allow-Origin": "*"}},
		{"a method of another policy does not hide behind any", "OPTIONS", "/any/x", []string{evil, acrm + "PUT"}, 204, map[string]string{"Access-Control-Allow-Methods": "PUT"}},
		{"404", "GET", "/nowhere", []string{docs, cross}, 404, map[string]string{"Access-Control-Allow-Origin": ""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res := ask(mux, tt.method, tt.path, tt.lines...)
			if res.StatusCode != tt.status {
				t.Errorf("status %d, want %d", res.StatusCode, tt.status)
			}
			wantHeaders(t, res.Header, tt.want)
		})
	}
}

func TestMuxHearsDecisions(t *testing.T) {
	var reasons []Reason
	mux := newMux(t, &Options{OnDecision: func(_ *http.Request, d *Decision) { reasons = append(reasons, d.Reason) }})
	mux.HandleFunc("GET /x", nil, ok)
	ask(mux, "GET", "/x", evil, cross)
	ask(mux, "OPTIONS", "/x", evil, "Access-Control-Request-Method: PUT")
	if len(reasons) != 2 || reasons[0] != OriginNotAllowed || reasons[1] != MethodNotAllowed {
		t.Errorf("heard %v", reasons)
	}
}

func TestMuxPassesPathValues(t *testing.T) {
	mux := new(Mux)
	got := ""
	mux.HandleFunc("GET /items/{id}", All{}, func(w http.ResponseWriter, r *http.Request) { got = r.PathValue("id") })
	ask(mux, "GET", "/items/7", evil, cross, "Cookie: a=b")
	if got != "7" {
		t.Errorf("id = %q", got)
	}
}

func TestMuxPanicsOnMistakes(t *testing.T) {
	for name, register := range map[string]func(*Mux){
		"policy":  func(m *Mux) { m.HandleFunc("GET /x", Selected{}, ok) },
		"pattern": func(m *Mux) { m.HandleFunc("GET x", nil, ok) },
		"conflict": func(m *Mux) {
			m.HandleFunc("GET /{a}/x", nil, ok)
			m.HandleFunc("GET /x/{b}", nil, ok)
		},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			register(new(Mux))
		})
	}
}

// A method that no browser sends (TRACE), or that browsers send spelt otherwise
// (get), needs no permission: the preflights of the path's other methods are
// answered as if it were not there, and asking for it opens nothing.
func TestMethodsThatBrowsersNeverSend(t *testing.T) {
	const acrm = "Access-Control-Request-Method: "
	for _, odd := range []string{"TRACE", "CONNECT", "get"} {
		for _, debug := range []bool{false, true} {
			o := &Options{Debug: debug}
			mux, plain := newMux(t, o), http.NewServeMux()
			for _, pattern := range []string{odd + " /x", "POST /x", "PUT\t/x", odd + " /odd"} {
				mux.HandleFunc(pattern, All{}, ok)
				plain.HandleFunc(pattern, ok)
			}
			m, err := New(All{}, o)
			if err != nil {
				t.Fatal(err)
			}
			refused := 403
			if debug {
				refused = 200
			}
			for name, h := range map[string]http.Handler{"Mux": mux, "middleware": m.Handler(plain)} {
				for _, tt := range []struct {
					path, method string
					status       int
					methods      string
				}{
					{"/x", "PUT", 204, "POST, PUT"},
					{"/x", "POST", 204, "POST, PUT"},
					{"/x", odd, refused, ""},
					{"/odd", odd, refused, ""},
					{"/odd", "PUT", refused, ""},
				} {
					res := ask(h, "OPTIONS", tt.path, evil, acrm+tt.method)
					got := res.Header.Get("Access-Control-Allow-Methods")
					if res.StatusCode != tt.status || tt.status == 204 && got != tt.methods || strings.Contains(got, "*") || strings.Contains(got, odd) {
						t.Errorf("%s beside %s, debug %v: %d with methods %q at %s for %s", name, odd, debug, res.StatusCode, got, tt.path, tt.method)
					}
				}
			}
		}
	}
}
