package browser_test

import (
	"strings"
	"testing"

	"github.com/concors/concors/cors/browser"
)

func TestReadableHeaders(t *testing.T) {
	lines := []string{
		"Access-Control-Allow-Origin: *", "Cache-Control: a", "Content-Language: a", "Content-Length: 0", "Content-Type: a/b", "Expires: a",
		"Last-Modified: a", "Pragma: a", "X-A: 1", "X-B: 1", "Set-Cookie: a=b", "Set-Cookie2: a=b", "ETag: x",
	}
	const listed = "cache-control content-language content-length content-type expires last-modified pragma"
	for _, test := range []struct {
		name        string
		expose      []string
		credentials browser.CredentialsMode
		want        string
	}{
		{"nothing exposed", nil, "", listed},
		{"empty list", []string{""}, "", listed},
		{"one header", []string{"X-A"}, "", listed + " x-a"},
		{"in any case, on several lines", []string{"x-a, ,", "X-B"}, "", listed + " x-a x-b"},
		{"Set-Cookie never", []string{"Set-Cookie, Set-Cookie2, X-A"}, "", listed + " x-a"},
		{"everything", []string{"*"}, "", "access-control-allow-origin access-control-expose-headers cache-control content-language content-length content-type etag expires last-modified pragma x-a x-b"},
		{"everything is a name with credentials", []string{"*"}, browser.Include, listed},
		{"a malformed list exposes nothing", []string{"X-A, x b"}, "", listed},
	} {
		t.Run(test.name, func(t *testing.T) {
			all := append([]string(nil), lines...)
			if test.credentials == browser.Include {
				all[0] = "Access-Control-Allow-Origin: " + docs
				all = append(all, "Access-Control-Allow-Credentials: true")
			}
			for _, e := range test.expose {
				all = append(all, "Access-Control-Expose-Headers: "+e)
			}
			res := run(browser.Page{Origin: docs}, browser.Call{URL: api, Credentials: test.credentials}, ok(all...))
			check(t, res, "allowed", nil)
			if got := readable(res); got != test.want {
				t.Errorf("readable %s\nwant     %s", got, test.want)
			}
		})
	}
	t.Run("same origin reads all but Set-Cookie", func(t *testing.T) {
		res := run(browser.Page{Origin: api}, browser.Call{URL: api}, ok(lines...))
		if got := readable(res); got != "access-control-allow-origin cache-control content-language content-length content-type etag expires last-modified pragma x-a x-b" {
			t.Errorf("readable %s", got)
		}
	})
}

func TestBodies(t *testing.T) {
	page := browser.Page{Origin: docs}
	for _, test := range []struct {
		name string
		call browser.Call
		code int
		want string
		null bool
	}{
		{"GET", browser.Call{}, 200, "body", false},
		{"HEAD", browser.Call{Method: "HEAD"}, 200, "", true},
		{"204", browser.Call{}, 204, "", true},
		{"an error's body", browser.Call{}, 500, "body", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.call.URL = api
			a := status(test.code, "Access-Control-Allow-Origin: *")
			a.body = "body"
			res := run(page, test.call, a)
			check(t, res, "allowed", nil)
			if r := res.Response; string(r.Body) != test.want || (r.Body == nil) != test.null || !r.BodyReadable {
				t.Errorf("body %q, readable %v", r.Body, r.BodyReadable)
			}
		})
	}
	t.Run("opaque", func(t *testing.T) {
		a := ok()
		a.body = "secret"
		res := run(page, browser.Call{URL: api, Mode: browser.NoCORS}, a)
		check(t, res, "allowed", nil)
		if r := res.Response; r.Body != nil || r.BodyReadable || r.Status != 0 || r.URL != "" || len(r.Header) > 0 {
			t.Errorf("opaque answer shows %+v", r)
		}
	})
	t.Run("opaque redirect", func(t *testing.T) {
		res := run(page, browser.Call{URL: docs + "/a", Redirect: browser.Manual}, status(302, "Location: /b", "X-A: 1"))
		check(t, res, "allowed", nil)
		if r := res.Response; r.Type != browser.TypeOpaqueRedirect || r.Status != 0 || r.URL != docs+"/a" || len(r.Header) > 0 || r.BodyReadable {
			t.Errorf("opaque redirect shows %+v", r)
		}
	})
}

