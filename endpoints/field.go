package endpoints

import (
	"fmt"
	"strconv"
	"strings"
)

// A Field is a place in a document: the whole, an endpoint, a policy, a key of
// one of them, or an element of the list at a key. The zero value is the whole
// document. Fields are comparable.
//
// Its text is a path such as endpoints[0].cors.domains[2],
// policies.front-end.cache or origins[1].
type Field struct {
	endpoint int    // of the entry in Document.Endpoints, from 1
	named    bool   // in a named policy
	policy   string // its name
	inline   bool   // in the policy that is written at the endpoint's cors
	key      string
	element  int // of the list at key, from 1
}

// EndpointField is the field of the endpoint with the index.
func EndpointField(index int) Field { return Field{endpoint: index + 1} }

// PolicyField is the field of the policy with the name.
func PolicyField(name string) Field { return Field{named: true, policy: name} }

// At is the key called name of f, which is the whole, an endpoint or a policy, be
// it written at an endpoint's cors. Without a name it is f.
func (f Field) At(name string) Field {
	if name == "" {
		return f
	}
	f.inline = f.inline || f.key == "cors"
	f.key, f.element = name, 0
	return f
}

// AtElement is an element of the list at f.
func (f Field) AtElement(index int) Field {
	f.element = index + 1
	return f
}

// Endpoint returns the index of the endpoint that f is in.
func (f Field) Endpoint() (index int, ok bool) { return f.endpoint - 1, f.endpoint > 0 }

// Policy returns the name of the policy that f is in. The policies that are
// written at endpoints have none, see [Field.InSetting].
func (f Field) Policy() (name string, ok bool) { return f.policy, f.named }

// InSetting reports whether f is a key of the policy that is written at an
// endpoint.
func (f Field) InSetting() bool { return f.inline }

// Key returns the key of f, empty if f is the whole, an endpoint or a policy.
func (f Field) Key() string { return f.key }

// Element returns the index of the element of a list that f is.
func (f Field) Element() (index int, ok bool) { return f.element - 1, f.element > 0 }

// InPart returns f as seen from the endpoint or policy that it is in.
func (f Field) InPart() Field {
	f.endpoint, f.named, f.policy = 0, false, ""
	return f
}

// In returns f, which is seen from an endpoint or policy, as a field of part.
func (f Field) In(part Field) Field {
	f.endpoint, f.named, f.policy = part.endpoint, part.named, part.policy
	return f
}

// Outside returns f as seen from the policy that is written at cors; cors itself
// is then the policy.
func (f Field) Outside() Field {
	if !f.inline && f.key == "cors" {
		f.key = ""
	}
	f.inline = false
	return f
}

// String returns the path of f, empty for the whole document.
func (f Field) String() string {
	var b strings.Builder
	add := func(name string) {
		switch {
		case !isBare(name):
			fmt.Fprintf(&b, "[%q]", name)
		case b.Len() > 0:
			b.WriteString("." + name)
		default:
			b.WriteString(name)
		}
	}
	if f.endpoint > 0 {
		fmt.Fprintf(&b, "endpoints[%d]", f.endpoint-1)
	}
	if f.named {
		b.WriteString("policies")
		add(f.policy)
	}
	if f.inline {
		add("cors")
	}
	if f.key != "" {
		add(f.key)
	}
	if f.element > 0 {
		fmt.Fprintf(&b, "[%d]", f.element-1)
	}
	return b.String()
}

// isBare reports whether a name stands in a path as it is.
func isBare(name string) bool {
	for _, r := range name {
		if !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_') {
			return false
		}
	}
	return name != ""
}

// MarshalText writes the path of f.
func (f Field) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText reads the path of a field.
func (f *Field) UnmarshalText(text []byte) error {
	p := fieldParser{rest: string(text)}
	*f = p.field()
	if p.failed || p.rest != "" {
		return fmt.Errorf("endpoints: %.200q is no field of a document", text)
	}
	return nil
}

// A fieldParser cuts a path up from its beginning.
type fieldParser struct {
	rest   string
	begun  bool // something was cut off
	failed bool
}

func (p *fieldParser) field() (f Field) {
	switch {
	case strings.HasPrefix(p.rest, "endpoints["):
		p.name()
		f = EndpointField(p.index())
	case strings.HasPrefix(p.rest, "policies.") || strings.HasPrefix(p.rest, `policies["`):
		p.name()
		f = PolicyField(p.name())
	}
	if p.isName() {
		f = f.At(p.name())
	}
	if f.key == "cors" && !f.named && p.isName() {
		f = f.At(p.name())
	}
	if f.key != "" && p.rest != "" {
		f = f.AtElement(p.index())
	}
	return f
}

// isName reports whether a name follows.
func (p *fieldParser) isName() bool {
	return p.rest != "" && (p.rest[0] != '[' || strings.HasPrefix(p.rest, `["`))
}

// name cuts off a name, or one in brackets and quotes.
func (p *fieldParser) name() string {
	if quoted, ok := strings.CutPrefix(p.rest, "["); ok {
		prefix, err := strconv.QuotedPrefix(quoted)
		name, err2 := strconv.Unquote(prefix)
		p.rest, ok = strings.CutPrefix(quoted[len(prefix):], "]")
		p.failed = p.failed || err != nil || err2 != nil || !ok
		p.begun = true
		return name
	}
	if p.begun {
		var ok bool
		p.rest, ok = strings.CutPrefix(p.rest, ".")
		p.failed = p.failed || !ok
	}
	end := strings.IndexAny(p.rest, ".[")
	if end < 0 {
		end = len(p.rest)
	}
	name := p.rest[:end]
	p.rest, p.begun = p.rest[end:], true
	p.failed = p.failed || !isBare(name)
	return name
}

// index cuts off an index in brackets.
func (p *fieldParser) index() int {
	digits, rest, closed := strings.Cut(strings.TrimPrefix(p.rest, "["), "]")
	n, err := strconv.ParseUint(digits, 10, 31)
	p.failed = p.failed || err != nil || !closed || p.rest == "" || p.rest[0] != '['
	p.rest = rest
	return int(n)
}

// within is the field that the library calls name, such as domains[2], in f.
func (f Field) within(name string) Field {
	key, index, indexed := strings.Cut(name, "[")
	f = f.At(key)
	if i, err := strconv.Atoi(strings.TrimSuffix(index, "]")); indexed && err == nil {
		f = f.AtElement(i)
	}
	return f
}
