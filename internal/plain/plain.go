// Package plain makes text of strangers harmless for whoever looks at it: in a
// terminal, on a page, in the output of a program that prints it.
package plain

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text returns s with U+FFFD in the place of everything that is not seen but
// does something: control characters (C0, DEL and C1, which terminals obey),
// format characters (those that turn the direction of writing, those without
// width), separators of lines and paragraphs, and bytes that are not UTF-8.
func Text(s string) string {
	return strings.Map(func(r rune) rune {
		if acts(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

func acts(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) }

// JSON is Text for every string of a JSON text that has no space between its
// tokens, as json.Marshal writes it.
func JSON(data []byte) []byte {
	out := make([]byte, 0, len(data))
	for len(data) > 0 {
		r, n := runeOf(data)
		if acts(r) {
			out = utf8.AppendRune(out, unicode.ReplacementChar)
		} else {
			out = append(out, data[:n]...)
		}
		data = data[n:]
	}
	return out
}

// runeOf returns the character that data begins with, and its length as it is
// written: an escape sequence stands for one.
func runeOf(data []byte) (r rune, n int) {
	if data[0] != '\\' || len(data) < 2 {
		return utf8.DecodeRune(data)
	}
	switch data[1] {
	case 'b', 'f', 'n', 'r', 't':
		return '\n', 2
	case 'u':
		if len(data) < 6 {
			break
		}
		if code, err := strconv.ParseUint(string(data[2:6]), 16, 16); err == nil {
			return rune(code), 6
		}
	}
	return rune(data[1]), 2
}
