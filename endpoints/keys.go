package endpoints

import (
	"slices"
	"sync"

	"github.com/google/jsonschema-go/jsonschema"
	"go.yaml.in/yaml/v4"

	"github.com/concors/concors/internal/nearest"
)

// A Key is a key of a document or of a part of it, T: all that there is to say
// about it, once. Files, JSON, schemas, forms and differences in words are made
// from the tables of keys; see [PolicyKeys].
type Key[T any] struct {
	Name   string
	About  string   // in sentences: what it says, and what it means if it is left out
	Values []string // the values that it can have, if they are few

	// Under are the values of allow under which a policy's key means something;
	// elsewhere it must not be written.
	Under []string

	Form  Form
	Words Words

	required bool     // it must be written
	aliases  []string // what people coming from elsewhere write
	examples []any    // values as in JSON

	codec[T]
}

// A Form is how people see a key that they fill in.
type Form struct {
	Label       string
	Hint        string // a sentence or two
	Placeholder string // an example, where values are typed
	Options     []Option
	Rare        bool   // few people need it
	Mark        string // what lists say of a policy whose switch is on
}

// An Option is a value that people choose.
type Option struct{ Value, Label string }

// Words are how a change of a policy's key reads. Keys whose changes depend on
// others have none.
type Words struct {
	More Sentence // the key, or elements of its list, were added: websites may do more
	Less Sentence // they were removed

	// Spoken has what is said of some elements in their place.
	Spoken map[string]string
}

// A Sentence has {values} where elements of a list stand and {endpoints} where
// endpoints do.
type Sentence struct {
	Kind string // stable, such as header-added
	Text string
}

// A Shape is the kind of input that a form needs for a key.
type Shape string

const (
	Text     Shape = "text"     // one value, or none
	List     Shape = "list"     // any number of values
	Switch   Shape = "switch"   // on or off
	Lifetime Shape = "lifetime" // a duration, or none
	Part     Shape = "part"     // keys of its own
)

// PolicyKeys returns the keys of a policy, in the order in which files are
// written. The caller must not modify them.
func PolicyKeys() []Key[Policy] { return policyKeys }

// PolicyKey returns the key of a policy with the name, nil if there is none.
func PolicyKey(name string) *Key[Policy] { return policyKeys.find(name) }

// Marks are what is worth to be seen of p in a list.
func (p Policy) Marks() (marks []string) {
	for i := range policyKeys {
		if k := &policyKeys[i]; k.Form.Mark != "" && k.IsSet(&p) {
			marks = append(marks, k.Form.Mark)
		}
	}
	return marks
}

// A codec is the value of a key in T.
type codec[T any] struct {
	shape  Shape
	read   func(d *decoder, n *yaml.Node, at Field, to *T)
	write  func(of *T) (value, bool) // not ok: it need not be there
	equal  func(a, b *T) bool
	clone  func(of *T)
	reset  func(of *T)
	texts  func(of *T) []string
	fill   func(to *T, texts []string) error
	list   func(of *T) *[]string // nil if it is no list
	schema func(r references) *jsonschema.Schema
}

// at is the codec of a kind of value at a place in T.
func at[T, V any](k kind[V], place func(*T) *V) codec[T] {
	c := codec[T]{
		shape:  k.shape,
		read:   func(d *decoder, n *yaml.Node, at Field, to *T) { *place(to) = k.read(d, n, at) },
		write:  func(of *T) (value, bool) { return k.write(*place(of)) },
		equal:  func(a, b *T) bool { return k.equal(*place(a), *place(b)) },
		clone:  func(of *T) { *place(of) = k.clone(*place(of)) },
		reset:  func(of *T) { *place(of) = *new(V) },
		texts:  func(of *T) []string { return k.texts(*place(of)) },
		fill:   func(to *T, texts []string) (err error) { *place(to), err = k.fill(texts); return err },
		schema: k.schema,
	}
	if k.list != nil {
		c.list = func(of *T) *[]string { return k.list(place(of)) }
	}
	return c
}

// Shape says what kind of input a form needs for k.
func (k *Key[T]) Shape() Shape { return k.shape }

// BelongsTo reports whether a policy's key means something under allow.
func (k *Key[T]) BelongsTo(allow string) bool { return slices.Contains(k.Under, allow) }

// IsSet reports whether of says something about k beyond the default.
func (k *Key[T]) IsSet(of *T) bool {
	_, ok := k.write(of)
	return ok
}

// Equal reports whether a and b say the same about k.
func (k *Key[T]) Equal(a, b *T) bool { return k.equal(a, b) }

// Reset makes of say nothing about k.
func (k *Key[T]) Reset(of *T) { k.reset(of) }

// List returns the list at k in of, nil if k is no list.
func (k *Key[T]) List(of *T) *[]string {
	if k.list == nil {
		return nil
	}
	return k.list(of)
}

