package browser

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// naiveListOf follows the grammar with a regular expression.
func naiveListOf(lines []string) (items []string, valid bool) {
	element := regexp.MustCompile("^[\t ]*([!#$%&'*+\\-.^_`|~0-9A-Za-z]*)[\t ]*$")
	for _, e := range strings.Split(strings.Join(lines, ","), ",") {
		m := element.FindStringSubmatch(e)
		if m == nil {
			return nil, false
		}
		if m[1] != "" {
			items = append(items, m[1])
		}
	}
	return items, true
}

func FuzzListOf(f *testing.F) {
	for _, s := range []string{"", "GET, PUT", ",,a,\t b ,", "a b", "x\ny", "*", "a;q=1", "\"GET\"", "ü", ",", strings.Repeat(",", 1000)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		lines := strings.Split(s, "\x00")
		got := listOf(http.Header{"X": lines}, "X")
		want, valid := naiveListOf(lines)
		if got.failed() == valid || !got.present || valid && !slices.Equal(got.items, want) {
			t.Fatalf("%q: %+v, want %q, %v", lines, got, want, valid)
		}
	})
}

func TestListOfMissingHeader(t *testing.T) {
	if l := listOf(http.Header{}, "X"); l.present || l.failed() || l.has("") {
		t.Errorf("%+v", l)
	}
}

func TestHeaderValue(t *testing.T) {
	h := http.Header{"A": {" x\t"}, "B": {"1", " 2 "}, "C": {""}}
	for name, want := range map[string]string{"A": "x", "B": "1, 2", "C": ""} {
		if v, ok := headerValue(h, name); v != want || !ok {
			t.Errorf("%s: %q, %v", name, v, ok)
		}
	}
	if _, ok := headerValue(h, "D"); ok {
		t.Error("a header that is not there was found")
	}
}

func BenchmarkListOfHostile(b *testing.B) {
	h := http.Header{"X": {strings.Repeat(",", 1<<20)}}
	b.ReportAllocs()
	for b.Loop() {
		if l := listOf(h, "X"); len(l.items) != 0 {
			b.Fatal(l.items)
		}
	}
}
