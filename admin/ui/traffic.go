package ui

import (
	"net/http"
	"net/url"

	"github.com/concors/concors/admin"
)

// A trafficPage is the page of traffic.
type trafficPage struct {
	admin.Traffic
	Show   string // outcome; empty: refused and observed
	Recent []admin.Decision
}

// traffic shows what foreign websites did lately.
func (h *Handler) traffic(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	show := q.Get("show")
	switch show {
	case "", "refused", "observed", "allowed":
	default:
		show = ""
	}
	t, err := h.service.Traffic(r.Context(), admin.TrafficQuery{
		Outcome: show, Endpoint: q.Get("endpoint"), Origin: q.Get("origin"), Limit: 100,
	})
	if err != nil {
		return err
	}
	recent, err := h.service.Decisions(r.Context())
	if err != nil {
		return err
	}
	d := trafficPage{Traffic: t, Show: show, Recent: recent[:min(len(recent), 12)]}
	return h.show(w, r, http.StatusOK, "page_traffic.html", view{Title: "Traffic", Nav: "traffic", Data: d})
}

// allowURL is the address that prepares a draft which lets an origin in.
func allowURL(endpoint, origin string) string {
	return "/allow?" + url.Values{"endpoint": {endpoint}, "origin": {origin}}.Encode()
}
