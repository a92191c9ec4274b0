package route

// A Pattern says which requests an endpoint takes. Patterns come from [Parse]
// and are immutable; the zero Pattern matches nothing.
type Pattern struct {
	text, method, host, path string
	segments                 []segment
}

// String returns the pattern as written.
func (p Pattern) String() string { return p.text }

// Method returns the method, or "" for any.
func (p Pattern) Method() string { return p.method }

// Host returns the host name in lower case, or "" for any.
func (p Pattern) Host() string { return p.host }

// Path returns the path as written.
func (p Pattern) Path() string { return p.path }

// endsInRest reports whether p takes every path below its last slash.
func (p Pattern) endsInRest() bool {
	return len(p.segments) > 0 && p.segments[len(p.segments)-1].kind == rest
}

// A segment is what stands between two slashes of a pattern, or after its last
// one.
type segment struct {
	kind kind
	text string // literal: the unescaped segment; wild and rest: the name, "" for a trailing slash
}

type kind uint8

const (
	literal kind = iota // exactly this segment
	wild                // {name}: any one segment
	rest                // {name...} or a trailing slash: all that remains, be it nothing
	end                 // {$}: nothing remains
)
