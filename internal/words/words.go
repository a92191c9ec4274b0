// Package words puts things into English: sentences, numbers and lists.
package words

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Upper begins s with a capital letter.
func Upper(s string) string {
	first, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(first)) + s[n:]
}

// Sentence makes a sentence of a message: with a capital letter at its begin
// and, unless it has an end, a full stop.
func Sentence(s string) string {
	if s == "" || strings.ContainsAny(s[len(s)-1:], ".!?:") {
		return Upper(s)
	}
	return Upper(s) + "."
}

// Count is a number and its noun: 1 origin, 2 origins.
func Count[N int | uint64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Number(n) + " " + noun + "s"
}

// Number writes 10,000.
func Number[N int | uint64](n N) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// List is a list in words: a, b and c; a, b and 7 more endpoints. The noun may
// be empty.
func List(list []string, noun string) string {
	switch n := len(list); {
	case n == 0:
		return ""
	case n == 1:
		return list[0]
	case n <= 3:
		return strings.Join(list[:n-1], ", ") + " and " + list[n-1]
	case noun != "":
		return strings.Join(list[:2], ", ") + " and " + Count(n-2, "more "+noun)
	default:
		return strings.Join(list[:2], ", ") + " and " + Number(n-2) + " more"
	}
}
