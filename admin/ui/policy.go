package ui

import (
	"fmt"
	"net/http"

	"github.com/concors/concors/admin"
	"github.com/concors/concors/endpoints"
)

// policies shows the named policies.
func (h *Handler) policies(w http.ResponseWriter, r *http.Request) error {
	list, err := h.service.Policies(r.Context())
	if err != nil {
		return err
	}
	return h.show(w, r, http.StatusOK, "page_policies.html", view{Title: "Policies", Nav: "policies", Data: list})
}

// editPolicy opens the editor of a named policy.
func (h *Handler) editPolicy(w http.ResponseWriter, r *http.Request) error {
	name := r.URL.Query().Get("name")
	list, err := h.service.Policies(r.Context())
	if err != nil {
		return err
	}
	for _, p := range list.Policies {
		if p.Name != name {
			continue
		}
		e := &editor{Policy: true, Old: name}
		e.Form.Name = name
		e.Form.fill(p.Policy)
		if e.Form.Allow == endpoints.AllowNone {
			e.Form.prefill()
		}
		return h.showEditor(w, r, http.StatusOK, e)
	}
	return fmt.Errorf("admin: %w: %q", admin.ErrUnknownPolicy, name)
}

// newPolicy opens the editor of a policy that is not there yet.
func (h *Handler) newPolicy(w http.ResponseWriter, r *http.Request) error {
	e := &editor{Policy: true}
	e.Form.Allow = endpoints.AllowSelected
	e.Form.prefill()
	e.Fresh = true
	return h.showEditor(w, r, http.StatusOK, e)
}

// postPolicy takes what the editor of a policy posts.
func (h *Handler) postPolicy(w http.ResponseWriter, r *http.Request) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	return h.post(w, r, &editor{Form: f, Policy: true, Old: r.PostForm.Get("old")})
}
