package words_test

import (
	"testing"

	"github.com/concors/concors/internal/words"
)

func TestWords(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{words.Sentence(""), ""},
		{words.Sentence("this is wrong"), "This is wrong."},
		{words.Sentence("é ist kein Satz"), "É ist kein Satz."},
		{words.Sentence("why?"), "Why?"},
		{words.Count(1, "origin"), "1 origin"},
		{words.Count(0, "origin"), "0 origins"},
		{words.Count(uint64(12_345), "origin"), "12,345 origins"},
		{words.Number(1_234_567), "1,234,567"},
		{words.Number(999), "999"},
		{words.List(nil, "endpoint"), ""},
		{words.List([]string{"a"}, "endpoint"), "a"},
		{words.List([]string{"a", "b"}, "endpoint"), "a and b"},
		{words.List([]string{"a", "b", "c"}, "endpoint"), "a, b and c"},
		{words.List([]string{"a", "b", "c", "d"}, "endpoint"), "a, b and 2 more endpoints"},
		{words.List([]string{"a", "b", "c", "d"}, ""), "a, b and 2 more"},
	} {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
}
