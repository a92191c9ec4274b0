package explain

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/browser"
)

const bookshop = `origins: [https://api.example.com]
upstream: http://127.0.0.1:3000
policies:
  front-end:
    allow: selected
    domains: [https://docs.example.com]
    headers: [Content-Type]
    credentials: true
endpoints:
  - endpoint: GET /api/account
    cors: front-end
  - endpoint: PUT /api/account
    cors: front-end
  - endpoint: GET /api/prices
    cors: {allow: all, cache: 1h}
  - endpoint: POST /api/orders
  - endpoint: GET /api/items/{id}
    cors: {allow: selected, domains: [https://docs.example.com], enforce: false}
  - endpoint: GET /live
    cors: front-end
  - endpoint: GET /files/{rest...}
    cors: {allow: selected, domains: [https://docs.example.com]}
  - endpoint: GET admin.example.com/x
`

func TestWhatAFileSays(t *testing.T) {
	f, report := ReadFile("concors.yaml", []byte(bookshop))
	if f == nil {
		t.Fatal(report.Mistakes)
	}
	const (
		docs = "https://docs.example.com"
		evil = "https://evil.example"
	)
	header := []browser.HeaderField{{Name: "X-A", Value: "1"}}
	for _, tt := range []struct {
		name, origin, target string
		call                 browser.Call
		cookies              []string
		outcome              Outcome
		verdict              string
		changes              string // line and beginning of each
	}{
		{name: "allowed", origin: docs, target: "GET /api/account", outcome: Allowed, verdict: "allowed: the page reads status 200"},
		{name: "a policy that does not list the page", origin: evil, target: "GET /api/account", outcome: Refused,
			verdict: "refused by policy front-end: https://evil.example is not listed",
			changes: "6: If https://evil.example is yours, add it to domains. That opens all 3 endpoints of policy front-end to it."},
		{name: "the same for a preflight", origin: evil, target: "PUT /api/account", outcome: Refused,
			verdict: "refused by policy front-end: https://evil.example is not listed",
			changes: "6: If https://evil.example is yours"},
		{name: "no setting", origin: evil, target: "POST /api/orders", call: browser.Call{Kind: browser.Form}, outcome: Refused,
			verdict: "refused by POST /api/orders: it has no setting, so cross-origin requests are disallowed",
			changes: "16: If https://evil.example is yours, give POST /api/orders a setting"},
		{name: "an opaque origin is never listed", origin: "null", target: "/api/account", outcome: Refused,
			verdict: "refused by policy front-end: the page has no origin of its own (null), which cannot be listed",
			changes: "0: Serve the page from an http or https origin"},
		{name: "a header that is not listed", origin: docs, target: "/api/account", call: browser.Call{Headers: header}, outcome: Refused,
			verdict: "refused by policy front-end: the request header x-a is not listed", changes: "7: Add x-a to headers."},
		{name: "a header where none are listed", origin: docs, target: "/files/a", call: browser.Call{Headers: header}, outcome: Refused,
			verdict: "refused by the setting of GET /files/{rest...}: the request header x-a is not listed", changes: "22: Add x-a to headers."},
		{name: "an image", origin: evil, target: "/files/a.png", call: browser.Call{Kind: browser.Image}, outcome: Refused,
			verdict: "refused by the setting of GET /files/{rest...}: other websites may not load it without CORS (embed)", changes: "22: embed: same-site"},
		{name: "a WebSocket that is let through opens", origin: docs, target: "/live", call: browser.Call{Kind: browser.WebSocket}, outcome: Allowed, verdict: "connected"},
		{name: "a WebSocket that is not", origin: evil, target: "/live", call: browser.Call{Kind: browser.WebSocket}, outcome: Refused,
			verdict: "refused by policy front-end: https://evil.example is not listed", changes: "6: If https://evil.example is yours"},
		{name: "an event stream", origin: docs, target: "/live", call: browser.Call{Kind: browser.EventSource}, outcome: Allowed, verdict: "allowed: the page reads status 200"},
		{name: "credentials for everybody", origin: docs, target: "/api/prices", call: browser.Call{Credentials: browser.Include}, outcome: Blocked,
			verdict: "blocked: the answer allows any origin (*), which does not count for a call with credentials",
			changes: "15: allow: all never carries credentials.\n0: In the page: Leave out credentials"},
		{name: "credentials that the setting does not have", origin: docs, target: "/files/a", call: browser.Call{Credentials: browser.Include}, outcome: Blocked,
			verdict: `blocked: the call is made with credentials, but the answer's Access-Control-Allow-Credentials is "", not "true"`,
			changes: "22: Set credentials: true, if the call needs the visitor's cookies.\n0: In the page: Leave out credentials"},
		{name: "a cookie that stays at home", origin: docs, target: "/api/account", cookies: []string{"sid=1", "lang=en"}, outcome: Allowed,
			verdict: "allowed, but without your cookies sid and lang: the page reads status 200"},
		{name: "a cookie that Concors drops", origin: docs, target: "/api/prices", call: browser.Call{Kind: browser.Image}, cookies: []string{"sid=1; SameSite=None; Secure"}, outcome: Allowed,
			verdict: "sent, but the page cannot read the answer, and Concors drops your cookie sid"},
		{name: "not enforced, would run", origin: docs, target: "/api/items/1", outcome: Unknown,
			verdict: "unknown: the setting of GET /api/items/{id} is not enforced, so the headers of the API itself decide; Concors would let it run"},
		{name: "not enforced, would be refused", origin: evil, target: "/api/items/1", outcome: Unknown,
			verdict: "unknown: the setting of GET /api/items/{id} is not enforced, so the headers of the API itself decide; Concors would refuse it: https://evil.example is not listed"},
		{name: "a typing mistake", origin: docs, target: "GET /api/acount", outcome: NoEndpoint,
			verdict: "no endpoint matches GET /api/acount. Did you mean GET /api/account (concors.yaml:10)?"},
		{name: "a typing mistake prefers the method that was meant", origin: docs, target: "PUT /api/acount", outcome: NoEndpoint,
			verdict: "no endpoint matches PUT /api/acount. Did you mean PUT /api/account (concors.yaml:12)?"},
		{name: "a typing mistake before a wildcard", origin: docs, target: "GET /api/itms/17", outcome: NoEndpoint,
			verdict: "no endpoint matches GET /api/itms/17. Did you mean GET /api/items/{id} (concors.yaml:17)?"},
		{name: "another method", origin: docs, target: "DELETE /api/account", outcome: NoEndpoint,
			verdict: "no endpoint takes DELETE at /api/account, only GET, HEAD, PUT. Did you mean GET /api/account (concors.yaml:10)?"},
		{name: "another host", origin: docs, target: "GET /x", outcome: NoEndpoint,
			verdict: "no endpoint matches GET /x. Did you mean GET admin.example.com/x (concors.yaml:23)?"},
		{name: "a pattern with a host", origin: "https://admin.example.com", target: "GET admin.example.com/x", outcome: Allowed, verdict: "allowed: the page reads status 200"},
		{name: "nothing near", origin: docs, target: "GET /something/quite/different", outcome: NoEndpoint,
			verdict: "no endpoint matches GET /something/quite/different"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			q := Question{Page: browser.Page{Origin: tt.origin}, Call: tt.call, Cookies: tt.cookies}
			q.Call.Method, q.Call.URL = f.Target(tt.target)
			a := f.Ask(context.Background(), q)
			if a.Outcome != tt.outcome || a.Verdict() != tt.verdict {
				t.Errorf("%s: %s\nwant %s: %s", a.Outcome, a.Verdict(), tt.outcome, tt.verdict)
			}
			var changes []string
			for _, c := range a.File.Changes {
				changes = append(changes, fmt.Sprintf("%d: %s", c.Line, c.Text))
			}
			want := strings.Split(tt.changes, "\n")
			for i, c := range changes {
				if i >= len(want) || !strings.HasPrefix(c, want[i]) {
					t.Errorf("proposes %q, want %q", changes, want)
					break
				}
			}
			if tt.changes != "" && len(changes) != len(want) {
				t.Errorf("proposes %q, want %q", changes, want)
			}
			var text strings.Builder
			a.Write(&text, Style{})
			data, err := json.Marshal(&a)
			if err != nil {
				t.Fatal(err)
			}
			// A list in the place of the policy's would lose what stands there,
			// and who has Concors needs no headers.
			for _, not := range []string{"domains: [", "headers: [", "Send the header", "asks for authentication", "With Concors"} {
				if strings.Contains(text.String()+string(data), not) {
					t.Errorf("%q is in\n%s\n%s", not, text.String(), data)
				}
			}
		})
	}
}

func TestEveryRefusalHasWords(t *testing.T) {
	for _, reason := range cors.Reasons() {
		if Why(reason, "") == string(reason) {
			t.Errorf("%s has no words", reason)
		}
	}
}

// The API is called by a name that its file serves.
func TestTargetsAreOnADeclaredHost(t *testing.T) {
	f, report := ReadFile("", []byte("hosts: [api.corp.example]\nupstream: http://127.0.0.1:3000\nendpoints:\n  - {endpoint: GET /prices, cors: {allow: all}}\n"))
	if !report.OK() {
		t.Fatal(report)
	}
	method, address := f.Target("GET /prices")
	if method != "GET" || address != "https://api.corp.example/prices" {
		t.Errorf("%s %s", method, address)
	}
	a := f.Ask(t.Context(), Question{Page: browser.Page{Origin: "https://docs.example.com"}, Call: browser.Call{Method: method, URL: address}})
	if !a.Result.Allowed() || a.Result.Response.Status != 200 {
		t.Errorf("%s", a.Result.Verdict())
	}
}
