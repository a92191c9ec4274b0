package differential

import (
	"fmt"
	"strings"

	"github.com/concors/concors/cors/browser"
)

func methodScenarios() []*Scenario {
	var all []*Scenario
	// #cors-safelisted-method, and normalization of six methods by case.
	all = append(all, each("fetch %s", []string{"GET", "HEAD", "POST", "get", "head", "post", "Get", "hEAD", "pOST"}, func(m string) []option {
		return []option{method(m), open()}
	})...)
	// Unsafe: a preflight, and exactly this spelling in it.
	all = append(all, each("fetch %s", []string{"PUT", "DELETE", "OPTIONS", "PATCH", "put", "Delete", "options", "patch", "Patch", "pATCH", "QUERY", "query", "PROPFIND", "CHICKEN", "M-SEARCH", "get1", "!#$%&'*+-.^_`|~"}, func(m string) []option {
		return []option{method(m), pre(204, acao(app), acam(strings.ToUpper(m)+", "+m)), act(200, acao(app))}
	})...)
	all = append(all, each("fetch %s allowed in capitals only", []string{"put", "patch", "delete", "options", "Query", "foo"}, func(m string) []option {
		return []option{method(m), pre(204, acao(app), acam(strings.ToUpper(m))), act(200, acao(app))}
	})...)
	all = append(all, each("fetch %s allowed in small letters only", []string{"PUT", "PATCH", "DELETE"}, func(m string) []option {
		return []option{method(m), pre(204, acao(app), acam(strings.ToLower(m))), act(200, acao(app))}
	})...)
	// #forbidden-method and what is no method at all.
	all = append(all, each("fetch forbidden %q", []string{"TRACE", "TRACK", "CONNECT", "trace", "Track", "connect", "A B", "GET ", "P\tT", "(x)", "Mé"}, func(m string) []option {
		return []option{method(m), open()}
	})...)
	for _, m := range []string{"PUT", "put", "patch", "PATCH", "TRACE", "HEAD", "post", "delete", "CHICKEN"} {
		all = append(all, scenario("xhr "+m, kind(browser.XMLHttpRequest), method(m), pre(204, acao(app), acam("PUT, PATCH, patch, DELETE, CHICKEN")), act(200, acao(app))))
	}
	// Bodies on GET and HEAD.
	for _, m := range []string{"GET", "HEAD", "get"} {
		all = append(all, scenario("fetch "+m+" with a body", method(m), body(browser.Text, "x"), open()))
		all = append(all, scenario("xhr "+m+" with a body", kind(browser.XMLHttpRequest), method(m), body(browser.Text, "x"), open()))
	}
	for _, m := range []string{"PUT", "DELETE", "PATCH", "OPTIONS", "POST"} {
		all = append(all, scenario("same-origin "+m, to(near), method(m), act(200)))
		all = append(all, scenario("with a body "+m, method(m), body(browser.Text, "x"), pre(204, acao(app), acam("*")), act(200, acao(app))))
		all = append(all, scenario("wildcard methods "+m, method(m), pre(204, acao("*"), acam("*")), act(200, acao("*"))))
		all = append(all, scenario("wildcard methods with credentials "+m, method(m), include(), pre(204, acao(app), acac, acam("*")), act(200, acao(app), acac)))
	}
	all = append(all,
		scenario("method named * under a wildcard with credentials", method("*"), include(), pre(204, acao(app), acac, acam("*")), act(200, acao(app), acac)),
		scenario("safelisted method not listed", method("POST"), header("X-A: 1"), pre(204, acao(app), acam("PUT"), acah("x-a")), act(200, acao(app))),
		scenario("GET not listed", header("X-A: 1"), pre(204, acao(app), acam("PUT"), acah("x-a")), act(200, acao(app))),
		scenario("HEAD not listed", method("HEAD"), header("X-A: 1"), pre(204, acao(app), acam("PUT"), acah("x-a")), act(200, acao(app))),
		scenario("no methods at all", method("PUT"), pre(204, acao(app)), act(200, acao(app))),
	)
	return all
}

