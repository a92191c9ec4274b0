package ui

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/concors/concors/admin"
	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/internal/words"
)

// prepareTry fills the fields of "Try a request" that are empty.
func (e *editor) prepareTry() {
	f := &e.Form.Try
	for _, d := range e.setting().Domains {
		if !strings.Contains(d, "*") {
			e.Sites = append(e.Sites, d)
		}
	}
	e.Sites = append(e.Sites, "https://evil.example")
	if len(e.Sites) > 20 {
		e.Sites = e.Sites[:20]
	}
	if f.Origin == "" {
		f.Origin = e.Sites[0]
	}
	if f.Kind == "" {
		f.Kind = "fetch"
		f.Credentials = e.setting().Credentials
	}
	if f.Method == "" {
		f.Method = http.MethodGet
		if m := methodOf(e.example()); m != "" {
			f.Method = m
		} else if len(e.Form.Methods) > 0 {
			f.Method = e.Form.Methods[0]
		}
		f.JSON = !slices.Contains([]string{"GET", "HEAD", "DELETE"}, f.Method)
	}
}

// setting is what the fields describe, or the chosen policy.
func (e *editor) setting() endpoints.Policy {
	if e.Used != nil {
		return e.Used.Policy
	}
	p := e.Form.setting()
	return p
}

// example is the pattern of an endpoint that the draft concerns.
func (e *editor) example() string {
	switch {
	case e.Policy && len(e.UsedBy) > 0:
		return e.UsedBy[0]
	case e.Policy:
		return ""
	case e.Form.Pattern != "" && !e.Bulk():
		return e.Form.Pattern
	case len(e.Targets) > 0:
		return e.Targets[0].Pattern
	}
	return ""
}

// try makes the call that the fields of "Try a request" describe.
func (h *Handler) try(ctx context.Context, e *editor) error {
	if err := h.understand(ctx, e); err != nil {
		return err
	}
	if err := h.judge(ctx, e); err != nil {
		return err
	}
	e.prepareTry()
	if e.Judged == nil || !e.Judged.OK {
		e.TryFail = "Correct the marked values first: a draft with mistakes cannot be tried."
		return nil
	}
	d, err := e.draft()
	if err != nil {
		return err
	}
	f := e.Form.Try
	t := admin.Trial{Draft: &d, Origin: f.Origin, Kind: f.Kind, Method: f.Method, URL: e.Judged.Preview.URL}
	if f.Kind == "form" {
		t.Method, t.Body = http.MethodPost, "field=value"
	}
	if f.Kind == "image" {
		t.Method = ""
	}
	if f.Kind == "fetch" {
		t.Credentials = "omit"
		if f.Credentials {
			t.Credentials = "include"
		}
		if f.JSON && f.Method != http.MethodGet && f.Method != http.MethodHead {
			t.Headers = append(t.Headers, admin.HeaderField{Name: "Content-Type", Value: "application/json"})
			t.Body = "{}"
		}
	}
	v, err := h.service.Try(ctx, t)
	if input, ok := errors.AsType[*admin.InputError](err); ok {
		e.TryFail = words.Sentence(input.Message)
		return nil
	}
	if err != nil {
		return err
	}
	e.Verdict = &v
	return nil
}
