package gateway

import (
	"net/http"
	"strings"
	"testing"
)

// Strangers must not be able to make it look as if an upstream were ill.
func TestAnUpgradeThatCannotBePrintedIsTheClientsMistake(t *testing.T) {
	a := newAPI(t, document, echo)
	for name, upgrade := range map[string]string{
		"bytes beyond ASCII":            "h2c\xe9",
		"folds to websocket, Unicode's": "websoc\u212aet",
	} {
		t.Run(name, func(t *testing.T) {
			r := a.raw("GET /prices HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: " + upgrade + "\r\n\r\n")
			r.wantProblem(t, 400, "malformed-request")
			a.untouched()
		})
	}
	if s := a.log.String(); strings.Contains(s, "upstream failed") {
		t.Errorf("blamed on the upstream:\n%s", s)
	}
}

// CGI, WSGI and the like turn both hyphens and underscores of a header's name
// into underscores, so one would stand for the other.
func TestUnderscoresDoNotSmuggleForwardedHeaders(t *testing.T) {
	var got http.Header
	a := newAPI(t, document, func(_ http.ResponseWriter, r *http.Request) { got = r.Header })
	request := "GET /prices HTTP/1.1\r\nHost: a\r\n" +
		"X_Forwarded_For: 9.9.9.9\r\nX-Forwarded_Proto: https\r\nx_original_url: /admin\r\nX_Real-Ip: 9.9.9.9\r\nX_Custom: stays\r\n\r\n"
	for name, text := range map[string]string{
		"a stranger":      document,
		"a trusted proxy": "trusted_proxies: [127.0.0.1]\n" + document,
	} {
		t.Run("of "+name, func(t *testing.T) {
			a.swap(text)
			a.raw(request).wantStatus(t, 200)
			for header := range got {
				if strings.Contains(header, "_") && header != "X_custom" {
					t.Errorf("the upstream got %s", header)
				}
			}
			if got.Get("X-Forwarded-For") != "127.0.0.1" || got["X_custom"] == nil {
				t.Errorf("the upstream got %v", got)
			}
		})
	}
}

// A Java upstream serves /api/account;a=b as /api/account, which nobody else's
// page may call.
func TestParametersDoNotLeadAroundASetting(t *testing.T) {
	a := newAPI(t, `
upstream: $UPSTREAM
endpoints:
  - {endpoint: "/api/{name}", cors: {allow: selected, domains: [https://docs.example.com], credentials: true}}
  - {endpoint: "/api/account"}
`, echo)
	const cookie = "Cookie: session=1"
	a.do("GET", "/api/account", "", allowed, cookie).wantStatus(t, 403)
	a.do("GET", "/api/account;a=b", "", allowed, cookie).wantProblem(t, 400, "ambiguous-path")
	a.do("OPTIONS", "/api/account;a=b", "", allowed, "Access-Control-Request-Method: PUT").wantProblem(t, 400, "ambiguous-path")
	a.untouched()
	a.do("GET", "/api/prices;a=b", "", allowed, cookie).wantStatus(t, 200)
}
