package fetchspec

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func TestMethods(t *testing.T) {
	for method, want := range map[string]struct {
		normalized            string
		forbidden, safelisted bool
	}{
		"get": {"GET", false, true}, "Post": {"POST", false, true}, "head": {"HEAD", false, true}, "put": {"PUT", false, false},
		"delete": {"DELETE", false, false}, "options": {"OPTIONS", false, false}, "patch": {"patch", false, false}, "PATCH": {"PATCH", false, false},
		"trace": {"trace", true, false}, "TRACK": {"TRACK", true, false}, "Connect": {"Connect", true, false}, "": {"", false, false}, "GETX": {"GETX", false, false},
	} {
		n := NormalizeMethod(method)
		if n != want.normalized || IsForbiddenMethod(method) != want.forbidden || IsCORSSafelistedMethod(n) != want.safelisted {
			t.Errorf("%q: normalized %q, forbidden %v, safelisted %v", method, n, IsForbiddenMethod(method), IsCORSSafelistedMethod(n))
		}
	}
}

func TestForbiddenRequestHeaders(t *testing.T) {
	for _, test := range []struct {
		name, value string
		want        bool
	}{
		{"Cookie", "", true}, {"cOOKIE2", "", true}, {"TE", "", true}, {"te", "", true}, {"Sec-X", "", true}, {"proxy-", "", true},
		{"Secure", "", false}, {"Proxy", "", false}, {"User-Agent", "", false}, {"Authorization", "", false}, {"Content-Type", "", false},
		{"Coo\u212aie", "", false}, {strings.Repeat("x", 100), "", false}, {"", "", false},
		{"X-HTTP-Method", "GET", false}, {"X-HTTP-Method", "TRACE", true}, {"X-Method-Override", "get,\t track ", true},
		{"X-HTTP-Method-Override", `"a,TRACE"`, false}, {"X-HTTP-Method-Override", `"a\",",connect`, true}, {"X-HTTP-Method-Override", `"a,TRACE`, false},
		{"X-HTTP-Method-Override", `x,"\`, false}, {"X-HTTP-Method-Override", "TRACE,", true}, {"X-HTTP-Method-Override", "", false}, {"X-Other", "TRACE", false},
	} {
		if got := IsForbiddenRequestHeader(test.name, test.value); got != test.want {
			t.Errorf("%s: %s: %v", test.name, test.value, got)
		}
	}
}

func TestSafelistedRequestHeaders(t *testing.T) {
	for _, test := range []struct {
		name, value string
		want        bool
	}{
		{"Accept", "", true}, {"accept", "text/html, */*;q=0.1", true}, {"Accept", "a\tb", true}, {"Accept", "a\x01", false}, {"Accept", "\x7f", false},
		{"Accept", "ü", true}, {"Accept", "(x)", false}, {"Accept", "a:b", false}, {"Accept", "a{", false}, {"Accept", "[", false}, {"Accept", `\`, false},
		{"Accept-Language", "de-DE, *;q=0.5", true}, {"Content-Language", "a_b", false}, {"Content-Language", "ü", false}, {"Content-Language", "a\tb", false},
		{"Content-Type", "text/plain", true}, {"Content-Type", " Text/Plain ; charset=x", true}, {"Content-Type", "text/plain;", true},
		{"Content-Type", "text/plain;a=/,x", true}, {"Content-Type", "text/plain, text/plain", false}, {"Content-Type", "text /plain", false},
		{"Content-Type", "multipart/form-data", true}, {"Content-Type", "application/x-www-form-urlencoded", true}, {"Content-Type", "application/json", false},
		{"Content-Type", "", false}, {"Content-Type", "text", false}, {"Content-Type", "/plain", false}, {"Content-Type", "text/", false}, {"Content-Type", `text/plain;a="b"`, false},
		{"Range", "bytes=0-", true}, {"Range", "bytes=0-0", true}, {"Range", "bytes=00010-9", false}, {"Range", "bytes=9-00010", true}, {"Range", "bytes=-1", false},
		{"Range", "bytes=-", false}, {"Range", "bytes=1", false}, {"Range", "bytes 0-1", false}, {"Range", "bytes= 0-1", false}, {"Range", "Bytes=0-1", false},
		{"Range", "bytes=0-1,2-3", false}, {"Range", "bytes=0-1-2", false}, {"Range", "bytes=99999999999999999999-99999999999999999998", false},
		{"Range", "bytes=0-" + strings.Repeat("9", 120), true}, {"Range", "bytes=0-" + strings.Repeat("9", 121), false},
		{"X-A", "", false}, {"Authorization", "x", false}, {"DPR", "1", false},
		{"Accept", strings.Repeat("a", 128), true}, {"Accept", strings.Repeat("a", 129), false},
	} {
		if got := IsCORSSafelistedRequestHeader(test.name, test.value); got != test.want {
			t.Errorf("%s: %q: %v", test.name, test.value, got)
		}
		if got := IsNoCORSSafelistedRequestHeader(test.name, test.value); got != (test.want && test.name != "Range") {
			t.Errorf("no-cors %s: %q: %v", test.name, test.value, got)
		}
	}
}

func TestOtherNames(t *testing.T) {
	for name, want := range map[string][4]bool{ // forbidden and safelisted response header, non-wildcard, body header
		"SET-COOKIE": {true}, "Set-Cookie2": {true}, "Set-Cookie3": {},
		"cache-control": {false, true}, "Content-Length": {false, true}, "Expires": {false, true}, "Last-Modified": {false, true}, "PRAGMA": {false, true}, "ETag": {},
		"Content-Type": {false, true, false, true}, "Content-Language": {false, true, false, true}, "content-encoding": {false, false, false, true}, "Content-Location": {false, false, false, true},
		"authorization": {false, false, true}, "Authorization ": {},
	} {
		got := [4]bool{IsForbiddenResponseHeader(name), IsCORSSafelistedResponseHeader(name), IsCORSNonWildcardRequestHeader(name), IsRequestBodyHeader(name)}
		if got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestTokensAndValues(t *testing.T) {
	for c := range 256 {
		want := regexp.MustCompile("^[!#$%&'*+\\-.^_`|~0-9A-Za-z]$").MatchString(string([]byte{byte(c)}))
		if IsToken(string([]byte{byte(c)})) != want {
			t.Errorf("token byte %#x: %v", c, !want)
		}
	}
	if IsToken("") {
		t.Error("the empty string is no token")
	}
	if got := NormalizeValue("\r\n\t a b \t\n"); got != "a b" {
		t.Errorf("normalized %q", got)
	}
	for s, want := range map[string]bool{"": true, "a\tb": true, "\xff": true, "a\x00": false, "a\nb": false, "a\rb": false} {
		if IsHeaderValue(s) != want {
			t.Errorf("header value %q: %v", s, !want)
		}
	}
}