func TestCrossOriginResourcePolicy(t *testing.T) {
	const corp = "Cross-Origin-Resource-Policy: "
	for _, test := range []struct {
		name   string
		page   browser.Page
		url    string
		lines  []string
		want   string
		omitOK bool
	}{
		{"none", browser.Page{Origin: docs}, other, nil, "allowed", false},
		{"cross-origin", browser.Page{Origin: docs}, other, []string{corp + "cross-origin"}, "allowed", false},
		{"same-origin elsewhere", browser.Page{Origin: docs}, api, []string{corp + "same-origin"}, "corp", false},
		{"same-origin on it", browser.Page{Origin: docs}, docs, []string{corp + "same-origin"}, "allowed", false},
		{"same-site on the same site", browser.Page{Origin: docs}, api, []string{corp + "same-site"}, "allowed", false},
		{"same-site on another", browser.Page{Origin: docs}, other, []string{corp + "same-site"}, "corp", false},
		{"same-site from http to https", browser.Page{Origin: "http://docs.example.com"}, api, []string{corp + "same-site"}, "corp", false},
		{"same-site from https to http loopback", browser.Page{Origin: "https://localhost:1"}, "http://localhost:2", []string{corp + "same-site"}, "allowed", false},
		{"same-site for an opaque page", browser.Page{}, api, []string{corp + "same-site"}, "corp", false},
		{"in capitals it is unknown", browser.Page{Origin: docs}, other, []string{corp + "Same-Origin"}, "allowed", false},
		{"two of them count as none", browser.Page{Origin: docs}, other, []string{corp + "same-origin", corp + "same-origin"}, "allowed", false},
		{"required, but none", browser.Page{Origin: docs, EmbedderPolicy: browser.RequireCORP}, other, nil, "corp-missing", false},
		{"required and there", browser.Page{Origin: docs, EmbedderPolicy: browser.RequireCORP}, other, []string{corp + "cross-origin"}, "allowed", false},
		{"required on the same origin", browser.Page{Origin: docs, EmbedderPolicy: browser.RequireCORP}, docs, nil, "allowed", false},
		{"credentialless loads without credentials", browser.Page{Origin: docs, EmbedderPolicy: browser.Credentialless}, other, nil, "allowed", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			res := run(test.page, browser.Call{Kind: browser.Image, URL: test.url + "/i"}, ok(test.lines...))
			check(t, res, test.want, nil)
			if x := res.Exchanges[0]; test.omitOK == x.Credentials {
				t.Errorf("credentials %v", x.Credentials)
			}
		})
	}
	t.Run("a CORS answer is not asked", func(t *testing.T) {
		check(t, run(browser.Page{Origin: docs}, browser.Call{URL: other}, ok("Access-Control-Allow-Origin: *", corp+"same-origin")), "allowed", nil)
	})
	t.Run("a redirect on the way is asked", func(t *testing.T) {
		check(t, run(browser.Page{Origin: docs}, browser.Call{Kind: browser.Image, URL: other}, status(302, "Location: "+docs, corp+"same-origin")), "corp", nil)
	})
}

