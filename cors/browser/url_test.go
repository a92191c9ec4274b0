package browser

import (
	"strings"
	"testing"
)

func TestParseAddress(t *testing.T) {
	base, err := parseAddress("https://docs.example.com/dir/page?q#f", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ raw, want string }{
		{"https://example.com", "https://example.com/"},
		{" \n\thttps://example.com\t ", "https://example.com/"},
		{"ht\ntps://exa\tmple.com/a\rb", "https://example.com/ab"},
		{"HTTPS://EXAMPLE.com/A", "https://example.com/A"},
		{`https:\\example.com\a`, "https://example.com/a"},
		{"https:///example.com", "https://example.com/"},
		{"http:example.com", "http://example.com/"},
		{"https:rel", "https://docs.example.com/dir/rel"},
		{"https://example.com:443/", "https://example.com/"},
		{"http://example.com:443/", "http://example.com:443/"},
		{"http://example.com:080/", "http://example.com/"},
		{"https://example.com:/", "https://example.com/"},
		{"https://example.com:0/", "https://example.com:0/"},
		{"https://u:p@example.com/", "https://u:p@example.com/"},
		{"https://a@b@example.com/", "https://a%40b@example.com/"},
		{"https://a:b:c@example.com/", "https://a:b%3Ac@example.com/"},
		{"https://münchen.example/", "https://xn--mnchen-3ya.example/"},
		{"https://ex%61mple.com/", "https://example.com/"},
		{"https://EXAMPLE。com/", "https://example.com/"},
		{"https://faß.example/", "https://xn--fa-hia.example/"},
		{"https://a_b.example/", "https://a_b.example/"},
		{"http://127.1/", "http://127.0.0.1/"},
		{"http://0x7f.0.0.1/", "http://127.0.0.1/"},
		{"http://2130706433/", "http://127.0.0.1/"},
		{"http://017700000001/", "http://127.0.0.1/"},
		{"http://127.0.0.1./", "http://127.0.0.1/"},
		{"http://[::0001]/", "http://[::1]/"},
		{"http://[::FFFF:127.0.0.1]/", "http://[::ffff:7f00:1]/"},
		{"https://example.com/a/./b/../c", "https://example.com/a/c"},
		{"https://example.com/a/%2e%2E/b", "https://example.com/b"},
		{"https://example.com/..", "https://example.com/"},
		{"https://example.com/a/..", "https://example.com/"},
		{"https://example.com/a/.", "https://example.com/a/"},
		{"https://example.com/...", "https://example.com/..."},
		{"https://example.com/a b\"c?d e'f", "https://example.com/a%20b%22c?d%20e%27f"},
		{"https://example.com/ü?ü#ü", "https://example.com/%C3%BC?%C3%BC#%C3%BC"},
		{"https://example.com/%zz", "https://example.com/%zz"},
		{"https://example.com?", "https://example.com/?"},
		{"wss://example.com:443/", "wss://example.com/"},
		{"data:text/plain,x#f", "data:text/plain,x#f"},
		{"", "https://docs.example.com/dir/page?q"},
		{"#x", "https://docs.example.com/dir/page?q#x"},
		{"?x", "https://docs.example.com/dir/page?x"},
		{"x", "https://docs.example.com/dir/x"},
		{"../../../x", "https://docs.example.com/x"},
		{"/x", "https://docs.example.com/x"},
		{"//other.example/x", "https://other.example/x"},
		{`\\other.example`, "https://other.example/"},
	} {
		a, err := parseAddress(test.raw, base)
		if err != nil {
			t.Errorf("%q: %v", test.raw, err)
			continue
		}
		if got := a.String(); got != test.want {
			t.Errorf("%q: %s, want %s", test.raw, got, test.want)
		}
	}
	for _, raw := range []string{"https://", "https://:80", "https://a:b/", "https://a:65536/", "https://a:-1/", "https://[::1/", "https://[::1]x/",
		"https://[1.2.3.4]/", "https://a b/", "https://a%00b/", "https://a%2fb/", "https://1.2.3.4.5/", "https://1.2.3.256/", "https://0x100000000/", "https://a.0xffffffffffffffffff/", "https://0777777777777777777777777777777/",
		"https://a.example.256/", "https://xn--/", "https://\xbc0/"} {
		if a, err := parseAddress(raw, nil); err == nil {
			t.Errorf("%q was taken for %s", raw, a)
		}
	}
	if _, err := parseAddress("rel", nil); err != errRelative {
		t.Errorf("relative URL: %v", err)
	}
}

func TestParseOrigin(t *testing.T) {
	for _, s := range []string{"https://example.com", "http://localhost:3000", "http://[::1]:8080", "chrome-extension://abcdef", "capacitor://localhost", "app://obsidian.md"} {
		o, err := parseOrigin(s)
		if err != nil || o.String() != s {
			t.Errorf("%q: %v, %v", s, o, err)
		}
	}
	for _, s := range []string{"https://example.com/", "https://example.com/x", "https://u@example.com", "https://example.com?", "https://example.com#x", "example.com", "app://", "app://a/b", "https://"} {
		if o, err := parseOrigin(s); err == nil {
			t.Errorf("%q was taken for %v", s, o)
		}
	}
	for _, s := range []string{"", "null"} {
		if o, err := parseOrigin(s); err != nil || !o.opaque() || o.String() != "null" || o.sameOrigin(o) || o.sameSite(o) {
			t.Errorf("%q: %v, %v", s, o, err)
		}
	}
}

// FuzzParseAddress checks that parsing never panics, that what it makes parses
// to itself, and that the host cannot smuggle a delimiter.
func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"https://example.com/a?b#c", "http://127.1", "https://u:p@[::1]:8443/", `https:\\x`, "//x", "https://ü.example", "http://0x7f.1/", "https://a%2e%2e/"} {
		f.Add(s)
	}
	base, _ := parseAddress("https://docs.example.com/dir/page", nil)
	f.Fuzz(func(t *testing.T, raw string) {
		a, err := parseAddress(raw, base)
		if err != nil || !a.special() {
			return
		}
		if a.host == "" || strings.ContainsAny(strings.Trim(a.host, "[]"), "/?#@\\ ") || !strings.HasPrefix(a.path, "/") {
			t.Fatalf("%q: host %q, path %q", raw, a.host, a.path)
		}
		b, err := parseAddress(a.String(), nil)
		if err != nil {
			t.Fatalf("%q gives %s: %v", raw, a, err)
		}
		if b.String() != a.String() {
			t.Fatalf("%q gives %s, which gives %s", raw, a, b)
		}
	})
}
