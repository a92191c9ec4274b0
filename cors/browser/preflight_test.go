package browser_test

import (
	"strings"
	"testing"

	"github.com/concors/concors/cors/browser"
)

func TestWhatNeedsAPreflight(t *testing.T) {
	long := strings.Repeat("a", 128)
	// Each of these is safelisted; nine times 120 bytes are too much together.
	var many []browser.HeaderField
	for range 9 {
		many = append(many, hdr("Accept", strings.Repeat("a", 120)))
	}
	for _, test := range []struct {
		name    string
		call    browser.Call
		request string // Access-Control-Request-Method and -Headers, "" for no preflight
	}{
		{"GET", browser.Call{}, ""},
		{"HEAD", browser.Call{Method: "HEAD"}, ""},
		{"POST", browser.Call{Method: "POST"}, ""},
		{"lower-case post is normalized", browser.Call{Method: "post"}, ""},
		{"PUT", browser.Call{Method: "PUT"}, "PUT"},
		{"lower-case delete is normalized", browser.Call{Method: "delete"}, "DELETE"},
		{"lower-case patch is not", browser.Call{Method: "patch"}, "patch"},
		{"OPTIONS", browser.Call{Method: "OPTIONS"}, "OPTIONS"},
		{"a method of one's own", browser.Call{Method: "CHICKEN"}, "CHICKEN"},
		{"text body", browser.Call{Method: "POST", Body: browser.Body{Kind: browser.Text}}, ""},
		{"URLSearchParams body", browser.Call{Method: "POST", Body: browser.Body{Kind: browser.URLSearchParams}}, ""},
		{"FormData body", browser.Call{Method: "POST", Body: browser.Body{Kind: browser.FormData}}, ""},
		{"bytes have no type", browser.Call{Method: "POST", Body: browser.Body{Kind: browser.Bytes}}, ""},
		{"blob without a type", browser.Call{Method: "POST", Body: browser.Body{Kind: browser.Blob}}, ""},
		{"blob of a safe type", browser.Call{Method: "POST", Body: browser.Body{Kind: browser.Blob, Type: "Text/Plain"}}, ""},
		{"blob of JSON", browser.Call{Method: "POST", Body: browser.Body{Kind: browser.Blob, Type: "application/json"}}, "POST content-type"},
		{"a stream always", browser.Call{Method: "POST", Body: browser.Body{Kind: browser.Stream}}, "POST"},
		{"Accept", browser.Call{Headers: []browser.HeaderField{hdr("Accept", "application/json")}}, ""},
		{"Accept with an unsafe byte", browser.Call{Headers: []browser.HeaderField{hdr("Accept", `a"b`)}}, "GET accept"},
		{"128 bytes", browser.Call{Headers: []browser.HeaderField{hdr("Accept", long)}}, ""},
		{"129 bytes", browser.Call{Headers: []browser.HeaderField{hdr("Accept", long+"a")}}, "GET accept"},
		{"1,080 bytes in all", browser.Call{Headers: many}, "GET accept"},
		{"960 bytes in all", browser.Call{Headers: many[1:]}, ""},
		{"Accept-Language", browser.Call{Headers: []browser.HeaderField{hdr("Accept-Language", "de-DE, en;q=0.5")}}, ""},
		{"Accept-Language with a slash", browser.Call{Headers: []browser.HeaderField{hdr("Accept-Language", "de/DE")}}, "GET accept-language"},
		{"JSON", browser.Call{Method: "POST", Headers: []browser.HeaderField{hdr("content-type", "application/json")}}, "POST content-type"},
		{"form type in capitals with a parameter", browser.Call{Method: "POST", Headers: []browser.HeaderField{hdr("Content-Type", "Multipart/Form-Data; boundary=x")}}, ""},
		{"a text type with an unsafe parameter", browser.Call{Method: "POST", Headers: []browser.HeaderField{hdr("Content-Type", `text/plain;charset="utf-8"`)}}, "POST content-type"},
		{"each value of a repeated header is judged alone", browser.Call{Method: "POST", Headers: []browser.HeaderField{hdr("Content-Type", "text/plain"), hdr("content-type", "text/plain")}}, ""},
		{"one bad value of a repeated header", browser.Call{Method: "POST", Headers: []browser.HeaderField{hdr("Content-Type", "application/json"), hdr("content-type", "text/plain")}}, "POST content-type"},
		{"Range", browser.Call{Headers: []browser.HeaderField{hdr("Range", "bytes=0-99")}}, ""},
		{"open Range", browser.Call{Headers: []browser.HeaderField{hdr("Range", "bytes=5-")}}, ""},
		{"suffix Range", browser.Call{Headers: []browser.HeaderField{hdr("Range", "bytes=-5")}}, "GET range"},
		{"Range backwards", browser.Call{Headers: []browser.HeaderField{hdr("Range", "bytes=9-5")}}, "GET range"},
		{"two ranges", browser.Call{Headers: []browser.HeaderField{hdr("Range", "bytes=0-1,5-6")}}, "GET range"},
		{"Authorization", browser.Call{Headers: []browser.HeaderField{hdr("Authorization", "Bearer x")}}, "GET authorization"},
		{"names are sorted, lower-cased and unique", browser.Call{Headers: []browser.HeaderField{hdr("X-B", "1"), hdr("X-A", "1"), hdr("x-b", "2")}}, "GET x-a,x-b"},
		{"safe headers are not announced", browser.Call{Headers: []browser.HeaderField{hdr("X-B", "1"), hdr("Accept", "*/*")}}, "GET x-b"},
		{"a forbidden header is dropped", browser.Call{Headers: []browser.HeaderField{hdr("Cookie", "a=b"), hdr("Sec-Fetch-Site", "none"), hdr("Proxy-X", "1")}}, ""},
		{"an override of a harmless method", browser.Call{Headers: []browser.HeaderField{hdr("X-HTTP-Method-Override", "PUT")}}, "GET x-http-method-override"},
		{"an override of TRACE is dropped", browser.Call{Headers: []browser.HeaderField{hdr("X-HTTP-Method-Override", "PUT, trace")}}, ""},
		{"XMLHttpRequest with a listener on upload", browser.Call{Kind: browser.XMLHttpRequest, Method: "POST", UploadListener: true}, "POST"},
		{"XMLHttpRequest without", browser.Call{Kind: browser.XMLHttpRequest, Method: "POST"}, ""},
		{"XMLHttpRequest combines values", browser.Call{Kind: browser.XMLHttpRequest, Headers: []browser.HeaderField{hdr("Accept", long), hdr("accept", "b")}}, "GET accept"},
		{"sendBeacon of text", browser.Call{Kind: browser.Beacon, Body: browser.Body{Kind: browser.Text}}, ""},
		{"sendBeacon of JSON", browser.Call{Kind: browser.Beacon, Body: browser.Body{Kind: browser.Blob, Type: "application/json"}}, "POST content-type"},
		{"EventSource", browser.Call{Kind: browser.EventSource}, ""},
		{"a font", browser.Call{Kind: browser.Font}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.call.URL = api + "/x"
			lines := []string{"Access-Control-Allow-Origin: " + docs, "Access-Control-Allow-Credentials: true", "Content-Type: text/event-stream"}
			permit := ok(append(lines, "Access-Control-Allow-Methods: DELETE, "+test.call.Method,
				"Access-Control-Allow-Headers: x-a, x-b, accept, accept-language, content-type, range, authorization, x-http-method-override")...)
			answers := []answer{permit, ok(lines...)}
			if test.request == "" {
				answers = answers[1:]
			}
			res := run(browser.Page{Origin: docs}, test.call, answers...)
			check(t, res, "allowed", nil)
			got := ""
			if p := res.Preflight(); p != nil {
				got = p.Header.Get("Access-Control-Request-Method")
				if names := p.Header["Access-Control-Request-Headers"]; names != nil {
					got += " " + names[0]
				}
				if p.Method != "OPTIONS" || p.Header.Get("Origin") != docs || p.Header.Get("Accept") != "*/*" || p.HasBody || p.Credentials {
					t.Errorf("preflight %+v", p)
				}
			}
			if got != test.request {
				t.Errorf("preflight %q, want %q\n%s", got, test.request, story(res))
			}
		})
	}
}

