package endpoints

import (
	"net/http"
	"net/url"
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

// A group is the endpoints with the same host and path. Wherever one of them is
// found, so are the others, unless a more specific pattern with another path
// takes their method.
type group struct {
	policies map[string]*cors.Compiled // by method; "" for all that no other has
	path     *cors.Path
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

// LookupMethod is Lookup for a request with another method than that of r.
func (t *Table) LookupMethod(r *http.Request, method string) (*Endpoint, bool) {
	return t.routes.Match(method, r.Host, r.URL)
}

// Path returns what there is at the path of r, nil if no endpoint is.
func (t *Table) Path(r *http.Request) *cors.Path {
	var all *group // all endpoints here, if they are of one group
	one := true
	t.routes.Methods(r.Host, r.URL, func(_ string, ep *Endpoint) {
		one = one && (all == nil || all == ep.group)
		all = ep.group
	})
	switch {
	case all == nil:
		return nil
	case one:
		return all.path
	}
	policies := make(map[string]*cors.Compiled)
	t.routes.Methods(r.Host, r.URL, func(method string, ep *Endpoint) { policies[method] = ep.Policy })
	return cors.NewPath(policies)
}
