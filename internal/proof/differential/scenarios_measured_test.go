package differential

import (
	"fmt"

	"github.com/concors/concors/cors/browser"
)

// measuredScenarios asks what random scenarios found to be different from what
// the model said, one question each.
func measuredScenarios() []*Scenario {
	var all []*Scenario
	all = append(all, referrerScenarios()...)
	all = append(all, conditionalScenarios()...)
	all = append(all, rememberedScenarios()...)
	all = append(all, redirectedScenarios()...)
	return append(all, oddRequestScenarios()...)
}

// policyNames are all referrer policies, and none.
var policyNames = []browser.ReferrerPolicy{"", browser.NoReferrer, browser.NoReferrerWhenDowngrade, browser.OriginOnly,
	browser.OriginWhenCrossOrigin, browser.SameOriginReferrer, browser.StrictOrigin, browser.StrictOriginWhenCrossOrigin, browser.UnsafeURL}

func referrerScenarios() []*Scenario {
	const (
		nearB  = "https://app.example.com/b"
		farB   = "https://api.other.org/b"
		nearC  = "https://app.example.com/c"
		thirdC = "https://cdn.third.net/c"
		local  = "http://localhost:3000/a"
	)
	var all []*Scenario
	any := func() option { return act(200, acao("*")) }
	for _, p := range policyNames {
		name := func(format string) string { return fmt.Sprintf("referrer %s: ", p) + format }
		all = append(all,
			scenario(name("away and back"), pagePolicy(p), to(near), at(near, 302, location(farB)), at(farB, 302, location(nearC), acao(app)), any()),
			scenario(name("far and back"), pagePolicy(p), at(far, 302, location(nearB), acao(app)), any()),
			scenario(name("far, third and back"), pagePolicy(p), at(far, 302, location("https://cdn.third.net/b"), acao(app)), at("https://cdn.third.net/b", 302, location(nearC), acao("*")), any()),
			scenario(name("to loopback and on"), pagePolicy(p), from(plain), to(local), at(local, 302, location(farB), acao("*")), any()),
			scenario(name("from loopback to http"), from("http://localhost:5173"), referrer(p), to("http://api.other.org/a"), any()),
			scenario(name("to loopback"), referrer(p), to(local), any()),
			scenario(name("of a sandboxed page"), sandboxed(), referrer(p), any()),
			scenario(name("of a sandboxed page to its own host"), sandboxed(), referrer(p), to(near), any()),
			scenario(name("of a data: page"), dataPage(), referrer(p), any()),
			scenario(name("of a sandboxed page, image"), sandboxed(), kind(browser.Image), referrer(p), act(200)),
			scenario(name("of a sandboxed page, form"), sandboxed(), pagePolicy(p), form("POST", ""), act(200)),
			scenario(name("of a sandboxed page, beacon"), sandboxed(), pagePolicy(p), kind(browser.Beacon), body(browser.Text, "x"), act(200)),
			scenario(name("in a foreign frame"), framedIn("https://top.example.net"), referrer(p), to(near), act(200)),
			scenario(name("in a foreign frame to the top"), framedIn("https://top.example.net"), referrer(p), to("https://api.example.net/a"), any()),
			scenario(name("form"), pagePolicy(p), form("POST", ""), act(200)),
			scenario(name("form redirected to http"), pagePolicy(p), form("POST", ""), at(far, 303, location("http://api.other.org/b")), act(200)),
			scenario(name("preflight over a redirect"), pagePolicy(p), method("PUT"), to(near), at(near, 307, location(farB)), pre(204, acao("*"), acam("PUT")), any()),
			scenario(name("set by a redirect"), at(far, 302, location(thirdC), acao(app), "Referrer-Policy: "+string(p)), any()),
			scenario(name("set by a redirect back"), referrer(browser.UnsafeURL), at(far, 302, location(nearB), acao(app), "Referrer-Policy: "+string(p)), any()),
		)
	}
	return all
}

// conditionalNames switch the cache mode.
var conditionalNames = []string{`If-None-Match: "x"`, "If-Modified-Since: Sat, 29 Oct 1994 19:43:31 GMT", `If-Range: "x"`, `If-Match: "x"`, "If-Unmodified-Since: Sat, 29 Oct 1994 19:43:31 GMT"}

