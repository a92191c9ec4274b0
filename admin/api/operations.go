package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/concors/concors/admin"
	"github.com/concors/concors/store"
)

// operations is the admin API. openapi.yaml describes it; a test holds one
// against the other.
var operations []operation

func init() { // apart, because an operation reaches this list again through its handler
	operations = []operation{
		{method: "GET", path: "/openapi.yaml", public: true, stream: true, answer: getOpenAPI},
		{method: "GET", path: "/session", answer: getSession},
		{method: "POST", path: "/session", public: true, limit: maxLogin, answer: postSession},
		{method: "DELETE", path: "/session", answer: deleteSession},
		{method: "GET", path: "/state", answer: getState},
		{method: "GET", path: "/document", answer: getDocument},
		{method: "PUT", path: "/document", limit: maxDocumentBody, answer: putDocument},
		{method: "PATCH", path: "/document", limit: maxDocumentBody, answer: patchDocument},
		{method: "GET", path: "/endpoints", query: []string{"search", "allow", "policy", "refused", "observe", "sort", "offset", "limit"}, answer: getEndpoints},
		{method: "GET", path: "/endpoint", query: []string{"pattern"}, answer: getEndpoint},
		{method: "PUT", path: "/endpoint", query: []string{"pattern"}, answer: putEndpoint},
		{method: "DELETE", path: "/endpoint", query: []string{"pattern"}, answer: deleteEndpoint},
		{method: "GET", path: "/policies", answer: getPolicies},
		{method: "GET", path: "/policy", query: []string{"name"}, answer: getPolicy},
		{method: "PUT", path: "/policy", query: []string{"name"}, answer: putPolicy},
		{method: "DELETE", path: "/policy", query: []string{"name"}, answer: deletePolicy},
		{method: "POST", path: "/judge", limit: maxDocumentBody, answer: postJudge},
		{method: "POST", path: "/diff", limit: maxDocumentBody, answer: postDiff},
		{method: "POST", path: "/try", limit: maxDocumentBody, answer: postTry},
		{method: "POST", path: "/live", stream: true, answer: postLive}, // waits for the network: it takes nobody's turn
		{method: "POST", path: "/allow", answer: postAllow},
		{method: "GET", path: "/traffic", query: []string{"outcome", "endpoint", "origin", "limit"}, answer: getTraffic},
		{method: "GET", path: "/decisions", answer: getDecisions},
		{method: "GET", path: "/feed", stream: true, answer: getFeed},
		{method: "GET", path: "/history", query: []string{"limit"}, answer: getHistory},
		{method: "POST", path: "/history/restore", answer: postRestore},
		{method: "POST", path: "/history/undo", answer: postUndo},
	}
}

func getOpenAPI(c *call) (any, error) {
	c.w.Header().Set("Content-Type", "application/yaml")
	_, _ = c.w.Write(OpenAPI)
	return nil, errAnswered
}

// A Session is how one is logged in.
type Session struct {
	// Expires is when to log in again; zero for the token itself, which does
	// not expire.
	Expires time.Time `json:"expires,omitzero"`
}

func getSession(c *call) (any, error) {
	end, _ := c.h.auth.session(c.r)
	return Session{Expires: end}, nil
}

func postSession(c *call) (any, error) {
	var in struct {
		Token string `json:"token"`
	}
	if err := c.body(&in); err != nil {
		return nil, err
	}
	if !c.h.enter(c.w, c.r, strings.TrimSpace(in.Token)) {
		return nil, errAnswered
	}
	return Session{Expires: c.h.auth.begin(c.w, c.r)}, nil
}

func deleteSession(c *call) (any, error) {
	c.h.auth.end(c.w, c.r)
	return nil, nil
}

func getState(c *call) (any, error) {
	st, err := c.State(c.r.Context())
	return c.tagged(st.Revision, st, err)
}

func getDocument(c *call) (any, error) {
	doc, err := c.Document(c.r.Context())
	return c.tagged(doc.Revision, doc, err)
}

// part reads a body that is a part of a document.
func part[T any](c *call, read func([]byte) (T, error)) (T, error) {
	var raw json.RawMessage
	if err := c.body(&raw); err != nil {
		return *new(T), err
	}
	return read(raw)
}

func putDocument(c *call) (any, error) {
	doc, err := part(c, admin.ReadDocument)
	if err != nil {
		return nil, err
	}
	return c.save(admin.Draft{Document: doc, ReplaceBroken: true})
}

func patchDocument(c *call) (any, error) {
	var d admin.Draft
	if err := c.body(&d); err != nil {
		return nil, err
	}
	return c.save(d)
}

// save stores d on the revision of If-Match.
func (c *call) save(d admin.Draft) (any, error) {
	base, err := c.base(d.Base)
	if err != nil {
		return nil, err
	}
	d.Base = base
	return c.saved(c.Save(c.r.Context(), d))
}

func (c *call) saved(saved admin.Saved, err error) (any, error) {
	return c.tagged(saved.Revision, saved, err)
}

func getEndpoints(c *call) (any, error) {
	q := admin.EndpointQuery{
		Search: c.query.Get("search"), Allow: c.query.Get("allow"), Policy: c.query.Get("policy"), Sort: c.query.Get("sort"),
	}
	var err error
	if q.Refused, err = c.flag("refused"); err != nil {
		return nil, err
	}
	if q.Observe, err = c.flag("observe"); err != nil {
		return nil, err
	}
	if q.Offset, err = c.number("offset"); err != nil {
		return nil, err
	}
	if q.Limit, err = c.number("limit"); err != nil {
		return nil, err
	}
	list, err := c.Endpoints(c.r.Context(), q)
	list.Endpoints = fitting(list.Endpoints)
	return c.tagged(list.Revision, list, err)
}

