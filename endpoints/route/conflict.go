package route

import (
	"fmt"
	"net/url"
	"strings"
)

// A Conflict is two patterns that match the same request although neither has
// precedence over the other. Requests are written "METHOD host/path", the host
// left out if the patterns have none.
type Conflict struct {
	A, B    Pattern // A was to be added, B was there before
	Witness string  // a request that both match
	OnlyA   string  // a request that A matches and B does not; empty if there is none
	OnlyB   string  // a request that B matches and A does not; empty if there is none
}

// Error explains the conflict in words.
func (c *Conflict) Error() string {
	if c.OnlyA == "" {
		return fmt.Sprintf("%s matches the same requests as %s, such as %s", c.A, c.B, c.Witness)
	}
	return fmt.Sprintf("%[1]s and %[2]s both match %[3]s, and neither is more specific: only %[1]s matches %[4]s, only %[2]s matches %[5]s",
		c.A, c.B, c.Witness, c.OnlyA, c.OnlyB)
}

// newConflict explains why a and b conflict.
// Precondition: conflicting(a, b).
func newConflict(a, b Pattern) *Conflict {
	c := &Conflict{A: a, B: b}
	methods, paths := compareMethods(a.method, b.method), compareSegments(a, b)
	method, path := commonMethod(a.method, b.method), commonPath(a, b)
	c.Witness = method + " " + a.host + path
	if methods == Equivalent && paths == Equivalent {
		return c
	}
	only := func(p, q Pattern, pathDiffers bool) string {
		if pathDiffers {
			return method + " " + p.host + pathOfOnly(p, q)
		}
		return methodOfOnly(p.method, q.method) + " " + p.host + path
	}
	c.OnlyA = only(a, b, paths&MoreGeneral != 0)
	c.OnlyB = only(b, a, paths&MoreSpecific != 0)
	return c
}

// commonMethod returns a method that patterns with methods a and b both take.
// Precondition: there is one.
func commonMethod(a, b string) string {
	switch compareMethods(a, b) {
	case MoreGeneral:
		return b
	case Equivalent:
		if a == "" {
			return "GET"
		}
	}
	return a
}

// methodOfOnly returns a method that patterns with method a take and those with
// b do not. Precondition: a is more general than b.
func methodOfOnly(a, b string) string {
	switch {
	case a != "": // GET and HEAD
		return a
	case b == "GET":
		return "POST"
	}
	return "GET"
}

// commonPath returns a path that a and b both match.
// Precondition: there is one.
func commonPath(a, b Pattern) string {
	var sb strings.Builder
	for i := range max(len(a.segments), len(b.segments)) {
		// The more specific of the two will do for both.
		if i >= len(b.segments) || i < len(a.segments) && compareSegment(a.segments[i], b.segments[i])&MoreGeneral == 0 {
			writeSegment(&sb, a.segments[i])
		} else {
			writeSegment(&sb, b.segments[i])
		}
	}
	return sb.String()
}

// pathOfOnly returns a path that a matches and b does not.
// Precondition: there is one, and there is one that both match.
func pathOfOnly(a, b Pattern) string {
	var sb strings.Builder
	for i, s := range a.segments {
		var t segment
		if i < len(b.segments) {
			t = b.segments[i]
		}
		switch {
		case s.kind == wild && t.kind == literal && s.text == t.text:
			s.text += "x" // some segment other than b's
		case s.kind == rest && t.kind == end:
			// b ends here, so something must follow.
			s = segment{kind: literal, text: s.text}
			if s.text == "" {
				s.text = "x"
			}
		}
		// A rest is written as a trailing slash: where b wants a segment, it
		// finds none.
		writeSegment(&sb, s)
	}
	return sb.String()
}

// writeSegment appends an escaped segment that s matches.
func writeSegment(sb *strings.Builder, s segment) {
	sb.WriteByte('/')
	if s.kind == literal || s.kind == wild {
		sb.WriteString(url.PathEscape(s.text))
	}
}
