package api

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/concors/concors/admin"
	"github.com/concors/concors/endpoints/route"
)

// Pages is the web UI. As an http.Handler it gets every request that is not the
// API's: GET below /static/ from everybody, all else only from those who are
// logged in. Every answer already carries the security headers; Cache-Control
// may be replaced on static files.
//
// Logging in is the handler's: it sends who is not logged in to /login, takes
// POST /login (form fields token and next) and POST /logout.
type Pages interface {
	http.Handler

	// SignIn writes the sign-in page. Its form posts the field token, and next
	// if it is not empty, to action. Problem says what was wrong with the last
	// attempt; empty: nothing.
	SignIn(w http.ResponseWriter, r *http.Request, status int, action, next, problem string)

	// Fail writes a page that says why there is none: an error of the service.
	Fail(w http.ResponseWriter, r *http.Request, err error)
}

// noPages is for an API without a UI.
type noPages struct{}

func (noPages) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	newProblem(ReasonNotFound, "").write(w)
}

func (noPages) SignIn(w http.ResponseWriter, _ *http.Request, status int, _, _, problem string) {
	p := newProblem(ReasonUnauthorized, problem)
	p.Status = status
	p.write(w)
}

func (noPages) Fail(w http.ResponseWriter, _ *http.Request, err error) { ProblemOf(err).write(w) }

// Options are what a [Handler] is made of.
type Options struct {
	Service *admin.Service // required
	Auth    *Auth          // required

	// Pages is the web UI. Nil: there are no pages.
	Pages Pages

	// Log hears of questions that cannot be answered. Nil: nobody.
	Log *slog.Logger

	// Insecure says that browsers reach the admin side over plain http beyond
	// loopback. They then send no Sec-Fetch-Site, so that the origin of our
	// own forms must not be hidden from us.
	Insecure bool
}

// A Handler serves the admin API and the pages. It must stand behind the checks
// of the gateway's admin listener, which refuse other origins' pages and
// foreign host names; everything else that the admin side needs is here.
type Handler struct {
	service *admin.Service
	auth    *Auth
	pages   Pages
	log     *slog.Logger
	mux     *http.ServeMux
	referer string
	bounds  *bounds
	feeds   atomic.Int32 // that are open
}

// New returns the handler of o.
func New(o Options) *Handler {
	h := &Handler{service: o.Service, auth: o.Auth, pages: o.Pages, log: o.Log, mux: http.NewServeMux(), referer: "no-referrer", bounds: newBounds()}
	if o.Insecure {
		h.referer = "same-origin"
	}
	if h.pages == nil {
		h.pages = noPages{}
	}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	h.mux.HandleFunc("GET /login", h.getLogin)
	h.mux.HandleFunc("POST /login", h.postLogin)
	h.mux.HandleFunc("POST /logout", h.postLogout)
	h.mux.Handle("GET /static/", h.pages)
	h.mux.HandleFunc("/", h.page)
	h.registerAPI()
	return h
}

// The policy of our pages: scripts and styles are files of ours, and nothing is
// loaded from, sent to or framed by anybody else.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	head.Set("Content-Security-Policy", contentSecurityPolicy)
	head.Set("X-Frame-Options", "DENY")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Referrer-Policy", h.referer)
	head.Set("Cross-Origin-Opener-Policy", "same-origin")
	head.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	head.Set("Cache-Control", "no-store")
	if r.TLS != nil {
		head.Set("Strict-Transport-Security", "max-age=31536000")
	}
	if route.Suspicious(r.URL) {
		newProblem(ReasonPath, "").write(w)
		return
	}
	h.mux.ServeHTTP(w, r)
}

// Guard lets those pass to next who bring a session or the token, and answers
// all others as the API does.
func (h *Handler) Guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.admit(w, r) {
			next.ServeHTTP(w, r)
		}
	})
}

// page lets those who are logged in pass to the pages.
func (h *Handler) page(w http.ResponseWriter, r *http.Request) {
	if _, ok := h.auth.session(r); ok {
		if err := h.bounds.do(w, r, maxForm, h.pages.ServeHTTP); err != nil && r.Context().Err() == nil {
			h.pages.Fail(w, r, err)
		}
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		newProblem(ReasonUnauthorized, "").write(w)
		return
	}
	to := "/login"
	if next := r.URL.RequestURI(); next != "/" {
		to += "?next=" + url.QueryEscape(next)
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

const (
	maxLogin = 4 << 10 // bytes of a form to log in
	maxForm  = 4 << 20 // of every other form, far above what people type
)

func (h *Handler) getLogin(w http.ResponseWriter, r *http.Request) {
	next := localPath(r.URL.Query().Get("next"))
	if _, ok := h.auth.session(r); ok {
		// With a fragment, an empty one: without, browsers carry that of the
		// address they come from along, and the link that signs in has the token
		// there. https://fetch.spec.whatwg.org/#concept-http-redirect-fetch
		http.Redirect(w, r, next+"#", http.StatusSeeOther)
		return
	}
	h.pages.SignIn(w, r, http.StatusOK, "/login", next, "")
}

// postLogin takes the login form, which works without scripts.
func (h *Handler) postLogin(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxLogin)
	if err := r.ParseForm(); err != nil {
		h.pages.SignIn(w, r, http.StatusBadRequest, "/login", "/", "What came was not the form.")
		return
	}
	next := localPath(r.PostForm.Get("next"))
	switch h.auth.enter(r, strings.TrimSpace(r.PostForm.Get("token"))) {
	case denied:
		h.pages.SignIn(w, r, http.StatusUnauthorized, "/login", next, "This is not the token.")
	case tooFast:
		w.Header().Set("Retry-After", retryAfter)
		h.pages.SignIn(w, r, http.StatusTooManyRequests, "/login", next, "Too many wrong tokens. Wait some seconds, then try again.")
	default:
		h.auth.begin(w, r)
		http.Redirect(w, r, next, http.StatusSeeOther)
	}
}

func (h *Handler) postLogout(w http.ResponseWriter, r *http.Request) {
	h.auth.end(w, r)
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

// localPath returns next, without fragment, if browsers take it for a path on
// our own server, else the first page.
func localPath(next string) string {
	next, _, _ = strings.Cut(next, "#")
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") ||
		strings.ContainsAny(next, "\\\r\n\t") || strings.HasPrefix(next, "/login") || strings.HasPrefix(next, "/logout") {
		return "/"
	}
	return next
}
