package audit

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/concors/concors/endpoints"
)

// Fix returns a document that closes what was found: the addresses as
// endpoints, with the origins that are known to be wanted and nobody else. It
// is a beginning: what it cannot know, its comments say.
func Fix(reports []*Report) ([]byte, error) {
	doc := &endpoints.Document{}
	seen := make(map[string]bool)
	for _, r := range reports {
		u, err := url.Parse(r.URL)
		if err != nil || r.Err != nil {
			continue
		}
		own := strings.Replace(u.Scheme, "ws", "http", 1) + "://" + u.Host
		if !slices.Contains(doc.Origins, own) {
			doc.Origins = append(doc.Origins, own)
		}
		path := u.EscapedPath()
		if path == "" || path == "/" {
			path = "/{$}"
		}
		if strings.ContainsAny(path[:len(path)-1], "{}") && path != "/{$}" || seen[path] {
			continue
		}
		seen[path] = true
		p := policyOf(r)
		doc.Endpoints = append(doc.Endpoints, endpoints.Entry{Endpoint: path, CORS: endpoints.Setting{Inline: &p}})
	}
	if len(doc.Endpoints) == 0 {
		return nil, fmt.Errorf("no address could be asked, so there is nothing to write")
	}
	doc.Upstream = "http://127.0.0.1:3000"
	text, err := endpoints.Edit([]byte(`# Made by concors audit from what a live API answered. Before you use it:
# - upstream: where the API listens behind Concors;
# - domains: every website that calls the API, and nobody else;
# - patterns without a method stand for all methods of a path.
# Then: concors check concors.yaml
`), doc)
	if err != nil {
		return nil, err
	}
	if _, _, mistakes := endpoints.Load("concors.yaml", text, endpoints.Options{}); !mistakes.OK() {
		return nil, fmt.Errorf("the document would have mistakes: %v", mistakes.Errors()[0])
	}
	return text, nil
}

// policyOf is the setting that lets in who is wanted.
func policyOf(r *Report) endpoints.Policy {
	sensitive := slices.ContainsFunc(r.Findings, func(f *Finding) bool { return f.ID == "wildcard-sensitive" })
	if r.Open && !sensitive {
		return endpoints.Policy{Allow: endpoints.AllowAll, Headers: wantedHeaders(r, false)}
	}
	var domains []string
	for _, o := range r.Allowed {
		if origin, ok := parseSite(o); validOrigin(o) && o != "null" && o != "*" && !(ok && origin.scheme == "http" && !origin.isLoopback()) {
			domains = append(domains, o)
		}
	}
	if len(domains) == 0 {
		return endpoints.Policy{Allow: endpoints.AllowNone}
	}
	return endpoints.Policy{Allow: endpoints.AllowSelected, Domains: domains, Credentials: r.Credentials, Headers: wantedHeaders(r, r.Credentials)}
}

// wantedHeaders are the request headers that preflights allowed.
func wantedHeaders(r *Report, credentials bool) []string {
	var list []string
	for _, h := range r.Headers {
		h = strings.ToLower(h)
		if h == "*" && credentials || strings.HasPrefix(h, "access-control-") || slices.ContainsFunc(list, func(x string) bool { return strings.EqualFold(x, h) }) {
			continue
		}
		if h == "*" {
			return []string{"*", "Authorization"}
		}
		list = append(list, http.CanonicalHeaderKey(h))
	}
	return list
}
