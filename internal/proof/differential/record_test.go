package differential

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/concors/concors/cors/browser"
	"github.com/concors/concors/internal/proof/realbrowser"
)

var record = flag.Bool("record", false, "ask the real browsers and write testdata/verdicts")

// recordedRandom is how many generated scenarios are recorded, of seed 1.
const recordedRandom = 500

// recordedScenarios are all hand-written scenarios and some generated ones, by
// names that are unique.
func recordedScenarios() (names []string, all []*Scenario) {
	for _, g := range groups {
		for _, s := range g.scenarios() {
			names, all = append(names, g.name+": "+s.Name), append(all, s)
		}
	}
	for _, s := range Generate(1, recordedRandom) {
		names, all = append(names, s.Name), append(all, s)
	}
	return names, all
}

// A recording is what a browser did in all scenarios, a line each after the
// first, so that a new version of the browser shows as a diff.
type recording struct {
	Browser string // as it names itself
	byName  map[string]*Observation
}

// terse is an Observation in few letters: most of it repeats.
type terse struct {
	Name  string         `json:"n"`
	Calls []terseOutcome `json:"c,omitempty"`
	Sent  []terseRequest `json:"s,omitempty"`
}

type terseOutcome struct {
	Verdict    string            `json:"v,omitempty"` // "" is ok
	Type       string            `json:"t,omitempty"`
	Status     int               `json:"s,omitempty"`
	URL        string            `json:"u,omitempty"`
	Redirected bool              `json:"r,omitempty"`
	Headers    map[string]string `json:"h,omitempty"`
	Body       string            `json:"b,omitempty"`
}

type terseRequest struct {
	Method    string            `json:"m,omitempty"` // "" is GET
	URL       string            `json:"u"`
	Preflight bool              `json:"p,omitempty"`
	HasBody   bool              `json:"b,omitempty"`
	Headers   map[string]string `json:"h,omitempty"`
}

func shorten(name string, o *Observation) terse {
	t := terse{Name: name}
	for _, c := range o.Calls {
		if c.Verdict == "ok" {
			c.Verdict = ""
		}
		t.Calls = append(t.Calls, terseOutcome{c.Verdict, c.Type, c.Status, c.URL, c.Redirected, quoteBytes(c.Headers), c.Body})
	}
	for _, r := range o.Requests {
		if r.Method == "GET" {
			r.Method = ""
		}
		t.Sent = append(t.Sent, terseRequest{r.Method, r.URL, r.Preflight, r.HasBody, quoteBytes(r.Headers)})
	}
	return t
}

func (t *terse) observation() *Observation {
	o := &Observation{}
	for _, c := range t.Calls {
		if c.Verdict == "" {
			c.Verdict = "ok"
		}
		o.Calls = append(o.Calls, Outcome{Verdict: c.Verdict, Type: c.Type, Status: c.Status, URL: c.URL, Redirected: c.Redirected, Headers: unquoteBytes(c.Headers), Body: c.Body})
	}
	for _, r := range t.Sent {
		if r.Method == "" {
			r.Method = "GET"
		}
		o.Requests = append(o.Requests, Request{r.Preflight, r.Method, r.URL, r.HasBody, unquoteBytes(r.Headers)})
	}
	return o
}

// shortNames are for the headers that nearly every line has.
var shortNames = map[string]string{
	"origin": "o", "referer": "r", "sec-fetch-dest": "d", "sec-fetch-mode": "m", "sec-fetch-site": "s", "cookie": "c",
	"access-control-request-method": "am", "access-control-request-headers": "ah",
	"content-type": "t", "content-length": "l", "cache-control": "cc",
}

// longNames is shortNames the other way round.
var longNames = func() map[string]string {
	m := map[string]string{}
	for long, short := range shortNames {
		m[short] = long
	}
	return m
}()

// quoteBytes makes values JSON strings whose code points are the bytes: headers
// need not be UTF-8.
func quoteBytes(h map[string]string) map[string]string {
	out := make(map[string]string, len(h))
	for k, v := range h {
		runes := make([]rune, len(v))
		for i := range len(v) {
			runes[i] = rune(v[i])
		}
		if short := shortNames[k]; short != "" {
			k = short
		}
		out[k] = string(runes)
	}
	return out
}

