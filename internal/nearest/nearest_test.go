package nearest

import "testing"

func TestOf(t *testing.T) {
	words := []string{"config", "cookie", "credentials", "json"}
	for _, tt := range []struct{ name, written, want string }{
		{"a letter is missing", "confg", "config"},
		{"two letters have changed places", "cofnig", "config"},
		{"a letter too many, in capitals", "CREDENTIALSS", "credentials"},
		{"nothing is close", "policy", ""},
		{"nothing was written", "", ""},
		{"short words may differ in one letter", "jsn", "json"},
		{"but not in two", "jn", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Of(tt.written, words); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"", "ab", 2}, {"kitten", "sitting", 3}, {"same", "same", 0}} {
		if got := Distance(tt.a, tt.b); got != tt.want {
			t.Errorf("from %q to %q: %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}
