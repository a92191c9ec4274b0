package admin

import (
	"fmt"
	"slices"

	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/store"
)

// A Draft is a change that somebody has in mind: a whole document, or changes
// to the one in force. The zero value changes nothing.
type Draft struct {
	// Base is the [State.Revision] that the draft was made from, to save it;
	// empty where nothing was stored. Judging and comparing ignore it: they
	// compare with what is live.
	Base store.Revision `json:"base,omitempty"`

	// Document replaces everything. Nil: the fields below change what is live.
	Document *endpoints.Document `json:"document,omitempty"`

	Endpoints []EndpointChange `json:"endpoints,omitempty"`
	Policies  []PolicyChange   `json:"policies,omitempty"`
	Site      *SiteChange      `json:"site,omitempty"`

	// ReplaceBroken agrees to replace a stored document that is broken.
	ReplaceBroken bool `json:"replace_broken,omitempty"`
}

// An EndpointChange adds, replaces or removes an endpoint, or changes only its
// setting.
type EndpointChange struct {
	// Pattern names the endpoint as it is. Empty: Entry is a new one, which
	// comes last.
	Pattern string `json:"pattern,omitempty"`

	// Exactly one of these is set. Entry replaces the whole entry, its pattern
	// included; Setting only what stands at cors.
	Entry   *endpoints.Entry   `json:"entry,omitempty"`
	Setting *endpoints.Setting `json:"setting,omitempty"`
	Remove  bool               `json:"remove,omitempty"`
}

// A PolicyChange adds, replaces, renames or removes a named policy.
type PolicyChange struct {
	Name   string            `json:"name"`             // of the policy; if there is none, Policy is a new one
	Rename string            `json:"rename,omitempty"` // new name; endpoints that use it follow
	Policy *endpoints.Policy `json:"policy,omitempty"` // nil: as it is
	Remove bool              `json:"remove,omitempty"`
}

// A SiteChange changes what the endpoints have in common. Nil fields stay as
// they are.
type SiteChange struct {
	Origins         *[]string `json:"origins,omitempty"`
	TrustedProxies  *[]string `json:"trusted_proxies,omitempty"`
	IdentityHeaders *[]string `json:"identity_headers,omitempty"`
	Hosts           *[]string `json:"hosts,omitempty"`
	Upstream        *string   `json:"upstream,omitempty"`
}

// An InputError says that a question cannot be understood: what the draft, the
// query or the trial says contradicts itself.
type InputError struct {
	Field   string // where, such as endpoints[0].entry
	Value   string // as it came; may be empty
	Message string // what is wrong; lower case, no full stop
}

func (e *InputError) Error() string {
	s := "admin: "
	if e.Field != "" {
		s += e.Field + ": "
	}
	if e.Value != "" {
		s += fmt.Sprintf("%.200q: ", e.Value)
	}
	return s + e.Message
}

// A drafted document is what a draft leads to, and where in it the changes of
// the draft are.
type drafted struct {
	doc     *endpoints.Document
	entries map[int]int    // index in doc.Endpoints to index in Draft.Endpoints
	names   map[string]int // name in doc.Policies to index in Draft.Policies
	draft   *Draft
}

// apply makes the document that d leads to when base is live. Errors:
// [*InputError], [ErrUnknownEndpoint], [ErrUnknownPolicy].
func (d *Draft) apply(base *endpoints.Document) (*drafted, error) {
	out := &drafted{entries: make(map[int]int), names: make(map[string]int), draft: d}
	if d.Document != nil {
		if len(d.Endpoints)+len(d.Policies) > 0 || d.Site != nil {
			return nil, &InputError{Field: "document", Message: "a draft is a whole document or changes, not both"}
		}
		out.doc = d.Document.Clone()
		return out, nil
	}
	out.doc = base.Clone()
	if d.Site != nil {
		d.Site.apply(out.doc)
	}
	if err := out.policies(); err != nil {
		return nil, err
	}
	return out, out.endpoints()
}

func (c *SiteChange) apply(doc *endpoints.Document) {
	for _, list := range []struct{ to, from *[]string }{
		{&doc.Origins, c.Origins}, {&doc.TrustedProxies, c.TrustedProxies}, {&doc.IdentityHeaders, c.IdentityHeaders},
		{&doc.Hosts, c.Hosts},
	} {
		if list.from != nil {
			*list.to = slices.Clone(*list.from)
		}
	}
	if c.Upstream != nil {
		doc.Upstream = *c.Upstream
	}
}

