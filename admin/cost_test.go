package admin_test

import (
	"fmt"
	"testing"

	"github.com/concors/concors/admin"
	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/store"
)

// costly is a service on a document of n policies with an endpoint each, and a
// draft that changes everything about them.
func costly(tb testing.TB, n int) (*admin.Service, admin.Draft) {
	tb.Helper()
	doc := &endpoints.Document{Upstream: "http://127.0.0.1:1"}
	var d admin.Draft
	for i := range n {
		name := fmt.Sprintf("p%d", i)
		doc.Policies = append(doc.Policies, endpoints.NamedPolicy{Name: name, Policy: endpoints.Policy{Allow: "all"}})
		doc.Endpoints = append(doc.Endpoints, endpoints.Entry{Endpoint: fmt.Sprintf("GET /%d", i), CORS: endpoints.Setting{Name: name}})
		d.Policies = append(d.Policies, admin.PolicyChange{Name: name, Rename: "q" + name, Policy: &endpoints.Policy{Allow: "selected", Domains: []string{"wrong.example"}}})
		d.Endpoints = append(d.Endpoints, admin.EndpointChange{Pattern: fmt.Sprintf("GET /%d", i), Setting: &endpoints.Setting{Name: "q" + name}})
	}
	text, err := endpoints.Edit(nil, doc)
	if err != nil {
		tb.Fatal(err)
	}
	s, err := admin.New(admin.Options{Store: store.NewMemory(text, store.Options{})})
	if err != nil {
		tb.Fatal(err)
	}
	return s, d
}

// What a draft costs is in proportion to the document and the draft, also if it
// is full of mistakes.
func TestDraftsCostInProportion(t *testing.T) {
	for _, question := range []struct {
		name string
		ask  func(*admin.Service, admin.Draft) error
	}{
		{"judge", func(s *admin.Service, d admin.Draft) error { _, err := s.Judge(t.Context(), d); return err }},
		{"diff", func(s *admin.Service, d admin.Draft) error { _, err := s.Diff(t.Context(), d); return err }},
		{"policies", func(s *admin.Service, _ admin.Draft) error { _, err := s.Policies(t.Context()); return err }},
	} {
		t.Run(question.name, func(t *testing.T) {
			cost := func(n int) float64 {
				s, d := costly(t, n)
				return testing.AllocsPerRun(1, func() {
					if err := question.ask(s, d); err != nil {
						t.Fatal(err)
					}
				})
			}
			if few, many := cost(100), cost(1000); many > 20*few {
				t.Errorf("%.0f allocations for 1000 policies, %.0f for 100: more than in proportion", many, few)
			}
		})
	}
}

func BenchmarkJudgeEnormousDraft(b *testing.B) {
	s, d := costly(b, 20_000)
	for b.Loop() {
		if _, err := s.Judge(b.Context(), d); err != nil {
			b.Fatal(err)
		}
	}
}
