package ui

import "net/http"

// live is the page on which the live API is asked. Its script asks the admin
// API, which takes nobody's turn while it waits for the network.
func (h *Handler) live(w http.ResponseWriter, r *http.Request) error {
	return h.show(w, r, http.StatusOK, "page_live.html", view{Title: "Check live", Nav: "endpoints", Data: r.URL.Query().Get("endpoint")})
}
