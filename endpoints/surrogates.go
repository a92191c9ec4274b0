package endpoints

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// JSON writes characters beyond U+FFFF as two escapes, \ud83d\ude80 for one
// (RFC 8259 section 7). YAML, as which all documents are parsed, has one escape
// for them and knows no halves. So in JSON the pairs are joined before the
// parser sees them, and the places that it tells are put right afterwards.

const (
	pairLen   = len(`\ud83d\ude80`)
	joinedLen = len(`\U0001f680`)
)

// A pairing says where pairs were joined: by line, the columns of the joined
// escapes, from 1, in order.
type pairing map[int][]int

// joinSurrogates joins the pairs of surrogate escapes in data, if it is JSON.
func joinSurrogates(data []byte) ([]byte, pairing) {
	if !bytes.Contains(data, []byte(`\ud`)) && !bytes.Contains(data, []byte(`\uD`)) || !json.Valid(data) {
		return data, nil
	}
	joined := make(pairing)
	out := make([]byte, 0, len(data))
	for p := (place{1, 1}); len(data) > 0; {
		if r, ok := surrogatePair(data); ok {
			joined[p.line] = append(joined[p.line], p.column)
			out = fmt.Appendf(out, `\U%08x`, r)
			data = data[pairLen:]
			p.column += joinedLen
			continue
		}
		n := lineBreak(string(data[:min(3, len(data))]))
		switch {
		case n > 0:
			p = place{p.line + 1, 1}
		case data[0] == '\\': // and what it escapes, which may be another one
			n = 2
			p.column += 2
		default:
			_, n = utf8.DecodeRune(data)
			p.column++
		}
		out = append(out, data[:n]...)
		data = data[n:]
	}
	return out, joined
}

// surrogatePair returns the character of the pair that data begins with.
func surrogatePair(data []byte) (rune, bool) {
	if len(data) < pairLen || data[0] != '\\' || data[1] != 'u' || data[6] != '\\' || data[7] != 'u' {
		return 0, false
	}
	high, err := strconv.ParseUint(string(data[2:6]), 16, 16)
	low, err2 := strconv.ParseUint(string(data[8:12]), 16, 16)
	r := utf16.DecodeRune(rune(high), rune(low))
	return r, err == nil && err2 == nil && r != utf8.RuneError
}

// restore puts the places of n and of what is in it right.
func (p pairing) restore(n *yaml.Node) {
	if len(p) == 0 {
		return
	}
	before, _ := slices.BinarySearch(p[n.Line], n.Column)
	n.Column += before * (pairLen - joinedLen)
	for _, child := range n.Content {
		p.restore(child)
	}
}