// requestHeaders are about #cors-safelisted-request-header. Each is sent to a
// server that would allow it after a preflight, so that the difference is
// whether there is one and what it announces.
func requestHeaderScenarios() []*Scenario {
	long := func(n int) string { return strings.Repeat("a", n) }
	lines := []string{
		"Accept: text/html", "Accept: */*", "Accept: ", "Accept: a(b", "Accept: a\"b", "Accept: a:b", "Accept: a<b>", "Accept: a?b", "Accept: a@b",
		"Accept: [a]", "Accept: a\\b", "Accept: {a}", "Accept: a\x7fb", "Accept: a\tb", "Accept: a\x01b", "Accept: é", "Accept: " + long(128), "Accept: " + long(129),
		"accept: text/html", "ACCEPT: a,b;q=0.5",
		"Accept-Language: de", "Accept-Language: de-DE,de;q=0.9", "Accept-Language: de_DE", "Accept-Language: *", "Accept-Language: de:", "Accept-Language: ", "Accept-Language: de, en;q=0.5", "Accept-Language: \"de\"", "Accept-Language: " + long(128), "Accept-Language: " + long(129),
		"Content-Language: de", "Content-Language: de_DE", "Content-Language: a.b", "Content-Language: a-b *;=,", "Content-Language: ", "Content-Language: " + long(129),
		"Content-Type: text/plain", "Content-Type: TEXT/PLAIN", "Content-Type: text/plain;charset=utf-8", "Content-Type: text/plain; charset=\"utf-8\"", "Content-Type: application/x-www-form-urlencoded", "Content-Type: multipart/form-data", "Content-Type: multipart/form-data; boundary=x",
		"Content-Type: application/json", "Content-Type: text/html", "Content-Type: text/xml", "Content-Type: ", "Content-Type: text", "Content-Type: text/", "Content-Type: /plain", "Content-Type: text/plain;", "Content-Type: text/plain,", "Content-Type: text/plain, application/json", "Content-Type: text/plain; a=(b)", "Content-Type: text/plain;a=b;c", "Content-Type: text/plain; " + long(117), "Content-Type: text/plain; " + long(118), "Content-Type: text /plain", "Content-Type: text/plain x", "Content-Type: multipart/form-data; boundary=\"(\"",
		"Range: bytes=0-99", "Range: bytes=0-", "Range: bytes=-99", "Range: bytes=5-4", "Range: bytes=5-5", "Range: bytes=0-1,4-5", "Range: bytes = 0-1", "Range: bytes=0 - 1", "Range: Bytes=0-1", "Range: items=0-1", "Range: bytes=", "Range: bytes=a-b", "Range: bytes=00-01", "Range: bytes=99999999999999999999-", "Range: bytes=0-99999999999999999999", "Range: bytes=1-18446744073709551616", "Range: bytes=1-9223372036854775807", "Range: bytes=1-9223372036854775808", "Range: bytes=1-4294967296", "Range: bytes=4294967296-", "range: bytes=0-1",
		"X-A: 1", "x-a: 1", "X-A: ", "X-A: é", "X-A:   spaces  ", "X_a: 1", "X.a: 1", "1: 1", "X-A: a(b", "Authorization: Bearer x", "Authorization: Basic YTpi", "authorization: ",
		"DPR: 2", "DPR: 2.0", "DPR: x", "Downlink: 1.5", "Downlink: x", "ECT: 4g", "RTT: 100", "RTT: x", "Save-Data: on", "Save-Data: off", "Save-Data: ON", "Device-Memory: 8", "Device-Memory: 0.5", "Device-Memory: x", "Width: 100", "Width: x", "Viewport-Width: 100", "Viewport-Width: x",
		"Sec-CH-UA: x", "Sec-CH-UA-Mobile: ?1", "Sec-CH-Prefers-Color-Scheme: dark", "Sec-CH-DPR: 2", "Sec-Purpose: prefetch", "Purpose: prefetch", "X-Moz: prefetch", "Sec-Fetch-Site: none", "Sec-X: 1", "Proxy-X: 1", "Proxy-Authorization: x", "sec-x: 1",
		"Accept-Charset: x", "Accept-Encoding: x", "Access-Control-Request-Headers: x", "Access-Control-Request-Method: PUT", "Access-Control-Request-Private-Network: true", "Connection: close", "Content-Length: 3", "Cookie: a=1", "Cookie2: a=1", "Date: now", "DNT: 1", "Expect: 100-continue", "Host: x.example", "Keep-Alive: 1", "Origin: https://evil.example", "Referer: https://evil.example/", "Referrer: x", "Set-Cookie: a=1", "TE: trailers", "Trailer: x", "Transfer-Encoding: chunked", "Upgrade: h2c", "User-Agent: concors-test", "Via: x", "Upgrade-Insecure-Requests: 1", "Access-Control-Allow-Origin: *",
		"X-HTTP-Method: TRACE", "X-HTTP-Method: PUT", "X-HTTP-Method-Override: TRACK", "X-HTTP-Method-Override: get, connect", "X-Method-Override: CONNECT", "X-Method-Override: \"TRACE\"",
		"Cache-Control: no-cache", "Pragma: no-cache", "If-None-Match: \"x\"", "If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT", "If-Match: x", "If-Range: x", "Last-Event-ID: 1", "Last-Event-ID: é", "Early-Data: 1", "Priority: u=1", "Accept-Datetime: x", "X-Requested-With: XMLHttpRequest", "Traceparent: 00-0-0-0", "Attribution-Reporting-Eligible: x", "Service-Worker: script", "Service-Worker-Navigation-Preload: true",
	}
	allow := func(line string) []option {
		name, _, _ := strings.Cut(line, ":")
		return []option{header(line), pre(204, acao(app), acah(name)), act(200, acao(app))}
	}
	short := func(line string) string {
		if len(line) > 60 {
			return fmt.Sprintf("%s… (%d bytes)", line[:40], len(line))
		}
		return line
	}
	var all []*Scenario
	for _, line := range lines {
		all = append(all, scenario(short(line), append(allow(line), method("POST"))...))
	}
	for _, line := range []string{"Host: x.example", "Cookie: a=1", "Sec-X: 1", "X-HTTP-Method: TRACE", "Range: bytes=0-99", "Content-Type: application/json", "Accept: a\"b", "User-Agent: concors-test", "Referer: x", "Accept: \x01", "X-A:  a ", "bad name: x", "Nameé: x", ": x", "X-A: a\x00b"} {
		all = append(all, scenario("xhr "+line, append(allow(line), method("POST"), kind(browser.XMLHttpRequest))...))
	}
	for _, line := range []string{"bad name: x", "Nameé: x", ": x", "X-A: a\x00b", "X-A: a\nb", "X-A: \na"} {
		all = append(all, scenario("fetch odd "+line, append(allow(line), method("POST"))...))
	}
	return all
}

