package gateway

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
)

// The table of metrics in the manual is the registry's: names, types, labels.
func TestManualHasTheMetricsThatThereAre(t *testing.T) {
	a := newAPI(t, document, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "https://legacy.example")
	}, func(o *Options) {
		through := newTransport(o)
		o.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/own" {
				return nil, errors.New("unreachable")
			}
			return through.RoundTrip(r)
		})
	})
	// Series of endpoints begin with the first that happens.
	a.do("GET", "/prices", "", foreign)   // a contradiction
	a.do("POST", "/watched", "", foreign) // observed
	a.do("GET", "/own", "")               // fails
	a.gateway.swap(a.gateway.Table(), "revision")

	families, err := a.gateway.Metrics().Gather()
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, family := range families {
		if !strings.HasPrefix(family.GetName(), "concors_") {
			continue
		}
		var labels []string
		for _, label := range family.GetMetric()[0].GetLabel() {
			labels = append(labels, label.GetName())
		}
		slices.Sort(labels)
		have = append(have, fmt.Sprintf("%s %s (%s)", family.GetName(), strings.ToLower(family.GetType().String()), strings.Join(labels, ", ")))
	}

	manual, err := os.ReadFile("../docs/production.md")
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for line := range strings.Lines(string(manual)) {
		if !strings.HasPrefix(line, "| `concors_") {
			continue
		}
		cells := strings.Split(line, "|")
		labels := strings.Split(strings.TrimSpace(cells[3]), ", ")
		slices.Sort(labels)
		told = append(told, fmt.Sprintf("%s %s (%s)", strings.Trim(cells[1], " `"), strings.TrimSpace(cells[2]), strings.Join(labels, ", ")))
	}
	slices.Sort(told)
	if !slices.Equal(told, have) {
		t.Errorf("docs/production.md has\n\t%s\nthe registry has\n\t%s", strings.Join(told, "\n\t"), strings.Join(have, "\n\t"))
	}
}
