package browser_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/concors/concors/cors/browser"
)

// The facts of Web Platform Tests, a second opinion beside real browsers: what
// its files in cors/ and fetch/api/cors/ expect of a browser, by file. The
// pages there are on http, and so are these. In none of these files does the
// standard's text say something else. cors/304.htm is about the HTTP cache,
// which is not modelled.
const (
	wptPage   = "http://web-platform.test:8000"
	wptRemote = "http://www1.web-platform.test:8000"
	wptPort   = "http://web-platform.test:8001"
)

type wptFact struct {
	name    string
	call    browser.Call
	answers []answer
	want    bool   // whether the page may read the answer
	wire    string // the requests, where the file looks at them
}

func TestWebPlatformTests(t *testing.T) {
	for file, facts := range map[string][]wptFact{
		"cors/origin.htm":                                          wptOrigins(),
		"fetch/api/cors/cors-origin.any.js":                        wptCORSOrigin(),
		"fetch/api/cors/cors-preflight-status.any.js":              wptPreflightStatus(),
		"fetch/api/cors/cors-preflight-star.any.js":                wptPreflightStar(),
		"fetch/api/cors/cors-preflight-response-validation.any.js": wptPreflightValidation(),
		"fetch/api/cors/cors-no-preflight.any.js":                  wptNoPreflight(),
		"fetch/api/cors/cors-redirect.any.js":                      wptRedirect(),
		"fetch/api/cors/cors-redirect-credentials.any.js":          wptRedirectCredentials(),
	} {
		for _, fact := range facts {
			t.Run(file+" "+fact.name, func(t *testing.T) {
				res := run(browser.Page{Origin: wptPage, AddressSpace: browser.Loopback}, fact.call, fact.answers...)
				if res.Allowed() != fact.want {
					t.Errorf("allowed %t, want %t\n%s", res.Allowed(), fact.want, story(res))
				}
				var wire []string
				for _, x := range res.Exchanges {
					wire = append(wire, x.Method+" "+x.Header.Get("Origin"))
				}
				if got := strings.Join(wire, ", "); fact.wire != "" && got != fact.wire {
					t.Errorf("sent %s, want %s", got, fact.wire)
				}
			})
		}
	}
}

func wptOrigins() []wptFact {
	var facts []wptFact
	add := func(want bool, values ...string) {
		lines := make([]string, len(values))
		for i, v := range values {
			lines[i] = "Access-Control-Allow-Origin: " + v
		}
		facts = append(facts, wptFact{fmt.Sprintf("%q", values), browser.Call{Kind: browser.XMLHttpRequest, URL: wptRemote + "/"}, []answer{ok(lines...)}, want, ""})
	}
	host := strings.TrimPrefix(wptPage, "http://")
	for _, v := range []string{"*", " *  ", "\t*", wptPage, " " + wptPage, " " + wptPage + "   \t ", "\t" + wptPage} {
		add(true, v)
	}
	for _, v := range []string{
		wptRemote, "//" + host, "://" + host, "ftp://" + host, "http:://" + host, "http:/" + host, "http:" + host, host,
		wptPage + "?", wptPage + "/", wptPage + " /", wptPage + "#", wptPage + "%23", wptPage + ":80", wptPage + ", *",
		strings.ToUpper(wptPage), "HTTP://" + host, "-", "**", "'*'", `"*"`, "* *", "* null", "*http://*", "*" + wptPage, "* " + wptPage, "*, " + wptPage,
		"null " + wptPage, "http://example.net", "null", "null *", "", wptPage + "/cors/origin.htm", "test:8000", ".test:8000", "*.test:8000", "http://test:8000", "http://.test:8000", "http://*.test:8000",
	} {
		add(false, v)
	}
	add(false, "", "*")
	add(false, "*", "")
	add(false, "*", "*")
	add(false, "", wptPage)
	add(false, "*", wptPage)
	add(false, wptPage, wptPage)
	return facts
}

func wptCORSOrigin() []wptFact {
	var facts []wptFact
	for _, server := range []string{wptRemote, wptPort, "http://www1.web-platform.test:8001", "https://www1.web-platform.test:8443", "https://web-platform.test:8443"} {
		for _, method := range []string{"GET", "POST", "HEAD", "PUT"} {
			for _, origin := range []string{wptPage, server, ""} {
				a := ok("Access-Control-Allow-Origin: "+origin, "Access-Control-Allow-Methods: "+method)
				facts = append(facts, wptFact{fmt.Sprintf("%s %s allows %q", method, server, origin), browser.Call{Method: method, URL: server + "/"}, []answer{a, a}, origin == wptPage, ""})
			}
		}
	}
	return facts
}

func wptPreflightStatus() []wptFact {
	var facts []wptFact
	for _, s := range []int{200, 201, 202, 203, 204, 205, 206, 300, 301, 302, 303, 304, 305, 306, 307, 308, 400, 401, 402, 403, 404, 405, 501, 502, 503, 504, 505} {
		facts = append(facts, wptFact{fmt.Sprint(s), browser.Call{URL: wptRemote + "/", Headers: []browser.HeaderField{hdr("X-Force-Preflight", "")}},
			[]answer{status(s, "Access-Control-Allow-Origin: *", "Access-Control-Allow-Headers: x-force-preflight"), ok("Access-Control-Allow-Origin: *")}, s <= 299, ""})
	}
	return facts
}

