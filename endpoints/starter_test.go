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
	if len(doc.Policies) != 1 || len(doc.Endpoints) != 4 {
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
		b.WriteString(line)
	}
	doc, table, report := endpoints.Load("concors.yaml", []byte(b.String()), endpoints.Options{})
	if table == nil || len(report.Mistakes) > 0 {
		t.Fatalf("%s\ngot:\n%s", b.String(), lines(report.Mistakes))
	}
	if len(doc.Endpoints) != 5 || len(doc.Origins) != 1 || !doc.Policies[0].Policy.ObserveOnly {
		t.Errorf("got %+v", doc)
	}
}
