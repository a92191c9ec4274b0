package admin_test

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/admin"
	"github.com/concors/concors/cors/mistake"
	"github.com/concors/concors/difference"
	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/explain"
	"github.com/concors/concors/store"
)

// document is what most tests begin with: the API of a shop.
//
//go:embed testdata/shop.yaml
var document string

// newService is a service on a document in memory.
func newService(t *testing.T, text string) *admin.Service {
	t.Helper()
	s, err := admin.New(admin.Options{Store: store.NewMemory([]byte(strings.ReplaceAll(text, "$UPSTREAM", "http://127.0.0.1:1")), store.Options{})})
	if err != nil {
		t.Fatal(err)
	}
	if st, err := s.State(t.Context()); err != nil || text != "" && st.Problem != nil {
		t.Fatalf("%+v, error %v", st, err)
	}
	return s
}

// setting is a draft that changes the setting of an endpoint.
func setting(pattern, policy string) string {
	return fmt.Sprintf(`{"endpoints":[{"pattern":%q,"setting":%s}]}`, pattern, policy)
}

// sentences are those of a difference.
func sentences(d difference.Diff) []string {
	list := make([]string, len(d.Changes))
	for i, c := range d.Changes {
		list[i] = c.Sentence
	}
	return list
}

func draft(t *testing.T, text string) admin.Draft {
	t.Helper()
	var d admin.Draft
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// Mistakes name the change and the field in it, and what is right is shown all
// the same.
func TestJudgementNamesTheField(t *testing.T) {
	s := newService(t, document)
	for _, tc := range []struct {
		name, draft string
		code        mistake.Code
		place       *admin.MistakePlace
		repair      string
		partial     bool
	}{
		{"domain of a setting", setting("POST /api/orders", `{"allow":"selected","domains":["https://a.example","docs.example.com"]}`), mistake.OriginMissingScheme, &admin.MistakePlace{Part: "endpoints", Field: endpoints.Field{}.At("domains").AtElement(1)}, "https://docs.example.com", true},
		{"domain of an entry", `{"endpoints":[{"entry":{"endpoint":"GET /new","cors":{"allow":"selected","domains":["https://A.example"]}}}]}`, mistake.OriginUpperCase, &admin.MistakePlace{Part: "endpoints", Field: endpoints.Field{}.At("cors").At("domains").AtElement(0)}, "https://a.example", false},
		{"pattern of a new entry", `{"endpoints":[{"entry":{"endpoint":"GET new"}}]}`, "", &admin.MistakePlace{Part: "endpoints", Field: endpoints.Field{}.At("endpoint")}, "GET /new", false},
		{"header of a policy", `{"policies":[{"name":"front-end","policy":{"allow":"selected","domains":["https://docs.example.com"],"credentials":true,"headers":["Cookie"]}}]}`, mistake.HeaderForbidden, &admin.MistakePlace{Part: "policies", Field: endpoints.Field{}.At("headers").AtElement(0)}, "", true},
		{"credentials under all", setting("POST /api/orders", `{"allow":"all","credentials":true}`), endpoints.CredentialsUnderAll, &admin.MistakePlace{Part: "endpoints", Field: endpoints.Field{}.At("credentials")}, "", true},
		{"no domains", setting("POST /api/orders", `{"allow":"selected"}`), mistake.DomainsMissing, &admin.MistakePlace{Part: "endpoints", Field: endpoints.Field{}.At("domains")}, "", false},
		{"unknown policy", setting("POST /api/orders", `"frontend"`), endpoints.PolicyUnknown, &admin.MistakePlace{Part: "endpoints"}, "front-end", false},
		{"policy in use removed", `{"policies":[{"name":"front-end","remove":true}]}`, endpoints.PolicyUnknown, nil, "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			j, err := s.Judge(t.Context(), draft(t, tc.draft))
			if err != nil || j.OK || len(j.Mistakes) == 0 {
				t.Fatalf("%+v, error %v", j, err)
			}
			m := j.Mistakes[0]
			if tc.code != "" && m.Code != tc.code || m.Repair != tc.repair || m.Cause == "" || m.Remedy == "" {
				t.Errorf("got %+v", m)
			}
			if (m.Change == nil) != (tc.place == nil) || m.Change != nil && *m.Change != *tc.place {
				t.Errorf("got place %+v, want %+v", m.Change, tc.place)
			}
			if j.Preview.Partial != tc.partial {
				t.Errorf("partial is %v: %+v", j.Preview.Partial, j.Preview)
			}
		})
	}
}

