package browser_test

import (
	"strings"
	"testing"

	"github.com/concors/concors/cors/browser"
)

// TestMistakesSpeak walks all codes: each has a summary, and none of the texts
// keeps a placeholder.
func TestMistakesSpeak(t *testing.T) {
	seen := map[browser.Code]bool{}
	for _, code := range browser.Codes() {
		if seen[code] {
			t.Errorf("%s is in the table twice", code)
		}
		seen[code] = true
		f := &browser.Failure{Code: code, Section: "#x", Exchange: 0, URL: api + "/", FirstURL: api + "/", Origin: docs, Got: "GOT", Want: "WANT", Method: "PUT", Status: 500}
		r := f.Repair()
		texts := append([]string{f.Summary(), f.Explain(), f.Error(), f.Chromium().Text, f.Firefox().Text, f.WebKit().Text, r.Server, r.Page}, r.Headers...)
		for _, s := range texts {
			if strings.ContainsAny(s, "{}") {
				t.Errorf("%s: %q", code, s)
			}
		}
		if f.Summary() == string(code) || strings.HasSuffix(f.Summary(), ".") {
			t.Errorf("%s: summary %q", code, f.Summary())
		}
	}
	if f := (&browser.Failure{Code: "unknown"}); f.Summary() != "unknown" {
		t.Errorf("an unknown code says %q", f.Summary())
	}
}

// TestConsolesRoundTrip checks that what Failure says a browser writes is
// recognised again, for every mistake that browsers tell apart.
func TestConsolesRoundTrip(t *testing.T) {
	for _, code := range browser.Codes() {
		for _, preflight := range []bool{false, true} {
			got := map[browser.Code]string{browser.AllowOriginMismatch: other, browser.InvalidAllowOrigin: "docs.example.com", browser.MultipleAllowOrigin: docs + ", " + other,
				browser.MissingAllowCredentials: "false", browser.LocalNetworkInsecure: "loopback"}[code]
			f := &browser.Failure{Code: code, Exchange: 0, Preflight: preflight, URL: api + "/x", FirstURL: api + "/x", Origin: docs, Got: got, Want: "x-want", Method: "PUT", Status: 418}
			for by, m := range map[browser.Profile]browser.Message{browser.Chromium: f.Chromium(), browser.Firefox: f.Firefox()} {
				if m.Code == "" || len(m.Text) < 60 {
					continue // not about CORS, or too short to be told apart
				}
				g, gotBy, ok := browser.ParseConsole(m.Text)
				if !ok || gotBy != by {
					t.Errorf("%v %s: %q is not recognised", by, code, m.Text)
					continue
				}
				same := g.Code == code || by == browser.Firefox && g.Firefox().Text == m.Text
				if code == browser.CORPMissing || code == browser.SchemeNotSupported {
					same = true // Firefox has one sentence for several
				}
				if !same || g.URL != f.URL && !strings.Contains(string(code), "corp") {
					t.Errorf("%v %s: %q was taken for %s of %s", by, code, m.Text, g.Code, g.URL)
				}
			}
		}
	}
}

