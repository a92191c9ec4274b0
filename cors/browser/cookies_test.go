package browser_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/concors/concors/cors/browser"
)

func TestWhichCookiesAreSent(t *testing.T) {
	all := []string{"none=1; SameSite=None; Secure", "lax=1; SameSite=Lax; Secure", "strict=1; SameSite=Strict; Secure", "unset=1; Secure"}
	std := func(s string) map[browser.Profile]string { return map[browser.Profile]string{browser.Standard: s} }
	with := func(standard, chromium, firefox, webkit string) map[browser.Profile]string {
		return map[browser.Profile]string{browser.Standard: standard, browser.Chromium: chromium, browser.Firefox: firefox, browser.WebKit: webkit}
	}
	for _, test := range []struct {
		name string
		page browser.Page
		call browser.Call
		want map[browser.Profile]string
	}{
		{"same origin", browser.Page{Origin: api}, browser.Call{}, std("none lax strict unset")},
		{"same origin, omitted", browser.Page{Origin: api}, browser.Call{Credentials: browser.Omit}, std("")},
		{"same site, not included", browser.Page{Origin: docs}, browser.Call{}, std("")},
		{"same site, included", browser.Page{Origin: docs}, browser.Call{Credentials: browser.Include}, std("none lax strict unset")},
		{"cross-site, included", browser.Page{Origin: other}, browser.Call{Credentials: browser.Include}, with("none", "none", "", "none unset")},
		{"another scheme is cross-site", browser.Page{Origin: "http://docs.example.com"}, browser.Call{Credentials: browser.Include}, with("none", "none", "none lax strict unset", "none lax strict unset")},
		{"an opaque page is cross-site", browser.Page{}, browser.Call{Credentials: browser.Include}, with("none", "none", "", "none unset")},
		{"same-site frame in a cross-site page", browser.Page{Origin: docs, TopLevel: other}, browser.Call{Credentials: browser.Include}, with("none", "none", "", "none unset")},
		{"cross-site frame between", browser.Page{Origin: docs, CrossSiteAncestor: true}, browser.Call{Credentials: browser.Include}, std("none")},
		{"cross-site image", browser.Page{Origin: other}, browser.Call{Kind: browser.Image}, with("none", "none", "", "none unset")},
		{"cross-site image, anonymous", browser.Page{Origin: other}, browser.Call{Kind: browser.Image, Mode: browser.CORS}, std("")},
		{"cross-site link", browser.Page{Origin: other}, browser.Call{Kind: browser.Navigation}, std("none lax unset")},
		{"cross-site form, GET", browser.Page{Origin: other}, browser.Call{Kind: browser.Form}, std("none lax unset")},
		{"cross-site form, POST, old cookies", browser.Page{Origin: other}, browser.Call{Kind: browser.Form, Method: "POST"}, with("none", "none", "none unset", "none unset")},
		{"same-site form, POST", browser.Page{Origin: docs}, browser.Call{Kind: browser.Form, Method: "POST"}, std("none lax strict unset")},
		{"cross-site frame", browser.Page{Origin: other}, browser.Call{Kind: browser.Iframe}, with("none", "none", "", "none unset")},
		{"same-site WebSocket", browser.Page{Origin: docs}, browser.Call{Kind: browser.WebSocket, URL: "wss://api.example.com/"}, std("none lax strict unset")},
		{"plain http", browser.Page{Origin: "http://docs.example.com"}, browser.Call{URL: "http://api.example.com/", Credentials: browser.Include}, std("")},
	} {
		for p, want := range test.want {
			t.Run(test.name+" in "+p.String(), func(t *testing.T) {
				jar := new(browser.Cookies)
				for _, line := range all {
					if err := jar.Set(api, line); err != nil {
						t.Fatal(err)
					}
				}
				later := time.Now().Add(time.Hour)
				b := browser.Browser{Profile: p, Cookies: jar, Now: func() time.Time { return later }}
				if test.call.URL == "" {
					test.call.URL = api + "/"
				}
				res := b.Fetch(context.Background(), test.page, test.call, &script{answers: []answer{ok()}})
				if got := cookieNames(res); got != want {
					t.Errorf("sent %q, want %q\n%s", got, want, story(res))
				}
			})
		}
	}
}

