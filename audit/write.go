package audit

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/concors/concors/internal/plain"
	"github.com/concors/concors/internal/report"
)

// DocsURL is where a class is explained.
func (c *Class) DocsURL() string {
	return "https://github.com/concors/concors/blob/HEAD/docs/audit.md#" + string(c.ID)
}

// WriteJSON writes the finding as one line of JSON.
func (f *Finding) WriteJSON(w io.Writer) error {
	data, err := json.Marshal(f)
	if err == nil {
		_, err = w.Write(append(plain.JSON(data), '\n'))
	}
	return err
}

// telling are the response headers that a proof is made of.
func telling(h http.Header) []string {
	var lines []string
	for name, values := range h {
		if strings.HasPrefix(name, "Access-Control-") || slices.Contains([]string{"Vary", "Cache-Control", "Location", "Www-Authenticate", "Allow", "Upgrade"}, name) {
			for _, v := range values {
				lines = append(lines, name+": "+v)
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// A Style says how a report is written for a terminal.
type Style struct{ Color bool }

func (s Style) paint(code, text string) string {
	if !s.Color {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

var severityColors = [...]string{Info: "36", Low: "34", Medium: "33", High: "31", Critical: "1;31"}

// Write writes the report for a person at a terminal.
func (r *Report) Write(w io.Writer, s Style) error {
	var b strings.Builder
	line := func(format string, args ...any) {
		for i, a := range args {
			if text, ok := a.(string); ok {
				args[i] = plain.Text(text)
			}
		}
		fmt.Fprintf(&b, format+"\n", args...)
	}
	line("%s", r.URL)
	switch {
	case r.Err != nil:
		line("  could not be asked: %s", r.Err.Error())
	case len(r.Findings) == 0:
		b.WriteString(s.paint("32", "  ✓ nothing found") + fmt.Sprintf(", %d requests\n", r.Requests))
	default:
		line("  %d found, %d requests", len(r.Findings), r.Requests)
	}
	for _, f := range r.Findings {
		b.WriteString("\n  " + s.paint(severityColors[f.Severity], fmt.Sprintf("%-8s", f.Severity)) + "  ")
		line("%s: %s", string(f.ID), f.Title)
		line("    %s", f.Detail)
		if f.Exposure != None || len(f.Browsers) > 0 {
			line("    exposed: %s; browsers: %s", or(string(f.Exposure), "nothing to read"), or(strings.Join(f.Browsers, ", "), "none today"))
		}
		for _, p := range f.Proof {
			line("    - %s", p.Shows)
			b.WriteString("      " + s.paint("2", plain.Text(p.Curl)) + "\n")
			line("      %d  %s", p.Status, strings.Join(telling(p.Response), "; "))
		}
		line("    Repair: %s", f.Repair.Text)
		for _, h := range f.Repair.Headers {
			line("      %s", h)
		}
		line("      Concors: %s", f.Repair.Setting)
	}
	if len(r.NotTested) > 0 {
		line("\n  Not tested:")
		for i, what := range r.NotTested {
			if i == 5 {
				line("    and %d more", len(r.NotTested)-i)
				break
			}
			line("    %s", what)
		}
	}
	b.WriteString("\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func or(text, instead string) string {
	if text == "" {
		return instead
	}
	return text
}

// levels and scores are what SARIF makes of severities.
var (
	levels = [...]report.Level{Info: report.Note, Low: report.Note, Medium: report.Warning, High: report.Error, Critical: report.Error}
	scores = [...]string{Info: "0.0", Low: "3.0", Medium: "5.5", High: "8.0", Critical: "9.5"}
)

// WriteSARIF writes the findings of all reports.
func WriteSARIF(w io.Writer, version string, reports []*Report) error {
	var rules []report.Rule
	for _, c := range classes {
		rules = append(rules, report.Rule{
			ID: string(c.ID), Title: c.Title, Description: c.Cause + " " + c.Danger, Help: c.Repair, HelpURL: c.DocsURL(),
			Level: levels[c.Severity], Score: scores[c.Severity],
		})
	}
	var results []report.Result
	for _, r := range reports {
		for _, f := range r.Findings {
			results = append(results, report.Result{
				RuleID: string(f.ID), Message: f.Title + ". " + f.Detail, URL: f.URL, Level: levels[f.Severity],
				Properties: map[string]any{"severity": f.Severity, "exposure": f.Exposure, "browsers": f.Browsers, "proof": f.Proof, "repair": f.Repair},
			})
		}
	}
	return report.SARIF(w, "concors audit", version, rules, results)
}

// WriteJUnit writes the reports as test results: a suite for each address, a
// case for each class.
func WriteJUnit(w io.Writer, reports []*Report, unsafe bool) error {
	var suites []report.Suite
	for _, r := range reports {
		suite := report.Suite{Name: r.URL}
		for _, c := range classes {
			tc := report.Case{Name: string(c.ID)}
			i := slices.IndexFunc(r.Findings, func(f *Finding) bool { return f.ID == c.ID })
			switch {
			case r.Err != nil:
				tc.Skipped = r.Err.Error()
			case i >= 0:
				f := r.Findings[i]
				tc.Failure = f.Severity.String() + ": " + f.Title
				tc.Detail = f.Detail + "\n" + f.Repair.Text
				for _, p := range f.Proof {
					tc.Detail += "\n" + p.Shows + "\n" + plain.Text(p.Curl)
				}
			case c.NeedsUnsafe && !unsafe:
				tc.Skipped = "only with --send-unsafe"
			}
			suite.Cases = append(suite.Cases, tc)
		}
		suites = append(suites, suite)
	}
	return report.JUnit(w, "concors audit", suites)
}