func TestMixedContent(t *testing.T) {
	const http = "http://api.example.com/"
	for _, test := range []struct {
		name    string
		page    browser.Page
		call    browser.Call
		want    string // for the standard
		chrome  string // if it differs
		sentURL string
	}{
		{"fetch", browser.Page{Origin: docs}, browser.Call{URL: http}, "mixed-content", "", ""},
		{"from http", browser.Page{Origin: "http://docs.example.com"}, browser.Call{URL: http}, "allowed", "", ""},
		{"to loopback", browser.Page{Origin: docs, LoopbackAllowed: true}, browser.Call{URL: "http://127.0.0.1:8000/"}, "allowed", "", ""},
		{"to localhost", browser.Page{Origin: docs, LoopbackAllowed: true}, browser.Call{URL: "http://x.localhost:8000/"}, "allowed", "", ""},
		{"from localhost", browser.Page{Origin: "http://localhost"}, browser.Call{URL: http}, "mixed-content", "allowed", ""},
		{"an image is upgraded", browser.Page{Origin: docs}, browser.Call{Kind: browser.Image, URL: http}, "allowed", "", api + "/"},
		{"an image from an address is not", browser.Page{Origin: docs}, browser.Call{Kind: browser.Image, URL: "http://192.0.2.7/"}, "mixed-content", "", ""},
		{"a script is blocked", browser.Page{Origin: docs}, browser.Call{Kind: browser.Script, URL: http}, "mixed-content", "", ""},
		{"a frame is blocked", browser.Page{Origin: docs}, browser.Call{Kind: browser.Iframe, URL: http}, "mixed-content", "", ""},
		{"a form is sent", browser.Page{Origin: docs}, browser.Call{Kind: browser.Form, Method: "POST", URL: http}, "allowed", "mixed-content", ""},
		{"an http frame in an https page", browser.Page{Origin: "http://docs.example.com", TopLevel: docs}, browser.Call{URL: http}, "mixed-content", "", ""},
		{"an opaque frame in an https page", browser.Page{TopLevel: docs}, browser.Call{URL: http}, "mixed-content", "", ""},
		{"upgrade-insecure-requests", browser.Page{Origin: docs, UpgradeInsecureRequests: true}, browser.Call{URL: http}, "allowed", "", api + "/"},
		{"upgrade-insecure-requests leaves links elsewhere", browser.Page{Origin: docs, UpgradeInsecureRequests: true}, browser.Call{Kind: browser.Navigation, URL: http}, "allowed", "", http},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer := ok("Access-Control-Allow-Origin: *")
			res := run(test.page, test.call, answer)
			check(t, res, test.want, nil)
			if test.sentURL != "" && res.Exchanges[0].URL != test.sentURL {
				t.Errorf("sent to %s, want %s", res.Exchanges[0].URL, test.sentURL)
			}
			if test.chrome == "" {
				test.chrome = test.want
			}
			check(t, runAs(browser.Chromium, test.page, test.call, answer), test.chrome, nil)
		})
	}
}

func TestLocalNetworkAccess(t *testing.T) {
	for _, test := range []struct {
		name string
		page browser.Page
		call browser.Call
		want string
	}{
		{"public http page to loopback", browser.Page{Origin: "http://docs.example.com"}, browser.Call{URL: "http://localhost:3000/"}, "local-network-insecure"},
		{"public https page to loopback", browser.Page{Origin: docs}, browser.Call{URL: "http://localhost:3000/"}, "local-network-permission"},
		{"with permission", browser.Page{Origin: docs, LoopbackAllowed: true}, browser.Call{URL: "http://localhost:3000/"}, "allowed"},
		{"with the other permission", browser.Page{Origin: docs, LocalNetworkAllowed: true}, browser.Call{URL: "http://localhost:3000/"}, "local-network-permission"},
		{"to a private name with permission", browser.Page{Origin: docs, LocalNetworkAllowed: true}, browser.Call{URL: api, ServerAddressSpace: browser.Local}, "allowed"},
		{"to a private name with the other permission", browser.Page{Origin: docs, LoopbackAllowed: true}, browser.Call{URL: api, ServerAddressSpace: browser.Local}, "local-network-permission"},
		{"public http page to a private address", browser.Page{Origin: "http://docs.example.com"}, browser.Call{URL: "http://192.168.1.1/"}, "local-network-insecure"},
		{"to shared address space", browser.Page{Origin: "http://docs.example.com"}, browser.Call{URL: "http://100.64.0.1/"}, "local-network-insecure"},
		{"to a .local name", browser.Page{Origin: "http://docs.example.com"}, browser.Call{URL: "http://printer.local/"}, "local-network-insecure"},
		{"to IPv6 loopback", browser.Page{Origin: "http://docs.example.com"}, browser.Call{URL: "http://[::1]/"}, "local-network-insecure"},
		{"to a public name with a private address", browser.Page{Origin: docs}, browser.Call{URL: api, ServerAddressSpace: browser.Local}, "local-network-permission"},
		{"private page to loopback", browser.Page{Origin: "http://10.0.0.1"}, browser.Call{URL: "http://127.0.0.1/"}, "allowed"},
		{"loopback page to anything", browser.Page{Origin: "http://localhost:3000"}, browser.Call{URL: "http://192.168.1.1/"}, "allowed"},
		{"private page to private address", browser.Page{Origin: "http://10.0.0.1"}, browser.Call{URL: "http://192.168.1.1/"}, "allowed"},
		{"a page that says where it is", browser.Page{Origin: "http://docs.example.com", AddressSpace: browser.Loopback}, browser.Call{URL: "http://127.0.0.1/"}, "allowed"},
		{"navigation", browser.Page{Origin: "http://docs.example.com"}, browser.Call{Kind: browser.Navigation, URL: "http://localhost/"}, "allowed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer := ok("Access-Control-Allow-Origin: *")
			check(t, runAs(browser.Chromium, test.page, test.call, answer), test.want, nil)
			webkit := "allowed"
			if test.page.Origin == docs && strings.HasPrefix(test.call.URL, "http:") {
				webkit = "mixed-content"
			}
			check(t, runAs(browser.WebKit, test.page, test.call, answer), webkit, nil)
		})
	}
}

