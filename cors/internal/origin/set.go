package origin

import (
	"slices"
	"strings"
)

// A Set answers whether an origin matches one of its patterns. It is immutable
// and safe for concurrent use.
//
// Patterns without wildcards are strings in a map: one lookup, however many
// there are; a few are compared one by one. Patterns with wildcards stand in
// further maps under their host: an origin is looked up under its own host in
// hosts, under each parent domain in parents, and under its direct parent in
// labels.
type Set struct {
	exact map[string]struct{}
	few   []string // what is in exact, if that is no more than fewExact

	hosts    map[string]*wildcards // without a wildcard in the host
	parents  map[string]*wildcards // all subdomains
	labels   map[string][]labelled // direct subdomains of a form
	forms    map[Pattern]struct{}  // what is in labels
	min, max int                   // lengths of the shortest and longest key of parents
}

// fewExact strings are compared in the time that a map takes.
const fewExact = 4

// wildcards are the patterns with one host: schemes and ports.
type wildcards struct {
	list []wildcard
	by   map[[2]string]string // scheme and port to text, once there are more than fewWildcards
}

const fewWildcards = 8

type wildcard struct {
	scheme, port string
	text         string // the pattern as written
}

func (w *wildcard) matches(scheme, port string) bool {
	return w.scheme == scheme && (w.port == anyPort || w.port == port)
}

// labelled is a pattern whose first label has a free part.
type labelled struct {
	Label
	wildcard
}

// find returns the text of the pattern with this scheme and port, "" if there is
// none.
func (ws *wildcards) find(scheme, port string) string {
	if ws == nil {
		return ""
	}
	if ws.by != nil {
		return ws.by[[2]string{scheme, port}]
	}
	for i := range ws.list {
		if w := &ws.list[i]; w.scheme == scheme && w.port == port {
			return w.text
		}
	}
	return ""
}

// matching returns the text of a pattern that matches scheme and port.
func (ws *wildcards) matching(scheme, port string) string {
	if ws == nil {
		return ""
	}
	if ws.by == nil {
		for i := range ws.list {
			if w := &ws.list[i]; w.matches(scheme, port) {
				return w.text
			}
		}
		return ""
	}
	if text := ws.by[[2]string{scheme, anyPort}]; text != "" {
		return text
	}
	return ws.by[[2]string{scheme, port}]
}

func (ws *wildcards) add(w wildcard) {
	ws.list = append(ws.list, w)
	if ws.by == nil && len(ws.list) > fewWildcards {
		ws.by = make(map[[2]string]string)
		for _, w := range ws.list {
			ws.by[[2]string{w.scheme, w.port}] = w.text
		}
	}
	if ws.by != nil {
		ws.by[[2]string{w.scheme, w.port}] = w.text
	}
}

// NewSet returns an empty set that expects about size patterns.
func NewSet(size int) *Set {
	return &Set{exact: make(map[string]struct{}, size)}
}

// Add puts p, written as text, into the set. It reports whether p was there
// before. Add must not be called once the set is in use.
func (s *Set) Add(p Pattern, text string) (duplicate bool) {
	switch {
	case p.Exact():
		return s.addExact(text)
	case p.Label != Label{}:
		return s.addLabelled(p, text)
	}
	where := &s.hosts
	if p.Sub {
		where = &s.parents
	}
	if *where == nil {
		*where = make(map[string]*wildcards)
	}
	ws := (*where)[p.Host]
	if ws == nil {
		ws = new(wildcards)
		(*where)[p.Host] = ws
	}
	if ws.find(p.Scheme, p.Port) != "" {
		return true
	}
	ws.add(wildcard{p.Scheme, p.Port, text})
	if p.Sub {
		if s.max == 0 {
			s.min = len(p.Host)
		}
		s.min, s.max = min(s.min, len(p.Host)), max(s.max, len(p.Host))
	}
	return false
}

func (s *Set) addExact(text string) (duplicate bool) {
	before := len(s.exact)
	s.exact[text] = struct{}{}
	if len(s.exact) == before {
		return true
	}
	if len(s.exact) <= fewExact {
		s.few = append(s.few, text)
	} else {
		s.few = nil
	}
	return false
}

func (s *Set) addLabelled(p Pattern, text string) (duplicate bool) {
	if s.forms == nil {
		s.labels, s.forms = make(map[string][]labelled), make(map[Pattern]struct{})
	}
	if _, there := s.forms[p]; there {
		return true
	}
	s.forms[p] = struct{}{}
	s.labels[p.Host] = append(s.labels[p.Host], labelled{p.Label, wildcard{p.Scheme, p.Port, text}})
	return false
}