func TestPreflightAnswers(t *testing.T) {
	const acao, acam, acah = "Access-Control-Allow-Origin: ", "Access-Control-Allow-Methods: ", "Access-Control-Allow-Headers: "
	for _, test := range []struct {
		name   string
		call   browser.Call
		answer answer
		want   string
		chrome string // if it differs
	}{
		{"204", browser.Call{Method: "PUT"}, status(204, acao+docs, acam+"PUT"), "allowed", ""},
		{"299", browser.Call{Method: "PUT"}, status(299, acao+docs, acam+"PUT"), "allowed", ""},
		{"300 is no success", browser.Call{Method: "PUT"}, status(300, acao+docs, acam+"PUT"), "preflight-status", ""},
		{"401", browser.Call{Method: "PUT"}, status(401, acao+docs, acam+"PUT"), "preflight-status", ""},
		{"401 without headers", browser.Call{Method: "PUT"}, status(401), "missing-allow-origin", ""},
		{"redirect", browser.Call{Method: "PUT"}, status(301, acao+docs, acam+"PUT", "Location: /y"), "preflight-redirect", ""},
		{"redirect without headers", browser.Call{Method: "PUT"}, status(302, "Location: /y"), "missing-allow-origin", "preflight-redirect"},
		{"redirect without Location", browser.Call{Method: "PUT"}, status(302, acao+docs), "preflight-status", ""},
		{"no methods", browser.Call{Method: "PUT"}, ok(acao + docs), "method-not-allowed", ""},
		{"other methods", browser.Call{Method: "PUT"}, ok(acao+docs, acam+"DELETE, PATCH"), "method-not-allowed", ""},
		{"methods are case-sensitive", browser.Call{Method: "PUT"}, ok(acao+docs, acam+"put"), "method-not-allowed", ""},
		{"patch is not PATCH", browser.Call{Method: "patch"}, ok(acao+docs, acam+"PATCH"), "method-not-allowed", ""},
		{"methods on several lines", browser.Call{Method: "PUT"}, ok(acao+docs, acam+"GET", acam+"POST, ,PUT,"), "allowed", ""},
		{"any method", browser.Call{Method: "PUT"}, ok(acao+docs, acam+"*"), "allowed", ""},
		{"any method but with credentials", browser.Call{Method: "PUT", Credentials: browser.Include}, ok(acao+docs, "Access-Control-Allow-Credentials: true", acam+"*"), "method-not-allowed", ""},
		{"a method named *, with credentials", browser.Call{Method: "*", Credentials: browser.Include}, ok(acao+docs, "Access-Control-Allow-Credentials: true", acam+"*"), "allowed", ""},
		{"safelisted methods need no entry", browser.Call{Method: "POST", Headers: []browser.HeaderField{hdr("X-A", "1")}}, ok(acao+docs, acam+"DELETE", acah+"X-A"), "allowed", ""},
		{"malformed methods", browser.Call{Method: "PUT"}, ok(acao+docs, acam+"PUT, (x)"), "invalid-allow-methods", ""},
		{"quoted methods", browser.Call{Method: "PUT"}, ok(acao+docs, acam+`"PUT"`), "invalid-allow-methods", ""},
		{"malformed headers", browser.Call{Method: "PUT"}, ok(acao+docs, acam+"PUT", acah+"x y"), "invalid-allow-headers", ""},
		{"malformed methods matter to a GET too", browser.Call{Headers: []browser.HeaderField{hdr("X-A", "1")}}, ok(acao+docs, acam+"a b", acah+"X-A"), "invalid-allow-methods", ""},
		{"header listed in another case", browser.Call{Headers: []browser.HeaderField{hdr("X-Api-Key", "1")}}, ok(acao+docs, acah+"X-API-KEY"), "allowed", ""},
		{"header missing", browser.Call{Headers: []browser.HeaderField{hdr("X-A", "1"), hdr("X-B", "1")}}, ok(acao+docs, acah+"X-A"), "header-not-allowed", ""},
		{"any header", browser.Call{Headers: []browser.HeaderField{hdr("X-A", "1")}}, ok(acao+docs, acah+"*"), "allowed", ""},
		{"any header but with credentials", browser.Call{Headers: []browser.HeaderField{hdr("X-A", "1")}, Credentials: browser.Include}, ok(acao+docs, "Access-Control-Allow-Credentials: true", acah+"*"), "header-not-allowed", ""},
		{"any header but Authorization", browser.Call{Headers: []browser.HeaderField{hdr("Authorization", "1")}}, ok(acao+docs, acah+"*"), "header-not-allowed", "allowed"},
		{"any header and Authorization", browser.Call{Headers: []browser.HeaderField{hdr("Authorization", "1"), hdr("X-A", "1")}}, ok(acao+docs, acah+"*, authorization"), "allowed", ""},
		{"a stream without methods", browser.Call{Method: "PUT", Body: browser.Body{Kind: browser.Stream}}, ok(acao + docs), "allowed", "method-not-allowed"},
		{"no answer", browser.Call{Method: "PUT"}, answer{err: errScript}, "network-error", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.call.URL = api + "/x"
			final := allow("Access-Control-Allow-Credentials: true")
			check(t, run(browser.Page{Origin: docs}, test.call, test.answer, final), test.want, nil)
			if test.chrome == "" {
				test.chrome = test.want
			}
			check(t, runAs(browser.Chromium, browser.Page{Origin: docs}, test.call, test.answer, final), test.chrome, nil)
		})
	}
}

