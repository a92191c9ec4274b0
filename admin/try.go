package admin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/browser"
	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/internal/plain"
	"github.com/concors/concors/internal/words"
)

// A Trial is a call that a page makes.
type Trial struct {
	// Draft is what to try it on. Nil: what is live.
	Draft *Draft `json:"draft,omitempty"`

	Origin      string        `json:"origin"`                // of the page: https://docs.example.com
	Kind        string        `json:"kind,omitempty"`        // as browser.Kind.String; empty: fetch
	Method      string        `json:"method,omitempty"`      // empty: GET
	URL         string        `json:"url"`                   // absolute, or a path of the API
	Headers     []HeaderField `json:"headers,omitempty"`     // that the page sets
	Body        string        `json:"body,omitempty"`        // sent as text, or as a form by a form
	Credentials string        `json:"credentials,omitempty"` // omit, same-origin, include; empty: the default of the kind
	Mode        string        `json:"mode,omitempty"`        // empty: the default of the kind
	Profile     string        `json:"profile,omitempty"`     // standard, chromium, firefox, webkit; empty: standard
}

// A Verdict is what the browser makes of a trial.
type Verdict struct {
	Allowed     bool       `json:"allowed"`     // neither the browser nor Concors stops the call
	Summary     string     `json:"summary"`     // in one line
	Ran         bool       `json:"ran"`         // the request reached the API (not only its preflight)
	Credentials string     `json:"credentials"` // as in [Sample]: what the API got
	Endpoint    string     `json:"endpoint"`    // pattern of the endpoint; empty: none
	Reason      string     `json:"reason"`      // of Concors' refusal, else empty
	Steps       []Step     `json:"steps"`       // the story, one line each
	Notes       []string   `json:"notes"`
	Exchanges   []Exchange `json:"exchanges"` // what goes over the wire

	// Blocked explains the browser's step that failed. Nil: none did.
	Blocked *Blocked `json:"blocked"`
}

// A Step is one line of the story.
type Step struct {
	OK   bool   `json:"ok"`
	Text string `json:"text"`
	Spec string `json:"spec"` // address of the section that says so
}

// An Exchange is a request on the wire and its answer.
type Exchange struct {
	Preflight bool          `json:"preflight"`
	Method    string        `json:"method"`
	URL       string        `json:"url"`
	Request   []HeaderField `json:"request"`
	Status    int           `json:"status"`
	Response  []HeaderField `json:"response"`
}

// Blocked is why a call fails.
type Blocked struct {
	Code    browser.Code      `json:"code"`
	Explain string            `json:"explain"`
	Setting string            `json:"setting"` // what to change in the document; empty if nothing helps
	Page    string            `json:"page"`    // what to change in the page; empty if nothing
	Console map[string]string `json:"console"` // chromium, firefox, webkit: what their consoles say
}

// Try makes the call of t in a model of a browser, against the gateway's own
// decisions and an API that answers 200 to everything.
func (s *Service) Try(ctx context.Context, t Trial) (Verdict, error) {
	v, err := s.view(ctx)
	if err != nil {
		return Verdict{}, err
	}
	doc, table := v.doc, v.snap.Table
	if t.Draft != nil {
		next, err := t.Draft.apply(v.doc)
		if err != nil {
			return Verdict{}, err
		}
		built, report := endpoints.Build(next.doc, s.opts.Build)
		if !report.OK() {
			return Verdict{}, &InvalidError{Mistakes: next.explain(report.Errors())}
		}
		doc, table = next.doc, built
	}
	if table == nil {
		return Verdict{}, &InputError{Field: "draft", Message: "there is no document to try it on"}
	}
	b, page, call, err := t.understand(baseURL(doc))
	if err != nil {
		return Verdict{}, err
	}
	bench := &trialBench{bench: newBench(table)}
	return bench.verdict(b.Fetch(ctx, page, call, bench)), nil
}

