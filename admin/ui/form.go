package ui

import (
	"fmt"
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

	Use         string // name of a policy; empty: the fields below
	Allow       string // empty: not chosen yet
	Domains     []string
	Headers     []string
	Expose      []string
	Cache       string // a duration; empty: not said
	Credentials bool
	Embed       string
	Senders     []string
	AnySender   bool
	Observe     bool

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
		Use: get("use"), Allow: get("allow"),
		Domains: values(get("domains")), Headers: values(get("headers")), Expose: values(get("expose")),
		Cache: get("cache"), Credentials: get("credentials") != "", Embed: get("embed"),
		Senders: values(get("senders")), AnySender: get("any_sender") != "", Observe: get("observe") != "",
		Pattern: get("pattern"), Upstream: get("upstream"), Methods: values(get("methods")),
		EncodedPaths: get("encoded_paths") != "", Name: get("name"),
		Try: tryForm{
			Origin: get("try_origin"), Method: get("try_method"), Kind: get("try_kind"),
			Credentials: get("try_credentials") != "", JSON: get("try_json") != "",
		},
	}
	return f, nil
}

// fill puts a policy into the fields.
func (f *form) fill(p endpoints.Policy) {
	f.Allow = p.Allow
	if f.Allow == "" {
		f.Allow = endpoints.AllowNone
	}
	f.Domains, f.Headers, f.Expose = p.Domains, p.Headers, p.Expose
	f.Credentials, f.Cache, f.Embed, f.Observe = p.Credentials, p.Cache.String(), p.Embed, p.ObserveOnly
	f.Senders = p.Senders
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
	if f.Cache == "" {
		f.Cache = endpoints.Duration(5 * time.Minute).String()
	}
}

// setting is the policy that the fields describe.
func (f *form) setting() (endpoints.Policy, error) {
	p := endpoints.Policy{Allow: f.Allow, Embed: f.Embed, ObserveOnly: f.Observe}
	if f.Allow == endpoints.AllowAll || f.Allow == endpoints.AllowSelected {
		p.Headers, p.Expose = f.Headers, f.Expose
		cache, err := lifetime(f.Cache)
		if err != nil {
			return p, err
		}
		p.Cache = cache
	}
	if f.Allow == endpoints.AllowSelected {
		p.Domains, p.Credentials = f.Domains, f.Credentials
	}
	if f.Allow != endpoints.AllowAll {
		p.Senders = f.Senders
		if f.AnySender {
			p.Senders = endpoints.Senders{cors.AnySender}
		}
	}
	return p, nil
}

func lifetime(s string) (endpoints.Duration, error) {
	if s == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(s)
	switch {
	case err != nil || d < 0:
		return 0, requestError(fmt.Sprintf("%q is not a cache lifetime", s))
	case d == 0:
		return endpoints.Duration(cors.NoCache), nil
	}
	return endpoints.Duration(d), nil
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
	return map[string]*[]string{
		"domains": &f.Domains, "headers": &f.Headers, "expose": &f.Expose, "senders": &f.Senders, "methods": &f.Methods,
	}[name]
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
	text := map[string]*string{
		"upstream": &f.Upstream, "endpoint": &f.Pattern, "cache": &f.Cache, "name": &f.Name,
	}[field]
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
