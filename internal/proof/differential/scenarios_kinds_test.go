package differential

import (
	"fmt"

	"github.com/concors/concors/cors/browser"
)

// kindScenarios run every API through the same situations.
func kindScenarios() []*Scenario {
	kinds := []browser.Kind{browser.FetchAPI, browser.XMLHttpRequest, browser.Beacon, browser.EventSource, browser.WebSocket, browser.Image, browser.Script, browser.ModuleScript, browser.Stylesheet, browser.Font, browser.Media, browser.Iframe, browser.Form, browser.Navigation}
	situations := []struct {
		name    string
		options []option
	}{
		{"same-origin", []option{to(near), act(200)}},
		{"same-site", []option{to(api), act(200, acao(app), acac)}},
		{"cross-site", []option{act(200, acao(app), acac)}},
		{"cross-site star", []option{act(200, acao("*"))}},
		{"cross-site nothing allowed", []option{act(200)}},
		{"cross-site with credentials", []option{include(), act(200, acao(app), acac)}},
		{"cross-site with credentials star", []option{include(), act(200, acao("*"), acac)}},
		{"404", []option{act(404, acao(app), acac)}},
		{"500", []option{act(500, acao(app), acac)}},
		{"204", []option{act(204, acao(app), acac)}},
		{"broken", []option{broken()}},
		{"refused connection", []option{to("https://refused.other.org/a")}},
		{"from http", []option{from(plain), act(200, acao(plain), acac)}},
		{"from http to http", []option{from(plain), to("http://api.other.org/a"), act(200, acao(plain), acac)}},
		{"from http to loopback", []option{from(plain), to("http://localhost:3000/a"), act(200, acao(plain), acac)}},
		{"sandboxed", []option{sandboxed(), act(200, acao("null"), acac)}},
		{"sandboxed to its host", []option{sandboxed(), to(near), act(200, acao("null"), acac)}},
		{"sandboxed nothing allowed", []option{sandboxed(), act(200)}},
		{"data", []option{dataPage(), act(200, acao("null"), acac)}},
		{"framed cross-site", []option{framedIn("https://top.example.net"), act(200, acao(app), acac)}},
		{"framed, to the top's origin", []option{framedIn("https://api.other.org"), act(200, acao(app), acac)}},
		{"page without referrer", []option{pagePolicy(browser.NoReferrer), act(200, acao("*"))}},
		{"page without referrer, same-origin", []option{pagePolicy(browser.NoReferrer), to(near), act(200)}},
		{"another port", []option{to("https://app.example.com:8443/a"), act(200, acao(app), acac)}},
		{"userinfo", []option{to("https://user:pass@api.other.org/a"), act(200, acao(app), acac)}},
		{"resource policy same-origin", []option{act(200, acao(app), acac, corp("same-origin"))}},
		{"resource policy same-site", []option{to(api), act(200, acao(app), acac, corp("same-site"))}},
		{"data URL", []option{to("data:text/plain,x")}},
		{"about URL", []option{to("about:blank")}},
		{"ftp URL", []option{to("ftp://api.other.org/a")}},
		{"unknown scheme", []option{to("foo:bar")}},
		{"unparsable URL", []option{to("https://[")}},
		{"port that is blocked", []option{to("https://api.other.org:25/a"), act(200, acao(app), acac)}},
	}
	var all []*Scenario
	for _, k := range kinds {
		for _, situation := range situations {
			if (k == browser.Form || k == browser.Navigation || k == browser.Iframe) && silent(situation.name) {
				continue // nothing to compare: neither the page nor the server hears of it
			}
			if k == browser.Media && situation.name == "broken" || k == browser.Image && situation.name == "204" {
				continue // media are asked for again and again; an empty image is none
			}
			if situation.name == "data URL" && (k == browser.Image || k == browser.Media || k == browser.Stylesheet) {
				continue // the text is none of these
			}
			s := scenario(kindNames[k]+" "+situation.name, situation.options...)
			c := &s.Calls[0]
			c.Kind = k
			switch k {
			case browser.WebSocket:
				c.URL = wsURL(c.URL)
				for i := range s.Rules {
					if a := &s.Rules[i].Answers[0]; a.Status == 200 {
						a.Status = 101
					}
				}
			case browser.Form:
				c.Method, c.Body = "POST", browser.Body{Kind: browser.FormData, Data: []byte("a=v")}
			case browser.Beacon:
				c.Body = browser.Body{Kind: browser.Text, Data: []byte("x")}
			}
			all = append(all, s)
		}
	}
	return all
}

