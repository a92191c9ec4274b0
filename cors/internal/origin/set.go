package origin

import (
	"slices"
	"strings"
)

// A Set answers whether an origin matches one of its patterns. It is immutable
// and safe for concurrent use.
//
// Patterns without wildcards are strings in a map: one lookup, however many
// there are; a few are compared one by one. Patterns with wildcards stand in two
// further maps under their host: an origin is looked up under its own host in
// hosts, and under each parent domain in parents.
type Set struct {
	exact map[string]struct{}
	few   []string // what is in exact, if that is no more than fewExact

	hosts    map[string][]wildcard // without a subdomain wildcard
	parents  map[string][]wildcard // with one
	min, max int                   // lengths of the shortest and longest key of parents
}

// fewExact strings are compared in the time that a map takes.
const fewExact = 4

// wildcard is what a pattern with wildcards says beside its host.
type wildcard struct {
	scheme, port string
	text         string // the pattern as written
}

// NewSet returns an empty set that expects about size patterns.
func NewSet(size int) *Set {
	return &Set{exact: make(map[string]struct{}, size)}
}

// Add puts p, written as text, into the set. It reports whether p was there
// before. Add must not be called once the set is in use.
func (s *Set) Add(p Pattern, text string) (duplicate bool) {
	if p.Exact() {
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
	where := &s.hosts
	if p.Sub {
		where = &s.parents
	}
	for _, w := range (*where)[p.Host] {
		if w.scheme == p.Scheme && w.port == p.Port {
			return true
		}
	}
	if *where == nil {
		*where = make(map[string][]wildcard)
	}
	(*where)[p.Host] = append((*where)[p.Host], wildcard{p.Scheme, p.Port, text})
	if p.Sub {
		if s.max == 0 {
			s.min = len(p.Host)
		}
		s.min, s.max = min(s.min, len(p.Host)), max(s.max, len(p.Host))
	}
	return false
}

// Cover returns another pattern of the set that matches all that p matches, and
// "" if there is none.
func (s *Set) Cover(p Pattern) string {
	covers := func(w wildcard) bool { return w.scheme == p.Scheme && (w.port == anyPort || w.port == p.Port) }
	same := s.hosts
	if p.Sub {
		same = s.parents
	}
	for _, w := range same[p.Host] {
		if w.port != p.Port && covers(w) {
			return w.text
		}
	}
	for host := p.Host; len(s.parents) > 0; {
		i := strings.IndexByte(host, '.')
		if i < 0 {
			break
		}
		host = host[i+1:]
		for _, w := range s.parents[host] {
			if covers(w) {
				return w.text
			}
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
	for _, w := range s.hosts[host] {
		if w.matches(scheme, port) {
			return true // w names the whole host, so it is a valid one
		}
	}
	if len(s.parents) == 0 {
		return false
	}
	for i := strings.IndexByte(host, '.'); i >= 0; {
		parent := host[i+1:]
		if len(parent) < s.min {
			return false
		}
		if len(parent) <= s.max {
			for _, w := range s.parents[parent] {
				if w.matches(scheme, port) && validLabels(host[:i]) && len(host) <= maxHost {
					return true
				}
			}
		}
		j := strings.IndexByte(parent, '.')
		if j < 0 {
			return false
		}
		i += 1 + j
	}
	return false
}

func (w *wildcard) matches(scheme, port string) bool {
	return w.scheme == scheme && (w.port == anyPort || w.port == port)
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
func (s *Set) HasWildcards() bool { return len(s.hosts) > 0 || len(s.parents) > 0 }