// Warnings that were there before are not news.
func TestJudgementWarnsOfNewsOnly(t *testing.T) {
	s := newService(t, document+"  - endpoint: GET /warned\n    cors: {allow: selected, domains: [\"http://plain.example\"]}\n")
	j, err := s.Judge(t.Context(), draft(t, setting("POST /api/orders", `{"allow":"all"}`)))
	if err != nil || !j.OK || len(j.Warnings) != 0 {
		t.Errorf("%+v, error %v", j.Warnings, err)
	}
	j, err = s.Judge(t.Context(), draft(t, setting("POST /api/orders", `{"allow":"selected","domains":["http://other.example"]}`)))
	if err != nil || len(j.Warnings) != 1 || j.Warnings[0].Code != mistake.OriginPlainHTTP || j.Warnings[0].Change == nil {
		t.Errorf("%+v, error %v", j.Warnings, err)
	}
}

// The preview's answers are the gateway's own.
func TestPreview(t *testing.T) {
	s := newService(t, document+`  - endpoint: POST /sso/{id}
    cors: {allow: none, senders: ["https://login.example"]}
  - endpoint: GET /files/{rest...}
  - endpoint: GET /files/1
    cors: {allow: all}
`)
	for _, tc := range []struct{ pattern, kind, status, reason, cookies, header string }{
		{"PUT /api/account", admin.SamplePreflight, "204", "", "", "Access-Control-Allow-Methods: GET, HEAD, PUT"},
		{"PUT /api/account", admin.SampleAllowed, "200", "", "kept", "Access-Control-Allow-Credentials: true"},
		{"PUT /api/account", admin.SampleRefused, "403", "origin-not-allowed", "", "Content-Type: application/problem+json"},
		{"PUT /api/account", admin.SampleOwn, "200", "", "kept", "Cross-Origin-Resource-Policy: same-origin"},
		{"GET /api/prices", admin.SampleAllowed, "200", "", "dropped", "Access-Control-Allow-Origin: *"},
		{"GET /api/prices", admin.SampleEmbed, "200", "", "dropped", "Cross-Origin-Resource-Policy: cross-origin"},
		{"GET /api/account", admin.SampleEmbed, "403", "embed-not-allowed", "", "Content-Type: application/problem+json"},
		{"GET /api/account", admin.SampleLink, "200", "", "kept", "Vary: Origin, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest"},
		{"POST /api/orders", admin.SampleFormPost, "403", "origin-not-allowed", "", "Content-Type: application/problem+json"},
		{"POST /sso/{id}", admin.SampleSender, "200", "", "kept", "Cross-Origin-Resource-Policy: same-origin"},
		{"GET /api/watched", admin.SampleRefused, "200", "origin-not-allowed", "kept", ""},
	} {
		t.Run(tc.pattern+" "+tc.kind, func(t *testing.T) {
			d, err := s.Endpoint(t.Context(), tc.pattern)
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(d.Preview.Samples, func(s admin.Sample) bool { return s.Kind == tc.kind })
			if i < 0 {
				t.Fatalf("there is no such sample in %+v", d.Preview)
			}
			got := d.Preview.Samples[i]
			var headers []string
			for name, values := range got.Response {
				for _, v := range values {
					headers = append(headers, name+": "+v)
				}
			}
			if fmt.Sprint(got.Status) != tc.status || got.Reason != tc.reason || got.Cookies != tc.cookies ||
				got.Refused != (tc.status == "403") || tc.header != "" && !slices.Contains(headers, tc.header) {
				t.Errorf("got %+v", got)
			}
		})
	}
	// The example's path leads to the endpoint itself, not to a more specific one.
	if d, _ := s.Endpoint(t.Context(), "GET /files/{rest...}"); d.Preview.URL != "https://api.example.com/files/example" {
		t.Errorf("got %s", d.Preview.URL)
	}
}

// What was typed or pasted into a trial comes back harmless.
func TestTrialsRepeatNoInvisibleCharacters(t *testing.T) {
	s := newService(t, document)
	const evil = "x\u202ex\u009bx"
	for _, trial := range []admin.Trial{
		{Origin: "https://docs.example.com", URL: "/api/account", Method: evil},
		{Origin: "https://docs.example.com", URL: "/api/account", Headers: []admin.HeaderField{{Name: "Accept", Value: "x\u009bx"}}},
		{Origin: "https://docs.example.com/" + evil, URL: "/api/account"},
	} {
		v, err := s.Try(t.Context(), trial)
		if err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(string(data), "\u202e\u009b") {
			t.Errorf("%s", data)
		}
	}
}

