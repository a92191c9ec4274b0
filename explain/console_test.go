package explain

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/concors/concors/cors/browser"
)

const (
	chromiumLine = "Access to fetch at 'https://api.example.com/api/account' from origin 'https://evil.example' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource."
	firefoxLine  = "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at https://api.example.com/api/account. (Reason: CORS header ‘Access-Control-Allow-Origin’ missing). Status code: 403."
	noAnswerLine = "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at https://api.example.com/api/account. (Reason: CORS request did not succeed). Status code: (null)."
)

func TestReadConsole(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       string // codes
	}{
		{"one line", chromiumLine, "missing-allow-origin"},
		{"the same line twice", chromiumLine + "\n" + chromiumLine, "missing-allow-origin"},
		{"two browsers", chromiumLine + "\n" + firefoxLine, "missing-allow-origin missing-allow-origin"},
		{"a cause before a line that names none", firefoxLine + "\n" + noAnswerLine, "missing-allow-origin"},
		{"a cause behind it", noAnswerLine + "\n" + firefoxLine, "missing-allow-origin"},
		{"no cause", noAnswerLine, "network-error"},
		{"the cause of another call", noAnswerLine + "\n" + strings.ReplaceAll(firefoxLine, "/account", "/other"), "network-error missing-allow-origin"},
		{"lines of others between", "x\n" + chromiumLine + "\r\nUncaught TypeError: Failed to fetch\n\n", "missing-allow-origin"},
		{"nothing", "Uncaught TypeError: Failed to fetch", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var codes []string
			for _, m := range ReadConsole(tt.text) {
				codes = append(codes, string(m.Failure.Code))
			}
			if got := strings.Join(codes, " "); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// The page that Firefox does not name is recognised by the name that the parser
// gives it.
func TestFirefoxDoesNotNameThePage(t *testing.T) {
	f, _, ok := browser.ParseConsole(firefoxLine)
	if !ok || f.Origin != unknownPage {
		t.Errorf("the page is %q, want %q", f.Origin, unknownPage)
	}
}

func FuzzLookUp(f *testing.F) {
	file, _ := ReadFile("concors.yaml", []byte(bookshop))
	for _, line := range []string{chromiumLine, firefoxLine, noAnswerLine} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, m := range ReadConsole(text) {
			m.LookUp(context.Background(), file, "https://docs.example.com")
			m.Write(new(strings.Builder), Style{})
			if _, err := json.Marshal(&m); err != nil {
				t.Error(err)
			}
		}
	})
}
