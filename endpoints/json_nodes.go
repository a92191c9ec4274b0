package endpoints

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// jsonNode reads JSON into the nodes that the YAML parser makes of it; not ok if
// data is no JSON. JSON is YAML but for its escaped surrogate pairs, which that
// parser refuses; and for text in one line, as programs write it, it holds ten
// times the memory until it has seen the end.
func jsonNode(data []byte) (n *yaml.Node, ok bool) {
	if !json.Valid(data) {
		return nil, false
	}
	r := jsonReader{data: data, dec: json.NewDecoder(bytes.NewReader(data)), at: place{1, 1}}
	r.dec.UseNumber()
	n = r.value(r.next())
	return n, !r.odd
}

type jsonReader struct {
	data   []byte
	dec    *json.Decoder
	offset int   // in data, behind the last token
	at     place // of offset
	odd    bool  // half a surrogate pair was found, which is no character
}

// A jsonToken is a token and where it begins.
type jsonToken struct {
	json.Token
	text []byte
	at   place
}

// next returns the next token of JSON that is known to be valid.
func (r *jsonReader) next() jsonToken {
	token, err := r.dec.Token()
	if err != nil {
		panic(err)
	}
	start := r.offset
	for strings.IndexByte(" \t\r\n,:", r.data[start]) >= 0 {
		start++
	}
	r.advance(start)
	t := jsonToken{token, r.data[start:r.dec.InputOffset()], r.at}
	r.advance(int(r.dec.InputOffset()))
	return t
}

// advance moves to an offset, counting lines and characters.
func (r *jsonReader) advance(to int) {
	for r.offset < to {
		n := lineBreak(string(r.data[r.offset:min(r.offset+3, len(r.data))]))
		if n > 0 {
			r.at = place{r.at.line + 1, 1}
		} else {
			_, n = utf8.DecodeRune(r.data[r.offset:])
			r.at.column++
		}
		r.offset += n
	}
}

// value makes the node that begins with t.
func (r *jsonReader) value(t jsonToken) *yaml.Node {
	n := &yaml.Node{Line: t.at.line, Column: t.at.column}
	scalar := func(tag, value string, style yaml.Style) *yaml.Node {
		n.Kind, n.Tag, n.Value, n.Style = yaml.ScalarNode, tag, value, style
		return n
	}
	switch v := t.Token.(type) {
	case string:
		r.odd = r.odd || strings.ContainsRune(v, utf8.RuneError) && !bytes.ContainsRune(t.text, utf8.RuneError)
		return scalar("!!str", v, yaml.DoubleQuotedStyle)
	case bool:
		return scalar("!!bool", string(t.text), 0)
	case json.Number:
		return scalar("!!int", v.String(), 0)
	case nil:
		return scalar("!!null", "null", 0)
	}
	n.Kind, n.Tag, n.Style = yaml.MappingNode, "!!map", yaml.FlowStyle
	if t.Token == json.Delim('[') {
		n.Kind, n.Tag = yaml.SequenceNode, "!!seq"
	}
	for {
		t := r.next()
		if t.Token == json.Delim(']') || t.Token == json.Delim('}') {
			return n
		}
		n.Content = append(n.Content, r.value(t)) // keys and values alike
	}
}
