package browser

import (
	"encoding/json"
	"os"
	"testing"
)

// TestURLStandard holds the parser against the published tests of the URL
// standard: those with http, https, ws and wss. One of them is left out: since
// then the standard encodes ^ in paths.
func TestURLStandard(t *testing.T) {
	text, err := os.ReadFile("testdata/urltestdata.json")
	if err != nil {
		t.Fatal(err)
	}
	var tests []struct {
		Input, Href, Origin string
		Base                *string
		Failure             bool
	}
	if err := json.Unmarshal(text, &tests); err != nil || len(tests) < 300 {
		t.Fatalf("%d tests, %v", len(tests), err)
	}
	for _, test := range tests {
		var base *address
		from := ""
		if test.Base != nil {
			from = " on " + *test.Base
			if base, err = parseAddress(*test.Base, nil); err != nil {
				t.Fatalf("base %q: %v", *test.Base, err)
			}
		}
		a, err := parseAddress(test.Input, base)
		switch {
		case test.Failure && err == nil:
			t.Errorf("%q%s is taken for %s", test.Input, from, a)
		case test.Failure:
		case err != nil:
			t.Errorf("%q%s: %v, want %s", test.Input, from, err, test.Href)
		case a.String() != test.Href:
			t.Errorf("%q%s: %s, want %s", test.Input, from, a, test.Href)
		case test.Origin != "" && a.serializedOrigin() != test.Origin:
			t.Errorf("%q%s: origin %s, want %s", test.Input, from, a.serializedOrigin(), test.Origin)
		}
	}
}
