package cors

import (
	"net/http"
	"sync/atomic"
)

// Options are what a [Middleware] or [Mux] needs beside policies. The zero
// value and nil are valid.
type Options struct {
	// Site declares own origins, trusted proxies and the like. Nil declares
	// nothing.
	Site *Site

	// Methods are the methods that preflights may ask for. If nil, a
	// Middleware whose Handler is given an *http.ServeMux asks that for the
	// methods at the path; otherwise every method is allowed. A Mux knows its
	// methods and ignores this field.
	Methods []string

	// OnDecision, if not nil, hears each decision before it is carried out,
	// for logs and metrics. It is called concurrently.
	OnDecision func(*http.Request, Decision)
}

// Middleware enforces one policy on the handlers it wraps. It is safe for
// concurrent use; [Middleware.Swap] changes the policy while requests run.
type Middleware struct {
	site       *Site
	methods    *Methods
	onDecision func(*http.Request, Decision)
	current    atomic.Pointer[Compiled]
}

// New returns a middleware for p; nil stands for None{} and for no options. The
// error joins every mistake as an [*Error].
func New(p Policy, o *Options) (*Middleware, error) {
	if o == nil {
		o = new(Options)
	}
	methods, err := NewMethods(o.Methods...)
	if err != nil {
		return nil, err
	}
	m := &Middleware{site: o.Site, methods: methods, onDecision: o.OnDecision}
	return m, m.Swap(p)
}

// Swap replaces the policy. Requests are judged by the old one or by the new
// one, never by parts of both. If p has mistakes, Swap returns them and changes
// nothing.
func (m *Middleware) Swap(p Policy) error {
	c, err := Compile(p, m.site)
	if err != nil {
		return err
	}
	m.current.Store(c)
	return nil
}

// Policy returns the policy in force.
func (m *Middleware) Policy() Policy { return m.current.Load().policy }

// Warnings returns what is valid but perhaps not meant in the policy in force.
func (m *Middleware) Warnings() []*Error { return m.current.Load().warnings }

// Handler returns next behind m. Wrap the whole router, or preflights do not
// reach the middleware: a route for GET /x does not see OPTIONS /x. Where
// routes have policies of their own, use a [Mux].
func (m *Middleware) Handler(next http.Handler) http.Handler {
	if mux, ok := next.(*http.ServeMux); ok && m.methods == nil {
		return &muxHandler{m: m, mux: mux}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var d Decision // filled in place: a copy of it shows in the benchmarks
		d.decide(m.current.Load(), r, m.methods)
		if m.onDecision != nil {
			m.onDecision(r, d)
		}
		enforce(w, r, &d, next)
	})
}

// muxHandler is a Middleware before a whole http.ServeMux.
type muxHandler struct {
	m   *Middleware
	mux *http.ServeMux
}

func (h *muxHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := h.m.current.Load()
	var d Decision
	if IsPreflight(r) {
		methods, exists := methodsAt(h.mux, r)
		switch {
		case !exists: // unknown path: no policy applies
			h.mux.ServeHTTP(w, r)
			return
		case methods.Contains(PreflightMethod(r)):
			d = c.Decide(r, methods)
		default:
			d = NoSuchMethod(r, c, methods)
		}
	} else {
		d = c.Decide(r, nil)
	}
	if h.m.onDecision != nil {
		h.m.onDecision(r, d)
	}
	enforce(w, r, &d, h.mux)
}

// enforce carries d out.
func enforce(w http.ResponseWriter, r *http.Request, d *Decision, next http.Handler) {
	switch {
	case d.Observed:
		next.ServeHTTP(w, r)
	case d.Verdict != Run:
		d.Respond(w, r)
	case d.Anonymous:
		aw := &anonymousWriter{ResponseWriter: w}
		d.setHeaders(w.Header(), d.template(), aw.room[:])
		run := d.Request(r)
		defer func() {
			aw.start() // the handler may have set headers and written nothing
			// The server deletes the files of r's form, and what stands before
			// us may read the pattern, so both have to get from the copy into r.
			if run != r {
				r.MultipartForm, r.Pattern = run.MultipartForm, run.Pattern
			}
		}()
		next.ServeHTTP(aw, run)
	default:
		d.SetHeaders(w.Header())
		next.ServeHTTP(w, r)
	}
}
