package endpoints

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/concors/concors/cors"
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
// finishes, has what cannot be read: syntax, unknown and repeated keys, values of a wrong type. What can be
// read is in the document even then, so that all of it can be checked.
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
func (d *decoder) add(p place, code cors.Code, field, value, repair, detail string) {
	d.src.broken[p] = true
	d.report.add(mistakeAt(d.src.file, p, code, field, value, repair, detail))
}

// parse returns the node of the one document in data; nil if there is none, or
// if it is no YAML.
func (d *decoder) parse(data []byte) *yaml.Node {
	if len(data) > maxBytes || atMostValues(data) > maxValues {
		d.add(place{1, 1}, DocumentTooLarge, "", "", "", "")
		return nil
	}
	if !utf8.Valid(data) {
		at := placeWhere(data, func(r rune, size int) bool { return r == utf8.RuneError && size == 1 })
		d.add(at, DocumentNotUTF8, "", "", "", "")
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
		d.add(place{1, 1}, DocumentEmpty, "", "", "", "")
		return nil
	}
	if err != nil {
		d.syntax(data, err)
		return nil
	}
	switch err := loader.Load(&next); {
	case err == nil:
		d.add(placeOf(&next), DocumentsMany, "", "", "", "")
	case err != io.EOF:
		d.syntax(data, err)
	}
	return content(&first)
}

// atMostValues returns how many values the text of a document can have: each but
// the first needs a line, a comma, or a colon that ends a key.
func atMostValues(data []byte) int {
	n := 0
	for i, c := range data {
		switch c {
		case ',', '\n', '\r', '[', '{':
			n++
		case ':':
			if i+1 == len(data) || bytes.IndexByte([]byte(" \t\r\n\"'[{"), data[i+1]) >= 0 || i > 0 && (data[i-1] == '"' || data[i-1] == '\'') {
				n++
			}
		}
	}
	return n
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
		d.add(place{1, 1}, YAMLSyntax, "", "", "", known[YAMLSyntax].Message+": "+err.Error())
		return
	}
	p := place{max(load.Mark.Line, 1), max(load.Mark.Column, 1)}
	if end := placeWhere(data, func(rune, int) bool { return false }); p.line > end.line {
		p = end // the parser adds a line of its own
	}
	switch {
	case load.Stage == yaml.ReaderStage: // the parser does not say where
		p = placeWhere(data, func(r rune, _ int) bool { return unicode.IsControl(r) && !strings.ContainsRune("\t\n\r\u0085", r) })
		d.add(p, YAMLSyntax, "", "", "", known[YAMLSyntax].Message+": "+load.Message)
	case load.ContextMsg == "while scanning an alias", load.ContextMsg == "while scanning an anchor":
		// An unquoted * is far more often a header or host pattern than an alias.
		p = place{max(load.ContextMark.Line, 1), max(load.ContextMark.Column, 1)}
		d.add(p, YAMLAlias, "", "", "", "a value that begins with * or & needs quotes, as in \"*\"; YAML takes it for an alias or anchor")
	case strings.HasPrefix(load.Message, "unknown anchor"):
		d.add(p, YAMLAlias, "", "", "", "")
	default:
		d.add(p, YAMLSyntax, "", "", "", known[YAMLSyntax].Message+": "+load.Message)
	}
}

// readable reports whether n has neither alias nor tag, and reports it if it
// has. An anchor is reported, but its value can be read.
func (d *decoder) readable(n *yaml.Node, field string) bool {
	if n.Kind == yaml.AliasNode {
		d.add(placeOf(n), YAMLAlias, field, "*"+n.Value, "", "")
		return false
	}
	if n.Anchor != "" {
		d.add(placeOf(n), YAMLAlias, field, "&"+n.Anchor, "", "")
	}
	if n.Style&yaml.TaggedStyle != 0 {
		d.add(placeOf(n), YAMLTag, field, n.Tag, "", "")
		return false
	}
	return true
}

// wrongType reports that n is not what belongs at field.
func (d *decoder) wrongType(n *yaml.Node, field, want, repair string) {
	var is string
	switch n.Kind {
	case yaml.MappingNode:
		is = "keys"
	case yaml.SequenceNode:
		is = "a list"
	default:
		is = "a single value"
	}
	d.add(placeOf(n), ValueType, field, n.Value, repair, fmt.Sprintf("%s belongs here, not %s", want, is))
}