// Texts returns the value of k as a form shows it: the elements of a list, one
// text, "true" for a switch that is on, nothing where nothing is said.
func (k *Key[T]) Texts(of *T) []string { return k.texts(of) }

// Fill is the inverse of Texts. The error says what is wrong with the texts.
func (k *Key[T]) Fill(to *T, texts []string) error { return k.fill(to, texts) }

// keys are all keys of T, in the order in which files are written.
type keys[T any] []Key[T]

// The tables. They are filled by init, because they speak of each other.
var (
	documentKeys keys[Document]
	policyKeys   keys[Policy]
	entryKeys    keys[Entry]
)

func init() {
	documentKeys, policyKeys, entryKeys = documentTable(), policyTable(), entryTable()
}

// find returns the key called name, nil if there is none.
func (ks keys[T]) find(name string) *Key[T] {
	i := slices.IndexFunc(ks, func(k Key[T]) bool { return k.Name == name })
	if i < 0 {
		return nil
	}
	return &ks[i]
}

func (ks keys[T]) names() []string {
	names := make([]string, len(ks))
	for i := range ks {
		names[i] = ks[i].Name
	}
	return names
}

// meant returns the key that somebody who wrote name probably meant, empty if
// there is no good guess, and what else there is to say, if anything.
func (ks keys[T]) meant(name string) (meant, detail string) {
	for i := range ks {
		if slices.Contains(ks[i].aliases, name) {
			return ks[i].Name, ""
		}
	}
	switch {
	case name == "methods":
		return "", "this key belongs into an endpoint; a policy allows the methods of the endpoints at a path"
	case policyKeys.find(name) != nil:
		return "", "this key belongs into a policy"
	case entryKeys.find(name) != nil:
		return "", "this key belongs into an endpoint"
	case documentKeys.find(name) != nil:
		return "", "this key belongs to the top of the document"
	}
	return nearest.Of(name, ks.names()), ""
}

// read reads the mapping n, which is at f, into to.
func (ks keys[T]) read(d *decoder, n *yaml.Node, f Field, to *T) {
	lines := make(map[string]int, len(ks))
	// What is looked up later are keys that are known, each once. The others are
	// reported here and left out, or a mapping full of them would be slow.
	var kept []*yaml.Node
	has := keyNames(n)
	ok := d.pairs(n, f, func(k, v *yaml.Node) {
		name := k.Value
		if line := lines[name]; line > 0 {
			d.add(placeOf(k), KeyDuplicate, f.At(name), name, "", onLine(KeyDuplicate, line))
			return
		}
		lines[name] = k.Line
		key := ks.find(name)
		if key == nil {
			meant, detail := ks.meant(name)
			d.add(placeOf(k), KeyUnknown, f.At(name), name, meant, detail)
			if meant == "" || lines[meant] > 0 || has(meant) {
				return
			}
			// Read it as what was meant, or what is missing now were a mistake too.
			lines[meant], k.Value = k.Line, meant
			name, key = meant, ks.find(meant)
		}
		kept = append(kept, k, v)
		key.read(d, v, f.At(name), to)
	})
	if ok {
		n.Content = kept
	}
}

// keyNames returns a function that reports whether the mapping n has a key. It
// looks at n once, when it is first asked.
func keyNames(n *yaml.Node) func(name string) bool {
	names := sync.OnceValue(func() map[string]bool {
		names := make(map[string]bool)
		for i := 0; i < len(n.Content); i += 2 {
			names[n.Content[i].Value] = true
		}
		return names
	})
	return func(name string) bool { return names()[name] }
}

// value returns v as a mapping of what is not left out.
func (ks keys[T]) value(v *T) value {
	m := value{kind: yaml.MappingNode}
	for i := range ks {
		if w, ok := ks[i].write(v); ok {
			m.fields = append(m.fields, pair{ks[i].Name, w})
		}
	}
	return m
}

func (ks keys[T]) equal(a, b *T) bool {
	return !slices.ContainsFunc(ks, func(k Key[T]) bool { return !k.equal(a, b) })
}

// clone makes of share nothing with what it was copied from.
func (ks keys[T]) clone(of *T) {
	for i := range ks {
		ks[i].clone(of)
	}
}

// schema returns the JSON Schema of T.
func (ks keys[T]) schema(r references) *jsonschema.Schema {
	s := &jsonschema.Schema{
		Type: "object", Properties: make(map[string]*jsonschema.Schema),
		AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}},
	}
	for i := range ks {
		k := &ks[i]
		p := k.codec.schema(r)
		p.Description, p.Enum, p.Examples = k.About, anys(k.Values), k.examples
		s.Properties[k.Name] = p
		s.PropertyOrder = append(s.PropertyOrder, k.Name)
		if k.required {
			s.Required = append(s.Required, k.Name)
		}
	}
	return s
}

func anys(list []string) []any {
	var all []any
	for _, v := range list {
		all = append(all, v)
	}
	return all
}
