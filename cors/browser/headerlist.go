package browser

import (
	"net/http"
	"strings"

	"github.com/concors/concors/cors/internal/fetchspec"
)

// headerValue returns the values of the header name, which is canonical,
// combined with ", " (#concept-header-list-get). ok is false if there is none.
func headerValue(h http.Header, name string) (value string, ok bool) {
	switch vs := h[name]; len(vs) {
	case 0:
		return "", false
	case 1:
		return trimTabOrSpace(vs[0]), true
	default:
		trimmed := make([]string, len(vs))
		for i, v := range vs {
			trimmed[i] = trimTabOrSpace(v)
		}
		return strings.Join(trimmed, ", "), true
	}
}

func trimTabOrSpace(s string) string { return strings.Trim(s, "\t ") }

// A list is the value of a header whose grammar is #token: the names in
// Access-Control-Allow-Methods, -Allow-Headers, -Expose-Headers.
type list struct {
	present bool // false: the header is missing ("null" in the standard)
	invalid string
	items   []string
}

// listOf extracts the header list values (#extract-header-list-values) of a
// header that is a comma-separated list of tokens. Empty elements are legal
// (RFC 9110, section 5.6.1.2). If an element is no token, the list is a
// failure and invalid holds the element, or the value if that is empty.
func listOf(h http.Header, name string) list {
	vs := h[name]
	if len(vs) == 0 {
		return list{}
	}
	l := list{present: true}
	n := 0
	for _, v := range vs {
		n += 1 + strings.Count(v, ",")
	}
	l.items = make([]string, 0, min(n, 64))
	for _, v := range vs {
		for v != "" {
			var item string
			item, v, _ = strings.Cut(v, ",")
			if item = trimTabOrSpace(item); item == "" {
				continue
			}
			if !fetchspec.IsToken(item) {
				return list{present: true, invalid: item}
			}
			l.items = append(l.items, item)
		}
	}
	return l
}

func (l *list) failed() bool { return l.invalid != "" }

// has reports whether item is in the list, byte for byte, as methods are
// compared.
func (l *list) has(item string) bool {
	for _, i := range l.items {
		if i == item {
			return true
		}
	}
	return false
}

// hasFold reports whether item is in the list, byte-case-insensitively, as
// header names are compared.
func (l *list) hasFold(item string) bool {
	for _, i := range l.items {
		if fetchspec.EqualFold(i, item) {
			return true
		}
	}
	return false
}