func silent(situation string) bool {
	switch situation {
	case "broken", "refused connection", "204", "data URL", "about URL", "ftp URL", "unknown scheme", "unparsable URL", "port that is blocked", "userinfo":
		return true
	}
	return false
}

func wsURL(url string) string {
	if len(url) > 4 && url[:4] == "http" {
		return "ws" + url[4:]
	}
	return url
}

// originScenarios are about the Origin header, Sec-Fetch-Site and Referrer-Policy
// (#origin-header).
func originScenarios() []*Scenario {
	policies := []browser.ReferrerPolicy{browser.NoReferrer, browser.NoReferrerWhenDowngrade, browser.OriginOnly, browser.OriginWhenCrossOrigin, browser.SameOriginReferrer, browser.StrictOrigin, browser.StrictOriginWhenCrossOrigin, browser.UnsafeURL}
	var all []*Scenario
	for _, p := range policies {
		for _, target := range []struct{ name, url string }{{"same-origin", near}, {"cross-site", far}, {"loopback http", "http://localhost:3000/a"}} {
			add := func(name string, options ...option) {
				all = append(all, scenario(fmt.Sprintf("%s %s %s", name, p, target.name), append([]option{to(target.url), act(200, acao("*"))}, options...)...))
			}
			add("no-cors POST", mode(browser.NoCORS), method("POST"), referrer(p))
			add("cors POST", method("POST"), referrer(p))
			add("form POST of page", form("POST", ""), pagePolicy(p))
			add("no-cors POST of page", mode(browser.NoCORS), method("POST"), pagePolicy(p))
			add("cors GET of page", pagePolicy(p))
			add("beacon of page", kind(browser.Beacon), body(browser.Text, "x"), pagePolicy(p))
		}
		all = append(all, scenario(fmt.Sprintf("websocket of page %s", p), kind(browser.WebSocket), to("wss://api.other.org/a"), pagePolicy(p), act(101)))
		all = append(all, scenario(fmt.Sprintf("PUT same-origin %s", p), method("PUT"), to(near), referrer(p), act(200)))
	}
	for _, m := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "QUERY"} {
		all = append(all,
			scenario("same-origin "+m, method(m), to(near), act(200)),
			scenario("mode same-origin "+m, method(m), mode(browser.SameOrigin), to(near), act(200)),
			scenario("same-origin from http "+m, from(plain), method(m), to(plain+"/a"), act(200)),
			scenario("sandboxed to its host "+m, sandboxed(), method(m), to(near), pre(204, acao("null"), acam("*")), act(200, acao("null"))),
		)
	}
	for _, enctype := range []string{"", "text/plain", "multipart/form-data", "application/json", "TEXT/PLAIN"} {
		all = append(all, scenario(fmt.Sprintf("form %q", enctype), form("POST", enctype), act(200)))
		all = append(all, scenario(fmt.Sprintf("form %q same-origin", enctype), form("POST", enctype), to(near), act(200)))
	}
	for _, m := range []string{"GET", "get", "POST", "post", "PUT", "DELETE", "dialog"} {
		if m != "dialog" {
			all = append(all, scenario("form method "+m, form(m, ""), act(200)))
		}
	}
	sites := []struct{ page, url string }{
		{"https://example.com", "https://example.com/a"}, {"https://example.com", "https://www.example.com/a"}, {"https://a.b.example.com", "https://c.example.com/a"},
		{"https://app.example.com", "https://app.example.com:8443/a"}, {"http://app.example.com", "https://app.example.com/a"}, {"http://app.example.com", "http://api.example.com/a"},
		{"https://a.co.uk", "https://b.co.uk/a"}, {"https://a.x.co.uk", "https://b.x.co.uk/a"}, {"https://alice.github.io", "https://bob.github.io/a"},
		{"http://localhost", "http://localhost:3000/a"}, {"http://app.localhost", "http://api.localhost/a"}, {"http://localhost", "http://api.localhost/a"}, {"http://a.app.localhost", "http://b.app.localhost/a"},
		{"http://127.0.0.1", "http://127.0.0.1:3000/a"}, {"http://127.0.0.1", "http://127.0.0.2/a"}, {"http://127.0.0.1", "http://localhost/a"}, {"http://[::1]", "http://[::1]:3000/a"},
		{"https://intranet", "https://intranet:8443/a"}, {"https://intranet", "https://wiki/a"}, {"https://a.intranet", "https://b.intranet/a"}, {"https://xn--bcher-kva.example", "https://b\xc3\xbccher.example/a"},
	}
	for _, site := range sites {
		all = append(all,
			scenario(fmt.Sprintf("fetch from %s to %s", site.page, site.url), from(site.page), to(site.url), act(200, acao("*"))),
			scenario(fmt.Sprintf("no-cors POST from %s to %s", site.page, site.url), from(site.page), mode(browser.NoCORS), method("POST"), to(site.url), act(200)),
		)
	}
	return all
}