// understand puts t into the words of the browser. Relative URLs are those of
// the API at base.
func (t *Trial) understand(base *url.URL) (*browser.Browser, browser.Page, browser.Call, error) {
	b := &browser.Browser{Cookies: new(browser.Cookies)}
	call := browser.Call{
		Method: t.Method, Credentials: browser.CredentialsMode(t.Credentials), Mode: browser.Mode(t.Mode),
	}
	var errs []error
	var ok bool
	if b.Profile, ok = byName(t.Profile, browser.Profiles()); !ok {
		errs = append(errs, &InputError{Field: "profile", Value: t.Profile, Message: "a profile is one of standard, chromium, firefox and webkit"})
	}
	if call.Kind, ok = byName(t.Kind, browserKinds); !ok {
		errs = append(errs, &InputError{Field: "kind", Value: t.Kind, Message: "this is not a kind of call"})
	}
	u, err := base.Parse(t.URL)
	if err != nil || t.URL == "" {
		errs = append(errs, &InputError{Field: "url", Value: t.URL, Message: "this is not an address or path of the API"})
	}
	if len(errs) > 0 {
		return nil, browser.Page{}, call, errors.Join(errs...)
	}
	call.URL = u.String()
	for _, h := range t.Headers {
		call.Headers = append(call.Headers, browser.HeaderField{Name: h.Name, Value: h.Value})
	}
	if t.Body != "" {
		call.Body = browser.Body{Kind: browser.Text, Data: []byte(t.Body)}
		if call.Kind == browser.Form {
			call.Body.Kind = browser.URLSearchParams
		}
	}
	// The visitor is logged in, with a cookie that may travel.
	cookie := exampleCookie
	if u.Scheme == "https" {
		cookie += "; SameSite=None; Secure"
	}
	_ = b.Cookies.Set(call.URL, cookie+"; Path=/") // without a cookie if the browser would not keep it
	return b, browser.Page{Origin: t.Origin}, call, nil
}

var browserKinds = func() []browser.Kind {
	var kinds []browser.Kind
	for k := browser.FetchAPI; k <= browser.Navigation; k++ {
		kinds = append(kinds, k)
	}
	return kinds
}()

// byName returns the value with the name, the first for an empty one.
func byName[T interface{ String() string }](name string, values []T) (T, bool) {
	i := slices.IndexFunc(values, func(v T) bool { return v.String() == name })
	if name == "" || i < 0 {
		return values[0], name == ""
	}
	return values[i], true
}

// A trialBench is a bench that remembers what became of the request itself, as
// opposed to its preflight.
type trialBench struct {
	*bench
	last seen // of the last request
	ran  seen // of the last one that reached the API
}

// RoundTrip implements http.RoundTripper.
func (b *trialBench) RoundTrip(r *http.Request) (*http.Response, error) {
	_, preflight := cors.Preflight(r)
	res, err := b.bench.RoundTrip(r)
	b.last = b.seen
	if b.seen.upstream != nil && !preflight {
		b.ran = b.seen
	}
	return res, err
}

func (b *trialBench) verdict(res *browser.Result) Verdict {
	v := Verdict{
		Allowed: res.Allowed(), Summary: plain.Text(words.Upper(res.Verdict())) + ".", Ran: b.ran.upstream != nil,
		Credentials: b.ran.credentials(), Endpoint: b.last.pattern,
		Steps: []Step{}, Notes: []string{}, Exchanges: []Exchange{},
	}
	if d := b.last.decision; d != nil && d.verdict == cors.Refuse && !d.observed {
		v.Reason = string(d.reason)
		if v.Allowed { // nothing for the browser to check: a form, an image
			v.Allowed, v.Summary = false, "Sent, and refused before it runs: "+reasonText(d.reason)+"."
		}
	}
	for _, step := range res.Steps {
		v.Steps = append(v.Steps, Step{OK: step.OK, Text: plain.Text(step.Text()), Spec: step.SectionURL()})
	}
	for _, note := range res.Notes {
		v.Notes = append(v.Notes, plain.Text(note.Text()))
	}
	for i := range res.Exchanges {
		x := &res.Exchanges[i]
		v.Exchanges = append(v.Exchanges, Exchange{
			Preflight: x.Preflight, Method: plain.Text(x.Method), URL: plain.Text(x.URL), Status: x.Status,
			Request: headerFields(x.Header), Response: headerFields(x.ResponseHeader),
		})
	}
	if f := res.Blocked; f != nil {
		repair := f.Repair()
		v.Blocked = &Blocked{
			Code: f.Code, Explain: plain.Text(f.Explain()), Setting: plain.Text(repair.Setting), Page: plain.Text(repair.Page),
			Console: map[string]string{
				"chromium": plain.Text(f.Chromium().Text), "firefox": plain.Text(f.Firefox().Text), "webkit": plain.Text(f.WebKit().Text),
			},
		}
	}
	return v
}

// headerFields returns the lines of h, by name.
func headerFields(h http.Header) []HeaderField {
	out := []HeaderField{}
	for name, lines := range h {
		for _, line := range lines {
			out = append(out, HeaderField{plain.Text(name), plain.Text(line)})
		}
	}
	slices.SortStableFunc(out, func(a, b HeaderField) int { return strings.Compare(a.Name, b.Name) })
	return out
}