// mapping visits the keys of n that are known, each once, and reports the
// others. It returns false if n is no mapping.
func (d *decoder) mapping(n *yaml.Node, field string, keys []key, visit func(name, field string, v *yaml.Node)) bool {
	prefix := field
	if prefix != "" {
		prefix += "."
	}
	lines := make(map[string]int, len(keys))
	// What is looked up later are keys that are known, each once. The others are
	// reported here and left out, or a mapping full of them would be slow.
	var kept []*yaml.Node
	ok := d.pairs(n, field, func(k, v *yaml.Node) {
		if line := lines[k.Value]; line > 0 {
			d.add(placeOf(k), KeyDuplicate, prefix+k.Value, k.Value, "",
				fmt.Sprintf("%s, on line %d", known[KeyDuplicate].Message, line))
			return
		}
		lines[k.Value] = k.Line
		if findKey(keys, k.Value) == nil {
			meant, detail := meantKey(keys, k.Value)
			d.add(placeOf(k), KeyUnknown, prefix+k.Value, k.Value, meant, detail)
			return
		}
		kept = append(kept, k, v)
		visit(k.Value, prefix+k.Value, v)
	})
	if ok {
		n.Content = kept
	}
	return ok
}

// pairs visits the keys of n in order, repeated ones too. It returns false if n
// is no mapping.
func (d *decoder) pairs(n *yaml.Node, field string, visit func(k, v *yaml.Node)) bool {
	if !d.readable(n, field) {
		return false
	}
	if n.Kind != yaml.MappingNode {
		d.wrongType(n, field, "a list of key: value", "")
		return false
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		switch {
		case k.ShortTag() == "!!merge":
			d.add(placeOf(k), YAMLAlias, field, k.Value, "", "")
		case !d.readable(k, field):
		case k.Kind != yaml.ScalarNode:
			d.wrongType(k, field, "a key", "")
		default:
			visit(k, v)
		}
	}
	return true
}

// list visits the elements of n. A missing value is an empty list.
func (d *decoder) list(n *yaml.Node, field, want, repair string, visit func(i int, v *yaml.Node)) {
	switch {
	case !d.readable(n, field) || isNull(n):
	case n.Kind != yaml.SequenceNode:
		d.wrongType(n, field, want, repair)
	default:
		for i, v := range n.Content {
			visit(i, v)
		}
	}
}

// strings reads a list of strings. An element that cannot be read stays as an
// empty string, so that the others keep their places.
func (d *decoder) strings(n *yaml.Node, field string) []string {
	if n.Kind == yaml.ScalarNode && !isNull(n) {
		// Check what it says as well, as if the brackets were there.
		d.wrongType(n, field, "a list", "["+n.Value+"]")
		return []string{n.Value}
	}
	var all []string
	d.list(n, field, "a list", "", func(i int, v *yaml.Node) {
		item := fmt.Sprintf("%s[%d]", field, i)
		s := ""
		if !isNull(v) { // an empty element is a mistake of the list's kind
			s = d.text(v, item)
		}
		all = append(all, s)
	})
	return all
}

// text reads a single value of any type as it is written.
func (d *decoder) text(n *yaml.Node, field string) string {
	switch {
	case !d.readable(n, field):
	case isNull(n):
		d.add(placeOf(n), ValueMissing, field, "", "", "")
	case n.Kind != yaml.ScalarNode:
		d.wrongType(n, field, "a single value", "")
	default:
		return n.Value
	}
	return ""
}

