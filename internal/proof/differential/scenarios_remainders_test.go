package differential

import (
	"fmt"

	"github.com/concors/concors/cors/browser"
)

// remainderScenarios asks what few random scenarios in thousands found.
func remainderScenarios() []*Scenario {
	const (
		nearB      = "https://app.example.com/b"
		farB       = "https://api.other.org/b"
		thirdB     = "https://cdn.third.net/b"
		secretB    = "https://user:pw@api.other.org/b"
		loopback   = "http://127.0.0.1:8000"
		localFrame = "http://app.localhost"
	)
	wide := pre(204, acao("*"), acam("*"), acah("*"))
	var all []*Scenario
	add := func(name string, options ...option) { all = append(all, scenario(name, options...)) }
	for _, p := range []browser.ReferrerPolicy{browser.UnsafeURL, browser.OriginWhenCrossOrigin, browser.NoReferrerWhenDowngrade} {
		add(fmt.Sprintf("keepalive back under %s", p), keepalive(), referrer(p), at(far, 302, location(nearB), acao(app)), act(200, acao("*")))
		add(fmt.Sprintf("keepalive PUT back under %s", p), keepalive(), method("PUT"), referrer(p), at(far, 307, location(nearB), acao(app)), pre(204, acao("*"), acam("PUT")), act(200, acao("*")))
		add(fmt.Sprintf("beacon back under %s", p), pagePolicy(p), kind(browser.Beacon), body(browser.Text, "x"), at(far, 307, location(nearB), acao(app)), act(200, acao("*")))
	}
	for _, p := range policyNames {
		for _, k := range []browser.Kind{browser.Script, browser.Image, browser.Iframe} {
			add(fmt.Sprintf("%s of the top from a foreign frame under %s", k, p), from(localFrame), framedIn("http://www.example.com"), kind(k), pagePolicy(p), to("https://app.example.com/a"), act(200))
		}
	}
	for _, k := range []browser.Kind{browser.FetchAPI, browser.XMLHttpRequest, browser.Image, browser.Script, browser.Iframe, browser.Navigation, browser.EventSource} {
		add(fmt.Sprintf("%s redirected to user:password@", k), kind(k), at(far, 302, location(secretB), acao(app)), act(200, acao(app)))
		add(fmt.Sprintf("%s of its own redirected to user:password@", k), kind(k), to(near), at(near, 302, location(secretB)), act(200, acao(app)))
		add(fmt.Sprintf("%s of a data: page redirected to user:password@", k), dataPage(), kind(k), at(far, 302, location(secretB), acao("null")), act(200, acao("null")))
	}
	for _, k := range []browser.Kind{browser.FetchAPI, browser.XMLHttpRequest} {
		add(fmt.Sprintf("%s with a header redirected to user:password@", k), kind(k), header("X-A: 1"), to(near), at(near, 307, location(secretB)), open(), act(200, acao(app)))
		add(fmt.Sprintf("%s with a Range redirected to user:password@", k), kind(k), header("Range: bytes=-5"), to(near), at(near, 307, location(secretB)), open(), act(200, acao(app)))
		add(fmt.Sprintf("far %s with a header redirected to user:password@", k), kind(k), header("X-A: 1"), at(far, 307, location(secretB), acao(app)), open(), act(200, acao(app)))
	}
	for _, status := range []int{204, 205, 206, 304} {
		for _, m := range []browser.Mode{"", browser.CORS} {
			for _, u := range []string{near, far, "http://api.other.org/a"} {
				add(fmt.Sprintf("image of %s with %d %s", u, status, m), kind(browser.Image), mode(m), to(u), act(status, acao("*")))
				add(fmt.Sprintf("stylesheet of %s with %d %s", u, status, m), kind(browser.Stylesheet), mode(m), to(u), act(status, acao("*")))
			}
		}
		add(fmt.Sprintf("http stylesheet with %d", status), from("http://localhost:5173"), kind(browser.Stylesheet), to("http://app.example.net/a"), act(status))
		add(fmt.Sprintf("http image with %d", status), from("http://localhost:5173"), kind(browser.Image), to("http://app.example.net/a"), act(status))
	}
	for _, e := range []browser.EmbedderPolicy{browser.RequireCORP, browser.Credentialless} {
		for _, k := range []browser.Kind{browser.Image, browser.Iframe} {
			add(fmt.Sprintf("%s of a secure frame in a page that is not, %s", k, e), from(localFrame), framedIn("http://www.example.com"), embedder(e), kind(k), cookie("https://api.other.org", "a=1; SameSite=None; Secure"), act(200))
		}
	}
	for _, o := range []string{"http://localhost:5173", app} {
		for _, to2 := range []string{thirdB, farB} {
			add(fmt.Sprintf("keepalive with client hints from %s to %s", o, to2), from(o), keepalive(), header("DPR: 2"), at(far, 307, location(to2), acao(o)), open(), act(200, acao("*")))
		}
	}
	for _, k := range []browser.Kind{browser.Image, browser.Media, browser.Script} {
		for _, u := range []string{loopback + "/b", "http://127.0.0.1:3000/b", "http://localhost:3000/b", "http://api.other.org/b"} {
			for _, o := range []string{loopback, "http://localhost:5173"} {
				add(fmt.Sprintf("upgrading %s: %s redirected to %s", o, k, u), from(o), upgrading(), kind(k), to("http://127.0.0.1:3000/a"), at("http://127.0.0.1:3000/a", 301, location(u)), act(200))
			}
		}
	}
	for _, m := range []browser.RedirectMode{browser.Manual, browser.Follow} {
		add(fmt.Sprintf("upgraded and redirected, %s", m), from(plain), upgrading(), to(plain+"/a"), redirects(m), at(plain+"/a", 307, location(farB), acao("*")), act(200, acao("*")))
		add(fmt.Sprintf("upgraded and redirected in a frame, %s", m), from(plain), framedIn("http://top.example.net"), upgrading(), to(plain+"/a"), redirects(m), at(plain+"/a", 307, location(farB), acao("*")), act(200, acao("*")))
	}
	for _, u := range []string{"ws://localhost:5173/a", "ws://localhost:3000/a", "ws://127.0.0.1:3000/a"} {
		for _, status := range []int{101, 403} {
			add(fmt.Sprintf("upgrading websocket to %s with %d", u, status), from("http://localhost:5173"), upgrading(), kind(browser.WebSocket), to(u), act(status))
			add(fmt.Sprintf("https page upgrading websocket to %s with %d", u, status), upgrading(), kind(browser.WebSocket), to(u), act(status))
			add(fmt.Sprintf("http page upgrading websocket to %s with %d", u, status), from(plain), upgrading(), kind(browser.WebSocket), to(u), act(status))
			add(fmt.Sprintf("sandboxed page upgrading websocket to %s with %d", u, status), sandboxed(), upgrading(), kind(browser.WebSocket), to(u), act(status))
		}
	}
	add("websocket with two locations", from("http://app.localhost"), kind(browser.WebSocket), to("ws://api.localhost/a"), at("http://api.localhost/a", 307, location(farB), location(thirdB)), act(101))
	add("websocket with two locations, page policy", from("http://app.localhost"), pagePolicy(browser.NoReferrer), kind(browser.WebSocket), to("ws://api.localhost/a"), at("http://api.localhost/a", 307, location("https://api.other.org/b"), location("https://api.other.org/c")), act(101))
	for _, b := range []bool{true, false} {
		extra := last(func(c *browser.Call) { c.Keepalive = b })
		for _, m := range []browser.Mode{browser.NoCORS, ""} {
			for _, verb := range []string{"POST", "GET"} {
				add(fmt.Sprintf("cookies over a redirect, %s %s keepalive %v", m, verb, b), extra, mode(m), method(verb), cookie("https://api.other.org", "a=1"), to(near), at(near, 307, location(farB)), act(200, acao(app)))
			}
		}
	}
	for _, k := range []browser.Kind{browser.FetchAPI, browser.Image, browser.Iframe} {
		for _, p := range []browser.ReferrerPolicy{browser.UnsafeURL, browser.NoReferrerWhenDowngrade, browser.OriginWhenCrossOrigin, ""} {
			add(fmt.Sprintf("%s in a foreign frame redirected to the top under %s", k, p), framedIn("https://api.other.org"), kind(k), pagePolicy(p), to("https://cdn.third.net/a"), at("https://cdn.third.net/a", 302, location("https://other.org/b"), acao(app)), act(200, acao("*")))
			add(fmt.Sprintf("%s in a foreign frame redirected away from the top under %s", k, p), framedIn("https://api.other.org"), kind(k), pagePolicy(p), to("https://other.org/a"), at("https://other.org/a", 302, location(thirdB), acao(app)), act(200, acao("*")))
		}
		noCORS := browser.NoCORS
		if k == browser.Iframe {
			noCORS = ""
		}
		for _, u := range []string{"http://api.localhost/a", "http://localhost:3000/a"} {
			add(fmt.Sprintf("same-site %s of %s", k, u), from("http://localhost:5173"), kind(k), mode(noCORS), to(u), act(200, corp("same-site")))
			add(fmt.Sprintf("same-site %s of %s from under it", k, u), from(localFrame), kind(k), mode(noCORS), to(u), act(200, corp("same-site")))
		}
	}
	add("form in a frame redirected to user:password@", form("POST", ""), inFrame(), at(far, 302, location(secretB)), act(200))
	add("form in a frame to user:password@", form("POST", ""), inFrame(), to("https://user:pw@api.other.org/a"), act(200))
	for _, h := range []string{"X-Empty:", "X-A:"} {
		add("empty header twice "+h, header(h), header(h), open(), act(200, acao(app)))
		add("empty header, then a value "+h, header(h), header(h+" 1"), open(), act(200, acao(app)))
		add("value, then an empty header "+h, header(h+" 1"), header(h), open(), act(200, acao(app)))
		add("xhr empty header twice "+h, kind(browser.XMLHttpRequest), header(h), header(h), open(), act(200, acao(app)))
	}
	for _, ct := range []string{"application/json; charset=iso-8859-1", "text/plain;charset=iso-8859-1"} {
		for _, b := range []browser.BodyKind{browser.Text, browser.URLSearchParams} {
			for _, m := range []string{"FOO", "POST"} {
				add(fmt.Sprintf("xhr %s %s of %s over a redirect", m, ct, bodyNames[b]), kind(browser.XMLHttpRequest), method(m), header("Content-Type: "+ct), body(b, "a=b"), at(far, 307, location(thirdB), acao(app)), wide, act(200, acao("*")))
				add(fmt.Sprintf("xhr %s %s of %s over a redirect, conditional", m, ct, bodyNames[b]), kind(browser.XMLHttpRequest), method(m), header("Content-Type: "+ct), header(`If-None-Match: "x"`), body(b, "a=b"), at(far, 307, location(thirdB), acao(app)), wide, act(200, acao("*")))
			}
		}
	}
	return all
}
