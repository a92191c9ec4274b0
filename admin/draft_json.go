package admin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/store"
)

// A MalformedError says that JSON of a draft is not understood: keys that are
// not known, values of the wrong type.
type MalformedError struct {
	Mistakes []Mistake
}

func (e *MalformedError) Error() string {
	return "admin: the draft is malformed: " + e.Mistakes[0].Mistake.String()
}

// UnmarshalJSON reads a draft. Entries, settings and policies are written as in
// a document. Unknown keys and wrong types are a [*MalformedError] or an
// [*InputError]; whether the draft makes sense is left to [Service.Judge].
func (d *Draft) UnmarshalJSON(data []byte) error {
	var raw struct {
		Base      store.Revision  `json:"base"`
		Document  json.RawMessage `json:"document"`
		Endpoints []struct {
			Pattern string          `json:"pattern"`
			Entry   json.RawMessage `json:"entry"`
			Setting json.RawMessage `json:"setting"`
			Remove  bool            `json:"remove"`
		} `json:"endpoints"`
		Policies []struct {
			Name   string          `json:"name"`
			Rename string          `json:"rename"`
			Policy json.RawMessage `json:"policy"`
			Remove bool            `json:"remove"`
		} `json:"policies"`
		Site          *SiteChange `json:"site"`
		ReplaceBroken bool        `json:"replace_broken"`
	}
	if err := ReadJSON(data, &raw); err != nil {
		return err
	}
	out := Draft{Base: raw.Base, Site: raw.Site, ReplaceBroken: raw.ReplaceBroken}
	var parts partsReader
	if written(raw.Document) {
		out.Document = parts.document(string(raw.Document), nil)
	}
	for i, c := range raw.Endpoints {
		change := EndpointChange{Pattern: c.Pattern, Remove: c.Remove}
		if written(c.Entry) {
			change.Entry = parts.entry(c.Entry, i)
		}
		if written(c.Setting) {
			change.Setting = parts.setting(c.Setting, i)
		}
		out.Endpoints = append(out.Endpoints, change)
	}
	for i, c := range raw.Policies {
		change := PolicyChange{Name: c.Name, Rename: c.Rename, Remove: c.Remove}
		if written(c.Policy) {
			change.Policy = parts.policy(c.Policy, i, endpoints.PolicyField(c.Name))
		}
		out.Policies = append(out.Policies, change)
	}
	if len(parts.mistakes) > 0 {
		return &MalformedError{Mistakes: parts.mistakes}
	}
	*d = out
	return nil
}

// written reports whether a key was there with a value.
func written(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }

// ReadDocument reads a document from JSON. Errors: [*MalformedError],
// [*InputError].
func ReadDocument(data []byte) (*endpoints.Document, error) {
	var parts partsReader
	return read(&parts, parts.document(string(data), nil))
}

// ReadEntry is [ReadDocument] for one of its endpoints.
func ReadEntry(data []byte) (*endpoints.Entry, error) {
	var parts partsReader
	return read(&parts, parts.entry(data, 0))
}

// ReadPolicy is [ReadDocument] for one of its policies.
func ReadPolicy(data []byte) (*endpoints.Policy, error) {
	var parts partsReader
	return read(&parts, parts.policy(data, 0, endpoints.Field{}))
}

// read returns part, or the mistakes that were found in it.
func read[T any](parts *partsReader, part *T) (*T, error) {
	if len(parts.mistakes) > 0 {
		return nil, &MalformedError{Mistakes: parts.mistakes}
	}
	return part, nil
}

// ReadJSON is json.Unmarshal into out without unknown keys. Errors:
// [*InputError], [*MalformedError].
func ReadJSON(data []byte, out any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	err := dec.Decode(out)
	if err == nil {
		if _, err := dec.Token(); err != io.EOF {
			return &InputError{Message: "there is more than one JSON value"}
		}
		return nil
	}
	var wrongType *json.UnmarshalTypeError
	switch {
	case isInput(err):
		return err
	case errors.As(err, &wrongType):
		return &InputError{Field: wrongType.Field, Message: fmt.Sprintf("this is a JSON %s, and should be a %s", wrongType.Value, jsonType(wrongType.Type.Kind().String()))}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &InputError{Message: "the JSON ends too early"}
	}
	return &InputError{Message: "this is not the JSON that is asked for: " + strings.TrimPrefix(err.Error(), "json: ")}
}

