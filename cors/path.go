package cors

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/concors/concors/cors/internal/fetchspec"
)

// A Path is what there is at one path of an API: the policy of each method. It
// judges what concerns more than one of them: preflights, which ask for
// a method and are told of all that share its policy, and requests with
// a method that the path does not have. It is immutable and safe for concurrent
// use.
type Path struct {
	groups []methodGroup // of different policies
	all    methodGroup   // every method, whatever its policy
	allow  string        // value of Allow, "" if there is a policy for every method
}

// A methodGroup is the methods at a path that share a policy.
type methodGroup struct {
	policy *Compiled
	names  []string // all of them, sorted
	asked  []string // those that preflights can ask for
	list   string   // asked, as Access-Control-Allow-Methods
	rest   bool     // and every method that no group names
	alone  bool     // there is no other group
}

// NewPath returns a path whose methods have the given policies. The one under
// "" is that of all methods that have none of their own; HEAD has that of GET
// if it has none of its own. A nil policy is that of None{}, for the site of the
// others.
func NewPath(policies map[string]*Compiled) *Path {
	p := new(Path)
	methods := slices.Sorted(maps.Keys(policies))
	var none *Compiled // what a nil policy stands for
	add := func(method string, c *Compiled) {
		if c == nil || c.site == nil {
			if none == nil {
				none = noneBeside(policies, methods)
			}
			c = none
		}
		for _, g := range []*methodGroup{p.group(c), &p.all} {
			if method == "" {
				g.rest = true
			} else {
				g.names = append(g.names, method)
			}
		}
	}
	for _, method := range methods {
		add(method, policies[method])
	}
	if get, found := policies[http.MethodGet]; found {
		if _, found := policies[http.MethodHead]; !found {
			add(http.MethodHead, get)
		}
	}
	for i := range p.groups {
		p.groups[i].finish(len(p.groups) == 1)
	}
	p.all.finish(true)
	if !p.all.rest {
		p.allow = strings.Join(p.all.names, ", ")
	}
	return p
}

// pathOf returns the path whose methods all have the policy c; no names mean
// every method.
func pathOf(c *Compiled, methods []string) *Path {
	if len(methods) == 0 {
		return &c.everyMethod
	}
	policies := make(map[string]*Compiled, len(methods))
	for _, method := range methods {
		policies[method] = c
	}
	return NewPath(policies)
}

// noneBeside returns the policy None{} for the site of the first of the policies
// that has one.
func noneBeside(policies map[string]*Compiled, methods []string) *Compiled {
	for _, method := range methods {
		if c := policies[method]; c != nil && c.site != nil {
			if none, err := Compile(None{}, c.site); err == nil {
				return none
			}
		}
	}
	return nothingAllowed.policy
}

func (p *Path) group(c *Compiled) *methodGroup {
	for i := range p.groups {
		if p.groups[i].policy == c {
			return &p.groups[i]
		}
	}
	p.groups = append(p.groups, methodGroup{policy: c})
	return &p.groups[len(p.groups)-1]
}

func (g *methodGroup) finish(alone bool) {
	slices.Sort(g.names)
	g.alone = alone
	for _, name := range g.names {
		if methodMistake(name) == nil {
			g.asked = append(g.asked, name)
		}
	}
	g.list = strings.Join(g.asked, ", ")
}

// find returns the group that has method, nil if none has.
func (p *Path) find(method string) *methodGroup {
	var rest *methodGroup
	for i := range p.groups {
		g := &p.groups[i]
		if slices.Contains(g.names, method) {
			return g
		}
		if g.rest {
			rest = g
		}
	}
	return rest
}

// findAsked returns the group that has the method of a preflight. Routes may
// name methods that no browser sends; nobody needs permission for those.
func (p *Path) findAsked(method string) *methodGroup {
	g := p.find(method)
	if g == nil || slices.Contains(g.asked, method) {
		return g
	}
	if slices.Contains(g.names, method) || !fetchspec.IsToken(method) {
		return nil
	}
	return g // as one of the rest
}

// Allow returns the value of Allow for a 405: the methods of p. It is empty if
// p has a policy for every method.
func (p *Path) Allow() string { return p.allow }

// Policy returns the policy of a method, nil if p does not have the method.
func (p *Path) Policy(method string) *Compiled {
	if g := p.find(method); g != nil {
		return g.policy
	}
	return nil
}

// Decide judges r, which is for this path. It reads the method, Host, the
// header, TLS and RemoteAddr, and modifies nothing.
//
// A preflight is judged by the policy of the method that it asks for. A request
// with a method that p does not have must not run: its verdict is [NoMethod].
func (p *Path) Decide(r *http.Request) (d Decision) {
	p.decide(&d, r)
	return d
}

// decide makes d, the zero value, the decision on r.
func (p *Path) decide(d *Decision, r *http.Request) {
	if method, origins, ok := preflight(r); ok {
		d.preflightAt(p, method, origins, r)
		return
	}
	if g := p.find(r.Method); g != nil {
		d.actual(g.policy, r)
		return
	}
	d.noMethodAt(p, r)
}

// sharedPolicy returns the policy of all methods, one that allows nothing if
// they differ.
func (p *Path) sharedPolicy() *Compiled {
	switch len(p.groups) {
	case 0:
		return noSite.unknown
	case 1:
		return p.groups[0].policy
	}
	return p.groups[0].policy.site.unknown
}

// allowedMethods returns the value of Access-Control-Allow-Methods in answer to
// a preflight that asks for method. Where browsers take "*" literally, because
// credentials are allowed, every method is the one asked for beside the usual
// ones. Where only some methods are of another policy, it is the one asked for
// beside those that g names.
func (g *methodGroup) allowedMethods(credentials bool, method string, allowed bool) string {
	list, names := g.list, g.asked
	if g.rest && g.alone {
		if !credentials {
			return wildcard
		}
		list, names = usualMethodsList, usualMethods
	}
	if !g.rest || !allowed || slices.Contains(names, method) { // methods are case-sensitive
		return list
	}
	if list == "" {
		return method
	}
	return list + ", " + method
}

var (
	usualMethods     = []string{"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
	usualMethodsList = strings.Join(usualMethods, ", ")
)
