package origin

import (
	"slices"
	"strings"
	"testing"
)

func TestParseAccepts(t *testing.T) {
	for _, tt := range []struct {
		text string
		want Pattern
	}{
		{"https://docs.example.com", Pattern{Scheme: "https", Host: "docs.example.com"}},
		{"https://example.com:8443", Pattern{Scheme: "https", Host: "example.com", Port: "8443"}},
		{"https://*.example.com", Pattern{Scheme: "https", Sub: true, Host: "example.com"}},
		{"https://*.example.com:*", Pattern{Scheme: "https", Sub: true, Host: "example.com", Port: "*"}},
		{"http://localhost:*", Pattern{Scheme: "http", Host: "localhost", Port: "*"}},
		{"http://*.localhost:8080", Pattern{Scheme: "http", Sub: true, Host: "localhost", Port: "8080"}},
		{"http://127.0.0.1:3000", Pattern{Scheme: "http", Host: "127.0.0.1", Port: "3000"}},
		{"http://[::1]:3000", Pattern{Scheme: "http", Host: "[::1]", Port: "3000"}},
		{"https://[::ffff:7f00:1]", Pattern{Scheme: "https", Host: "[::ffff:7f00:1]"}},
		{"capacitor://localhost", Pattern{Scheme: "capacitor", Host: "localhost"}},
		{"app://obsidian.md", Pattern{Scheme: "app", Host: "obsidian.md"}},
		{"chrome-extension://abcdefghijklmnopabcdefghijklmnop", Pattern{Scheme: "chrome-extension", Host: "abcdefghijklmnopabcdefghijklmnop"}},
		{"https://xn--bcher-kva.example", Pattern{Scheme: "https", Host: "xn--bcher-kva.example"}},
		{"https://my_app.example.com", Pattern{Scheme: "https", Host: "my_app.example.com"}},
		{"http://example.com:443", Pattern{Scheme: "http", Host: "example.com", Port: "443"}},
		{"https://localhost", Pattern{Scheme: "https", Host: "localhost"}},
		{"https://name.github.io", Pattern{Scheme: "https", Host: "name.github.io"}},
		{"https://*.name.github.io", Pattern{Scheme: "https", Sub: true, Host: "name.github.io"}},
		{"https://*.city.kawasaki.jp", Pattern{Scheme: "https", Sub: true, Host: "city.kawasaki.jp"}}, // an exception on the list
		{"https://*.corp.internal", Pattern{Scheme: "https", Sub: true, Host: "corp.internal"}},
		{"https://pr-*.preview.example.com", Pattern{Scheme: "https", Label: Label{"pr-", ""}, Host: "preview.example.com"}},
		{"https://*-pr.example.com:8443", Pattern{Scheme: "https", Label: Label{"", "-pr"}, Host: "example.com", Port: "8443"}},
		{"https://a*z.example.com:*", Pattern{Scheme: "https", Label: Label{"a", "z"}, Host: "example.com", Port: "*"}},
		{"https://docs*.example.com", Pattern{Scheme: "https", Label: Label{"docs", ""}, Host: "example.com"}},
		{"https://*docs.example.com", Pattern{Scheme: "https", Label: Label{"", "docs"}, Host: "example.com"}},
		{"https://*--mysite.netlify.app", Pattern{Scheme: "https", Label: Label{"", "--mysite"}, Host: "netlify.app"}}, // with a warning
		{"https://pr-*--mysite.netlify.app", Pattern{Scheme: "https", Label: Label{"pr-", "--mysite"}, Host: "netlify.app"}},
		{"https://r3---sn-4g5e6nzs.googlevideo.com", Pattern{Scheme: "https", Host: "r3---sn-4g5e6nzs.googlevideo.com"}},
		{"chrome-extension://-a-", Pattern{Scheme: "chrome-extension", Host: "-a-"}}, // no name in the DNS
		{"https://xn--mgbh0fb.xn--mgberp4a5d4ar", Pattern{Scheme: "https", Host: "xn--mgbh0fb.xn--mgberp4a5d4ar"}},
		{"https://1e100.net", Pattern{Scheme: "https", Host: "1e100.net"}},
	} {
		t.Run(tt.text, func(t *testing.T) {
			p, codes, _ := Parse(tt.text)
			if len(codes) > 0 {
				t.Fatalf("Parse(%q): mistakes %v", tt.text, codes)
			}
			if p != tt.want {
				t.Errorf("Parse(%q) = %+v, want %+v", tt.text, p, tt.want)
			}
			if p.String() != tt.text {
				t.Errorf("String() = %q, want %q", p.String(), tt.text)
			}
		})
	}
}

