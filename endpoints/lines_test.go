package endpoints

import "testing"

func TestLines(t *testing.T) {
	l := LinesOf([]byte(`# a comment
upstream: http://127.0.0.1:3000
policies:
  front-end:
    allow: selected
    domains: [https://docs.example.com]
  other: {allow: all}
endpoints:
  - endpoint: GET /a
    cors: front-end
  - {cors: other, endpoint: GET /b}
  - cors:
      allow: selected
      domains:
        - https://docs.example.com
    endpoint: GET /c
  - endpoint: GET /d
`))
	for _, tt := range []struct {
		name      string
		got, want int
	}{
		{"a pattern", l.Endpoint(0), 9},
		{"a pattern behind its setting", l.Endpoint(2), 16},
		{"no such endpoint", l.Endpoint(4), 0},
		{"a policy", l.Policy("other"), 7},
		{"no such policy", l.Policy("nobody"), 0},
		{"a field of a policy", l.Setting(0, "domains"), 6},
		{"a field that the policy does not have", l.Setting(0, "headers"), 4},
		{"a field on the policy's line", l.Setting(1, "allow"), 7},
		{"a field in place", l.Setting(2, "domains"), 14},
		{"a field that is not there in place", l.Setting(2, "headers"), 13},
		{"no setting", l.Setting(3, "domains"), 17},
		{"no such endpoint's setting", l.Setting(4, "domains"), 0},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: line %d, want %d", tt.name, tt.got, tt.want)
		}
	}
	for _, broken := range []string{"", "a: [", "endpoints: x", "endpoints: [x, {cors: {}}]"} {
		l := LinesOf([]byte(broken))
		for i := range 3 {
			l.Endpoint(i)
			l.Setting(i, "domains")
		}
	}
}
