package difference_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/difference"
	"github.com/concors/concors/endpoints"
)

// document reads a document that has no mistakes.
func document(t *testing.T, text string) *endpoints.Document {
	t.Helper()
	doc, report := endpoints.Parse("", []byte(text))
	if !report.OK() {
		t.Fatal(report.Err())
	}
	return doc
}

func between(t *testing.T, old, next *endpoints.Document) difference.Diff {
	t.Helper()
	diff, err := difference.Between(t.Context(), old, next)
	if err != nil {
		t.Fatal(err)
	}
	return diff
}

// How changes read in words.
func TestDifferencesInWords(t *testing.T) {
	base := func(policy string) string {
		return `{"endpoints":[{"endpoint":"PUT /a","cors":` + policy + `}],"upstream":"http://u.example"}`
	}
	docs := `{"allow":"selected","domains":["https://docs.example"]%s}`
	with := func(more string) string { return fmt.Sprintf(docs, more) }
	for _, tc := range []struct {
		name, old, next string
		want            []string
	}{
		{"nothing", base(with("")), base(with("")), nil},
		{"the order of domains", base(`{"allow":"selected","domains":["https://a.example","https://b.example"]}`), base(`{"allow":"selected","domains":["https://b.example","https://a.example"]}`), nil},
		{"allow left out", base(`{"allow":"none"}`), base(`{}`), nil},
		{"opened to a domain", base(`{}`), base(with("")), []string{"wider: https://docs.example may now call PUT /a, without credentials."}},
		{"opened to a domain with credentials", base(`{}`), base(with(`,"credentials":true`)), []string{"wider: https://docs.example may now send credentials to PUT /a."}},
		{"another domain", base(with(`,"credentials":true`)), base(`{"allow":"selected","domains":["https://docs.example","https://x.example"],"credentials":true}`), []string{"wider: https://x.example may now send credentials to PUT /a."}},
		{"credentials for all domains", base(with("")), base(`{"allow":"selected","domains":["https://docs.example","https://x.example"],"credentials":true}`), []string{"wider: https://docs.example and https://x.example may now send credentials to PUT /a."}},
		{"no more credentials", base(with(`,"credentials":true`)), base(with("")), []string{"narrower: https://docs.example may no longer send credentials to PUT /a."}},
		{"a domain replaced", base(with("")), base(`{"allow":"selected","domains":["https://x.example"]}`), []string{"wider: https://x.example may now call PUT /a, without credentials.", "narrower: https://docs.example may no longer call PUT /a."}},
		{"closed", base(with("")), base(`{}`), []string{"narrower: https://docs.example may no longer call PUT /a: cross-origin requests are disallowed."}},
		{"opened to everybody", base(with(`,"credentials":true`)), base(`{"allow":"all"}`), []string{
			"wider: Every website may now call PUT /a, without credentials.",
			"wider: Every website may now embed PUT /a as image, script or frame, without credentials.",
			"narrower: https://docs.example may no longer send credentials to PUT /a."}},
		{"closed to everybody", base(`{"allow":"all","embed":"same-origin"}`), base(`{}`), []string{"narrower: Other websites may no longer call PUT /a."}},
		{"everybody to some", base(`{"allow":"all","embed":"same-origin"}`), base(with(`,"credentials":true`)), []string{"wider: https://docs.example may now send credentials to PUT /a.", "narrower: Only https://docs.example may call PUT /a now; every other website is refused."}},
		{"headers", base(with(`,"headers":["Content-Type","X-Old"],"expose":["ETag"]`)), base(with(`,"headers":["Content-Type","X-New","*"]`)), []string{
			"wider: Websites may now send the header X-New and * (every one but Authorization and method overrides) to PUT /a.",
			"narrower: Websites may no longer send the header X-Old to PUT /a.",
			"narrower: Scripts of other websites may no longer read the header ETag of PUT /a."}},
		{"cache", base(with(`,"cache":"5m"`)), base(with("")), []string{"neutral: Browsers may keep preflight answers of PUT /a for their own default of 5 seconds."}},
		{"no cache", base(with("")), base(with(`,"cache":"0"`)), []string{"neutral: Browsers may keep preflight answers of PUT /a for no time at all."}},
		{"embed", base(`{}`), base(`{"embed":"same-site"}`), []string{"wider: Pages of the same site may now embed PUT /a as image, script or frame, with credentials."}},
		{"senders", base(`{}`), base(`{"senders":"any"}`), []string{"wider: Every website may now post to PUT /a with the visitor's credentials, without reading the answer."}},
		{"observed", base(`{}`), base(`{"enforce":false}`), []string{"wider: PUT /a is only observed now: nothing is refused or changed there, only counted."}},
		{"enforced", base(`{"enforce":false}`), base(`{}`), []string{"narrower: PUT /a is enforced now; it was only observed."}},
		{"a new endpoint", base(`{}`), `{"endpoints":[{"endpoint":"PUT /a"},{"endpoint":"GET /b","cors":{"allow":"all"}}],"upstream":"http://u.example"}`, []string{"wider: GET /b is new: every website may call it, without credentials."}},
		{"an endpoint gone", base(`{}`), `{"endpoints":[],"upstream":"http://u.example"}`, []string{"narrower: PUT /a no longer exists here."}},
		{"upstream", base(`{}`), `{"endpoints":[{"endpoint":"PUT /a"}],"upstream":"http://v.example"}`, []string{"neutral: Requests to PUT /a now go to http://v.example."}},
		{"policy by name", base(with("")), `{"upstream":"http://u.example","policies":{"p":` + with("") + `},"endpoints":[{"endpoint":"PUT /a","cors":"p"}]}`, []string{"neutral: PUT /a now uses the policy p; nothing changes for websites."}},
		{"an unused policy", base(`{}`), `{"upstream":"http://u.example","policies":{"p":{}},"endpoints":[{"endpoint":"PUT /a"}]}`, []string{"neutral: The policy p is new; no endpoint uses it."}},
		{"the first host", base(`{}`), `{"hosts":["api.example"],"upstream":"http://u.example","endpoints":[{"endpoint":"PUT /a"}]}`, []string{"narrower: Only requests for api.example are answered now."}},
		{"another host", `{"hosts":["api.example"],"endpoints":[]}`, `{"hosts":["api.example","www.example"],"endpoints":[]}`, []string{"wider: Only requests for api.example and www.example are answered now."}},
		{"no host any more", `{"hosts":["api.example"],"endpoints":[]}`, `{"endpoints":[]}`, []string{"wider: Requests for any host are answered now."}},
		{"own origins", base(`{}`), `{"origins":["https://api.example"],"upstream":"http://u.example","endpoints":[{"endpoint":"PUT /a"}]}`, []string{"wider: Pages of https://api.example now count as this API's own."}},
		{"methods", `{"upstream":"http://u.example","endpoints":[{"endpoint":"/a"}]}`, `{"upstream":"http://u.example","endpoints":[{"endpoint":"/a","methods":["GET","PUT"]}]}`, []string{"neutral: /a now takes the methods GET and PUT."}},
		{"encoded paths", `{"upstream":"http://u.example","endpoints":[{"endpoint":"/a"}]}`, `{"upstream":"http://u.example","endpoints":[{"endpoint":"/a","encoded_paths":true}]}`, []string{"wider: /a now lets paths through that servers read differently."}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			diff := between(t, document(t, tc.old), document(t, tc.next))
			var got []string
			for _, c := range diff.Changes {
				got = append(got, string(c.Effect)+": "+c.Sentence)
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tc.want, "\n"))
			}
		})
	}
}

