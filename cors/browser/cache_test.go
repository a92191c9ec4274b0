package browser_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/concors/concors/cors/browser"
)

// A visit is one call of a sequence that shares a preflight cache.
type visit struct {
	after     time.Duration // since the visit before
	call      browser.Call
	page      string
	top       string
	preflight bool // whether one is expected
	fail      bool // whether the actual answer lacks its headers
}

func TestPreflightCache(t *testing.T) {
	const acam, acah, age = "Access-Control-Allow-Methods: ", "Access-Control-Allow-Headers: ", "Access-Control-Max-Age: "
	put := browser.Call{Method: "PUT"}
	del := browser.Call{Method: "DELETE"}
	xa := browser.Call{Headers: []browser.HeaderField{hdr("X-A", "1")}}
	xb := browser.Call{Headers: []browser.HeaderField{hdr("X-B", "1")}}
	auth := browser.Call{Headers: []browser.HeaderField{hdr("Authorization", "1")}}
	head := browser.Call{Method: "HEAD", Headers: []browser.HeaderField{hdr("X-A", "1")}}
	upload := browser.Call{Kind: browser.XMLHttpRequest, Method: "POST", UploadListener: true, Body: browser.Body{Kind: browser.Text}}
	include := func(c browser.Call) browser.Call { c.Credentials = browser.Include; return c }
	at := func(c browser.Call, url string) browser.Call { c.URL = url; return c }
	only := func(p ...browser.Profile) []browser.Profile { return p }
	but := func(p browser.Profile) []browser.Profile {
		var out []browser.Profile
		for _, q := range browser.Profiles() {
			if q != p {
				out = append(out, q)
			}
		}
		return out
	}
	all := browser.Profiles()
	for _, test := range []struct {
		name     string
		profiles []browser.Profile
		permit   []string // lines of every preflight's answer
		visits   []visit
	}{
		{"five seconds by default", all, []string{acam + "PUT"}, []visit{{call: put, preflight: true}, {after: 4900 * time.Millisecond, call: put}, {after: 200 * time.Millisecond, call: put, preflight: true}}},
		{"max-age", all, []string{acam + "PUT", age + "60"}, []visit{{call: put, preflight: true}, {after: 59 * time.Second, call: put}, {after: time.Second, call: put, preflight: true}}},
		{"max-age 0", all, []string{acam + "PUT", age + "0"}, []visit{{call: put, preflight: true}, {call: put, preflight: true}}},
		{"an empty max-age is none", all, []string{acam + "PUT", age}, []visit{{call: put, preflight: true}, {after: 4 * time.Second, call: put}}},
		{"a malformed max-age is none", but(browser.Firefox), []string{acam + "PUT", age + "60s"}, []visit{{call: put, preflight: true}, {after: 4 * time.Second, call: put}, {after: 4 * time.Second, call: put, preflight: true}}},
		{"a malformed max-age forbids remembering", only(browser.Firefox), []string{acam + "PUT", age + "60s"}, []visit{{call: put, preflight: true}, {call: put, preflight: true}}},
		{"a negative max-age is none", only(browser.Standard), []string{acam + "PUT", age + "-1"}, []visit{{call: put, preflight: true}, {after: 4 * time.Second, call: put}}},
		{"a negative max-age is 0", only(browser.Chromium, browser.WebKit, browser.Firefox), []string{acam + "PUT", age + "-1"}, []visit{{call: put, preflight: true}, {call: put, preflight: true}}},
		{"max-age twice is none", only(browser.Standard, browser.Chromium, browser.WebKit), []string{acam + "PUT", age + "60", age + "60"}, []visit{{call: put, preflight: true}, {after: 6 * time.Second, call: put, preflight: true}}},
		{"a huge max-age counts", only(browser.Standard), []string{acam + "PUT", age + "99999999999999999999"}, []visit{{call: put, preflight: true}, {after: 9999 * time.Hour, call: put}}},
		{"a huge max-age overflows to none", only(browser.Chromium, browser.WebKit), []string{acam + "PUT", age + "99999999999999999999"}, []visit{{call: put, preflight: true}, {after: 6 * time.Second, call: put, preflight: true}}},
		{"a huge max-age is capped at a day", only(browser.Firefox), []string{acam + "PUT", age + "99999999999999999999"}, []visit{{call: put, preflight: true}, {after: 24*time.Hour - time.Second, call: put}, {after: time.Second, call: put, preflight: true}}},
		{"capped at two hours", only(browser.Chromium), []string{acam + "PUT", age + "86400"}, []visit{{call: put, preflight: true}, {after: 2*time.Hour - time.Second, call: put}, {after: time.Second, call: put, preflight: true}}},
		{"capped at ten minutes", only(browser.WebKit), []string{acam + "PUT", age + "86400"}, []visit{{call: put, preflight: true}, {after: 599 * time.Second, call: put}, {after: time.Second, call: put, preflight: true}}},
		{"another URL", all, []string{acam + "PUT", age + "60"}, []visit{{call: put, preflight: true}, {call: at(put, api+"/other"), preflight: true}, {call: put}}},
		{"another page", all, []string{acam + "PUT", age + "60"}, []visit{{call: put, preflight: true}, {call: put, page: other, preflight: true}}},
		{"another top level", all, []string{acam + "PUT", age + "60"}, []visit{{call: put, preflight: true}, {call: put, top: third, preflight: true}, {call: put}}},
		{"opaque pages share null", only(browser.Standard), []string{acam + "PUT", age + "60"}, []visit{{call: put, page: "null", preflight: true}, {call: put, page: "null"}}},
		{"listed methods are remembered", all, []string{acam + "PUT, DELETE", age + "60"}, []visit{{call: put, preflight: true}, {call: del}}},
		{"listed headers are remembered in any case", all, []string{acah + "X-A, x-b", age + "60"}, []visit{{call: xa, preflight: true}, {call: xb}}},
		{"any method is remembered", but(browser.Firefox), []string{acam + "*", age + "60"}, []visit{{call: put, preflight: true}, {call: del}}},
		{"any method is not remembered", only(browser.Firefox), []string{acam + "*", age + "60"}, []visit{{call: put, preflight: true}, {call: put, preflight: true}}},
		{"any header is remembered", but(browser.Firefox), []string{acah + "*", age + "60"}, []visit{{call: xa, preflight: true}, {call: xb}}},
		{"any header is not remembered", only(browser.Firefox), []string{acah + "*", age + "60"}, []visit{{call: xa, preflight: true}, {call: xa, preflight: true}}},
		{"any header does not cover Authorization later", only(browser.Chromium, browser.Firefox), []string{acah + "*", age + "60"}, []visit{{call: auth, preflight: true}, {call: auth, preflight: true}}},
		{"any header covers Authorization later", only(browser.WebKit), []string{acah + "*", age + "60"}, []visit{{call: auth, preflight: true}, {call: auth}}},
		{"without credentials does not serve with", all, []string{acam + "PUT", age + "60"}, []visit{{call: put, preflight: true}, {call: include(put), preflight: true}}},
		{"with credentials serves without", but(browser.Firefox), []string{acam + "PUT", age + "60"}, []visit{{call: include(put), preflight: true}, {call: put}}},
		{"with credentials does not serve without", only(browser.Firefox), []string{acam + "PUT", age + "60"}, []visit{{call: include(put), preflight: true}, {call: put, preflight: true}}},
		{"HEAD is safelisted", but(browser.Firefox), []string{acah + "X-A", age + "60"}, []visit{{call: head, preflight: true}, {call: head}}},
		{"HEAD must be listed to be remembered", only(browser.Firefox), []string{acah + "X-A", age + "60"}, []visit{{call: head, preflight: true}, {call: head, preflight: true}}},
		{"a forced preflight is remembered", all, []string{acam + "POST", age + "60"}, []visit{{call: upload, preflight: true}, {call: upload}}},
		{"a forced preflight without methods is remembered", only(browser.Standard, browser.Firefox), []string{age + "60"}, []visit{{call: upload, preflight: true}, {call: upload}}},
		{"a failure makes the standard forget", only(browser.Standard, browser.Firefox), []string{acam + "PUT", age + "60"}, []visit{{call: put, preflight: true}, {call: put, fail: true}, {call: put, preflight: true}}},
		{"a failure does not make others forget", only(browser.Chromium, browser.WebKit), []string{acam + "PUT", age + "60"}, []visit{{call: put, preflight: true}, {call: put, fail: true}, {call: put}}},
		{"answers add up", only(browser.Standard, browser.Firefox), nil, []visit{{call: put, preflight: true}, {call: del, preflight: true}, {call: put}, {call: del}}},
		{"the last answer counts", only(browser.Chromium, browser.WebKit), nil, []visit{{call: put, preflight: true}, {call: del, preflight: true}, {call: put, preflight: true}, {call: del, preflight: true}}},
		{"a long URL is not remembered", only(browser.Chromium), []string{acam + "PUT", age + "60"}, []visit{{call: at(put, api+"/"+strings.Repeat("x", 1000)), preflight: true}, {call: at(put, api+"/"+strings.Repeat("x", 1000)), preflight: true}}},
		{"a long URL is remembered", but(browser.Chromium), []string{acam + "PUT", age + "60"}, []visit{{call: at(put, api+"/"+strings.Repeat("x", 1000)), preflight: true}, {call: at(put, api+"/"+strings.Repeat("x", 1000))}}},
	} {
		for _, p := range test.profiles {
			t.Run(test.name+" in "+p.String(), func(t *testing.T) {
				c := newClock()
				b := browser.Browser{Profile: p, Preflights: new(browser.PreflightCache), Now: c.now}
				for i, v := range test.visits {
					c.advance(v.after)
					page := browser.Page{Origin: docs, TopLevel: v.top}
					if v.page != "" {
						page.Origin = v.page
					}
					if v.call.URL == "" {
						v.call.URL = api + "/x"
					}
					cors := []string{"Access-Control-Allow-Origin: " + page.Origin, "Access-Control-Allow-Credentials: true"}
					permit := test.permit
					if permit == nil { // only what is asked for
						permit = []string{acam + v.call.Method, age + "60"}
					}
					var answers []answer
					if v.preflight {
						answers = append(answers, ok(append(cors, permit...)...))
					}
					final, want := ok(cors...), "allowed"
					if v.fail {
						final, want = ok(), "missing-allow-origin"
					}
					res := b.Fetch(context.Background(), page, v.call, &script{answers: append(answers, final)})
					if got := res.Preflight() != nil; got != v.preflight || outcome(res) != want {
						t.Fatalf("visit %d: preflight %v, want %v; %s\n%s", i, got, v.preflight, outcome(res), story(res))
					}
				}
			})
		}
	}
}

