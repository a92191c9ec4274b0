package endpoints_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
	"go.yaml.in/yaml/v4"

	"github.com/concors/concors/endpoints"
)

// validator returns a function that holds a YAML or JSON text against the
// schema as an editor would.
func validator(t testing.TB) func(text string) error {
	t.Helper()
	text, err := endpoints.Schema()
	if err != nil {
		t.Fatal(err)
	}
	var s jsonschema.Schema
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	resolved, err := s.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return func(text string) error {
		var v any
		if err := yaml.Load([]byte(text), &v); err != nil {
			t.Fatalf("%s\n%v", text, err)
		}
		return resolved.Validate(v)
	}
}

func TestSchemaAcceptsGoodDocuments(t *testing.T) {
	validate := validator(t)
	good := map[string]string{
		"the starter":    string(endpoints.Starter()),
		"accounts":       accounts,
		"null lists":     "policies:\nendpoints:\n",
		"no cache":       "endpoints: [{endpoint: /a, cors: {allow: all, cache: 0, expose: null}}]",
		"default policy": "endpoints: [{endpoint: /a, cors: {embed: any, senders: any, enforce: true}}]",
	}
	for _, g := range goldens(t, "edits") {
		good["edit "+g.name] = g.file(t, "after")
	}
	for name, text := range good {
		if err := validate(text); err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
}

// inSchema are the mistakes that the schema sees too.
var inSchema = []string{
	"allow-missing", "allow-unknown", "cache-invalid", "credentials-under-all", "domains-missing", "embed-unknown",
	"endpoint-missing", "field-without-effect", "key-unknown", "policy-name-invalid", "value-missing", "value-type",
}

func TestSchemaRejectsWhatItCanSay(t *testing.T) {
	validate := validator(t)
	for _, g := range goldens(t, "mistakes") {
		if strings.HasPrefix(g.name, "yaml-") || strings.HasPrefix(g.name, "document") || g.name == "key-duplicate" || g.name == "policy-duplicate" {
			continue // mistakes of the text, which another parser may not even read
		}
		err := validate(g.file(t, "concors.yaml"))
		if want := slices.Contains(inSchema, g.name); (err != nil) != want {
			t.Errorf("%s: rejected: %v, want %v (%v)", g.name, err != nil, want, err)
		}
	}
}

func TestSchemaDescribesEveryKey(t *testing.T) {
	text, err := endpoints.Schema()
	if err != nil {
		t.Fatal(err)
	}
	var s jsonschema.Schema
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		schema *jsonschema.Schema
		keys   int
	}{{"document", &s, 7}, {"policy", s.Defs["policy"], len(endpoints.PolicyKeys())}, {"endpoint", s.Defs["endpoint"], 5}} {
		if len(c.schema.Properties) != c.keys {
			t.Errorf("%s has %d keys, want %d", c.name, len(c.schema.Properties), c.keys)
		}
		if !reflect.DeepEqual(c.schema.AdditionalProperties, &jsonschema.Schema{Not: &jsonschema.Schema{}}) {
			t.Errorf("%s takes unknown keys", c.name)
		}
		for name, p := range c.schema.Properties {
			if p.Description == "" {
				t.Errorf("%s: %s has no description", c.name, name)
			}
		}
	}
	if got := s.Defs["policy"].Properties["allow"].Enum; !reflect.DeepEqual(got, []any{"none", "all", "selected"}) {
		t.Errorf("allow is one of %v", got)
	}
}