func unquoteBytes(h map[string]string) map[string]string {
	out := make(map[string]string, len(h))
	for k, v := range h {
		if long := longNames[k]; long != "" {
			k = long
		}
		out[k] = fromLatin1(v)
	}
	return out
}

func verdictFile(kind realbrowser.Kind) string {
	return filepath.Join("testdata", "verdicts", string(kind)+".jsonl")
}

func readRecording(kind realbrowser.Kind) (*recording, error) {
	data, err := os.ReadFile(verdictFile(kind))
	if err != nil {
		return nil, err
	}
	r := &recording{byName: map[string]*Observation{}}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		if n == 1 {
			err = json.Unmarshal(lines.Bytes(), r)
		} else {
			var t terse
			if err = json.Unmarshal(lines.Bytes(), &t); err == nil {
				r.byName[t.Name] = t.observation()
			}
		}
		if err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", verdictFile(kind), n, err)
		}
	}
	return r, lines.Err()
}

// TestRecord asks the installed browsers. What cannot be asked keeps no line.
func TestRecord(t *testing.T) {
	if !*record {
		t.Skip("writes files: use -record")
	}
	names, scenarios := recordedScenarios()
	eachLab(t, func(t *testing.T, l *Lab) {
		var w bytes.Buffer
		out := json.NewEncoder(&w)
		out.SetEscapeHTML(false)
		err := out.Encode(recording{Browser: l.browser.Version()})
		nameOf := map[*Scenario]string{}
		var shown []*Scenario
		for i, sc := range scenarios {
			if nameOf[sc] = names[i]; l.canShow(&sc.Page) {
				shown = append(shown, sc)
			}
		}
		for _, r := range l.RunAll(t.Context(), shown) {
			if r.Err != nil {
				t.Logf("%s: %v", nameOf[r.Scenario], r.Err)
				continue
			}
			if err == nil {
				err = out.Encode(shorten(nameOf[r.Scenario], r.Real))
			}
		}
		if err == nil {
			err = os.MkdirAll(filepath.Dir(verdictFile(l.browser.Kind())), 0o755)
		}
		if err == nil {
			err = os.WriteFile(verdictFile(l.browser.Kind()), w.Bytes(), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
}

// TestRecordedVerdicts holds the model to what the real browsers did when they
// were asked last, on machines without any.
func TestRecordedVerdicts(t *testing.T) {
	names, scenarios := recordedScenarios()
	for _, kind := range realbrowser.Kinds {
		t.Run(string(kind), func(t *testing.T) {
			r, err := readRecording(kind)
			if err != nil {
				t.Fatal(err)
			}
			var results []*Result
			var missing []string
			for i, sc := range scenarios {
				real := r.byName[names[i]]
				if real == nil {
					missing = append(missing, names[i])
					continue
				}
				result := &Result{Scenario: sc, Real: real, Model: RunModel(profiles[kind], browser.ThirdPartyDefault, sc)}
				result.Diffs = Compare(result.Real, result.Model)
				result.Known = explain(kind, sc, result.Diffs)
				results = append(results, result)
			}
			judge(t, r.Browser, results)
			if len(missing) > len(scenarios)/50 {
				t.Errorf("%d scenarios are not in %s: go test ./internal/proof/differential -run TestRecord -record; among them\n%s",
					len(missing), verdictFile(kind), strings.Join(missing[:10], "\n"))
			}
		})
	}
}

func TestRecordingsAreRead(t *testing.T) {
	o := &Observation{
		Calls:    []Outcome{{Verdict: "ok", Type: "cors", Status: 200, URL: "https://x.example/", Redirected: true, Headers: map[string]string{"x-a": "\xe9é"}, Body: "b"}, {Verdict: "blocked", Headers: map[string]string{}}},
		Requests: []Request{{true, "OPTIONS", "https://x.example/", false, map[string]string{"origin": "null"}}, {false, "GET", "https://x.example/", true, map[string]string{}}},
	}
	data, err := json.Marshal(shorten("a", o))
	if err != nil {
		t.Fatal(err)
	}
	var back terse
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if diffs := Compare(o, back.observation()); len(diffs) > 0 || back.observation().Requests[0].Preflight == false {
		t.Errorf("%s came back with %v", data, diffs)
	}
}
