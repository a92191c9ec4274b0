package endpoints

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/endpoints/route"
)

// A Table finds the endpoint of a request. It is what a document without
// mistakes means, and immutable: any number of goroutines can use it.
type Table struct {
	site      *cors.Site
	endpoints []*Endpoint
	routes    *route.Tree[*Endpoint]
}

// An Endpoint is one entry of the document with everything resolved. It is
// immutable.
type Endpoint struct {
	Index   int    // of its entry in Document.Endpoints
	Pattern string // as written; unique in the table

	// Method, Host and Path are the parts of Pattern; the first two may be
	// empty: any.
	Method, Host, Path string
	// Methods are those that a pattern without a method takes; empty: any.
	Methods []string

	// Policy is the compiled setting, never nil. Endpoints with the same
	// setting share one, whether it has a name or is written in place.
	Policy     *cors.Compiled
	PolicyName string // empty if the setting is written in place or left out

	Upstream     *url.URL // where requests go; never nil, not to be modified
	EncodedPaths bool     // paths that [route.Suspicious] finds are let through, except [route.DotSegments]

	group *group
}

// Site returns what the policies of the document have in common.
func (t *Table) Site() *cors.Site { return t.site }

// Endpoints returns all endpoints in the order of the document. The caller must
// not modify the slice.
func (t *Table) Endpoints() []*Endpoint { return t.endpoints }

// Lookup returns the endpoint that takes requests with the method, Host and URL
// of r, if there is one: of all patterns that match, the most specific. HEAD is
// found where GET is. It does not allocate. A path that is not clean, with
// empty or dot segments, is never found.
func (t *Table) Lookup(r *http.Request) (*Endpoint, bool) {
	return t.routes.Match(r.Method, r.Host, r.URL)
}

// Ambiguous reports whether the path of r has parameters ("/a;b"), and without
// them would belong to an endpoint with another setting than ep, which takes
// method at this path. Java servers route by the path without parameters, so
// they would run what another setting is for.
func (t *Table) Ambiguous(r *http.Request, method string, ep *Endpoint) bool {
	if strings.IndexByte(r.URL.Path, ';') < 0 {
		return false
	}
	var plain strings.Builder
	for i, segment := range strings.Split(r.URL.Path, "/") {
		if i > 0 {
			plain.WriteByte('/')
		}
		name, _, _ := strings.Cut(segment, ";")
		plain.WriteString(name)
	}
	other, ok := t.routes.Match(method, r.Host, &url.URL{Path: plain.String()})
	return ok && other.Policy != ep.Policy
}

// Preflight returns what judges the preflight r: the endpoint that takes the
// requested method at this path, nil if there is none, and the methods at the
// path whose endpoints share its setting (nil: all methods). pathExists reports
// whether there is an endpoint for any method.
func (t *Table) Preflight(r *http.Request) (ep *Endpoint, methods *cors.Methods, pathExists bool) {
	requested := cors.PreflightMethod(r)
	ep, ok := t.routes.Match(requested, r.Host, r.URL)
	if !ok {
		_, _, pathExists = t.AtPath(r)
		return nil, nil, pathExists
	}
	same := true // all methods at the path belong to endpoints with ep's path pattern
	t.routes.Methods(r.Host, r.URL, func(_ string, other *Endpoint) {
		same = same && other.group == ep.group
	})
	if same {
		if methods, ok := ep.group.shared(ep); ok {
			return ep, methods, true
		}
	}
	return ep, t.sharing(r, ep, requested), true
}

// sharing returns the methods at r's path whose endpoints share the setting of
// ep, which takes the requested method.
func (t *Table) sharing(r *http.Request, ep *Endpoint, requested string) *cors.Methods {
	var set methodSet
	t.routes.Methods(r.Host, r.URL, func(method string, other *Endpoint) {
		set.add(method, other.Policy == ep.Policy)
	})
	if set.any && set.others {
		// All methods but a few cannot be listed; the one that was asked for
		// can.
		set.names = append(set.names, requested)
	}
	methods, _ := set.methods()
	return methods
}

// AtPath returns what there is at the path of r, whatever its method: the value
// of Allow for a 405, empty if every method is taken, and the setting that all
// endpoints here have in common, nil if they differ. exists is false if there
// is no endpoint.
func (t *Table) AtPath(r *http.Request) (allow string, common *cors.Compiled, exists bool) {
	var names []string
	every, agree := false, true
	t.routes.Methods(r.Host, r.URL, func(method string, ep *Endpoint) {
		if !exists {
			exists, common = true, ep.Policy
		}
		agree = agree && ep.Policy == common
		if method == "" {
			every = true
		} else {
			names = append(names, method)
		}
	})
	if !agree {
		common = nil
	}
	if every {
		return "", common, exists
	}
	slices.Sort(names)
	return strings.Join(names, ", "), common, exists
}

// A methodSet collects the methods at a path that share a setting.
type methodSet struct {
	names  []string
	any    bool // the endpoint for all other methods shares it
	others bool // some method does not share it
}

// add adds a method of the path, "" for all other methods.
func (s *methodSet) add(method string, shares bool) {
	switch {
	case !shares:
		s.others = true
	case method == "":
		s.any = true
	default:
		s.names = append(s.names, method)
	}
}

// methods returns the set; all of them as nil. It is not ok if it depends on
// the method that was asked for.
func (s *methodSet) methods() (m *cors.Methods, ok bool) {
	if s.any && !s.others {
		return nil, true
	}
	return cors.MethodsAtPath(s.names), !s.any
}

// A group is the endpoints with the same host and path. Wherever one of them is
// found, so are the others, unless a more specific pattern with another path
// takes their method.
type group struct {
	members []member
	sets    []sharedMethods // one for each setting
}

type member struct {
	method string // "" for all that no other member takes
	ep     *Endpoint
}

type sharedMethods struct {
	policy  *cors.Compiled
	methods *cors.Methods
	ok      bool // methods does not depend on the request
}

func (g *group) add(method string, ep *Endpoint) {
	g.members = append(g.members, member{method, ep})
}

// share prepares the answers of shared.
func (g *group) share() {
	for _, m := range g.members {
		if slices.ContainsFunc(g.sets, func(s sharedMethods) bool { return s.policy == m.ep.Policy }) {
			continue
		}
		var set methodSet
		for _, other := range g.members {
			set.add(other.method, other.ep.Policy == m.ep.Policy)
		}
		s := sharedMethods{policy: m.ep.Policy}
		s.methods, s.ok = set.methods()
		g.sets = append(g.sets, s)
	}
}

// shared returns the methods of the group that share the setting of ep. It is
// not ok if they depend on the method that was asked for.
func (g *group) shared(ep *Endpoint) (*cors.Methods, bool) {
	for i := range g.sets {
		if g.sets[i].policy == ep.Policy {
			return g.sets[i].methods, g.sets[i].ok
		}
	}
	return nil, false
}
