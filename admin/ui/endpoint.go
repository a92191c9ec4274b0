package ui

import (
	"net/http"

	"github.com/concors/concors/endpoints"
)

// editEndpoints opens the editor of the endpoints p.
func (h *Handler) editEndpoints(w http.ResponseWriter, r *http.Request) error {
	patterns := r.URL.Query()["p"]
	if len(patterns) == 0 {
		return requestError("no endpoint was chosen: tick some in the list first")
	}
	targets, err := h.find(r.Context(), patterns)
	if err != nil {
		return err
	}
	e := &editor{Targets: targets}
	first := targets[0]
	e.Form.fill(first.Setting)
	e.Form.Use = first.Entry.CORS.Name
	if e.One() {
		e.Form.fillEntry(first.Entry)
	}
	for _, t := range targets[1:] {
		if !t.Setting.Equal(first.Setting) || t.Entry.CORS.Name != first.Entry.CORS.Name {
			e.Form = form{}
			break
		}
	}
	if e.Form.Allow == endpoints.AllowNone || e.Form.Allow == "" {
		e.Form.prefill()
	}
	return h.showEditor(w, r, http.StatusOK, e)
}

// newEndpoint opens the editor of an endpoint that is not there yet.
func (h *Handler) newEndpoint(w http.ResponseWriter, r *http.Request) error {
	e := &editor{}
	e.Form.Allow = endpoints.AllowNone
	e.Form.prefill()
	e.Fresh = true
	return h.showEditor(w, r, http.StatusOK, e)
}

// postEndpoints takes what the editor of endpoints posts.
func (h *Handler) postEndpoints(w http.ResponseWriter, r *http.Request) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	e := &editor{Form: f}
	if patterns := r.PostForm["p"]; len(patterns) > 0 {
		if e.Targets, err = h.find(r.Context(), patterns); err != nil {
			return err
		}
	}
	return h.post(w, r, e)
}

// allow opens the editor with the draft that lets an origin in: at the endpoint
// alone, unless its whole policy is asked for.
func (h *Handler) allow(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	pattern, origin, here := q.Get("endpoint"), q.Get("origin"), q.Get("whole") == ""
	d, err := h.service.AllowOrigin(r.Context(), pattern, origin, here)
	if err != nil {
		return err
	}
	targets, err := h.find(r.Context(), []string{pattern})
	if err != nil {
		return err
	}
	shared := targets[0].Entry.CORS.Name
	e := &editor{Allowed: &allowed{Origin: origin, Here: here && shared != ""}}
	e.Form.Base = d.Base
	if len(d.Policies) > 0 {
		e.Policy, e.Old, e.Form.Name = true, d.Policies[0].Name, d.Policies[0].Name
		e.Form.fill(*d.Policies[0].Policy)
		e.Allowed.Other = allowURL(pattern, origin)
	} else {
		e.Targets = targets
		e.Form.fill(*d.Endpoints[0].Setting.Inline)
		e.Form.fillEntry(targets[0].Entry)
		if shared != "" {
			e.Allowed.Other = allowURL(pattern, origin) + "&whole=1"
		}
	}
	if targets[0].Setting.Allow == endpoints.AllowNone {
		e.Form.prefill()
	}
	own, err := h.service.LooksOwn(r.Context(), origin)
	if err != nil {
		return err
	}
	e.Allowed.Acts = e.Form.Credentials && !own
	e.Form.Try.Origin = origin
	return h.showEditor(w, r, http.StatusOK, e)
}
