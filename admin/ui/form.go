package ui

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/store"
)

// A form is what stands in the fields of the editor. Fields that mean nothing
// under the chosen setting keep their values, so that switching back and forth
// loses nothing; [form.setting] leaves them out.
type form struct {
	Base   store.Revision // what the editor was opened on
	Broken bool           // agrees to replace a broken document

	Use string // name of a policy; empty: Policy

	// Policy is what stands in the fields of its keys; an empty Allow: not chosen
	// yet. Senders are those that are listed, though any may send.
	endpoints.Policy
	AnySender bool

	// Of an endpoint.
	Pattern      string
	Upstream     string
	Methods      []string
	EncodedPaths bool

	Name string // of a policy

	Try tryForm
}

// A tryForm is what stands in the fields of "Try a request".
type tryForm struct {
	Origin      string
	Method      string
	Kind        string
	Credentials bool
	JSON        bool // the body is JSON
}

// values takes a text apart in which several values are separated by commas,
// semicolons, spaces or lines.
func values(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool {
		return r == ',' || r == ';' || unicode.IsSpace(r) || r == '\u200b' || r == '\ufeff'
	})
}

// maxTargets is how many endpoints are edited at once, far above what people do.
const maxTargets = 10_000

// readForm reads the fields that r posts.
func readForm(r *http.Request) (form, error) {
	if err := r.ParseForm(); err != nil {
		return form{}, requestError("the form cannot be read: " + err.Error())
	}
	get := func(name string) string { return strings.TrimSpace(r.PostForm.Get(name)) }
	f := form{
		Base: store.Revision(get("base")), Broken: get("replace_broken") != "",
		Use: get("use"), AnySender: get("any_sender") != "",
		Pattern: get("pattern"), Upstream: get("upstream"), Methods: values(get("methods")),
		EncodedPaths: get("encoded_paths") != "", Name: get("name"),
		Try: tryForm{
			Origin: get("try_origin"), Method: get("try_method"), Kind: get("try_kind"),
			Credentials: get("try_credentials") != "", JSON: get("try_json") != "",
		},
	}
	keys := endpoints.PolicyKeys()
	for i := range keys {
		k := &keys[i]
		if err := k.Fill(&f.Policy, texts(k.Shape(), get(k.Name))); err != nil {
			return form{}, requestError(err.Error())
		}
	}
	return f, nil
}

// texts takes what was posted for a field apart.
func texts(shape endpoints.Shape, posted string) []string {
	switch {
	case shape == endpoints.List:
		return values(posted)
	case posted == "":
		return nil
	}
	return []string{posted}
}

// fill puts a policy into the fields.
func (f *form) fill(p endpoints.Policy) {
	f.Policy = p
	f.Allow = cmp.Or(p.Allow, endpoints.AllowNone)
	if len(p.Senders) == 1 && p.Senders[0] == cors.AnySender {
		f.Senders, f.AnySender = nil, true
	}
}

// prefill suggests what most settings need, where websites could not call so
// far.
func (f *form) prefill() {
	if len(f.Headers) == 0 {
		f.Headers = []string{"Content-Type"}
	}
	if f.Cache == 0 {
		f.Cache = endpoints.Duration(5 * time.Minute)
	}
}

// setting is the policy that the fields describe.
func (f *form) setting() endpoints.Policy {
	p := f.Policy
	if f.AnySender {
		p.Senders = endpoints.Senders{cors.AnySender}
	}
	keys := endpoints.PolicyKeys()
	for i := range keys {
		if !keys[i].BelongsTo(f.Allow) {
			keys[i].Reset(&p)
		}
	}
	return p
}

// entry is the entry that the fields describe.
func (f *form) entry(set endpoints.Setting) endpoints.Entry {
	return endpoints.Entry{
		Endpoint: f.Pattern, CORS: set, Upstream: f.Upstream, Methods: f.Methods, EncodedPaths: f.EncodedPaths,
	}
}

// fillEntry puts what an entry says beside its setting into the fields.
func (f *form) fillEntry(e endpoints.Entry) {
	f.Pattern, f.Upstream, f.Methods, f.EncodedPaths = e.Endpoint, e.Upstream, e.Methods, e.EncodedPaths
}

// list returns the field of several values with the name, nil if there is none.
func (f *form) list(name string) *[]string {
	if k := endpoints.PolicyKey(name); k != nil {
		return k.List(&f.Policy)
	}
	if name == "methods" {
		return &f.Methods
	}
	return nil
}

// repair carries out a repair, written as by [issue.Action]: a value is put in
// the place of another, or that is removed.
func (f *form) repair(action string) error {
	field, rest, _ := strings.Cut(action, ":")
	index, value, _ := strings.Cut(rest, ":")
	if list := f.list(field); list != nil {
		i, err := strconv.Atoi(index)
		if err != nil || i < 0 || i >= len(*list) {
			return requestError("the value to repair is not there any more")
		}
		if value == "" {
			*list = slices.Delete(slices.Clone(*list), i, i+1)
			return nil
		}
		*list = slices.Clone(*list)
		(*list)[i] = value
		return nil
	}
	if k := endpoints.PolicyKey(field); k != nil {
		if err := k.Fill(&f.Policy, texts(k.Shape(), value)); err != nil {
			return requestError(err.Error())
		}
		return nil
	}
	text := map[string]*string{"upstream": &f.Upstream, "endpoint": &f.Pattern, "name": &f.Name}[field]
	if text == nil {
		return requestError("there is no such field to repair")
	}
	*text = value
	return nil
}

// editorURL is the address of the editor of these endpoints.
func editorURL(patterns ...string) string {
	return "/endpoint?" + url.Values{"p": patterns}.Encode()
}

func policyURL(name string) string { return "/policy?" + url.Values{"name": {name}}.Encode() }
