package ui

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/concors/concors/admin"
	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/internal/words"
	"github.com/concors/concors/store"
)

// An editor is the page that changes the setting of one endpoint, of several
// at once, or of a policy.
type editor struct {
	Form    form
	Targets []target // endpoints that are edited; empty: a new one, or a policy
	Policy  bool     // a named policy is edited
	Old     string   // its name; empty: a new one

	Policies []admin.NamedPolicy // to choose from
	Used     *admin.NamedPolicy  // the chosen one
	UsedBy   []string            // endpoints that use the edited policy

	Judged  *admin.Judgement // nil: the draft cannot even be understood
	Issues  issues
	Problem string // why the draft cannot be understood, or was not saved
	Stale   *stale
	Verdict *admin.Verdict // of a trial
	TryFail string         // why there is none
	Sites   []string       // origins to try from
	Allowed *allowed       // the origin of "Allow this origin", if the editor was opened by that
	Removal bool           // asks whether to remove
	Fresh   bool           // nothing was typed yet

	ReadOnly, Broken bool
}

// A target is an endpoint that is edited.
type target struct {
	Pattern string
	Entry   endpoints.Entry
	Setting endpoints.Policy // in full
	Traffic admin.EndpointTraffic
}

// A stale is what somebody else did while the editor was open.
type stale struct {
	*admin.StaleError
	Reload string // address of the editor as it is now
}

// An allowed is an origin that "Allow this origin" put into the editor.
type allowed struct {
	Origin string
	Other  string // address that prepares the same for this endpoint or the whole policy
	Here   bool   // prepared for one endpoint that used a policy
	Acts   bool   // the origin is a stranger's and would send credentials
}

// One reports whether exactly one existing endpoint is edited.
func (e *editor) One() bool { return len(e.Targets) == 1 }

// Bulk reports whether several endpoints are edited.
func (e *editor) Bulk() bool { return len(e.Targets) > 1 }

// New reports whether a new endpoint is made.
func (e *editor) New() bool { return len(e.Targets) == 0 && !e.Policy }

// Title names what is edited.
func (e *editor) Title() string {
	switch {
	case e.Policy && e.Old == "":
		return "New policy"
	case e.Policy:
		return e.Old
	case e.New():
		return "New endpoint"
	case e.Bulk():
		return words.Count(len(e.Targets), "endpoint")
	}
	return e.Targets[0].Pattern
}

// Action is where the editor posts to.
func (e *editor) Action() string {
	if e.Policy {
		return "/policy"
	}
	return "/endpoint"
}

// Back is the list that the editor belongs to.
func (e *editor) Back() string {
	if e.Policy {
		return "/policies"
	}
	return "/"
}

// Self is the address of the editor as it is now.
func (e *editor) Self() string {
	switch {
	case e.Policy && e.Old == "":
		return "/policy/new"
	case e.Policy:
		return policyURL(e.Old)
	case e.New():
		return "/endpoint/new"
	}
	patterns := make([]string, len(e.Targets))
	for i, t := range e.Targets {
		patterns[i] = t.Pattern
	}
	return editorURL(patterns...)
}

// Blocked says why the draft cannot be saved; empty: it can.
func (e *editor) Blocked() string {
	switch {
	case e.ReadOnly:
		return "This Concors is read-only here."
	case e.Problem != "":
		return e.Problem
	case e.Fresh && e.Policy:
		return "Give the policy a name and its domains first."
	case e.Fresh:
		return "Say first which requests are meant."
	case e.Judged == nil:
		return ""
	case !e.Judged.OK:
		if n := e.Issues.count(); n > 1 {
			return fmt.Sprintf("%d things need a correction first.", n)
		}
		return "One thing needs a correction first."
	case e.Broken && !e.Form.Broken:
		return "The file is broken: tick the box above to replace it, or mend it first."
	case len(e.Judged.Diff.Changes) == 0 && !e.Broken && e.unchanged():
		return "Nothing to save: this is what is live."
	}
	return ""
}

// unchanged reports whether the draft writes what is there already. A change
// without any effect on websites can still be worth saving.
func (e *editor) unchanged() bool {
	if e.New() || e.Policy && e.Old == "" || e.Policy && e.Form.Name != e.Old {
		return false
	}
	return true
}

