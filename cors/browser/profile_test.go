package browser_test

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/concors/concors/cors/browser"
)

// TestProfiles pins what Chromium 156 and Firefox 153 were measured to do
// differently from the standard and from each other.
func TestProfiles(t *testing.T) {
	const acao, origin, site, names = "Access-Control-Allow-Origin: ", "Origin", "Sec-Fetch-Site", "Access-Control-Request-Headers"
	page := browser.Page{Origin: docs}
	anyone := ok(acao+"*", "Access-Control-Allow-Methods: PUT", "Access-Control-Allow-Headers: x-a, content-type, authorization, range, accept, rtt")
	to := func(code int, location string) answer {
		return status(code, acao+"*", "Location: "+location)
	}
	put := browser.Call{Method: "PUT", URL: api + "/a"}
	for _, test := range []struct {
		name    string
		page    browser.Page
		call    browser.Call
		answers []answer
		headers []string
		want    map[browser.Profile][]string // what is sent, or the outcome alone
	}{
		{
			"a redirected preflight asks from scratch in Chromium, and in the page's name in Firefox",
			page, put, []answer{anyone, to(307, third+"/b"), anyone, anyone}, []string{origin, site},
			map[browser.Profile][]string{
				browser.Standard: {"OPTIONS " + api + "/a Origin=" + docs + " Sec-Fetch-Site=same-site", "PUT " + api + "/a Origin=" + docs + " Sec-Fetch-Site=same-site", "OPTIONS " + third + "/b Origin=null Sec-Fetch-Site=cross-site", "PUT " + third + "/b Origin=null Sec-Fetch-Site=cross-site"},
				browser.Firefox:  {"OPTIONS " + api + "/a Origin=" + docs + " Sec-Fetch-Site=same-site", "PUT " + api + "/a Origin=" + docs + " Sec-Fetch-Site=same-site", "OPTIONS " + third + "/b Origin=" + docs + " Sec-Fetch-Site=cross-site", "PUT " + third + "/b Origin=null Sec-Fetch-Site=cross-site"},
			},
		},
		{
			"back home a preflight is same-origin to those who forget the way",
			page, put, []answer{anyone, to(307, docs+"/b"), anyone, anyone}, []string{site},
			map[browser.Profile][]string{
				browser.Standard: {"OPTIONS " + api + "/a Sec-Fetch-Site=same-site", "PUT " + api + "/a Sec-Fetch-Site=same-site", "OPTIONS " + docs + "/b Sec-Fetch-Site=same-site", "PUT " + docs + "/b Sec-Fetch-Site=same-site"},
				browser.Chromium: {"OPTIONS " + api + "/a Sec-Fetch-Site=same-site", "PUT " + api + "/a Sec-Fetch-Site=same-site", "OPTIONS " + docs + "/b Sec-Fetch-Site=same-origin", "PUT " + docs + "/b Sec-Fetch-Site=same-site"},
			},
		},
		{
			"Firefox asks again after 303",
			page, put, []answer{anyone, to(303, "/b"), anyone, anyone}, nil,
			map[browser.Profile][]string{
				browser.Chromium: {"OPTIONS " + api + "/a", "PUT " + api + "/a", "GET " + api + "/b"},
				browser.Firefox:  {"OPTIONS " + api + "/a", "PUT " + api + "/a", "OPTIONS " + api + "/b", "GET " + api + "/b"},
			},
		},
		{
			"Firefox announces the headers of the first request",
			page, browser.Call{URL: docs + "/a", Headers: []browser.HeaderField{hdr("X-A", "1"), hdr("Authorization", "x")}}, []answer{to(302, api+"/b"), anyone, anyone}, []string{names},
			map[browser.Profile][]string{
				browser.Firefox: {"GET " + docs + "/a", "OPTIONS " + api + "/b " + names + "=x-a", "GET " + api + "/b"},
			},
		},
		{
			"Firefox asks for a header that the redirect removed",
			page, browser.Call{URL: docs + "/a", Headers: []browser.HeaderField{hdr("Authorization", "x")}}, []answer{to(302, api+"/b"), anyone, anyone}, nil,
			map[browser.Profile][]string{
				browser.Chromium: {"GET " + docs + "/a", "GET " + api + "/b"},
				browser.Firefox:  {"GET " + docs + "/a", "OPTIONS " + api + "/b", "GET " + api + "/b"},
			},
		},
		{
			"Firefox brings back what an earlier redirect removed",
			page, browser.Call{Method: "POST", URL: docs + "/a", Body: browser.Body{Kind: browser.Text}}, []answer{to(302, "/b"), to(307, "/c"), anyone}, []string{"Content-Type"},
			map[browser.Profile][]string{
				browser.Chromium: {"POST " + docs + "/a Content-Type=text/plain;charset=UTF-8", "GET " + docs + "/b", "GET " + docs + "/c"},
				browser.Firefox:  {"POST " + docs + "/a Content-Type=text/plain;charset=UTF-8", "GET " + docs + "/b", "GET " + docs + "/c Content-Type=text/plain;charset=UTF-8"},
			},
		},
		{
			"Firefox announces a repeated header twice",
			page, browser.Call{URL: api + "/a", Headers: []browser.HeaderField{hdr("X-A", "1"), hdr("x-a", "2")}}, []answer{anyone, anyone}, []string{names},
			map[browser.Profile][]string{
				browser.Chromium: {"OPTIONS " + api + "/a " + names + "=x-a", "GET " + api + "/a"},
				browser.Firefox:  {"OPTIONS " + api + "/a " + names + "=x-a,x-a", "GET " + api + "/a"},
			},
		},
		{
			"Firefox takes Latin-1 for unsafe",
			page, browser.Call{URL: api + "/a", Headers: []browser.HeaderField{hdr("Accept", "é")}}, []answer{anyone, anyone}, nil,
			map[browser.Profile][]string{browser.Firefox: {"OPTIONS " + api + "/a", "GET " + api + "/a"}, browser.Chromium: {"GET " + api + "/a"}},
		},
		{
			"a Range of 2⁶³",
			page, browser.Call{URL: api + "/a", Headers: []browser.HeaderField{hdr("Range", "bytes=9223372036854775808-")}}, []answer{anyone, anyone}, nil,
			map[browser.Profile][]string{browser.Standard: {"GET " + api + "/a"}, browser.Chromium: {"OPTIONS " + api + "/a", "GET " + api + "/a"}, browser.Firefox: {"GET " + api + "/a"}, browser.WebKit: {"GET " + api + "/a"}},
		},
		{
			"an upload listener without a body",
			page, browser.Call{Kind: browser.XMLHttpRequest, URL: api + "/a", UploadListener: true}, []answer{anyone, anyone}, nil,
			map[browser.Profile][]string{browser.Standard: {"OPTIONS " + api + "/a", "GET " + api + "/a"}, browser.Chromium: {"GET " + api + "/a"}, browser.Firefox: {"OPTIONS " + api + "/a", "GET " + api + "/a"}},
		},
		{
			"no-cors POST under no-referrer",
			page, browser.Call{Method: "POST", Mode: browser.NoCORS, URL: other, ReferrerPolicy: browser.NoReferrer}, []answer{anyone}, []string{origin},
			map[browser.Profile][]string{browser.Standard: {"POST " + other + "/ Origin=null"}, browser.Chromium: {"POST " + other + "/ Origin=" + docs}, browser.Firefox: {"POST " + other + "/ Origin=null"}},
		},
		{
			"a no-cors POST that is redirected elsewhere",
			page, browser.Call{Method: "POST", Mode: browser.NoCORS, URL: docs + "/a"}, []answer{to(307, api+"/b"), anyone}, []string{origin},
			map[browser.Profile][]string{browser.Standard: {"POST " + docs + "/a Origin=" + docs, "POST " + api + "/b Origin=" + docs}, browser.Chromium: {"POST " + docs + "/a Origin=" + docs, "POST " + api + "/b Origin=null"}},
		},
		{
			"a module of the page's own origin",
			page, browser.Call{Kind: browser.ModuleScript, URL: docs + "/m"}, []answer{ok("Content-Type: text/javascript")}, []string{origin},
			map[browser.Profile][]string{browser.Standard: {"GET " + docs + "/m"}, browser.Chromium: {"GET " + docs + "/m Origin=" + docs}},
		},
		{
			"a frame that calls the site in the address bar",
			browser.Page{Origin: other, TopLevel: docs}, browser.Call{Kind: browser.Image, URL: docs + "/i"}, []answer{anyone}, []string{origin},
			map[browser.Profile][]string{browser.Standard: {"GET " + docs + "/i"}, browser.Chromium: {"GET " + docs + "/i"}, browser.Firefox: {"GET " + docs + "/i Origin=" + other}},
		},
		{
			"a preflight to plain http",
			browser.Page{Origin: "http://docs.example.com"}, browser.Call{Method: "PUT", URL: "http://api.example.com/a"}, []answer{anyone, anyone}, []string{"Sec-Fetch-Mode"},
			map[browser.Profile][]string{browser.Standard: {"OPTIONS http://api.example.com/a", "PUT http://api.example.com/a"}, browser.Chromium: {"OPTIONS http://api.example.com/a Sec-Fetch-Mode=cors", "PUT http://api.example.com/a"}},
		},
		{
			"two ports of an IPv6 address",
			browser.Page{Origin: "http://[::1]:1"}, browser.Call{URL: "http://[::1]:2/"}, []answer{anyone}, []string{site},
			map[browser.Profile][]string{browser.Chromium: {"GET http://[::1]:2/ Sec-Fetch-Site=same-site"}, browser.Firefox: {"GET http://[::1]:2/ Sec-Fetch-Site=cross-site"}},
		},
		{
			"client hints after a redirect elsewhere",
			page, browser.Call{URL: api + "/a", Headers: []browser.HeaderField{hdr("RTT", "100")}}, []answer{to(302, "/b"), anyone}, []string{"Rtt"},
			map[browser.Profile][]string{browser.Chromium: {"GET " + api + "/a Rtt=100", "GET " + api + "/b"}},
		},
		{
			"Content-Type twice",
			page, browser.Call{Method: "POST", URL: docs + "/a", Headers: []browser.HeaderField{hdr("Content-Type", "a/b"), hdr("Content-Type", "c/d")}}, []answer{anyone}, []string{"Content-Type"},
			map[browser.Profile][]string{browser.Chromium: {"POST " + docs + "/a Content-Type=a/b, c/d"}, browser.Firefox: {"POST " + docs + "/a Content-Type=c/d"}},
		},
		{
			"User-Agent",
			page, browser.Call{URL: docs + "/a", Headers: []browser.HeaderField{hdr("User-Agent", "x")}}, []answer{anyone}, []string{"User-Agent"},
			map[browser.Profile][]string{browser.Chromium: {"GET " + docs + "/a"}, browser.Firefox: {"GET " + docs + "/a User-Agent=x"}},
		},
		{
			"an image redirected from https to loopback",
			browser.Page{Origin: docs, LoopbackAllowed: true}, browser.Call{Kind: browser.Image, URL: api + "/i"}, []answer{to(302, "http://localhost:3000/i"), anyone}, nil,
			map[browser.Profile][]string{browser.Chromium: {"GET " + api + "/i", "GET https://localhost:3000/i"}, browser.Firefox: {"GET " + api + "/i", "GET http://localhost:3000/i"}},
		},
		{
			"an image of a public address",
			page, browser.Call{Kind: browser.Image, URL: "http://203.0.113.5/"}, []answer{anyone}, nil,
			map[browser.Profile][]string{browser.Chromium: {}, browser.Firefox: {"GET https://203.0.113.5/"}},
		},
	} {
		for p, want := range test.want {
			t.Run(test.name+" in "+p.String(), func(t *testing.T) {
				res := runAs(p, test.page, test.call, slices.Clone(test.answers)...)
				if got := sent(res, test.headers...); !slices.Equal(got, want) {
					t.Errorf("sent\n  %s\nwant\n  %s\n%s", strings.Join(got, "\n  "), strings.Join(want, "\n  "), story(res))
				}
			})
		}
	}
}

