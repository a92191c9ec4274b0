package differential

import (
	"fmt"

	"github.com/concors/concors/cors/browser"
)

const (
	apiOrigin = "https://api.example.com"
	farOrigin = "https://api.other.org"
)

// cookieScenarios are about which cookies go along, and which are kept.
func cookieScenarios() []*Scenario {
	attributes := []string{"", "; SameSite=Lax", "; SameSite=Strict", "; SameSite=None; Secure", "; SameSite=None", "; Secure", "; HttpOnly", "; SameSite=Strict; Secure; HttpOnly", "; samesite=STRICT", "; SameSite=invalid", "; SameSite", "; Secure; Partitioned; SameSite=None", "; Max-Age=0", "; Max-Age=600", "; Domain=example.com", "; Domain=com", "; SameSite=Lax; SameSite=None; Secure"}
	calls := []struct {
		name    string
		options []option
	}{
		{"include", []option{include()}},
		{"same-origin", nil},
		{"omit", []option{omit()}},
		{"xhr with credentials", []option{kind(browser.XMLHttpRequest), include()}},
		{"image", []option{kind(browser.Image)}},
		{"no-cors include", []option{mode(browser.NoCORS), include()}},
		{"form POST", []option{form("POST", "")}},
		{"form GET", []option{form("GET", "")}},
		{"navigation", []option{kind(browser.Navigation)}},
		{"iframe", []option{kind(browser.Iframe)}},
		{"beacon", []option{kind(browser.Beacon), body(browser.Text, "x")}},
	}
	var all []*Scenario
	for _, call := range calls {
		for i, attribute := range attributes {
			if call.name != "include" && i > 4 {
				break
			}
			set := func(origin string) option { return cookie(origin, "a=1"+attribute) }
			options := append([]option{act(200, acao(app), acac)}, call.options...)
			all = append(all,
				scenario(fmt.Sprintf("%s to same-site, cookie%s", call.name, attribute), plus(options, set(apiOrigin), to(api))...),
				scenario(fmt.Sprintf("%s to cross-site, cookie%s", call.name, attribute), plus(options, set(farOrigin), to(far))...),
			)
		}
		all = append(all,
			scenario(call.name+" to same-origin", append([]option{act(200), cookie(app, "a=1; SameSite=Strict"), to(near)}, call.options...)...),
			scenario(call.name+" to the other scheme", append([]option{act(200, acao("http://app.example.com"), acac), from("http://app.example.com"), cookie(apiOrigin, "a=1; SameSite=Strict"), cookie(apiOrigin, "b=1; SameSite=None; Secure"), to(api)}, call.options...)...),
			scenario(call.name+" in a cross-site frame", append([]option{act(200, acao(app), acac), framedIn("https://top.example.net"), cookie(app, "a=1; SameSite=Lax"), cookie(app, "b=1; SameSite=None; Secure"), to(near)}, call.options...)...),
			scenario(call.name+" in a same-site frame", append([]option{act(200, acao(app), acac), framedIn("https://www.example.com"), cookie(apiOrigin, "a=1; SameSite=Strict"), to(api)}, call.options...)...),
		)
	}
	for _, call := range []struct {
		name    string
		options []option
	}{{"fetch", nil}, {"xhr", []option{kind(browser.XMLHttpRequest)}}} {
		for _, creds := range []struct {
			name   string
			option option
		}{{"include", include()}, {"omit", omit()}} {
			if call.name == "xhr" && creds.name == "omit" {
				continue
			}
			for _, line := range []string{"a=1", "a=1; SameSite=None; Secure", "a=1; SameSite=Strict", "a=1; SameSite=None; Secure; Partitioned", "a=1; HttpOnly", "a=1; Max-Age=0"} {
				all = append(all,
					scenario(fmt.Sprintf("%s %s keeps %s same-site", call.name, creds.name, line), plus(call.options, creds.option, to(api), act(200, acao(app), acac, "Set-Cookie: "+line), again(include()))...),
					scenario(fmt.Sprintf("%s %s keeps %s cross-site", call.name, creds.name, line), plus(call.options, creds.option, act(200, acao(app), acac, "Set-Cookie: "+line), again(include()))...),
				)
			}
		}
	}
	return append(all,
		scenario("cookies of a refused answer are kept", include(), to(api), act(200, "Set-Cookie: a=1"), again()),
		scenario("two cookies", include(), to(api), cookie(apiOrigin, "a=1"), cookie(apiOrigin, "b=2; SameSite=Strict"), act(200, acao(app), acac)),
		scenario("secure cookie to http", from("http://app.example.com"), include(), to("http://api.example.com/a"), cookie("http://api.example.com", "a=1"), cookie("http://api.example.com", "b=1; Secure"), act(200, acao("http://app.example.com"), acac)),
		scenario("secure cookie to loopback", from("http://localhost:5173"), include(), to("http://localhost:3000/a"), cookie("http://localhost:3000", "a=1"), cookie("http://localhost:3000", "b=1; Secure"), act(200, acao("http://localhost:5173"), acac)),
		scenario("ports share cookies", include(), to("https://api.example.com:8443/a"), cookie(apiOrigin, "a=1"), act(200, acao(app), acac)),
		scenario("host prefix", include(), to(api), cookie(apiOrigin, "__Secure-a=1; Secure"), cookie(apiOrigin, "__Secure-b=1"), cookie(apiOrigin, "__Host-c=1; Secure"), act(200, acao(app), acac)),
		scenario("cookies with PUT", method("PUT"), include(), to(api), cookie(apiOrigin, "a=1"), pre(204, acao(app), acac, acam("PUT")), act(200, acao(app), acac)),
		scenario("event source with credentials", kind(browser.EventSource), include(), to(api), cookie(apiOrigin, "a=1"), act(200, acao(app), acac)),
		scenario("event source without credentials", kind(browser.EventSource), to(api), cookie(apiOrigin, "a=1"), act(200, acao(app))),
		scenario("websocket same-site", kind(browser.WebSocket), to("wss://api.example.com/a"), cookie(apiOrigin, "a=1; SameSite=Strict"), act(101)),
		scenario("websocket cross-site", kind(browser.WebSocket), to("wss://api.other.org/a"), cookie(farOrigin, "a=1; SameSite=Lax"), cookie(farOrigin, "b=1; SameSite=None; Secure"), act(101)),
		scenario("script sends cookies", kind(browser.Script), to(api), cookie(apiOrigin, "a=1"), act(200)),
		scenario("anonymous script sends none", kind(browser.Script), mode(browser.CORS), to(api), cookie(apiOrigin, "a=1"), act(200, acao(app))),
		scenario("script with use-credentials", kind(browser.Script), mode(browser.CORS), include(), to(api), cookie(apiOrigin, "a=1"), act(200, acao(app), acac)),
		scenario("module sends none", kind(browser.ModuleScript), to(api), cookie(apiOrigin, "a=1"), act(200, acao(app))),
		scenario("font sends none", kind(browser.Font), to(api), cookie(apiOrigin, "a=1"), act(200, acao(app))),
		scenario("stylesheet sends cookies", kind(browser.Stylesheet), to(api), cookie(apiOrigin, "a=1"), act(200)),
		scenario("media sends cookies", kind(browser.Media), to(api), cookie(apiOrigin, "a=1"), act(200)),
		scenario("sandboxed page sends to its own host", sandboxed(), include(), to(near), cookie(app, "a=1; SameSite=None; Secure"), cookie(app, "b=1; SameSite=Lax"), act(200, acao("null"), acac)),
		scenario("data page", dataPage(), include(), to(near), cookie(app, "a=1; SameSite=None; Secure"), cookie(app, "b=1; SameSite=Lax"), act(200, acao("null"), acac)),
		scenario("public suffix boundary", from("https://a.example.co.uk"), include(), to("https://b.example.co.uk/a"), cookie("https://b.example.co.uk", "a=1; SameSite=Strict"), act(200, acao("https://a.example.co.uk"), acac)),
		scenario("public suffix is no site", from("https://a.co.uk"), include(), to("https://b.co.uk/a"), cookie("https://b.co.uk", "a=1; SameSite=Lax"), act(200, acao("https://a.co.uk"), acac)),
		scenario("private suffix is no site", from("https://alice.github.io"), include(), to("https://bob.github.io/a"), cookie("https://bob.github.io", "a=1; SameSite=Lax"), act(200, acao("https://alice.github.io"), acac)),
		scenario("subdomains of localhost", from("http://app.localhost"), include(), to("http://api.localhost/a"), cookie("http://api.localhost", "a=1; SameSite=Lax"), act(200, acao("http://app.localhost"), acac)),
		scenario("addresses", from("http://127.0.0.1:5173"), include(), to("http://127.0.0.1:3000/a"), cookie("http://127.0.0.1:3000", "a=1; SameSite=Strict"), act(200, acao("http://127.0.0.1:5173"), acac)),
	)
}