func conditionalScenarios() []*Scenario {
	var all []*Scenario
	for _, line := range conditionalNames {
		name, _, _ := cutHeader(line)
		allow := []option{pre(204, acao(app), acah(name+", cache-control, pragma"), maxAge("600")), act(200, acao(app))}
		for _, k := range []browser.Kind{browser.FetchAPI, browser.XMLHttpRequest} {
			all = append(all,
				scenario(fmt.Sprintf("%s twice, %s", name, k), append([]option{kind(k), header(line), again()}, allow...)...),
				scenario(fmt.Sprintf("%s and Cache-Control, %s", name, k), append([]option{kind(k), header(line), header("Cache-Control: no-cache"), header("Pragma: no-cache")}, allow...)...),
			)
		}
		all = append(all,
			scenario(name+" after a call without", append([]option{method("PUT"), again(header(line)), again(last(func(c *browser.Call) { c.Headers = nil }))},
				pre(204, acao(app), acam("PUT"), acah(name), maxAge("600")), act(200, acao(app)))...),
			scenario(name+" in mode no-cors", mode(browser.NoCORS), header(line), act(200)),
		)
	}
	return all
}

// rememberedScenarios is about remembered preflights.
func rememberedScenarios() []*Scenario {
	long := maxAge("600")
	second := last(func(c *browser.Call) { c.Headers = nil })
	all := []*Scenario{
		scenario("a refused header forgets", method("PUT"), again(header("X-A: 1")), again(second), pre(204, acao(app), acam("PUT"), long), act(200, acao(app))),
		scenario("a refused method forgets", method("PUT"), again(method("DELETE")), again(method("PUT")), pre(204, acao(app), acam("PUT"), long), act(200, acao(app))),
		scenario("a refused preflight forgets", method("PUT"), again(header("X-A: 1")), again(second), preEach(reply(204, acao(app), acam("PUT"), long), reply(403), reply(204, acao(app), acam("PUT"), long)), act(200, acao(app))),
		scenario("a refused answer forgets", method("PUT"), again(), again(), pre(204, acao(app), acam("PUT"), long), actEach(reply(200, acao(app)), reply(200), reply(200, acao(app)))),
		scenario("a redirect that fails forgets", method("PUT"), again(), again(), pre(204, acao(app), acam("PUT"), long), actEach(reply(200, acao(app)), reply(302, acao(app), location("ftp://api.other.org/")), reply(200, acao(app)))),
		scenario("no methods and no headers", kind(browser.XMLHttpRequest), method("POST"), body(browser.Text, "x"), uploadListener(), again(), pre(204, acao(app), long), act(200, acao(app))),
		scenario("no methods and no headers, then a method", method("POST"), header("X-A: 1"), again(method("PUT")), pre(204, acao(app), acah("x-a"), long), act(200, acao(app))),
		scenario("a refused method is remembered", method("PUT"), again(method("DELETE")), preEach(reply(204, acao(app), acam("DELETE"), long), reply(403)), act(200, acao(app))),
		scenario("a refused header is remembered", header("X-A: 1"), again(last(func(c *browser.Call) { c.Headers = []browser.HeaderField{{Name: "X-B", Value: "1"}} })),
			preEach(reply(204, acao(app), acah("x-b"), long), reply(403)), act(200, acao(app))),
		scenario("a star remembered with credentials", include(), method("PUT"), again(method("DELETE")), again(omit()), pre(204, acao(app), acac, acam("PUT, *"), long), act(200, acao(app), acac)),
		scenario("a star remembered without credentials", method("PUT"), again(method("DELETE")), again(include()), pre(204, acao(app), acac, acam("PUT, *"), long), act(200, acao(app), acac)),
		scenario("a star header remembered", header("X-A: 1"), again(last(func(c *browser.Call) { c.Headers = []browser.HeaderField{{Name: "X-B", Value: "1"}} })), pre(204, acao(app), acah("*"), long), act(200, acao(app))),
		scenario("a sandboxed page remembers", sandboxed(), method("PUT"), again(), pre(204, acao("null"), acam("PUT"), long), act(200, acao("null"))),
		scenario("a sandboxed page remembers over redirects", sandboxed(), method("PUT"), again(), at(far, 307, location("https://api.other.org/b"), acao("null")), pre(204, acao("null"), acam("PUT"), long), act(200, acao("null"))),
		scenario("a redirect to the same address", method("PUT"), actEach(reply(307, acao(app), location("?x")), reply(307, acao(app), location("?x")), reply(200, acao(app))), pre(204, acao(app), acam("PUT"), long)),
		scenario("a redirect to the same address, sandboxed", sandboxed(), method("PUT"), actEach(reply(307, acao("null"), location("?x")), reply(307, acao("null"), location("?x")), reply(200, acao("null"))), pre(204, acao("null"), acam("PUT"), long)),
		scenario("remembered for a tainted origin", method("PUT"), again(), at(far, 307, location("https://cdn.third.net/b"), acao(app)), pre(204, acao("*"), acam("PUT"), long), act(200, acao("*"))),
		scenario("remembered from a frame", framedIn("https://top.example.net"), method("PUT"), again(), pre(204, acao(app), acam("PUT"), long), act(200, acao(app))),
	}
	many := scenario("more than a hundred remembered", method("PUT"), pre(204, acao(app), acam("PUT"), long), act(200, acao(app)))
	for i := range 102 {
		again(to(fmt.Sprintf("%s?%d", far, i)))(many)
	}
	again(to(far))(many)
	again(to(far + "?100"))(many)
	return append(all, many)
}