// policies applies the changes of the policies, one after the other.
func (o *drafted) policies() error {
	if len(o.draft.Policies) == 0 {
		return nil
	}
	list := o.doc.Policies
	at := make(map[string]int, len(list)) // by name
	for i, np := range slices.Backward(list) {
		at[np.Name] = i
	}
	users := make(map[string][]int) // by name: the endpoints that use it
	for k := range o.doc.Endpoints {
		if set := &o.doc.Endpoints[k].CORS; set.Inline == nil {
			users[set.Name] = append(users[set.Name], k)
		}
	}
	removed := make(map[int]bool)
	for i := range o.draft.Policies {
		c := &o.draft.Policies[i]
		k, exists := at[c.Name]
		if err := c.check(i, exists); err != nil {
			return err
		}
		if c.Remove {
			removed[k] = true
			delete(at, c.Name)
			continue
		}
		if !exists {
			k = len(list)
			at[c.Name] = k
			list = append(list, endpoints.NamedPolicy{Name: c.Name})
		}
		if c.Policy != nil {
			list[k].Policy = c.Policy.Clone()
		}
		if c.Rename != "" && c.Rename != c.Name {
			list[k].Name = c.Rename
			delete(at, c.Name)
			at[c.Rename] = k
			users[c.Rename] = append(users[c.Name], users[c.Rename]...)
			delete(users, c.Name)
		}
		o.names[list[k].Name] = i
	}
	for name, list := range users {
		for _, k := range list {
			o.doc.Endpoints[k].CORS.Name = name
		}
	}
	o.doc.Policies = list[:0]
	for i, np := range list {
		if !removed[i] {
			o.doc.Policies = append(o.doc.Policies, np)
		}
	}
	return nil
}

// check refuses what contradicts itself in change number i, of a policy that
// exists or not.
func (c *PolicyChange) check(i int, exists bool) error {
	field := fmt.Sprintf("policies[%d]", i)
	switch {
	case c.Remove && (c.Policy != nil || c.Rename != ""):
		return &InputError{Field: field, Message: "a policy is removed or changed, not both"}
	case !exists && (c.Remove || c.Rename != ""):
		return fmt.Errorf("admin: %s: %w: %q", field, ErrUnknownPolicy, c.Name)
	case !exists && c.Policy == nil:
		return &InputError{Field: field, Message: "a new policy needs its setting in policy"}
	}
	return nil
}

// endpoints applies the changes of the endpoints.
func (o *drafted) endpoints() error {
	if len(o.draft.Endpoints) == 0 {
		return nil
	}
	at := make(map[string]int, len(o.doc.Endpoints)) // by pattern as it was
	for i := range o.doc.Endpoints {
		at[o.doc.Endpoints[i].Endpoint] = i
	}
	removed := make(map[int]bool)
	changed := make(map[int]int) // index before removal to index of the change
	for i := range o.draft.Endpoints {
		c := &o.draft.Endpoints[i]
		field := fmt.Sprintf("endpoints[%d]", i)
		k, known := at[c.Pattern]
		switch _, again := changed[k]; {
		case !c.one():
			return &InputError{Field: field, Message: "exactly one of entry, setting and remove says what changes"}
		case c.Pattern == "" && c.Entry == nil:
			return &InputError{Field: field, Message: "pattern says which endpoint; only a new entry has none"}
		case c.Pattern == "":
			changed[len(o.doc.Endpoints)] = i
			o.doc.Endpoints = append(o.doc.Endpoints, c.Entry.Clone())
			continue
		case !known:
			return fmt.Errorf("admin: %s: %w: %q", field, ErrUnknownEndpoint, c.Pattern)
		case again || removed[k]:
			return &InputError{Field: field, Value: c.Pattern, Message: "this endpoint is changed twice"}
		}
		switch {
		case c.Remove:
			removed[k] = true
			continue
		case c.Entry != nil:
			o.doc.Endpoints[k] = c.Entry.Clone()
		default:
			o.doc.Endpoints[k].CORS = c.Setting.Clone()
		}
		changed[k] = i
	}
	kept := o.doc.Endpoints[:0]
	for k, entry := range o.doc.Endpoints {
		if removed[k] {
			continue
		}
		if i, ok := changed[k]; ok {
			o.entries[len(kept)] = i
		}
		kept = append(kept, entry)
	}
	o.doc.Endpoints = kept
	return nil
}

// one reports whether c says exactly one thing.
func (c *EndpointChange) one() bool {
	n := 0
	for _, is := range []bool{c.Entry != nil, c.Setting != nil, c.Remove} {
		if is {
			n++
		}
	}
	return n == 1
}

// place finds the change of the draft that a field of the document belongs to.
func (o *drafted) place(field endpoints.Field) *MistakePlace {
	if k, ok := field.Endpoint(); ok {
		i, ok := o.entries[k]
		if !ok {
			return nil
		}
		field = field.InPart()
		if o.draft.Endpoints[i].Setting != nil {
			field = field.Outside()
		}
		return &MistakePlace{Part: "endpoints", Index: i, Field: field}
	}
	if name, ok := field.Policy(); ok {
		if i, ok := o.names[name]; ok {
			return &MistakePlace{Part: "policies", Index: i, Field: field.InPart()}
		}
	}
	return nil
}
