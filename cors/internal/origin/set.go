package origin

import "strings"

// A Set answers whether an origin matches one of its patterns. It is immutable
// and safe for concurrent use.
//
// Patterns without wildcards are strings in a map: one lookup, however many
// there are. Patterns with wildcards stand in a second map under their host; an
// origin is looked up there under its own host and under each parent domain.
type Set struct {
	exact map[string]struct{}

	wild     map[string][]wildcard // by Pattern.Host
	min, max int                   // lengths of the shortest and longest key of wild
}

// wildcard is what a pattern with wildcards says beside its host.
type wildcard struct {
	scheme, port string
	sub          bool
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
		return len(s.exact) == before
	}
	for _, w := range s.wild[p.Host] {
		if w.scheme == p.Scheme && w.port == p.Port && w.sub == p.Sub {
			return true
		}
	}
	if s.wild == nil {
		s.wild = make(map[string][]wildcard)
		s.min = len(p.Host)
	}
	s.min = min(s.min, len(p.Host))
	s.max = max(s.max, len(p.Host))
	s.wild[p.Host] = append(s.wild[p.Host], wildcard{p.Scheme, p.Port, p.Sub, text})
	return false
}

// Cover returns another pattern of the set that matches all that p matches, and
// "" if there is none.
func (s *Set) Cover(p Pattern) string {
	if len(s.wild) == 0 {
		return ""
	}
	covers := func(w wildcard) bool { return w.scheme == p.Scheme && (w.port == anyPort || w.port == p.Port) }
	for _, w := range s.wild[p.Host] {
		self := w.sub == p.Sub && w.port == p.Port && w.scheme == p.Scheme
		if !self && w.sub == p.Sub && covers(w) {
			return w.text
		}
	}
	for host := p.Host; ; {
		i := strings.IndexByte(host, '.')
		if i < 0 {
			return ""
		}
		host = host[i+1:]
		for _, w := range s.wild[host] {
			if w.sub && covers(w) {
				return w.text
			}
		}
	}
}

// Contains reports whether origin, as a browser serializes it, matches a
// pattern of the set. It does not allocate.
func (s *Set) Contains(origin string) bool {
	if _, ok := s.exact[origin]; ok {
		return true
	}
	return len(s.wild) != 0 && s.containsWild(origin)
}

func (s *Set) containsWild(origin string) bool {
	scheme, host, port, ok := split(origin)
	if !ok {
		return false
	}
	for _, w := range s.wild[host] {
		if !w.sub && w.matches(scheme, port) {
			return true // w names the whole host, so it is a valid one
		}
	}
	for i := strings.IndexByte(host, '.'); i >= 0; {
		parent := host[i+1:]
		if len(parent) < s.min {
			return false
		}
		if len(parent) <= s.max {
			for _, w := range s.wild[parent] {
				if w.sub && w.matches(scheme, port) && validLabels(host[:i]) && len(host) <= maxHost {
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
	scheme, rest, ok := strings.Cut(origin, "://")
	if !ok {
		return "", "", "", false
	}
	i := len(rest)
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
func (s *Set) HasWildcards() bool { return len(s.wild) > 0 }
