package endpoints

import (
	"encoding/json"
	"fmt"

	"github.com/google/jsonschema-go/jsonschema"
)

// Schema returns a JSON Schema (draft 2020-12) of the document, indented, for
// editors and other tools. It says which keys and kinds of value there are and
// which keys belong to which allow; what it cannot say, such as that patterns
// do not conflict, [Parse] reports.
func Schema() ([]byte, error) {
	text, err := json.MarshalIndent(schema(), "", "  ")
	if err != nil {
		return nil, fmt.Errorf("endpoints: writing the schema: %w", err)
	}
	return append(text, '\n'), nil
}

// schema makes the schema from the tables of keys.
func schema() *jsonschema.Schema {
	root := documentKeys.schema()
	root.Schema = "https://json-schema.org/draft/2020-12/schema"
	root.Title = "Concors document"
	root.Description = "Which HTTP endpoints exist, and which websites may call them."
	policy, entry := policyKeys.schema(), entryKeys.schema()
	policy.AllOf = belonging()
	entry.Description = "One endpoint."
	root.Defs = map[string]*jsonschema.Schema{"policy": policy, "endpoint": entry}
	return root
}

func settingSchema() *jsonschema.Schema {
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
		{Ref: "#/$defs/policy"},
		{Type: "string", MinLength: new(1), Description: "The name of a policy."},
	}}
}

func policiesSchema() *jsonschema.Schema {
	return &jsonschema.Schema{
		Types: []string{"null", "object"}, AdditionalProperties: &jsonschema.Schema{Ref: "#/$defs/policy"},
		PropertyNames: &jsonschema.Schema{MinLength: new(1), MaxLength: new(100), Not: &jsonschema.Schema{Enum: anys(everywhere)}},
	}
}

func entriesSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Types: []string{"null", "array"}, Items: &jsonschema.Schema{Ref: "#/$defs/endpoint"}}
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
			if !k.BelongsTo(allow) {
				then.Properties[k.Name] = &jsonschema.Schema{Not: &jsonschema.Schema{}}
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
