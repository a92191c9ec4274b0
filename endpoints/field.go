package endpoints

import (
	"fmt"
	"strconv"
	"strings"
)

// A Field is a place in a document, taken apart: endpoints[0].cors.domains[2],
// policies.front-end.cache, origins[1], upstream. The zero value with Element -1
// is the whole document.
type Field struct {
	Part  string // policies or endpoints; empty: the document itself, or an unnamed part
	Name  string // of the policy, in policies
	Index int    // of the endpoint, in endpoints

	Inline  bool   // it is in the policy that stands at cors of an endpoint
	Key     string // domains, upstream and so on; empty: the whole part
	Element int    // of the list at Key; -1: the value itself
}

// ParseField takes the text of a field apart, as [Mistake.Field] has it. What
// begins with a key, such as cors.domains[2], is read too: as in an unnamed
// part.
func ParseField(s string) (f Field, ok bool) {
	f.Element = -1
	rest := s
	switch {
	case strings.HasPrefix(s, "endpoints["):
		f.Part = "endpoints"
		f.Index, rest, ok = cutIndex(s[len("endpoints"):])
	case strings.HasPrefix(s, "policies."), strings.HasPrefix(s, "policies["):
		f.Part = "policies"
		f.Name, rest, ok = cutKey(strings.TrimPrefix(s[len("policies"):], "."))
	default:
		ok = true
	}
	if !ok {
		return Field{}, false
	}
	if f.Part != "" && rest != "" {
		rest = strings.TrimPrefix(rest, ".")
	}
	if f.Part != "policies" {
		rest, f.Inline = strings.CutPrefix(rest, "cors.")
	}
	if rest == "" {
		return f, !f.Inline
	}
	if f.Key, rest, ok = cutKey(rest); ok && rest != "" {
		f.Element, rest, ok = cutIndex(rest)
	}
	return f, ok && rest == ""
}

// cutKey cuts off what join has written: a key, or one in brackets and quotes.
func cutKey(s string) (key, rest string, ok bool) {
	if quoted, found := strings.CutPrefix(s, "["); found {
		prefix, err := strconv.QuotedPrefix(quoted)
		if err != nil {
			return "", "", false
		}
		key, _ = strconv.Unquote(prefix)
		rest, ok = strings.CutPrefix(quoted[len(prefix):], "]")
		return key, rest, ok
	}
	end := strings.IndexAny(s, ".[")
	if end < 0 {
		end = len(s)
	}
	return s[:end], s[end:], end > 0
}

// cutIndex cuts off an index in brackets.
func cutIndex(s string) (i int, rest string, ok bool) {
	digits, rest, ok := strings.Cut(strings.TrimPrefix(s, "["), "]")
	i, err := strconv.Atoi(digits)
	return i, rest, ok && s[0] == '[' && err == nil && i >= 0
}

// String is the inverse of [ParseField].
func (f Field) String() string {
	s := ""
	switch f.Part {
	case "endpoints":
		s = fmt.Sprintf("endpoints[%d]", f.Index)
	case "policies":
		s = join("policies", f.Name)
	}
	if within := f.Within(); s == "" || within == "" || within[0] == '[' {
		return s + within
	}
	return s + "." + f.Within()
}

// Within is the field in its part: cors.domains[2] of endpoints[0], cache of a
// policy.
func (f Field) Within() string {
	s := ""
	if f.Key != "" {
		s = join("", f.Key)
	}
	if f.Inline {
		s = "cors." + s
	}
	if f.Element >= 0 {
		s += fmt.Sprintf("[%d]", f.Element)
	}
	return s
}