// TestConsoleSentences pins sentences that were read off real consoles.
func TestConsoleSentences(t *testing.T) {
	const page = "Access to fetch at 'https://api.example.com/' from origin 'https://docs.example.com' has been blocked by CORS policy: "
	const moz = "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at https://api.example.com/. "
	for _, test := range []struct {
		name                            string
		call                            browser.Call
		answer                          answer
		code, chromium, key, firefox, w string
	}{
		{
			"missing", browser.Call{}, ok(), "MissingAllowOriginHeader", page + "No 'Access-Control-Allow-Origin' header is present on the requested resource.",
			"CORSMissingAllowOrigin", moz + "(Reason: CORS header ‘Access-Control-Allow-Origin’ missing). Status code: 200.",
			"Origin https://docs.example.com is not allowed by Access-Control-Allow-Origin. Status code: 200; Fetch API cannot load https://api.example.com/ due to access control checks.",
		},
		{
			"missing on a preflight, XMLHttpRequest", browser.Call{Kind: browser.XMLHttpRequest, Method: "PUT"}, status(404), "PreflightMissingAllowOriginHeader",
			strings.Replace(page, "fetch", "XMLHttpRequest", 1) + "Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is present on the requested resource.",
			"CORSMissingAllowOrigin", moz + "(Reason: CORS header ‘Access-Control-Allow-Origin’ missing). Status code: 404.",
			"Origin https://docs.example.com is not allowed by Access-Control-Allow-Origin. Status code: 404; XMLHttpRequest cannot load https://api.example.com/ due to access control checks.",
		},
		{
			"two lines", browser.Call{}, ok("Access-Control-Allow-Origin: *", "Access-Control-Allow-Origin: *"), "MultipleAllowOriginValues",
			page + "The 'Access-Control-Allow-Origin' header contains multiple values '*, *', but only one is allowed. Have the server send the header with a valid value.",
			"CORSMultipleAllowOriginNotAllowed", moz + "(Reason: Multiple CORS header ‘Access-Control-Allow-Origin’ not allowed).",
			"Access-Control-Allow-Origin cannot contain more than one origin.; Fetch API cannot load https://api.example.com/ due to access control checks.",
		},
		{
			"a list in one line", browser.Call{}, ok("Access-Control-Allow-Origin: *, *"), "MultipleAllowOriginValues",
			page + "The 'Access-Control-Allow-Origin' header contains multiple values '*, *', but only one is allowed. Have the server send the header with a valid value.",
			"CORSAllowOriginNotMatchingOrigin", moz + "(Reason: CORS header ‘Access-Control-Allow-Origin’ does not match ‘*, *’).", "",
		},
		{
			"wildcard, XMLHttpRequest", browser.Call{Kind: browser.XMLHttpRequest, Credentials: browser.Include}, ok("Access-Control-Allow-Origin: *"), "WildcardOriginNotAllowed",
			strings.Replace(page, "fetch", "XMLHttpRequest", 1) + "The value of the 'Access-Control-Allow-Origin' header in the response must not be the wildcard '*' when the request's credentials mode is 'include'. The credentials mode of requests initiated by the XMLHttpRequest is controlled by the withCredentials attribute.",
			"CORSNotSupportingCredentials", strings.Replace(moz, "https://api.example.com/. ", "‘https://api.example.com/’. ", 1) + "(Reason: Credential is not supported if the CORS header ‘Access-Control-Allow-Origin’ is ‘*’).", "",
		},
		{
			"method", browser.Call{Method: "PUT"}, allow(), "MethodDisallowedByPreflightResponse", page + "Method PUT is not allowed by Access-Control-Allow-Methods in preflight response.",
			"CORSMethodNotFound", moz + "(Reason: Did not find method in CORS header ‘Access-Control-Allow-Methods’).", "",
		},
		{
			"status", browser.Call{Method: "PUT"}, status(401, "Access-Control-Allow-Origin: *"), "PreflightInvalidStatus", page + "Response to preflight request doesn't pass access control check: It does not have HTTP ok status.",
			"CORSPreflightDidNotSucceed", moz + "(Reason: CORS preflight response did not succeed). Status code: 401.",
			"Preflight response is not successful. Status code: 401; Fetch API cannot load https://api.example.com/ due to access control checks.",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.call.URL = api
			res := run(browser.Page{Origin: docs}, test.call, test.answer)
			if res.Blocked == nil {
				t.Fatal("not blocked")
			}
			if m := res.Blocked.Chromium(); m.Code != test.code || m.Text != test.chromium {
				t.Errorf("Chromium %s\n%s\nwant %s\n%s", m.Code, m.Text, test.code, test.chromium)
			}
			if m := res.Blocked.Firefox(); m.Code != test.key || m.Text != test.firefox {
				t.Errorf("Firefox %s\n%s\nwant %s\n%s", m.Code, m.Text, test.key, test.firefox)
			}
			if m := res.Blocked.WebKit(); test.w != "" && m.Text != test.w {
				t.Errorf("WebKit\n%s\nwant\n%s", m.Text, test.w)
			}
		})
	}
	t.Run("redirected", func(t *testing.T) {
		res := run(browser.Page{Origin: docs}, browser.Call{URL: docs + "/a"}, status(302, "Location: "+api), ok())
		want := "Access to fetch at 'https://api.example.com/' (redirected from 'https://docs.example.com/a') from origin 'https://docs.example.com' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource."
		if got := res.Blocked.Chromium().Text; got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
	})
}

