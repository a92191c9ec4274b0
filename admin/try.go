package admin

import (
	"context"
	"errors"
	"net/url"
	"slices"

	"github.com/concors/concors/cors/browser"
	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/explain"
	"github.com/concors/concors/internal/rehearsal"
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

// A Verdict is what the browser makes of a trial, as concors explain tells it,
// and what the API saw of it.
type Verdict struct {
	explain.Report

	Allowed  bool   `json:"allowed"`  // neither the browser nor Concors stops the call
	Ran      bool   `json:"ran"`      // the request reached the API (not only its preflight)
	Cookies  string `json:"cookies"`  // as in [Sample]: what the API got
	Endpoint string `json:"endpoint"` // pattern of the endpoint; empty: none
	Reason   string `json:"reason"`   // of Concors' refusal, else empty
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
	q, err := t.understand(baseURL(doc))
	if err != nil {
		return Verdict{}, err
	}
	stage := rehearsal.New(table)
	a := explain.OfDocument(doc, table).AskOn(ctx, q, stage)
	verdict := Verdict{
		Report: a.Report(), Allowed: a.Outcome == explain.Allowed, Ran: stage.Ran().Upstream != nil,
		Cookies: stage.Ran().Credentials(), Endpoint: stage.Last().Endpoint,
	}
	if last := stage.Last(); last.Refuses() {
		verdict.Reason = string(last.Reason)
	}
	return verdict, ctx.Err()
}

// understand puts t into the words of the browser. Relative URLs are those of
// the API at base.
func (t *Trial) understand(base *url.URL) (explain.Question, error) {
	q := explain.Question{Page: browser.Page{Origin: t.Origin}, Jar: new(browser.Cookies)}
	call := &q.Call
	call.Method, call.Credentials, call.Mode = t.Method, browser.CredentialsMode(t.Credentials), browser.Mode(t.Mode)
	var errs []error
	var ok bool
	if q.Profile, ok = byName(t.Profile, browser.Profiles()); !ok {
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
		return q, errors.Join(errs...)
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
	_ = q.Jar.Set(call.URL, cookie+"; Path=/") // without a cookie if the browser would not keep it
	return q, nil
}

var browserKinds = browser.Kinds()

// byName returns the value with the name, the first for an empty one.
func byName[T interface{ String() string }](name string, values []T) (T, bool) {
	i := slices.IndexFunc(values, func(v T) bool { return v.String() == name })
	if name == "" || i < 0 {
		return values[0], name == ""
	}
	return values[i], true
}
