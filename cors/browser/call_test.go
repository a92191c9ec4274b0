package browser_test

import (
	"strings"
	"testing"

	"github.com/concors/concors/cors/browser"
)

func TestCallsThatAreNeverMade(t *testing.T) {
	page := browser.Page{Origin: docs}
	for _, test := range []struct {
		name string
		page browser.Page
		call browser.Call
		want browser.Code
	}{
		{"a page that is no origin", browser.Page{Origin: docs + "/"}, browser.Call{URL: api}, browser.InvalidPage},
		{"a page without a scheme", browser.Page{Origin: "docs.example.com"}, browser.Call{URL: api}, browser.InvalidPage},
		{"a page URL that is none", browser.Page{Origin: docs, URL: "https://["}, browser.Call{URL: api}, browser.InvalidPage},
		{"a top level that is none", browser.Page{Origin: docs, TopLevel: "x"}, browser.Call{URL: api}, browser.InvalidPage},
		{"no such kind", page, browser.Call{Kind: 99, URL: api}, browser.InvalidCall},
		{"no URL", page, browser.Call{URL: "https://[::"}, browser.InvalidURL},
		{"a relative URL from an opaque page", browser.Page{}, browser.Call{URL: "/a"}, browser.InvalidURL},
		{"fetch of user:password@", page, browser.Call{URL: "https://u:p@api.example.com/"}, browser.URLCredentials},
		{"mode navigate", page, browser.Call{URL: api, Mode: browser.Navigate}, browser.InvalidCall},
		{"method with a space", page, browser.Call{URL: api, Method: "GET X"}, browser.InvalidMethod},
		{"method above Latin-1", page, browser.Call{URL: api, Method: "PŪT"}, browser.InvalidMethod},
		{"TRACE", page, browser.Call{URL: api, Method: "trace"}, browser.ForbiddenMethod},
		{"CONNECT with XMLHttpRequest", page, browser.Call{Kind: browser.XMLHttpRequest, URL: api, Method: "CONNECT"}, browser.ForbiddenMethod},
		{"method without a name, XMLHttpRequest", page, browser.Call{Kind: browser.XMLHttpRequest, URL: api, Method: "(x)"}, browser.InvalidMethod},
		{"header name with a space", page, browser.Call{URL: api, Headers: []browser.HeaderField{hdr("X A", "1")}}, browser.InvalidHeader},
		{"header value with a newline", page, browser.Call{URL: api, Headers: []browser.HeaderField{hdr("X-A", "1\n2")}}, browser.InvalidHeader},
		{"header value above Latin-1", page, browser.Call{URL: api, Headers: []browser.HeaderField{hdr("X-A", "łódź")}}, browser.InvalidHeader},
		{"XMLHttpRequest header value with NUL", page, browser.Call{Kind: browser.XMLHttpRequest, URL: api, Headers: []browser.HeaderField{hdr("X-A", "\x00")}}, browser.InvalidHeader},
		{"no-cors PUT", page, browser.Call{URL: api, Method: "PUT", Mode: browser.NoCORS}, browser.NoCORSMethod},
		{"no-cors with redirect error", page, browser.Call{URL: api, Mode: browser.NoCORS, Redirect: browser.Error}, browser.NoCORSRedirectMode},
		{"a GET with a body", page, browser.Call{URL: api, Body: browser.Body{Kind: browser.Text}}, browser.BodyWithGet},
		{"a stream in mode no-cors", page, browser.Call{URL: api, Method: "POST", Mode: browser.NoCORS, Body: browser.Body{Kind: browser.Stream}}, browser.InvalidCall},
		{"mode same-origin elsewhere", page, browser.Call{URL: api, Mode: browser.SameOrigin}, browser.SameOriginMode},
		{"a data: URL through CORS", browser.Page{}, browser.Call{URL: "ftp://api.example.com/"}, browser.SchemeNotSupported},
		{"a bad port", page, browser.Call{URL: "https://api.example.com:25/"}, browser.BadPort},
		{"http from https", page, browser.Call{URL: "http://api.example.com/"}, browser.MixedContent},
		{"keepalive over 64 KiB", page, browser.Call{URL: api, Method: "POST", Keepalive: true, Body: browser.Body{Kind: browser.Text, Data: make([]byte, 65537)}}, browser.KeepaliveTooLarge},
		{"beacon over 64 KiB", page, browser.Call{Kind: browser.Beacon, URL: api, Body: browser.Body{Kind: browser.Text, Data: make([]byte, 65537)}}, browser.KeepaliveTooLarge},
		{"beacon of a stream", page, browser.Call{Kind: browser.Beacon, URL: api, Body: browser.Body{Kind: browser.Stream}}, browser.InvalidCall},
		{"beacon to another scheme", page, browser.Call{Kind: browser.Beacon, URL: "mailto:x"}, browser.SchemeNotSupported},
		{"WebSocket to another scheme", page, browser.Call{Kind: browser.WebSocket, URL: "ftp://x.example/"}, browser.InvalidURL},
		{"plain WebSocket from https", page, browser.Call{Kind: browser.WebSocket, URL: "ws://api.example.com/"}, browser.MixedContent},
		{"image with a method", page, browser.Call{Kind: browser.Image, URL: api, Method: "POST"}, browser.InvalidCall},
		{"form with headers", page, browser.Call{Kind: browser.Form, URL: api, Headers: []browser.HeaderField{hdr("X-A", "1")}}, browser.InvalidCall},
	} {
		t.Run(test.name, func(t *testing.T) {
			res := run(test.page, test.call, ok("Access-Control-Allow-Origin: *"))
			check(t, res, string(test.want), []string{})
			if res.Blocked != nil && (res.Blocked.Exchange != -1 || res.Blocked.Error() == "" || strings.ContainsAny(res.Blocked.Explain(), "{}")) {
				t.Errorf("failure %+v: %v", res.Blocked, res.Blocked)
			}
		})
	}
}

