package differential

import (
	"fmt"

	"github.com/concors/concors/cors/browser"
)

// redirectScenarios are about #http-redirect-fetch. /a redirects to /b of some origin.
func redirectScenarios() []*Scenario {
	const (
		farB   = "https://api.other.org/b"
		thirdB = "https://cdn.third.net/b"
		apiB   = "https://api.example.com/b"
		nearB  = "https://app.example.com/b"
	)
	any := func(lines ...string) option { return act(200, append(lines, acac)...) }
	var all []*Scenario
	for _, status := range []int{300, 301, 302, 303, 304, 305, 306, 307, 308} {
		for _, m := range []string{"GET", "POST", "HEAD"} {
			all = append(all, scenario(fmt.Sprintf("%s %d cross-origin to cross-origin", m, status), method(m), at(far, status, location(farB), acao(app)), any(acao(app))))
		}
		all = append(all,
			scenario(fmt.Sprintf("POST with a body %d", status), method("POST"), body(browser.Text, "x"), at(far, status, location(farB), acao(app)), any(acao(app))),
			scenario(fmt.Sprintf("POST json %d", status), method("POST"), header("Content-Type: application/json"), body(browser.Text, "{}"), at(far, status, location(farB), acao(app)), pre(204, acao(app), acah("content-type")), any(acao(app))),
			scenario(fmt.Sprintf("PUT %d", status), method("PUT"), body(browser.Text, "x"), at(far, status, location(farB), acao(app)), pre(204, acao(app), acam("PUT")), any(acao(app))),
			scenario(fmt.Sprintf("DELETE without a body %d", status), method("DELETE"), at(far, status, location(farB), acao(app)), pre(204, acao(app), acam("DELETE")), any(acao(app))),
			scenario(fmt.Sprintf("PUT same-origin %d", status), method("PUT"), to(near), body(browser.Text, "x"), at(near, status, location(nearB)), any()),
			scenario(fmt.Sprintf("manual %d", status), redirects("manual"), at(far, status, location(farB), acao(app)), any(acao(app))),
			scenario(fmt.Sprintf("error %d", status), redirects("error"), at(far, status, location(farB), acao(app)), any(acao(app))),
			scenario(fmt.Sprintf("no-cors %d", status), mode(browser.NoCORS), at(far, status, location(farB)), any()),
			scenario(fmt.Sprintf("no-cors POST %d", status), mode(browser.NoCORS), method("POST"), body(browser.Text, "x"), at(far, status, location(thirdB)), any()),
		)
		if status != 304 { // browsers then try again, or show nothing
			all = append(all, scenario(fmt.Sprintf("form POST %d", status), form("POST", ""), at(far, status, location(thirdB)), any()))
		}
	}
	// Between origins: who is asked, and as whom.
	legs := []struct{ name, first, second string }{
		{"same-origin to same-origin", near, nearB}, {"same-origin to same-site", near, apiB}, {"same-origin to cross-site", near, farB},
		{"same-site to same-origin", api, nearB}, {"same-site to same-site", api, apiB}, {"same-site to cross-site", api, farB},
		{"cross-site to same-origin", far, nearB}, {"cross-site to same-site", far, apiB}, {"cross-site to itself", far, farB}, {"cross-site to a third", far, thirdB},
		{"cross-site to another port", far, "https://api.other.org:8443/b"}, {"cross-site to http", far, "http://api.other.org/b"},
	}
	for _, leg := range legs {
		for _, allowed := range []string{app, "*", "null", "echo nothing"} {
			lines := []string{acao(allowed)}
			if allowed == "echo nothing" {
				lines = nil
			}
			hop := at(leg.first, 302, append([]string{location(leg.second), acao(app), acac}, []string{}...)...)
			all = append(all,
				scenario(fmt.Sprintf("%s, answer allows %s", leg.name, allowed), to(leg.first), hop, any(lines...)),
				scenario(fmt.Sprintf("%s, answer allows %s, credentials", leg.name, allowed), include(), to(leg.first), hop, any(lines...)),
			)
		}
		all = append(all,
			scenario(leg.name+", first leg allows nothing", to(leg.first), at(leg.first, 302, location(leg.second)), any(acao("*"))),
			scenario(leg.name+", POST 307", method("POST"), body(browser.Text, "x"), to(leg.first), at(leg.first, 307, location(leg.second), acao("*")), any(acao("*"))),
			scenario(leg.name+", PUT 307", method("PUT"), body(browser.Text, "x"), to(leg.first), at(leg.first, 307, location(leg.second), acao("*")), pre(204, acao("*"), acam("PUT")), any(acao("*"))),
			scenario(leg.name+", unsafe header", header("X-A: 1"), to(leg.first), at(leg.first, 302, location(leg.second), acao("*")), pre(204, acao("*"), acah("x-a")), any(acao("*"))),
			scenario(leg.name+", unsafe header, null allowed", header("X-A: 1"), to(leg.first), at(leg.first, 302, location(leg.second), acao("*")), pre(204, acao("null"), acah("x-a")), any(acao("null"))),
			scenario(leg.name+", authorization", header("Authorization: Bearer x"), to(leg.first), at(leg.first, 302, location(leg.second), acao("*")), pre(204, acao("*"), acah("authorization")), any(acao("*"))),
			scenario(leg.name+", authorization same-origin mode", header("Authorization: Bearer x"), sameOriginCreds(), to(leg.first), at(leg.first, 307, location(leg.second), acao("*")), pre(204, acao("*"), acah("authorization")), any(acao("*"))),
			scenario(leg.name+", no-cors", mode(browser.NoCORS), to(leg.first), at(leg.first, 302, location(leg.second)), any()),
			scenario(leg.name+", image", kind(browser.Image), to(leg.first), at(leg.first, 302, location(leg.second)), any()),
			scenario(leg.name+", xhr", kind(browser.XMLHttpRequest), to(leg.first), at(leg.first, 302, location(leg.second), acao("*")), any(acao("*"))),
			scenario(leg.name+", event source", kind(browser.EventSource), to(leg.first), at(leg.first, 302, location(leg.second), acao("*")), any(acao("*"))),
			scenario(leg.name+", beacon 307", kind(browser.Beacon), body(browser.Text, "x"), to(leg.first), at(leg.first, 307, location(leg.second), acao(app), acac), any(acao(app))),
			scenario(leg.name+", manual", redirects("manual"), to(leg.first), at(leg.first, 302, location(leg.second), acao("*")), any(acao("*"))),
			scenario(leg.name+", form 307", form("POST", ""), to(leg.first), at(leg.first, 307, location(leg.second)), any()),
			scenario(leg.name+", navigation", kind(browser.Navigation), to(leg.first), at(leg.first, 302, location(leg.second)), any()),
		)
	}
	// What a Location may be.
	for _, v := range []string{"/b", "b", "?b", "#b", "", "//api.other.org/b", "//cdn.third.net/b", "https://api.other.org:443/b", "HTTPS://API.OTHER.ORG/b", "http://[", "data:text/plain,x", "ftp://api.other.org/b", "javascript:1", "file:///b", "about:blank", "blob:https://api.other.org/x", "https://user:pass@api.other.org/b", "https://user@api.other.org/b", "https://user:pass@cdn.third.net/b", "https://user:pass@app.example.com/b", "https://api.other.org/b c", "https://api.other.org/\xc3\xa9", "https://refused.other.org/b", "https://api.other.org/b#fragment", "./b"} {
		all = append(all,
			scenario(fmt.Sprintf("location %q", v), at(far, 302, location(v), acao(app)), any(acao(app))),
			scenario(fmt.Sprintf("location %q from same-origin", v), to(near), at(near, 302, location(v)), any(acao(app))),
			scenario(fmt.Sprintf("location %q, no-cors", v), mode(browser.NoCORS), at(far, 302, location(v)), any()),
			scenario(fmt.Sprintf("location %q, manual", v), redirects("manual"), at(far, 302, location(v), acao(app)), any()),
		)
	}
	for _, status := range []int{301, 302, 307} {
		all = append(all,
			scenario(fmt.Sprintf("%d without a location", status), at(far, status, acao(app)), any(acao(app))),
			scenario(fmt.Sprintf("%d without a location, manual", status), redirects("manual"), at(far, status, acao(app)), any(acao(app))),
			scenario(fmt.Sprintf("%d without a location, error", status), redirects("error"), at(far, status, acao(app)), any(acao(app))),
		)
	}
	return append(all, redirectChainScenarios()...)
}

