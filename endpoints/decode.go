package endpoints

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/concors/concors/cors/mistake"
	"go.yaml.in/yaml/v4"
)

// Limits of a document. Values are what costs memory: each is a node of some
// hundred bytes, however short its text.
const (
	maxBytes  = 16 << 20
	maxValues = 400_000
)

// A source is the text of a document, taken apart: where each value stands. A
// nil source stands for a document that did not come from text.
type source struct {
	file        string
	root        *yaml.Node   // the document's mapping; nil if there is none
	policyNames []*yaml.Node // as Document.Policies
	policies    []*yaml.Node // as Document.Policies
	entries     []*yaml.Node // as Document.Endpoints

	// broken has the places that are mistakes already, so that a value that
	// could not be read is not reported a second time for what it says.
	broken map[place]bool
}

// A place is a line and a column in the text, both from 1.
type place struct{ line, column int }

func placeOf(n *yaml.Node) place { return place{n.Line, n.Column} }

// decode reads YAML or JSON into a document. The report, which the caller
// finishes, has what cannot be read: syntax, unknown and repeated keys, values of
// a wrong type. What can be read is in the document even then, so that all of it
// can be checked.
func decode(file string, data []byte) (*Document, *source, *Report) {
	d := newDecoder(file)
	if root := d.parse(data); root != nil {
		d.document(root)
	}
	return d.doc, d.src, d.report
}

type decoder struct {
	doc    *Document
	src    *source
	report *Report
}

func newDecoder(file string) *decoder {
	return &decoder{
		doc:    &Document{},
		src:    &source{file: file, broken: make(map[place]bool)},
		report: &Report{},
	}
}

// add reports a mistake at p.
func (d *decoder) add(p place, code mistake.Code, at Field, value, repair, detail string) {
	d.src.broken[p] = true
	d.report.add(mistakeAt(d.src.file, p, code, at, value, repair, detail))
}

// parse returns the node of the one document in data; nil if there is none, or
// if it is no YAML.
func (d *decoder) parse(data []byte) *yaml.Node {
	if len(data) > maxBytes || atMostValues(data) > maxValues {
		d.add(place{1, 1}, DocumentTooLarge, Field{}, "", "", "")
		return nil
	}
	if !utf8.Valid(data) {
		p := placeWhere(data, func(r rune, size int) bool { return r == utf8.RuneError && size == 1 })
		d.add(p, DocumentNotUTF8, Field{}, "", "", "")
		return nil
	}
	if n, ok := jsonNode(data); ok && !isNull(n) {
		return n
	}
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		d.syntax(data, err)
		return nil
	}
	var first, next yaml.Node
	err = loader.Load(&first)
	if err == io.EOF || err == nil && isNull(content(&first)) {
		d.add(place{1, 1}, DocumentEmpty, Field{}, "", "", "")
		return nil
	}
	if err != nil {
		d.syntax(data, err)
		return nil
	}
	switch err := loader.Load(&next); {
	case err == nil:
		d.add(placeOf(&next), DocumentsMany, Field{}, "", "", "")
	case err != io.EOF:
		d.syntax(data, err)
	}
	return content(&first)
}

// atMostValues returns how many values, keys included, the text of a document
// can have: each but the first needs a bracket, a comma, a colon that ends a
// key, or a line that does not begin behind one of these, and elements of lists
// in lists a dash. A mapping that is an element is not counted beside its keys.
func atMostValues(data []byte) int {
	n := 0
	fresh := true  // nothing stands behind the last of them yet
	begins := true // nothing stands on this line yet
	for i, c := range data {
		separates, lineBreak := false, c == '\n' || c == '\r'
		switch c {
		case ' ', '\t':
			continue
		case ',', '[', '{':
			separates = true
		case '\n', '\r':
			separates = !fresh
		case '-', '?':
			separates = !begins && endsWord(data, i+1)
		case ':':
			separates = endsWord(data, i+1) || i > 0 && (data[i-1] == '"' || data[i-1] == '\'')
		}
		if separates {
			n++
		}
		fresh = separates || fresh && lineBreak
		begins = lineBreak
	}
	return n
}

// endsWord reports whether what stands before i is not continued there.
func endsWord(data []byte, i int) bool {
	return i >= len(data) || strings.IndexByte(" \t\r\n\"'[{", data[i]) >= 0
}

