package differential

import (
	"fmt"
	"strings"

	"github.com/concors/concors/cors/browser"
)

// corsCheck is about #cors-check: Access-Control-Allow-Origin and -Credentials.
func corsCheckScenarios() []*Scenario {
	values := []string{
		app, "*", "null", "", "https://APP.example.com", "HTTPS://app.example.com", app + "/", app + ":443", "http://app.example.com", "app.example.com",
		app + ", " + app, app + ",", app + " ", "\t" + app, app + "/a", "https://*.example.com", "* ", "**", "\"" + app + "\"", "true", app + " https://b.example", "https://app.example.com.", "https://evil.example", "NULL", "*, *", app + "\x80", app + ";",
	}
	var all []*Scenario
	for _, v := range values {
		all = append(all,
			scenario(fmt.Sprintf("origin %q", v), act(200, acao(v))),
			scenario(fmt.Sprintf("origin %q with credentials", v), include(), act(200, acao(v), acac)),
			scenario(fmt.Sprintf("origin %q in a preflight", v), method("PUT"), pre(204, acao(v), acam("PUT")), act(200, acao(app))),
		)
	}
	for _, v := range []string{"true", "TRUE", "True", "false", "", " true ", "true, true", "1", "yes", "*", "\"true\"", "true;"} {
		line := "Access-Control-Allow-Credentials: " + v
		all = append(all,
			scenario(fmt.Sprintf("credentials %q", v), include(), act(200, acao(app), line)),
			scenario(fmt.Sprintf("credentials %q in a preflight", v), include(), method("PUT"), pre(204, acao(app), line, acam("PUT")), act(200, acao(app), acac)),
			scenario(fmt.Sprintf("credentials %q not asked for", v), act(200, acao(app), line)),
		)
	}
	all = append(all,
		scenario("no headers at all", act(200)),
		scenario("origin twice, equal", act(200, acao(app), acao(app))),
		scenario("origin twice, star first", act(200, acao("*"), acao(app))),
		scenario("origin twice, star last", act(200, acao(app), acao("*"))),
		scenario("star twice", act(200, acao("*"), acao("*"))),
		scenario("origin and an empty one", act(200, acao(app), acao(""))),
		scenario("an empty one and origin", act(200, acao(""), acao(app))),
		scenario("credentials twice", include(), act(200, acao(app), acac, acac)),
		scenario("credentials header missing", include(), act(200, acao(app))),
		scenario("small letters in names", include(), act(200, "access-control-allow-origin: "+app, "access-control-allow-credentials: true")),
		scenario("no space after the colon", act(200, "Access-Control-Allow-Origin:"+app)),
		scenario("origin in two preflight lines", method("PUT"), pre(204, acao(app), acao(app), acam("PUT")), act(200, acao(app))),
		scenario("star in preflight with credentials", include(), method("PUT"), pre(204, acao("*"), acac, acam("PUT")), act(200, acao(app), acac)),
		scenario("star in answer with credentials", include(), method("PUT"), pre(204, acao(app), acac, acam("PUT")), act(200, acao("*"), acac)),
		scenario("preflight without credentials header", include(), method("PUT"), pre(204, acao(app), acam("PUT")), act(200, acao(app), acac)),
		scenario("answer without credentials header", include(), method("PUT"), pre(204, acao(app), acac, acam("PUT")), act(200, acao(app))),
		scenario("same-origin credentials cross-origin", sameOriginCreds(), act(200, acao("*"))),
		scenario("omit", omit(), act(200, acao("*"))),
		scenario("same-origin call needs nothing", to(near), act(200)),
		scenario("same-origin call with foreign headers", to(near), act(200, acao("https://evil.example"))),
		scenario("same-origin call with a default port", to("https://app.example.com:443/a"), act(200)),
		scenario("other port is another origin", to("https://app.example.com:8443/a"), act(200)),
		scenario("other port allowed", to("https://app.example.com:8443/a"), act(200, acao(app))),
		scenario("other scheme is another origin", from("http://app.example.com"), to("https://app.example.com/a"), act(200, acao("http://app.example.com"))),
		scenario("other scheme, wrong one allowed", from("http://app.example.com"), to("https://app.example.com/a"), act(200, acao(app))),
		scenario("page with a port", from("https://app.example.com:8443"), act(200, acao("https://app.example.com:8443"))),
		scenario("page with a port, port left out", from("https://app.example.com:8443"), act(200, acao(app))),
		scenario("upper-case host in the URL", to("https://API.Other.ORG/a"), act(200, acao(app))),
		scenario("loopback name", to("http://localhost:3000/a"), act(200, acao(app))),
		scenario("loopback address", to("http://127.0.0.1:3000/a"), act(200, acao(app))),
		scenario("loopback page", from("http://localhost:5173"), to("http://localhost:3000/a"), act(200, acao("http://localhost:5173"))),
		scenario("loopback page, port left out", from("http://localhost:5173"), to("http://localhost:3000/a"), act(200, acao("http://localhost"))),
		scenario("127.0.0.1 is not localhost", from("http://localhost:5173"), to("http://127.0.0.1:5173/a"), act(200, acao("http://localhost:5173"))),
		scenario("xhr origin", kind(browser.XMLHttpRequest), act(200, acao(app))),
		scenario("xhr with credentials under a star", kind(browser.XMLHttpRequest), include(), act(200, acao("*"), acac)),
		scenario("xhr with credentials", kind(browser.XMLHttpRequest), include(), act(200, acao(app), acac)),
		scenario("xhr blocked", kind(browser.XMLHttpRequest), act(200)),
	)
	for _, status := range []int{201, 204, 206, 301, 304, 400, 401, 403, 404, 405, 500, 503, 599} {
		if status != 301 {
			all = append(all, scenario(fmt.Sprintf("status %d readable", status), act(status, acao(app))))
		}
		all = append(all, scenario(fmt.Sprintf("status %d without headers", status), act(status)))
	}
	return all
}