func TestPreflightThenRefusedAnswer(t *testing.T) {
	res := run(browser.Page{Origin: docs}, browser.Call{Method: "PUT", URL: api}, allow("Access-Control-Allow-Methods: PUT"), ok())
	check(t, res, "missing-allow-origin", []string{"OPTIONS " + api + "/", "PUT " + api + "/"})
	if res.Blocked.Preflight || res.Blocked.Exchange != 1 {
		t.Errorf("failure %+v is not the second exchange's", res.Blocked)
	}
}

func TestSafelistingDiffersBetweenBrowsers(t *testing.T) {
	repeated := []browser.HeaderField{hdr("Accept", strings.Repeat("a", 100)), hdr("Accept", strings.Repeat("b", 100))}
	types := []browser.HeaderField{hdr("Content-Type", "text/plain"), hdr("Content-Type", "text/plain")}
	hint := []browser.HeaderField{hdr("DPR", "2.0"), hdr("Save-Data", "on"), hdr("Viewport-Width", "300")}
	badHint := []browser.HeaderField{hdr("DPR", "2."), hdr("Save-Data", "off"), hdr("Width", "3px")}
	for _, test := range []struct {
		name    string
		headers []browser.HeaderField
		want    map[browser.Profile]string
	}{
		{"a long pair of values", repeated, map[browser.Profile]string{browser.Chromium: "accept", browser.WebKit: "accept"}},
		{"a pair of types", types, map[browser.Profile]string{browser.Chromium: "content-type", browser.WebKit: "content-type"}},
		{"client hints", hint, map[browser.Profile]string{browser.Standard: "dpr,save-data,viewport-width", browser.Firefox: "dpr,save-data,viewport-width", browser.WebKit: "dpr,save-data,viewport-width"}},
		{"malformed client hints", badHint, map[browser.Profile]string{browser.Standard: "dpr,save-data,width", browser.Chromium: "dpr,save-data,width", browser.Firefox: "dpr,save-data,width", browser.WebKit: "dpr,save-data,width"}},
	} {
		for _, p := range browser.Profiles() {
			t.Run(test.name+" in "+p.String(), func(t *testing.T) {
				res := runAs(p, browser.Page{Origin: docs}, browser.Call{Method: "POST", URL: api, Headers: test.headers}, allow(), allow())
				got := ""
				if x := res.Preflight(); x != nil {
					got = x.Header.Get("Access-Control-Request-Headers")
				}
				if got != test.want[p] {
					t.Errorf("announced %q, want %q", got, test.want[p])
				}
			})
		}
	}
}
