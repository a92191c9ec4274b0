package endpoints

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"
)

// A value is something to be written into a document: a scalar, a list or a
// mapping.
type value struct {
	kind   yaml.Kind
	text   string // scalar
	bare   bool   // scalar: not text but true, false or 0, never quoted
	list   []value
	fields []pair

	// lines: in YAML each element gets a line of its own however short it is.
	lines bool
}

// A pair is a key of a mapping and its value.
type pair struct {
	key string
	value
}

func textValue(s string) value { return value{kind: yaml.ScalarNode, text: s} }
func bareValue(s string) value { return value{kind: yaml.ScalarNode, text: s, bare: true} }

func listValue(list []string) value {
	v := value{kind: yaml.SequenceNode}
	for _, s := range list {
		v.list = append(v.list, textValue(s))
	}
	return v
}

// documentValue returns d as it is written into a new file, which says at least
// that there are no endpoints.
func documentValue(d *Document) value {
	v := documentKeys.value(d)
	v.lines = true
	if len(d.Endpoints) == 0 {
		v.fields = append(v.fields, noEndpoints)
	}
	return v
}

var noEndpoints = pair{"endpoints", value{kind: yaml.SequenceNode}}

func entryValue(e *Entry) value {
	v := entryKeys.value(e)
	v.lines = true
	return v
}

func boolValue(b bool) value { return bareValue(fmt.Sprint(b)) }

// A pen writes values the way a file is written.
type pen struct {
	json bool   // strings in double quotes, brackets everywhere
	flat bool   // everything in one line
	eol  string // line break
	unit string // indentation of one level
	dash string // what an element of a list begins with in a block
	// What stands between elements, and after a key, in one line.
	comma, colon string
}

// newPen returns the pen of a new file.
func newPen(eol string) pen {
	return pen{eol: eol, unit: "  ", dash: "- ", comma: ", ", colon: ": "}
}

// width is the column that lines of new text stay below where they can.
const width = 100

// scalar writes a scalar without line breaks; flow: between brackets.
func (p pen) scalar(v value, flow bool) string {
	switch {
	case v.bare:
		return v.text
	case !p.json && isPlain(v.text, flow):
		return v.text
	}
	return quote(v.text)
}

// isPlain reports whether s can stand without quotes and reads well so. It is
// stricter than YAML: * and the like are quoted wherever they stand.
func isPlain(s string, flow bool) bool {
	if s == "" || s != strings.TrimSpace(s) || strings.Contains(s, ": ") || strings.HasSuffix(s, ":") {
		return false
	}
	for i, r := range s {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '/' || r == '_':
		case i == 0:
			return false
		case strings.ContainsRune("-.+:=%@~$ ", r):
		case strings.ContainsRune("{}", r) && !flow:
		default:
			return false
		}
	}
	switch strings.ToLower(s) {
	case "true", "false", "null", "y", "n", "yes", "no", "on", "off": // the last six to older readers of YAML
		return false
	}
	if !unicode.IsDigit(rune(s[0])) {
		return true
	}
	var n yaml.Node // a number or a date?
	return yaml.Load([]byte(s), &n) == nil && content(&n).ShortTag() == "!!str"
}

// quote writes s in double quotes so that YAML and JSON read it alike.
func quote(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil { // a string can always be encoded
		panic(err)
	}
	var out strings.Builder
	for _, r := range strings.TrimSuffix(b.String(), "\n") {
		if r < 0x10000 && r != ' ' && !unicode.IsPrint(r) {
			fmt.Fprintf(&out, `\u%04x`, r)
		} else {
			out.WriteRune(r)
		}
	}
	return out.String()
}

// like writes the scalar v in the style of old, where that can say it.
func (p pen) like(old *yaml.Node, v value, flow bool) string {
	switch {
	case v.bare || p.json:
		return p.scalar(v, flow)
	case old.Style&yaml.DoubleQuotedStyle != 0:
		return quote(v.text)
	case old.Style&yaml.SingleQuotedStyle != 0 && !strings.ContainsFunc(v.text, func(r rune) bool { return r != ' ' && !unicode.IsPrint(r) }):
		return "'" + strings.ReplaceAll(v.text, "'", "''") + "'"
	}
	return p.scalar(v, flow)
}

// key writes the key of a mapping.
func (p pen) key(name string, flow bool) string { return p.scalar(textValue(name), flow) }

// flowLine writes v in one line, with brackets.
func (p pen) flowLine(v value) string {
	var parts []string
	switch v.kind {
	case yaml.SequenceNode:
		for _, e := range v.list {
			parts = append(parts, p.flowLine(e))
		}
		return "[" + strings.Join(parts, p.comma) + "]"
	case yaml.MappingNode:
		for _, f := range v.fields {
			parts = append(parts, p.key(f.key, true)+p.colon+p.flowLine(f.value))
		}
		return "{" + strings.Join(parts, p.comma) + "}"
	}
	return p.scalar(v, true)
}

// spread writes v between brackets, over several lines if it is long. indent is
// that of the line it begins on, at the given column.
func (p pen) spread(v value, indent string, column int) string {
	line := p.flowLine(v)
	if v.kind == yaml.ScalarNode || v.empty() || p.flat || column+len(line) < width && !v.lines {
		return line
	}
	inner := indent + p.unit
	var parts []string
	for _, e := range v.list {
		parts = append(parts, inner+p.spread(e, inner, len(inner)))
	}
	for _, f := range v.fields {
		k := p.key(f.key, true) + p.colon
		parts = append(parts, inner+k+p.spread(f.value, inner, len(inner)+len(k)))
	}
	brackets := "[]"
	if v.kind == yaml.MappingNode {
		brackets = "{}"
	}
	return brackets[:1] + p.eol + strings.Join(parts, ","+p.eol) + p.eol + indent + brackets[1:]
}

func (v value) empty() bool { return len(v.list) == 0 && len(v.fields) == 0 }

// block writes a list or mapping that is not empty in lines that begin at
// column and end in a line break.
func (p pen) block(v value, column int) string {
	indent := strings.Repeat(" ", column)
	var b strings.Builder
	for _, e := range v.list {
		b.WriteString(indent + p.dash)
		if e.kind == yaml.MappingNode {
			b.WriteString(strings.TrimLeft(p.block(e, column+len(p.dash)), " "))
			continue
		}
		b.WriteString(p.scalar(e, false) + p.eol)
	}
	for _, f := range v.fields {
		k := p.key(f.key, false) + ":"
		b.WriteString(indent + k)
		if inline, ok := p.inline(f.value, column+len(k)+1); ok {
			b.WriteString(" " + inline + p.eol)
			continue
		}
		b.WriteString(p.eol + p.block(f.value, column+len(p.unit)))
	}
	return b.String()
}

// inline writes v in one line that begins at column; not ok if it should rather
// be a block.
func (p pen) inline(v value, column int) (string, bool) {
	if v.kind == yaml.ScalarNode {
		return p.scalar(v, false), true
	}
	s := p.flowLine(v)
	return s, v.empty() || !v.lines && column+len(s) < width
}

// file writes a whole new document, its larger parts set apart by empty lines.
func (p pen) file(d *Document) string {
	v := documentValue(d)
	if p.json {
		return p.spread(v, "", 0) + p.eol
	}
	var b strings.Builder
	for i, f := range v.fields {
		if i > 0 && slices.Contains([]string{"policies", "endpoints"}, f.key) {
			b.WriteString(p.eol)
		}
		b.WriteString(p.block(value{kind: yaml.MappingNode, fields: []pair{f}}, 0))
	}
	return b.String()
}