func wptPreflightStar() []wptFact {
	var facts []wptFact
	for _, f := range []struct {
		want, credentials                bool
		allowMethod, allowHeader, method string
		header                           string
	}{
		{true, false, "get", "x-test", "GET", "X-Test"},
		{true, false, "*", "x-test", "SUPER", "X-Test"},
		{true, false, "*", "*", "OK", "X-Test"},
		{false, true, "*", "*", "OK", "X-Test"},
		{false, true, "*", "", "PUT", ""},
		{true, true, "PUT", "*", "PUT", ""},
		{false, true, "get", "*", "GET", "X-Test"},
		{false, true, "*", "*", "GET", "X-Test"},
		{true, true, "*", "*", "*", "*"},
		{false, true, "put", "*", "PUT", ""},
	} {
		call := browser.Call{Method: f.method, URL: wptRemote + "/"}
		lines := []string{"Access-Control-Allow-Origin: *"}
		if f.credentials {
			call.Credentials = browser.Include
			lines = []string{"Access-Control-Allow-Origin: " + wptPage, "Access-Control-Allow-Credentials: true"}
		}
		if f.header != "" {
			call.Headers = []browser.HeaderField{hdr(f.header, "1")}
		}
		a := ok(append(lines, "Access-Control-Allow-Methods: "+f.allowMethod, "Access-Control-Allow-Headers: "+f.allowHeader)...)
		facts = append(facts, wptFact{fmt.Sprintf("%+v", f), call, []answer{a, a}, f.want, ""})
	}
	return facts
}

func wptPreflightValidation() []wptFact {
	call := browser.Call{URL: wptRemote + "/", Headers: []browser.HeaderField{hdr("X-Force-Preflight", "")}}
	return []wptFact{
		{"bad headers", call, []answer{ok("Access-Control-Allow-Origin: *", "Access-Control-Allow-Headers: x-force-preflight,header name with space")}, false, ""},
		{"bad methods", call, []answer{ok("Access-Control-Allow-Origin: *", "Access-Control-Allow-Headers: x-force-preflight", "Access-Control-Allow-Methods: Bad method name")}, false, ""},
	}
}

func wptNoPreflight() []wptFact {
	var facts []wptFact
	add := func(method string, headers ...browser.HeaderField) {
		facts = append(facts, wptFact{fmt.Sprint(method, headers), browser.Call{Method: method, URL: wptRemote + "/", Headers: headers},
			[]answer{ok("Access-Control-Allow-Origin: *")}, true, method + " " + wptPage})
	}
	add("GET")
	add("POST")
	add("HEAD")
	for _, h := range []browser.HeaderField{
		hdr("Accept", "*/*"), hdr("Accept-Language", "fr"), hdr("Content-Language", "fr"), hdr("Content-Type", "application/x-www-form-urlencoded"),
		hdr("Content-Type", "multipart/form-data"), hdr("Content-Type", "text/plain"), hdr("Content-Type", "text/plain;charset=utf-8"), hdr("Content-Type", "Text/Plain;charset=utf-8"),
	} {
		add("GET", h)
	}
	return facts
}

var wptRedirects = []int{301, 302, 303, 307, 308}

func wptRedirect() []wptFact {
	var facts []wptFact
	for _, s := range wptRedirects {
		for _, f := range []struct{ name, first, second, origin string }{
			{"to the same other origin", wptRemote, wptRemote, wptPage}, {"to a third origin", wptRemote, wptPort, "null"},
			{"from the own origin", wptPage, wptRemote, wptPage}, {"back to the own origin", wptRemote, wptPage, "null"},
		} {
			first := wptPage
			if f.first == wptPage {
				first = "" // a GET within an origin has no Origin
			}
			facts = append(facts, wptFact{fmt.Sprint(s, " ", f.name), browser.Call{URL: f.first + "/"},
				[]answer{wptTo(s, f.second+"/x", "Access-Control-Allow-Origin: *"), ok("Access-Control-Allow-Origin: *")}, true, "GET " + first + ", GET " + f.origin})
		}
	}
	return facts
}

func wptRedirectCredentials() []wptFact {
	var facts []wptFact
	for _, s := range wptRedirects {
		for _, user := range []string{"user:password@", "user:@", ":password@"} {
			for _, f := range [][2]string{{wptPage, wptPort}, {wptPort, wptPage}, {wptPort, wptPort}, {wptPort, wptRemote}} {
				facts = append(facts, wptFact{fmt.Sprint(s, user, f), browser.Call{URL: f[0] + "/"},
					[]answer{wptTo(s, strings.Replace(f[1], "://", "://"+user, 1)+"/x", "Access-Control-Allow-Origin: *"), ok("Access-Control-Allow-Origin: *")}, false, ""})
			}
		}
	}
	return facts
}

func wptTo(code int, url string, lines ...string) answer {
	return status(code, append(lines, "Location: "+url)...)
}
