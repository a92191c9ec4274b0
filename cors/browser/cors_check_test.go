package browser_test

import (
	"testing"

	"github.com/concors/concors/cors/browser"
)

func TestCORSCheck(t *testing.T) {
	const acao, acac = "Access-Control-Allow-Origin: ", "Access-Control-Allow-Credentials: "
	page := browser.Page{Origin: docs}
	for _, test := range []struct {
		name        string
		credentials browser.CredentialsMode
		page        browser.Page
		lines       []string
		want        string
	}{
		{"no header", "", page, nil, "missing-allow-origin"},
		{"the page's origin", "", page, []string{acao + docs}, "allowed"},
		{"whitespace around it does not count", "", page, []string{acao + " \t" + docs + "\t "}, "allowed"},
		{"a wildcard", "", page, []string{acao + "*"}, "allowed"},
		{"a wildcard, credentials omitted", browser.Omit, page, []string{acao + "*"}, "allowed"},
		{"a wildcard with credentials", browser.Include, page, []string{acao + "*", acac + "true"}, "wildcard-with-credentials"},
		{"a trailing slash", "", page, []string{acao + docs + "/"}, "allow-origin-mismatch"},
		{"upper case", "", page, []string{acao + "https://Docs.example.com"}, "allow-origin-mismatch"},
		{"default port written out", "", page, []string{acao + docs + ":443"}, "allow-origin-mismatch"},
		{"another scheme", "", page, []string{acao + "http://docs.example.com"}, "allow-origin-mismatch"},
		{"a pattern", "", page, []string{acao + "https://*.example.com"}, "allow-origin-mismatch"},
		{"null for a page with an origin", "", page, []string{acao + "null"}, "allow-origin-mismatch"},
		{"no scheme", "", page, []string{acao + "docs.example.com"}, "invalid-allow-origin"},
		{"empty", "", page, []string{acao}, "invalid-allow-origin"},
		{"two lines", "", page, []string{acao + docs, acao + docs}, "multiple-allow-origin"},
		{"a list", "", page, []string{acao + docs + ", " + other}, "multiple-allow-origin"},
		{"two wildcards", "", page, []string{acao + "*", acao + "*"}, "multiple-allow-origin"},
		{"a list by spaces", "", page, []string{acao + other + " " + docs}, "multiple-allow-origin"},
		{"null for an opaque page", "", browser.Page{Origin: "null"}, []string{acao + "null"}, "allowed"},
		{"NULL is not null", "", browser.Page{Origin: "null"}, []string{acao + "NULL"}, "invalid-allow-origin"},
		{"another origin for an opaque page", "", browser.Page{}, []string{acao + docs}, "allow-origin-mismatch"},
		{"credentials allowed", browser.Include, page, []string{acao + docs, acac + "true"}, "allowed"},
		{"credentials allowed to an opaque page", browser.Include, browser.Page{}, []string{acao + "null", acac + "true"}, "allowed"},
		{"credentials not allowed", browser.Include, page, []string{acao + docs}, "missing-allow-credentials"},
		{"True is not true", browser.Include, page, []string{acao + docs, acac + "True"}, "missing-allow-credentials"},
		{"true twice", browser.Include, page, []string{acao + docs, acac + "true", acac + "true"}, "missing-allow-credentials"},
		{"false", browser.Include, page, []string{acao + docs, acac + "false"}, "missing-allow-credentials"},
		{"credentials header is not asked for", browser.SameOriginCredentials, page, []string{acao + docs, acac + "false"}, "allowed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			call := browser.Call{URL: api + "/", Credentials: test.credentials}
			check(t, run(test.page, call, ok(test.lines...)), test.want, []string{"GET " + api + "/"})

			// A preflight's answer is checked by the same rules.
			call.Method = "PUT"
			res := run(test.page, call, ok(append(test.lines, "Access-Control-Allow-Methods: PUT")...), ok(test.lines...))
			check(t, res, test.want, nil)
			if res.Blocked != nil && (!res.Blocked.Preflight || res.Blocked.Exchange != 0) {
				t.Errorf("failure %+v is not the preflight's", res.Blocked)
			}
		})
	}
}

func TestStatusDoesNotMatterToTheCORSCheck(t *testing.T) {
	for _, code := range []int{200, 204, 304, 400, 401, 403, 404, 407, 500, 503} {
		res := run(browser.Page{Origin: docs}, browser.Call{URL: api}, status(code, "Access-Control-Allow-Origin: *"))
		check(t, res, "allowed", nil)
		if res.Response.Status != code {
			t.Errorf("status %d, want %d", res.Response.Status, code)
		}
	}
}
