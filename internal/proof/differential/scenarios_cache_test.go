package differential

import (
	"fmt"

	"github.com/concors/concors/cors/browser"
)

// cacheScenarios are about #cors-preflight-cache: two or three calls, and whether
// the later ones ask again. The server allows the method of all answers.
func cacheScenarios() []*Scenario {
	var all []*Scenario
	for _, v := range []string{"600", "0", "-1", "1", "86400", "999999999", "99999999999999999999", "+600", "600.5", "abc", "", " 600 ", "600, 600", "6 0", "0600", "1e3", "600;", "0x10", "-0", "2147483648", "18446744073709551615", "18446744073709551616"} {
		all = append(all, scenario(fmt.Sprintf("max-age %q", v), method("PUT"), pre(204, acao(app), acam("PUT"), maxAge(v)), act(200, acao(app)), again()))
	}
	const age = "600"
	all = append(all,
		scenario("max-age twice", method("PUT"), pre(204, acao(app), acam("PUT"), maxAge("600"), maxAge("0")), act(200, acao(app)), again()),
		scenario("max-age twice, zero first", method("PUT"), pre(204, acao(app), acam("PUT"), maxAge("0"), maxAge("600")), act(200, acao(app)), again()),
		scenario("no max-age", method("PUT"), pre(204, acao(app), acam("PUT")), act(200, acao(app)), again()),
		scenario("no max-age, header", header("X-A: 1"), pre(204, acao(app), acah("x-a")), act(200, acao(app)), again()),
		scenario("another path", method("PUT"), pre(204, acao(app), acam("PUT"), maxAge(age)), act(200, acao(app)), again(to("https://api.other.org/b"))),
		scenario("another query", method("PUT"), pre(204, acao(app), acam("PUT"), maxAge(age)), act(200, acao(app)), again(to(far+"?b"))),
		scenario("another fragment", method("PUT"), pre(204, acao(app), acam("PUT"), maxAge(age)), act(200, acao(app)), again(to(far+"#b"))),
		scenario("another port", method("PUT"), pre(204, acao(app), acam("PUT"), maxAge(age)), act(200, acao(app)), again(to("https://api.other.org:8443/a"))),
		scenario("another method that was listed", method("PUT"), pre(204, acao(app), acam("PUT, DELETE"), maxAge(age)), act(200, acao(app)), again(method("DELETE"))),
		scenario("another method that was not listed", method("PUT"), pre(204, acao(app), acam("PUT"), maxAge(age)), act(200, acao(app)), again(method("DELETE"))),
		scenario("another method under a star", method("PUT"), pre(204, acao(app), acam("*"), maxAge(age)), act(200, acao(app)), again(method("DELETE"))),
		scenario("star with credentials later", method("PUT"), pre(204, acao(app), acac, acam("*, PUT"), maxAge(age)), act(200, acao(app), acac), again(include())),
		scenario("another header that was listed", header("X-A: 1"), pre(204, acao(app), acah("x-a, x-b"), maxAge(age)), act(200, acao(app)), then(header("X-B: 1"))),
		scenario("another header that was not listed", header("X-A: 1"), pre(204, acao(app), acah("x-a"), maxAge(age)), act(200, acao(app)), then(header("X-B: 1"))),
		scenario("another header under a star", header("X-A: 1"), pre(204, acao(app), acah("*"), maxAge(age)), act(200, acao(app)), then(header("X-B: 1"))),
		scenario("authorization under a cached star", header("X-A: 1"), pre(204, acao(app), acah("*"), maxAge(age)), act(200, acao(app)), then(header("Authorization: x"))),
		scenario("authorization under a cached star and its name", header("X-A: 1"), pre(204, acao(app), acah("*, authorization"), maxAge(age)), act(200, acao(app)), then(header("Authorization: x"))),
		scenario("more headers than before", header("X-A: 1"), pre(204, acao(app), acah("x-a, x-b"), maxAge(age)), act(200, acao(app)), then(header("X-A: 1"), header("X-B: 1"))),
		scenario("fewer headers than before", header("X-A: 1"), header("X-B: 1"), pre(204, acao(app), acah("x-a, x-b"), maxAge(age)), act(200, acao(app)), then(header("X-B: 1"))),
		scenario("other spelling of a header", header("X-A: 1"), pre(204, acao(app), acah("X-a"), maxAge(age)), act(200, acao(app)), then(header("x-A: 2"))),
		scenario("method and header apart", method("PUT"), pre(204, acao(app), acam("PUT"), acah("x-a"), maxAge(age)), act(200, acao(app)), then(header("X-A: 1"))),
		scenario("method then method with header", method("PUT"), pre(204, acao(app), acam("PUT"), acah("x-a"), maxAge(age)), act(200, acao(app)), again(header("X-A: 1"))),
		scenario("header then method", header("X-A: 1"), pre(204, acao(app), acam("PUT"), acah("x-a"), maxAge(age)), act(200, acao(app)), then(method("PUT"))),
		scenario("without then with credentials", method("PUT"), pre(204, acao(app), acac, acam("PUT"), maxAge(age)), act(200, acao(app), acac), again(include())),
		scenario("with then without credentials", method("PUT"), include(), pre(204, acao(app), acac, acam("PUT"), maxAge(age)), act(200, acao(app), acac), again(omit())),
		scenario("with then with credentials", method("PUT"), include(), pre(204, acao(app), acac, acam("PUT"), maxAge(age)), act(200, acao(app), acac), again()),
		scenario("same-origin and omit share", method("PUT"), sameOriginCreds(), pre(204, acao(app), acam("PUT"), maxAge(age)), act(200, acao(app)), again(omit())),
		scenario("with, without, with", method("PUT"), include(), pre(204, acao(app), acac, acam("PUT"), maxAge(age)), act(200, acao(app), acac), again(omit()), again(include())),
		scenario("without, with, without", method("PUT"), omit(), pre(204, acao(app), acac, acam("PUT"), maxAge(age)), act(200, acao(app), acac), again(include()), again(omit())),
		scenario("allowed origin was a star", method("PUT"), pre(204, acao("*"), acam("PUT"), maxAge(age)), act(200, acao("*")), again()),
		scenario("refused preflights are not remembered", method("PUT"), preEach(reply(403, maxAge(age)), reply(204, acao(app), acam("PUT"))), act(200, acao(app)), again()),
		scenario("refused by method, remembered headers", method("PUT"), header("X-A: 1"), preEach(reply(204, acao(app), acam("POST"), acah("x-a"), maxAge(age)), reply(204, acao(app), acam("PUT"), acah("x-a"))), act(200, acao(app)), again(method("PUT")), then(header("X-A: 1"))),
		scenario("a refused answer keeps the cache", method("PUT"), pre(204, acao(app), acam("PUT"), maxAge(age)), actEach(reply(200), reply(200, acao(app))), again()),
		scenario("a broken answer keeps the cache", method("PUT"), pre(204, acao(app), acam("PUT"), maxAge(age)), actEach(Answer{Broken: true}, reply(200, acao(app))), again()),
		scenario("a failed cors check clears the cache", method("PUT"), pre(204, acao(app), acam("PUT"), maxAge(age)), actEach(reply(200, acao(app)), reply(200), reply(200, acao(app))), again(), again()),
		scenario("a 401 answer keeps the cache", method("PUT"), pre(204, acao(app), acam("PUT"), maxAge(age)), act(401, acao(app)), again()),
		scenario("second answer replaces the first", method("PUT"), preEach(reply(204, acao(app), acam("PUT"), maxAge(age)), reply(204, acao(app), acam("DELETE"), maxAge(age))), act(200, acao(app)), again(method("DELETE")), again(method("PUT"))),
		scenario("max-age 0 does not delete", method("PUT"), preEach(reply(204, acao(app), acam("PUT, DELETE"), acah("x-a"), maxAge(age)), reply(204, acao(app), acah("x-b"), maxAge("0"))), act(200, acao(app)), then(header("X-B: 1")), then(method("PUT"))),
		scenario("safelisted method with cached header", method("POST"), header("X-A: 1"), pre(204, acao(app), acah("x-a"), maxAge(age)), act(200, acao(app)), again(method("GET")), again(method("HEAD"))),
		scenario("requested method is remembered though not listed", method("POST"), header("X-A: 1"), pre(204, acao(app), acah("x-a"), maxAge(age)), act(200, acao(app)), again(method("PUT"))),
		scenario("unlisted header of a wildcard answer is remembered", method("PUT"), header("X-A: 1"), pre(204, acao(app), acam("*"), acah("*"), maxAge(age)), act(200, acao(app)), again()),
		scenario("patch and PATCH", method("patch"), pre(204, acao(app), acam("patch, PATCH"), maxAge(age)), act(200, acao(app)), again(method("PATCH"))),
		scenario("fetch then xhr", method("PUT"), pre(204, acao(app), acam("PUT"), maxAge(age)), act(200, acao(app)), again(kind(browser.XMLHttpRequest))),
		scenario("xhr then fetch", kind(browser.XMLHttpRequest), method("PUT"), pre(204, acao(app), acam("PUT"), maxAge(age)), act(200, acao(app)), again(kind(browser.FetchAPI))),
		scenario("upload listener", kind(browser.XMLHttpRequest), method("POST"), body(browser.Text, "x"), uploadListener(), pre(204, acao(app), maxAge(age)), act(200, acao(app)), again()),
		scenario("upload listener then PUT", kind(browser.XMLHttpRequest), method("POST"), body(browser.Text, "x"), uploadListener(), pre(204, acao(app), acam("PUT"), maxAge(age)), act(200, acao(app)), again(method("PUT"))),
		scenario("content type", method("POST"), header("Content-Type: application/json"), body(browser.Text, "{}"), pre(204, acao(app), acah("content-type"), maxAge(age)), act(200, acao(app)), again()),
		scenario("from a sandboxed page", sandboxed(), method("PUT"), pre(204, acao("null"), acam("PUT"), maxAge(age)), act(200, acao("null")), again()),
		scenario("from a data page", dataPage(), method("PUT"), pre(204, acao("*"), acam("PUT"), maxAge(age)), act(200, acao("*")), again()),
		scenario("in a frame", framedIn("https://top.example.net"), method("PUT"), pre(204, acao(app), acam("PUT"), maxAge(age)), act(200, acao(app)), again()),
		scenario("after a redirect", method("PUT"), at(far, 307, location("https://api.other.org/b"), acao(app)), pre(204, acao(app), acam("PUT"), maxAge(age)), act(200, acao(app)), again()),
		scenario("redirect target alone", method("PUT"), at(far, 307, location("https://api.other.org/b"), acao(app)), pre(204, acao(app), acam("PUT"), maxAge(age)), act(200, acao(app)), again(to("https://api.other.org/b"))),
		scenario("redirect across origins", method("PUT"), at(far, 307, location("https://cdn.third.net/b"), acao("*")), pre(204, acao("*"), acam("PUT"), maxAge(age)), act(200, acao("*")), again(), again(to("https://cdn.third.net/b"))),
		scenario("simple call in between", method("PUT"), pre(204, acao(app), acam("PUT"), maxAge(age)), act(200, acao(app)), again(method("GET")), again(method("PUT"))),
		scenario("range", header("Range: bytes=0-1,2-3"), pre(204, acao(app), acah("range"), maxAge(age)), act(200, acao(app)), again()),
		scenario("no-cors does not use it", method("PUT"), pre(204, acao(app), acam("PUT"), maxAge(age)), act(200, acao(app)), then(mode(browser.NoCORS))),
		scenario("userinfo in the URL", method("PUT"), pre(204, acao(app), acam("PUT"), maxAge(age)), act(200, acao(app)), again(to("https://api.other.org/a?x"))),
		scenario("keepalive shares", method("PUT"), pre(204, acao(app), acam("PUT"), maxAge(age)), act(200, acao(app)), again(keepalive())),
		scenario("beacon shares", method("POST"), header("Content-Type: application/json"), include(), pre(204, acao(app), acac, acah("content-type"), maxAge(age)), act(200, acao(app), acac), then(kind(browser.Beacon), blob("application/json", "{}"))),
	)
	return all
}
