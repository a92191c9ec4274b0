package endpoints_test

import (
	"testing"

	"github.com/concors/concors/endpoints"
)

func TestFieldsAndTheirPaths(t *testing.T) {
	var whole endpoints.Field
	entry, policy := endpoints.EndpointField(12), endpoints.PolicyField("front-end")
	odd := endpoints.PolicyField("a ].b\"[0]")
	for path, field := range map[string]endpoints.Field{
		"":                                  whole,
		"upstream":                          whole.At("upstream"),
		"origins[1]":                        whole.At("origins").AtElement(1),
		"endpoints":                         whole.At("endpoints"),
		"policies":                          whole.At("policies"),
		"endpoints[12]":                     entry,
		"endpoints[12].upstream":            entry.At("upstream"),
		"endpoints[12].methods[0]":          entry.At("methods").AtElement(0),
		"endpoints[12].cors":                entry.At("cors"),
		"endpoints[12].cors.cache":          entry.At("cors").At("cache"),
		"endpoints[12].cors.domains[3]":     entry.At("cors").At("domains").AtElement(3),
		"policies.front-end":                policy,
		"policies.front-end.embed":          policy.At("embed"),
		"policies.front-end.senders[0]":     policy.At("senders").AtElement(0),
		`policies["a ].b\"[0]"]`:            odd,
		`policies["a ].b\"[0]"].headers[7]`: odd.At("headers").AtElement(7),
		`policies[""]`:                      endpoints.PolicyField(""),
		`policies.p["odd key"]`:             endpoints.PolicyField("p").At("odd key"),
		`["odd key"][1]`:                    whole.At("odd key").AtElement(1),
		"cors.domains[3]":                   whole.At("cors").At("domains").AtElement(3), // as seen from an entry
	} {
		if got := field.String(); got != path {
			t.Errorf("got %s, want %s", got, path)
		}
		again := whole
		if err := again.UnmarshalText([]byte(path)); err != nil || again != field {
			t.Errorf("%s: read as %+v, %v; want %+v", path, again, err, field)
		}
	}
	for _, path := range []string{"endpoints[x]", "endpoints[-1].cors", "endpoints[1", "endpoints[1]upstream", "origins[", "origins[0", "origins[0]x", `policies["a`, "policies.", "a.b", "domains[1]x", "cors.", "cors.a.b", "policies.p.cors.a", "origins[99999999999]"} {
		if err := new(endpoints.Field).UnmarshalText([]byte(path)); err == nil {
			t.Errorf("%s: no error", path)
		}
	}
}

func TestFieldsSeenFromTheirPart(t *testing.T) {
	domain := endpoints.EndpointField(3).At("cors").At("domains").AtElement(1)
	if got := domain.InPart().String(); got != "cors.domains[1]" {
		t.Error(got)
	}
	if got := domain.InPart().Outside().String(); got != "domains[1]" {
		t.Error(got)
	}
	if got := endpoints.EndpointField(3).At("cors").InPart().Outside(); got != (endpoints.Field{}) {
		t.Error(got)
	}
	if got := domain.InPart().In(endpoints.EndpointField(7)).String(); got != "endpoints[7].cors.domains[1]" {
		t.Error(got)
	}
}

// FuzzField looks for texts on which it fails or does not agree with String.
func FuzzField(f *testing.F) {
	f.Add(`policies["a.b"].domains[0]`)
	f.Add("endpoints[4].cors.domains[2]")
	f.Add(`endpoints[4]["odd key"][2]`)
	f.Fuzz(func(t *testing.T, text string) {
		var field, again endpoints.Field
		if field.UnmarshalText([]byte(text)) != nil {
			return
		}
		if err := again.UnmarshalText([]byte(field.String())); err != nil || again != field {
			t.Errorf("%q: %+v is written as %q, which is %+v, %v", text, field, field, again, err)
		}
	})
}

// Whatever a report names can be read again.
func TestFieldsOfReportsCanBeRead(t *testing.T) {
	for _, g := range goldens(t, "mistakes") {
		_, report := endpoints.Parse("", []byte(g.file(t, "concors.yaml")))
		for _, m := range report.Mistakes {
			var again endpoints.Field
			if err := again.UnmarshalText([]byte(m.Field.String())); err != nil || again != m.Field {
				t.Errorf("%s: %q is %+v, %v", g.name, m.Field, again, err)
			}
		}
	}
}
