package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/concors/concors/cors/mistake"
	"github.com/concors/concors/difference"
	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/store"
)

// A Mistake is something wrong, or perhaps not as meant, in a document or
// draft.
type Mistake struct {
	endpoints.Mistake

	// Change says which change of the draft it is about, nil if none: Part is
	// "endpoints" or "policies", Index the element, Field the field in it, such
	// as "domains[2]" of a setting or "endpoint", "upstream" of an entry.
	Change *MistakePlace `json:"change,omitempty"`

	Cause string `json:"cause,omitempty"` // why it matters, in sentences
}

// A MistakePlace is a place in a draft.
type MistakePlace struct {
	Part  string          `json:"part"`
	Index int             `json:"index"`
	Field endpoints.Field `json:"field"` // as seen from the element
}

// A Judgement is what would become of a draft.
type Judgement struct {
	Revision store.Revision  `json:"revision"` // what it was compared with: [State.Revision]
	OK       bool            `json:"ok"`       // it can be saved
	Mistakes []Mistake       `json:"mistakes"` // why not
	Warnings []Mistake       `json:"warnings"` // what perhaps is not meant; only what the draft brings
	Diff     difference.Diff `json:"diff"`     // to what is live; empty unless OK
	Preview  Preview         `json:"preview"`  // of the first endpoint that the draft concerns
}

// Judge says what would become of d, without saving anything.
func (s *Service) Judge(ctx context.Context, d Draft) (Judgement, error) {
	v, err := s.view(ctx)
	if err != nil {
		return Judgement{}, err
	}
	next, err := d.apply(v.doc)
	if err != nil {
		return Judgement{}, err
	}
	if err := ctx.Err(); err != nil {
		return Judgement{}, err // the costly part begins
	}
	table, report := endpoints.Build(next.doc, s.opts.Build)
	j := Judgement{
		Revision: v.snap.Stored(), OK: report.OK(),
		Mistakes: next.explain(report.Errors()), Warnings: next.news(report.Warnings(), v.snap.Report.Warnings()),
		Diff: difference.None(), Preview: noPreview(),
	}
	if j.OK {
		if j.Diff, err = difference.Between(ctx, v.doc, next.doc); err != nil {
			return Judgement{}, err
		}
	}
	focus := next.focus(v.doc)
	if focus == "" {
		return j, nil
	}
	if j.OK {
		j.Preview = s.preview(ctx, next.doc, table, focus)
		return j, nil
	}
	// What is right is shown while the rest is still being typed.
	pruned := next.doc.Clone()
	if !prune(pruned, report.Errors()) {
		return j, nil
	}
	if table, report := endpoints.Build(pruned, s.opts.Build); report.OK() {
		j.Preview = s.preview(ctx, pruned, table, focus)
		j.Preview.Partial = true
	}
	return j, nil
}

// causes says of each code why it matters.
var causes = func() map[mistake.Code]string {
	byCode := make(map[mistake.Code]string)
	for _, m := range endpoints.Kinds() {
		byCode[m.Code] = m.Cause
	}
	return byCode
}()

// explainAll adds what there is to say to the mistakes of a document.
func explainAll(list []endpoints.Mistake) []Mistake {
	out := make([]Mistake, len(list))
	for i, m := range list {
		out[i] = Mistake{Mistake: m, Cause: causes[m.Code]}
	}
	return out
}

// explain adds what there is to say to the mistakes of a drafted document.
func (o *drafted) explain(list []endpoints.Mistake) []Mistake {
	out := explainAll(list)
	for i := range out {
		out[i].Change = o.place(out[i].Field)
	}
	return out
}

// news returns the warnings that were not there before, and those about the
// changes themselves.
func (o *drafted) news(list, before []endpoints.Mistake) []Mistake {
	type about struct {
		code           mistake.Code
		value, message string
	}
	known := make(map[about]bool)
	for _, m := range before {
		known[about{m.Code, m.Value, m.Message}] = true
	}
	return slices.DeleteFunc(o.explain(list), func(m Mistake) bool {
		return m.Change == nil && known[about{m.Code, m.Value, m.Message}]
	})
}

// focus returns the pattern of the first endpoint that the draft concerns,
// empty if there is none.
func (o *drafted) focus(live *endpoints.Document) string {
	first := -1
	for k, i := range o.entries {
		if first < 0 || i < o.entries[first] {
			first = k
		}
	}
	if first >= 0 {
		return o.doc.Endpoints[first].Endpoint
	}
	for _, e := range o.doc.Endpoints {
		if _, ok := o.names[e.CORS.Name]; ok && e.CORS.Name != "" {
			return e.Endpoint
		}
	}
	if o.draft.Document == nil {
		return ""
	}
	return difference.First(live, o.doc)
}

// prune removes from doc the values that the mistakes are about. It reports
// whether every mistake could be removed that way.
func prune(doc *endpoints.Document, mistakes []endpoints.Mistake) bool {
	type listed struct {
		list  *[]string
		index int
	}
	named := make(map[string]*endpoints.Policy, len(doc.Policies))
	for i := range doc.Policies {
		named[doc.Policies[i].Name] = &doc.Policies[i].Policy
	}
	var values []listed
	for _, m := range mistakes {
		var p *endpoints.Policy
		if k, ok := m.Field.Endpoint(); ok && m.Field.InSetting() && k < len(doc.Endpoints) {
			p = doc.Endpoints[k].CORS.Inline
		} else if name, ok := m.Field.Policy(); ok {
			p = named[name]
		}
		key := endpoints.PolicyKey(m.Field.Key())
		if p == nil || key == nil || key.Name == "allow" {
			return false
		}
		list := key.List(p)
		i, isElement := m.Field.Element()
		switch {
		case list != nil && isElement && i < len(*list):
			values = append(values, listed{list, i})
		case !isElement:
			key.Reset(p)
		default:
			return false
		}
	}
	// From the back, so that indexes stay right; a value can have two mistakes.
	slices.SortFunc(values, func(a, b listed) int { return b.index - a.index })
	done := make(map[listed]bool)
	for _, v := range values {
		if !done[v] && v.index < len(*v.list) {
			*v.list = slices.Delete(*v.list, v.index, v.index+1)
		}
		done[v] = true
	}
	return true
}

// Diff compares d with what is live. A draft with mistakes is compared as far
// as it can be understood.
func (s *Service) Diff(ctx context.Context, d Draft) (difference.Diff, error) {
	v, err := s.view(ctx)
	if err != nil {
		return difference.None(), err
	}
	next, err := d.apply(v.doc)
	if err != nil {
		return difference.None(), err
	}
	return difference.Between(ctx, v.doc, next.doc)
}

// An InvalidError refuses a draft with mistakes. It is a store.ErrInvalid.
type InvalidError struct {
	Mistakes []Mistake
}

func (e *InvalidError) Error() string {
	return fmt.Sprintf("admin: %v: %s", store.ErrInvalid, e.Mistakes[0].Mistake)
}

// Is makes e a store.ErrInvalid.
func (e *InvalidError) Is(target error) bool { return target == store.ErrInvalid }

// invalid puts the store's verdict on a draft into the words of the draft.
func (o *drafted) invalid(err error) error {
	if refused, ok := errors.AsType[*store.InvalidError](err); ok {
		return &InvalidError{Mistakes: o.explain(refused.Report.Errors())}
	}
	return err
}
