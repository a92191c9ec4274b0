package tidy

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/internal/cli"
)

// pages are the Markdown files, without the test data of others.
func pages(t *testing.T) []string {
	t.Helper()
	return files(t, func(name string) bool {
		return strings.HasSuffix(name, ".md") && !strings.Contains(name, "testdata/")
	})
}

var (
	fence   = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$")
	heading = regexp.MustCompile(`(?m)^#{1,6} (.*)$`)
	link    = regexp.MustCompile(`\]\(([^()\s]+)\)`)
)

// anchors returns the anchors that GitHub gives to a page's headings.
func anchors(page []byte) map[string]bool {
	all := make(map[string]bool)
	for _, m := range heading.FindAllSubmatch(fence.ReplaceAll(page, nil), -1) {
		all[slug(string(m[1]))] = true
	}
	return all
}

// slug is what GitHub makes of a heading: lower case, hyphens for spaces, no
// punctuation.
func slug(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			return unicode.ToLower(r)
		}
		return -1
	}, heading)
}

func TestLinksLeadSomewhere(t *testing.T) {
	for _, name := range pages(t) {
		page := fence.ReplaceAll(read(t, name), nil)
		for _, m := range link.FindAllSubmatch(page, -1) {
			target := string(m[1])
			if strings.Contains(target, "://") {
				continue
			}
			file, anchor, hasAnchor := strings.Cut(target, "#")
			to := name
			if file != "" {
				to = path.Join(path.Dir(name), file)
			}
			data, err := os.ReadFile(filepath.Join(root, to))
			if err != nil {
				t.Errorf("%s links to %s: %v", name, target, err)
			} else if hasAnchor && !anchors(data)[anchor] {
				t.Errorf("%s links to %s, but there is no such heading", name, target)
			}
		}
	}
}

// TestEveryReasonHasItsSection: problem documents link to it by this anchor.
func TestEveryReasonHasItsSection(t *testing.T) {
	const page = "docs/refused.md"
	if !strings.HasSuffix(cors.RefusalType, "/"+page+"#") {
		t.Errorf("problem types begin with %s", cors.RefusalType)
	}
	var reasons []string
	for _, r := range cors.Reasons() {
		reasons = append(reasons, string(r))
	}
	problem := regexp.MustCompile(`newProblem\(http\.\w+, "([a-z-]+)"`)
	found := 0
	for _, name := range files(t, func(name string) bool { return path.Dir(name) == "gateway" && !strings.HasSuffix(name, "_test.go") }) {
		for _, m := range problem.FindAllSubmatch(read(t, name), -1) {
			reasons = append(reasons, string(m[1]))
			found++
		}
	}
	if found == 0 {
		t.Error("no reasons of the gateway found: has newProblem another form now?")
	}
	sections := anchors(read(t, page))
	for _, r := range reasons {
		if !sections[r] {
			t.Errorf("%s has no section %s", page, r)
		}
	}
}

// TestGoInTheDocsCompiles: blocks that are programs compile, those that are test
// files pass; all others are in the library's examples.
func TestGoInTheDocsCompiles(t *testing.T) {
	dir := t.TempDir()
	library, err := filepath.Abs(filepath.Join(root, "cors"))
	if err != nil {
		t.Fatal(err)
	}
	mod := string(read(t, "cors/go.mod"))
	mod = strings.Replace(mod, "module github.com/concors/concors/cors", "module docs", 1)
	mod += "\nrequire github.com/concors/concors/cors v0.0.0\nreplace github.com/concors/concors/cors => " + library + "\n"
	put(t, filepath.Join(dir, "go.mod"), mod)
	put(t, filepath.Join(dir, "go.sum"), string(read(t, "cors/go.sum")))
	examples := unindented(read(t, "cors/example_test.go"))
	programs := 0
	for _, name := range pages(t) {
		for _, m := range fence.FindAllSubmatch(read(t, name), -1) {
			if string(m[1]) != "go" {
				continue
			}
			if !bytes.HasPrefix(m[2], []byte("package ")) {
				if !strings.Contains(examples, unindented(m[2])) {
					t.Errorf("%s: these lines are in no example of the library:\n%s", name, m[2])
				}
				continue
			}
			programs++
			file := "main.go"
			if bytes.Contains(m[2], []byte("(t *testing.T)")) {
				file = "main_test.go"
			}
			put(t, filepath.Join(dir, fmt.Sprintf("p%d", programs), file), string(m[2]))
		}
	}
	if programs == 0 {
		t.Fatal("there are no programs")
	}
	t.Setenv("GOWORK", "off")
	t.Setenv("GOFLAGS", "-mod=mod")
	goTool(t, dir, "test", "./...") // vets as well
}

// unindented is text without the white space around its lines, and without
// empty lines.
func unindented(text []byte) string {
	var b strings.Builder
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			b.Write(line)
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestYAMLInTheDocsIsRight checks what people copy. A block is a whole document
// or some keys of one, of which cors belongs to an endpoint.
func TestYAMLInTheDocsIsRight(t *testing.T) {
	checked := 0
	for _, name := range pages(t) {
		if name == "docs/mistakes.md" {
			continue // shows mistakes; endpoints has a test of it
		}
		for _, m := range fence.FindAllSubmatch(read(t, name), -1) {
			if string(m[1]) != "yaml" {
				continue
			}
			text := string(m[2])
			if strings.HasPrefix(text, "cors:") {
				text = "endpoints:\n  - endpoint: GET /a\n    " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n    ") + "\n"
			}
			if !strings.Contains(text, "endpoints:") {
				text += "endpoints:\n  - endpoint: GET /a\n"
			}
			if !strings.Contains(text, "upstream:") {
				text = "upstream: http://127.0.0.1:3000\n" + text
			}
			checked++
			if _, report := endpoints.Parse(name, []byte(text)); !report.OK() {
				t.Errorf("%s: %v in\n%s", name, report.Err(), text)
			}
		}
	}
	if checked == 0 {
		t.Error("there is no YAML")
	}
}

// TestFlagsInTheDocsExist takes every --flag that a page mentions to be one of
// concors'.
func TestFlagsInTheDocsExist(t *testing.T) {
	var help bytes.Buffer
	for _, command := range []string{"", "serve", "check", "diff", "init", "demo", "explain", "verify", "audit"} {
		if code := cli.Main(append(strings.Fields(command), "--help"), strings.NewReader(""), &help, &help); code != 0 {
			t.Fatalf("%s --help ends with %d", command, code)
		}
	}
	flag := regexp.MustCompile(`[\s(\x60]--([a-z][a-z-]+)`)
	for _, name := range pages(t) {
		for _, m := range flag.FindAllSubmatch(read(t, name), -1) {
			if string(m[1]) != "list" && !strings.Contains(help.String(), " --"+string(m[1])+" ") {
				t.Errorf("%s mentions --%s, which no command has", name, m[1])
			}
		}
	}
}