// content returns the one node in a document node.
func content(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.DocumentNode && len(n.Content) == 1 {
		return n.Content[0]
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// placeWhere returns the place of the first character of data for which stop is
// true, or the end. The size of what is not UTF-8 is 1.
func placeWhere(data []byte, stop func(r rune, size int) bool) place {
	p := place{1, 1}
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		if stop(r, size) {
			break
		}
		p.column++
		if r == '\n' {
			p = place{p.line + 1, 1}
		}
		data = data[size:]
	}
	return p
}

// syntax reports an error of the YAML parser.
func (d *decoder) syntax(data []byte, err error) {
	var load *yaml.LoadError
	if !errors.As(err, &load) {
		d.add(place{1, 1}, YAMLSyntax, Field{}, "", "", known[YAMLSyntax].Message+": "+err.Error())
		return
	}
	p := place{max(load.Mark.Line, 1), max(load.Mark.Column, 1)}
	if end := placeWhere(data, func(rune, int) bool { return false }); p.line > end.line {
		p = end // the parser adds a line of its own
	}
	switch {
	case load.Stage == yaml.ReaderStage: // the parser does not say where
		p = placeWhere(data, func(r rune, _ int) bool { return unicode.IsControl(r) && !strings.ContainsRune("\t\n\r\u0085", r) })
		d.add(p, YAMLSyntax, Field{}, "", "", known[YAMLSyntax].Message+": "+load.Message)
	case load.ContextMsg == "while scanning an alias", load.ContextMsg == "while scanning an anchor":
		// An unquoted * is far more often a header or host pattern than an alias.
		p = place{max(load.ContextMark.Line, 1), max(load.ContextMark.Column, 1)}
		d.add(p, YAMLAlias, Field{}, "", "", "a value that begins with * or & needs quotes, as in \"*\"; YAML takes it for an alias or anchor")
	case strings.HasPrefix(load.Message, "unknown anchor"):
		d.add(p, YAMLAlias, Field{}, "", "", "")
	default:
		d.add(p, YAMLSyntax, Field{}, "", "", known[YAMLSyntax].Message+": "+load.Message)
	}
}

// readable reports whether n has neither alias nor tag, and reports it if it
// has. An anchor is reported, but its value can be read.
func (d *decoder) readable(n *yaml.Node, at Field) bool {
	if n.Kind == yaml.AliasNode {
		d.add(placeOf(n), YAMLAlias, at, "*"+n.Value, "", "")
		return false
	}
	if n.Anchor != "" {
		d.add(placeOf(n), YAMLAlias, at, "&"+n.Anchor, "", "")
	}
	if n.Style&yaml.TaggedStyle != 0 {
		d.add(placeOf(n), YAMLTag, at, n.Tag, "", "")
		return false
	}
	return true
}

// wrongType reports that n is not what belongs at field.
func (d *decoder) wrongType(n *yaml.Node, at Field, want, repair string) {
	var is string
	switch n.Kind {
	case yaml.MappingNode:
		is = "keys"
	case yaml.SequenceNode:
		is = "a list"
	default:
		is = "a single value"
	}
	d.add(placeOf(n), ValueType, at, n.Value, repair, fmt.Sprintf("%s belongs here, not %s", want, is))
}

// pairs visits the keys of n in order, repeated ones too. It returns false if n
// is no mapping.
func (d *decoder) pairs(n *yaml.Node, at Field, visit func(k, v *yaml.Node)) bool {
	if !d.readable(n, at) {
		return false
	}
	if n.Kind != yaml.MappingNode {
		d.wrongType(n, at, "a list of key: value", "")
		return false
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		switch {
		case k.ShortTag() == "!!merge":
			d.add(placeOf(k), YAMLAlias, at, k.Value, "", "")
		case !d.readable(k, at):
		case k.Kind != yaml.ScalarNode:
			d.wrongType(k, at, "a key", "")
		default:
			visit(k, v)
		}
	}
	return true
}

// list visits the elements of n. A missing value is an empty list.
func (d *decoder) list(n *yaml.Node, at Field, want, repair string, visit func(i int, v *yaml.Node)) {
	switch {
	case !d.readable(n, at) || isNull(n):
	case n.Kind != yaml.SequenceNode:
		d.wrongType(n, at, want, repair)
	default:
		for i, v := range n.Content {
			visit(i, v)
		}
	}
}

// strings reads a list of strings. An element that cannot be read stays as an
// empty string, so that the others keep their places.
func (d *decoder) strings(n *yaml.Node, at Field) []string {
	if n.Kind == yaml.ScalarNode && !isNull(n) {
		// Check what it says as well, as if the brackets were there.
		d.wrongType(n, at, "a list", newPen("\n").flowLine(listValue(listed(n.Value))))
		return listed(n.Value)
	}
	var all []string
	d.list(n, at, "a list", "", func(i int, v *yaml.Node) {
		item := at.AtElement(i)
		s := ""
		if !isNull(v) { // an empty element is a mistake of the list's kind
			s = d.text(v, item)
		}
		all = append(all, s)
	})
	return all
}

// text reads a single value of any type as it is written.
func (d *decoder) text(n *yaml.Node, at Field) string {
	switch {
	case !d.readable(n, at):
	case isNull(n):
		d.add(placeOf(n), ValueMissing, at, "", "", "")
	case n.Kind != yaml.ScalarNode:
		d.wrongType(n, at, "a single value", "")
	default:
		return n.Value
	}
	return ""
}

// boolean reads true or false; otherwise is what it returns after a mistake.
func (d *decoder) boolean(n *yaml.Node, at Field, otherwise bool) bool {
	if n.Kind != yaml.ScalarNode || isNull(n) {
		d.text(n, at)
		return otherwise
	}
	if !d.readable(n, at) {
		return otherwise
	}
	if n.ShortTag() == "!!bool" {
		return strings.EqualFold(n.Value, "true")
	}
	var repair string
	switch strings.ToLower(n.Value) {
	case "true", "yes", "on", "1", "y":
		repair = "true"
	case "false", "no", "off", "0", "n":
		repair = "false"
	}
	d.add(placeOf(n), ValueType, at, n.Value, repair, "true or false belongs here, without quotes")
	return otherwise
}

func (d *decoder) document(root *yaml.Node) {
	d.src.root = root
	documentKeys.read(d, root, Field{}, d.doc)
}

func (d *decoder) policies(n *yaml.Node, at Field) (all Policies) {
	if isNull(n) {
		return nil
	}
	d.pairs(n, at, func(k, v *yaml.Node) {
		all = append(all, NamedPolicy{Name: k.Value, Policy: d.policy(v, PolicyField(k.Value))})
		d.src.policyNames = append(d.src.policyNames, k)
		d.src.policies = append(d.src.policies, v)
	})
	return all
}

func (d *decoder) policy(n *yaml.Node, at Field) (p Policy) {
	if isNull(n) {
		d.add(placeOf(n), ValueMissing, at, "", "", "")
		return p
	}
	policyKeys.read(d, n, at, &p)
	return p
}

func (d *decoder) entries(n *yaml.Node, at Field) (all []Entry) {
	if n.Kind == yaml.MappingNode && len(n.Content) > 0 && d.readable(n, at) {
		d.add(placeOf(n), ValueType, at, "", "", fmt.Sprintf("a list of endpoints belongs here, not keys: begin each with a dash, as in %q",
			"- endpoint: "+n.Content[0].Value))
		return nil
	}
	d.list(n, at, "a list of endpoints", "", func(i int, v *yaml.Node) {
		all = append(all, d.entry(v, EndpointField(i)))
		d.src.entries = append(d.src.entries, v)
	})
	return all
}

// entry reads an element of the endpoints. What cannot be read is an empty
// entry, so that the others keep their numbers.
func (d *decoder) entry(n *yaml.Node, at Field) (e Entry) {
	if isNull(n) {
		d.add(placeOf(n), ValueMissing, at, "", "", "")
		return e
	}
	if n.Kind == yaml.ScalarNode && d.readable(n, at) {
		d.wrongType(n, at, "an endpoint", "{endpoint: "+quoteIfNeeded(n.Value)+"}")
		return e
	}
	entryKeys.read(d, n, at, &e)
	return e
}

func (d *decoder) duration(n *yaml.Node, at Field) Duration {
	s := d.text(n, at)
	if s == "" {
		if n.Kind == yaml.ScalarNode && !isNull(n) {
			d.add(placeOf(n), mistake.CacheInvalid, at, s, "", "")
		}
		return 0
	}
	v, repair, ok := parseDuration(s)
	if !ok {
		d.add(placeOf(n), mistake.CacheInvalid, at, s, repair, "a cache lifetime is a duration with its unit, such as 90s, 10m or 1h, or 0")
	}
	return v
}

func (d *decoder) setting(n *yaml.Node, at Field) Setting {
	if n.Kind == yaml.MappingNode {
		p := d.policy(n, at.At("cors"))
		return Setting{Inline: &p}
	}
	name := d.text(n, at)
	if name == "" && !d.src.broken[placeOf(n)] { // an empty string
		d.add(placeOf(n), ValueMissing, at, "", "", "")
	}
	return Setting{Name: name}
}
