package differential

import "github.com/concors/concors/cors/browser"

// group is a named part of the hand-written scenarios.
type group struct {
	name      string
	scenarios func() []*Scenario
}

var groups = []group{
	{"smoke", smoke},
	{"methods", methodScenarios},
	{"request headers", requestHeaderScenarios},
	{"header combinations", headerCombinationScenarios},
	{"bodies", bodyScenarios},
	{"CORS check", corsCheckScenarios},
	{"preflights", preflightScenarios},
	{"responses", responseScenarios},
	{"redirects", redirectScenarios},
	{"preflight cache", cacheScenarios},
	{"cookies", cookieScenarios},
	{"mixed content", mixedContentScenarios},
	{"kinds", kindScenarios},
	{"origins", originScenarios},
	{"authorization", authorizationScenarios},
	{"measured", measuredScenarios},
	{"forms in frames", framedFormScenarios},
	{"remainders", remainderScenarios},
}

func smoke() []*Scenario {
	return []*Scenario{
		scenario("simple", act(200, acao(app))),
		scenario("blocked", act(200)),
		scenario("put", method("PUT"), open()),
		scenario("xhr", kind(browser.XMLHttpRequest), method("PUT"), header("X-A: 1"), open()),
		scenario("img", kind(browser.Image), act(200)),
		scenario("script", kind(browser.Script), act(200)),
		scenario("module", kind(browser.ModuleScript), act(200, acao("*"))),
		scenario("css", kind(browser.Stylesheet), act(200)),
		scenario("media", kind(browser.Media), act(200)),
		scenario("font", kind(browser.Font), act(200, acao("*"))),
		scenario("beacon", kind(browser.Beacon), body(browser.Text, "hi"), act(200)),
		scenario("beacon preflight", kind(browser.Beacon), blob("application/json", "hi"), open()),
		scenario("es", kind(browser.EventSource), act(200, acao("*"))),
		scenario("ws", kind(browser.WebSocket), to("wss://api.other.org/ws"), act(101)),
		scenario("form", form("POST", ""), act(200)),
		scenario("form get", form("GET", ""), act(200)),
		scenario("nav", kind(browser.Navigation), act(200)),
		scenario("iframe", kind(browser.Iframe), act(200)),
		scenario("sandboxed", sandboxed(), act(200, acao("null"))),
		scenario("data", dataPage(), act(200, acao("null"))),
		scenario("framed", framedIn("https://top.example.net"), act(200, acao(app))),
		scenario("cookie", cookie("https://api.other.org", "a=1; SameSite=None; Secure"), include(), act(200, acao(app), acac)),
		scenario("near cookie", cookie("https://api.example.com", "a=1; SameSite=Lax"), to(api), include(), act(200, acao(app), acac)),
		scenario("mixed", to("http://api.other.org/a"), act(200, acao(app))),
		scenario("refused", to("https://refused.example.org/a")),
		scenario("broken", broken()),
		scenario("formdata", method("POST"), body(browser.FormData, "hi"), act(200, acao(app))),
	}
}
