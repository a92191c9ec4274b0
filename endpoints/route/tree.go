package route

import (
	"maps"
	"net/url"
	"slices"
)

// This file holds the tree that requests are looked up in. Its root branches on
// the host, further levels on the segments of the path; methods stand at the
// leaves. Given
//
//	GET  /users/{name}
//	POST /users/new
//
// a GET of /users/new first comes to the literal "new", finds no GET there,
// goes back and finds the wildcard. Literal before wildcard before rest is the
// order of precedence: of all patterns that match a request, each pair is
// comparable (or they would conflict), and the more specific has the more
// specific segment wherever their paths first differ. Where the paths are the
// same, the more specific has the more specific method.
//
// A search looks at two branches for each segment at most. It can only grow
// with the number of patterns where many of them begin alike, with wildcards in
// different places.

// A Tree finds the value of the pattern that a request matches. It is
// immutable: any number of goroutines can use it. The zero Tree is empty.
type Tree[T any] struct {
	tree
	values []T // by number
}

// Match returns the value of the pattern that takes requests with this method,
// host (as in [http.Request.Host], with or without port) and URL, if there is
// one. A u.Path that is unclean or does not begin with a slash never matches.
func (t *Tree[T]) Match(method, host string, u *url.URL) (v T, ok bool) {
	c, ok := newCursor(u)
	if !ok {
		return v, false
	}
	if n := t.hostNode(host); n != nil {
		if id := n.find(method, c); id >= 0 {
			return t.values[id], true
		}
	}
	if id := t.anyHost.find(method, c); id >= 0 {
		return t.values[id], true
	}
	return v, false
}

// Methods calls visit for every method with which [Tree.Match] finds something
// at this host and path, once each, with the value it finds. HEAD is among them
// where GET is. If other methods match too, visit is called with "" and what
// they find, last of all.
//
// Methods allocates nothing, unless the tree knows more than 256 methods.
func (t *Tree[T]) Methods(host string, u *url.URL, visit func(method string, v T)) {
	c, ok := newCursor(u)
	if !ok {
		return
	}
	var few [4]uint64
	seen := bitset(few[:])
	if t.methods > len(few)*64 {
		seen = make(bitset, (t.methods+63)/64)
	}
	emit := func(method string, id int) { visit(method, t.values[id]) }
	if n := t.hostNode(host); n != nil && !n.visit(c, seen, emit) {
		return
	}
	t.anyHost.visit(c, seen, emit)
}

// A tree is a Tree without its values.
type tree struct {
	anyHost node             // of patterns without host
	hosts   map[string]*node // by [Pattern.Host]
	methods int              // how many there are, with HEAD where GET is
}

// A node stands for the paths that begin with certain segments.
type node struct {
	few  []edge           // children by literal
	many map[string]*node // instead of few
	wild *node

	here leaf // patterns that end here
	end  leaf // patterns that end after one more slash
	rest leaf // patterns that take whatever follows, at least a slash
}

type edge struct {
	literal string
	node    *node
}

// fewEdges is how many children are faster to compare than to look up.
const fewEdges = 6

// A leaf holds patterns with the same path, the one without method last.
type leaf []entry

type entry struct {
	method string
	bit    int // number of the method, for sets of methods
	id     int // number of the pattern
}

// hostNode returns the node of the patterns for exactly this host, or nil.
func (t *tree) hostNode(host string) *node {
	if len(t.hosts) == 0 {
		return nil
	}
	name, _ := cutPort(host)
	if n := len(name); n > 1 && name[n-1] == '.' {
		name = name[:n-1]
	}
	if len(name) > maxHostLength {
		return nil
	}
	for i := range len(name) {
		if 'A' <= name[i] && name[i] <= 'Z' {
			var buf [maxHostLength]byte
			return t.hosts[string(lower(buf[:0], name))]
		}
	}
	return t.hosts[name]
}

// lower appends s to b with ASCII letters in lower case.
func lower(b []byte, s string) []byte {
	for i := range len(s) {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		b = append(b, c)
	}
	return b
}

// find returns the number of the pattern that matches, or -1.
func (n *node) find(method string, c cursor) int {
	for {
		switch c.path {
		case "":
			return n.here.find(method)
		case "/":
			if id := n.end.find(method); id >= 0 {
				return id
			}
			return n.rest.find(method)
		}
		segment, after := c.next()
		child := n.child(segment)
		if child != nil && n.wild == nil && n.rest == nil {
			n, c = child, after // nothing to come back to
			continue
		}
		if child != nil {
			if id := child.find(method, after); id >= 0 {
				return id
			}
		}
		if n.wild != nil {
			if id := n.wild.find(method, after); id >= 0 {
				return id
			}
		}
		return n.rest.find(method)
	}
}

