package endpoints_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/concors/concors/endpoints"
)

// The page is made from the codes and from testdata/mistakes:
//
//	go test ./endpoints -run 'Mistake' -update
func TestMistakesPageIsCurrent(t *testing.T) {
	examples := make(map[string]golden)
	for _, g := range goldens(t, "mistakes") {
		examples[g.name] = g
	}
	var b strings.Builder
	b.WriteString(`# Mistakes

<!-- Made by: go test ./endpoints -run Mistake -update -->

Everything that ` + "`concors check`" + ` can say about a document, by code. Codes are stable. All mistakes are named at
once, as ` + "`file:line:column: code: message (repair)`" + `; a document with mistakes never replaces a good one. With
warnings it works, but perhaps not as meant.

`)
	for _, warning := range []bool{false, true} {
		if warning {
			b.WriteString("\nWarnings: ")
		}
		sep := ""
		for _, m := range endpoints.Kinds() {
			if m.Warning == warning {
				fmt.Fprintf(&b, "%s[%s](#%s)", sep, m.Code, m.Code)
				sep = ",\n"
			}
		}
		b.WriteString("\n")
	}
	for _, m := range endpoints.Kinds() {
		fmt.Fprintf(&b, "\n## %s\n\n", m.Code)
		if m.Warning {
			b.WriteString("Warning: ")
		}
		fmt.Fprintf(&b, "%s.\n\n%s\n", markdown(m.Message), markdown(m.Cause))
		if g, ok := examples[string(m.Code)]; ok {
			fmt.Fprintf(&b, "\n%s\n\n```yaml\n%s```\n\n```text\n%s```\n", markdown(strings.TrimSpace(string(g.Comment))), g.file(t, "concors.yaml"), g.file(t, "want"))
		}
		fmt.Fprintf(&b, "\nRepair: %s\n", markdown(m.Remedy))
	}

	path := filepath.Join("..", "docs", "mistakes.md")
	got, err := os.ReadFile(path)
	if err == nil && string(got) == b.String() {
		return
	}
	if !*update {
		t.Fatalf("%s is not current (%v): go test ./endpoints -run Mistake -update", path, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// markdown escapes what would not be shown as it is.
func markdown(s string) string {
	return strings.NewReplacer("*", `\*`, "_", `\_`, "<", `\<`, "[", `\[`, "`", "\\`").Replace(s)
}