// TestFirefoxSendsAuthorizationToAnotherOrigin is a mistake of Firefox that
// users of the model should hear of.
func TestFirefoxSendsAuthorizationToAnotherOrigin(t *testing.T) {
	allow := []string{"Access-Control-Allow-Origin: *", "Access-Control-Allow-Headers: authorization"}
	to := func(location string) answer { return status(307, append(allow, "Location: "+location)...) }
	for _, test := range []struct {
		name    string
		profile browser.Profile
		answers []answer
		told    string // who is named in the note
	}{
		{"one redirect removes it", browser.Firefox, []answer{ok(allow...), to(third + "/b"), ok(allow...), ok(allow...)}, ""},
		{"a second one brings it back", browser.Firefox, []answer{ok(allow...), to(third + "/b"), ok(allow...), to("/c"), ok(allow...), ok(allow...)}, third},
		{"in Chromium it is gone", browser.Chromium, []answer{ok(allow...), to(third + "/b"), to("/c"), ok(allow...)}, ""},
		{"within an origin it was never gone", browser.Firefox, []answer{ok(allow...), to("/b"), ok(allow...), to("/c"), ok(allow...), ok(allow...)}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			res := runAs(test.profile, browser.Page{Origin: docs}, browser.Call{URL: api + "/a", Headers: []browser.HeaderField{hdr("Authorization", "Bearer x")}}, test.answers...)
			told := ""
			for _, n := range res.Notes {
				if n.Code == browser.NoteAuthorizationReturns {
					told += n.Subject
				}
			}
			actual := res.Actual()
			leaks := strings.HasPrefix(actual.URL, third) && actual.Header.Get("Authorization") != ""
			if told != test.told || leaks != (test.told != "") || res.Blocked != nil {
				t.Errorf("the note names %q, want %q; Authorization sent to the other origin: %t\n%s", told, test.told, leaks, story(res))
			}
		})
	}
}

