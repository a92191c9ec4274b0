package audit

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite docs/audit.md")

const (
	docsFile   = "../docs/audit.md"
	docsMarker = "-update\". -->\n"
)

// TestDocs: each class has its section in docs/audit.md, which says what the
// table says.
func TestDocs(t *testing.T) {
	have, err := os.ReadFile(docsFile)
	if err != nil {
		t.Fatal(err)
	}
	intro, _, ok := bytes.Cut(have, []byte(docsMarker))
	if !ok {
		t.Fatalf("%s has no marker %q", docsFile, docsMarker)
	}
	want := string(intro) + docsMarker + sections()
	if string(have) == want {
		return
	}
	if !*update {
		t.Fatalf("%s does not say what the table of classes says; go test ./audit -run Docs -update", docsFile)
	}
	if err := os.WriteFile(docsFile, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

func sections() string {
	about := map[Group]string{
		Origin: "who is let in", Value: "what the headers say", Cache: "what caches make of it",
		Consistency: "answers that contradict each other", Preflight: "whether browsers may ask", CSRF: "what runs without being allowed",
	}
	var b strings.Builder
	for _, g := range Groups() {
		fmt.Fprintf(&b, "\n# Group %s: %s\n", g, about[g])
		for _, c := range classes {
			if c.Group != g {
				continue
			}
			fmt.Fprintf(&b, "\n## %s\n\n%s. Severity: %s.", c.ID, c.Title, c.Severity)
			if c.NeedsUnsafe {
				b.WriteString(" Only with `--send-unsafe`.")
			}
			fmt.Fprintf(&b, "\n\n**Cause.** %s\n\n**Danger.** %s\n\n**Repair.** %s\n", escape(c.Cause), escape(c.Danger), escape(c.Repair))
			if len(c.Header) > 0 {
				fmt.Fprintf(&b, "\n```http\n%s\n```\n", strings.Join(c.Header, "\n"))
			}
			fmt.Fprintf(&b, "\nIn Concors: `%s`\n", c.Setting)
		}
	}
	return b.String()
}

// escape keeps stars from being emphasis.
func escape(text string) string { return strings.ReplaceAll(text, "*", `\*`) }
