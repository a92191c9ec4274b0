package verify

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/concors/concors/internal/plain"
	"github.com/concors/concors/internal/report"
)

// kinds explains each kind of difference.
var kinds = []struct {
	kind  Kind
	title string
	level report.Level
}{
	{Allowed, "A page reads what the document keeps from it", report.Error},
	{PreflightAllowed, "A preflight that the document refuses succeeds", report.Error},
	{WebSocket, "A handshake that the document refuses succeeds", report.Error},
	{Runs, "A request that the document refuses is not refused", report.Error},
	{Blocked, "A call that the document allows fails", report.Error},
	{PreflightBlocked, "A preflight that the document allows fails", report.Error},
	{Vary, "Caches are not told what the answer depends on", report.Warning},
	{Embed, "Other sites may load it without CORS, or may not", report.Warning},
	{Expose, "Scripts read other response headers", report.Warning},
	{Lifetime, "Preflight answers are kept longer or shorter", report.Note},
}

// A Style says how results are written for a terminal.
type Style struct{ Color, Verbose bool }

func (s Style) paint(code, text string) string {
	if !s.Color {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// Write writes the result for a person at a terminal: a line, and each
// difference once, with the first call that shows it.
func (r *Result) Write(w io.Writer, s Style) error {
	var b strings.Builder
	differing, untested := len(r.Differing()), 0
	for _, c := range r.Checks {
		if c.NotTested != "" {
			untested++
		}
	}
	mark, note := s.paint("32", "✓"), fmt.Sprintf("%d checks", len(r.Checks)-untested)
	switch {
	case r.Skipped != "":
		mark, note = s.paint("2", "–"), "skipped: "+r.Skipped
	case differing > 0:
		mark, note = s.paint("31", "✗"), fmt.Sprintf("%d of %d checks differ", differing, len(r.Checks)-untested)
	case untested == len(r.Checks):
		mark, note = s.paint("33", "?"), "nothing could be tested"
	}
	if untested > 0 {
		note += fmt.Sprintf(", %d not tested", untested)
	}
	fmt.Fprintf(&b, "%s %-40s %s\n", mark, plain.Text(r.Endpoint), s.paint("2", note))
	for _, d := range r.Distinct() {
		more := ""
		if d.Calls > 1 {
			more = fmt.Sprintf(" (and %d more)", d.Calls-1)
		}
		fmt.Fprintf(&b, "    %s  %s%s\n", s.paint("31", string(d.Kind)), plain.Text(d.What), more)
		fmt.Fprintf(&b, "      the document: %s\n      the API:      %s\n      %s\n", plain.Text(d.Want), plain.Text(d.Got), s.paint("2", plain.Text(d.Curl)))
	}
	if s.Verbose {
		for _, c := range r.Checks {
			switch {
			case c.NotTested != "":
				fmt.Fprintf(&b, "    ? %s: %s\n", plain.Text(c.What), plain.Text(c.NotTested))
			case len(c.Differences) == 0:
				fmt.Fprintf(&b, "    ✓ %s\n", plain.Text(c.What))
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteJSON writes results as one object.
func WriteJSON(w io.Writer, results []*Result) error {
	ok := true
	for _, r := range results {
		ok = ok && len(r.Differing()) == 0
	}
	data, err := json.Marshal(struct {
		OK        bool      `json:"ok"`
		Endpoints []*Result `json:"endpoints"`
	}{ok, results})
	if err == nil {
		_, err = w.Write(append(plain.JSON(data), '\n'))
	}
	return err
}

// WriteJUnit writes a suite for each endpoint, with a case for each check.
func WriteJUnit(w io.Writer, results []*Result) error {
	var suites []report.Suite
	for _, r := range results {
		suite := report.Suite{Name: r.Endpoint}
		for _, c := range r.Checks {
			tc := report.Case{Name: c.What, Skipped: c.NotTested}
			for _, d := range c.Differences {
				tc.Failure = string(d.Kind) + ": want " + d.Want + ", got " + d.Got
				tc.Detail += tc.Failure + "\n"
			}
			if tc.Failure != "" {
				tc.Detail += plain.Text(c.Curl)
			}
			suite.Cases = append(suite.Cases, tc)
		}
		suites = append(suites, suite)
	}
	return report.JUnit(w, "concors verify", suites)
}

// WriteSARIF writes the differences.
func WriteSARIF(w io.Writer, version string, results []*Result) error {
	level := make(map[string]report.Level)
	var rules []report.Rule
	for _, k := range kinds {
		level[string(k.kind)] = k.level
		rules = append(rules, report.Rule{
			ID: string(k.kind), Title: k.title, Description: k.title + ".", Help: "Make the server, or what stands in front of it, do what the document says; or change the document.",
			HelpURL: "https://github.com/concors/concors/blob/HEAD/docs/verify.md#" + string(k.kind), Level: k.level,
		})
	}
	var found []report.Result
	for _, r := range results {
		for _, c := range r.Checks {
			for _, d := range c.Differences {
				found = append(found, report.Result{
					RuleID: string(d.Kind), URL: c.URL, Level: level[string(d.Kind)],
					Message:    r.Endpoint + ": " + c.What + ": want " + d.Want + ", got " + d.Got,
					Properties: map[string]any{"curl": c.Curl},
				})
			}
		}
	}
	return report.SARIF(w, "concors verify", version, rules, found)
}