// maxRows is about how many bytes of endpoints are listed at once: thousands
// may share a policy with thousands of domains, which is written out at each.
const maxRows = 16 << 20

// fitting returns the first of list that fit into an answer, at least one.
func fitting(list []admin.Endpoint) []admin.Endpoint {
	size := 0
	for i := range list {
		p := &list[i].Setting
		size += 500
		for _, values := range [][]string{p.Domains, p.Headers, p.Expose, p.Senders, list[i].Methods} {
			for _, s := range values {
				size += len(s) + 3
			}
		}
		if i > 0 && size > maxRows {
			return list[:i]
		}
	}
	return list
}

func getEndpoint(c *call) (any, error) {
	pattern, err := c.needed("pattern")
	if err != nil {
		return nil, err
	}
	d, err := c.Endpoint(c.r.Context(), pattern)
	return c.tagged(d.Revision, d, err)
}

// putEndpoint replaces an endpoint or adds it.
func putEndpoint(c *call) (any, error) {
	pattern, err := c.needed("pattern")
	if err != nil {
		return nil, err
	}
	entry, err := part(c, admin.ReadEntry)
	if err != nil {
		return nil, err
	}
	change := admin.EndpointChange{Pattern: pattern, Entry: entry}
	if _, err := c.Endpoint(c.r.Context(), pattern); err != nil {
		if entry.Endpoint != pattern {
			return nil, err
		}
		change.Pattern = ""
	}
	return c.save(admin.Draft{Endpoints: []admin.EndpointChange{change}})
}

func deleteEndpoint(c *call) (any, error) {
	pattern, err := c.needed("pattern")
	if err != nil {
		return nil, err
	}
	return c.save(admin.Draft{Endpoints: []admin.EndpointChange{{Pattern: pattern, Remove: true}}})
}

func getPolicies(c *call) (any, error) {
	list, err := c.Policies(c.r.Context())
	return c.tagged(list.Revision, list, err)
}

func getPolicy(c *call) (any, error) {
	name, err := c.needed("name")
	if err != nil {
		return nil, err
	}
	list, err := c.Policies(c.r.Context())
	if err != nil {
		return nil, err
	}
	for _, p := range list.Policies {
		if p.Name == name {
			c.setETag(list.Revision)
			return p, nil
		}
	}
	return nil, admin.ErrUnknownPolicy
}

// putPolicy replaces a named policy or adds it.
func putPolicy(c *call) (any, error) {
	name, err := c.needed("name")
	if err != nil {
		return nil, err
	}
	policy, err := part(c, admin.ReadPolicy)
	if err != nil {
		return nil, err
	}
	return c.save(admin.Draft{Policies: []admin.PolicyChange{{Name: name, Policy: policy}}})
}

func deletePolicy(c *call) (any, error) {
	name, err := c.needed("name")
	if err != nil {
		return nil, err
	}
	return c.save(admin.Draft{Policies: []admin.PolicyChange{{Name: name, Remove: true}}})
}

func postJudge(c *call) (any, error) {
	var d admin.Draft
	if err := c.body(&d); err != nil {
		return nil, err
	}
	return c.Judge(c.r.Context(), d)
}

func postDiff(c *call) (any, error) {
	var d admin.Draft
	if err := c.body(&d); err != nil {
		return nil, err
	}
	return c.Diff(c.r.Context(), d)
}

func postTry(c *call) (any, error) {
	var t admin.Trial
	if err := c.body(&t); err != nil {
		return nil, err
	}
	return c.Try(c.r.Context(), t)
}

func postLive(c *call) (any, error) {
	var in struct {
		Endpoint string `json:"endpoint"`
	}
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, maxLogin)
	if err := c.body(&in); err != nil {
		return nil, err
	}
	return c.CheckLive(c.r.Context(), in.Endpoint)
}

func postAllow(c *call) (any, error) {
	var in struct {
		Endpoint string `json:"endpoint"`
		Origin   string `json:"origin"`
		Here     bool   `json:"here"`
	}
	if err := c.body(&in); err != nil {
		return nil, err
	}
	return c.AllowOrigin(c.r.Context(), in.Endpoint, in.Origin, in.Here)
}

func getTraffic(c *call) (any, error) {
	limit, err := c.number("limit")
	if err != nil {
		return nil, err
	}
	return c.Traffic(c.r.Context(), admin.TrafficQuery{
		Outcome: c.query.Get("outcome"), Endpoint: c.query.Get("endpoint"), Origin: c.query.Get("origin"), Limit: limit,
	})
}

func getDecisions(c *call) (any, error) {
	list, err := c.Decisions(c.r.Context())
	return struct {
		Decisions []admin.Decision `json:"decisions"`
	}{list}, err
}

func getHistory(c *call) (any, error) {
	limit, err := c.number("limit")
	if err != nil {
		return nil, err
	}
	h, err := c.History(c.r.Context(), limit)
	return c.tagged(h.Revision, h, err)
}

func postRestore(c *call) (any, error) {
	var in struct {
		Revision store.Revision `json:"revision"`
	}
	if err := c.body(&in); err != nil {
		return nil, err
	}
	base, err := c.base("")
	if err != nil {
		return nil, err
	}
	return c.saved(c.Restore(c.r.Context(), in.Revision, base))
}

func postUndo(c *call) (any, error) {
	base, err := c.base("")
	if err != nil {
		return nil, err
	}
	return c.saved(c.Undo(c.r.Context(), base))
}
