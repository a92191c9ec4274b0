package cors

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
)

// Mux is an [http.ServeMux] whose patterns have a policy each. Preflights are
// judged by the policy of the method they announce, and list the methods at the
// path that share it. Register everything before it serves. The zero value is
// ready to use.
type Mux struct {
	site       *Site
	onDecision func(*http.Request, *Decision)
	inner      http.ServeMux
	policies   []*Compiled // the different ones
	methods    []string    // of all patterns; "" for those without one
}

// NewMux returns an empty Mux; nil stands for no options. The error joins every
// mistake in them as an [*Error].
func NewMux(o *Options) (*Mux, error) {
	site, err := NewSite(o)
	if err != nil {
		return nil, err
	}
	m := &Mux{site: site}
	if o != nil {
		m.onDecision = o.OnDecision
	}
	return m, nil
}

// Handle registers h for pattern with the policy p; a nil p disallows
// cross-origin requests. Like [http.ServeMux.Handle] it panics if the pattern is
// invalid or conflicts with another one, and also if p has mistakes. To read
// policies from a configuration, try them with [Compile] first.
func (m *Mux) Handle(pattern string, p Policy, h http.Handler) {
	method := cutMethod(pattern)
	m.inner.Handle(pattern, &muxEntry{mux: m, method: method, policy: m.compile(pattern, p), next: h, plain: !strings.Contains(pattern, "{")})
	if !slices.Contains(m.methods, method) {
		m.methods = append(m.methods, method)
	}
}

// HandleFunc registers f as [Mux.Handle] does.
func (m *Mux) HandleFunc(pattern string, p Policy, f func(http.ResponseWriter, *http.Request)) {
	m.Handle(pattern, p, http.HandlerFunc(f))
}

func (m *Mux) compile(pattern string, p Policy) *Compiled {
	c, err := Compile(p, m.site)
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

// SetDebug switches debug mode, see [Options].
func (m *Mux) SetDebug(on bool) {
	if m.site != nil {
		m.site.SetDebug(on)
	}
}

// muxEntry is what a Mux registers with its ServeMux: a handler and its policy.
type muxEntry struct {
	mux    *Mux
	method string // "" for any
	policy *Compiled
	next   http.Handler
	plain  bool // the pattern has no wildcard, so the handler needs no path values
}

// ServeHTTP judges r, which the Mux has led here.
func (e *muxEntry) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var d Decision
	d.actual(e.policy, r)
	e.mux.carryOut(&d, w, r, e.next)
}

func (m *Mux) carryOut(d *Decision, w http.ResponseWriter, r *http.Request, next http.Handler) {
	if m.onDecision != nil {
		heard := *d // a copy, so that d stays on the stack
		m.onDecision(r, &heard)
	}
	d.Serve(w, r, next)
}

// ServeHTTP judges the request by the policy of its pattern and lets the
// pattern's handler run, or refuses it. What the ServeMux answers itself, a
// redirect or a 405, is judged by where it leads and by what the path has.
func (m *Mux) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if m.site != nil && !m.site.Serves(r) {
		d := m.site.Misdirected()
		m.carryOut(&d, w, r, nil)
		return
	}
	method, origins, asks := preflight(r)
	if !asks {
		h, pattern := m.inner.Handler(r)
		switch e, ok := h.(*muxEntry); {
		case ok && e.plain:
			r.Pattern = pattern
			e.ServeHTTP(w, r)
			return
		case ok:
			m.inner.ServeHTTP(w, r) // sets the path values
			return
		}
	}
	path := m.pathOf(r)
	if path == nil { // unknown: no policy applies
		m.inner.ServeHTTP(w, r)
		return
	}
	var d Decision
	if asks {
		d.preflightAt(path, method, origins, r)
	} else {
		path.decide(&d, r)
	}
	m.carryOut(&d, w, r, &m.inner)
}

// pathOf returns what there is at r's path, nil if there is nothing.
func (m *Mux) pathOf(r *http.Request) *Path {
	policies := make(map[string]*Compiled)
	for _, method := range m.methods {
		probe := method
		if probe == "" {
			probe = probeMethod
		}
		if e := m.entry(r, probe); e != nil && e.method == method { // else another method's probe finds it
			policies[method] = e.policy
		}
	}
	if len(policies) == 0 {
		return nil
	}
	return NewPath(policies)
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