// TestLocationsOfProfiles covers redirect statuses whose Location is missing,
// empty or malformed.
func TestLocationsOfProfiles(t *testing.T) {
	const acao = "Access-Control-Allow-Origin: *"
	for _, test := range []struct {
		name     string
		mode     browser.RedirectMode
		answer   answer
		standard string
		chromium string
	}{
		{"none, followed", browser.Follow, status(302, acao), "cors 302", "cors 302"},
		{"none, error", browser.Error, status(302, acao), "redirect-mode-error", "cors 302"},
		{"none, manual", browser.Manual, status(302, acao), "opaqueredirect 0", "opaqueredirect 0"},
		{"empty, followed", browser.Follow, status(302, acao, "Location:"), "network-error", "cors 302"},
		{"malformed, manual", browser.Manual, status(302, acao, "Location: http://["), "opaqueredirect 0", "redirect-invalid"},
	} {
		for p, want := range map[browser.Profile]string{browser.Standard: test.standard, browser.Chromium: test.chromium} {
			t.Run(test.name+" in "+p.String(), func(t *testing.T) {
				res := runAs(p, browser.Page{Origin: docs}, browser.Call{URL: api, Redirect: test.mode}, test.answer)
				got := outcome(res)
				if res.Response != nil {
					got = string(res.Response.Type) + " " + strconv.Itoa(res.Response.Status)
				}
				if got != want {
					t.Errorf("%s, want %s", got, want)
				}
			})
		}
	}
}

// TestThirdPartyCookieSetting overrides what a profile does by default.
func TestThirdPartyCookieSetting(t *testing.T) {
	for setting, want := range map[browser.ThirdPartyCookies]string{browser.ThirdPartyDefault: "x", browser.ThirdPartySent: "x", browser.ThirdPartyPartitioned: "", browser.ThirdPartyBlocked: ""} {
		jar := new(browser.Cookies)
		if err := jar.Set(api, "x=1; SameSite=None; Secure"); err != nil {
			t.Fatal(err)
		}
		b := browser.Browser{Profile: browser.Chromium, Cookies: jar, ThirdPartyCookies: setting}
		res := b.Fetch(context.Background(), browser.Page{Origin: other}, browser.Call{URL: api, Credentials: browser.Include}, &script{answers: []answer{ok()}})
		if got := cookieNames(res); got != want {
			t.Errorf("setting %d: sent %q, want %q", setting, got, want)
		}
	}
}