func TestPreflightCacheOfOneProfile(t *testing.T) {
	cache := new(browser.PreflightCache)
	permit := ok("Access-Control-Allow-Origin: *", "Access-Control-Allow-Methods: PUT", "Access-Control-Max-Age: 60")
	fetch := func(p browser.Profile) *browser.Result {
		b := browser.Browser{Profile: p, Preflights: cache}
		return b.Fetch(context.Background(), browser.Page{Origin: docs}, browser.Call{Method: "PUT", URL: api}, &script{answers: []answer{permit, permit}})
	}
	fetch(browser.Standard)
	if fetch(browser.Chromium).Preflight() == nil {
		t.Error("one profile's memory served another")
	}
	if fetch(browser.Chromium).Preflight() != nil {
		t.Error("the memory did not serve its own profile")
	}
	cache.Clear()
	if fetch(browser.Chromium).Preflight() == nil {
		t.Error("the memory survived Clear")
	}
}

// A tainted request is "null" to the standard, but not to Firefox' cache.
func TestPreflightCacheAndTaint(t *testing.T) {
	permit := ok("Access-Control-Allow-Origin: *", "Access-Control-Allow-Methods: PUT", "Access-Control-Max-Age: 60")
	for p, wantPreflights := range map[browser.Profile]int{browser.Standard: 2, browser.Chromium: 2, browser.Firefox: 1} {
		b := browser.Browser{Profile: p, Preflights: new(browser.PreflightCache)}
		fetch := func(url string, answers ...answer) *browser.Result {
			return b.Fetch(context.Background(), browser.Page{Origin: docs}, browser.Call{Method: "PUT", URL: url}, &script{answers: answers})
		}
		fetch(third+"/x", permit, permit)
		res := fetch(api+"/x", permit, status(307, "Access-Control-Allow-Origin: *", "Location: "+third+"/x"), permit, permit)
		n := 0
		for _, x := range res.Exchanges {
			if x.Preflight {
				n++
			}
		}
		if n != wantPreflights || res.Blocked != nil {
			t.Errorf("%v: %d preflights, want %d: %v", p, n, wantPreflights, sent(res, "Origin"))
		}
	}
}