// Whatever is written in a document shows in a difference: a field that did not
// would be changed without a word.
func TestEveryFieldShows(t *testing.T) {
	base := func() *endpoints.Document {
		return &endpoints.Document{
			Upstream:  "http://u.example",
			Endpoints: []endpoints.Entry{{Endpoint: "/a", CORS: endpoints.Setting{Inline: &endpoints.Policy{Allow: endpoints.AllowSelected, Domains: []string{"https://a.example"}}}}},
		}
	}
	for _, part := range []struct {
		name string
		of   func(*endpoints.Document) reflect.Value
		not  string // fields that name what is compared
	}{
		{"document", func(d *endpoints.Document) reflect.Value { return reflect.ValueOf(d).Elem() }, "Endpoints"},
		{"entry", func(d *endpoints.Document) reflect.Value { return reflect.ValueOf(&d.Endpoints[0]).Elem() }, "Endpoint CORS"},
		{"policy", func(d *endpoints.Document) reflect.Value { return reflect.ValueOf(d.Endpoints[0].CORS.Inline).Elem() }, ""},
	} {
		for i := range part.of(base()).NumField() {
			field := part.of(base()).Type().Field(i)
			if strings.Contains(part.not, field.Name) {
				continue
			}
			t.Run(part.name+"."+field.Name, func(t *testing.T) {
				next := base()
				change(t, part.of(next).Field(i))
				if diff := between(t, base(), next); len(diff.Changes) == 0 {
					t.Error("a change of the field says nothing")
				}
			})
		}
	}
}

