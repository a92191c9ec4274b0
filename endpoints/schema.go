package endpoints

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/concors/concors/cors"
)

// Schema returns a JSON Schema (draft 2020-12) of the document, indented, for
// editors and other tools. It says which keys and kinds of value there are and
// which keys belong to which allow; what it cannot say, such as that patterns
// do not conflict, [Parse] reports.
func Schema() ([]byte, error) {
	s, err := schema()
	if err != nil {
		return nil, fmt.Errorf("endpoints: making the schema: %w", err)
	}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("endpoints: writing the schema: %w", err)
	}
	return append(text, '\n'), nil
}

// schema takes the shapes from the Go types and the words from the tables of
// keys. Types with a form of their own in text are spelt out.
func schema() (*jsonschema.Schema, error) {
	policy, err := jsonschema.For[Policy](&jsonschema.ForOptions{TypeSchemas: map[reflect.Type]*jsonschema.Schema{
		reflect.TypeFor[Duration](): durationSchema(),
		reflect.TypeFor[Senders]():  sendersSchema(),
	}})
	if err != nil {
		return nil, err
	}
	policy.Properties["enforce"] = &jsonschema.Schema{Type: "boolean"}
	describe(policy, policyKeys)
	policy.AllOf = belonging()

	setting := &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
		{Ref: "#/$defs/policy"},
		{Type: "string", MinLength: new(1), Description: "The name of a policy."},
	}}
	root, err := jsonschema.For[Document](&jsonschema.ForOptions{TypeSchemas: map[reflect.Type]*jsonschema.Schema{
		reflect.TypeFor[Setting](): setting,
		reflect.TypeFor[Policies](): {Types: []string{"null", "object"}, AdditionalProperties: &jsonschema.Schema{Ref: "#/$defs/policy"},
			PropertyNames: &jsonschema.Schema{MinLength: new(1), MaxLength: new(100), Not: &jsonschema.Schema{Enum: values(everywhere)}}},
	}})
	if err != nil {
		return nil, err
	}
	describe(root, documentKeys)
	entry := root.Properties["endpoints"].Items
	describe(entry, entryKeys)
	entry.Description = "One endpoint."

	root.Properties["endpoints"].Items = &jsonschema.Schema{Ref: "#/$defs/endpoint"}
	root.Defs = map[string]*jsonschema.Schema{"policy": policy, "endpoint": entry}
	root.Schema = "https://json-schema.org/draft/2020-12/schema"
	root.Title = "Concors document"
	root.Description = "Which HTTP endpoints exist, and which websites may call them."
	return root, nil
}

// describe adds what the table says to the properties of s, which are the same.
func describe(s *jsonschema.Schema, keys []key) {
	s.PropertyOrder = nil
	for _, k := range keys {
		p := s.Properties[k.name]
		p.Description = k.about
		p.Enum = values(k.values)
		p.Examples = k.examples
		s.PropertyOrder = append(s.PropertyOrder, k.name)
	}
}

func values(list []string) []any {
	var all []any
	for _, v := range list {
		all = append(all, v)
	}
	return all
}

func durationSchema() *jsonschema.Schema {
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
		{Type: "string", Pattern: `^(0|([0-9]+(\.[0-9]+)?(h|m|s|ms))+)$`},
		{Type: "integer", Enum: []any{0}},
	}}
}

func sendersSchema() *jsonschema.Schema {
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
		{Types: []string{"null", "array"}, Items: &jsonschema.Schema{Type: "string"}},
		{Type: "string", Enum: []any{cors.AnySender}},
	}}
}

// belonging says for each allow which keys do not belong to it, and that
// selected needs domains.
func belonging() []*jsonschema.Schema {
	var all []*jsonschema.Schema
	for _, allow := range everywhere {
		is := &jsonschema.Schema{Properties: map[string]*jsonschema.Schema{"allow": {Enum: []any{allow}}}}
		if allow != AllowNone { // none may be left out
			is.Required = []string{"allow"}
		}
		then := &jsonschema.Schema{Properties: make(map[string]*jsonschema.Schema)}
		for _, k := range policyKeys {
			if !k.belongsTo(allow) {
				then.Properties[k.name] = &jsonschema.Schema{Not: &jsonschema.Schema{}}
			}
		}
		if allow == AllowSelected {
			then.Required = []string{"domains"}
			then.Properties["domains"] = &jsonschema.Schema{Type: "array", MinItems: new(1)}
		}
		all = append(all, &jsonschema.Schema{If: is, Then: then})
	}
	return all
}
