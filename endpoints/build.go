package endpoints

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/mistake"
	"github.com/concors/concors/endpoints/route"
	"go.yaml.in/yaml/v4"
)

// Options are what a [Table] needs to know beyond the document. The zero value
// is for production.
type Options struct {
	// Debug is [cors.Options.Debug].
	Debug bool
}

// Parse reads a document from YAML or JSON and checks all of it. The report
// has every mistake with its place; name stands in front of them and is
// otherwise not looked at. The document is what could be read, never nil; use
// it only if the report is OK.
func Parse(name string, data []byte) (*Document, *Report) {
	doc, _, report := Load(name, data, Options{})
	return doc, report
}

// Load is [Parse] and [Build] in one. The table is nil unless the report is OK.
func Load(name string, data []byte, o Options) (*Document, *Table, *Report) {
	doc, src, report := decode(name, data)
	if src.root == nil { // there is nothing to check
		return doc, nil, report.finish(name)
	}
	table := build(doc, src, report, o)
	if !report.finish(name).OK() {
		table = nil
	}
	return doc, table, report
}

// Build checks doc and makes the table that requests are looked up in. The
// report has every mistake, without places; the table is nil unless the report
// is OK. The table does not refer to doc.
func Build(doc *Document, o Options) (*Table, *Report) {
	report := new(Report)
	table := build(doc, nil, report, o)
	if !report.finish("").OK() {
		table = nil
	}
	return table, report
}

// build checks doc and routes it. Without mistakes in the report the table is
// complete.
func build(doc *Document, src *source, report *Report, o Options) *Table {
	c := &checker{
		doc: doc, src: src, report: report,
		settings:  make(map[string]*setting),
		upstreams: make(map[string]*upstream),
		used:      make(map[string]bool),
		named:     make(map[string]*setting),
		meant:     make(map[string]string),
	}
	c.checkSite(o)
	c.checkPolicies()
	r := router{checker: c, byText: make(map[string]*Endpoint), groups: make(map[string]*group)}
	for i := range doc.Endpoints {
		r.endpoint(i)
	}
	r.reportMissingUpstream()
	c.checkUnused()
	return r.table()
}

// A router turns the entries of a document into endpoints.
type router struct {
	*checker
	routes    route.Builder[*Endpoint]
	endpoints []*Endpoint
	byText    map[string]*Endpoint // by route.Pattern.String
	groups    map[string]*group    // by pathKey

	unrouted int // how many endpoints have no upstream
	noRoute  int // the first of them
}

// endpoint checks the entry number i and adds its endpoint.
func (r *router) endpoint(i int) {
	entry := &r.doc.Endpoints[i]
	s := r.entrySpot(i)
	ep := &Endpoint{Index: i, Pattern: entry.Endpoint, EncodedPaths: entry.EncodedPaths}
	ep.Policy, ep.PolicyName = r.checkSetting(s, entry.CORS)
	ep.Upstream = r.upstreamOf(s, i, entry)
	r.endpoints = append(r.endpoints, ep)

	if key, _ := s.at("endpoint"); entry.Endpoint == "" && key == nil {
		r.add(s, "", EndpointMissing, "", "", "")
		return
	}
	pattern, err := route.Parse(entry.Endpoint)
	if err != nil {
		r.patternMistakes(s, err)
	}
	methods, ok := r.methods(s, entry, pattern)
	if err != nil || !ok {
		return
	}
	ep.Method, ep.Host, ep.Path = pattern.Method(), pattern.Host(), pattern.Path()
	if len(methods) == 0 {
		r.route(s, pattern, ep)
		return
	}
	for _, m := range methods {
		// As if each method had an entry of its own.
		p, err := route.Parse(m + " " + entry.Endpoint)
		if err != nil {
			r.patternMistakes(s, err)
			continue
		}
		if !r.route(s, p, ep) {
			return // one conflict says enough
		}
	}
	ep.Methods = methods
}

// upstreamOf returns where requests of an entry go; nil if that is a mistake.
func (r *router) upstreamOf(s spot, i int, entry *Entry) *url.URL {
	if key, _ := s.at("upstream"); entry.Upstream != "" || key != nil {
		return r.checkUpstream(s, entry.Upstream)
	}
	if r.doc.Upstream != "" {
		return r.parseUpstream(r.doc.Upstream).url
	}
	if r.unrouted == 0 {
		r.noRoute = i
	}
	r.unrouted++
	return nil
}

// reportMissingUpstream reports all endpoints without upstream as one mistake,
// because one line mends them all.
func (r *router) reportMissingUpstream() {
	if key, _ := r.whole().at("upstream"); r.unrouted == 0 || key != nil {
		return
	}
	detail := ""
	if r.unrouted > 1 {
		detail = fmt.Sprintf("%s, and neither have %d more", mistakes[UpstreamMissing].Message, r.unrouted-1)
	}
	r.add(r.entrySpot(r.noRoute), "", UpstreamMissing, "", "", detail)
}