func TestTry(t *testing.T) {
	s := newService(t, document)
	d := draft(t, setting("POST /api/orders", `{"allow":"selected","domains":["https://shop.example"],"headers":["Content-Type"],"credentials":true}`))
	json := []admin.HeaderField{{Name: "Content-Type", Value: "application/json"}}
	for _, tc := range []struct {
		name  string
		trial admin.Trial
		want  admin.Verdict
		says  string
	}{
		{"refused preflight", admin.Trial{Origin: "https://shop.example", Method: "POST", URL: "/api/orders", Headers: json}, admin.Verdict{Reason: "origin-not-allowed", Endpoint: "POST /api/orders"}, "refused by POST /api/orders: it has no setting, so cross-origin requests are disallowed"},
		{"the same on a draft", admin.Trial{Draft: &d, Origin: "https://shop.example", Method: "POST", URL: "/api/orders", Headers: json, Credentials: "include"}, admin.Verdict{Allowed: true, Ran: true, Cookies: "kept", Endpoint: "POST /api/orders"}, "allowed: the page reads status 200"},
		{"form", admin.Trial{Origin: "https://evil.example", Kind: "form", Method: "POST", URL: "/api/orders", Body: "a=b"}, admin.Verdict{Reason: "origin-not-allowed", Endpoint: "POST /api/orders"}, "refused by POST /api/orders: it has no setting, so cross-origin requests are disallowed"},
		{"anonymous", admin.Trial{Origin: "https://any.example", URL: "/api/prices"}, admin.Verdict{Allowed: true, Ran: true, Endpoint: "GET /api/prices"}, "allowed: the page reads status 200"},
		{"credentials with *", admin.Trial{Origin: "https://any.example", URL: "/api/prices", Credentials: "include"}, admin.Verdict{Ran: true, Cookies: "dropped", Endpoint: "GET /api/prices"}, "blocked: the answer allows any origin (*), which does not count for a call with credentials"},
		{"only observed", admin.Trial{Origin: "https://any.example", URL: "/api/watched"}, admin.Verdict{Ran: true, Cookies: "", Endpoint: "GET /api/watched"}, "unknown: the setting of GET /api/watched is not enforced, so the headers of the API itself decide; Concors would refuse it: cross-origin requests are disallowed"},
		{"no such path", admin.Trial{Origin: "https://any.example", URL: "https://api.example.com/nowhere"}, admin.Verdict{}, "no endpoint matches GET /nowhere"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := s.Try(t.Context(), tc.trial)
			if err != nil {
				t.Fatal(err)
			}
			if got.Allowed != tc.want.Allowed || got.Ran != tc.want.Ran || got.Cookies != tc.want.Cookies || got.Reason != tc.want.Reason || got.Endpoint != tc.want.Endpoint {
				t.Errorf("got %+v\nwant %+v", got, tc.want)
			}
			fails := got.Outcome == explain.Blocked || got.Outcome == explain.Refused && tc.trial.Kind != "form"
			if (got.Failure != nil) != fails || len(got.Steps) == 0 || len(got.Exchanges) == 0 || got.Verdict != tc.says {
				t.Errorf("got %+v\nwant %s", got, tc.says)
			}
		})
	}
}

func TestAllowOrigin(t *testing.T) {
	s := newService(t, document)
	for _, tc := range []struct {
		name, pattern string
		here          bool
		want          string
	}{
		{"where nobody was allowed", "POST /api/orders", false, "https://new.example may now call POST /api/orders, without credentials."},
		{"with a policy", "PUT /api/account", false, "https://new.example may now send credentials to GET /api/account and PUT /api/account."},
		{"only here", "PUT /api/account", true, "https://new.example may now send credentials to PUT /api/account."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d, err := s.AllowOrigin(t.Context(), tc.pattern, "https://new.example", tc.here)
			if err != nil {
				t.Fatal(err)
			}
			j, err := s.Judge(t.Context(), d)
			if err != nil || !j.OK || !slices.Equal(sentences(j.Diff), []string{tc.want}) {
				t.Errorf("%+v, error %v", j, err)
			}
		})
	}
	if _, err := s.AllowOrigin(t.Context(), "GET /api/prices", "https://new.example", false); !errors.As(err, new(*admin.InputError)) {
		t.Errorf("where everybody is allowed: %v", err)
	}
}

func TestEndpointQueries(t *testing.T) {
	s := newService(t, document)
	for _, tc := range []struct {
		name string
		q    admin.EndpointQuery
		want []string
	}{
		{"all", admin.EndpointQuery{}, []string{"GET /api/account", "PUT /api/account", "GET /api/prices", "POST /api/orders", "GET /api/watched"}},
		{"words in any case", admin.EndpointQuery{Search: "put ACCOUNT"}, []string{"PUT /api/account"}},
		{"a domain", admin.EndpointQuery{Search: "docs.example"}, []string{"GET /api/account", "PUT /api/account"}},
		{"by setting", admin.EndpointQuery{Allow: "none"}, []string{"POST /api/orders", "GET /api/watched"}},
		{"by policy, sorted", admin.EndpointQuery{Policy: "front-end", Sort: "-pattern"}, []string{"PUT /api/account", "GET /api/account"}},
		{"observed", admin.EndpointQuery{Observe: true}, []string{"GET /api/watched"}},
		{"refused", admin.EndpointQuery{Refused: true}, nil},
		{"a page", admin.EndpointQuery{Sort: "path", Offset: 1, Limit: 2}, []string{"PUT /api/account", "POST /api/orders"}},
		{"beyond the end", admin.EndpointQuery{Offset: 100}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			list, err := s.Endpoints(t.Context(), tc.q)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range list.Endpoints {
				got = append(got, e.Pattern)
			}
			if !slices.Equal(got, tc.want) || list.Total != 5 {
				t.Errorf("got %q of %d, want %q", got, list.Total, tc.want)
			}
		})
	}
}

