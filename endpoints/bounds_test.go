package endpoints_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/concors/concors/cors/mistake"
	"github.com/concors/concors/endpoints"
)

// numbered is n lines, %d in each of them its number.
func numbered(n int, format string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(format, "%d", fmt.Sprint(i)))
	}
	return b.String()
}

const bare = "upstream: http://127.0.0.1:3000\nendpoints:\n- endpoint: GET /x\n  cors: {allow: all}\n"

// hostile are documents of size n that are full of mistakes.
var hostile = map[string]func(n int) string{
	"no endpoints but values": func(n int) string { return "endpoints: [" + strings.Repeat("a, ", n) + "]" },
	"unknown keys":            func(n int) string { return bare + numbered(n, "x%d: 0\n") },
	"repeated keys":           func(n int) string { return bare + strings.Repeat("origins: []\n", n) },
	"unknown policies":        func(n int) string { return bare + numbered(n, "- {endpoint: GET /x%d, cors: no%d}\n") },
	"the same endpoint":       func(n int) string { return bare + strings.Repeat("- endpoint: GET /x\n", n) },
	"conflicting endpoints":   func(n int) string { return bare + numbered(n, "- endpoint: GET /{a}/x%d\n- endpoint: GET /x%d/{a}\n") },
	"patterns with mistakes":  func(n int) string { return bare + numbered(n, "- endpoint: GET x%d\n") },
	"the same policy, wrong":  func(n int) string { return bare + numbered(n, "- {endpoint: GET /x%d, cors: {allow: alll}}\n") },
	"origins with mistakes":   func(n int) string { return bare + "origins: [" + strings.Repeat("a, ", n) + "]" },
	"unknown policies, many known": func(n int) string {
		return "upstream: http://127.0.0.1:3000\npolicies:\n" + numbered(n, "  front-end%d: {allow: all}\n") +
			"endpoints:\n" + numbered(n, "- {endpoint: GET /x%d, cors: frontend%d}\n")
	},
	"domains with mistakes among unknown keys": func(n int) string {
		return "upstream: http://127.0.0.1:3000\npolicies:\n  p:\n    allow: selected\n    domains: [" + strings.Repeat("a, ", n) + "]\n" + numbered(n, "    x%d: 0\n")
	},
}

// A document that is full of mistakes is reported in bounded space, the rest is
// counted, and what it costs to find them grows no faster than the document.
func TestMistakesAreBounded(t *testing.T) {
	for name, text := range hostile {
		t.Run(name, func(t *testing.T) {
			const n = 3000
			_, report := endpoints.Parse("", []byte(text(n)))
			listed, omitted := 0, 0
			for _, m := range report.Errors() {
				if m.Code == mistake.MistakesOmitted {
					omitted++
					continue
				}
				listed++
			}
			if listed != 1000 || omitted != 1 || len(report.Warnings()) > 1001 {
				t.Errorf("%d mistakes, %d notes that more were omitted, %d warnings", listed, omitted, len(report.Warnings()))
			}
			less := testing.AllocsPerRun(1, func() { endpoints.Parse("", []byte(text(n))) })
			more := testing.AllocsPerRun(1, func() { endpoints.Parse("", []byte(text(4*n))) })
			if more > 5*less {
				t.Errorf("%v allocations for %d, %v for %d", less, n, more, 4*n)
			}
		})
	}
}

func TestOmittedMistakesAreCounted(t *testing.T) {
	_, report := endpoints.Parse("", []byte(hostile["unknown keys"](2345)))
	last := report.Mistakes[len(report.Mistakes)-1]
	if want := "1345 more are not listed"; last.Code != mistake.MistakesOmitted || last.Message != want {
		t.Errorf("got %v, want %s", last, want)
	}
	// The library counts in each policy, the report over all of them.
	_, report = endpoints.Parse("", []byte(hostile["domains with mistakes among unknown keys"](2345)))
	last = report.Errors()[len(report.Errors())-1]
	if want := fmt.Sprintf("%d more are not listed", 2345+2345-1000); last.Message != want {
		t.Errorf("got %v, want %s", last, want)
	}
}

// Warnings, however many, hide no mistake.
func TestWarningsHideNoMistake(t *testing.T) {
	text := "upstream: http://127.0.0.1:3000\npolicies:\n" + numbered(3000, "  p%d: {allow: all}\n") + "endpoints:\n- endpoint: GET /x\n- endpoint: GET /x\n"
	_, report := endpoints.Parse("", []byte(text))
	if report.OK() || len(report.Errors()) != 1 || len(report.Warnings()) != 1001 {
		t.Errorf("%d mistakes, %d warnings", len(report.Errors()), len(report.Warnings()))
	}
}

func TestLongValuesAreCut(t *testing.T) {
	_, report := endpoints.Parse("", []byte("upstream: "+strings.Repeat("é", 1<<20)+"\nendpoints: []\n"))
	if m := report.Errors()[0]; len(m.Value) > 1010 || len(m.Repair) > 1010 || !strings.HasSuffix(m.Value, "é…") {
		t.Errorf("a value of %d bytes, a repair of %d: …%s", len(m.Value), len(m.Repair), m.Value[len(m.Value)-20:])
	}
}

func BenchmarkParseMistakes(b *testing.B) {
	for name, text := range hostile {
		b.Run(name, func(b *testing.B) {
			data := []byte(text(3000))
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				endpoints.Parse("", data)
			}
		})
	}
}

// What is counted before a document is parsed is not much less than what it
// holds, or it could be too large after all, and not much more, or documents
// were refused that are not.
func TestValuesAreCountedBeforehand(t *testing.T) {
	texts := map[string]string{"starter": string(endpoints.Starter()), "many endpoints": manyEndpoints(500)}
	for _, g := range goldens(t, "edits") {
		texts[g.name] = g.file(t, "after")
	}
	for name, make := range hostile {
		texts[name] = make(300)
	}
	texts["lists in lists"] = "endpoints:\n" + strings.Repeat("- - - - a\n", 300)
	for name, text := range texts {
		held, counted := endpoints.CountValues([]byte(text))
		if counted < held*2/3-5 || counted > held*3/2+100 {
			t.Errorf("%s: %d values are counted, it holds %d", name, counted, held)
		}
	}
	doc, _ := endpoints.Parse("", []byte(manyEndpoints(500)))
	pretty, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if held, counted := endpoints.CountValues(pretty); counted < held*2/3 || counted > held*3/2+100 {
		t.Errorf("JSON: %d values are counted, it holds %d", counted, held)
	}
}