// change gives v another value.
func change(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v := v.Addr().Interface().(type) {
	case *bool:
		*v = !*v
	case *string:
		*v = "all" // a setting, and as good as any other text
	case *[]string:
		*v = append(*v, "x")
	case *endpoints.Senders:
		*v = append(*v, "https://x.example")
	case *endpoints.Duration:
		*v += 1e9
	case *endpoints.Policies:
		*v = append(*v, endpoints.NamedPolicy{Name: "x"})
	default:
		t.Fatalf("no other value of a %T is known", v)
	}
}

// A change of a policy is one sentence about all its endpoints.
func TestDifferenceOfManyEndpointsIsOneSentence(t *testing.T) {
	doc := func(policy endpoints.Policy) *endpoints.Document {
		d := &endpoints.Document{Policies: endpoints.Policies{{Name: "p", Policy: policy}}}
		for i := range 1000 {
			d.Endpoints = append(d.Endpoints, endpoints.Entry{Endpoint: fmt.Sprintf("GET /%d", i), CORS: endpoints.Setting{Name: "p"}})
		}
		return d
	}
	old := doc(endpoints.Policy{Allow: "all"})
	diff := between(t, old, doc(endpoints.Policy{Allow: "all", Headers: []string{"X-A"}}))
	want := "Websites may now send the header X-A to GET /0, GET /1 and 998 more endpoints."
	if len(diff.Changes) != 1 || diff.Changes[0].Sentence != want || len(diff.Changes[0].Endpoints) != 1000 {
		t.Errorf("got %+v", diff)
	}
}

// What cannot be told any more is counted, and what opens something is told
// first.
func TestEnormousDifference(t *testing.T) {
	old, next := &endpoints.Document{}, &endpoints.Document{}
	for i := range 500 {
		pattern := fmt.Sprintf("GET /%d", i)
		old.Endpoints = append(old.Endpoints, endpoints.Entry{Endpoint: pattern, Upstream: "http://a.example"})
		next.Endpoints = append(next.Endpoints, endpoints.Entry{
			Endpoint: pattern, Upstream: fmt.Sprintf("http://%d.example", i),
			CORS: endpoints.Setting{Inline: &endpoints.Policy{Allow: "selected", Domains: []string{fmt.Sprintf("https://%d.example", i)}}},
		})
	}
	diff := between(t, old, next)
	if len(diff.Changes) != 200 || diff.More != 800 || diff.Changes[199].Effect != difference.Wider {
		t.Errorf("%d changes and %d more", len(diff.Changes), diff.More)
	}
}

// Endpoints that share a policy cost no more than the policy and the endpoints.
func TestSharedPoliciesAreComparedOnce(t *testing.T) {
	doc := func(n int, last string) *endpoints.Document {
		p := endpoints.Policy{Allow: "selected"}
		d := new(endpoints.Document)
		for i := range n {
			p.Domains = append(p.Domains, fmt.Sprintf("https://%d.example", i))
			d.Endpoints = append(d.Endpoints, endpoints.Entry{Endpoint: fmt.Sprintf("GET /%d", i), CORS: endpoints.Setting{Name: "p"}})
		}
		p.Domains = append(p.Domains, last)
		d.Policies = endpoints.Policies{{Name: "p", Policy: p}}
		return d
	}
	cost := func(n int) float64 {
		old, next := doc(n, "https://old.example"), doc(n, "https://new.example")
		return testing.AllocsPerRun(1, func() {
			if diff := between(t, old, next); len(diff.Changes) != 2 {
				t.Fatalf("got %+v", diff)
			}
		})
	}
	if few, many := cost(200), cost(2000); many > 20*few {
		t.Errorf("%.0f allocations for 2000 endpoints and domains, %.0f for 200: more than in proportion", many, few)
	}
}

func TestBetweenEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	doc := document(t, `{"upstream":"http://u.example","endpoints":[{"endpoint":"GET /"}]}`)
	if _, err := difference.Between(ctx, doc, doc); err == nil {
		t.Error("it went on")
	}
}

func TestFirst(t *testing.T) {
	doc := func(a, b string) *endpoints.Document {
		return document(t, `{"upstream":"http://u.example","policies":{"p":{"allow":"all"},"q":{"allow":"all"}},"endpoints":[{"endpoint":"GET /a","cors":`+a+`},{"endpoint":"GET /b","cors":`+b+`}]}`)
	}
	for _, test := range []struct {
		name      string
		old, next *endpoints.Document
		want      string
	}{
		{"nothing changed", doc(`"p"`, `"q"`), doc(`"p"`, `{"allow":"all"}`), ""},
		{"a policy changed", doc(`"p"`, `"q"`), doc(`"p"`, `{"allow":"none"}`), "GET /b"},
		{"a new endpoint", document(t, `{"upstream":"http://u.example","endpoints":[{"endpoint":"GET /b"}]}`), doc(`"p"`, `"q"`), "GET /a"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := difference.First(test.old, test.next); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