func TestHeadersThatAreDropped(t *testing.T) {
	names := []string{"Accept-Charset", "Accept-Encoding", "Access-Control-Request-Headers", "Access-Control-Request-Method", "Connection",
		"Content-Length", "Cookie", "Cookie2", "Date", "DNT", "Expect", "Host", "Keep-Alive", "Origin", "Referer", "Set-Cookie", "TE", "Trailer",
		"Transfer-Encoding", "Upgrade", "Via", "Proxy-Authorization", "Sec-Anything", "SEC-FETCH-SITE"}
	for _, kind := range []browser.Kind{browser.FetchAPI, browser.XMLHttpRequest} {
		for _, name := range names {
			t.Run(kind.String()+" "+name, func(t *testing.T) {
				res := run(browser.Page{Origin: docs}, browser.Call{Kind: kind, URL: docs, Headers: []browser.HeaderField{hdr(name, "evil")}}, ok())
				check(t, res, "allowed", nil)
				for k, v := range res.Exchanges[0].Header {
					if v[0] == "evil" {
						t.Errorf("%s was sent", k)
					}
				}
				if len(res.Notes) != 1 || res.Notes[0].Code != browser.NoteForbiddenHeader || res.Notes[0].Subject != name {
					t.Errorf("notes %v", res.Notes)
				}
			})
		}
	}
}