// TestRealLifeMistakes checks that the explanation of frequent mistakes names
// the cause, and the repair heals it.
func TestRealLifeMistakes(t *testing.T) {
	const acao = "Access-Control-Allow-Origin: "
	page := browser.Page{Origin: docs}
	for _, test := range []struct {
		name    string
		page    browser.Page
		call    browser.Call
		answer  answer
		explain string // part of the explanation
		repair  string // part of the repair
	}{
		{"trailing slash", page, browser.Call{}, ok(acao + docs + "/"), "a slash too many", acao + docs},
		{"missing port", browser.Page{Origin: docs + ":8443"}, browser.Call{}, ok(acao + docs), "The port :8443 is missing", acao + docs + ":8443"},
		{"a port too many", page, browser.Call{}, ok(acao + docs + ":8443"), "a port too many (:8443)", acao + docs},
		{"default port written out", page, browser.Call{}, ok(acao + docs + ":443"), "leave out default ports", acao + docs},
		{"wrong scheme", page, browser.Call{}, ok(acao + "http://docs.example.com"), "http is not https", acao + docs},
		{"no scheme", page, browser.Call{}, ok(acao + "docs.example.com"), "The scheme (https://) is missing", acao + docs},
		{"path", page, browser.Call{}, ok(acao + docs + "/app"), "It has a path", acao + docs},
		{"upper case", page, browser.Call{}, ok(acao + "https://DOCS.example.com"), "lower case", acao + docs},
		{"www", browser.Page{Origin: "https://www.example.com"}, browser.Call{}, ok(acao + "https://example.com"), "www.", "https://www.example.com"},
		{"pattern", page, browser.Call{}, ok(acao + "https://*.example.com"), "Patterns are not understood", acao + docs},
		{"empty", page, browser.Call{}, ok(acao), "The header is empty", acao + docs},
		{"header from two layers", page, browser.Call{}, ok(acao+docs, acao+docs), "two layers", "only one of them"},
		{"the same value twice in one line", page, browser.Call{}, ok(acao + docs + ", " + docs), "two layers", "only one of them"},
		{"wildcard with credentials", page, browser.Call{Credentials: browser.Include}, ok(acao + "*"), "does not count for a call with credentials", "Access-Control-Allow-Credentials: true"},
		{"True", page, browser.Call{Credentials: browser.Include}, ok(acao+docs, "Access-Control-Allow-Credentials: True"), "lower case", "Access-Control-Allow-Credentials: true"},
		{"401 on OPTIONS", page, browser.Call{Method: "PUT"}, status(401), "asks for authentication", "before authentication"},
		{"401 on OPTIONS with headers", page, browser.Call{Method: "PUT"}, status(401, acao+docs), "never carry cookies or tokens", "with 204"},
		{"no route for OPTIONS", page, browser.Call{Method: "PUT"}, status(405), "no route for OPTIONS", "with 204"},
		{"redirecting preflight", page, browser.Call{Method: "PUT"}, status(301, acao+docs, "Location: /x"), "do not follow redirects of preflights", "Answer OPTIONS"},
		{"missing Allow-Headers entry", page, browser.Call{Headers: []browser.HeaderField{hdr("X-Api-Key", "1")}}, ok(acao+docs, "Access-Control-Allow-Headers: Content-Type"), "x-api-key", "Access-Control-Allow-Headers: Content-Type, x-api-key"},
		{"wildcard headers with credentials", page, browser.Call{Credentials: browser.Include, Headers: []browser.HeaderField{hdr("X-A", "1")}}, ok(acao+docs, "Access-Control-Allow-Credentials: true", "Access-Control-Allow-Headers: *"), "wildcard", "Access-Control-Allow-Headers: x-a"},
		{"wildcard headers and Authorization", page, browser.Call{Headers: []browser.HeaderField{hdr("Authorization", "1")}}, ok(acao+docs, "Access-Control-Allow-Headers: *"), "does not cover Authorization", "authorization"},
		{"wildcard methods with credentials", page, browser.Call{Method: "PUT", Credentials: browser.Include}, ok(acao+docs, "Access-Control-Allow-Credentials: true", "Access-Control-Allow-Methods: *"), "wildcard", "Access-Control-Allow-Methods: PUT"},
		{"patch", page, browser.Call{Method: "patch"}, ok(acao+docs, "Access-Control-Allow-Methods: PATCH"), "letter by letter", `"PATCH"`},
		{"500 without headers", page, browser.Call{}, status(500), "the server failed", "errors and preflights included"},
		{"404 without headers", page, browser.Call{}, status(404), "error answers need the header too", "errors"},
		{"redirect without headers", page, browser.Call{}, status(302, "Location: /x"), "each one on the way", ""},
		{"opaque origin", browser.Page{}, browser.Call{}, ok(acao + docs), "null", "Never allow null"},
		{"opaque origin with credentials", browser.Page{}, browser.Call{Credentials: browser.Include}, ok(), "", "Serve the page from"},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.call.URL = api
			res := run(test.page, test.call, test.answer)
			if res.Blocked == nil {
				t.Fatal("not blocked")
			}
			if got := res.Blocked.Explain(); !strings.Contains(got, test.explain) {
				t.Errorf("%q does not say %q", got, test.explain)
			}
			r := res.Blocked.Repair()
			if got := strings.Join(append(r.Headers, r.Server, r.Page), "\n"); !strings.Contains(got, test.repair) {
				t.Errorf("%q does not say %q", got, test.repair)
			}
		})
	}
}

