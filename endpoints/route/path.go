package route

import (
	"net/url"
	"strings"
)

// This file reads request paths without copying them.
//
// A path arrives twice: u.Path is decoded, u.RawPath, if not empty, is what the
// client sent. Only the latter tells an encoded slash from a separator. It
// decodes to the former, so a segment's decoded text is always a piece of
// u.Path, and it is enough to walk both at once.

// A cursor is what remains of a path: nothing, "/" for a trailing slash, or
// a slash, a segment and what follows.
type cursor struct {
	path string // decoded
	raw  string // the same, encoded; "" if every slash of path separates
}

// newCursor returns the path of u. It is not ok if it does not begin with a
// slash or is unclean: net/http would answer with a redirect, and what stands
// behind us might resolve it in a way of its own.
func newCursor(u *url.URL) (c cursor, ok bool) {
	c.path = u.Path
	sent := u.Path
	if u.RawPath != "" && encodes(u.RawPath, u.Path) {
		c.raw = u.RawPath
		sent = u.RawPath
	}
	return c, isClean(sent)
}

// next splits off the first segment.
// Precondition: c.path has more than a slash left.
func (c cursor) next() (segment string, after cursor) {
	path := c.path[1:]
	if c.raw == "" {
		if i := strings.IndexByte(path, '/'); i >= 0 {
			return path[:i], cursor{path: path[i:]}
		}
		return path, cursor{}
	}
	raw := c.raw[1:]
	n := 0 // decoded bytes of the segment
	for raw != "" && raw[0] != '/' {
		if raw[0] == '%' {
			raw = raw[2:]
		}
		raw = raw[1:]
		n++
	}
	return path[:n], cursor{path: path[n:], raw: raw}
}

// isClean reports whether path begins with a slash and has no empty segments,
// except a last one, and no segments "." and "..".
func isClean(path string) bool {
	return path != "" && path[0] == '/' && !strings.Contains(path, "//") &&
		(!strings.Contains(path, "/.") || !hasDotSegment(path))
}

func hasDotSegment(path string) bool {
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

// encodes reports whether raw is a valid encoding of path, as
// [url.URL.EscapedPath] decides it: if not, that, and with it everything that
// forwards the request, goes by path alone.
func encodes(raw, path string) bool {
	n := 0
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		switch {
		case c == '%':
			if !isEscape(raw[i:]) {
				return false
			}
			c = unhex(raw[i+1])<<4 | unhex(raw[i+2])
			i += 2
		case !isAlphanumeric(c) && strings.IndexByte("/-_.~!$&'()*+,;=:@[]", c) < 0:
			return false
		}
		if n == len(path) || path[n] != c {
			return false
		}
		n++
	}
	return n == len(path)
}

// unhex returns the value of a hexadecimal digit.
func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	}
	return c - 'a' + 10
}
