package route

// This file compares the sets of requests that patterns match.
//
// Such a set is a product: of hosts, methods and, position by position,
// segments. One product contains another if each of its factors contains the
// other's, and two are disjoint if any two of their factors are. So relations
// are found for each factor and combined: with one bit for "the first has
// something the second lacks" and one for the reverse, to combine is to or.

// A Relation says how the requests that one pattern matches relate to those of
// another.
type Relation uint8

const (
	Equivalent   Relation = 0                          // both match the same
	MoreGeneral  Relation = 1                          // the first matches all that the second does, and more
	MoreSpecific Relation = 2                          // the second matches all that the first does, and more
	Overlapping  Relation = MoreGeneral | MoreSpecific // both match something, and each something the other does not
	Disjoint     Relation = 4                          // nothing is matched by both
)

func (r Relation) String() string {
	switch r {
	case Equivalent:
		return "equivalent"
	case MoreGeneral:
		return "more general"
	case MoreSpecific:
		return "more specific"
	case Overlapping:
		return "overlapping"
	}
	return "disjoint"
}

// combine returns the relation of two products from the relations of two of
// their factors.
func combine(r, s Relation) Relation {
	if r|s >= Disjoint {
		return Disjoint
	}
	return r | s
}

// Compare returns how the requests that a matches relate to those of b: host,
// method and path. Precedence is another matter: it is decided between patterns
// that overlap.
func Compare(a, b Pattern) Relation {
	return combine(compareMethods(a.method, b.method), ComparePaths(a, b))
}

// ComparePaths is [Compare] without the methods: how the hosts and paths that a
// matches relate to those of b.
func ComparePaths(a, b Pattern) Relation {
	return combine(compareHosts(a.host, b.host), compareSegments(a, b))
}

// Overlaps reports whether some request is matched by both a and b.
func Overlaps(a, b Pattern) bool { return Compare(a, b) != Disjoint }

// conflicting reports whether some request is matched by a and b and neither
// has precedence. Rule one: a pattern with a host beats one without. Rule two:
// the more specific pattern wins.
func conflicting(a, b Pattern) bool {
	if a.host != b.host {
		return false
	}
	r := Compare(a, b)
	return r == Equivalent || r == Overlapping
}

func compareHosts(a, b string) Relation {
	switch {
	case a == b:
		return Equivalent
	case a == "":
		return MoreGeneral
	case b == "":
		return MoreSpecific
	}
	return Disjoint
}

func compareMethods(a, b string) Relation {
	switch {
	case a == b:
		return Equivalent
	case a == "", a == "GET" && b == "HEAD":
		return MoreGeneral
	case b == "", b == "GET" && a == "HEAD":
		return MoreSpecific
	}
	return Disjoint
}

func compareSegments(a, b Pattern) Relation {
	r := Equivalent
	n := min(len(a.segments), len(b.segments))
	for i := range n {
		if r = combine(r, compareSegment(a.segments[i], b.segments[i])); r == Disjoint {
			return r
		}
	}
	// What is left of the longer pattern must be taken by the other's rest.
	switch {
	case len(a.segments) == len(b.segments):
		return r
	case len(a.segments) == n && a.endsInRest():
		return combine(r, MoreGeneral)
	case len(b.segments) == n && b.endsInRest():
		return combine(r, MoreSpecific)
	}
	return Disjoint
}

func compareSegment(a, b segment) Relation {
	switch {
	case a.kind == b.kind:
		if a.kind == literal && a.text != b.text {
			return Disjoint
		}
		return Equivalent
	case a.kind == rest:
		return MoreGeneral
	case b.kind == rest:
		return MoreSpecific
	case a.kind == end || b.kind == end: // the other wants a segment
		return Disjoint
	case a.kind == wild:
		return MoreGeneral
	}
	return MoreSpecific
}
