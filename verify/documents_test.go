package verify

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/concors/concors/endpoints"
)

// TestTheGatewayDoesWhatEveryDocumentSays: the documents of other tests, of the
// demo and of concors init.
func TestTheGatewayDoesWhatEveryDocumentSays(t *testing.T) {
	documents := make(map[string]string)
	for _, file := range []string{"../admin/testdata/shop.yaml", "../internal/demo/document.yaml", "../endpoints/starter.yaml"} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		documents[filepath.Base(file)] = string(data)
	}
	cases, err := filepath.Glob("../endpoints/testdata/edits/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatal("there are no cases", err)
	}
	for _, file := range cases {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.Files {
			documents[filepath.Base(file)+"/"+f.Name] = string(f.Data)
		}
	}
	asked, verified := 0, 0
	for name, text := range documents {
		if _, table, report := endpoints.Load("", []byte(text), endpoints.Options{}); !report.OK() || len(table.Endpoints()) == 0 || strings.Contains(text, "hosts:") {
			continue // half of a case, or for another host than this one
		}
		verified++
		t.Run(name, func(t *testing.T) {
			_, results := served(t, text, mutant{})
			for _, r := range results() {
				for _, c := range r.Checks {
					asked++
					for _, d := range c.Differences {
						t.Errorf("%s: %s: %s: want %s, got %s", r.Endpoint, c.What, d.Kind, d.Want, d.Got)
					}
				}
			}
		})
	}
	if verified < 20 || asked < 1000 {
		t.Errorf("%d documents with %d checks", verified, asked)
	}
	t.Logf("%d documents, %d checks", verified, asked)
}