// What makes Firefox forget: failures of the answer or its redirect, but not
// redirect mode "error".
func TestWhatFirefoxForgets(t *testing.T) {
	permit := ok("Access-Control-Allow-Origin: *", "Access-Control-Allow-Methods: PUT", "Access-Control-Max-Age: 60")
	away := status(307, "Access-Control-Allow-Origin: *", "Location: http://plain.example/")
	for _, test := range []struct {
		name     string
		redirect browser.RedirectMode
		answer   answer
		forgets  bool
	}{
		{"no answer", "", answer{err: errScript}, true},
		{"an answer that fails the check", "", ok(), true},
		{"a redirect to mixed content", "", away, true},
		{"redirect mode error", browser.Error, away, false},
		{"a success", "", ok("Access-Control-Allow-Origin: *"), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := browser.Browser{Profile: browser.Firefox, Preflights: new(browser.PreflightCache)}
			call := browser.Call{Method: "PUT", URL: api, Redirect: test.redirect}
			b.Fetch(context.Background(), browser.Page{Origin: docs}, call, &script{answers: []answer{permit, test.answer}})
			res := b.Fetch(context.Background(), browser.Page{Origin: docs}, call, &script{answers: []answer{permit, permit}})
			if got := res.Preflight() != nil; got != test.forgets {
				t.Errorf("forgot: %v, want %v", got, test.forgets)
			}
		})
	}
}