// Cover returns another pattern of the set that matches all that p matches, and
// "" if it finds none.
func (s *Set) Cover(p Pattern) string {
	if text := s.coverOfPort(p); text != "" {
		return text
	}
	host := p.Host
	switch {
	case p.Label != Label{}:
		host = "x." + host // its parents begin with Host
	case !p.Sub:
		if text := s.coverOfLabel(p); text != "" {
			return text
		}
	}
	for len(s.parents) > 0 {
		i := strings.IndexByte(host, '.')
		if i < 0 {
			break
		}
		host = host[i+1:]
		if text := s.parents[host].matching(p.Scheme, p.Port); text != "" {
			return text
		}
	}
	return ""
}

// coverOfPort returns the pattern that differs from p in taking any port.
func (s *Set) coverOfPort(p Pattern) string {
	switch {
	case p.Port == anyPort:
		return ""
	case p.Label != Label{}:
		p.Port = anyPort
		if _, there := s.forms[p]; there {
			return p.String()
		}
		return ""
	case p.Sub:
		return s.parents[p.Host].find(p.Scheme, anyPort)
	}
	return s.hosts[p.Host].find(p.Scheme, anyPort)
}

// manyLabelled patterns with one host are too many to look for covers among them
// for every other pattern.
const manyLabelled = 50

// coverOfLabel returns a pattern that matches p's host because of its first
// label.
func (s *Set) coverOfLabel(p Pattern) string {
	label, host, _ := strings.Cut(p.Host, ".")
	list := s.labels[host]
	if len(list) > manyLabelled {
		return ""
	}
	for i := range list {
		if w := &list[i]; w.wildcard.matches(p.Scheme, p.Port) && w.Label.matches(label) {
			return w.text
		}
	}
	return ""
}

// Contains reports whether origin, as a browser serializes it, matches a
// pattern of the set. It does not allocate.
func (s *Set) Contains(origin string) bool {
	return s.containsExact(origin) || s.HasWildcards() && s.containsWild(origin)
}

func (s *Set) containsExact(origin string) bool {
	if len(s.exact) <= fewExact {
		return slices.Contains(s.few, origin)
	}
	_, ok := s.exact[origin]
	return ok
}

func (s *Set) containsWild(origin string) bool {
	scheme, host, port, ok := split(origin)
	if !ok {
		return false
	}
	if s.hosts[host].matching(scheme, port) != "" {
		return true // the pattern names the whole host, so it is a valid one
	}
	i := strings.IndexByte(host, '.')
	if i < 0 || len(host) > maxHost {
		return false
	}
	if len(s.labels) > 0 {
		list := s.labels[host[i+1:]]
		for j := range list {
			if w := &list[j]; w.wildcard.matches(scheme, port) && w.Label.matches(host[:i]) {
				return true
			}
		}
	}
	if len(s.parents) == 0 {
		return false
	}
	for {
		parent := host[i+1:]
		if len(parent) < s.min {
			return false
		}
		if len(parent) <= s.max && s.parents[parent].matching(scheme, port) != "" {
			return validLabels(host[:i]) // a further parent has more of them to be valid
		}
		j := strings.IndexByte(parent, '.')
		if j < 0 {
			return false
		}
		i += 1 + j
	}
}

// validLabels reports whether s is one or more labels.
func validLabels(s string) bool {
	for {
		label, rest, more := strings.Cut(s, ".")
		if !validLabel(label) {
			return false
		}
		if !more {
			return true
		}
		s = rest
	}
}

// split takes an origin as a browser serializes it apart. The host may still
// hold anything but slashes; the port is "" where the origin has none.
func split(origin string) (scheme, host, port string, ok bool) {
	i := strings.IndexByte(origin, ':')
	if i < 0 || !strings.HasPrefix(origin[i:], "://") {
		return "", "", "", false
	}
	scheme, rest := origin[:i], origin[i+len("://"):]
	i = len(rest)
	if rest != "" && rest[0] == '[' {
		i = strings.IndexByte(rest, ']') + 1
	} else if j := strings.IndexByte(rest, ':'); j >= 0 {
		i = j
	}
	host, port = rest[:i], rest[i:]
	if port == "" {
		return scheme, host, "", host != ""
	}
	port, ok = strings.CutPrefix(port, ":")
	return scheme, host, port, ok && host != "" && validPort(port) && port != defaultPort(scheme)
}

// validPort reports whether s is 1 to 65535 in digits without leading zeros.
func validPort(s string) bool {
	if s == "" || len(s) > 5 || s[0] == '0' {
		return false
	}
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n <= 65535
}

// HasWildcards reports whether the set holds patterns other than exact origins.
func (s *Set) HasWildcards() bool { return len(s.hosts)+len(s.parents)+len(s.labels) > 0 }