// Mixed reports whether the endpoints that are edited have different settings
// and none has been chosen yet.
func (e *editor) Mixed() bool { return e.Form.Allow == "" }

// A control is a key of the policy as the page shows it.
type control struct {
	*endpoints.Key[endpoints.Policy]
	Set     []string           // what stands in it
	Options []endpoints.Option // what there is to choose from
	Class   string             // with which settings it is shown
}

// Current is what stands in a control of one value.
func (c control) Current() string { return strings.Join(c.Set, "") }

// Choice is the key that decides which others there are.
func (e *editor) Choice() *endpoints.Key[endpoints.Policy] { return endpoints.PolicyKey("allow") }

// Controls are the controls of the keys that most people need, or of the others.
func (e *editor) Controls(rare bool) []control {
	keys := endpoints.PolicyKeys()
	var list []control
	for i := range keys {
		k := &keys[i]
		if k.Form.Rare != rare || k.Name == "allow" {
			continue
		}
		c := control{Key: k, Set: k.Texts(&e.Form.Policy), Options: k.Form.Options}
		if k.Shape() == endpoints.Lifetime {
			c.Options = lifetimes(c.Current())
		}
		if len(k.Under) < len(endpoints.PolicyKey("allow").Values) {
			c.Class = "if-" + strings.Join(k.Under, " if-")
		}
		list = append(list, c)
	}
	return list
}

// lifetimes are the lifetimes to choose from: common ones, and the one that is
// set.
func lifetimes(now string) []endpoints.Option {
	list := []endpoints.Option{
		{Value: "", Label: "not said (browsers assume 5 seconds)"}, {Value: "0", Label: "none: ask every time"},
		{Value: "1m", Label: "1 minute"}, {Value: "5m", Label: "5 minutes"}, {Value: "10m", Label: "10 minutes"},
		{Value: "1h", Label: "1 hour"}, {Value: "2h", Label: "2 hours"}, {Value: "24h", Label: "24 hours"},
	}
	if !slices.ContainsFunc(list, func(o endpoints.Option) bool { return o.Value == now }) {
		list = append(list, endpoints.Option{Value: now, Label: now})
	}
	return list
}

// MoreOpen reports whether there is something to see under "More".
func (e *editor) MoreOpen() bool {
	return e.Form.AnySender || slices.ContainsFunc(e.Controls(true), func(c control) bool {
		return len(c.Set) > 0 || len(e.Issues[c.Name]) > 0
	})
}

// understand adds to e what everything else on the page depends on.
func (h *Handler) understand(ctx context.Context, e *editor) error {
	state, err := h.service.State(ctx)
	if err != nil {
		return err
	}
	e.ReadOnly = state.ReadOnly
	e.Broken = state.Problem != nil && state.Revision != ""
	if e.Form.Base == "" {
		e.Form.Base = state.Revision
	}
	list, err := h.service.Policies(ctx)
	if err != nil {
		return err
	}
	if e.Policy {
		for _, p := range list.Policies {
			if p.Name == e.Old {
				e.UsedBy = p.UsedBy
			}
		}
	} else {
		e.Policies = list.Policies
	}
	for i := range e.Policies {
		if e.Policies[i].Name == e.Form.Use {
			e.Used = &e.Policies[i]
		}
	}
	return nil
}

// draft is the draft that the fields of e describe.
func (e *editor) draft() (admin.Draft, error) {
	d := admin.Draft{Base: e.Form.Base, ReplaceBroken: e.Form.Broken}
	if e.Form.Use == "" && e.Form.Allow == "" {
		return d, requestError("choose a setting first")
	}
	p := e.Form.setting()
	if e.Policy {
		c := admin.PolicyChange{Name: e.Old, Policy: &p}
		if e.Old == "" {
			c.Name = e.Form.Name
		} else if e.Form.Name != e.Old {
			c.Rename = e.Form.Name
		}
		d.Policies = []admin.PolicyChange{c}
		return d, nil
	}
	if e.New() {
		entry := e.Form.entry(e.settingFor(p, endpoints.Entry{}))
		d.Endpoints = []admin.EndpointChange{{Entry: &entry}}
		return d, nil
	}
	for _, t := range e.Targets {
		set := e.settingFor(p, t.Entry)
		c := admin.EndpointChange{Pattern: t.Pattern, Setting: &set}
		if e.One() {
			if entry := e.Form.entry(set); !sameRoute(entry, t.Entry) {
				c.Setting, c.Entry = nil, &entry
			}
		}
		d.Endpoints = append(d.Endpoints, c)
	}
	return d, nil
}

