package endpoints_test

import (
	"strings"
	"testing"

	"github.com/concors/concors/endpoints"
)

func TestStarterHasNothingToComplainAbout(t *testing.T) {
	doc, table, report := endpoints.Load("concors.yaml", endpoints.Starter(), endpoints.Options{})
	if table == nil || len(report.Mistakes) > 0 {
		t.Fatalf("got:\n%s", lines(report.Mistakes))
	}
	if len(doc.Policies) != 1 || len(doc.Endpoints) != 1 {
		t.Errorf("got %d policies and %d endpoints", len(doc.Policies), len(doc.Endpoints))
	}
}

// What stands in the starter as a comment must work as well: somebody will
// remove the #.
func TestStarterWithItsCommentsRemoved(t *testing.T) {
	var b strings.Builder
	for line := range strings.Lines(string(endpoints.Starter())) {
		for _, key := range []string{"origins:", "trusted_proxies:", "hosts:", "expose:", "enforce:", "- endpoint:"} {
			line = strings.Replace(line, "# "+key, key, 1)
		}
		line = strings.Replace(line, "#   cors:", "  cors:", 1)
		b.WriteString(line)
	}
	doc, table, report := endpoints.Load("concors.yaml", []byte(b.String()), endpoints.Options{})
	if table == nil || len(report.Mistakes) > 0 {
		t.Fatalf("%s\ngot:\n%s", b.String(), lines(report.Mistakes))
	}
	if len(doc.Endpoints) != 3 || len(doc.Origins) != 1 || !doc.Policies[0].Policy.ObserveOnly {
		t.Errorf("got %+v", doc)
	}
}

func TestStarterFor(t *testing.T) {
	for _, tt := range []struct{ name, upstream, website, domains string }{
		{"both", "http://127.0.0.1:8000", "https://www.example.com", "https://www.example.com"},
		{"a pattern", "http://[::1]:8000", "https://*.example.com", "https://*.example.com"},
		{"no website", "http://127.0.0.1:8000", "", ""},
		{"no upstream", "", "http://localhost:*", "http://localhost:*"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := endpoints.StarterFor(tt.upstream, tt.website)
			doc, table, report := endpoints.Load("concors.yaml", text, endpoints.Options{})
			if table == nil || len(report.Mistakes) > 0 {
				t.Fatalf("%s\ngot:\n%s", text, lines(report.Mistakes))
			}
			want := tt.upstream
			if want == "" {
				want = "http://127.0.0.1:3000"
			}
			domains := ""
			if len(doc.Policies) > 0 {
				domains = strings.Join(doc.Policies[0].Policy.Domains, " ")
			}
			if doc.Upstream != want || domains != tt.domains || (doc.Endpoints[0].CORS.Name == "") != (tt.website == "") {
				t.Errorf("upstream %s, domains %s in\n%s", doc.Upstream, domains, text)
			}
		})
	}
	// Whatever is said, it stays one value.
	text := endpoints.StarterFor("http://a#\n: x", `"], [x`)
	if doc, _ := endpoints.Parse("", text); doc.Upstream != "http://a#\n: x" || doc.Policies[0].Policy.Domains[0] != `"], [x` {
		t.Errorf("%+v", doc)
	}
}
