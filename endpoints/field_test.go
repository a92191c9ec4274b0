package endpoints_test

import (
	"testing"

	"github.com/concors/concors/endpoints"
)

func TestFieldsAreTakenApart(t *testing.T) {
	for text, want := range map[string]endpoints.Field{
		"":                              {Element: -1},
		"upstream":                      {Key: "upstream", Element: -1},
		"origins[1]":                    {Key: "origins", Element: 1},
		"endpoints":                     {Key: "endpoints", Element: -1},
		"endpoints[12]":                 {Part: "endpoints", Index: 12, Element: -1},
		"endpoints[0].methods[3]":       {Part: "endpoints", Key: "methods", Element: 3},
		"endpoints[0].cors":             {Part: "endpoints", Key: "cors", Element: -1},
		"endpoints[4].cors.domains[2]":  {Part: "endpoints", Index: 4, Inline: true, Key: "domains", Element: 2},
		"cors.embed":                    {Inline: true, Key: "embed", Element: -1},
		"policies.front-end":            {Part: "policies", Name: "front-end", Element: -1},
		"policies.front-end.cache":      {Part: "policies", Name: "front-end", Key: "cache", Element: -1},
		`policies["a.b\"]"].domains[0]`: {Part: "policies", Name: `a.b"]`, Key: "domains", Element: 0},
		`policies[""]`:                  {Part: "policies", Element: -1},
		`policies.p["odd key"]`:         {Part: "policies", Name: "p", Key: "odd key", Element: -1},
	} {
		got, ok := endpoints.ParseField(text)
		if !ok || got != want {
			t.Errorf("%q: got %+v, %v; want %+v", text, got, ok, want)
		}
		if again := got.String(); again != text {
			t.Errorf("%q is written as %q", text, again)
		}
	}
	for _, text := range []string{"endpoints[", "endpoints[x]", "endpoints[-1]", "policies.", `policies["x`, "a.b", "domains[", "domains[1]x", "cors.", "endpoints[99999999999999999999]"} {
		if got, ok := endpoints.ParseField(text); ok {
			t.Errorf("%q is taken for %+v", text, got)
		}
	}
}

// FuzzParseField looks for texts on which it fails or does not agree with String.
func FuzzParseField(f *testing.F) {
	f.Add(`policies["a.b"].domains[0]`)
	f.Add("endpoints[4].cors.domains[2]")
	f.Fuzz(func(t *testing.T, text string) {
		field, ok := endpoints.ParseField(text)
		if !ok {
			return
		}
		if again, ok := endpoints.ParseField(field.String()); !ok || again != field {
			t.Errorf("%q: %+v is written as %q, which is %+v, %v", text, field, field.String(), again, ok)
		}
	})
}

// Whatever a report names can be taken apart.
func TestFieldsOfReportsAreTakenApart(t *testing.T) {
	for _, g := range goldens(t, "mistakes") {
		_, report := endpoints.Parse("", []byte(g.file(t, "concors.yaml")))
		for _, m := range report.Mistakes {
			if f, ok := endpoints.ParseField(m.Field); !ok || f.String() != m.Field {
				t.Errorf("%s: %q is %+v, %v", g.name, m.Field, f, ok)
			}
		}
	}
}