// preflights are about #cors-preflight-fetch: the answer's status and lists.
func preflightScenarios() []*Scenario {
	var all []*Scenario
	for _, status := range []int{200, 201, 202, 203, 204, 205, 206, 226, 299, 300, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 500, 501} {
		all = append(all, scenario(fmt.Sprintf("preflight status %d", status), method("PUT"), pre(status, acao(app), acam("PUT"), location("https://api.other.org/b")), act(200, acao(app))))
	}
	for _, status := range []int{301, 302, 307, 404, 500} {
		all = append(all, scenario(fmt.Sprintf("preflight status %d without an allowed origin", status), method("PUT"), pre(status, location("https://api.other.org/b")), act(200, acao(app))))
	}
	methods := []string{"PUT", " PUT ", "GET,PUT", "GET, PUT", "GET ,\tPUT", ",PUT", "PUT,", ",,PUT,,", "GET,,PUT", "put", "Put", "*", "PUT *", "* ", "GET, *", "PUT;", "PUT POST", "\"PUT\"", "GET;PUT", "(PUT)", "", ",", "P\xc3\x9cT, PUT", "PUTS", "PU", "PUT, @", "@, PUT", "GET\t,PUT"}
	for _, v := range methods {
		all = append(all,
			scenario(fmt.Sprintf("methods %q", v), method("PUT"), pre(204, acao(app), acam(v)), act(200, acao(app))),
			scenario(fmt.Sprintf("methods %q with credentials", v), method("PUT"), include(), pre(204, acao(app), acac, acam(v)), act(200, acao(app), acac)),
		)
	}
	names := []string{"x-a", "X-A", "x-A", " x-a ", "x-b,x-a", "x-b, x-a", "x-b\t,\tx-a", ",x-a", "x-a,", ",,x-a,,", "x-b,,x-a", "*", "* ", "*, x-b", "x-a *", "x-a;", "x-a x-b", "\"x-a\"", "", ",", "x-ab", "x-", "x-a, @", "@, x-a", "x\xe9, x-a", "x-a:1"}
	for _, v := range names {
		all = append(all,
			scenario(fmt.Sprintf("headers %q", v), header("X-A: 1"), pre(204, acao(app), acah(v)), act(200, acao(app))),
			scenario(fmt.Sprintf("headers %q with credentials", v), header("X-A: 1"), include(), pre(204, acao(app), acac, acah(v)), act(200, acao(app), acac)),
		)
	}
	// Authorization and the wildcard (whatwg/fetch#1919).
	for _, v := range []string{"*", "authorization", "*, authorization", "Authorization, *", "x-b"} {
		for _, creds := range []option{omit(), include()} {
			all = append(all,
				scenario(fmt.Sprintf("authorization under %q %d", v, len(all)), header("Authorization: Bearer x"), creds, pre(204, acao(app), acac, acah(v)), act(200, acao(app), acac)),
				scenario(fmt.Sprintf("authorization and another under %q %d", v, len(all)), header("Authorization: Bearer x"), header("X-A: 1"), creds, pre(204, acao(app), acac, acah(v)), act(200, acao(app), acac)),
				scenario(fmt.Sprintf("xhr authorization under %q %d", v, len(all)), kind(browser.XMLHttpRequest), header("Authorization: Bearer x"), creds, pre(204, acao(app), acac, acah(v)), act(200, acao(app), acac)),
			)
		}
	}
	all = append(all,
		scenario("header named * under a wildcard with credentials", header("*: 1"), include(), pre(204, acao(app), acac, acah("*")), act(200, acao(app), acac)),
		scenario("header named * under a wildcard", header("*: 1"), pre(204, acao(app), acah("*")), act(200, acao(app))),
		scenario("methods on several lines", method("PUT"), pre(204, acao(app), acam("GET"), acam("PUT")), act(200, acao(app))),
		scenario("methods on several lines, first is broken", method("PUT"), pre(204, acao(app), acam("@"), acam("PUT")), act(200, acao(app))),
		scenario("headers on several lines", header("X-A: 1"), pre(204, acao(app), acah("x-b"), acah("x-a")), act(200, acao(app))),
		scenario("headers on several lines, one is empty", header("X-A: 1"), pre(204, acao(app), acah(""), acah("x-a")), act(200, acao(app))),
		scenario("wildcard on a line of its own", header("X-A: 1"), pre(204, acao(app), acah("x-b"), acah("*")), act(200, acao(app))),
		scenario("method allowed, header not", method("PUT"), header("X-A: 1"), pre(204, acao(app), acam("PUT")), act(200, acao(app))),
		scenario("header allowed, method not", method("PUT"), header("X-A: 1"), pre(204, acao(app), acah("x-a")), act(200, acao(app))),
		scenario("method broken though not needed", header("X-A: 1"), pre(204, acao(app), acam("@"), acah("x-a")), act(200, acao(app))),
		scenario("header list broken though not needed", method("PUT"), pre(204, acao(app), acam("PUT"), acah("@")), act(200, acao(app))),
		scenario("preflight allows, answer does not", method("PUT"), pre(204, acao(app), acam("PUT")), act(200)),
		scenario("preflight allows, answer is 500", method("PUT"), pre(204, acao(app), acam("PUT")), act(500, acao(app))),
		scenario("preflight with a body", method("PUT"), preEach(Answer{Status: 200, Lines: []string{acao(app), acam("PUT")}, Body: "hello"}), act(200, acao(app))),
		scenario("preflight broken", method("PUT"), preEach(Answer{Broken: true}), act(200, acao(app))),
		scenario("preflight sets a cookie", method("PUT"), include(), to(api), pre(204, acao(app), acac, acam("PUT"), "Set-Cookie: a=1; SameSite=None; Secure"), act(200, acao(app), acac), again()),
		scenario("preflight carries no cookies", method("PUT"), include(), to(api), cookie("https://api.example.com", "a=1"), pre(204, acao(app), acac, acam("PUT")), act(200, acao(app), acac)),
		scenario("preflight of omit", method("PUT"), omit(), pre(204, acao("*"), acam("*")), act(200, acao("*"))),
		scenario("preflight star lists with include, star origin", method("PUT"), header("X-A: 1"), include(), pre(204, acao("*"), acam("*"), acah("*")), act(200, acao("*"))),
		scenario("preflight with 401 and a challenge", method("PUT"), pre(401, acao(app), acam("PUT"), "WWW-Authenticate: Bearer"), act(200, acao(app))),
		scenario("long list of methods", method("PUT"), pre(204, acao(app), acam(strings.Repeat("GET, ", 500)+"PUT")), act(200, acao(app))),
		scenario("long list of headers", header("X-A: 1"), pre(204, acao(app), acah(strings.Repeat("x-b,", 1000)+"x-a")), act(200, acao(app))),
		scenario("query in the URL", method("PUT"), to("https://api.other.org/a?b=c&d"), pre(204, acao(app), acam("PUT")), act(200, acao(app))),
		scenario("fragment in the URL", method("PUT"), to("https://api.other.org/a#b"), pre(204, acao(app), acam("PUT")), act(200, acao(app))),
		scenario("private network headers in a preflight", method("PUT"), pre(204, acao(app), acam("PUT"), "Access-Control-Allow-Private-Network: true"), act(200, acao(app))),
		scenario("content type only", method("POST"), header("Content-Type: application/json"), body(browser.Text, "{}"), pre(204, acao(app), acah("content-type")), act(200, acao(app))),
		scenario("content type not listed", method("POST"), header("Content-Type: application/json"), body(browser.Text, "{}"), pre(204, acao(app)), act(200, acao(app))),
		scenario("safelisted names in the list are ignored", method("POST"), header("Content-Type: application/json"), pre(204, acao(app), acah("accept")), act(200, acao(app))),
	)
	return all
}