// cookieNames lists the names in the Cookie header of the last request.
func cookieNames(res *browser.Result) string {
	var names []string
	if x := res.Actual(); x != nil && x.Header.Get("Cookie") != "" {
		for pair := range strings.SplitSeq(x.Header.Get("Cookie"), "; ") {
			name, _, _ := strings.Cut(pair, "=")
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

func TestYoungCookiesGoWithCrossSiteForms(t *testing.T) {
	jar := new(browser.Cookies)
	if err := jar.Set(api, "unset=1; Secure"); err != nil {
		t.Fatal(err)
	}
	b := browser.Browser{Profile: browser.Chromium, Cookies: jar}
	res := b.Fetch(context.Background(), browser.Page{Origin: other}, browser.Call{Kind: browser.Form, Method: "POST", URL: api}, &script{answers: []answer{ok()}})
	if got := cookieNames(res); got != "unset" {
		t.Errorf("sent %q", got)
	}
}

func TestPreflightsHaveNoCookies(t *testing.T) {
	jar := new(browser.Cookies)
	if err := jar.Set(api, "a=1"); err != nil {
		t.Fatal(err)
	}
	b := browser.Browser{Cookies: jar}
	permit := allow("Access-Control-Allow-Methods: PUT", "Access-Control-Allow-Credentials: true", "Set-Cookie: preflight=1")
	res := b.Fetch(context.Background(), browser.Page{Origin: docs}, browser.Call{Method: "PUT", URL: api, Credentials: browser.Include}, &script{answers: []answer{permit, permit}})
	check(t, res, "allowed", []string{"OPTIONS " + api + "/", "PUT " + api + "/ Cookie=a=1"}, "Cookie")
}

func TestSetCookie(t *testing.T) {
	for _, test := range []struct {
		name, url, line string
		wantErr         bool
		sentTo          map[string]string // URL → names sent by a same-origin call
	}{
		{"host only", api + "/a/b", "x=1", false, map[string]string{api + "/a/": "x", api + "/a": "x", api + "/ab": "", api + "/": "", "https://sub.api.example.com/a/": ""}},
		{"domain", api, "x=1; Domain=.Example.com", false, map[string]string{docs: "x", "https://example.com": "x", "https://badexample.com": ""}},
		{"path", api + "/q", "x=1; Path=/p/", false, map[string]string{api + "/p/": "x", api + "/p/q": "x", api + "/p": ""}},
		{"relative path means the default", api + "/a/b", "x=1; Path=p", false, map[string]string{api + "/a/c": "x"}},
		{"secure", api, "x=1; Secure", false, map[string]string{api: "x", "http://api.example.com": ""}},
		{"value with an equals sign", api, "x=a=b", false, map[string]string{api: "x"}},
		{"expired", api, "x=1; Max-Age=0", false, map[string]string{api: ""}},
		{"expires in the past", api, "x=1; Expires=Wed, 21 Oct 2015 07:28:00 GMT", false, map[string]string{api: ""}},
		{"Max-Age wins over Expires", api, "x=1; Max-Age=99; Expires=Wed, 21 Oct 2015 07:28:00 GMT", false, map[string]string{api: "x"}},
		{"__Host- as it should be", api, "__Host-x=1; Secure; Path=/", false, map[string]string{api: "__Host-x"}},
		{"partitioned", api, "x=1; Secure; Partitioned", false, map[string]string{api: "x"}},
		{"foreign domain", api, "x=1; Domain=example.net", true, nil},
		{"public suffix", api, "x=1; Domain=com", true, nil},
		{"secure over http", "http://api.example.com", "x=1; Secure", true, nil},
		{"SameSite=None without Secure", api, "x=1; SameSite=None", true, nil},
		{"__Secure- without Secure", api, "__Secure-x=1", true, nil},
		{"__host- without Path", api, "__host-x=1; Secure", true, nil},
		{"__Host- with Domain", api, "__Host-x=1; Secure; Path=/; Domain=example.com", true, nil},
		{"Partitioned without Secure", api, "x=1; Partitioned", true, nil},
		{"nothing", api, "=", true, nil},
		{"control character", api, "x=\x01", true, nil},
		{"no URL", "https://", "x=1", true, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			jar := new(browser.Cookies)
			if err := jar.Set(test.url, test.line); (err != nil) != test.wantErr {
				t.Fatalf("error %v", err)
			}
			b := browser.Browser{Cookies: jar}
			for url, want := range test.sentTo {
				res := b.Fetch(context.Background(), browser.Page{Origin: strings.Join(strings.SplitN(url, "/", 4)[:3], "/")}, browser.Call{URL: url}, &script{answers: []answer{ok()}})
				if got := cookieNames(res); got != want {
					t.Errorf("to %s: %q, want %q", url, got, want)
				}
			}
		})
	}
}

func TestSetCookieInAnswers(t *testing.T) {
	for _, test := range []struct {
		name    string
		profile browser.Profile
		page    string
		cred    browser.CredentialsMode
		line    string
		home    string // cookies sent from the server's own page afterwards
		again   string // and from the same page, credentials included
		note    bool
	}{
		{"same site, included", browser.Standard, docs, browser.Include, "x=1", "x", "x", false},
		{"same site, not included", browser.Standard, docs, browser.SameOriginCredentials, "x=1", "", "", false},
		{"cross-site, Lax", browser.Standard, other, browser.Include, "x=1; SameSite=Lax", "", "", true},
		{"cross-site, unset", browser.Chromium, other, browser.Include, "x=1", "", "", true},
		{"cross-site, None", browser.Chromium, other, browser.Include, "x=1; SameSite=None; Secure", "x", "x", false},
		{"cross-site, partitioned by Firefox", browser.Firefox, other, browser.Include, "x=1; SameSite=None; Secure", "", "x", false},
		{"cross-site, Partitioned", browser.Chromium, other, browser.Include, "x=1; SameSite=None; Secure; Partitioned", "", "x", false},
		{"cross-site, blocked by WebKit", browser.WebKit, other, browser.Include, "x=1; SameSite=None; Secure", "", "", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := browser.Browser{Profile: test.profile, Cookies: new(browser.Cookies)}
			fetch := func(page string, cred browser.CredentialsMode, lines ...string) *browser.Result {
				lines = append(lines, "Access-Control-Allow-Origin: "+page, "Access-Control-Allow-Credentials: true")
				return b.Fetch(context.Background(), browser.Page{Origin: page}, browser.Call{URL: api, Credentials: cred}, &script{answers: []answer{ok(lines...)}})
			}
			res := fetch(test.page, test.cred, "Set-Cookie: "+test.line)
			check(t, res, "allowed", nil)
			if noted := len(res.Notes) > 0 && res.Notes[0].Code == browser.NoteCookieRejected; noted != test.note {
				t.Errorf("notes %v", res.Notes)
			}
			if got := cookieNames(fetch(api, "")); got != test.home {
				t.Errorf("at home: %q, want %q", got, test.home)
			}
			if got := cookieNames(fetch(test.page, browser.Include)); got != test.again {
				t.Errorf("again: %q, want %q", got, test.again)
			}
		})
	}
}

func TestCookieOrderAndReplacement(t *testing.T) {
	jar := new(browser.Cookies)
	for _, line := range []string{"a=1", "b=1; Path=/x", "c=1", "a=2", "gone=1", "gone=; Max-Age=-1"} {
		if err := jar.Set(api, line); err != nil {
			t.Fatal(err)
		}
	}
	b := browser.Browser{Cookies: jar}
	res := b.Fetch(context.Background(), browser.Page{Origin: api}, browser.Call{URL: api + "/x"}, &script{answers: []answer{ok()}})
	if got := res.Actual().Header.Get("Cookie"); got != "b=1; a=2; c=1" {
		t.Errorf("Cookie %q", got)
	}
}

func TestNotesAboutCookies(t *testing.T) {
	jar := new(browser.Cookies)
	for _, line := range []string{"lax=1; Secure", "none=1; SameSite=None; Secure"} {
		if err := jar.Set(api, line); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		name string
		p    browser.Profile
		page string
		cred browser.CredentialsMode
		want string
	}{
		{"not included", browser.Standard, docs, "", "cookies-not-included lax, none"},
		{"SameSite", browser.Standard, other, browser.Include, "cookie-same-site lax"},
		{"third party", browser.Firefox, other, browser.Include, "cookie-third-party lax, cookie-third-party none"},
		{"all sent", browser.Standard, docs, browser.Include, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := browser.Browser{Profile: test.p, Cookies: jar}
			res := b.Fetch(context.Background(), browser.Page{Origin: test.page}, browser.Call{URL: api, Credentials: test.cred}, &script{answers: []answer{ok()}})
			var got []string
			for _, n := range res.Notes {
				got = append(got, string(n.Code)+" "+n.Subject)
				if n.Text() == "" || strings.Contains(n.Text(), "{s}") {
					t.Errorf("text %q", n.Text())
				}
			}
			if s := strings.Join(got, ", "); s != test.want {
				t.Errorf("notes %q, want %q", s, test.want)
			}
		})
	}
}