func TestNoCORSHeaders(t *testing.T) {
	res := run(browser.Page{Origin: docs}, browser.Call{URL: api, Method: "POST", Mode: browser.NoCORS, Headers: []browser.HeaderField{
		hdr("Accept", "text/html"), hdr("X-A", "1"), hdr("Range", "bytes=0-1"), hdr("Authorization", "x"),
		hdr("Accept-Language", "de"), hdr("Accept-Language", strings.Repeat("a", 127)),
	}, Body: browser.Body{Kind: browser.Blob, Type: "application/json"}}, ok())
	check(t, res, "allowed", nil)
	h := res.Exchanges[0].Header
	if h.Get("Accept") != "text/html" || h.Get("Accept-Language") != "de" {
		t.Errorf("safelisted headers are missing: %v", h)
	}
	for _, name := range []string{"X-A", "Range", "Authorization", "Content-Type"} {
		if h.Get(name) != "" {
			t.Errorf("%s was sent", name)
		}
	}
}

func TestContentTypes(t *testing.T) {
	for _, test := range []struct {
		name string
		kind browser.Kind
		body browser.Body
		set  string
		want string
	}{
		{"fetch text", browser.FetchAPI, browser.Body{Kind: browser.Text}, "", "text/plain;charset=UTF-8"},
		{"fetch with its own", browser.FetchAPI, browser.Body{Kind: browser.Text}, "text/css", "text/css"},
		{"fetch bytes", browser.FetchAPI, browser.Body{Kind: browser.Bytes}, "", ""},
		{"fetch blob", browser.FetchAPI, browser.Body{Kind: browser.Blob, Type: "Image/PNG"}, "", "image/png"},
		{"fetch blob of a bad type", browser.FetchAPI, browser.Body{Kind: browser.Blob, Type: "tęxt/plain"}, "", ""},
		{"XMLHttpRequest form data", browser.XMLHttpRequest, browser.Body{Kind: browser.URLSearchParams}, "", "application/x-www-form-urlencoded;charset=UTF-8"},
		{"XMLHttpRequest rewrites the charset of a string", browser.XMLHttpRequest, browser.Body{Kind: browser.Text}, "text/plain; charset=latin1; a=b", "text/plain;charset=UTF-8;a=b"},
		{"XMLHttpRequest keeps utf-8", browser.XMLHttpRequest, browser.Body{Kind: browser.Text}, "text/plain; charset=utf-8", "text/plain; charset=utf-8"},
		{"XMLHttpRequest leaves what it cannot parse", browser.XMLHttpRequest, browser.Body{Kind: browser.Text}, "nonsense; charset=x", "nonsense; charset=x"},
		{"XMLHttpRequest leaves bytes alone", browser.XMLHttpRequest, browser.Body{Kind: browser.Bytes}, "text/plain; charset=latin1", "text/plain; charset=latin1"},
		{"form", browser.Form, browser.Body{}, "", "application/x-www-form-urlencoded"},
		{"form, text/plain", browser.Form, browser.Body{Type: "TEXT/plain"}, "", "text/plain"},
	} {
		t.Run(test.name, func(t *testing.T) {
			call := browser.Call{Kind: test.kind, Method: "POST", URL: docs, Body: test.body}
			if test.set != "" {
				call.Headers = []browser.HeaderField{hdr("Content-Type", test.set)}
			}
			res := run(browser.Page{Origin: docs}, call, ok())
			check(t, res, "allowed", nil)
			if got := res.Exchanges[0].Header.Get("Content-Type"); got != test.want {
				t.Errorf("Content-Type %q, want %q", got, test.want)
			}
		})
	}
	res := run(browser.Page{Origin: docs}, browser.Call{Kind: browser.Form, Method: "post", URL: docs, Body: browser.Body{Type: "multipart/form-data"}}, ok())
	if got := res.Exchanges[0].Header.Get("Content-Type"); !strings.HasPrefix(got, "multipart/form-data; boundary=") {
		t.Errorf("Content-Type %q", got)
	}
}

