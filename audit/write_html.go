package audit

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"time"

	"github.com/concors/concors/internal/plain"
)

//go:embed report.html
var pageText string

var page = template.Must(template.New("report").Funcs(template.FuncMap{
	"plain": plain.Text, "telling": telling, "class": ClassOf,
	"quiet":  func(r *Report) bool { return len(r.Findings) == 0 },
	"anchor": func(i int, id ID) string { return fmt.Sprintf("u%d-%s", i, id) },
	"plural": func(n int, one, many string) string {
		if n == 1 {
			return "1 " + one
		}
		return fmt.Sprintf("%d %s", n, many)
	},
	"browser": func(name string) string {
		return map[string]string{"chromium": "Chrome and Edge", "firefox": "Firefox", "webkit": "Safari"}[name]
	},
	"exposes": func(e Exposure) string {
		return map[Exposure]string{
			Credentials: "Answers to requests with the visitor’s credentials can be read.",
			Private:     "Data that look private can be read, without credentials.",
			Public:      "What can be read is what everybody gets.",
		}[e]
	},
}).Parse(pageText))

type count struct {
	Severity Severity
	N        int
}

// WriteHTML writes the reports as one page that needs nothing else.
func WriteHTML(w io.Writer, version string, at time.Time, reports []*Report) error {
	data := struct {
		Version  string
		At       string
		Reports  []*Report
		Counts   []count
		Total    int
		Requests int
		Clean    int
	}{Version: version, At: at.UTC().Format("2 January 2006, 15:04 UTC"), Reports: slices.Clone(reports)}
	slices.SortStableFunc(data.Reports, func(a, b *Report) int { return worst(b) - worst(a) })
	for s := Critical; s >= Info; s-- {
		n := 0
		for _, r := range reports {
			for _, f := range r.Findings {
				if f.Severity == s {
					n++
				}
			}
		}
		data.Total += n
		data.Counts = append(data.Counts, count{s, n})
	}
	for _, r := range reports {
		data.Requests += r.Requests
		if len(r.Findings) == 0 && r.Err == nil {
			data.Clean++
		}
	}
	return page.Execute(w, data)
}

// worst orders reports: by their worst finding, those that failed last.
func worst(r *Report) int {
	switch {
	case r.Err != nil:
		return -2
	case len(r.Findings) == 0:
		return -1
	}
	return int(r.Findings[0].Severity)
}