// naiveSafelisted is IsCORSSafelistedRequestHeader from regular expressions.
func naiveSafelisted(name, value string) bool {
	if len(value) > 128 {
		return false
	}
	const unsafe = `[\x00-\x08\x0a-\x1f"():<>?@\[\\\]{}\x7f]`
	match := func(re string) bool { return regexp.MustCompile(`(?s)^(?:` + re + `)$`).MatchString(latin1(value)) }
	switch strings.ToLower(name) {
	case "accept":
		return !match(".*" + unsafe + ".*")
	case "accept-language", "content-language":
		return match(`[0-9A-Za-z *,\-.;=]*`)
	case "content-type":
		return !match(".*"+unsafe+".*") && match(`[\t\n\r ]*(?i:application/x-www-form-urlencoded|multipart/form-data|text/plain)[\t\n\r ]*(?:;.*)?`)
	case "range":
		m := regexp.MustCompile(`^bytes=([0-9]+)-([0-9]*)$`).FindStringSubmatch(value)
		if m == nil {
			return false
		}
		pad := func(s string) string { return strings.Repeat("0", 200-len(s)) + s }
		return m[2] == "" || pad(m[1]) <= pad(m[2])
	}
	return false
}

// latin1 makes each byte a rune, so that "." is one byte.
func latin1(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}

func FuzzSafelisted(f *testing.F) {
	for _, s := range []string{"text/plain;charset=utf-8", "de-DE", "bytes=0-99", "*/*", `a"b`, "multipart/form-data; boundary=x", "\x00", "application/json", strings.Repeat("a", 129)} {
		for name := range 5 {
			f.Add(name, s)
		}
	}
	names := []string{"Accept", "accept-language", "Content-Language", "CONTENT-TYPE", "Range", "X-A"}
	f.Fuzz(func(t *testing.T, i int, value string) {
		name := names[uint(i)%uint(len(names))]
		if got, want := IsCORSSafelistedRequestHeader(name, value), naiveSafelisted(name, value); got != want {
			t.Fatalf("%s: %q: %v, want %v", name, value, got, want)
		}
	})
}

// naiveSplit is "get, decode, and split" to the letter
// (#header-value-get-decode-and-split).
func naiveSplit(value string) []string {
	var values []string
	for {
		var v strings.Builder
		for value != "" && value[0] != ',' {
			if value[0] != '"' {
				v.WriteByte(value[0])
				value = value[1:]
				continue
			}
			end := 1
			for end < len(value) && value[end] != '"' {
				if value[end] == '\\' {
					end++
				}
				end++
			}
			end = min(end+1, len(value))
			v.WriteString(value[:end])
			value = value[end:]
		}
		values = append(values, strings.Trim(v.String(), "\t "))
		if value == "" {
			return values
		}
		value = value[1:]
	}
}

func FuzzForbiddenOverride(f *testing.F) {
	for _, s := range []string{"GET, TRACE", `"a,b",track`, `"\"`, `"\",TRACE`, ",", `x"y,CONNECT"`, "CONNECT"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		want := false
		for _, v := range naiveSplit(value) {
			want = want || IsForbiddenMethod(v)
		}
		if got := IsForbiddenRequestHeader("X-HTTP-Method-Override", value); got != want {
			t.Fatalf("%s: %v, want %v", strconv.Quote(value), got, want)
		}
	})
}
