package endpoints_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/concors/concors/endpoints"
)

// JSON may write any character as escapes, those beyond U+FFFF as two.
func TestSurrogateEscapes(t *testing.T) {
	for _, test := range []struct{ name, written, want string }{
		{"a pair", `\ud83d\ude80`, "🚀"},
		{"in capitals", `\uD83D\uDE80`, "🚀"},
		{"several, with others between", `a\ud83d\ude80\u00e9\ud83d\ude81é`, "a🚀é🚁é"},
		{"a character far up", `\udb40\udd00`, "\U000e0100"},
		{"a backslash that is escaped", `\\ud83d\\ude80`, `\ud83d\ude80`},
		{"a pair behind an escaped backslash", `\\\ud83d\ude80`, `\🚀`},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := fmt.Sprintf(`{"upstream":"http://u","policies":{"%s":{"allow":"all"}},"endpoints":[{"endpoint":"GET /","cors":"%s"}]}`, test.written, test.written)
			doc, report := endpoints.Parse("", []byte(text))
			if !report.OK() || doc.Endpoints[0].CORS.Name != test.want {
				t.Fatalf("got %+v and\n%swant %q", doc, lines(report.Mistakes), test.want)
			}
			var again endpoints.Document
			if err := json.Unmarshal([]byte(text), &again); err != nil || !again.Equal(doc) {
				t.Errorf("json.Unmarshal: %v, %+v", err, again)
			}
			next := doc.Clone()
			next.Endpoints[0].Upstream = "http://v"
			edited, err := endpoints.Edit([]byte(text), next)
			if want := strings.TrimSuffix(text, "}]}") + `,"upstream":"http://v"}]}`; err != nil || string(edited) != want {
				t.Errorf("edited: %v\n%s\nwant\n%s", err, edited, want)
			}
		})
	}
}

func TestPlacesBehindSurrogateEscapes(t *testing.T) {
	text := "{\"policies\":{\"\\ud83d\\ude80\":{\"allow\":\"al\"},\"b\":{\"allow\":\"all\"}},\n \"endpoints\":[],\"x\":0}"
	_, report := endpoints.Parse("", []byte(text))
	line := strings.Split(text, "\n")[0]
	want := fmt.Sprintf("1:%d: allow-unknown", strings.Index(line, `"al"`)+1)
	if got := lines(report.Mistakes); !strings.Contains(got, want) || !strings.Contains(got, "2:17: key-unknown") {
		t.Errorf("got\n%swant %s and 2:17: key-unknown", got, want)
	}
}

// Half of a pair is no character.
func TestHalfASurrogatePair(t *testing.T) {
	for _, half := range []string{`\ud83d`, `\ude80`, `\ude80\ud83d`, `\ud83dx`, `\ud83d\u0041`} {
		_, report := endpoints.Parse("", []byte(`{"upstream":"http://u","policies":{"`+half+`":{"allow":"all"}}}`))
		if got := lines(report.Mistakes); !strings.Contains(got, "yaml-syntax") {
			t.Errorf("%s: got %q, want yaml-syntax", half, got)
		}
	}
}
