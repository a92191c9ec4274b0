package fetchspec

import "strings"

// IsForbiddenRequestHeader reports whether a page may not set the header name
// to value (#forbidden-request-header).
func IsForbiddenRequestHeader(name, value string) bool {
	var b lowered
	switch string(b.lower(name)) {
	case "accept-charset", "accept-encoding", "access-control-request-headers",
		"access-control-request-method", "connection", "content-length",
		"cookie", "cookie2", "date", "dnt", "expect", "host", "keep-alive",
		"origin", "referer", "set-cookie", "te", "trailer",
		"transfer-encoding", "upgrade", "via":
		return true
	}
	if IsMethodOverrideHeader(name) {
		return listsForbiddenMethod(value)
	}
	return hasPrefixFold(name, "proxy-") || hasPrefixFold(name, "sec-")
}

// listsForbiddenMethod splits value at commas outside quoted strings
// (#header-value-get-decode-and-split) and looks for a forbidden method.
func listsForbiddenMethod(value string) bool {
	start, quoted := 0, false
	for i := 0; i <= len(value); i++ {
		switch {
		case i < len(value) && value[i] == '"':
			quoted = !quoted
		case i < len(value) && value[i] == '\\' && quoted:
			i++ // the next byte is escaped
		case i == len(value) || value[i] == ',' && !quoted:
			if IsForbiddenMethod(strings.Trim(value[start:min(i, len(value))], "\t ")) {
				return true
			}
			start = i + 1
		}
	}
	// A quoted string that never ends may have stepped over the end.
	return start <= len(value) && IsForbiddenMethod(strings.Trim(value[start:], "\t "))
}

// MaxSafelistedValue is how many bytes a safelisted header's value may have,
// MaxSafelistedTotal how many the values of all safelisted headers of a
// request may have together.
const (
	MaxSafelistedValue = 128
	MaxSafelistedTotal = 1024
)

// IsCORSSafelistedRequestHeader reports whether the header needs no preflight
// by itself (#cors-safelisted-request-header).
func IsCORSSafelistedRequestHeader(name, value string) bool {
	if len(value) > MaxSafelistedValue {
		return false
	}
	var b lowered
	switch string(b.lower(name)) {
	case "accept":
		return !hasUnsafeByte(value)
	case "accept-language", "content-language":
		return isLanguageValue(value)
	case "content-type":
		if hasUnsafeByte(value) {
			return false
		}
		switch essence, _ := Essence(value); {
		case EqualFold(essence, "application/x-www-form-urlencoded"),
			EqualFold(essence, "multipart/form-data"),
			EqualFold(essence, "text/plain"):
			return true
		}
		return false
	case "range":
		return isSafeRange(value)
	}
	return false
}

// IsNoCORSSafelistedRequestHeader reports whether a page may set the header on
// a request whose mode is "no-cors" (#no-cors-safelisted-request-header).
func IsNoCORSSafelistedRequestHeader(name, value string) bool {
	return !EqualFold(name, "range") && IsCORSSafelistedRequestHeader(name, value)
}

// IsCORSNonWildcardRequestHeader reports whether "*" in
// Access-Control-Allow-Headers does not cover name: Authorization
// (#cors-non-wildcard-request-header-name).
func IsCORSNonWildcardRequestHeader(name string) bool {
	return EqualFold(name, "authorization")
}

// MethodOverrideHeaders are the request headers by which frameworks let one
// method stand for another; the standard looks for forbidden methods in them
// (#forbidden-request-header). Canonical for net/http.
var MethodOverrideHeaders = [...]string{"X-Http-Method", "X-Http-Method-Override", "X-Method-Override"}

// IsMethodOverrideHeader reports whether name is one of
// [MethodOverrideHeaders].
func IsMethodOverrideHeader(name string) bool {
	for _, n := range MethodOverrideHeaders {
		if EqualFold(n, name) {
			return true
		}
	}
	return false
}

// IsRequestBodyHeader reports whether the header is removed when a redirect
// turns a request into a GET (#request-body-header-name).
func IsRequestBodyHeader(name string) bool {
	var b lowered
	switch string(b.lower(name)) {
	case "content-encoding", "content-language", "content-location", "content-type":
		return true
	}
	return false
}

// hasUnsafeByte reports whether value contains a CORS-unsafe request-header
// byte (#cors-unsafe-request-header-byte).
func hasUnsafeByte(value string) bool {
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c < 0x20 && c != '\t', c == 0x7f:
			return true
		case c < 0x80:
			switch c {
			case '"', '(', ')', ':', '<', '>', '?', '@', '[', '\\', ']', '{', '}':
				return true
			}
		}
	}
	return false
}

// isLanguageValue is the rule for Accept-Language and Content-Language.
func isLanguageValue(value string) bool {
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case '0' <= c && c <= '9', 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z':
		case c == ' ', c == '*', c == ',', c == '-', c == '.', c == ';', c == '=':
		default:
			return false
		}
	}
	return true
}

// isSafeRange reports whether value is a single range with a start
// (#simple-range-header-value, without whitespace).
func isSafeRange(value string) bool {
	rest, ok := strings.CutPrefix(value, "bytes=")
	if !ok {
		return false
	}
	first, last, ok := strings.Cut(rest, "-")
	return ok && first != "" && isDigits(first) && isDigits(last) &&
		(last == "" || !lessDigits(last, first))
}

func isDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || '9' < s[i] {
			return false
		}
	}
	return true
}

// lessDigits compares two decimal numbers of any length.
func lessDigits(a, b string) bool {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return a < b
}

// Essence returns the essence of a MIME type, "text/plain" of
// "text/plain;charset=UTF-8", in the case it is written in, and whether value
// parses at all (https://mimesniff.spec.whatwg.org/#parsing-a-mime-type).
// Parameters never make the parser fail.
func Essence(value string) (essence string, ok bool) {
	essence, _, _ = strings.Cut(NormalizeValue(value), ";")
	essence = strings.TrimRight(essence, "\t\n\r ")
	typ, subtype, found := strings.Cut(essence, "/")
	if !found || !IsToken(typ) || !IsToken(subtype) {
		return "", false
	}
	return essence, true
}
