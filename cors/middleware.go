package cors

import (
	"errors"
	"net/http"
	"slices"
	"sync/atomic"
)

// Middleware enforces one policy on the handlers it wraps. It is safe for
// concurrent use; [Middleware.Swap] changes the policy while requests run. The
// zero value disallows cross-origin requests.
type Middleware struct {
	site       *Site
	methods    []string
	onDecision func(*http.Request, *Decision)
	current    atomic.Pointer[enforced]
}

// enforced is what a Middleware enforces: one pointer, so that no request sees
// half of a change.
type enforced struct {
	policy *Compiled
	path   *Path // with the methods of the options
}

var nothingAllowed = func() *enforced {
	c, err := Compile(None{}, nil)
	if err != nil {
		panic(err)
	}
	return &enforced{c, &c.everyMethod}
}()

// New returns a middleware for p; nil stands for None{} and for no options. The
// error joins every mistake in both as an [*Error].
func New(p Policy, o *Options) (*Middleware, error) {
	if o == nil {
		o = new(Options)
	}
	m := &Middleware{methods: slices.Clone(o.Methods), onDecision: o.OnDecision}
	var err error
	m.site, err = NewSite(o)
	if err = errors.Join(err, CheckMethods(o.Methods...), m.Swap(p)); err != nil {
		return nil, err
	}
	return m, nil
}

// Swap replaces the policy. Requests are judged by the old one or by the new
// one, never by parts of both. If p has mistakes, Swap returns them and changes
// nothing.
func (m *Middleware) Swap(p Policy) error {
	c, err := Compile(p, m.site)
	if err != nil {
		return err
	}
	m.current.Store(&enforced{c, pathOf(c, m.methods)})
	return nil
}

// SetDebug switches debug mode, see [Options].
func (m *Middleware) SetDebug(on bool) {
	if m.site != nil {
		m.site.SetDebug(on)
	}
}

func (m *Middleware) enforced() *enforced {
	if e := m.current.Load(); e != nil {
		return e
	}
	return nothingAllowed
}

// Policy returns a copy of the policy in force.
func (m *Middleware) Policy() Policy { return m.enforced().policy.Policy() }

// Warnings returns what is valid but perhaps not meant in the policy in force.
func (m *Middleware) Warnings() []*Error { return m.enforced().policy.Warnings() }

// Handler returns next behind m. Wrap the whole router, or preflights do not
// reach the middleware: a route for GET /x does not see OPTIONS /x. Where
// routes have policies of their own, use a [Mux].
func (m *Middleware) Handler(next http.Handler) http.Handler {
	mux, ok := next.(*http.ServeMux)
	if !ok || len(m.methods) > 0 {
		mux = nil
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := m.enforced()
		var d Decision // filled in place: a copy of it shows in the benchmarks
		switch method, origins, ok := preflight(r); {
		case !ok: // whatever the method: what is behind m may have more than the options list
			d.actual(e.policy, r)
		case mux == nil:
			d.preflightAt(e.path, method, origins, r)
		default:
			path := pathIn(mux, r, e.policy)
			switch {
			case path != nil:
				d.preflightAt(path, method, origins, r)
			case !e.policy.site.Serves(r):
				d = e.policy.site.Misdirected()
			default: // an unknown path: no policy applies
				mux.ServeHTTP(w, r)
				return
			}
		}
		if m.onDecision != nil {
			heard := d // a copy, so that d stays on the stack
			m.onDecision(r, &heard)
		}
		d.Serve(w, r, next)
	})
}
