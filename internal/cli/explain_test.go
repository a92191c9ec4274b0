package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestExitCodesOfExplain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "concors.yaml")
	const document = "upstream: http://127.0.0.1:3000\nendpoints:\n  - {endpoint: GET /a, cors: {allow: selected, domains: [https://docs.example.com]}}\n" +
		"  - {endpoint: GET /b, cors: {allow: none, enforce: false}}\n"
	if err := os.WriteFile(file, []byte(document), 0o600); err != nil {
		t.Fatal(err)
	}
	inFile := func(args string) string { return "explain --config " + file + " " + args }
	for _, tt := range []struct {
		name, args, stdin string
		want              int
	}{
		{"allowed", inFile("--from https://docs.example.com /a"), "", exitOK},
		{"refused", inFile("--from https://evil.example /a"), "", exitBlocked},
		{"blocked by the browser", inFile("--from https://docs.example.com --credentials include /a"), "", exitBlocked},
		{"no endpoint", inFile("--from https://docs.example.com /c"), "", exitBlocked},
		{"not enforced", inFile("--from https://docs.example.com /b"), "", exitNotAsked},
		{"a console line", "explain", "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at https://api.example.com/. (Reason: CORS header ‘Access-Control-Allow-Origin’ missing).", exitBlocked},
		{"no console line", "explain", "hello", exitNotAsked},
		{"a page without an origin", inFile("--from docs.example.com /a"), "", exitUsage},
		{"no page", inFile("GET /a"), "", exitUsage},
		{"a flag that does not exist", "explain --nothing", "", exitUsage},
		{"a file that does not exist", "explain --config " + file + "x --from https://docs.example.com /a", "", exitUsage},
		{"a recording that does not exist", "explain --har " + file + "x", "", exitUsage},
		{"a live server without a scheme", "explain --from https://docs.example.com api.example.com/a", "", exitUsage},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out, errs strings.Builder
			code := run(context.Background(), strings.Fields(tt.args), strings.NewReader(tt.stdin), &out, &errs)
			if code != tt.want || code == exitUsage && tt.want == exitUsage && errs.Len() == 0 && out.Len() == 0 {
				t.Errorf("exit code %d, want %d\n%s%s", code, tt.want, out.String(), errs.String())
			}
		})
	}
}
