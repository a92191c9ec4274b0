package admin

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/store"
)

// An EndpointQuery selects endpoints. The zero value is the first hundred in
// the order of the document.
type EndpointQuery struct {
	Search  string // words that must all occur in pattern, domains, policy name or setting; case does not matter
	Allow   string // none, all or selected; "": any
	Policy  string // only endpoints of this named policy
	Refused bool   // only endpoints with refused requests lately
	Observe bool   // only endpoints that only observe
	Sort    string // "" (document), pattern, path, setting, refused; a "-" in front reverses
	Offset  int
	Limit   int // 0: 100; at most 10,000
}

// An EndpointList is a part of the endpoints.
type EndpointList struct {
	Revision  store.Revision `json:"revision"` // see [State.Revision]
	Total     int            `json:"total"`    // in the document
	Matched   int            `json:"matched"`  // by the query
	Offset    int            `json:"offset"`
	Endpoints []Endpoint     `json:"endpoints"`
}

// An Endpoint is an endpoint with its setting, and what happened to it lately.
type Endpoint struct {
	Pattern string   `json:"pattern"` // names the endpoint
	Method  string   `json:"method"`  // of the pattern; empty: see Methods
	Host    string   `json:"host"`    // of the pattern; empty: any
	Path    string   `json:"path"`
	Methods []string `json:"methods"` // that a pattern without a method takes; empty: any

	// Policy is the name of the policy, empty if the setting is written in
	// place or left out. Setting is the setting in full in both cases; its
	// Allow is never empty. The slices of Setting are shared: do not change.
	Policy  string           `json:"policy"`
	Setting endpoints.Policy `json:"setting"`

	// Upstream is where requests go, and OwnUpstream whether that is written
	// at the endpoint itself.
	Upstream     string `json:"upstream"`
	OwnUpstream  bool   `json:"own_upstream"`
	EncodedPaths bool   `json:"encoded_paths"`

	Traffic EndpointTraffic `json:"traffic"`
}

// EndpointTraffic is what foreign requests met at an endpoint in the last 24
// hours.
type EndpointTraffic struct {
	Refused     uint64    `json:"refused"`
	Observed    uint64    `json:"observed"` // would have been refused
	Allowed     uint64    `json:"allowed"`
	LastRefused time.Time `json:"last_refused,omitzero"`

	// Hours is Refused + Observed by hour, the current hour last. Empty if
	// both are zero.
	Hours []uint32 `json:"hours"`
}

// Endpoints returns the endpoints that q selects.
func (s *Service) Endpoints(ctx context.Context, q EndpointQuery) (EndpointList, error) {
	v, err := s.view(ctx)
	if err != nil {
		return EndpointList{}, err
	}
	compare, reverse, err := order(q.Sort)
	if err != nil {
		return EndpointList{}, err
	}
	if q.Allow != "" && !slices.Contains(allows, q.Allow) {
		return EndpointList{}, &InputError{Field: "allow", Value: q.Allow, Message: "allow is one of none, all and selected"}
	}
	if q.Offset < 0 || q.Limit < 0 {
		return EndpointList{}, &InputError{Field: "offset", Message: "offset and limit are zero or more"}
	}
	list := EndpointList{Revision: v.snap.Stored(), Total: len(v.rows), Offset: q.Offset, Endpoints: []Endpoint{}}
	words := strings.Fields(strings.ToLower(q.Search))
	byTraffic := q.Refused || strings.TrimPrefix(q.Sort, "-") == "refused"
	var found []*Endpoint
	for i := range v.rows {
		row := &v.rows[i]
		if q.Allow != "" && row.Setting.Allow != q.Allow || q.Policy != "" && row.Policy != q.Policy ||
			q.Observe && !row.Setting.ObserveOnly || !v.contains(i, words) {
			continue
		}
		if byTraffic {
			row = s.withTraffic(row)
		}
		if !q.Refused || row.Traffic.Refused > 0 {
			found = append(found, row)
		}
	}
	if compare != nil {
		slices.SortStableFunc(found, compare)
	}
	if reverse {
		slices.Reverse(found)
	}
	list.Matched = len(found)
	from := min(q.Offset, len(found))
	to := min(from+limited(q.Limit), len(found))
	for _, row := range found[from:to] {
		list.Endpoints = append(list.Endpoints, *s.withTraffic(row))
	}
	return list, nil
}