// TestKinds checks mode, destination and credentials of each API, and what the
// page sees of a cross-origin answer.
func TestKinds(t *testing.T) {
	const acao = "Access-Control-Allow-Origin: " + docs
	script := "Content-Type: text/javascript"
	for _, test := range []struct {
		call        browser.Call
		answer      answer
		want        string // Sec-Fetch-Mode, Sec-Fetch-Dest, response type
		origin      bool
		credentials bool
	}{
		{browser.Call{}, ok(acao), "cors empty cors", true, false},
		{browser.Call{Credentials: browser.Include}, ok(acao, "Access-Control-Allow-Credentials: true"), "cors empty cors", true, true},
		{browser.Call{Mode: browser.NoCORS}, ok(), "no-cors empty opaque", false, false},
		{browser.Call{Mode: browser.NoCORS, Credentials: browser.Include}, ok(), "no-cors empty opaque", false, true},
		{browser.Call{Mode: browser.NoCORS, Method: "POST"}, ok(), "no-cors empty opaque", true, false},
		{browser.Call{Kind: browser.XMLHttpRequest}, ok(acao), "cors empty cors", true, false},
		{browser.Call{Kind: browser.XMLHttpRequest, Credentials: browser.Omit}, ok(acao), "cors empty cors", true, false},
		{browser.Call{Kind: browser.Form, Method: "POST"}, ok(), "navigate document navigation", true, true},
		{browser.Call{Kind: browser.Form}, ok(), "navigate document navigation", false, true},
		{browser.Call{Kind: browser.Beacon, Body: browser.Body{Kind: browser.Text}}, ok(), "no-cors empty opaque", true, true},
		{browser.Call{Kind: browser.EventSource}, ok(acao, "Content-Type: text/event-stream; x"), "cors empty cors", true, false},
		{browser.Call{Kind: browser.WebSocket, URL: "wss://api.example.com/"}, status(101), "websocket empty websocket", true, true},
		{browser.Call{Kind: browser.Image}, ok(), "no-cors image opaque", false, true},
		{browser.Call{Kind: browser.Image, Mode: browser.CORS}, ok(acao), "cors image cors", true, false},
		{browser.Call{Kind: browser.Image, Mode: browser.CORS, Credentials: browser.Include}, ok(acao, "Access-Control-Allow-Credentials: true"), "cors image cors", true, true},
		{browser.Call{Kind: browser.Script}, ok(script), "no-cors script opaque", false, true},
		{browser.Call{Kind: browser.ModuleScript}, ok(acao, script), "cors script cors", true, false},
		{browser.Call{Kind: browser.Stylesheet}, ok("Content-Type: text/css"), "no-cors style opaque", false, true},
		{browser.Call{Kind: browser.Font}, ok(acao), "cors font cors", true, false},
		{browser.Call{Kind: browser.Media}, ok(), "no-cors video opaque", false, true},
		{browser.Call{Kind: browser.Iframe}, ok(), "navigate iframe navigation", false, true},
		{browser.Call{Kind: browser.Navigation}, ok(), "navigate document navigation", false, true},
	} {
		name := test.call.Kind.String() + " " + string(test.call.Mode) + " " + string(test.call.Credentials) + " " + test.call.Method
		t.Run(name, func(t *testing.T) {
			if test.call.URL == "" {
				test.call.URL = api + "/x"
			}
			res := run(browser.Page{Origin: docs}, test.call, test.answer)
			check(t, res, "allowed", nil)
			if res.Response == nil {
				return
			}
			x := res.Exchanges[0]
			got := x.Header.Get("Sec-Fetch-Mode") + " " + x.Header.Get("Sec-Fetch-Dest") + " " + string(res.Response.Type)
			if got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if hasOrigin := x.Header.Get("Origin") == docs; hasOrigin != test.origin {
				t.Errorf("Origin %q", x.Header.Get("Origin"))
			}
			if x.Credentials != test.credentials {
				t.Errorf("credentials %v", x.Credentials)
			}
			if opaque := res.Response.Type != browser.TypeCORS; opaque && (res.Response.BodyReadable || len(res.Response.Header) > 0) {
				t.Errorf("readable: %+v", res.Response)
			}
		})
	}
}