func isInput(err error) bool {
	var input *InputError
	var malformed *MalformedError
	return errors.As(err, &input) || errors.As(err, &malformed)
}

// jsonType is the JSON type of a kind of Go types.
func jsonType(kind string) string {
	switch {
	case kind == "slice":
		return "array"
	case kind == "struct", kind == "map", kind == "ptr":
		return "object"
	case strings.HasPrefix(kind, "int"), strings.HasPrefix(kind, "uint"), strings.HasPrefix(kind, "float"):
		return "number"
	}
	return kind
}

// A partsReader reads parts of documents by putting them into an otherwise
// empty one, so that there is one reader of each part, and collects mistakes.
type partsReader struct{ mistakes []Mistake }

// document reads text. Place says of a field of it where in the draft it is, nil
// if the draft is the document.
func (p *partsReader) document(text string, place func(endpoints.Field) (MistakePlace, endpoints.Field)) *endpoints.Document {
	doc := new(endpoints.Document)
	err := doc.UnmarshalJSON([]byte(text))
	for _, m := range mistakesIn(err) {
		m.Line, m.Column = 0, 0 // of text that nobody wrote
		found := Mistake{Mistake: m, Cause: causes[m.Code]}
		if place != nil {
			change, field := place(m.Field)
			found.Change, found.Field = &change, field
		}
		p.mistakes = append(p.mistakes, found)
	}
	return doc
}

// entry reads the entry of the change with the index.
func (p *partsReader) entry(raw json.RawMessage, index int) *endpoints.Entry {
	doc := p.document(`{"endpoints":[`+string(raw)+`]}`, func(f endpoints.Field) (MistakePlace, endpoints.Field) {
		f = f.InPart()
		return MistakePlace{Part: "endpoints", Index: index, Field: f}, f.In(endpoints.EndpointField(index))
	})
	if len(doc.Endpoints) != 1 {
		return new(endpoints.Entry)
	}
	return &doc.Endpoints[0]
}

// setting reads the setting of the change with the index.
func (p *partsReader) setting(raw json.RawMessage, index int) *endpoints.Setting {
	doc := p.document(`{"endpoints":[{"endpoint":"/","cors":`+string(raw)+`}]}`, func(f endpoints.Field) (MistakePlace, endpoints.Field) {
		f = f.InPart().Outside()
		return MistakePlace{Part: "endpoints", Index: index, Field: f}, f.In(endpoints.EndpointField(index))
	})
	if len(doc.Endpoints) != 1 {
		return new(endpoints.Setting)
	}
	return &doc.Endpoints[0].CORS
}

// policy reads the policy of the change with the index, which is at part.
func (p *partsReader) policy(raw json.RawMessage, index int, part endpoints.Field) *endpoints.Policy {
	doc := p.document(`{"policies":{"p":`+string(raw)+`}}`, func(f endpoints.Field) (MistakePlace, endpoints.Field) {
		f = f.InPart()
		return MistakePlace{Part: "policies", Index: index, Field: f}, f.In(part)
	})
	if len(doc.Policies) != 1 {
		return new(endpoints.Policy)
	}
	return &doc.Policies[0].Policy
}

// mistakesIn returns the mistakes that err joins.
func mistakesIn(err error) []endpoints.Mistake {
	switch e := err.(type) {
	case endpoints.Mistake:
		return []endpoints.Mistake{e}
	case interface{ Unwrap() []error }:
		var list []endpoints.Mistake
		for _, sub := range e.Unwrap() {
			list = append(list, mistakesIn(sub)...)
		}
		return list
	}
	return nil
}