// combinations are about several headers: sorting, joining, lengths together.
func headerCombinationScenarios() []*Scenario {
	long := strings.Repeat("a", 100)
	many := func(n int) option {
		return func(s *Scenario) {
			for i := range n {
				header("X-H" + string(rune('a'+i)) + ": 1")(s)
			}
		}
	}
	free := func(names string) option {
		return func(s *Scenario) {
			pre(204, acao(app), acah(names))(s)
			act(200, acao(app))(s)
		}
	}
	return []*Scenario{
		scenario("sorted and in small letters", header("X-B: 1"), header("x-a: 2"), header("Content-Type: a/b"), header("AUTHORIZATION: x"), method("POST"), free("x-a,X-B,content-type,Authorization")),
		scenario("one name twice", header("X-A: 1"), header("x-a: 2"), free("x-a")),
		scenario("xhr one name twice", kind(browser.XMLHttpRequest), header("X-A: 1"), header("x-a: 2"), free("x-a")),
		scenario("safelisted name twice", header("Accept: a"), header("Accept: b"), free("accept")),
		scenario("safelisted twice, long together", header("Accept: "+long), header("Accept: "+long), free("accept")),
		scenario("xhr safelisted twice, long together", kind(browser.XMLHttpRequest), header("Accept: "+long), header("Accept: "+long), free("accept")),
		scenario("content type twice", method("POST"), header("Content-Type: text/plain"), header("Content-Type: text/plain"), free("content-type")),
		scenario("content language twice", method("POST"), header("Content-Language: de"), header("Content-Language: en"), free("content-language")),
		scenario("range twice", header("Range: bytes=0-1"), header("Range: bytes=4-5"), free("range")),
		scenario("safelisted beside an unsafe one", header("Accept: x"), header("X-A: 1"), free("x-a")),
		scenario("unsafe value beside a safe one", header("Accept-Language: a_b"), header("Accept: x"), free("accept-language")),
		scenario("total above 1024 bytes", header("Accept: "+strings.Repeat("a", 128)), header("Accept-Language: "+strings.Repeat("b", 128)), header("Content-Language: "+strings.Repeat("c", 128)), header("Content-Type: text/plain;"+strings.Repeat("d", 100)), method("POST"), free("accept, accept-language, content-language, content-type")),
		scenario("total above 1024 bytes by repetition", headers(9, "Accept: "+strings.Repeat("a", 120)), free("accept")),
		scenario("ten unsafe headers", many(10), free("x-ha,x-hb,x-hc,x-hd,x-he,x-hf,x-hg,x-hh,x-hi,x-hj")),
		scenario("one of ten missing", many(10), free("x-ha,x-hb,x-hc,x-hd,x-he,x-hf,x-hg,x-hh,x-hj")),
		scenario("forbidden and unsafe", header("Cookie: a=1"), header("X-A: 1"), header("Sec-Foo: 1"), free("x-a")),
		scenario("no-cors keeps safelisted", mode(browser.NoCORS), method("POST"), header("Accept: x"), header("Content-Type: text/plain"), header("Content-Language: de"), act(200)),
		scenario("no-cors drops others", mode(browser.NoCORS), method("POST"), header("X-A: 1"), header("Content-Type: application/json"), header("Authorization: x"), act(200)),
		scenario("no-cors drops range", mode(browser.NoCORS), header("Range: bytes=0-1"), act(200)),
		scenario("no-cors long value", mode(browser.NoCORS), header("Accept: "+strings.Repeat("a", 129)), act(200)),
		scenario("no-cors twice, long together", mode(browser.NoCORS), header("Accept: "+long), header("Accept: "+long), act(200)),
		scenario("no-cors content type with a blob", mode(browser.NoCORS), method("POST"), blob("application/json", "{}"), act(200)),
		scenario("no-cors content type with a safe blob", mode(browser.NoCORS), method("POST"), blob("text/plain", "{}"), act(200)),
		scenario("same-origin with any header", to(near), header("X-A: 1"), header("Authorization: x"), act(200)),
	}
}