// patternMistakes reports what route.Parse says about an endpoint, at the very
// characters where the text has them as they are.
func (r *router) patternMistakes(s spot, err error) {
	list, _ := errors.AsType[route.Errors](err)
	_, at := s.at("endpoint")
	for _, e := range list {
		here := at
		if at != nil && at.Kind == yaml.ScalarNode && !r.src.broken[placeOf(at)] {
			moved := *at
			moved.Column += columnsTo(at, e.Offset)
			here = &moved
		}
		r.addAt(here, s.path.At("endpoint"), mistake.Code(e.Code), e.Pattern, e.Repair, e.Message())
	}
}

// columnsTo returns how many columns into the scalar n the byte offset of its
// value stands. Quotes without escapes are the only ones that are understood:
// an offset that may be wrong is not worth having.
func columnsTo(n *yaml.Node, offset int) int {
	columns := 0
	if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
		columns = 1
	} else if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return 0
	}
	for i, r := range n.Value {
		if i >= offset {
			break
		}
		if r == '\\' || r == '\'' || r == '"' || r == '\n' {
			return 0
		}
		columns++
	}
	return columns
}

// methods returns the methods of a pattern without one, each once; none: any. It
// is not ok if it is unclear which are meant.
func (r *router) methods(s spot, entry *Entry, p route.Pattern) (all []string, ok bool) {
	if len(entry.Methods) == 0 {
		return nil, true
	}
	if p.Method() != "" {
		at, _ := s.at("methods")
		r.addAt(at, s.path.At("methods"), MethodsNotNeeded, "", "", "")
		return nil, true
	}
	if err := cors.CheckMethods(entry.Methods...); err != nil {
		for e := range cors.Errors(err) {
			r.addTo(s, s.path.within(e.Field), e.Code, e.Value, e.Repair, e.Message())
		}
		return nil, false
	}
	seen := make(map[string]bool)
	for i, m := range entry.Methods {
		if seen[m] {
			r.addTo(s, s.path.At("methods").AtElement(i), MethodDuplicate, m, "", "")
			continue
		}
		seen[m] = true
		all = append(all, m)
	}
	return all, true
}

// route adds a pattern of ep to the routes. It returns false, and reports, if
// another one stands in its way.
func (r *router) route(s spot, p route.Pattern, ep *Endpoint) bool {
	if conflict := r.routes.Add(p, ep); conflict != nil {
		r.conflict(s, ep, conflict)
		return false
	}
	r.byText[p.String()] = ep
	key := pathKey(p)
	if r.groups[key] == nil {
		r.groups[key] = &group{policies: make(map[string]*cors.Compiled)}
	}
	ep.group = r.groups[key]
	ep.group.policies[p.Method()] = ep.Policy
	return true
}

// conflict reports that ep cannot be told from an endpoint that is there.
func (r *router) conflict(s spot, ep *Endpoint, c *route.Conflict) {
	other := r.byText[c.B.String()]
	where := fmt.Sprintf("endpoints[%d]", other.Index)
	if r.src != nil {
		_, at := r.entrySpot(other.Index).at("endpoint")
		where = fmt.Sprintf("line %d", at.Line)
	}
	if c.OnlyA == "" {
		r.add(s, "endpoint", EndpointDuplicate, ep.Pattern, "",
			fmt.Sprintf("%s, on %s: both match %s", mistakes[EndpointDuplicate].Message, where, c.Witness))
		return
	}
	r.add(s, "endpoint", mistake.Code(route.PatternConflict), ep.Pattern, "",
		fmt.Sprintf("this conflicts with the pattern on %s: %s", where, c.Error()))
}

// table returns the table of what has been added.
func (r *router) table() *Table {
	t := &Table{site: r.site, endpoints: r.endpoints, routes: r.routes.Build()}
	for _, g := range r.groups {
		g.path = cors.NewPath(g.policies)
	}
	return t
}

// pathKey is host and path of p without the names of wildcards: patterns with
// the same key match the same hosts and paths.
func pathKey(p route.Pattern) string {
	var b strings.Builder
	b.WriteString(p.Host())
	for segment := range strings.SplitSeq(p.Path()[1:], "/") {
		b.WriteByte('/')
		switch {
		case segment == "" || strings.HasSuffix(segment, "...}"): // a trailing slash is a {rest...} without name
			b.WriteString("{...}")
		case segment[0] == '{' && segment != "{$}":
			b.WriteString("{}")
		default:
			b.WriteString(segment)
		}
	}
	return b.String()
}
