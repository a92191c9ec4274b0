package plain

import (
	"encoding/json"
	"testing"
)

func TestText(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"words stay", "Ünïcode 漢字 🚀 – “x”", "Ünïcode 漢字 🚀 – “x”"},
		{"escape sequences", "a\x1b[2Jb\ac\x7f", "a\ufffd[2Jb\ufffdc\ufffd"},
		{"C1, which terminals obey too", "\u009b2J\u0085", "\ufffd2J\ufffd"},
		{"C1 as a lone byte", "\x9b2J", "\ufffd2J"},
		{"line breaks", "a\r\nb\tc\u2028d\u2029", "a\ufffd\ufffdb\ufffdc\ufffdd\ufffd"},
		{"directions", "\u202eevil\u202c\u2066\u2069\u200f\u061c", "\ufffdevil\ufffd\ufffd\ufffd\ufffd\ufffd"},
		{"no width", "a\u200bb\u200d\u2060\ufeff\u00ad\U000e0041", "a\ufffdb\ufffd\ufffd\ufffd\ufffd\ufffd"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Text(tt.in); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestJSON(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"harmless text stays as it was written", `{"a":["\u003c\"\\/","\ud83d\ude80","漢"],"n":-1.5e3}`, `{"a":["\u003c\"\\/","\ud83d\ude80","漢"],"n":-1.5e3}`},
		{"escapes of control characters", `"\u001b[2J\n\t\r\b\f\u009b\u202E"`, "\"\ufffd[2J\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\""},
		{"characters themselves", "\"\u009b\u202e\x7f\"", "\"\ufffd\ufffd\ufffd\""},
		{"names", `{"\u001b":1}`, "{\"\ufffd\":1}"},
		{"a backslash before what looks like an escape", `"\\u001b\\n"`, `"\\u001b\\n"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(JSON([]byte(tt.in))); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// What JSON makes of a string is what Text makes of it.
func FuzzJSON(f *testing.F) {
	f.Add("a\x1b\u009b\u202e\\n\"<\x9b🚀")
	f.Fuzz(func(t *testing.T, s string) {
		data, err := json.Marshal(map[string]string{s: s})
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]string
		if err := json.Unmarshal(JSON(data), &got); err != nil {
			t.Fatalf("%q: %v", JSON(data), err)
		}
		for k, v := range got {
			if want := Text(s); k != want || v != want {
				t.Errorf("%q, %q, want %q", k, v, want)
			}
		}
	})
}
