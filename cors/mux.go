package cors

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
)

// Mux is an [http.ServeMux] whose patterns have a policy each. Preflights are
// judged by the policy of the method they announce, and list the methods at the
// path that share it. Register everything before it serves.
type Mux struct {
	options  Options
	inner    http.ServeMux
	policies []*Compiled // the different ones
	methods  []string    // of all patterns
}

// NewMux returns an empty Mux. Nil options are valid.
func NewMux(o *Options) *Mux {
	m := new(Mux)
	if o != nil {
		m.options = *o
	}
	return m
}

// Handle registers h for pattern with the policy p; a nil p disallows
// cross-origin requests. Like [http.ServeMux.Handle] it panics if the pattern is
// invalid or conflicts with another one, and also if p has mistakes. To read
// policies from a configuration, try them with [Compile] first.
func (m *Mux) Handle(pattern string, p Policy, h http.Handler) {
	method := cutMethod(pattern)
	if method != "" && !slices.Contains(m.methods, method) {
		m.methods = append(m.methods, method)
	}
	m.inner.Handle(pattern, &muxEntry{mux: m, method: method, policy: m.compile(pattern, p), next: h})
}

// HandleFunc registers f as [Mux.Handle] does.
func (m *Mux) HandleFunc(pattern string, p Policy, f func(http.ResponseWriter, *http.Request)) {
	m.Handle(pattern, p, http.HandlerFunc(f))
}

func (m *Mux) compile(pattern string, p Policy) *Compiled {
	c, err := Compile(p, m.options.Site)
	if err != nil {
		panic(fmt.Sprintf("cors: policy of %q: %v", pattern, err))
	}
	for _, known := range m.policies {
		if reflect.DeepEqual(known.policy, c.policy) {
			return known
		}
	}
	m.policies = append(m.policies, c)
	return c
}

// muxEntry is what a Mux registers with its ServeMux: a handler and its policy.
type muxEntry struct {
	mux    *Mux
	method string // "" for any
	policy *Compiled
	next   http.Handler
}

func (e *muxEntry) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d := e.policy.Decide(r, nil)
	e.mux.hear(r, &d)
	enforce(w, r, &d, e.next)
}

func (m *Mux) hear(r *http.Request, d *Decision) {
	if m.options.OnDecision != nil {
		m.options.OnDecision(r, *d)
	}
}

// ServeHTTP judges the request by the policy of its pattern and lets the
// pattern's handler run, or refuses it.
func (m *Mux) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if IsPreflight(r) {
		m.preflight(w, r)
		return
	}
	if len(r.Header[hOrigin]) > 0 {
		m.describeMethodNotAllowed(w, r)
	}
	m.inner.ServeHTTP(w, r)
}

// describeMethodNotAllowed sets the headers of the path on a 405 to come, so
// that the page can read that it is one, where all its patterns agree.
func (m *Mux) describeMethodNotAllowed(w http.ResponseWriter, r *http.Request) {
	if _, pattern := m.inner.Handler(r); pattern != "" {
		return
	}
	if c, _, _ := m.common(r); c != nil {
		d := c.Decide(r, nil)
		d.SetHeaders(w.Header())
	}
}

func (m *Mux) preflight(w http.ResponseWriter, r *http.Request) {
	var d Decision
	if e := m.entry(r, PreflightMethod(r)); e != nil {
		d = e.policy.Decide(r, m.sharing(r, e))
	} else {
		c, methods, exists := m.common(r)
		if !exists { // unknown path: no policy applies
			m.inner.ServeHTTP(w, r)
			return
		}
		d = NoSuchMethod(r, c, methods)
	}
	m.hear(r, &d)
	enforce(w, r, &d, &m.inner)
}

// entry returns what serves method at r's path, nil if nothing does.
func (m *Mux) entry(r *http.Request, method string) *muxEntry {
	probe := withMethod(r, method)
	h, _ := m.inner.Handler(probe)
	if e, ok := h.(*muxEntry); ok {
		return e
	}
	// The mux may mean to redirect, such as /tree to /tree/; a preflight cannot
	// follow, so the pattern it would be led to answers.
	if !followRedirect(h, probe) {
		return nil
	}
	h, _ = m.inner.Handler(probe)
	e, _ := h.(*muxEntry)
	return e
}

// sharing returns the methods at r's path whose patterns have e's policy.
func (m *Mux) sharing(r *http.Request, e *muxEntry) *Methods {
	if e.method == "" {
		return nil
	}
	var names []string
	for _, method := range m.methods {
		if other := m.entry(r, method); other != nil && other.policy == e.policy {
			names = append(names, method)
		}
	}
	return MethodsAtPath(names)
}

// common returns the methods at r's path and the policy that all of them share,
// nil if they differ.
func (m *Mux) common(r *http.Request) (c *Compiled, methods *Methods, exists bool) {
	var names []string
	agree := true
	for _, method := range m.methods {
		e := m.entry(r, method)
		if e == nil {
			continue
		}
		agree = agree && (c == nil || c == e.policy)
		c = e.policy
		names = append(names, method)
	}
	if !agree {
		c = nil
	}
	return c, MethodsAtPath(names), len(names) > 0
}
