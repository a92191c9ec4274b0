package browser_test

import (
	"fmt"
	"testing"

	"github.com/concors/concors/cors/browser"
)

func TestRedirects(t *testing.T) {
	const acao = "Access-Control-Allow-Origin: "
	to := func(code int, location string, lines ...string) answer {
		return status(code, append(lines, "Location: "+location)...)
	}
	put := browser.Call{Method: "PUT", URL: api + "/a"}
	post := browser.Call{Method: "POST", URL: api + "/a", Body: browser.Body{Kind: browser.Text, Data: []byte("x")}}
	permit := ok(acao+"*", "Access-Control-Allow-Methods: PUT", "Access-Control-Allow-Headers: x-a, authorization")
	for _, test := range []struct {
		name    string
		call    browser.Call
		answers []answer
		want    string
		sent    []string // with Origin
	}{
		{"within the page's origin", browser.Call{URL: docs + "/a"}, []answer{to(302, "/b"), ok()}, "allowed",
			[]string{"GET " + docs + "/a", "GET " + docs + "/b"}},
		{"from the page's origin to another", browser.Call{URL: docs + "/a"}, []answer{to(302, api+"/b"), ok(acao + docs)}, "allowed",
			[]string{"GET " + docs + "/a", "GET " + api + "/b Origin=" + docs}},
		{"within another origin", browser.Call{URL: api + "/a"}, []answer{to(302, "b", acao+docs), ok(acao + docs)}, "allowed",
			[]string{"GET " + api + "/a Origin=" + docs, "GET " + api + "/b Origin=" + docs}},
		{"each answer on the way is checked", browser.Call{URL: api + "/a"}, []answer{to(302, "/b"), ok(acao + docs)}, "missing-allow-origin",
			[]string{"GET " + api + "/a Origin=" + docs}},
		{"to a third origin the page's becomes null", browser.Call{URL: api + "/a"}, []answer{to(302, third+"/b", acao+docs), ok(acao + "null")}, "allowed",
			[]string{"GET " + api + "/a Origin=" + docs, "GET " + third + "/b Origin=null"}},
		{"null is not the page's origin", browser.Call{URL: api + "/a"}, []answer{to(302, third+"/b", acao+docs), ok(acao + docs)}, "allow-origin-mismatch", nil},
		{"null stays null", browser.Call{URL: api + "/a"}, []answer{to(302, third+"/b", acao+"*"), to(302, third+"/c", acao+"*"), ok(acao + "*")}, "allowed",
			[]string{"GET " + api + "/a Origin=" + docs, "GET " + third + "/b Origin=null", "GET " + third + "/c Origin=null"}},
		{"back to the page's own origin, which needs CORS then", browser.Call{URL: api + "/a"}, []answer{to(302, docs+"/b", acao+docs), ok(acao + docs)}, "allow-origin-mismatch",
			[]string{"GET " + api + "/a Origin=" + docs, "GET " + docs + "/b Origin=null"}},
		{"own origin, another, own again", browser.Call{URL: docs + "/a"}, []answer{to(302, api+"/b"), to(302, docs+"/c", acao+docs), ok(acao + "*")}, "allowed",
			[]string{"GET " + docs + "/a", "GET " + api + "/b Origin=" + docs, "GET " + docs + "/c Origin=null"}},
		{"303 makes a GET", put, []answer{permit, to(303, "/b", acao+"*"), ok(acao + "*")}, "allowed",
			[]string{"OPTIONS " + api + "/a Origin=" + docs, "PUT " + api + "/a Origin=" + docs, "GET " + api + "/b Origin=" + docs}},
		{"307 keeps PUT and asks again", put, []answer{permit, to(307, "/b", acao+"*"), permit, ok(acao + "*")}, "allowed",
			[]string{"OPTIONS " + api + "/a Origin=" + docs, "PUT " + api + "/a Origin=" + docs, "OPTIONS " + api + "/b Origin=" + docs, "PUT " + api + "/b Origin=" + docs}},
		{"307 to a third origin asks again as null", put, []answer{permit, to(307, third+"/b", acao+"*"), permit, ok(acao + "*")}, "allowed",
			[]string{"OPTIONS " + api + "/a Origin=" + docs, "PUT " + api + "/a Origin=" + docs, "OPTIONS " + third + "/b Origin=null", "PUT " + third + "/b Origin=null"}},
		{"302 keeps PUT", put, []answer{permit, to(302, "/b", acao+"*"), permit, ok(acao + "*")}, "allowed", nil},
		{"302 turns POST into GET", post, []answer{to(302, "/b", acao+"*"), ok(acao + "*")}, "allowed",
			[]string{"POST " + api + "/a Origin=" + docs, "GET " + api + "/b Origin=" + docs}},
		{"308 keeps POST", post, []answer{to(308, "/b", acao+"*"), ok(acao + "*")}, "allowed",
			[]string{"POST " + api + "/a Origin=" + docs, "POST " + api + "/b Origin=" + docs}},
		{"303 keeps HEAD", browser.Call{Method: "HEAD", URL: api + "/a"}, []answer{to(303, "/b", acao+"*"), ok(acao + "*")}, "allowed",
			[]string{"HEAD " + api + "/a Origin=" + docs, "HEAD " + api + "/b Origin=" + docs}},
		{"same origin to another: a preflight is due now", browser.Call{Method: "PUT", URL: docs + "/a"}, []answer{to(307, api+"/b"), permit, ok(acao + "*")}, "allowed",
			[]string{"PUT " + docs + "/a Origin=" + docs, "OPTIONS " + api + "/b Origin=" + docs, "PUT " + api + "/b Origin=" + docs}},
		{"same origin to another: refused", browser.Call{Method: "PUT", URL: docs + "/a"}, []answer{to(307, api+"/b"), ok()}, "missing-allow-origin", nil},
		{"user and password in Location", browser.Call{URL: api + "/a"}, []answer{to(302, "https://u:p@api.example.com/b", acao+docs), ok(acao + docs)}, "redirect-credentials",
			[]string{"GET " + api + "/a Origin=" + docs}},
		{"user and password towards the page's own origin", browser.Call{URL: api + "/a"}, []answer{to(302, "https://u:p@docs.example.com/b", acao+docs)}, "redirect-credentials", nil},
		{"user and password without CORS", browser.Call{URL: docs + "/a"}, []answer{to(302, "https://u:p@docs.example.com/b"), ok()}, "allowed",
			[]string{"GET " + docs + "/a", "GET " + docs + "/b"}},
		{"mode no-cors does not care", browser.Call{URL: api + "/a", Mode: browser.NoCORS}, []answer{to(302, "https://u:p@api.example.com/b"), ok()}, "allowed", nil},
		{"to another scheme", browser.Call{URL: api + "/a"}, []answer{to(302, "data:,x", acao+docs)}, "redirect-scheme", nil},
		{"to no URL", browser.Call{URL: api + "/a"}, []answer{to(302, "https://", acao+docs)}, "redirect-invalid", nil},
		{"without Location it is an answer", browser.Call{URL: api + "/a"}, []answer{status(302, acao+docs)}, "allowed", []string{"GET " + api + "/a Origin=" + docs}},
		{"304 is no redirect", browser.Call{URL: api + "/a"}, []answer{to(304, "/b", acao+docs)}, "allowed", nil},
		{"mode error", browser.Call{URL: api + "/a", Redirect: browser.Error}, []answer{to(302, "/b", acao+docs)}, "redirect-mode-error", nil},
		{"mode error, but first the CORS check", browser.Call{URL: api + "/a", Redirect: browser.Error}, []answer{to(302, "/b")}, "missing-allow-origin", nil},
		{"mode error without a redirect", browser.Call{URL: api + "/a", Redirect: browser.Error}, []answer{ok(acao + docs)}, "allowed", nil},
		{"mode manual", browser.Call{URL: api + "/a", Redirect: browser.Manual}, []answer{to(302, "/b", acao+docs)}, "allowed", []string{"GET " + api + "/a Origin=" + docs}},
		{"mode manual, but first the CORS check", browser.Call{URL: api + "/a", Redirect: browser.Manual}, []answer{to(302, "/b")}, "missing-allow-origin", nil},
		{"mode same-origin to another", browser.Call{URL: docs + "/a", Mode: browser.SameOrigin}, []answer{to(302, api+"/b")}, "same-origin-mode", []string{"GET " + docs + "/a"}},
		{"a stream is not sent twice", browser.Call{Method: "POST", URL: docs + "/a", Body: browser.Body{Kind: browser.Stream}}, []answer{to(307, "/b")}, "redirect-stream-body", nil},
		{"a stream and 303", browser.Call{Method: "POST", URL: docs + "/a", Body: browser.Body{Kind: browser.Stream}}, []answer{to(303, "/b"), ok()}, "allowed", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			check(t, run(browser.Page{Origin: docs}, test.call, test.answers...), test.want, test.sent, "Origin")
		})
	}
}

