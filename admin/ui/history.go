package ui

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/concors/concors/admin"
	"github.com/concors/concors/store"
)

// A historyPage is the page of revisions.
type historyPage struct {
	admin.History
	Stale *admin.StaleError // somebody saved before the button was pressed
	Limit int
}

func (h *Handler) history(w http.ResponseWriter, r *http.Request) error {
	return h.showHistory(w, r, http.StatusOK, nil)
}

func (h *Handler) showHistory(w http.ResponseWriter, r *http.Request, status int, stale *admin.StaleError) error {
	limit := 20
	if r.URL.Query().Get("all") != "" {
		limit = store.HistoryLen
	}
	list, err := h.service.History(r.Context(), limit)
	if err != nil {
		return err
	}
	return h.show(w, r, status, "page_history.html", view{
		Title: "History", Nav: "history", Data: historyPage{History: list, Stale: stale, Limit: limit},
	})
}

// undo goes back to the revision before.
func (h *Handler) undo(w http.ResponseWriter, r *http.Request) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	saved, err := h.service.Undo(r.Context(), f.Base)
	return h.wentBack(w, r, saved, err)
}

// restore goes back to any revision.
func (h *Handler) restore(w http.ResponseWriter, r *http.Request) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	saved, err := h.service.Restore(r.Context(), store.Revision(r.PostForm.Get("revision")), f.Base)
	return h.wentBack(w, r, saved, err)
}

func (h *Handler) wentBack(w http.ResponseWriter, r *http.Request, saved admin.Saved, err error) error {
	if stale, ok := errors.AsType[*admin.StaleError](err); ok {
		return h.showHistory(w, r, http.StatusConflict, stale)
	}
	if err != nil {
		return err
	}
	to := r.PostForm.Get("to")
	if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.Contains(to, `\`) {
		to = "/history"
	}
	return redirectSaved(w, r, to, saved)
}

// A savedNotice says that what somebody has just saved is in force.
type savedNotice struct {
	Enforced bool
	CanUndo  bool
	Here     string // the page without the notice
}

// redirectSaved leads to a page that says what became of a save.
func redirectSaved(w http.ResponseWriter, r *http.Request, to string, saved admin.Saved) error {
	u, err := url.Parse(to)
	if err != nil {
		return err
	}
	q := u.Query()
	q.Set("saved", string(saved.Revision))
	q.Set("enforced", strconv.FormatBool(saved.Enforced))
	if saved.Revision == saved.Previous {
		q.Set("same", "1")
	}
	u.RawQuery = q.Encode()
	http.Redirect(w, r, u.String(), http.StatusSeeOther)
	return nil
}

// savedIn reads what redirectSaved wrote. The notice goes away when something
// else is live.
func savedIn(r *http.Request, state admin.State) *savedNotice {
	q := r.URL.Query()
	saved := store.Revision(q.Get("saved"))
	if r.Method != http.MethodGet || saved == "" || saved != state.Revision {
		return nil
	}
	n := &savedNotice{Enforced: q.Get("enforced") == "true", CanUndo: q.Get("same") == "" && !state.ReadOnly}
	q.Del("saved")
	q.Del("enforced")
	q.Del("same")
	n.Here = r.URL.Path
	if len(q) > 0 {
		n.Here += "?" + q.Encode()
	}
	return n
}

// How much of a document is shown: more is no reading.
const (
	maxFileBytes = 256 << 10
	maxFileLines = 20_000
)

// A fileLine is a line of the document.
type fileLine struct {
	Text  string
	Wrong bool // a mistake points at it
}

// file shows the document as it is stored.
func (h *Handler) file(w http.ResponseWriter, r *http.Request) error {
	doc, err := h.service.Document(r.Context())
	if err != nil {
		return err
	}
	state, err := h.service.State(r.Context())
	if err != nil {
		return err
	}
	text, cut := doc.Text, false
	if len(text) > maxFileBytes {
		text, cut = strings.ToValidUTF8(text[:maxFileBytes], ""), true
	}
	var data struct {
		Lines []fileLine
		Cut   bool
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		if len(data.Lines) == maxFileLines {
			cut = true
			break
		}
		data.Lines = append(data.Lines, fileLine{Text: line})
	}
	data.Cut = cut
	if state.Problem != nil {
		for _, m := range state.Problem.Mistakes {
			if 0 < m.Line && m.Line <= len(data.Lines) {
				data.Lines[m.Line-1].Wrong = true
			}
		}
	}
	return h.show(w, r, http.StatusOK, "page_file.html", view{Title: "The document", Nav: "history", Data: data})
}