// visit calls f for every method that find would find something for, except
// those in seen, and puts them there. It reports whether other methods are
// still to be found elsewhere.
func (n *node) visit(c cursor, seen bitset, f func(method string, id int)) (more bool) {
	switch c.path {
	case "":
		return n.here.visit(seen, f)
	case "/":
		return n.end.visit(seen, f) && n.rest.visit(seen, f)
	}
	segment, after := c.next()
	if child := n.child(segment); child != nil && !child.visit(after, seen, f) {
		return false
	}
	if n.wild != nil && !n.wild.visit(after, seen, f) {
		return false
	}
	return n.rest.visit(seen, f)
}

// child returns the node below n for a literal segment, or nil.
func (n *node) child(segment string) *node {
	if n.many != nil {
		return n.many[segment]
	}
	for i := range n.few {
		if n.few[i].literal == segment {
			return n.few[i].node
		}
	}
	return nil
}

func (l leaf) find(method string) int {
	for i := range l {
		if l[i].method == method || l[i].method == "" {
			return l[i].id
		}
	}
	return -1
}

func (l leaf) visit(seen bitset, f func(method string, id int)) (more bool) {
	for _, e := range l {
		if word, bit := &seen[e.bit/64], uint64(1)<<(e.bit%64); *word&bit == 0 {
			*word |= bit
			f(e.method, e.id)
		}
		if e.method == "" {
			return false
		}
	}
	return true
}

// add adds pattern number id. The tree must not be frozen yet.
func (t *tree) add(p Pattern, id int) {
	n := &t.anyHost
	if p.host != "" {
		if t.hosts[p.host] == nil {
			if t.hosts == nil {
				t.hosts = map[string]*node{}
			}
			t.hosts[p.host] = &node{}
		}
		n = t.hosts[p.host]
	}
	at := &n.here
	for _, s := range p.segments {
		switch s.kind {
		case literal:
			n = n.grow(s.text)
			at = &n.here
		case wild:
			if n.wild == nil {
				n.wild = &node{}
			}
			n = n.wild
			at = &n.here
		case rest:
			at = &n.rest
		case end:
			at = &n.end
		}
	}
	*at = append(*at, entry{method: p.method, id: id})
}

// grow returns the child for a literal, a new one if there is none.
func (n *node) grow(text string) *node {
	if n.many == nil {
		n.many = map[string]*node{}
	}
	if n.many[text] == nil {
		n.many[text] = &node{}
	}
	return n.many[text]
}

// freeze brings the tree into the form that is searched.
func (t *tree) freeze() {
	methods := map[string]entry{}
	t.anyHost.freeze(methods)
	for _, n := range t.hosts {
		n.freeze(methods)
	}
	t.methods = len(methods)
}

// freeze is given the methods seen so far, as entries with name and bit.
func (n *node) freeze(methods map[string]entry) {
	for _, l := range []*leaf{&n.here, &n.end, &n.rest} {
		l.freeze(methods)
	}
	for _, child := range n.many {
		child.freeze(methods)
	}
	if n.wild != nil {
		n.wild.freeze(methods)
	}
	if len(n.many) <= fewEdges {
		for _, text := range slices.Sorted(maps.Keys(n.many)) {
			n.few = append(n.few, edge{text, n.many[text]})
		}
		n.many = nil
	}
}

func (l *leaf) freeze(methods map[string]entry) {
	has := func(method string) bool {
		return slices.ContainsFunc(*l, func(e entry) bool { return e.method == method })
	}
	for _, e := range *l {
		if e.method == "GET" && !has("HEAD") {
			*l = append(*l, entry{method: "HEAD", id: e.id})
		}
	}
	// Any method last, the others in the order added.
	slices.SortStableFunc(*l, func(a, b entry) int {
		switch {
		case a.method == "" && b.method != "":
			return 1
		case a.method != "" && b.method == "":
			return -1
		}
		return 0
	})
	for i := range *l {
		e := &(*l)[i]
		known, ok := methods[e.method]
		if !ok {
			known = entry{method: e.method, bit: len(methods)}
			methods[e.method] = known
		}
		// One copy of the name for the whole tree stays in the cache, those
		// within each pattern's text do not.
		e.method, e.bit = known.method, known.bit
	}
}
