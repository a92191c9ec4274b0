package blackbox

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// serialized is what a browser can send in Origin, null aside: scheme, host
// and perhaps a port.
var serialized = regexp.MustCompile(`^([a-z][a-z0-9+.-]*)://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(0|[1-9][0-9]{0,4}))?$`)

// token is HTTP's.
var token = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")

// matches: does the origin pattern cover this Origin?
func (r reading) matches(pattern, origin string) bool {
	// ":*": any port, also none.
	if base, ok := strings.CutSuffix(pattern, ":*"); ok {
		if r.matches(base, origin) {
			return true
		}
		i := strings.LastIndexByte(origin, ':')
		if i < 0 || !r.matches(base, origin[:i]) {
			return false
		}
		port, err := strconv.Atoi(origin[i+1:])
		written := strconv.Itoa(port) == origin[i+1:]
		isDefault := strings.HasPrefix(pattern, "http:") && port == 80 || strings.HasPrefix(pattern, "https:") && port == 443
		return err == nil && written && port <= 65535 && (port >= 1 || r["anyport"]) && !(r["anyport"] && isDefault)
	}
	// "*.": one or more labels.
	scheme, rest, ok := strings.Cut(pattern, "://*.")
	switch {
	case !ok && strings.Contains(pattern, "*"):
		return r.matchesInLabel(pattern, origin)
	case !ok:
		return origin == pattern
	}
	labels, ok := strings.CutPrefix(origin, scheme+"://")
	if !ok {
		return false
	}
	labels, ok = strings.CutSuffix(labels, "."+rest)
	label := plainLabel
	if r["label"] {
		label = anyLabel
	}
	return ok && !slices.ContainsFunc(strings.Split(labels, "."), func(l string) bool { return !label.MatchString(l) })
}

// matchesInLabel: "one `*` inside the first label".
func (r reading) matchesInLabel(pattern, origin string) bool {
	before, after, ok := strings.Cut(pattern, "*")
	if !ok || len(origin) < len(before)+len(after) || !strings.HasPrefix(origin, before) || !strings.HasSuffix(origin, after) {
		return false
	}
	label := plainLabel
	if r["label"] {
		label = anyLabel
	}
	between := origin[len(before) : len(origin)-len(after)]
	return label.MatchString(between) || between == "" && r["emptystar"]
}

var (
	plainLabel = regexp.MustCompile(`^[a-z0-9_-]+$`)
	anyLabel   = regexp.MustCompile("^[a-z0-9_!$&'()*+,;=~`{}\"-]+$")
)

// own is rule 3: the Origin is one of the API's own.
func (r reading) own(q *Question, origin string) bool {
	host := q.Host
	if r["case"] {
		origin, host = strings.ToLower(origin), strings.ToLower(host)
	}
	m := serialized.FindStringSubmatch(origin)
	if m == nil {
		return false
	}
	scheme := m[1]
	known := ""
	if q.World.TLS {
		known = "https"
	}
	if trusted(q) {
		if v := q.one("X-Forwarded-Host"); v != "" {
			host = v
		}
		if v := q.one("X-Forwarded-Proto"); v != "" {
			known = v
		}
	}
	if declared := q.World.Origins; len(declared) > 0 {
		var candidates []string
		for _, o := range declared {
			same := sameHostPort(o, host)
			if r["declared"] {
				same = hostname(strings.SplitN(o, "://", 2)[1]) == hostname(host)
			}
			if same {
				candidates = append(candidates, o)
			}
		}
		if len(candidates) == 0 {
			candidates = declared
		}
		if r["known"] && known != "" && known != scheme {
			return false
		}
		return slices.ContainsFunc(candidates, func(o string) bool { return o == r.normal(origin) })
	}
	if scheme != "http" && scheme != "https" && !r["custom"] {
		return false
	}
	return (known == "" || known == scheme) && sameHostPort(r.normal(origin), host)
}

// normal drops a default port that is written out.
func (r reading) normal(origin string) string {
	if r["port"] {
		return origin
	}
	if o, ok := strings.CutSuffix(origin, ":443"); ok && strings.HasPrefix(o, "https://") {
		return o
	}
	if o, ok := strings.CutSuffix(origin, ":80"); ok && strings.HasPrefix(o, "http://") {
		return o
	}
	return origin
}

// sameHostPort: the origin's host and port equal Host, default ports
// normalised.
func sameHostPort(origin, host string) bool {
	scheme, authority, _ := strings.Cut(origin, "://")
	switch scheme {
	case "https":
		host = strings.TrimSuffix(host, ":443")
	case "http":
		host = strings.TrimSuffix(host, ":80")
	}
	return authority == host
}

func hostname(authority string) string {
	name, _, _ := strings.Cut(authority, ":") // the test has no IPv6 Host
	return name
}

// trusted: the peer is one of the trusted proxies.
func trusted(q *Question) bool {
	peer := netip.MustParseAddr(q.Peer)
	return slices.ContainsFunc(q.World.TrustedProxies, func(p string) bool { return netip.MustParsePrefix(p).Contains(peer) })
}