func redirectedScenarios() []*Scenario {
	const (
		nearB  = "https://app.example.com/b"
		nearC  = "https://app.example.com/c"
		farB   = "https://api.other.org/b"
		farC   = "https://api.other.org/c"
		thirdB = "https://cdn.third.net/b"
		thirdC = "https://cdn.third.net/c"
	)
	any := act(200, acao("*"), aceh("*"))
	open := pre(204, acao("*"), acam("*"), acah("*, authorization"))
	var all []*Scenario
	// Which headers go, stay and come back.
	chains := []struct{ name, first, second, third string }{
		{"own, far, far", near, farB, farC}, {"own, far, own", near, farB, nearC}, {"own, own, far", near, nearB, farC}, {"own, far, third", near, farB, thirdC},
		{"far, third, third", far, thirdB, thirdC}, {"far, far, third", far, farB, thirdC}, {"far, own, own", far, nearB, nearC}, {"far, far, far", far, farB, farC},
	}
	for _, c := range chains {
		for _, s := range []int{302, 303, 307} {
			route := []option{at(c.first, s, location(c.second), acao(app)), at(c.second, 307, location(c.third), acao("*")), open, any}
			name := func(what string) string { return fmt.Sprintf("%s, %d: %s", c.name, s, what) }
			all = append(all,
				scenario(name("authorization"), plus(route, to(c.first), header("Authorization: Bearer x"))...),
				scenario(name("POST of JSON"), plus(route, to(c.first), method("POST"), header("Content-Type: application/json"), header("Content-Language: de"), body(browser.Text, "{}"))...),
				scenario(name("POST of text"), plus(route, to(c.first), method("POST"), body(browser.Text, "x"))...),
				scenario(name("no-cors POST"), plus(route, to(c.first), mode(browser.NoCORS), method("POST"), header("Content-Language: de"), body(browser.Text, "x"))...),
				scenario(name("DELETE with a body"), plus(route, to(c.first), method("DELETE"), body(browser.Text, "x"))...),
				scenario(name("xhr POST with two types"), plus(route, to(c.first), kind(browser.XMLHttpRequest), method("POST"), header("Content-Type: text/plain"), header("Content-Type: application/json"), body(browser.Text, "x"))...),
				scenario(name("fetch POST with two types"), plus(route, to(c.first), method("POST"), header("Content-Type: text/plain"), header("Content-Type: application/json"), body(browser.Text, "x"))...),
				scenario(name("beacon"), plus(route, to(c.first), kind(browser.Beacon), body(browser.Text, "x"))...),
				scenario(name("form"), at(c.first, s, location(c.second)), at(c.second, 307, location(c.third)), form("POST", ""), to(c.first), act(200)),
				scenario(name("User-Agent"), plus(route, to(c.first), header("User-Agent: agent-7"))...),
			)
		}
	}
	// Two Locations.
	for _, kind := range []option{kind(browser.FetchAPI), kind(browser.Image), kind(browser.Navigation), mode(browser.NoCORS), redirects(browser.Manual), redirects(browser.Error)} {
		n := len(all)
		all = append(all,
			scenario(fmt.Sprintf("two locations %d", n), kind, actEach(reply(302, acao(app), location(farB), location(thirdB)), reply(200, acao("*")))),
			scenario(fmt.Sprintf("two equal locations %d", n), kind, actEach(reply(302, acao(app), location(farB), location(farB)), reply(200, acao("*")))),
			scenario(fmt.Sprintf("two locations, the first empty %d", n), kind, actEach(reply(302, acao(app), location(""), location(farB)), reply(200, acao("*")))),
			scenario(fmt.Sprintf("two locations that do not redirect %d", n), kind, actEach(reply(200, acao(app), location(farB), location(thirdB)))),
		)
	}
	all = append(all,
		scenario("two locations and a cookie", include(), again(), actEach(reply(302, acao(app), acac, location(farB), location(thirdB), "Set-Cookie: a=1; SameSite=None; Secure"), reply(200, acao(app), acac))),
		scenario("a preflight to the own origin after a redirect", method("PUT"), at(far, 307, location(nearB), acao(app)), preAt(nearB, 204), pre(204, acao(app), acam("PUT")), act(200, acao("*"))),
		scenario("a preflight to the own origin after a redirect fails", method("PUT"), at(far, 307, location(nearB), acao(app)), preAt(nearB, 403), pre(204, acao(app), acam("PUT")), act(200, acao("*"))),
		scenario("a tainted answer without a header", at(far, 307, location(thirdB), acao(app)), act(200)),
		scenario("own to far, refused with credentials", to(near), at(near, 302, location(farB)), at(farB, 302, location(farC), acao(app)), act(200, acao(app))),
		scenario("own to far, allowed with credentials", to(near), at(near, 302, location(farB)), at(farB, 302, location(farC), acao(app), acac), act(200, acao(app))),
	)
	for _, origin := range []string{"http://localhost:5173", "http://127.0.0.1:8000", "https://app.example.com", "http://app.localhost"} {
		for _, to1 := range []string{far, "http://localhost:3000/a", origin + "/a"} {
			for _, to2 := range []string{"https://cdn.third.net/b", origin + "/b", "http://localhost:3000/b"} {
				all = append(all, scenario(fmt.Sprintf("client hints from %s over %s to %s", origin, to1, to2), from(origin), to(to1), header("DPR: 2"), header("Save-Data: on"), at(to1, 302, location(to2), acao(origin)), open, any))
			}
		}
	}
	return all
}