// withTraffic returns a copy of a row with what happened to it lately.
func (s *Service) withTraffic(row *Endpoint) *Endpoint {
	ep := *row
	ep.Traffic = s.activity(ep.Pattern)
	return &ep
}

// limited is how many of a list are returned when limit was asked for.
func limited(limit int) int { return cmp.Or(min(limit, 10_000), 100) }

// allows are the values of allow, from closed to open.
var allows = []string{endpoints.AllowNone, endpoints.AllowSelected, endpoints.AllowAll}

// order returns how endpoints are compared, nil for the order of the document.
func order(name string) (compare func(a, b *Endpoint) int, reverse bool, err error) {
	name, reverse = strings.CutPrefix(name, "-")
	switch name {
	case "":
	case "pattern":
		compare = func(a, b *Endpoint) int { return strings.Compare(a.Pattern, b.Pattern) }
	case "path":
		compare = func(a, b *Endpoint) int {
			return cmp.Or(strings.Compare(a.Host, b.Host), strings.Compare(a.Path, b.Path), strings.Compare(a.Method, b.Method))
		}
	case "setting":
		compare = func(a, b *Endpoint) int {
			return cmp.Or(cmp.Compare(slices.Index(allows, a.Setting.Allow), slices.Index(allows, b.Setting.Allow)),
				strings.Compare(a.Policy, b.Policy), strings.Compare(a.Path, b.Path))
		}
	case "refused":
		compare = func(a, b *Endpoint) int {
			return cmp.Or(cmp.Compare(a.Traffic.Refused, b.Traffic.Refused), cmp.Compare(a.Traffic.Observed, b.Traffic.Observed))
		}
	default:
		err = &InputError{Field: "sort", Value: name, Message: "sort is one of pattern, path, setting and refused"}
	}
	return compare, reverse, err
}

// An EndpointDetail is everything about one endpoint.
type EndpointDetail struct {
	Revision store.Revision  `json:"revision"` // see [State.Revision]
	Endpoint Endpoint        `json:"endpoint"`
	Entry    endpoints.Entry `json:"entry"` // as written
	Preview  Preview         `json:"preview"`
}

// Endpoint returns the endpoint with the pattern. [ErrUnknownEndpoint].
func (s *Service) Endpoint(ctx context.Context, pattern string) (EndpointDetail, error) {
	v, err := s.view(ctx)
	if err != nil {
		return EndpointDetail{}, err
	}
	i, ok := v.index[pattern]
	if !ok {
		return EndpointDetail{}, fmt.Errorf("admin: %w: %q", ErrUnknownEndpoint, pattern)
	}
	d := EndpointDetail{Revision: v.snap.Stored(), Endpoint: *s.withTraffic(&v.rows[i]), Entry: v.doc.Endpoints[i]}
	d.Preview = s.preview(ctx, v.doc, v.snap.Table, pattern)
	return d, nil
}

// A NamedPolicy is a policy of the document and who uses it.
type NamedPolicy struct {
	Name   string           `json:"name"`
	Policy endpoints.Policy `json:"policy"`
	UsedBy []string         `json:"used_by"` // patterns
}

// A PolicyList is the named policies in the order of the document.
type PolicyList struct {
	Revision store.Revision `json:"revision"` // see [State.Revision]
	Policies []NamedPolicy  `json:"policies"`
}

// Policies returns the named policies.
func (s *Service) Policies(ctx context.Context) (PolicyList, error) {
	v, err := s.view(ctx)
	if err != nil {
		return PolicyList{}, err
	}
	users := make(map[string][]string, len(v.doc.Policies))
	for i := range v.rows {
		users[v.rows[i].Policy] = append(users[v.rows[i].Policy], v.rows[i].Pattern)
	}
	list := PolicyList{Revision: v.snap.Stored(), Policies: []NamedPolicy{}}
	for _, np := range v.doc.Policies {
		p := NamedPolicy{Name: np.Name, Policy: np.Policy, UsedBy: append([]string{}, users[np.Name]...)}
		p.Policy.Allow = cmp.Or(p.Policy.Allow, endpoints.AllowNone)
		list.Policies = append(list.Policies, p)
	}
	return list, nil
}

// A DocumentView is the whole document.
type DocumentView struct {
	Revision store.Revision      `json:"revision"` // see [State.Revision]
	Document *endpoints.Document `json:"document"` // the last good one, never nil; shared: do not change
	Text     string              `json:"text"`     // as stored, comments included
}