// responses are about what of an answer a page may read.
func responseScenarios() []*Scenario {
	sent := []string{"X-A: 1", "X-B: 2", "Cache-Control: no-store", "Content-Language: de", "Expires: 0", "Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT", "Pragma: no-cache", "ETag: x", "Server: s", "Set-Cookie: a=1", "Set-Cookie2: a=1", "Location: /x", "Content-Encoding: identity", "Age: 1", "Timing-Allow-Origin: *", "Link: </x>", "Vary: Origin", "WWW-Authenticate: Foo"}
	answer := func(lines ...string) option {
		return act(200, append(append([]string{}, sent...), lines...)...)
	}
	exposed := []string{"", "x-a", "X-A", "x-a,X-B", "x-a, x-b", "x-a,,x-b", ",x-a", "*", "* ", "*, x-a", "x-a *", "x-c", "set-cookie", "set-cookie, x-a", "\"x-a\"", "x-a;", "x-a, @", "@, x-a", "x-a x-b", "etag,server", "a b, x-a", "SET-COOKIE2", "access-control-expose-headers", "\xe9, x-a"}
	var all []*Scenario
	for _, v := range exposed {
		all = append(all,
			scenario(fmt.Sprintf("expose %q", v), answer(acao(app), aceh(v))),
			scenario(fmt.Sprintf("expose %q with credentials", v), include(), answer(acao(app), acac, aceh(v))),
		)
	}
	all = append(all,
		scenario("nothing exposed", answer(acao(app))),
		scenario("xhr nothing exposed", kind(browser.XMLHttpRequest), answer(acao(app))),
		scenario("xhr exposed", kind(browser.XMLHttpRequest), answer(acao(app), aceh("x-a, set-cookie"))),
		scenario("xhr exposed star", kind(browser.XMLHttpRequest), answer(acao(app), aceh("*"))),
		scenario("xhr exposed star with credentials", kind(browser.XMLHttpRequest), include(), answer(acao(app), acac, aceh("*"))),
		scenario("xhr same-origin", kind(browser.XMLHttpRequest), to(near), answer()),
		scenario("exposed on two lines", answer(acao(app), aceh("x-a"), aceh("x-b"))),
		scenario("exposed on two lines, one broken", answer(acao(app), aceh("@"), aceh("x-b"))),
		scenario("same-origin reads all but cookies", to(near), answer()),
		scenario("header named * with credentials", include(), act(200, acao(app), acac, aceh("*"), "*: 1", "X-A: 1")),
		scenario("same name twice", act(200, acao(app), aceh("x-a"), "X-A: 1", "X-A: 2")),
		scenario("latin-1 in a value", act(200, acao(app), aceh("x-a"), "X-A: \xe9")),
		scenario("spaces around a value", act(200, acao(app), aceh("x-a"), "X-A: \t 1 2  ")),
		scenario("empty value", act(200, acao(app), aceh("x-a"), "X-A:")),
		scenario("no-cors reads nothing", mode(browser.NoCORS), answer(acao(app), aceh("*"))),
		scenario("no-cors error status", mode(browser.NoCORS), act(500)),
		scenario("no-cors POST", mode(browser.NoCORS), method("POST"), body(browser.Text, "x"), act(200)),
		scenario("no-cors HEAD", mode(browser.NoCORS), method("HEAD"), act(200)),
		scenario("no-cors PUT is an exception", mode(browser.NoCORS), method("PUT"), act(200)),
		scenario("no-cors patch is an exception", mode(browser.NoCORS), method("patch"), act(200)),
		scenario("no-cors same-origin", mode(browser.NoCORS), to(near), answer()),
		scenario("no-cors with credentials", mode(browser.NoCORS), include(), to(api), cookie("https://api.example.com", "a=1"), act(200)),
		scenario("no-cors by default sends same-origin credentials only", mode(browser.NoCORS), to(api), cookie("https://api.example.com", "a=1"), act(200)),
		scenario("mode same-origin", mode(browser.SameOrigin), to(near), act(200)),
		scenario("mode same-origin refused", mode(browser.SameOrigin), act(200, acao("*"))),
		scenario("mode same-origin redirected away", mode(browser.SameOrigin), to(near), at(near, 302, location(far)), act(200, acao("*"))),
		scenario("mode navigate is an exception", mode(browser.Navigate), to(near), act(200)),
		scenario("HEAD answer", method("HEAD"), answer(acao(app))),
		scenario("204 answer", act(204, acao(app), "X-A: 1")),
		scenario("large body", actEach(Answer{Status: 200, Lines: []string{acao(app)}, Body: strings.Repeat("0123456789", 1000)})),
		scenario("sandboxed reads nothing more", sandboxed(), answer(acao("null"))),
	)
	for _, v := range []string{"same-origin", "same-site", "cross-origin", "Same-Origin", "SAME-SITE", "", "none", "same-origin, same-origin", "cross-origin, same-origin", " same-origin "} {
		all = append(all,
			scenario(fmt.Sprintf("no-cors resource policy %q cross-site", v), mode(browser.NoCORS), act(200, corp(v))),
			scenario(fmt.Sprintf("no-cors resource policy %q same-site", v), mode(browser.NoCORS), to(api), act(200, corp(v))),
			scenario(fmt.Sprintf("image resource policy %q cross-site", v), kind(browser.Image), act(200, corp(v))),
			scenario(fmt.Sprintf("cors resource policy %q", v), act(200, acao(app), corp(v))),
		)
	}
	for _, p := range []browser.EmbedderPolicy{browser.RequireCORP, browser.Credentialless} {
		all = append(all,
			scenario(string(p)+" image without a policy", embedder(p), kind(browser.Image), act(200)),
			scenario(string(p)+" image with cross-origin", embedder(p), kind(browser.Image), act(200, corp("cross-origin"))),
			scenario(string(p)+" no-cors fetch", embedder(p), mode(browser.NoCORS), act(200)),
			scenario(string(p)+" no-cors fetch with cookies", embedder(p), mode(browser.NoCORS), include(), to(api), cookie("https://api.example.com", "a=1"), act(200)),
			scenario(string(p)+" no-cors fetch with same-site", embedder(p), mode(browser.NoCORS), to(api), act(200, corp("same-site"))),
			scenario(string(p)+" cors fetch", embedder(p), act(200, acao(app))),
			scenario(string(p)+" image with crossorigin", embedder(p), kind(browser.Image), mode(browser.CORS), act(200, acao(app))),
			scenario(string(p)+" script", embedder(p), kind(browser.Script), act(200)),
		)
	}
	all = append(all,
		scenario("resource policy twice", mode(browser.NoCORS), act(200, corp("cross-origin"), corp("same-origin"))),
		scenario("resource policy on an http page", from(plain), mode(browser.NoCORS), to("http://api.example.net/a"), act(200, corp("same-site"))),
		scenario("resource policy same-site, http page to https", from(plain), mode(browser.NoCORS), to("https://api.example.net/a"), act(200, corp("same-site"))),
		scenario("resource policy same-site, https page to loopback", mode(browser.NoCORS), to("http://localhost:3000/a"), act(200, corp("same-site"))),
		scenario("resource policy of a redirect", mode(browser.NoCORS), at(far, 302, location("https://api.other.org/b"), corp("same-origin")), act(200)),
	)
	return all
}