func TestRedirectsInACircle(t *testing.T) {
	var answers []answer
	for i := range 30 {
		answers = append(answers, status(302, "Access-Control-Allow-Origin: *", fmt.Sprintf("Location: /%d", i)))
	}
	res := run(browser.Page{Origin: docs}, browser.Call{URL: api}, answers...)
	check(t, res, "too-many-redirects", nil)
	if n := len(res.Exchanges); n != 21 {
		t.Errorf("%d requests, want 21", n)
	}
}

func TestRedirectsKeepAndDropHeaders(t *testing.T) {
	headers := []browser.HeaderField{hdr("Authorization", "Bearer x"), hdr("Content-Type", "text/plain"), hdr("Content-Language", "de"), hdr("X-A", "1")}
	permit := ok("Access-Control-Allow-Origin: *", "Access-Control-Allow-Headers: x-a, authorization")
	for _, test := range []struct {
		name, location string
		status         int
		want           string
	}{
		{"within an origin", "/b", 307, "Authorization Content-Language Content-Type X-A"},
		{"to a third origin Authorization is removed", third + "/b", 307, "Content-Language Content-Type X-A"},
		{"a GET has no body headers", "/b", 302, "Authorization X-A"},
	} {
		t.Run(test.name, func(t *testing.T) {
			res := run(browser.Page{Origin: docs}, browser.Call{Method: "POST", URL: api + "/a", Headers: headers, Body: browser.Body{Kind: browser.Text}},
				permit, status(test.status, "Access-Control-Allow-Origin: *", "Location: "+test.location), permit, ok("Access-Control-Allow-Origin: *"))
			check(t, res, "allowed", nil)
			got := ""
			for _, name := range []string{"Authorization", "Content-Language", "Content-Type", "X-A"} {
				if res.Actual().Header.Get(name) != "" {
					got += " " + name
				}
			}
			if got != " "+test.want {
				t.Errorf("sent%s, want %s", got, test.want)
			}
		})
	}
}

func TestRedirectReferrerPolicy(t *testing.T) {
	page := browser.Page{Origin: docs, URL: docs + "/page?q"}
	res := run(page, browser.Call{URL: docs + "/a"}, status(302, "Location: /b", "Referrer-Policy: unknown, no-referrer, nonsense"), ok())
	check(t, res, "allowed", []string{"GET " + docs + "/a Referer=" + docs + "/page?q", "GET " + docs + "/b"}, "Referer")
}

func TestMetadataFollowsRedirects(t *testing.T) {
	const acao = "Access-Control-Allow-Origin: *"
	res := run(browser.Page{Origin: docs}, browser.Call{URL: docs + "/a"},
		status(302, "Location: "+api+"/b"), status(302, acao, "Location: "+third+"/c"), status(302, acao, "Location: "+docs+"/d"), ok(acao))
	check(t, res, "allowed", []string{
		"GET " + docs + "/a Sec-Fetch-Site=same-origin",
		"GET " + api + "/b Sec-Fetch-Site=same-site",
		"GET " + third + "/c Sec-Fetch-Site=cross-site",
		"GET " + docs + "/d Sec-Fetch-Site=cross-site",
	}, "Sec-Fetch-Site")
}
