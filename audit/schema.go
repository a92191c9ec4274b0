package audit

import (
	"reflect"

	"github.com/google/jsonschema-go/jsonschema"
)

// Schema is the JSON Schema of a line that [Finding.WriteJSON] writes.
func Schema() (*jsonschema.Schema, error) {
	var ids, groups, severities []any
	for _, c := range classes {
		ids = append(ids, string(c.ID))
	}
	for _, g := range Groups() {
		groups = append(groups, string(g))
	}
	for _, s := range severityNames {
		severities = append(severities, s)
	}
	s, err := jsonschema.For[Finding](&jsonschema.ForOptions{TypeSchemas: map[reflect.Type]*jsonschema.Schema{
		reflect.TypeFor[ID]():       {Type: "string", Enum: ids},
		reflect.TypeFor[Group]():    {Type: "string", Enum: groups},
		reflect.TypeFor[Severity](): {Type: "string", Enum: severities},
		reflect.TypeFor[Exposure](): {Type: "string", Enum: []any{"", string(Credentials), string(Private), string(Public)}},
	}})
	if err != nil {
		return nil, err
	}
	s.Schema = "https://json-schema.org/draft/2020-12/schema"
	s.Title = "A finding of concors audit"
	return s, nil
}
