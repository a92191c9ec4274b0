package ui

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"path"
	"time"

	"github.com/concors/concors/admin"
)

//go:embed templates static
var files embed.FS

// A Handler serves the pages and their files. It is safe for concurrent use.
type Handler struct {
	service *admin.Service
	log     *slog.Logger
	mux     *http.ServeMux
	pages   map[string]*template.Template
	version string // of the static files; part of their addresses
}

// New returns the pages of s. Log hears of answers that failed; nil: nobody.
func New(s *admin.Service, log *slog.Logger) (*Handler, error) {
	if s == nil {
		return nil, errors.New("ui: the service is missing")
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	h := &Handler{service: s, log: log, mux: http.NewServeMux()}
	if err := h.load(); err != nil {
		return nil, fmt.Errorf("ui: %w", err)
	}
	h.mux.HandleFunc("GET /static/{version}/{name}", h.static)
	for pattern, serve := range map[string]func(http.ResponseWriter, *http.Request) error{
		"GET /{$}":              h.list,
		"GET /endpoint":         h.editEndpoints,
		"POST /endpoint":        h.postEndpoints,
		"GET /endpoint/new":     h.newEndpoint,
		"GET /allow":            h.allow,
		"GET /live":             h.live,
		"GET /policies":         h.policies,
		"GET /policy":           h.editPolicy,
		"GET /policy/new":       h.newPolicy,
		"POST /policy":          h.postPolicy,
		"GET /traffic":          h.traffic,
		"GET /history":          h.history,
		"POST /history/undo":    h.undo,
		"POST /history/restore": h.restore,
		"GET /file":             h.file,
		"/":                     h.missing,
	} {
		h.mux.Handle(pattern, h.orFail(serve))
	}
	return h, nil
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.mux.ServeHTTP(w, r) }

// load parses the templates and names the version of the static files.
func (h *Handler) load() error {
	sum := sha256.New()
	names, err := fs.Glob(files, "static/*")
	if err != nil {
		return err
	}
	for _, name := range names {
		data, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%s %d\n", name, len(data))
		sum.Write(data)
	}
	h.version = hex.EncodeToString(sum.Sum(nil)[:6])

	base, err := template.New("base.html").Funcs(functions).Funcs(template.FuncMap{
		"asset": func(name string) string { return "/static/" + h.version + "/" + name },
	}).ParseFS(files, "templates/base.html", "templates/part_*.html")
	if err != nil {
		return err
	}
	pages, err := fs.Glob(files, "templates/page_*.html")
	if err != nil {
		return err
	}
	h.pages = make(map[string]*template.Template, len(pages))
	for _, file := range pages {
		t, err := template.Must(base.Clone()).ParseFS(files, file)
		if err != nil {
			return err
		}
		h.pages[path.Base(file)] = t
	}
	return nil
}

// static serves a file of the pages. Its address changes with its content.
func (h *Handler) static(w http.ResponseWriter, r *http.Request) {
	data, err := files.ReadFile("static/" + r.PathValue("name"))
	if err != nil || r.PathValue("version") != h.version {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(w, r, r.PathValue("name"), time.Time{}, bytes.NewReader(data))
}

// A view is what a page shows.
type view struct {
	Title string
	Nav   string // the part of the navigation that it belongs to
	State admin.State
	Saved *savedNotice
	Data  any
	Bare  bool // without navigation and state
	Now   time.Time
}

// show writes a page. The template is run before anything is sent, so that a
// failure is an error page and not half a page.
func (h *Handler) show(w http.ResponseWriter, r *http.Request, status int, name string, v view) error {
	if !v.Bare {
		var err error
		if v.State, err = h.service.State(r.Context()); err != nil {
			return err
		}
		v.Saved = savedIn(r, v.State)
	}
	return h.write(w, r, status, name, v)
}

func (h *Handler) write(w http.ResponseWriter, r *http.Request, status int, name string, v view) error {
	v.Now = time.Now()
	body := page{ctx: r.Context()}
	if err := h.pages[name].ExecuteTemplate(&body, "base.html", v); err != nil {
		return err
	}
	head := w.Header()
	head.Set("Content-Type", "text/html; charset=utf-8")
	head.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the client has gone
	return nil
}

// maxPage is how many bytes a page has at most: many times the largest.
const maxPage = 16 << 20

// A page is a page that is being written. It takes no more when nobody waits
// for it any longer.
type page struct {
	bytes.Buffer
	ctx context.Context
}

func (p *page) Write(b []byte) (int, error) {
	switch {
	case p.ctx.Err() != nil:
		return 0, context.Cause(p.ctx)
	case p.Len()+len(b) > maxPage:
		return 0, admin.ErrBusy
	}
	return p.Buffer.Write(b)
}

// orFail is serve with an error page for what it returns.
func (h *Handler) orFail(serve func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := serve(w, r); err != nil && r.Context().Err() == nil {
			h.Fail(w, r, err)
		}
	})
}

// Fail writes the error page of err.
func (h *Handler) Fail(w http.ResponseWriter, r *http.Request, err error) {
	failure := failureOf(err)
	failure.Retry = r.Method == http.MethodGet
	failure.Address = r.URL.RequestURI()
	if failure.Status == http.StatusInternalServerError {
		h.log.Error("a page failed", "path", r.URL.Path, "error", err)
	}
	v := view{Title: failure.Title, Data: failure, Bare: true}
	if state, err := h.service.State(r.Context()); err == nil {
		v.State, v.Bare = state, false
	}
	if err := h.write(w, r, failure.Status, "page_error.html", v); err != nil {
		h.log.Error("the error page failed", "error", err)
		http.Error(w, failure.Title+".", http.StatusInternalServerError)
	}
}

// SignIn writes the sign-in page, with which the admin side answers whoever is
// not signed in. Its form posts the field token, and next if it is not empty,
// to action. Problem says what was wrong with the last attempt; empty: nothing.
func (h *Handler) SignIn(w http.ResponseWriter, r *http.Request, status int, action, next, problem string) {
	data := struct{ Action, Next, Problem string }{action, next, problem}
	if err := h.write(w, r, status, "page_signin.html", view{Title: "Sign in", Bare: true, Data: data}); err != nil {
		h.log.Error("the sign-in page failed", "error", err)
		http.Error(w, "The sign-in page failed.", http.StatusInternalServerError)
	}
}