// authorizationScenarios are about Authorization and userinfo.
func authorizationScenarios() []*Scenario {
	return []*Scenario{
		scenario("userinfo same-origin", to("https://user:pass@app.example.com/a"), act(200)),
		scenario("userinfo cross-origin", to("https://user:pass@api.other.org/a"), act(200, acao(app))),
		scenario("script with crossorigin and userinfo", kind(browser.Script), mode(browser.CORS), to("https://user:pass@api.other.org/a"), act(200, acao(app))),
		scenario("image with crossorigin and userinfo", kind(browser.Image), mode(browser.CORS), to("https://user:pass@api.other.org/a"), act(200, acao(app))),
		scenario("stylesheet with crossorigin and userinfo", kind(browser.Stylesheet), mode(browser.CORS), to("https://user:pass@api.other.org/a"), act(200, acao(app))),
		scenario("same-origin script with crossorigin", kind(browser.Script), mode(browser.CORS), to(near), act(200)),
		scenario("same-origin image with crossorigin", kind(browser.Image), mode(browser.CORS), to(near), act(200)),
		scenario("same-origin media with crossorigin", kind(browser.Media), mode(browser.CORS), to(near), act(200)),
		scenario("same-origin stylesheet with crossorigin", kind(browser.Stylesheet), mode(browser.CORS), to(near), act(200)),
		scenario("same-origin script with userinfo", kind(browser.Script), to("https://user:pass@app.example.com/a"), act(200)),
		scenario("user without password", to("https://user@api.other.org/a"), act(200, acao(app))),
		scenario("xhr userinfo same-origin", kind(browser.XMLHttpRequest), to("https://user:pass@app.example.com/a"), act(200)),
		scenario("xhr userinfo cross-origin", kind(browser.XMLHttpRequest), to("https://user:pass@api.other.org/a"), act(200, acao(app))),
		scenario("xhr userinfo cross-origin with credentials", kind(browser.XMLHttpRequest), include(), to("https://user:pass@api.other.org/a"), act(200, acao(app), acac)),
		scenario("xhr userinfo PUT", kind(browser.XMLHttpRequest), method("PUT"), include(), to("https://user:pass@api.other.org/a"), pre(204, acao(app), acac, acam("PUT")), act(200, acao(app), acac)),
		scenario("authorization same-origin", to(near), header("Authorization: Bearer x"), act(200)),
		scenario("authorization cross-origin", header("Authorization: Bearer x"), pre(204, acao(app), acah("authorization")), act(200, acao(app))),
		scenario("authorization with omit", omit(), header("Authorization: Bearer x"), pre(204, acao(app), acah("authorization")), act(200, acao(app))),
		scenario("authorization with include", include(), header("Authorization: Bearer x"), pre(204, acao(app), acac, acah("authorization")), act(200, acao(app), acac)),
		scenario("authorization not listed", header("Authorization: Bearer x"), pre(204, acao(app)), act(200, acao(app))),
		scenario("basic authorization", header("Authorization: Basic YTpi"), pre(204, acao(app), acah("authorization")), act(200, acao(app))),
		scenario("authorization no-cors", mode(browser.NoCORS), header("Authorization: Bearer x"), act(200)),
		scenario("authorization same-origin redirect kept", to(near), header("Authorization: Bearer x"), at(near, 302, location("/b")), act(200)),
		scenario("401 readable", act(401, acao(app), "WWW-Authenticate: Bearer")),
		scenario("401 not readable", act(401, "WWW-Authenticate: Bearer")),
		scenario("401 with credentials", include(), act(401, acao(app), acac, "WWW-Authenticate: Bearer")),
		scenario("401 in a preflight", method("PUT"), pre(401), act(200, acao(app))),
	}
}