func TestMetadata(t *testing.T) {
	for _, test := range []struct {
		name, page, url string
		want            string // Sec-Fetch-Site, "" for no metadata at all
	}{
		{"same origin", docs, docs, "same-origin"},
		{"same site", docs, api, "same-site"},
		{"cross-site", docs, other, "cross-site"},
		{"another scheme is another site", "http://docs.example.com", api, "cross-site"},
		{"another port is the same site", docs + ":8443", docs, "same-site"},
		{"under a public suffix", "https://a.github.io", "https://b.github.io", "cross-site"},
		{"an opaque page", "null", docs, "cross-site"},
		{"plain http gets none", "http://docs.example.com", "http://api.example.com", ""},
		{"loopback http does", "http://a.localhost", "http://b.localhost:8080", "cross-site"},
		{"addresses are sites of their own", "http://127.0.0.1", "http://127.0.0.2", "cross-site"},
		{"IPv6", "http://[::1]:1", "http://[::1]:2", "same-site"},
	} {
		t.Run(test.name, func(t *testing.T) {
			res := run(browser.Page{Origin: test.page}, browser.Call{Method: "PUT", URL: test.url},
				ok("Access-Control-Allow-Origin: *", "Access-Control-Allow-Methods: PUT"), ok("Access-Control-Allow-Origin: *"))
			for _, x := range res.Exchanges {
				if got := x.Header.Get("Sec-Fetch-Site"); got != test.want {
					t.Errorf("%s: Sec-Fetch-Site %q, want %q", x.Method, got, test.want)
				}
				if (x.Header.Get("Sec-Fetch-Mode") == "cors") != (test.want != "") || (x.Header.Get("Sec-Fetch-Dest") == "empty") != (test.want != "") {
					t.Errorf("%s: %v", x.Method, x.Header)
				}
			}
		})
	}
	t.Run("WebSocket", func(t *testing.T) {
		for p, want := range map[browser.Profile]string{browser.Standard: "websocket", browser.Chromium: "", browser.Firefox: "websocket"} {
			res := runAs(p, browser.Page{Origin: docs}, browser.Call{Kind: browser.WebSocket, URL: "wss://api.example.com"}, status(101))
			if got := res.Exchanges[0].Header.Get("Sec-Fetch-Mode"); got != want {
				t.Errorf("%v: Sec-Fetch-Mode %q, want %q", p, got, want)
			}
		}
	})
}

