package audit

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/internal/report/reporttest"
)

// some are reports as they come out, one of them of a hostile server.
func some(t *testing.T) []*Report {
	t.Helper()
	hostile := &api{name: "hostile", cookie: "session=hidden-1", header: "X-Api-Key: hidden-2", allow: func(string) bool { return true },
		extra: http.Header{"Set-Cookie": {"session=hidden-3"}, "Access-Control-X": {"</pre><script>alert(1)</script>\u202e\u009b2J"}}}
	return []*Report{
		audited(t, hostile),
		audited(t, &api{}),
		audited(t, &api{fixed: "*", origin: "-", body: `{"api_key":"hidden-4"}`}),
		{URL: "https://gone.example.com/", Err: errors.New("connection refused \x1b[2J")},
	}
}

func TestReportsKeepSecretsAndDoNoHarm(t *testing.T) {
	reports := some(t)
	write := map[string]func(*bytes.Buffer) error{
		"terminal": func(b *bytes.Buffer) error {
			for _, r := range reports {
				if err := r.Write(b, Style{}); err != nil {
					return err
				}
			}
			return nil
		},
		"json": func(b *bytes.Buffer) error {
			for _, r := range reports {
				for _, f := range r.Findings {
					if err := f.WriteJSON(b); err != nil {
						return err
					}
				}
			}
			return nil
		},
		"sarif": func(b *bytes.Buffer) error { return WriteSARIF(b, "1.0.0", reports) },
		"junit": func(b *bytes.Buffer) error { return WriteJUnit(b, reports, true) },
		"html":  func(b *bytes.Buffer) error { return WriteHTML(b, "1.0.0", time.Unix(0, 0), reports) },
	}
	for name, w := range write {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := w(&b); err != nil {
				t.Fatal(err)
			}
			text := b.String()
			if !strings.Contains(text, "reflect-origin") {
				t.Error("the finding is missing")
			}
			for _, bad := range []string{"hidden-", "\x1b", "\u202e", "\u009b", "</pre><script>"} {
				if name == "terminal" && bad[0] == '<' {
					continue // only a page obeys it
				}
				if strings.Contains(text, bad) {
					t.Errorf("it contains %q", bad)
				}
			}
		})
	}
}

func TestJSONLinesFollowTheSchema(t *testing.T) {
	schema, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	resolved, err := schema.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for _, r := range some(t) {
		for _, f := range r.Findings {
			var b bytes.Buffer
			if err := f.WriteJSON(&b); err != nil {
				t.Fatal(err)
			}
			if bytes.Count(b.Bytes(), []byte("\n")) != 1 {
				t.Errorf("not one line: %q", b.String())
			}
			var v any
			if err := json.Unmarshal(b.Bytes(), &v); err != nil {
				t.Fatal(err)
			}
			if err := resolved.Validate(v); err != nil {
				t.Errorf("%s: %v", f.ID, err)
			}
			lines++
		}
	}
	if lines == 0 {
		t.Error("there are no lines")
	}
}

func TestSARIFFollowsItsSchema(t *testing.T) {
	var b bytes.Buffer
	if err := WriteSARIF(&b, "1.0.0", some(t)); err != nil {
		t.Fatal(err)
	}
	reporttest.ValidSARIF(t, b.Bytes())
	if !strings.Contains(b.String(), `"ruleId":"reflect-origin"`) {
		t.Error("the finding is missing")
	}
}

func TestJUnitCounts(t *testing.T) {
	var b bytes.Buffer
	if err := WriteJUnit(&b, some(t), false); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Suites   []struct {
			Skipped int `xml:"skipped,attr"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Tests != 4*len(classes) || got.Failures < 2 || got.Suites[3].Skipped != len(classes) {
		t.Errorf("got %+v", got)
	}
}

func TestFixClosesWhatWasFound(t *testing.T) {
	for _, tt := range []struct {
		name    string
		api     *api
		allow   string
		domains []string
	}{
		{"everybody was let in", &api{allow: func(string) bool { return true }}, endpoints.AllowSelected, []string{good}},
		{"a prefix was enough", &api{allow: func(o string) bool { return strings.HasPrefix(o, good) }}, endpoints.AllowSelected, []string{good}},
		{"nobody is known", &api{origin: "-", allow: func(string) bool { return true }}, endpoints.AllowNone, nil},
		{"public data", &api{origin: "-", fixed: "*", headers: "*"}, endpoints.AllowAll, nil},
		{"private data for all", &api{origin: "-", fixed: "*", body: `{"api_key":"a"}`}, endpoints.AllowNone, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text, err := Fix([]*Report{audited(t, tt.api)})
			if err != nil {
				t.Fatal(err)
			}
			doc, report := endpoints.Parse("x", text)
			if !report.OK() {
				t.Fatal(report.Mistakes)
			}
			p := doc.Endpoints[0].CORS.Inline
			if p == nil || p.Allow != tt.allow || strings.Join(p.Domains, " ") != strings.Join(tt.domains, " ") {
				t.Errorf("got\n%s", text)
			}
		})
	}
}