func TestParseFindsMistakesAndRepairs(t *testing.T) {
	for _, tt := range []struct {
		text, repair string
		codes        []string
	}{
		{"", "", []string{Empty}},
		{"   ", "", []string{Empty}},
		{"null", "", []string{Null}},
		{"NULL", "", []string{Null}},
		{"*", "", []string{WildcardAll}},
		{"https://*", "", []string{WildcardAll}},
		{"https://*:8443", "", []string{WildcardAll}},
		{"https://*.*", "", []string{WildcardAll}},
		{"docs.example.com", "https://docs.example.com", []string{MissingScheme}},
		{"//docs.example.com", "https://docs.example.com", []string{MissingScheme}},
		{"docs.example.com:8443", "https://docs.example.com:8443", []string{MissingScheme}},
		{"docs.example.com/", "https://docs.example.com", []string{MissingScheme, Path}},
		{"localhost:3000", "http://localhost:3000", []string{MissingScheme}},
		{"127.0.0.1:3000", "http://127.0.0.1:3000", []string{MissingScheme}},
		{"*.example.com", "https://*.example.com", []string{MissingScheme}},
		{"https:/docs.example.com", "https://docs.example.com", []string{InvalidScheme}},
		{"https:docs.example.com", "https://docs.example.com", []string{InvalidScheme}},
		{"*://docs.example.com", "https://docs.example.com", []string{InvalidScheme}},
		{"ht tp://docs.example.com", "https://docs.example.com", []string{InvalidScheme}},
		{"file:///index.html", "", []string{OpaqueScheme}},
		{"file:", "", []string{OpaqueScheme}},
		{"data:text/html,x", "", []string{OpaqueScheme}},
		{"wss://docs.example.com", "https://docs.example.com", []string{WebSocketScheme}},
		{"ws://localhost:3000", "http://localhost:3000", []string{WebSocketScheme}},
		{"https://user:pw@docs.example.com", "https://docs.example.com", []string{Userinfo}},
		{"https://docs.example.com/", "https://docs.example.com", []string{Path}},
		{"https://docs.example.com/app?x#y", "https://docs.example.com", []string{Path}},
		{"https://example.com/*", "https://example.com", []string{Path}},
		{"https://Docs.Example.com", "https://docs.example.com", []string{UpperCase}},
		{"HTTPS://docs.example.com", "https://docs.example.com", []string{UpperCase}},
		{"https://bücher.example", "https://xn--bcher-kva.example", []string{UnicodeHost}},
		{"https://*.bücher.example", "https://*.xn--bcher-kva.example", []string{UnicodeHost}},
		{"https://", "", []string{InvalidHost}},
		{"https://\u034f", "", []string{UnicodeHost, InvalidHost}}, // ignored by IDNA
		{"\u034f", "", []string{MissingScheme, UnicodeHost, InvalidHost}},
		{"https://:8443", "", []string{InvalidHost}},
		{"https://a..example.com", "", []string{InvalidHost}},
		{"https://.example.com", "https://*.example.com", []string{InvalidHost}},
		{"https://docs.example.com.", "https://docs.example.com", []string{InvalidHost}},
		{"https://docs example.com", "", []string{InvalidHost}},
		{" https://docs.example.com", "https://docs.example.com", []string{InvalidHost}},
		{"https://docs.example.com,https://x.example.com", "", []string{InvalidHost, Path, InvalidPort}},
		{"https://" + strings.Repeat("a.", 130) + "com", "", []string{HostTooLong}},
		{"https://" + strings.Repeat("a", 64) + ".com", "", []string{HostTooLong}},
		{"https://127.1", "https://127.0.0.1", []string{IPNotCanonical}},
		{"https://0x7f.0.0.1", "https://127.0.0.1", []string{IPNotCanonical}},
		{"https://010.0.0.1", "https://8.0.0.1", []string{IPNotCanonical}},
		{"https://2130706433:8080", "https://127.0.0.1:8080", []string{IPNotCanonical}},
		{"https://1.2.3.4.5", "", []string{InvalidHost}},
		{"https://256.0.0.1", "", []string{InvalidHost}},
		{"https://a.0xffffffffffffffffffff", "", []string{InvalidHost}},
		{"https://0xffffffffffffffffffff", "", []string{InvalidHost}},
		{"https://[0:0:0:0:0:0:0:1]", "https://[::1]", []string{IPNotCanonical}},
		{"https://[::FFFF:1]", "https://[::ffff:1]", []string{UpperCase}},
		{"https://[::ffff:127.0.0.1]", "https://[::ffff:7f00:1]", []string{IPNotCanonical}},
		{"https://::1", "https://[::1]", []string{IPNotCanonical}},
		{"https://[fe80::1%eth0]", "", []string{InvalidHost}},
		{"https://[::1", "", []string{InvalidHost}},
		{"https://*.127.0.0.1", "", []string{WildcardMisplaced}},
		{"https://example.com:443", "https://example.com", []string{DefaultPort}},
		{"http://example.com:80", "http://example.com", []string{DefaultPort}},
		{"https://Example.com:443/", "https://example.com", []string{Path, UpperCase, DefaultPort}},
		{"https://example.com:", "", []string{InvalidPort}},
		{"https://example.com:0", "", []string{InvalidPort}},
		{"https://example.com:65536", "", []string{InvalidPort}},
		{"https://example.com:08443", "https://example.com:8443", []string{InvalidPort}},
		{"https://example.com:abc", "", []string{InvalidPort}},
		{"https://*example.com", "https://*.example.com", []string{WildcardMisplaced}},
		{"https://*-example.com", "", []string{WildcardMisplaced}},
		{"https://PR-*.example.com", "https://pr-*.example.com", []string{UpperCase}},
		{"https://a*b*.example.com", "", []string{WildcardMisplaced}},
		{"https://a.b*.example.com", "", []string{WildcardMisplaced}},
		{"https://*.pr-*.example.com", "", []string{WildcardMisplaced}},
		{"https://pr-*", "", []string{WildcardMisplaced}},
		{"https://pr-*.127.0.0.1", "", []string{WildcardMisplaced}},
		{"https://bü-*.example.com", "", []string{UnicodeHost}},
		{"https://xn--*.example.com", "", []string{InvalidHost}},
		{"https://-*.example.com", "", []string{InvalidHost}},
		{"https://*-.example.com", "", []string{InvalidHost}},
		{"https://*--.netlify.app", "", []string{InvalidHost}},
		{"https://p@*.example.com", "https://*.example.com", []string{Userinfo}},
		{"https://pr-*.netlify.app", "", []string{PublicSuffix}},
		{"https://*-mysite.netlify.app", "", []string{WildcardMisplaced}},
		{"https://a*-mysite.netlify.app", "", []string{PublicSuffix}},
		{"https://*--mysite.com", "", []string{PublicSuffix}},
		{"https://pr-*--mysite.co.uk", "", []string{PublicSuffix}},
		{"https://*--mysite.kawasaki.jp", "", []string{PublicSuffix}},
		{"https://*--mysite.city.kawasaki.jp", "", nil},
		{"https://pr-*.co.uk", "", []string{PublicSuffix}},
		{"https://" + strings.Repeat("a", 63) + "*.example.com", "", []string{HostTooLong}},
		{"https://*." + strings.Repeat("a.", 125) + "com", "", []string{HostTooLong}}, // with the * of one letter
		{"https://p*." + strings.Repeat("a.", 125) + "com", "", []string{HostTooLong}},
		{"https://xn--a.example", "", []string{InvalidHost}},
		{"https://a.xn--bcher-kv.example", "", []string{InvalidHost}},
		{"https://*.xn--a.example", "", []string{InvalidHost}},
		{"https://-docs.example.com", "", []string{InvalidHost}},
		{"https://docs-.example.com", "", []string{InvalidHost}},
		{"https://docs.example-.com", "", []string{InvalidHost}},
		{"https://docs.*.com", "", []string{WildcardMisplaced}},
		{"https://*.*.example.com", "", []string{WildcardMisplaced}},
		{"https://*.com", "", []string{PublicSuffix}},
		{"https://*.co.uk", "", []string{PublicSuffix}},
		{"https://*.github.io", "", []string{PublicSuffix}},
		{"https://*.kawasaki.jp", "", []string{PublicSuffix}}, // the list has *.kawasaki.jp
		{"https://*.compute.amazonaws.com", "", []string{PublicSuffix}},
		{"https://*.ck", "", []string{PublicSuffix}},
	} {
		t.Run(tt.text, func(t *testing.T) {
			_, codes, repair := Parse(tt.text)
			slices.Sort(codes)
			slices.Sort(tt.codes)
			if !slices.Equal(codes, tt.codes) || repair != tt.repair {
				t.Errorf("Parse(%q): codes %v, repair %q; want %v, %q", tt.text, codes, repair, tt.codes, tt.repair)
			}
		})
	}
}