// mixedContentScenarios are about schemes: what an https page may load over
// http, and what is upgraded.
func mixedContentScenarios() []*Scenario {
	targets := []string{"http://api.other.org/a", "http://api.other.org:8080/a", "http://localhost:3000/a", "http://api.localhost:3000/a", "http://127.0.0.1:3000/a", "http://127.1.2.3:3000/a", "http://[::1]:3000/a", "http://203.0.113.5/a", "http://app.example.com/a"}
	pages := []string{app, plain, "http://localhost:5173", "http://app.localhost"}
	var all []*Scenario
	for _, page := range pages {
		for _, target := range targets {
			all = append(all, scenario(fmt.Sprintf("fetch of %s from %s", target, page), from(page), to(target), act(200, acao(page))))
			if page == app {
				for kind := browser.XMLHttpRequest; kind <= browser.Navigation; kind++ {
					if kind == browser.Form || kind == browser.Navigation || kind == browser.WebSocket {
						continue
					}
					all = append(all, scenario(fmt.Sprintf("%s of %s from https", kindNames[kind], target), func(s *Scenario) { s.Calls[0].Kind = kind }, to(target), act(200, acao(app), acac)))
				}
			}
		}
		all = append(all,
			scenario("ws from "+page, from(page), kind(browser.WebSocket), to("ws://api.other.org/a"), act(101)),
			scenario("wss from "+page, from(page), kind(browser.WebSocket), to("wss://api.other.org/a"), act(101)),
			scenario("ws to loopback from "+page, from(page), kind(browser.WebSocket), to("ws://localhost:3000/a"), act(101)),
			scenario("websocket with an https URL from "+page, from(page), kind(browser.WebSocket), to("https://api.other.org/a"), act(101)),
			scenario("image with crossorigin from "+page, from(page), kind(browser.Image), mode(browser.CORS), to("http://api.other.org/a"), act(200, acao(page))),
			scenario("https api from "+page, from(page), to(far), act(200, acao(page))),
			scenario("put to http from "+page, from(page), method("PUT"), to("http://api.other.org/a"), pre(204, acao(page), acam("PUT")), act(200, acao(page))),
			scenario("upgrade-insecure-requests from "+page, from(page), upgrading(), to("http://api.other.org/a"), act(200, acao(page))),
			scenario("upgrade-insecure-requests of an image from "+page, from(page), upgrading(), kind(browser.Image), to("http://api.other.org/a"), act(200)),
			scenario("upgrade-insecure-requests to loopback from "+page, from(page), upgrading(), to("http://localhost:3000/a"), act(200, acao(page))),
			scenario("upgrade-insecure-requests of a websocket from "+page, from(page), upgrading(), kind(browser.WebSocket), to("ws://api.other.org/a"), act(101)),
			scenario("redirect from https to http from "+page, from(page), at(far, 302, location("http://api.other.org/b"), acao(page)), act(200, acao("*"))),
			scenario("redirect from loopback to http from "+page, from(page), to("http://localhost:3000/a"), at("http://localhost:3000/a", 302, location("http://api.other.org/b"), acao(page)), act(200, acao("*"))),
			scenario("redirect of an image to http from "+page, from(page), kind(browser.Image), at(far, 302, location("http://api.other.org/b")), act(200)),
			scenario("form to http from "+page, from(page), form("POST", ""), to("http://api.other.org/a"), act(200)),
			scenario("form GET to http from "+page, from(page), form("GET", ""), to("http://api.other.org/a"), act(200)),
			scenario("navigation to http from "+page, from(page), kind(browser.Navigation), to("http://api.other.org/a"), act(200)),
			scenario("beacon to http from "+page, from(page), kind(browser.Beacon), body(browser.Text, "x"), to("http://api.other.org/a"), act(200)),
			scenario("no-cors to http from "+page, from(page), mode(browser.NoCORS), to("http://api.other.org/a"), act(200)),
		)
	}
	return append(all,
		scenario("sandboxed https page to http", sandboxed(), to("http://api.other.org/a"), act(200, acao("null"))),
		scenario("data page in https to http", dataPage(), to("http://api.other.org/a"), act(200, acao("null"))),
		scenario("http frame in an https page", framedIn("https://top.example.net"), to("http://api.other.org/a"), act(200, acao(app))),
		scenario("loopback frame in an https page to http", from("http://localhost:5173"), framedIn("https://top.example.net"), to("http://api.other.org/a"), act(200, acao("http://localhost:5173"))),
		scenario("loopback frame in an https page, image", from("http://localhost:5173"), framedIn("https://top.example.net"), kind(browser.Image), to("http://api.other.org/a"), act(200)),
		scenario("https frame in an http page to http", framedIn(plain), to("http://api.other.org/a"), act(200, acao(app))),
		scenario("data page in an http page to http", from(plain), dataPage(), to("http://api.other.org/a"), act(200, acao("null"))),
	)
}