func redirectChainScenarios() []*Scenario {
	const (
		farB   = "https://api.other.org/b"
		farC   = "https://api.other.org/c"
		thirdB = "https://cdn.third.net/b"
		nearC  = "https://app.example.com/c"
	)
	// chain answers /r0 … /r(n-1) with a redirect to the next one.
	chain := func(n int) option {
		return func(s *Scenario) {
			to("https://api.other.org/r0")(s)
			for i := range n {
				at(fmt.Sprintf("https://api.other.org/r%d", i), 302, location(fmt.Sprintf("/r%d", i+1)), acao(app))(s)
			}
			act(200, acao(app))(s)
		}
	}
	all := []*Scenario{
		scenario("three legs across three origins", at(far, 302, location(thirdB), acao(app)), at(thirdB, 302, location(farC), acao("*")), act(200, acao("*"))),
		scenario("three legs, last one allows null", at(far, 302, location(thirdB), acao(app)), at(thirdB, 302, location(farC), acao("null")), act(200, acao("null"))),
		scenario("three legs, middle one sees the page's origin only if untainted", at(far, 302, location(thirdB), acao(app)), at(thirdB, 302, location(farC), acao(app)), act(200, acao("*"))),
		scenario("away and back home", to(near), at(near, 302, location(farB)), at(farB, 302, location(nearC), acao("*")), act(200, acao("*"))),
		scenario("away and back home without permission", to(near), at(near, 302, location(farB)), at(farB, 302, location(nearC), acao("*")), act(200)),
		scenario("away and back home, POST 307", method("POST"), to(near), at(near, 307, location(farB)), at(farB, 307, location(nearC), acao("*")), act(200, acao("*"))),
		scenario("away and back home, PUT 307", method("PUT"), to(near), at(near, 307, location(farB)), at(farB, 307, location(nearC), acao("*")), pre(204, acao("*"), acam("*")), act(200, acao("*"))),
		scenario("away and back home, no-cors image", kind(browser.Image), to(near), at(near, 302, location(farB)), at(farB, 302, location(nearC)), act(200)),
		scenario("away and back home, navigation", kind(browser.Navigation), to(near), at(near, 302, location(farB)), at(farB, 302, location(nearC)), act(200)),
		scenario("away and back home, form", form("POST", ""), to(near), at(near, 307, location(farB)), at(farB, 307, location(nearC)), act(200)),
		scenario("away and back with cookies", include(), to(near), cookie(app, "strict=1; SameSite=Strict"), cookie(app, "lax=1; SameSite=Lax"), cookie(app, "none=1; SameSite=None; Secure"), at(near, 302, location(farB)), at(farB, 302, location(nearC), acao(app), acac), act(200, acao("null"), acac)),
		scenario("through another site to cookies", include(), cookie("https://api.example.com", "strict=1; SameSite=Strict"), cookie("https://api.example.com", "lax=1; SameSite=Lax"), at(far, 302, location("https://api.example.com/b"), acao(app), acac), act(200, acao("null"), acac)),
		scenario("through another site to cookies, image", kind(browser.Image), cookie("https://api.example.com", "strict=1; SameSite=Strict"), cookie("https://api.example.com", "lax=1; SameSite=Lax"), at(far, 302, location("https://api.example.com/b")), act(200)),
		scenario("through another site to cookies, navigation", kind(browser.Navigation), cookie("https://api.example.com", "strict=1; SameSite=Strict"), cookie("https://api.example.com", "lax=1; SameSite=Lax"), at(far, 302, location("https://api.example.com/b")), act(200)),
		scenario("preflight redirected by 307 to itself", method("PUT"), preAt(far, 307, location(farB), acao(app), acam("PUT")), pre(204, acao(app), acam("PUT")), act(200, acao(app))),
		scenario("PUT becomes GET by 303", method("PUT"), body(browser.Text, "x"), at(far, 303, location(thirdB), acao(app)), pre(204, acao(app), acam("PUT")), act(200, acao("*"))),
		scenario("PUT stays PUT by 302", method("PUT"), at(far, 302, location(thirdB), acao(app)), pre(204, acao("*"), acam("PUT")), act(200, acao("*"))),
		scenario("HEAD stays HEAD by 303", method("HEAD"), at(far, 303, location(thirdB), acao(app)), act(200, acao("*"))),
		scenario("QUERY by 303", method("QUERY"), at(far, 303, location(thirdB), acao(app)), pre(204, acao(app), acam("QUERY")), act(200, acao("*"))),
		scenario("json POST becomes GET by 302", method("POST"), header("Content-Type: application/json"), header("X-A: 1"), body(browser.Text, "{}"), at(far, 302, location(thirdB), acao("*")), pre(204, acao("*"), acah("content-type, x-a")), act(200, acao("*"))),
		scenario("second preflight refused", method("PUT"), at(far, 307, location(thirdB), acao(app)), preAt(far, 204, acao(app), acam("PUT")), pre(403), act(200, acao("*"))),
		scenario("second preflight allows the page, not null", method("PUT"), at(far, 307, location(thirdB), acao(app)), pre(204, acao(app), acam("PUT")), act(200, acao("*"))),
		scenario("second preflight allows null", method("PUT"), at(far, 307, location(thirdB), acao(app)), preAt(far, 204, acao(app), acam("PUT")), pre(204, acao("null"), acam("PUT")), act(200, acao("null"))),
		scenario("second preflight at the same origin", method("PUT"), at(far, 307, location(farB), acao(app)), pre(204, acao(app), acam("PUT"), maxAge("600")), act(200, acao(app))),
		scenario("same-origin PUT redirected away", method("PUT"), to(near), at(near, 307, location(farB)), pre(204, acao(app), acam("PUT")), act(200, acao(app))),
		scenario("same-origin PUT redirected away, refused", method("PUT"), to(near), at(near, 307, location(farB)), pre(204, acao(app)), act(200, acao(app))),
		scenario("a loop", at(far, 302, location(far), acao(app)), act(200, acao(app))),
		scenario("sandboxed across", sandboxed(), at(far, 302, location(thirdB), acao("null")), act(200, acao("null"))),
		scenario("credentials kept same-origin across", include(), cookie("https://api.example.com", "a=1; SameSite=None; Secure"), to(api), at(api, 302, location("https://api.example.com/b"), acao(app), acac), act(200, acao(app), acac)),
		scenario("omit across", omit(), to(near), cookie(app, "a=1"), at(near, 302, location(farB)), act(200, acao("*"))),
		scenario("same-origin credentials across and back", cookie(app, "a=1"), to(far), at(far, 302, location(nearC), acao("*")), act(200, acao("*"))),
		scenario("cookie set by a redirect", include(), to(api), at(api, 302, location("https://api.example.com/b"), acao(app), acac, "Set-Cookie: a=1"), act(200, acao(app), acac)),
		scenario("websocket redirected", kind(browser.WebSocket), to("wss://api.other.org/a"), at(far, 302, location("wss://api.other.org/b")), act(101)),
		scenario("script with crossorigin redirected", kind(browser.Script), mode(browser.CORS), at(far, 302, location(thirdB), acao(app)), act(200, acao("*"))),
		scenario("script with crossorigin redirected, page allowed", kind(browser.Script), mode(browser.CORS), at(far, 302, location(thirdB), acao(app)), act(200, acao(app))),
		scenario("fragment kept over a redirect", to(far+"#f"), at(far, 302, location(farB), acao(app)), act(200, acao(app))),
		scenario("referrer policy of the redirect: no-referrer, POST", method("POST"), to(near), at(near, 307, location(nearC), "Referrer-Policy: no-referrer"), act(200)),
		scenario("referrer policy of the redirect: no-referrer, no-cors POST", method("POST"), mode(browser.NoCORS), to(near), at(near, 307, location(nearC), "Referrer-Policy: no-referrer"), act(200)),
	}
	for _, hint := range []string{"DPR: 2", "Save-Data: on", "Downlink: 1.5", "ECT: 4g", "RTT: 100", "Device-Memory: 8", "Width: 100", "Viewport-Width: 100"} {
		all = append(all,
			scenario(hint+" across origins", header(hint), at(far, 302, location(thirdB), acao("*")), pre(204, acao("*"), acah("*")), act(200, acao("*"))),
			scenario(hint+" within an origin", header(hint), at(far, 302, location(farB), acao("*")), pre(204, acao("*"), acah("*")), act(200, acao("*"))),
		)
	}
	for _, k := range []browser.Kind{browser.Image, browser.Media, browser.FetchAPI} {
		all = append(all,
			scenario(kindNames[k]+" from https to loopback over http", kind(k), at(far, 302, location("http://localhost:3000/b"), acao(app)), act(200, acao("*"))),
			scenario(kindNames[k]+" from loopback to loopback over http", kind(k), to("http://127.0.0.1:3000/a"), at("http://127.0.0.1:3000/a", 302, location("http://localhost:3000/b"), acao(app)), act(200, acao("*"))),
		)
	}
	for _, n := range []int{1, 5, 19, 20, 21} {
		all = append(all, scenario(fmt.Sprintf("%d redirects", n), chain(n)))
	}
	return all
}
