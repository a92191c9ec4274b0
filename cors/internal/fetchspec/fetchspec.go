// Package fetchspec holds the name lists and byte rules of the Fetch standard
// that both halves of the CORS protocol need: which methods and headers are
// forbidden, safelisted or special. Each function names its section of
// https://fetch.spec.whatwg.org/.
//
// Names are compared byte-case-insensitively, that is over ASCII only; nothing
// here allocates.
package fetchspec

// maxName is longer than every name in this package's lists.
const maxName = 40

// A lowered is room for a byte-lowercased name.
type lowered [maxName]byte

// lower writes the byte-lowercased name to b and returns it, or nil if name is
// longer than any name that could be looked for.
func (b *lowered) lower(name string) []byte {
	if len(name) > maxName {
		return nil
	}
	for i := 0; i < len(name); i++ {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		b[i] = c
	}
	return b[:len(name)]
}

// EqualFold reports whether a is a byte-case-insensitive match for b. Unlike
// strings.EqualFold it folds ASCII letters only.
func EqualFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i < len(a); i++ {
		c, d := a[i], b[i]
		if c == d {
			continue
		}
		if c |= 0x20; c != d|0x20 || c < 'a' || 'z' < c {
			return false
		}
	}
	return true
}

// hasPrefixFold reports whether s begins with the lower-case prefix.
func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && EqualFold(s[:len(prefix)], prefix)
}

// IsToken reports whether s is an RFC 9110 token, as methods and header names
// must be (section 5.6.2).
func IsToken(s string) bool {
	if s == "" {
		return false
	}
	for i := 0; i < len(s); i++ {
		if !isTokenByte(s[i]) {
			return false
		}
	}
	return true
}

func isTokenByte(c byte) bool {
	return c < 0x80 && tokenBytes[c]
}

var tokenBytes = func() (t [0x80]bool) {
	for c := '0'; c <= '9'; c++ {
		t[c] = true
	}
	for c := 'a'; c <= 'z'; c++ {
		t[c], t[c-'a'+'A'] = true, true
	}
	for _, c := range "!#$%&'*+-.^_`|~" {
		t[c] = true
	}
	return t
}()

// IsTabOrSpace reports whether c is an "HTTP tab or space" byte.
func IsTabOrSpace(c byte) bool { return c == '\t' || c == ' ' }

// isWhitespace reports whether c is an "HTTP whitespace byte".
func isWhitespace(c byte) bool { return c == '\t' || c == ' ' || c == '\n' || c == '\r' }

// NormalizeValue removes HTTP whitespace from both ends of a header value
// (#concept-header-value-normalize).
func NormalizeValue(value string) string {
	for value != "" && isWhitespace(value[0]) {
		value = value[1:]
	}
	for value != "" && isWhitespace(value[len(value)-1]) {
		value = value[:len(value)-1]
	}
	return value
}

// IsHeaderValue reports whether value, which has been normalized, is a header
// value: no NUL and no newline (#concept-header-value).
func IsHeaderValue(value string) bool {
	for i := 0; i < len(value); i++ {
		if c := value[i]; c == 0 || c == '\n' || c == '\r' {
			return false
		}
	}
	return true
}