// Renaming a policy takes its endpoints along.
func TestRenamingAPolicy(t *testing.T) {
	s := newService(t, document)
	st, _ := s.State(t.Context())
	d := draft(t, `{"policies":[{"name":"front-end","rename":"pages"}]}`)
	d.Base = st.Revision
	saved, err := s.Save(t.Context(), d)
	if err != nil || saved.Diff.Changes[0].Effect != difference.Neutral {
		t.Fatalf("%+v, error %v", saved, err)
	}
	list, err := s.Policies(t.Context())
	if err != nil || list.Policies[0].Name != "pages" || len(list.Policies[0].UsedBy) != 2 {
		t.Errorf("%+v, error %v", list, err)
	}
}

// The questions of the pages are quick with ten thousand endpoints.
func BenchmarkTenThousandEndpoints(b *testing.B) {
	doc := &endpoints.Document{Upstream: "http://127.0.0.1:1"}
	for i := range 10_000 {
		doc.Endpoints = append(doc.Endpoints, endpoints.Entry{Endpoint: fmt.Sprintf("GET /v%d/things%d/{id}", i%7, i), CORS: endpoints.Setting{
			Inline: &endpoints.Policy{Allow: "selected", Domains: []string{fmt.Sprintf("https://a%d.example.com", i%50)}}}})
	}
	raw, err := endpoints.Edit(nil, doc)
	if err != nil {
		b.Fatal(err)
	}
	s, err := admin.New(admin.Options{Store: store.NewMemory(raw, store.Options{})})
	if err != nil {
		b.Fatal(err)
	}
	change := admin.Draft{Endpoints: []admin.EndpointChange{{Pattern: "GET /v0/things7/{id}", Setting: &endpoints.Setting{Inline: &endpoints.Policy{Allow: "all"}}}}}
	for _, bm := range []struct {
		name string
		ask  func() error
	}{
		{"search", func() error {
			_, err := s.Endpoints(b.Context(), admin.EndpointQuery{Search: "things99 a1.example"})
			return err
		}},
		{"endpoint", func() error { _, err := s.Endpoint(b.Context(), "GET /v0/things7/{id}"); return err }},
		{"judge", func() error { _, err := s.Judge(b.Context(), change); return err }},
	} {
		b.Run(bm.name, func(b *testing.B) {
			for b.Loop() {
				if err := bm.ask(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A hastyStore is left by its client as soon as it has written.
type hastyStore struct {
	*store.Memory
	leave context.CancelFunc
}

func (s hastyStore) Put(ctx context.Context, doc *endpoints.Document, base store.Revision) (store.Revision, error) {
	defer s.leave()
	return s.Memory.Put(ctx, doc, base)
}

// What is stored is enforced and told, also if the client has left meanwhile.
func TestASaveIsFinished(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	s, err := admin.New(admin.Options{
		Store:   hastyStore{store.NewMemory([]byte(strings.ReplaceAll(document, "$UPSTREAM", "http://127.0.0.1:1")), store.Options{}), leave},
		Enforce: func(ctx context.Context) error { return ctx.Err() },
	})
	if err != nil {
		t.Fatal(err)
	}
	state, err := s.State(ctx)
	if err != nil {
		t.Fatal(err)
	}
	d := draft(t, setting("POST /api/orders", `{"allow":"all"}`))
	d.Base = state.Revision
	saved, err := s.Save(ctx, d)
	if err != nil || ctx.Err() == nil || !saved.Enforced || len(saved.Diff.Changes) == 0 {
		t.Errorf("got %+v, error %v", saved, err)
	}
}

// Samples are sent to a host that the document serves.
func TestPreviewOfAnAPIWithHosts(t *testing.T) {
	s := newService(t, "hosts: [api.corp.example]\nupstream: http://127.0.0.1:3000\nendpoints:\n  - {endpoint: GET /api/prices, cors: {allow: all}}\n")
	d, err := s.Endpoint(t.Context(), "GET /api/prices")
	if err != nil {
		t.Fatal(err)
	}
	for _, sample := range d.Preview.Samples {
		if sample.Status == 421 {
			t.Errorf("%+v", sample)
		}
	}
}