func oddRequestScenarios() []*Scenario {
	var all []*Scenario
	for _, t := range []string{"text/plain;charset=utf-8", "application/json;charset=utf-8", "text/plain; charset=utf-8", "text/plain;charset=iso-8859-1", `text/plain;charset="utf-8"`, "application/x-www-form-urlencoded;charset=utf-8", "text/html;charset=UTF-8;x=y"} {
		for _, b := range []browser.BodyKind{browser.Text, browser.URLSearchParams, browser.Blob, browser.NoBody} {
			all = append(all, scenario(fmt.Sprintf("xhr %s with %s", t, bodyNames[b]), kind(browser.XMLHttpRequest), method("POST"), header("Content-Type: "+t), body(b, "x=y"), open()))
		}
	}
	for _, m := range []browser.Mode{"", browser.NoCORS, browser.SameOrigin} {
		for _, u := range []string{far, near, "http://localhost:3000/a"} {
			all = append(all, scenario(fmt.Sprintf("stream %s to %s", m, u), method("POST"), mode(m), to(u), body(browser.Stream, "x"), pre(204, acao(app), acam("POST")), act(200, acao(app))))
		}
		all = append(all, scenario(fmt.Sprintf("stream %s with keepalive", m), method("POST"), mode(m), keepalive(), body(browser.Stream, "x"), pre(204, acao(app)), act(200, acao(app))))
	}
	for _, t := range []string{"application/json", "text/plain", ""} {
		all = append(all, scenario("no-cors blob of "+t, method("POST"), mode(browser.NoCORS), blob(t, "{}"), act(200)))
	}
	for _, s := range []int{200, 201, 204, 205, 206, 304} {
		for _, k := range []browser.Kind{browser.FetchAPI, browser.XMLHttpRequest, browser.Image, browser.Script, browser.EventSource} {
			all = append(all, scenario(fmt.Sprintf("%s with %d", k, s), kind(k), act(s, acao("*"))))
		}
	}
	for _, policy := range []browser.EmbedderPolicy{browser.RequireCORP, browser.Credentialless} {
		for _, u := range []string{near, api, far} {
			for name, lines := range map[string][]string{"none": nil, "COEP": {"Cross-Origin-Embedder-Policy: require-corp"}, "CORP": {corp("cross-origin")}, "both": {"Cross-Origin-Embedder-Policy: require-corp", corp("cross-origin")}, "credentialless": {"Cross-Origin-Embedder-Policy: credentialless", corp("cross-origin")}} {
				all = append(all, scenario(fmt.Sprintf("frame of %s in a page with %s: %s", u, policy, name), embedder(policy), kind(browser.Iframe), to(u), act(200, lines...)))
			}
		}
		all = append(all,
			scenario(fmt.Sprintf("%s of a plain page", policy), from(plain), embedder(policy), kind(browser.Image), act(200)),
			scenario(fmt.Sprintf("%s and a frame that redirects", policy), embedder(policy), kind(browser.Iframe), at(far, 302, location("https://cdn.third.net/b")), act(200, "Cross-Origin-Embedder-Policy: require-corp", corp("cross-origin"))),
		)
	}
	// upgrade-insecure-requests, by page, target and kind.
	for _, origin := range []string{app, plain, "http://localhost:5173"} {
		for _, u := range []string{"http://api.other.org/a", "http://localhost:3000/a", "http://127.0.0.1:3000/a", origin + "/a"} {
			for _, k := range []browser.Kind{browser.FetchAPI, browser.Image, browser.Iframe, browser.Navigation, browser.Form} {
				all = append(all, scenario(fmt.Sprintf("upgrade from %s: %s of %s", origin, k, u), from(origin), upgrading(), kind(k), to(u), act(200, acao(origin))))
			}
			all = append(all, scenario(fmt.Sprintf("upgrade from %s: keepalive to %s", origin, u), from(origin), upgrading(), keepalive(), to(u), act(200, acao(origin))))
			for _, k := range []browser.Kind{browser.FetchAPI, browser.Image, browser.Iframe, browser.Navigation} {
				all = append(all, scenario(fmt.Sprintf("upgrade from %s: %s redirected to %s", origin, k, u), from(origin), upgrading(), kind(k), actEach(reply(302, acao(origin), location(u+"b")), reply(200, acao("*")))))
			}
		}
		all = append(all, scenario("upgrade from "+origin+": another port without permission", from(origin), upgrading(), method("PUT"), to(origin+":81/a"), act(200)))
	}
	all = append(all,
		scenario("upgrade: another port of localhost without permission", from("http://localhost:5173"), upgrading(), method("PUT"), to("http://localhost:3000/a"), act(200)),
		scenario("upgrade: another port of localhost read without permission", from("http://localhost:5173"), upgrading(), to("http://localhost:3000/a"), act(200)),
		scenario("websocket with a fragment", kind(browser.WebSocket), to("wss://api.other.org/a#f"), act(101)),
	)
	return all
}