// TestRepairsHeal sends the repaired headers and expects the call to succeed.
func TestRepairsHeal(t *testing.T) {
	for _, call := range []browser.Call{
		{}, {Credentials: browser.Include}, {Method: "PUT"}, {Method: "PUT", Credentials: browser.Include},
		{Method: "DELETE", Headers: []browser.HeaderField{hdr("X-A", "1"), hdr("Authorization", "x")}},
	} {
		call.URL = api
		pre, final := []string{}, []string{}
		for range 10 {
			res := run(browser.Page{Origin: docs}, call, status(204, pre...), ok(final...))
			if res.Preflight() == nil {
				res = run(browser.Page{Origin: docs}, call, ok(final...))
			}
			if res.Blocked == nil {
				break
			}
			heal := &final
			if res.Blocked.Preflight {
				heal = &pre
			}
			for _, h := range res.Blocked.Repair().Headers {
				name, _, _ := strings.Cut(h, ":")
				for i, old := range *heal {
					if strings.HasPrefix(old, name+":") {
						*heal = append((*heal)[:i], (*heal)[i+1:]...)
						break
					}
				}
				*heal = append(*heal, h)
			}
		}
		res := run(browser.Page{Origin: docs}, call, status(204, pre...), ok(final...))
		if res.Preflight() == nil {
			res = run(browser.Page{Origin: docs}, call, ok(final...))
		}
		check(t, res, "allowed", nil)
	}
}
