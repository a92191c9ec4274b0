package endpoints

import (
	"encoding/json"
	"fmt"

	"github.com/google/jsonschema-go/jsonschema"
)

// Schemas returns the JSON Schemas of the parts of a document: policy, setting,
// entry and document. They refer to each other as ref says.
func Schemas(ref func(part string) string) map[string]*jsonschema.Schema {
	r := references(ref)
	return map[string]*jsonschema.Schema{
		"policy": policyKeys.schema(r), "setting": r.setting(), "entry": entryKeys.schema(r), "document": documentKeys.schema(r),
	}
}

// references say how schemas refer to those of parts.
type references func(part string) string

func (r references) to(part string) *jsonschema.Schema { return &jsonschema.Schema{Ref: r(part)} }

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
	const defs = "#/$defs/"
	parts := Schemas(func(part string) string {
		if part == "entry" {
			part = "endpoint"
		}
		return defs + part
	})
	root, policy, entry := parts["document"], parts["policy"], parts["entry"]
	root.Schema = "https://json-schema.org/draft/2020-12/schema"
	root.Title = "Concors document"
	root.Description = "Which HTTP endpoints exist, and which websites may call them."
	policy.AllOf = belonging()
	entry.Description = "One endpoint."
	root.Defs = map[string]*jsonschema.Schema{"policy": policy, "endpoint": entry, "setting": parts["setting"]}
	return root
}

func (r references) setting() *jsonschema.Schema {
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
		r.to("policy"), {Type: "string", MinLength: new(1), Description: "The name of a policy."},
	}}
}

func (r references) policies() *jsonschema.Schema {
	return &jsonschema.Schema{
		Types: []string{"null", "object"}, AdditionalProperties: r.to("policy"),
		PropertyNames: &jsonschema.Schema{MinLength: new(1), MaxLength: new(100), Not: &jsonschema.Schema{Enum: anys(everywhere)}},
	}
}

func (r references) entries() *jsonschema.Schema {
	return &jsonschema.Schema{Types: []string{"null", "array"}, Items: r.to("entry")}
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