func TestLoopback(t *testing.T) {
	for text, want := range map[string]bool{
		"http://localhost":             true,
		"http://app.localhost:3000":    true,
		"http://*.localhost:*":         true,
		"http://127.0.0.1":             true,
		"http://127.9.9.9:80":          false, // default port: not a pattern
		"http://127.9.9.9":             true,
		"http://[::1]":                 true,
		"http://notlocalhost":          false,
		"http://localhost.example.com": false,
		"http://10.0.0.1":              false,
	} {
		if p, _, _ := Parse(text); p.Loopback() != want {
			t.Errorf("Parse(%q).Loopback() = %v, want %v", text, !want, want)
		}
	}
}

// FuzzParse: Parse never panics; what it accepts round-trips; a repair has no
// mistakes; an exact pattern matches itself and is read alike by the cheap
// reader.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"https://docs.example.com", "https://*.example.com:*", "http://[::1]:80", "bücher.example/", "https://*.github.io", "0x7f.1", "https://a@b:1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, codes, repair := Parse(text)
		if repair != "" {
			if _, again, _ := Parse(repair); len(again) > 0 {
				t.Errorf("Parse(%q) proposes %q, which has the mistakes %v", text, repair, again)
			}
		}
		if len(codes) > 0 {
			return
		}
		if p.String() != text {
			t.Errorf("Parse(%q).String() = %q", text, p.String())
		}
		if !p.Exact() {
			return
		}
		scheme, host, port, ok := split(text)
		if !ok || scheme != p.Scheme || host != p.Host || port != p.Port {
			t.Errorf("split(%q) = %q, %q, %q, %v; Parse: %+v", text, scheme, host, port, ok, p)
		}
		s := NewSet(1)
		s.Add(p, text)
		if !s.Contains(text) {
			t.Errorf("%q does not match itself", text)
		}
	})
}
