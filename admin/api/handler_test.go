package api_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/concors/concors/admin"
	"github.com/concors/concors/admin/api"
	"github.com/concors/concors/store"
)

// emptyService is a service with nothing to serve.
func emptyService(t *testing.T) *admin.Service {
	t.Helper()
	s, err := admin.New(admin.Options{Store: store.NewMemory(nil, store.Options{})})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The session's cookie is as strict as the connection lets it be.
func TestCookieOfTheConnection(t *testing.T) {
	for _, tc := range []struct {
		name, host, cookie string
		behindTLS, ownTLS  bool
		secure             bool
	}{
		{"plain http on loopback", "127.0.0.1:8081", "concors-8081", false, false, false},
		{"own TLS", "concors.example.com:8443", "__Host-concors", false, true, true},
		{"TLS of a proxy", "concors.example.com", "__Host-concors", true, false, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := api.New(api.Options{Service: emptyService(t), Auth: api.NewAuth(api.HashToken(token), tc.behindTLS, nil)})
			r := httptest.NewRequest("POST", "/login", strings.NewReader("token="+token))
			r.Host = tc.host
			if r.TLS = nil; tc.ownTLS {
				r.TLS = new(tls.ConnectionState)
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			cookies := w.Result().Cookies()
			if w.Code != 303 || len(cookies) != 1 {
				t.Fatalf("status %d, cookies %v", w.Code, cookies)
			}
			c := cookies[0]
			if c.Name != tc.cookie || c.Secure != tc.secure || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" {
				t.Errorf("got %+v", c)
			}
			if hsts := w.Header().Get("Strict-Transport-Security"); (hsts != "") != tc.ownTLS {
				t.Errorf("Strict-Transport-Security: %q", hsts)
			}
		})
	}
}

// Every reason has its section in the documentation and its place in the
// description.
func TestReasonsAreExplained(t *testing.T) {
	docs, err := os.ReadFile("../../docs/admin.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, reason := range api.Reasons() {
		if !strings.Contains(string(docs), "\n### "+reason+"\n") {
			t.Errorf("docs/admin.md does not explain %s", reason)
		}
		if !strings.Contains(string(api.OpenAPI), reason) {
			t.Errorf("openapi.yaml does not know %s", reason)
		}
	}
}

// Over plain http beyond loopback browsers send no Sec-Fetch-Site, so our own
// forms must name their origin.
func TestOwnFormsOverPlainHTTP(t *testing.T) {
	h := api.New(api.Options{Service: emptyService(t), Auth: api.NewAuth(api.HashToken(token), false, nil), Insecure: true})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/login", nil))
	if got := w.Header().Get("Referrer-Policy"); got != "same-origin" {
		t.Errorf("Referrer-Policy: %q", got)
	}
}
