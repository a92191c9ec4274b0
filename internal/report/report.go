// Package report writes what a tool has found in the formats that other
// programs read: SARIF for code scanning, JUnit for test results.
package report

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"

	"github.com/concors/concors/internal/plain"
)

// A Level is how bad a result is, in SARIF's words.
type Level string

const (
	Error   Level = "error"
	Warning Level = "warning"
	Note    Level = "note"
)

// A Rule is a kind of result.
type Rule struct {
	ID, Title, Description, Help, HelpURL string
	Level                                 Level
	Score                                 string // security-severity, 0.0 to 10.0; empty: none
}

// A Result is one thing that was found at an address.
type Result struct {
	RuleID, Message, URL string
	Level                Level
	Properties           map[string]any
}

// SARIF writes results in the Static Analysis Results Interchange Format 2.1.0.
func SARIF(w io.Writer, tool, version string, rules []Rule, results []Result) error {
	type text struct {
		Text string `json:"text"`
	}
	type object = map[string]any
	described := make([]object, 0, len(rules))
	index := make(map[string]int)
	for i, r := range rules {
		index[r.ID] = i
		rule := object{
			"id": r.ID, "name": r.ID, "shortDescription": text{r.Title}, "fullDescription": text{r.Description},
			"help": text{r.Help}, "defaultConfiguration": object{"level": r.Level},
		}
		if r.HelpURL != "" {
			rule["helpUri"] = r.HelpURL
		}
		if r.Score != "" {
			rule["properties"] = object{"security-severity": r.Score, "tags": []string{"security"}}
		}
		described = append(described, rule)
	}
	found := make([]object, 0, len(results))
	for _, r := range results {
		result := object{
			"ruleId": r.RuleID, "level": r.Level, "message": text{r.Message},
			"locations":           []object{{"physicalLocation": object{"artifactLocation": object{"uri": r.URL}, "region": object{"startLine": 1}}}},
			"partialFingerprints": object{"concors/v1": r.RuleID + " " + r.URL},
		}
		if i, ok := index[r.RuleID]; ok {
			result["ruleIndex"] = i
		}
		if len(r.Properties) > 0 {
			result["properties"] = r.Properties
		}
		found = append(found, result)
	}
	data, err := json.Marshal(object{
		"$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		"version": "2.1.0",
		"runs": []object{{
			"tool": object{"driver": object{
				"name": tool, "semanticVersion": version, "informationUri": "https://github.com/concors/concors", "rules": described,
			}},
			"results": found,
		}},
	})
	if err != nil {
		return err
	}
	_, err = w.Write(append(plain.JSON(data), '\n'))
	return err
}

// A Suite is what was tested at one address, or about one endpoint.
type Suite struct {
	Name  string
	Cases []Case
}

// A Case is one test of a Suite. Neither Failure nor Skipped: it passed.
type Case struct {
	Name    string
	Failure string // in a line
	Detail  string
	Skipped string // why
}

// JUnit writes suites as the XML that test reports are made of.
func JUnit(w io.Writer, tool string, suites []Suite) error {
	type message struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
	type testcase struct {
		Name    string   `xml:"name,attr"`
		Class   string   `xml:"classname,attr"`
		Failure *message `xml:"failure,omitempty"`
		Skipped *message `xml:"skipped,omitempty"`
	}
	type testsuite struct {
		Name     string     `xml:"name,attr"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Skipped  int        `xml:"skipped,attr"`
		Cases    []testcase `xml:"testcase"`
	}
	all := struct {
		XMLName  xml.Name    `xml:"testsuites"`
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Suites   []testsuite `xml:"testsuite"`
	}{Name: tool}
	for _, s := range suites {
		suite := testsuite{Name: plain.Text(s.Name), Tests: len(s.Cases)}
		for _, c := range s.Cases {
			tc := testcase{Name: plain.Text(c.Name), Class: suite.Name}
			switch {
			case c.Failure != "":
				tc.Failure = &message{plain.Text(c.Failure), c.Detail}
				suite.Failures++
			case c.Skipped != "":
				tc.Skipped = &message{Message: plain.Text(c.Skipped)}
				suite.Skipped++
			}
			suite.Cases = append(suite.Cases, tc)
		}
		all.Tests += suite.Tests
		all.Failures += suite.Failures
		all.Suites = append(all.Suites, suite)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return fmt.Errorf("writing JUnit: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}