// TestOriginOfUnsafeRequestsWithoutCORS covers "append a request Origin header".
func TestOriginOfUnsafeRequestsWithoutCORS(t *testing.T) {
	for _, test := range []struct {
		name   string
		policy browser.ReferrerPolicy
		call   browser.Call
		want   string
	}{
		{"form", "", browser.Call{Kind: browser.Form, Method: "POST", URL: other}, docs},
		{"form to http", "", browser.Call{Kind: browser.Form, Method: "POST", URL: "http://other.example.net"}, "null"},
		{"form, no-referrer", browser.NoReferrer, browser.Call{Kind: browser.Form, Method: "POST", URL: docs}, "null"},
		{"form, same-origin, elsewhere", browser.SameOriginReferrer, browser.Call{Kind: browser.Form, Method: "POST", URL: other}, "null"},
		{"form, same-origin, at home", browser.SameOriginReferrer, browser.Call{Kind: browser.Form, Method: "POST", URL: docs}, docs},
		{"form to http, origin", browser.OriginOnly, browser.Call{Kind: browser.Form, Method: "POST", URL: "http://other.example.net"}, docs},
		{"form to http, unsafe-url", browser.UnsafeURL, browser.Call{Kind: browser.Form, Method: "POST", URL: "http://other.example.net"}, docs},
		{"form to http, no-referrer-when-downgrade", browser.NoReferrerWhenDowngrade, browser.Call{Kind: browser.Form, Method: "POST", URL: "http://other.example.net"}, "null"},
		{"same-origin fetch", "", browser.Call{Method: "DELETE", URL: docs}, docs},
		{"same-origin fetch, no-referrer: mode cors does not care", browser.NoReferrer, browser.Call{Method: "DELETE", URL: docs}, docs},
		{"no-cors fetch, no-referrer", browser.NoReferrer, browser.Call{Method: "POST", Mode: browser.NoCORS, URL: other}, "null"},
		{"the call's own policy", "", browser.Call{Method: "POST", Mode: browser.NoCORS, URL: other, ReferrerPolicy: browser.NoReferrer}, "null"},
		{"GET has none", "", browser.Call{URL: docs}, ""},
		{"HEAD has none", "", browser.Call{Method: "HEAD", URL: docs}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			res := run(browser.Page{Origin: docs, ReferrerPolicy: test.policy}, test.call, ok())
			check(t, res, "allowed", nil)
			if got := res.Exchanges[0].Header.Get("Origin"); got != test.want {
				t.Errorf("Origin %q, want %q", got, test.want)
			}
		})
	}
	t.Run("a form redirected by a third party", func(t *testing.T) {
		res := run(browser.Page{Origin: docs}, browser.Call{Kind: browser.Form, Method: "POST", URL: other}, status(307, "Location: "+third), ok())
		check(t, res, "allowed", []string{"POST " + other + "/ Origin=" + docs, "POST " + third + "/ Origin=null"}, "Origin")
	})
}

func TestReferer(t *testing.T) {
	const full, origin = docs + "/dir/page?q=1", docs + "/"
	for _, test := range []struct {
		policy                 browser.ReferrerPolicy
		same, cross, downgrade string
	}{
		{"", full, origin, ""},
		{browser.NoReferrer, "", "", ""},
		{browser.NoReferrerWhenDowngrade, full, full, ""},
		{browser.OriginOnly, origin, origin, origin},
		{browser.OriginWhenCrossOrigin, full, origin, origin},
		{browser.SameOriginReferrer, full, "", ""},
		{browser.StrictOrigin, origin, origin, ""},
		{browser.StrictOriginWhenCrossOrigin, full, origin, ""},
		{browser.UnsafeURL, full, full, full},
	} {
		t.Run(string(test.policy), func(t *testing.T) {
			page := browser.Page{Origin: docs, URL: full + "#frag", ReferrerPolicy: test.policy}
			for url, want := range map[string]string{docs: test.same, other: test.cross, "http://other.example.net": test.downgrade} {
				res := run(page, browser.Call{Kind: browser.Navigation, URL: url}, ok())
				if got := res.Exchanges[0].Header.Get("Referer"); got != want {
					t.Errorf("to %s: %q, want %q", url, got, want)
				}
			}
		})
	}
}