func TestWhatAPIsRefuse(t *testing.T) {
	const acao = "Access-Control-Allow-Origin: *"
	for _, test := range []struct {
		name   string
		kind   browser.Kind
		answer answer
		want   string
	}{
		{"EventSource of JSON", browser.EventSource, ok(acao, "Content-Type: application/json"), "event-source-refused"},
		{"EventSource with 204", browser.EventSource, status(204, acao, "Content-Type: text/event-stream"), "event-source-refused"},
		{"WebSocket with 200", browser.WebSocket, ok(), "websocket-refused"},
		{"WebSocket with 403", browser.WebSocket, status(403), "websocket-refused"},
		{"WebSocket redirected", browser.WebSocket, status(302, "Location: /b"), "websocket-refused"},
		{"script with 404", browser.Script, status(404), "load-status"},
		{"script that is an image", browser.Script, ok("Content-Type: image/png"), "mime-type"},
		{"script that is CSV", browser.Script, ok("Content-Type: text/csv"), "mime-type"},
		{"script that is JSON, without nosniff", browser.Script, ok("Content-Type: application/json"), "allowed"},
		{"script that is JSON, with nosniff", browser.Script, ok("Content-Type: application/json", "X-Content-Type-Options: NoSniff, x"), "mime-type"},
		{"script with a charset", browser.Script, ok("Content-Type: Text/JavaScript; charset=utf-8", "X-Content-Type-Options: nosniff"), "allowed"},
		{"module without a type", browser.ModuleScript, ok(acao), "mime-type"},
		{"module without CORS", browser.ModuleScript, ok("Content-Type: text/javascript"), "missing-allow-origin"},
		{"stylesheet that is text, with nosniff", browser.Stylesheet, ok("Content-Type: text/plain", "X-Content-Type-Options: nosniff"), "mime-type"},
		{"stylesheet that is text", browser.Stylesheet, ok("Content-Type: text/plain"), "allowed"},
		{"font without CORS", browser.Font, ok(), "missing-allow-origin"},
		{"image with 404", browser.Image, status(404), "allowed"},
		{"no answer", browser.Image, answer{err: errScript}, "network-error"},
	} {
		t.Run(test.name, func(t *testing.T) {
			url := api + "/x"
			if test.kind == browser.WebSocket {
				url = "wss://api.example.com/x"
			}
			check(t, run(browser.Page{Origin: docs}, browser.Call{Kind: test.kind, URL: url}, test.answer), test.want, nil)
		})
	}
}

func TestDataURLs(t *testing.T) {
	for _, test := range []struct{ url, typ, body, want string }{
		{"data:,a%20b", "text/plain;charset=US-ASCII", "a b", "allowed"},
		{"data:text/html,<p>#f", "text/html", "<p>", "allowed"},
		{"data:;charset=utf-8,x", "text/plain;charset=utf-8", "x", "allowed"},
		{"data:text/plain;base64,aGkg Cg==", "text/plain", "hi \n", "allowed"},
		{"data:nonsense,x", "text/plain;charset=US-ASCII", "x", "allowed"},
		{"data:text/plain", "", "", "invalid-url"},
		{"data:;base64,*", "", "", "invalid-url"},
	} {
		res := run(browser.Page{Origin: docs}, browser.Call{URL: test.url})
		check(t, res, test.want, []string{})
		if r := res.Response; r != nil && (r.Type != browser.TypeBasic || r.Header.Get("Content-Type") != test.typ || string(r.Body) != test.body || r.Status != 200) {
			t.Errorf("%s: %+v", test.url, r)
		}
	}
}

func TestFormData(t *testing.T) {
	res := run(browser.Page{Origin: docs}, browser.Call{Kind: browser.Form, Method: "get", URL: api + "/s?old", Body: browser.Body{Data: []byte("q=a b")}}, ok())
	check(t, res, "allowed", []string{"GET " + api + "/s?q=a%20b"})
}
