package endpoints_test

import (
	"strings"
	"testing"

	"github.com/concors/concors/endpoints"
)

func TestFix(t *testing.T) {
	const head, tail = "upstream: http://127.0.0.1:3000\nendpoints:\n  - endpoint: GET /a\n    cors: {allow: selected, ", "}\n"
	inDomains := func(s string) string { return head + "domains: [" + s + "]" + tail }
	tests := []struct {
		name, text string
		want       string // empty: nothing is certain
	}{
		{"a scheme", inDomains(`docs.example.com`), inDomains(`https://docs.example.com`)},
		{"a scheme, beside a comment", inDomains("\n  a.example, # ours\n  'b.example' # theirs\n"), inDomains("\n  https://a.example, # ours\n  'https://b.example' # theirs\n")},
		{"a trailing slash", inDomains(`"https://docs.example.com/"`), inDomains(`"https://docs.example.com"`)},
		{"upper case, then a port", inDomains(`https://Docs.example.com:443`), inDomains(`https://docs.example.com`)},
		{"a Unicode host", inDomains(`https://bücher.example`), inDomains(`https://xn--bcher-kva.example`)},
		{"an address", inDomains(`http://127.1`), inDomains(`http://127.0.0.1`)},
		{"two on a line", inDomains(`a.example, https://b.example, c.example:8443`), inDomains(`https://a.example, https://b.example, https://c.example:8443`)},
		{"the star in place of a list", head + `domains: [https://a.example], headers: "*"` + tail, head + `domains: [https://a.example], headers: ["*"]` + tail},
		{"a list without brackets", head + `domains: https://a.example` + tail, head + `domains: [https://a.example]` + tail},
		{"several in one", head + "domains: [https://a.example], headers: 'Authorization, X-Token'" + tail, head + "domains: [https://a.example], headers: [Authorization, X-Token]" + tail},
		{"yes and no", head + `domains: [https://a.example], credentials: yes, enforce: "false"` + tail, head + `domains: [https://a.example], credentials: true, enforce: false` + tail},
		{"seconds", head + `domains: [https://a.example], cache: 600` + tail, head + `domains: [https://a.example], cache: 10m` + tail},
		{"a method, a space and a slash", "upstream: http://127.0.0.1:3000\nendpoints:\n  - endpoint: get  a\n", "upstream: http://127.0.0.1:3000\nendpoints:\n  - endpoint: GET /a\n"},
		{"JSON", `{"upstream": "http://127.0.0.1:3000", "endpoints": [{"endpoint": "GET /a", "cors": {"allow": "selected", "domains": "docs.example.com"}}]}`,
			`{"upstream": "http://127.0.0.1:3000", "endpoints": [{"endpoint": "GET /a", "cors": {"allow": "selected", "domains": ["https://docs.example.com"]}}]}`},
		{"what is mended shows more", head + `domains: [https://a.example], headers: Cookie` + tail, head + `domains: [https://a.example], headers: [Cookie]` + tail},
		{"CRLF", strings.ReplaceAll(inDomains("a.example"), "\n", "\r\n"), strings.ReplaceAll(inDomains("https://a.example"), "\n", "\r\n")},

		{"http or https", inDomains(`localhost:3000`), ""},
		{"a path, which a website cannot be told apart by", inDomains(`https://docs.example.com/app`), ""},
		{"a plain-http origin with credentials", head + `domains: [http://a.example], credentials: true` + tail, ""},
		{"a guess at a key", head + `domain: [https://a.example]` + tail, ""},
		{"a guess at a setting", "upstream: http://127.0.0.1:3000\nendpoints:\n  - endpoint: GET /a\n    cors: {allow: any}\n", ""},
		{"a guess at a policy", "upstream: http://127.0.0.1:3000\npolicies: {front-end: {allow: all}}\nendpoints:\n  - {endpoint: GET /a, cors: frontend}\n", ""},
		{"no mistake", inDomains(`https://docs.example.com`), ""},
		{"no YAML", "endpoints: [", ""},
		{"nothing", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fixed, mended := endpoints.Fix("concors.yaml", []byte(tt.text), endpoints.Options{})
			want := tt.want
			if want == "" {
				want = tt.text
			}
			if string(fixed) != want || len(mended) > 0 != (tt.want != "") {
				t.Errorf("fixed is\n%s\nmended %v; want\n%s", fixed, mended, want)
			}
			if again, more := endpoints.Fix("concors.yaml", fixed, endpoints.Options{}); string(again) != string(fixed) || len(more) > 0 {
				t.Errorf("a second time mends %v:\n%s", more, again)
			}
		})
	}
}