// settingFor is what stands at cors of an entry: a name, a policy in place, or
// nothing at all where that says the same and nothing is written so far.
func (e *editor) settingFor(p endpoints.Policy, was endpoints.Entry) endpoints.Setting {
	if e.Form.Use != "" {
		return endpoints.Setting{Name: e.Form.Use}
	}
	if was.CORS.Inline == nil && p.Equal(endpoints.Policy{}) {
		return endpoints.Setting{}
	}
	return endpoints.Setting{Inline: &p}
}

// sameRoute reports whether both entries say the same beside their settings.
func sameRoute(a, b endpoints.Entry) bool {
	a.CORS, b.CORS = endpoints.Setting{}, endpoints.Setting{}
	return a.Equal(b)
}

// judge asks what would become of the draft.
func (h *Handler) judge(ctx context.Context, e *editor) error {
	if e.Mixed() && e.Form.Use == "" {
		e.Problem = "Choose a setting for these endpoints first."
		return nil
	}
	d, err := e.draft()
	if err == nil {
		var j admin.Judgement
		if j, err = h.service.Judge(ctx, d); err == nil {
			e.Judged, e.Issues = &j, sorted(j)
			return nil
		}
	}
	input, ok := errors.AsType[*admin.InputError](err)
	if ok {
		e.Problem = words.Sentence(input.Message)
		return nil
	}
	return err
}

// showEditor writes the page of e.
func (h *Handler) showEditor(w http.ResponseWriter, r *http.Request, status int, e *editor) error {
	if err := h.understand(r.Context(), e); err != nil {
		return err
	}
	if !e.Fresh && e.Problem == "" {
		if err := h.judge(r.Context(), e); err != nil {
			return err
		}
	}
	e.prepareTry()
	nav := "endpoints"
	if e.Policy {
		nav = "policies"
	}
	return h.show(w, r, status, "page_editor.html", view{Title: e.Title(), Nav: nav, Data: e})
}

// post does what the pressed button of an editor says.
func (h *Handler) post(w http.ResponseWriter, r *http.Request, e *editor) error {
	action := r.PostForm.Get("action")
	// Answers to the question what to do about somebody else's save.
	for again, name := range map[string]string{"save": "merge", "remove": "merge_remove"} {
		if current := r.PostForm.Get(name); current != "" {
			e.Form.Base, action = store.Revision(current), again
		}
	}
	if repair, ok := strings.CutPrefix(action, "repair:"); ok {
		if err := e.Form.repair(repair); err != nil {
			return err
		}
		action = "check"
	}
	switch action {
	case "check":
		return h.showEditor(w, r, http.StatusOK, e)
	case "try":
		if err := h.try(r.Context(), e); err != nil {
			return err
		}
		return h.showEditor(w, r, http.StatusOK, e)
	case "save":
		return h.save(w, r, e)
	case "ask-remove":
		e.Removal = true
		return h.showEditor(w, r, http.StatusOK, e)
	case "remove":
		return h.remove(w, r, e)
	}
	return requestError(fmt.Sprintf("there is no action %q", action))
}

// save saves the draft and leads to what became of it, or shows the editor
// again with what is in the way.
func (h *Handler) save(w http.ResponseWriter, r *http.Request, e *editor) error {
	if e.Form.Use == "" && e.Mixed() {
		return h.showEditor(w, r, http.StatusUnprocessableEntity, e)
	}
	d, err := e.draft()
	if err != nil {
		return err
	}
	saved, err := h.service.Save(r.Context(), d)
	if err != nil {
		return h.notSaved(w, r, e, err)
	}
	switch {
	case e.Policy:
		e.Old = e.Form.Name
	case e.New():
		e.Targets = []target{{Pattern: e.Form.Pattern}}
	case e.One() && e.Form.Pattern != "":
		e.Targets[0].Pattern = e.Form.Pattern
	}
	to := e.Self()
	if e.Bulk() {
		to = "/"
	}
	return redirectSaved(w, r, to, saved)
}