// framedFormScenarios are forms whose target is a frame of the page.
func framedFormScenarios() []*Scenario {
	var all []*Scenario
	for _, m := range []string{"GET", "POST"} {
		for _, u := range []string{near, api, far, "http://api.other.org/a", "http://localhost:3000/a"} {
			all = append(all,
				scenario(fmt.Sprintf("%s to %s", m, u), form(m, ""), inFrame(), to(u), act(200)),
				scenario(fmt.Sprintf("%s to %s from a foreign frame", m, u), framedIn("https://top.example.net"), form(m, ""), inFrame(), to(u), act(200)),
				scenario(fmt.Sprintf("%s to %s of a sandboxed page", m, u), sandboxed(), form(m, ""), inFrame(), to(u), act(200)),
				scenario(fmt.Sprintf("%s to %s with cookies", m, u), cookie("https://api.other.org", "a=1; SameSite=None; Secure"), cookie("https://api.other.org", "b=1; SameSite=Lax"), cookie("https://api.other.org", "c=1"),
					cookie("https://api.example.com", "a=1; SameSite=Strict"), form(m, "text/plain"), inFrame(), to(u), act(200)),
				scenario(fmt.Sprintf("%s to %s that redirects", m, u), form(m, "multipart/form-data"), inFrame(), to(u), at(u, 307, location("https://cdn.third.net/b")), act(200)),
			)
		}
		for _, p := range policyNames {
			all = append(all, scenario(fmt.Sprintf("%s under %s", m, p), pagePolicy(p), form(m, ""), inFrame(), act(200)))
		}
		all = append(all,
			scenario(m+" in a page with an embedder policy", embedder(browser.RequireCORP), form(m, ""), inFrame(), act(200)),
			scenario(m+" in a page that upgrades", upgrading(), form(m, ""), inFrame(), to("http://api.other.org/a"), act(200)),
		)
	}
	return append(all,
		scenario("webtransport to http", kind(browser.WebTransport), to("http://api.other.org/a")),
		scenario("webtransport with a fragment", kind(browser.WebTransport), to("https://api.other.org/a#f")),
	)
}