// Document returns the document.
func (s *Service) Document(ctx context.Context) (DocumentView, error) {
	v, err := s.view(ctx)
	if err != nil {
		return DocumentView{}, err
	}
	d := DocumentView{Revision: v.snap.Stored(), Document: v.doc, Text: string(v.snap.Raw)}
	if p := v.snap.Problem; p != nil {
		d.Text = string(p.Raw)
	}
	return d, nil
}

// A view is a snapshot in the form that questions are answered from. It is
// immutable.
type view struct {
	snap      store.Snapshot
	doc       *endpoints.Document // never nil
	rows      []Endpoint          // in the order of the document, without traffic
	search    []string            // by row: what a search looks at, in lower case
	index     map[string]int      // of rows, by pattern
	observing int
	sites     map[string]bool // of the API and of the domains
}

// view returns the newest state. It is made once for each.
func (s *Service) view(ctx context.Context) (*view, error) {
	snap, err := s.opts.Store.Get(ctx)
	if err != nil {
		return nil, fmt.Errorf("admin: reading the document: %w", err)
	}
	return s.viewOf(snap), nil
}

func (s *Service) viewOf(snap store.Snapshot) *view {
	old := s.newest.Load()
	if old != nil && old.snap.Table == snap.Table && old.snap.Problem == snap.Problem {
		return old
	}
	v := newView(snap)
	s.newest.Store(v)
	if s.opts.Traffic != nil {
		s.opts.Traffic.SetKin(func(origin string) bool { return v.sites[siteOf(origin)] })
		s.opts.Traffic.Retain(func(pattern string) bool {
			_, ok := v.index[pattern]
			return ok || pattern == ""
		})
	}
	return v
}

func newView(snap store.Snapshot) *view {
	v := &view{snap: snap, doc: snap.Document, index: make(map[string]int)}
	if v.doc == nil {
		v.doc = new(endpoints.Document)
	}
	v.sites = sitesOf(v.doc)
	if snap.Table == nil {
		return v
	}
	words := make(map[string]string) // by policy name: what a search looks at
	policies := v.doc.Effective()
	for i, ep := range snap.Table.Endpoints() {
		entry := &v.doc.Endpoints[i]
		row := Endpoint{
			Pattern: ep.Pattern, Method: ep.Method, Host: ep.Host, Path: ep.Path,
			Methods: append([]string{}, ep.Methods...),
			Policy:  entry.CORS.Name, Setting: *policies[i],
			Upstream: ep.Upstream.String(), OwnUpstream: entry.Upstream != "", EncodedPaths: ep.EncodedPaths,
			Traffic: EndpointTraffic{Hours: []uint32{}},
		}
		if row.Setting.ObserveOnly {
			v.observing++
		}
		about, ok := words[row.Policy]
		if !ok || row.Policy == "" {
			about = searchable(row.Policy, row.Setting)
			words[row.Policy] = about
		}
		v.index[row.Pattern] = len(v.rows)
		v.rows = append(v.rows, row)
		v.search = append(v.search, strings.ToLower(row.Pattern)+about)
	}
	return v
}

// searchable is what a search looks at in a setting.
func searchable(name string, p endpoints.Policy) string {
	label := map[string]string{
		endpoints.AllowNone: "disallowed", endpoints.AllowAll: "all", endpoints.AllowSelected: "selected",
	}[p.Allow]
	words := append([]string{"", name, label}, p.Domains...)
	words = append(words, p.Senders...)
	words = append(words, p.Marks()...)
	return strings.ToLower(strings.Join(words, "\n"))
}

// contains reports whether row i has all the words.
func (v *view) contains(i int, words []string) bool {
	for _, w := range words {
		if !strings.Contains(v.search[i], w) {
			return false
		}
	}
	return true
}

// activity returns what happened at an endpoint lately.
func (s *Service) activity(pattern string) EndpointTraffic {
	t := EndpointTraffic{Hours: []uint32{}}
	if s.opts.Traffic == nil {
		return t
	}
	a := s.opts.Traffic.Activity(pattern)
	t.Refused, t.Observed, t.Allowed, t.LastRefused = a.Refused, a.Observed, a.Allowed, a.LastRefused
	if a.Refused+a.Observed > 0 {
		t.Hours = append(t.Hours, a.Hours[:]...)
	}
	return t
}