// remove removes what is edited.
func (h *Handler) remove(w http.ResponseWriter, r *http.Request, e *editor) error {
	d := admin.Draft{Base: e.Form.Base, ReplaceBroken: e.Form.Broken}
	if e.Policy {
		d.Policies = []admin.PolicyChange{{Name: e.Old, Remove: true}}
	}
	for _, t := range e.Targets {
		d.Endpoints = append(d.Endpoints, admin.EndpointChange{Pattern: t.Pattern, Remove: true})
	}
	saved, err := h.service.Save(r.Context(), d)
	if err != nil {
		return h.notSaved(w, r, e, err)
	}
	return redirectSaved(w, r, e.Back(), saved)
}

// notSaved shows the editor again with what is in the way of a save.
func (h *Handler) notSaved(w http.ResponseWriter, r *http.Request, e *editor, err error) error {
	staleErr, isStale := errors.AsType[*admin.StaleError](err)
	invalid, isInvalid := errors.AsType[*admin.InvalidError](err)
	input, isInput := errors.AsType[*admin.InputError](err)
	switch {
	case isStale:
		e.Stale = &stale{StaleError: staleErr, Reload: e.Self()}
		e.Removal = r.PostForm.Get("action") == "remove"
		return h.showEditor(w, r, http.StatusConflict, e)
	case isInvalid:
		if r.PostForm.Get("action") == "remove" {
			e.Problem = "It cannot be removed: " + invalid.Mistakes[0].Message + "."
		}
		return h.showEditor(w, r, http.StatusUnprocessableEntity, e)
	case errors.Is(err, admin.ErrBroken):
		return h.showEditor(w, r, http.StatusConflict, e)
	case errors.Is(err, store.ErrReadOnly), errors.Is(err, store.ErrLocked):
		f := failureOf(err)
		e.Problem = "Nothing was saved. " + f.Reason
		return h.showEditor(w, r, f.Status, e)
	case isInput:
		e.Problem = words.Sentence(input.Message)
		return h.showEditor(w, r, http.StatusUnprocessableEntity, e)
	}
	return err
}

// find makes targets of patterns.
func (h *Handler) find(ctx context.Context, patterns []string) ([]target, error) {
	if len(patterns) > maxTargets {
		return nil, requestError(fmt.Sprintf("these are more than %d endpoints", maxTargets))
	}
	patterns = slices.Clone(patterns)
	if len(patterns) == 1 {
		d, err := h.service.Endpoint(ctx, patterns[0])
		if err != nil {
			return nil, err
		}
		return []target{{patterns[0], d.Entry, d.Endpoint.Setting, d.Endpoint.Traffic}}, nil
	}
	// Several come from the list, so one look at the document finds all.
	list, err := h.service.Endpoints(ctx, admin.EndpointQuery{Limit: maxTargets})
	if err != nil {
		return nil, err
	}
	doc, err := h.service.Document(ctx)
	if err != nil {
		return nil, err
	}
	entries := make(map[string]endpoints.Entry, len(doc.Document.Endpoints))
	for _, e := range doc.Document.Endpoints {
		entries[e.Endpoint] = e
	}
	rows := make(map[string]*admin.Endpoint, len(list.Endpoints))
	for i := range list.Endpoints {
		rows[list.Endpoints[i].Pattern] = &list.Endpoints[i]
	}
	var found []target
	there := make(map[string]bool)
	for _, p := range patterns {
		row := rows[p]
		if row == nil {
			return nil, fmt.Errorf("admin: %w: %q", admin.ErrUnknownEndpoint, p)
		}
		if !there[p] {
			there[p] = true
			found = append(found, target{p, entries[p], row.Setting, row.Traffic})
		}
	}
	return found, nil
}
