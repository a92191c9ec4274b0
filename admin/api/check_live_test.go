package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/concors/concors/admin"
	"github.com/concors/concors/admin/api"
	"github.com/concors/concors/cors/browser"
	"github.com/concors/concors/verify"
)

// spoiling is a proxy in front that changes answers.
type spoiling struct {
	next   func() http.RoundTripper
	change func(http.Header)
}

func (p spoiling) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := p.next().RoundTrip(r)
	if err == nil {
		p.change(res.Header)
	}
	return res, err
}

func TestCheckLive(t *testing.T) {
	const text = `
origins: [https://api.example.com]
upstream: $UPSTREAM
endpoints:
  - endpoint: GET /a
    cors: {allow: selected, domains: [https://docs.example.com], credentials: true}
  - endpoint: GET /b
    cors: {allow: all}
`
	for _, tt := range []struct {
		name, text, body string
		change           func(http.Header)
		status           int
		want             map[string][]verify.Kind // by endpoint
	}{
		{"nothing in front", text, `{}`, func(http.Header) {}, 200, map[string][]verify.Kind{"GET /a": nil, "GET /b": nil}},
		{"one endpoint", text, `{"endpoint":"GET /b"}`, func(http.Header) {}, 200, map[string][]verify.Kind{"GET /b": nil}},
		{"a proxy adds an origin", text, `{"endpoint":"GET /b"}`, func(h http.Header) { h.Add("Access-Control-Allow-Origin", "*") }, 200, map[string][]verify.Kind{"GET /b": {verify.Blocked}}},
		{"a proxy takes Vary away", text, `{"endpoint":"GET /a"}`, func(h http.Header) { h.Del("Vary") }, 200, map[string][]verify.Kind{"GET /a": {verify.Vary}}},
		{"an endpoint that is not there", text, `{"endpoint":"GET /c"}`, nil, 404, nil},
		{"no address", strings.Replace(text, "origins: [https://api.example.com]", "", 1), `{}`, nil, 400, nil},
		{"an unknown field", text, `{"url":"https://elsewhere.example"}`, nil, 400, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var s *side
			s = newSide(t, tt.text, func(o *admin.Options, _ *api.Options) {
				o.Transport = spoiling{func() http.RoundTripper { return browser.Handler(s.gateway) }, tt.change}
			})
			got := s.ask("POST", "/live", tt.body)
			got.want(tt.status)
			if tt.status != 200 {
				return
			}
			var found admin.LiveCheck
			if err := json.Unmarshal([]byte(got.body), &found); err != nil {
				t.Fatal(err)
			}
			if !found.Complete || len(found.Endpoints) != len(tt.want) {
				t.Fatalf("got %s", got.body)
			}
			for _, e := range found.Endpoints {
				kinds := make(map[verify.Kind]bool)
				for _, d := range e.Differences {
					kinds[d.Kind] = true
				}
				want := tt.want[e.Endpoint]
				if len(kinds) != len(want) || len(want) > 0 && !kinds[want[0]] || e.Checks == 0 {
					t.Errorf("%s: %d checks, %v", e.Endpoint, e.Checks, e.Differences)
				}
			}
		})
	}
}