func headers(n int, line string) option {
	return func(s *Scenario) {
		for range n {
			header(line)(s)
		}
	}
}

// bodies are about the Content-Type that a body brings along.
func bodyScenarios() []*Scenario {
	var all []*Scenario
	bodies := map[string]option{
		"text": body(browser.Text, "x"), "params": body(browser.URLSearchParams, "a=b"), "form data": body(browser.FormData, "x"),
		"bytes": body(browser.Bytes, "x"), "untyped blob": blob("", "x"), "text blob": blob("text/plain", "x"), "json blob": blob("application/json", "{}"),
		"form blob": blob("application/x-www-form-urlencoded", "x"), "odd blob": blob("Text/HTML;a=b", "x"), "empty text": body(browser.Text, ""),
		"invalid blob": blob("text/é", "x"), "blob with charset": blob("text/plain;charset=latin1", "x"),
	}
	names := []string{"text", "params", "form data", "bytes", "untyped blob", "text blob", "json blob", "form blob", "odd blob", "empty text", "invalid blob", "blob with charset"}
	for _, name := range names {
		all = append(all,
			scenario("fetch "+name, method("POST"), bodies[name], open()),
			scenario("fetch with own type "+name, method("POST"), bodies[name], header("Content-Type: text/plain"), open()),
			scenario("xhr "+name, kind(browser.XMLHttpRequest), method("POST"), bodies[name], open()),
			scenario("xhr with own type "+name, kind(browser.XMLHttpRequest), method("POST"), bodies[name], header("Content-Type: application/json"), open()),
			scenario("beacon "+name, kind(browser.Beacon), bodies[name], open()),
			scenario("no-cors "+name, mode(browser.NoCORS), method("POST"), bodies[name], act(200)),
		)
	}
	all = append(all,
		scenario("xhr text with a type without charset", kind(browser.XMLHttpRequest), method("POST"), body(browser.Text, "x"), header("Content-Type: text/plain"), open()),
		scenario("xhr text with a type with another charset", kind(browser.XMLHttpRequest), method("POST"), body(browser.Text, "x"), header("Content-Type: text/plain;charset=latin1"), open()),
		scenario("xhr upload listener", kind(browser.XMLHttpRequest), method("POST"), body(browser.Text, "x"), uploadListener(), open()),
		scenario("xhr upload listener without a body", kind(browser.XMLHttpRequest), method("POST"), uploadListener(), open()),
		scenario("xhr upload listener on GET", kind(browser.XMLHttpRequest), uploadListener(), open()),
		scenario("xhr upload listener refused", kind(browser.XMLHttpRequest), method("POST"), body(browser.Text, "x"), uploadListener(), act(200, acao(app))),
		scenario("xhr upload listener same-origin", kind(browser.XMLHttpRequest), method("POST"), to(near), body(browser.Text, "x"), uploadListener(), act(200)),
		scenario("keepalive POST", method("POST"), body(browser.Text, "x"), keepalive(), open()),
		scenario("keepalive PUT", method("PUT"), body(browser.Text, "x"), keepalive(), open()),
		scenario("beacon without a body", kind(browser.Beacon), open()),
		scenario("beacon json refused", kind(browser.Beacon), blob("application/json", "{}"), act(200, acao(app))),
		scenario("beacon json without allowed origin", kind(browser.Beacon), blob("application/json", "{}"), pre(204, acah("content-type")), act(200)),
		scenario("beacon json without credentials", kind(browser.Beacon), blob("application/json", "{}"), pre(204, acao(app), acah("content-type")), act(200)),
		scenario("beacon json wildcard", kind(browser.Beacon), blob("application/json", "{}"), pre(204, acao("*"), acah("*")), act(200)),
	)
	return all
}