// boolean reads true or false; otherwise is what it returns after a mistake.
func (d *decoder) boolean(n *yaml.Node, field string, otherwise bool) bool {
	if n.Kind != yaml.ScalarNode || isNull(n) {
		d.text(n, field)
		return otherwise
	}
	if !d.readable(n, field) {
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
	d.add(placeOf(n), ValueType, field, n.Value, repair, "true or false belongs here, without quotes")
	return otherwise
}

func (d *decoder) document(root *yaml.Node) {
	d.src.root = root
	d.mapping(root, "", documentKeys, func(name, field string, v *yaml.Node) {
		switch name {
		case "origins":
			d.doc.Origins = d.strings(v, field)
		case "trusted_proxies":
			d.doc.TrustedProxies = d.strings(v, field)
		case "identity_headers":
			d.doc.IdentityHeaders = d.strings(v, field)
		case "hosts":
			d.doc.Hosts = d.strings(v, field)
		case "upstream":
			d.doc.Upstream = d.text(v, field)
		case "policies":
			if !isNull(v) {
				d.policies(v, field)
			}
		case "endpoints":
			d.list(v, field, "a list of endpoints", "", func(i int, v *yaml.Node) {
				d.doc.Endpoints = append(d.doc.Endpoints, d.entry(v, fmt.Sprintf("%s[%d]", field, i)))
				d.src.entries = append(d.src.entries, v)
			})
		}
	})
}

func (d *decoder) policies(n *yaml.Node, field string) {
	d.pairs(n, field, func(k, v *yaml.Node) {
		d.doc.Policies = append(d.doc.Policies, NamedPolicy{Name: k.Value, Policy: d.policy(v, join(field, k.Value))})
		d.src.policyNames = append(d.src.policyNames, k)
		d.src.policies = append(d.src.policies, v)
	})
}

func (d *decoder) policy(n *yaml.Node, field string) Policy {
	var p Policy
	if isNull(n) {
		d.add(placeOf(n), ValueMissing, field, "", "", "")
		return p
	}
	d.mapping(n, field, policyKeys, func(name, field string, v *yaml.Node) {
		switch name {
		case "allow":
			p.Allow = d.text(v, field)
		case "domains":
			p.Domains = d.strings(v, field)
		case "credentials":
			p.Credentials = d.boolean(v, field, false)
		case "headers":
			p.Headers = d.strings(v, field)
		case "expose":
			p.Expose = d.strings(v, field)
		case "cache":
			p.Cache = d.duration(v, field)
		case "embed":
			p.Embed = d.text(v, field)
		case "senders":
			if v.Kind == yaml.ScalarNode && v.Value == cors.AnySender && d.readable(v, field) {
				p.Senders = Senders{cors.AnySender}
			} else {
				p.Senders = d.strings(v, field)
			}
		case "enforce":
			p.ObserveOnly = !d.boolean(v, field, true)
		}
	})
	return p
}

func (d *decoder) duration(n *yaml.Node, field string) Duration {
	s := d.text(n, field)
	if s == "" {
		if n.Kind == yaml.ScalarNode && !isNull(n) {
			d.add(placeOf(n), cors.CacheInvalid, field, s, "", "")
		}
		return 0
	}
	v, repair, ok := parseDuration(s)
	if !ok {
		d.add(placeOf(n), cors.CacheInvalid, field, s, repair, "a cache lifetime is a duration with its unit, such as 90s, 10m or 1h, or 0")
	}
	return v
}

// entry reads an element of the endpoints. What cannot be read is an empty
// entry, so that the others keep their numbers.
func (d *decoder) entry(n *yaml.Node, field string) Entry {
	var e Entry
	if isNull(n) {
		d.add(placeOf(n), ValueMissing, field, "", "", "")
		return e
	}
	d.mapping(n, field, entryKeys, func(name, field string, v *yaml.Node) {
		switch name {
		case "endpoint":
			e.Endpoint = d.text(v, field)
		case "cors":
			e.CORS = d.setting(v, field)
		case "upstream":
			e.Upstream = d.text(v, field)
		case "methods":
			e.Methods = d.strings(v, field)
		case "encoded_paths":
			e.EncodedPaths = d.boolean(v, field, false)
		}
	})
	return e
}

func (d *decoder) setting(n *yaml.Node, field string) Setting {
	if n.Kind == yaml.MappingNode {
		p := d.policy(n, field)
		return Setting{Inline: &p}
	}
	name := d.text(n, field)
	if name == "" && !d.src.broken[placeOf(n)] { // an empty string
		d.add(placeOf(n), ValueMissing, field, "", "", "")
	}
	return Setting{Name: name}
}

// join appends a key to the path of a field.
func join(field, name string) string {
	if name == "" {
		return field + `[""]`
	}
	for _, r := range name {
		if !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_') {
			return fmt.Sprintf("%s[%q]", field, name)
		}
	}
	if field == "" {
		return name
	}
	return field + "." + name
}
