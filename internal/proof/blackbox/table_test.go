package blackbox

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestDecisionTable asks everything of a running program.
func TestDecisionTable(t *testing.T) {
	u := newUpstream(t)
	worlds := Worlds()
	targets := map[string]Target{}
	var programs []*Program
	for _, w := range worlds {
		p, target := serve(t, w.Document(u.URL), w.TLS)
		targets[w.Name] = target
		programs = append(programs, p)
	}
	questions := Questions(worlds,
		environment(t, "CONCORS_QUESTIONS", strconv.Atoi, 75000), uint64(environment(t, "CONCORS_SEED", strconv.Atoi, 20261123)))
	start := time.Now()
	tally := Run(questions, targets, u, 6)
	t.Logf("%d questions in %v", tally.Asked, time.Since(start).Round(time.Second))
	if len(tally.Wrong) > 0 {
		t.Errorf("%d kinds of mistake:\n%s", len(tally.Wrong), tally)
	}
	if ids, strangers := u.Left(); len(ids)+len(strangers) > 0 {
		t.Errorf("requests reached the upstream after their answer: questions %v, others %q", ids, strangers)
	}
	for _, c := range cells() {
		if n := tally.Cells[c]; n < 5 {
			t.Errorf("asked only %d times: %s", n, c)
		}
	}
	for _, p := range programs {
		metricsNameNoOrigin(t, p, questions)
	}
}

// cells are the table's, each with and without Sec-Fetch-Site where the row
// permits, over both protocols.
func cells() []string {
	var out []string
	for _, row := range []struct {
		name    string
		columns []string
		without bool // possible without Sec-Fetch-Site
	}{
		{rowPreflight, []string{"none", "all", "selected", "selected, not enforced", "none has the method"}, true},
		{rowOurs, []string{"none", "all", "selected"}, true},
		{rowNavigation, []string{"none", "all", "selected"}, false},
		{rowSender, []string{"none", "selected"}, true},
		{rowAllowed, []string{"all", "selected"}, true},
		{rowDisallowed, []string{"none", "selected"}, true},
		{rowEmbed, []string{"none", "all", "selected"}, false},
		{rowUnsafe, []string{"none", "all", "selected"}, false},
		{rowLimit, []string{"none", "all", "selected"}, true},
		{rowNoEndpoint, []string{"none", "all", "selected"}, true},
		{"any", []string{"none, not enforced", "all, not enforced", "selected, not enforced"}, true},
		{"tricky path", []string{"-"}, true},
		{"unknown path", []string{"-"}, true},
		{rowMisdirected, []string{"-"}, true},
	} {
		for _, column := range row.columns {
			for _, proto := range []string{"HTTP/1.1", "HTTP/2"} {
				out = append(out, strings.Join([]string{row.name, column, "with Sec-Fetch-Site", proto}, " | "))
				if row.without {
					out = append(out, strings.Join([]string{row.name, column, "without Sec-Fetch-Site", proto}, " | "))
				}
			}
		}
	}
	return out
}

// metricsNameNoOrigin: "labels are endpoint, decision and reason, never an
// origin".
func metricsNameNoOrigin(t *testing.T, p *Program, asked []*Question) {
	t.Helper()
	body := get(t, p, "/metrics", 200)
	if !strings.Contains(body, "# TYPE") || !strings.Contains(body, `reason="origin-not-allowed"`) {
		t.Errorf("/metrics is no Prometheus text that counts reasons: %.300s", body)
	}
	if n := strings.Count(body, "\n"); n > 20000 {
		t.Errorf("/metrics has %d lines: its labels are not bounded", n)
	}
	seen := map[string]bool{}
	for _, q := range asked {
		for _, o := range q.values("Origin") {
			if !seen[o] && len(o) > 8 && len(o) < 512 && strings.Contains(body, o) {
				t.Errorf("/metrics names the origin %q", o)
			}
			seen[o] = true
		}
	}
}

// get reads from the admin listener.
func get(t *testing.T, p *Program, path string, status int) string {
	t.Helper()
	res, err := (&http.Client{Timeout: patience}).Get("http://" + p.Admin + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != status {
		t.Errorf("%s: want %d, got %d: %.300s", path, status, res.StatusCode, body)
	}
	return string(body)
}

// TestHealth: the admin listener says that the program lives and serves.
func TestHealth(t *testing.T) {
	p, _ := serve(t, "upstream: http://127.0.0.1:1\nendpoints:\n  - endpoint: GET /\n", false)
	get(t, p, "/healthz", 200)
	get(t, p, "/readyz", 200)
	get(t, p, "/api/document", 401) // the rest is for who has the token
}
