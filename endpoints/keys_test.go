package endpoints_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/concors/concors/endpoints"
)

// filled returns a value of each field of a policy that is not its zero value.
func filled(t *testing.T) endpoints.Policy {
	t.Helper()
	p := endpoints.Policy{Allow: endpoints.AllowSelected, Embed: "any"}
	v := reflect.ValueOf(&p).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i).Addr().Interface().(type) {
		case *bool:
			*f = true
		case *[]string:
			*f = []string{"X-A", "X-B"}
		case *endpoints.Senders:
			*f = []string{"https://s.example"}
		case *endpoints.Duration:
			*f = endpoints.Duration(90 * time.Second)
		case *string:
		default:
			t.Fatalf("no value for a %T is known", f)
		}
		if v.Field(i).IsZero() {
			t.Fatalf("%s is zero", v.Type().Field(i).Name)
		}
	}
	return p
}

// Each field of a policy is in the table, and the table does to it all that is
// done to policies. A field that is not there would be lost by the first save.
func TestEachFieldOfAPolicyIsInTheTable(t *testing.T) {
	full := filled(t)
	if n := reflect.TypeFor[endpoints.Policy]().NumField(); n != len(endpoints.PolicyKeys()) {
		t.Errorf("%d fields, %d keys", n, len(endpoints.PolicyKeys()))
	}
	doc := &endpoints.Document{Policies: endpoints.Policies{{Name: "p", Policy: full}}}
	text, err := endpoints.Edit(nil, doc)
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range [][]byte{text, asJSON} {
		again, _ := endpoints.Parse("", text)
		if !reflect.DeepEqual(again.Policies, doc.Policies) {
			t.Errorf("read again: %+v\nfrom %s", again.Policies, text)
		}
	}

	emptied, posted := full.Clone(), endpoints.Policy{}
	keys := endpoints.PolicyKeys()
	for i := range keys {
		k := &keys[i]
		if k.Form.Label == "" || k.About == "" || len(k.Under) == 0 {
			t.Errorf("%s has no label, no description or no setting that it belongs to", k.Name)
		}
		if !k.IsSet(&full) {
			t.Errorf("%s is not set", k.Name)
		}
		if err := k.Fill(&posted, k.Texts(&full)); err != nil || !k.Equal(&posted, &full) {
			t.Errorf("%s through a form: %v, %q", k.Name, err, k.Texts(&posted))
		}
		k.Reset(&emptied)
		if k.Equal(&emptied, &full) {
			t.Errorf("%s is the same after Reset", k.Name)
		}
		if list := k.List(&full); list != nil {
			copied := full.Clone()
			(*k.List(&copied))[0] = "other"
			if slices.Contains(*list, "other") {
				t.Errorf("%s is shared by a copy", k.Name)
			}
		}
	}
	if !reflect.DeepEqual(posted, full) || !reflect.DeepEqual(emptied, endpoints.Policy{}) {
		t.Errorf("through forms: %+v; emptied: %+v", posted, emptied)
	}
}

func TestWhatAFormCannotSay(t *testing.T) {
	var p endpoints.Policy
	for name, texts := range map[string][]string{"cache": {"soon"}, "embed": {"any", "same-site"}, "credentials": {"1", "1"}} {
		if err := endpoints.PolicyKey(name).Fill(&p, texts); err == nil {
			t.Errorf("%s takes %q", name, texts)
		}
	}
}