// isPreflight: "OPTIONS with one Origin and one Access-Control-Request-Method".
func isPreflight(q *Question) bool {
	return q.Method == "OPTIONS" && len(q.values("Origin")) == 1 && len(q.values("Access-Control-Request-Method")) == 1
}

// requestedHeaders are the names in Access-Control-Request-Headers, all lines.
func requestedHeaders(q *Question) []string {
	var names []string
	for _, line := range q.values("Access-Control-Request-Headers") {
		for _, name := range strings.Split(line, ",") {
			if name = strings.Trim(name, " \t"); name != "" {
				names = append(names, name)
			}
		}
	}
	return names
}

func requestHeaderBytes(q *Question) int {
	n := 0
	for _, line := range q.values("Access-Control-Request-Headers") {
		n += len(line)
	}
	return n
}

// manyCommas: no intermediary and no browser writes such a list.
func manyCommas(q *Question) bool {
	return slices.ContainsFunc(q.values("Access-Control-Request-Headers"), func(l string) bool {
		return strings.Contains(l, ",,,,,,,,")
	})
}

// namesAllowed: all the requested headers are allowed.
func (r reading) namesAllowed(q *Question, s *Setting) bool {
	for _, name := range requestedHeaders(q) {
		if !headerAllowed(s, name) || !token.MatchString(name) && !r["commas"] {
			return false
		}
	}
	return !(r["commas"] && manyCommas(q))
}

// headerAllowed: the setting lists the request header, or `*` covers it, which
// "covers neither Authorization nor method overrides".
func headerAllowed(s *Setting, name string) bool {
	for _, h := range s.Headers {
		if strings.EqualFold(h, name) || h == "*" && !contains(mustBeListed, name) {
			return true
		}
	}
	return false
}

var mustBeListed = []string{"Authorization", "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"}

// uncovered: the request, from an allowed Origin, has a method override that is
// not listed beside `*`.
func (r reading) uncovered(q *Question, s *Setting, origins []string) bool {
	if len(origins) == 0 || !slices.Contains(s.Headers, "*") || s.Allow == "selected" && !r.allowed(s, origins) {
		return false
	}
	return slices.ContainsFunc(q.Header, func(f Field) bool {
		return contains(mustBeListed[1:], f.Name) && !headerAllowed(s, f.Name)
	})
}

// encodesSeparators: "an encoded slash, backslash, NUL".
func encodesSeparators(path string) bool {
	lower := strings.ToLower(path)
	return slices.ContainsFunc([]string{"%2f", "%5c", "%00", `\`}, func(s string) bool { return strings.Contains(lower, s) })
}

// dotSegments: also those between separators that are encoded.
func dotSegments(path string) bool {
	plain := strings.NewReplacer("%2e", ".", "%2f", "/", "%5c", "/", `\`, "/").Replace(strings.ToLower(path))
	return slices.ContainsFunc(strings.Split(plain, "/"), func(seg string) bool { return seg == "." || seg == ".." })
}

// hostListed: Host is one of the document's `hosts`, if it lists any.
func (r reading) hostListed(q *Question) bool {
	if len(q.World.OnlyHosts) == 0 {
		return true
	}
	host := q.Host
	if r["forwarded"] && trusted(q) {
		if v := q.one("X-Forwarded-Host"); v != "" {
			host = v
		}
	}
	host = strings.ToLower(host) // names are
	return slices.ContainsFunc(q.World.OnlyHosts, func(h string) bool {
		return h == host || h == hostname(host) && !r["hostport"]
	})
}

// endpointsAt are the endpoints whose path is this one.
func endpointsAt(w *World, path string) []*Endpoint {
	var here []*Endpoint
	for _, e := range w.Endpoints {
		if pathMatches(e.Path, path) {
			here = append(here, e)
		}
	}
	return here
}

func pathMatches(pattern, path string) bool {
	literal, _, _ := strings.Cut(pattern, "{")
	if !strings.HasPrefix(path, literal) {
		return false
	}
	p, s := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(p) != len(s) {
		return false
	}
	for i := range p {
		if p[i] != s[i] && !(strings.HasPrefix(p[i], "{") && s[i] != "") {
			return false
		}
	}
	return true
}

// serving is the endpoint that takes the method: HEAD is judged as GET, and a
// pattern that names a method comes before one for any.
func serving(here []*Endpoint, method string) *Endpoint {
	if method == "HEAD" {
		method = "GET"
	}
	for _, e := range here {
		if e.Method != "" && e.Method == method {
			return e
		}
	}
	for _, e := range here {
		if e.Method == "" && (len(e.Methods) == 0 || slices.Contains(e.Methods, method)) {
			return e
		}
	}
	return nil
}

func allObserve(here []*Endpoint) bool {
	return !slices.ContainsFunc(here, func(e *Endpoint) bool { return !e.Setting.Observe })
}

// gatewayError is what the gateway answers for an upstream that fails it.
func gatewayError(e *Endpoint) int {
	switch e.Upstream {
	case "":
		return 0
	case deadUpstream:
		return 502
	}
	return 504
}
