package cli

import (
	"strings"
	"testing"

	"github.com/concors/concors/endpoints"
)

// At a terminal the line is shown, with a caret below the place.
func TestCheckShowsTheLine(t *testing.T) {
	for _, tt := range []struct{ name, line, want string }{
		{"a value", `    cors: {allow: selected, domains: [docs.example.com, https://www.example.com]}`,
			"     4 |     cors: {allow: selected, domains: [docs.example.com, https://www.example.com]}\n" +
				"       |                                       ^^^^^^^^^^^^^^^^\n"},
		{"a quoted value", `    cors: {allow: selected, domains: ["docs.example.com"]}`,
			"     4 |     cors: {allow: selected, domains: [\"docs.example.com\"]}\n" +
				"       |                                       ^^^^^^^^^^^^^^^^^^\n"},
		{"what would change the terminal", "    cors: {allow: selected, domains: [docs.example.com]} # \u202e\u009b",
			"     4 |     cors: {allow: selected, domains: [docs.example.com]} #   \n" +
				"       |                                       ^^^^^^^^^^^^^^^^\n"},
		{"a long line", `    cors: {allow: selected, domains: [` + strings.Repeat("https://a.example, ", 8) + `docs.example.com` + strings.Repeat(", https://a.example", 8) + `]}`,
			"     4 | /a.example, https://a.example, https://a.example, docs.example.com, https://a.example, https://a.exa\n" +
				"       |                                                   ^^^^^^^^^^^^^^^^\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := []byte("upstream: http://127.0.0.1:3000\nendpoints:\n  - endpoint: GET /a\n" + tt.line + "\n")
			_, _, report := endpoints.Load("concors.yaml", text, endpoints.Options{})
			var out strings.Builder
			p := reportPrinter{out: &out, terminal: true}
			p.print(report, text)
			_, frame, _ := strings.Cut(out.String(), "\n")
			if !strings.HasPrefix(frame, tt.want) {
				t.Errorf("shown is\n%s\nwant\n%s", out.String(), tt.want)
			}
			out.Reset()
			p.terminal = false
			p.print(report, text)
			if strings.Contains(out.String(), "^") {
				t.Errorf("without a terminal it shows\n%s", out.String())
			}
		})
	}
}
