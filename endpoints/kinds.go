package endpoints

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
	"go.yaml.in/yaml/v4"

	"github.com/concors/concors/cors"
)

// A kind is how values of a type stand in documents and forms. Its zero value is
// what is not written.
type kind[V any] struct {
	shape  Shape
	read   func(d *decoder, n *yaml.Node, at Field) V
	write  func(v V) (value, bool)
	equal  func(a, b V) bool
	clone  func(v V) V
	texts  func(v V) []string
	fill   func(texts []string) (V, error)
	list   func(v *V) *[]string
	schema func(r references) *jsonschema.Schema
}

func equal[V comparable](a, b V) bool { return a == b }
func itself[V any](v V) V             { return v }

func schemaOf(kind string) func(references) *jsonschema.Schema {
	return func(references) *jsonschema.Schema { return &jsonschema.Schema{Type: kind} }
}

// oneText is the text of a form's field that takes one.
func oneText(texts []string) (string, error) {
	switch len(texts) {
	case 0:
		return "", nil
	case 1:
		return texts[0], nil
	}
	return "", errors.New("one value belongs here")
}

// textsOf is the inverse of oneText.
func textsOf(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

var textKind = kind[string]{
	shape: Text,
	read:  (*decoder).text,
	write: func(s string) (value, bool) { return textValue(s), s != "" },
	equal: equal[string], clone: itself[string], texts: textsOf, fill: oneText,
	schema: schemaOf("string"),
}

// requiredKind is a text that is always written.
var requiredKind = func() kind[string] {
	k := textKind
	k.write = func(s string) (value, bool) { return textValue(s), true }
	return k
}()

// allowKind is the text of allow: none if it is left out, and always written.
var allowKind = func() kind[string] {
	k := textKind
	allow := func(s string) string { return cmp.Or(s, AllowNone) }
	k.write = func(s string) (value, bool) { return textValue(allow(s)), true }
	k.equal = func(a, b string) bool { return allow(a) == allow(b) }
	k.texts = func(s string) []string { return []string{allow(s)} }
	return k
}()

var listKind = kind[[]string]{
	shape: List,
	read:  (*decoder).strings,
	write: func(list []string) (value, bool) { return listValue(list), len(list) > 0 },
	equal: slices.Equal[[]string], clone: slices.Clone[[]string],
	texts: itself[[]string],
	fill:  func(texts []string) ([]string, error) { return texts, nil },
	list:  func(list *[]string) *[]string { return list },
	schema: func(r references) *jsonschema.Schema {
		return &jsonschema.Schema{Types: []string{"null", "array"}, Items: &jsonschema.Schema{Type: "string"}}
	},
}

var sendersKind = kind[Senders]{
	shape: List,
	read: func(d *decoder, n *yaml.Node, at Field) Senders {
		if n.Kind == yaml.ScalarNode && n.Value == cors.AnySender && d.readable(n, at) {
			return Senders{cors.AnySender}
		}
		return d.strings(n, at)
	},
	write: func(s Senders) (value, bool) {
		if s.any() {
			return textValue(cors.AnySender), true
		}
		return listValue(s), len(s) > 0
	},
	equal: slices.Equal[Senders], clone: slices.Clone[Senders],
	texts: func(s Senders) []string { return s },
	fill:  func(texts []string) (Senders, error) { return texts, nil },
	list:  func(s *Senders) *[]string { return (*[]string)(s) },
	schema: func(r references) *jsonschema.Schema {
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
			listKind.schema(r), {Type: "string", Enum: []any{cors.AnySender}},
		}}
	},
}

// switchKind is true or false, false if it is left out.
var switchKind = switchOf(true)

// offKind is a switch that is on if it is left out; the Go value says that it is
// off, and so does a form's.
var offKind = switchOf(false)

// switchOf is a switch whose Go value is true where the file says written.
func switchOf(written bool) kind[bool] {
	return kind[bool]{
		shape: Switch,
		read:  func(d *decoder, n *yaml.Node, at Field) bool { return d.boolean(n, at, !written) == written },
		write: func(on bool) (value, bool) { return boolValue(on == written), on },
		equal: equal[bool], clone: itself[bool],
		texts: func(on bool) []string {
			if on {
				return []string{"true"}
			}
			return nil
		},
		fill: func(texts []string) (bool, error) {
			s, err := oneText(texts)
			return s != "", err
		},
		schema: schemaOf("boolean"),
	}
}

var lifetimeKind = kind[Duration]{
	shape: Lifetime,
	read:  (*decoder).duration,
	write: func(v Duration) (value, bool) {
		if time.Duration(v) == cors.NoCache {
			return bareValue("0"), true
		}
		return textValue(v.String()), v != 0
	},
	equal: equal[Duration], clone: itself[Duration],
	texts: func(v Duration) []string { return textsOf(v.String()) },
	fill: func(texts []string) (Duration, error) {
		s, err := oneText(texts)
		if s == "" || err != nil {
			return 0, err
		}
		v, _, ok := parseDuration(s)
		if !ok {
			return 0, fmt.Errorf("%.200q is not a cache lifetime", s)
		}
		return v, nil
	},
	schema: func(r references) *jsonschema.Schema {
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
			{Type: "string", Pattern: `^(0|([0-9]+(\.[0-9]+)?(h|m|s|ms))+)$`},
			{Type: "integer", Enum: []any{0}},
		}}
	},
}

// noForm completes the kind of a part, which has keys of its own and no place in
// a form.
func noForm[V any](k kind[V]) kind[V] {
	k.shape = Part
	k.texts = func(V) []string { return nil }
	k.fill = func([]string) (v V, err error) { return v, errors.New("this is no text") }
	return k
}

var settingKind = noForm(kind[Setting]{
	read: (*decoder).setting,
	write: func(s Setting) (value, bool) {
		if s.Inline != nil {
			return policyKeys.value(s.Inline), true
		}
		return textValue(s.Name), s.Name != ""
	},
	equal: Setting.Equal, clone: Setting.Clone,
	schema: func(r references) *jsonschema.Schema { return r.to("setting") },
})

var policiesKind = noForm(kind[Policies]{
	read: (*decoder).policies,
	write: func(ps Policies) (value, bool) {
		v := value{kind: yaml.MappingNode, lines: true}
		for _, np := range ps {
			p := policyKeys.value(&np.Policy)
			p.lines = true
			v.fields = append(v.fields, pair{np.Name, p})
		}
		return v, len(ps) > 0
	},
	equal: func(a, b Policies) bool {
		return slices.EqualFunc(a, b, func(a, b NamedPolicy) bool { return a.Name == b.Name && a.Policy.Equal(b.Policy) })
	},
	clone: func(ps Policies) Policies {
		ps = slices.Clone(ps)
		for i := range ps {
			ps[i].Policy = ps[i].Policy.Clone()
		}
		return ps
	},
	schema: references.policies,
})

var entriesKind = noForm(kind[[]Entry]{
	read: (*decoder).entries,
	write: func(es []Entry) (value, bool) {
		v := value{kind: yaml.SequenceNode, lines: true}
		for i := range es {
			v.list = append(v.list, entryValue(&es[i]))
		}
		return v, len(es) > 0
	},
	equal: func(a, b []Entry) bool { return slices.EqualFunc(a, b, Entry.Equal) },
	clone: func(es []Entry) []Entry {
		es = slices.Clone(es)
		for i := range es {
			es[i] = es[i].Clone()
		}
		return es
	},
	schema: references.entries,
})
