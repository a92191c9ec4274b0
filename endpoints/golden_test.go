package endpoints_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/concors/concors/cors/mistake"
	"github.com/concors/concors/endpoints"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// A golden is a case in a txtar file: a sentence, then files.
type golden struct {
	name string // of the file, without ending
	path string
	*txtar.Archive
}

// goldens returns the cases in a folder of testdata.
func goldens(t testing.TB, folder string) []golden {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.txtar"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no golden files in testdata/%s (%v)", folder, err)
	}
	var all []golden
	for _, path := range paths {
		a, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, golden{strings.TrimSuffix(filepath.Base(path), ".txtar"), path, a})
	}
	return all
}

// file returns the content of one of the case's files.
func (g golden) file(t testing.TB, name string) string {
	t.Helper()
	i := slices.IndexFunc(g.Files, func(f txtar.File) bool { return f.Name == name })
	if i < 0 {
		t.Fatalf("%s has no file %s", g.path, name)
	}
	return string(g.Files[i].Data)
}

// want compares got with the file called name, or rewrites it under -update.
func (g golden) want(t *testing.T, name, got string) {
	t.Helper()
	want := g.file(t, name)
	if got == want {
		return
	}
	if !*update {
		t.Errorf("%s: %s:\ngot:\n%s\nwant:\n%s", g.path, name, got, want)
		return
	}
	for i := range g.Files {
		if g.Files[i].Name == name {
			g.Files[i].Data = []byte(got)
		}
	}
	if err := os.WriteFile(g.path, txtar.Format(g.Archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

func lines(mistakes []endpoints.Mistake) string {
	var b strings.Builder
	for _, m := range mistakes {
		b.WriteString(m.String() + "\n")
	}
	return b.String()
}

// notInText are the codes that no text of a handy size provokes; each has a
// test of its own.
var notInText = []mistake.Code{
	endpoints.DocumentTooLarge, // TestParseRefusesTooMuch
	endpoints.DocumentNotUTF8,  // TestParseRefusesOtherEncodings
	mistake.MistakesOmitted,    // TestMistakesAreCounted
	mistake.WarningsOmitted,
	"pattern-too-long", // the route package's
}

func TestEachMistakeHasAnExampleThatProvokesItAlone(t *testing.T) {
	examples := make(map[string]bool)
	for _, g := range goldens(t, "mistakes") {
		examples[g.name] = true
		t.Run(g.name, func(t *testing.T) {
			_, report := endpoints.Parse("concors.yaml", []byte(g.file(t, "concors.yaml")))
			if len(report.Mistakes) != 1 || string(report.Mistakes[0].Code) != g.name {
				t.Errorf("want %s alone, got:\n%s", g.name, lines(report.Mistakes))
			}
			g.want(t, "want", lines(report.Mistakes))
		})
	}
	for _, m := range endpoints.Kinds() {
		if !examples[string(m.Code)] && !slices.Contains(notInText, m.Code) {
			t.Errorf("testdata/mistakes has no %s.txtar", m.Code)
		}
		delete(examples, string(m.Code))
	}
	for name := range examples {
		t.Errorf("testdata/mistakes/%s.txtar: there is no such code", name)
	}
}
