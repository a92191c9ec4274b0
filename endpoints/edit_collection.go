package endpoints

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// A change is what is to become of a key.
type change struct {
	remove bool
	value  value              // to be written if the key is not there, or holds another kind of value
	within func(n *yaml.Node) // turns what is there into value, if it is of the same kind; nil: it is written anew
}

// A target is an element that a list or mapping shall have.
type target struct {
	old    int           // number of the element it was; -1: it is new
	within func(it item) // what to change in the element it was
	key    string        // in a mapping
	value  value         // of a new element
}

// mapping makes the changes to the values of a mapping, whose keys keep their
// order; new ones come in that of keys. If no key is left, otherwise is written.
func (e *editor) mapping(c *collection, keys []string, changes map[string]change, otherwise pair) {
	var targets []target
	there := make(map[string]bool)
	for i, it := range c.items {
		name := it.key.Value
		there[name] = true
		ch, changed := changes[name]
		if ch.remove {
			continue
		}
		t := target{old: i, key: name, within: func(item) {}}
		if changed {
			t.within = func(it item) { e.field(c, it, ch) }
		}
		targets = append(targets, t)
	}
	for k, key := range keys {
		ch, changed := changes[key]
		if !changed || there[key] || ch.remove {
			continue
		}
		at := 0 // after the last of the keys that are written before this one
		for i, t := range targets {
			if slices.Index(keys, t.key) < k {
				at = i + 1
			}
		}
		targets = slices.Insert(targets, at, target{old: -1, key: key, value: ch.value})
	}
	if len(targets) == 0 {
		targets = []target{{old: -1, key: otherwise.key, value: otherwise.value}}
	}
	e.elements(c, targets)
}

// field changes the value of a key that is there and stays.
func (e *editor) field(c *collection, it item, ch change) {
	v, n := ch.value, it.value
	switch {
	case n.Kind == yaml.ScalarNode && v.kind == yaml.ScalarNode && !isAbsent(n):
		e.replace(e.start(n), it.end, e.like(n, v, c.flow))
	case n.Kind == v.kind && ch.within != nil && len(n.Content) > 0 && !v.empty():
		ch.within(n)
	case c.flow:
		e.replace(e.colonEnd(it.key), it.end, strings.TrimPrefix(e.colon, ":")+e.spread(v, e.indent(it.start), e.layout.column(it.start)))
	default:
		e.anew(c, it, v)
	}
}

// anew writes the value of a key in a block anew. A comment behind the key
// stays.
func (e *editor) anew(c *collection, it item, v value) {
	colon := e.colonEnd(it.key)
	ownLines := it.value.Kind != yaml.ScalarNode && !isFlow(it.value)
	inline, isInline := e.inline(v, e.layout.column(colon)+1)
	switch {
	case isInline && ownLines:
		e.insert(colon, " "+inline)
		e.remove(e.lineEnd(colon), e.lineEnd(it.end))
		return
	case isInline:
		e.replace(colon, it.end, " "+inline)
		return
	case ownLines:
		e.remove(e.lineEnd(colon), e.lineEnd(it.end))
	default:
		e.remove(colon, it.end)
	}
	e.insert(e.lineEnd(it.end), e.eol+strings.TrimSuffix(e.block(v, c.column+len(e.unit)), e.eol))
}

// A piece of a rearranged collection is an element that stays where it is, or
// text.
type piece struct {
	old  int // number of the element; -1: it is text
	text string
}

// elements makes c have the targets, at least one, in this order. Elements that
// keep their order stay in their place; the others are moved.
func (e *editor) elements(c *collection, targets []target) {
	stays := longestRun(targets)
	pieces := make([]piece, 0, len(targets))
	for i, t := range targets {
		switch {
		case stays[i]:
			t.within(c.items[t.old])
			pieces = append(pieces, piece{old: t.old})
		case t.old >= 0:
			pieces = append(pieces, piece{-1, e.moved(c, t)})
		default:
			pieces = append(pieces, piece{-1, e.fresh(c, t)})
		}
	}
	if c.flow {
		e.arrangeFlow(c, pieces)
	} else {
		e.arrangeBlock(c, pieces)
	}
}

// longestRun reports which targets stay: as many old elements as possible of
// those whose order is the same.
func longestRun(targets []target) []bool {
	var ends []int // ends[k]: the target that ends the best run of k+1
	before := make([]int, len(targets))
	for i, t := range targets {
		if t.old < 0 {
			continue
		}
		k, _ := slices.BinarySearchFunc(ends, t.old, func(i, old int) int { return targets[i].old - old })
		before[i] = -1
		if k > 0 {
			before[i] = ends[k-1]
		}
		if k == len(ends) {
			ends = append(ends, i)
		} else {
			ends[k] = i
		}
	}
	stays := make([]bool, len(targets))
	if len(ends) > 0 {
		for i := ends[len(ends)-1]; i >= 0; i = before[i] {
			stays[i] = true
		}
	}
	return stays
}

// moved returns the changed text of an element that goes to another place: in a
// block its lines with the comments above.
func (e *editor) moved(c *collection, t target) string {
	outer := e.splices
	e.splices = nil
	it := c.items[t.old]
	t.within(it)
	from, to := it.start, it.end
	if !c.flow {
		if it.inline {
			e.fail(it.value, "several values on a line")
		}
		from, to = it.from, it.to
	}
	text := e.apply(e.data, from, to)
	e.splices = outer
	return text
}

// fresh returns the text of a new element.
func (e *editor) fresh(c *collection, t target) string {
	isMapping := c.node.Kind == yaml.MappingNode
	switch {
	case !c.flow && isMapping:
		return e.block(value{kind: yaml.MappingNode, fields: []pair{{t.key, t.value}}}, c.column)
	case !c.flow:
		p := e.pen
		if it := c.items[0]; it.value.Kind == t.value.kind && it.value.Line == e.lineOf(it.start)+1 {
			p.dash = e.data[it.start:e.start(it.value)]
		}
		return p.block(value{kind: yaml.SequenceNode, list: []value{t.value}}, c.column)
	}
	prefix := ""
	if isMapping {
		prefix = e.key(t.key, true) + e.colon
	}
	at := c.open
	if len(c.items) > 0 {
		at = c.items[0].start
		if e.lineOf(at) == e.lineOf(c.items[0].end) {
			return prefix + e.flowLine(t.value)
		}
	}
	return prefix + e.spread(t.value, e.indent(at), e.layout.column(at)+len(prefix))
}

// arrangeBlock removes and inserts lines.
func (e *editor) arrangeBlock(c *collection, pieces []piece) {
	gone := make([]bool, len(c.items))
	for i := range gone {
		gone[i] = true
	}
	for _, p := range pieces {
		if p.old >= 0 {
			gone[p.old] = false
		}
	}
	spaced := e.isSpaced(c)
	at, first := c.items[0].from, true // where text goes
	for i, p := range pieces {
		switch {
		case p.old >= 0:
			at = c.items[p.old].to
		case c.items[0].inline && first:
			e.fail(c.items[0].value, "several values on a line")
		case spaced && first && i+1 < len(pieces):
			e.insert(at, p.text+e.eol)
		case spaced && !first:
			e.insert(at, e.eol+p.text)
		default:
			e.insert(at, p.text)
		}
		first = first && p.old < 0
	}
	done := 0
	for i := range c.items {
		if gone[i] {
			done = e.removeLines(c, i, done)
		}
	}
}

// isSpaced reports whether most elements of a block are set apart by nothing
// but empty lines.
func (e *editor) isSpaced(c *collection) bool {
	gaps := 0
	for i := 1; i < len(c.items); i++ {
		if gap := e.data[c.items[i-1].to:c.items[i].from]; gap != "" && strings.TrimSpace(gap) == "" {
			gaps++
		}
	}
	return 2*gaps > len(c.items)-1
}

// isEmptyLine reports whether the line that begins at start is empty.
func (e *editor) isEmptyLine(start int) bool {
	return start < len(e.data) && e.lineText(start) == ""
}

// removeLines removes an element of a block, and of two empty lines around it
// one. Up to done, lines are removed already; it returns where that is now.
func (e *editor) removeLines(c *collection, i, done int) int {
	it := c.items[i]
	if it.inline {
		// What follows takes its place on the line.
		next := it.end
		if i+1 < len(c.items) && !strings.Contains(e.data[it.end:c.items[i+1].start], "#") {
			next = c.items[i+1].start
		}
		e.remove(it.start, next)
		return next
	}
	from, to := max(it.from, done), it.to
	if to == len(e.data) || e.isEmptyLine(to) {
		above := e.lineStart(max(from-1, 0))
		switch {
		case i == 0 && to < len(e.data):
			to = e.nextLine(to)
		case i > 0 && above >= done && e.isEmptyLine(above):
			from = above
		}
	}
	e.remove(from, to)
	return to
}

// arrangeFlow rewrites the gaps between elements whose neighbours change.
func (e *editor) arrangeFlow(c *collection, pieces []piece) {
	if len(c.items) == 0 {
		texts := make([]string, len(pieces))
		for i, p := range pieces {
			texts[i] = p.text
		}
		e.replace(c.open, c.close, strings.Join(texts, e.comma))
		return
	}
	separator := e.separator(c)
	last := -1      // the element before, if it stays
	var text string // what comes between it and the next that stays
	for i, p := range pieces {
		if p.old < 0 {
			if i > 0 {
				if pieces[i-1].old >= 0 {
					text = e.gapAfter(c, last, separator)
				} else {
					text += separator
				}
			}
			text += p.text
			continue
		}
		switch {
		case i == 0:
			e.remove(c.items[0].start, c.items[p.old].start)
		case last < 0:
			e.replace(c.items[0].start, c.items[p.old].start, text+separator)
		case text != "":
			e.replace(c.items[last].end, c.items[p.old].start, text+separator)
		case p.old > last+1:
			e.replace(c.items[last].end, c.items[p.old].start, e.gapAfter(c, last, separator))
		}
		last, text = p.old, ""
	}
	switch n := len(c.items) - 1; {
	case last < 0:
		e.replace(c.items[0].start, c.items[n].end, text)
	case last == n && text != "":
		e.appendFlow(c, text)
	case text != "":
		e.replace(c.items[last].end, c.items[n].end, text)
	case last < n:
		e.truncateFlow(c, last)
	}
}

// gapAfter returns what stands between the element i and a new neighbour: what
// stands there now, with its comments, as far as there is a next one.
func (e *editor) gapAfter(c *collection, i int, separator string) string {
	if i+1 < len(c.items) {
		return e.data[c.items[i].end:c.items[i+1].start]
	}
	return separator
}

// separator returns what stands between elements, without comments.
func (e *editor) separator(c *collection) string {
	for i := range len(c.items) - 1 {
		if gap := e.gapAfter(c, i, ""); !strings.Contains(gap, "#") {
			return gap
		}
	}
	if at := c.items[0].start; e.lineOf(at) > e.lineOf(c.open) {
		return "," + e.eol + e.indent(at)
	}
	return e.comma
}

// appendFlow adds text, with its separators, after the last element. A comment
// behind that one stays behind it.
func (e *editor) appendFlow(c *collection, text string) {
	end := c.items[len(c.items)-1].end
	tail := e.data[end:c.close]
	comma, comment := strings.IndexByte(tail, ','), strings.IndexByte(tail, '#')
	if comment < 0 {
		e.insert(end, text)
		return
	}
	trailing := 0 <= comma && comma < comment
	if !trailing {
		e.insert(end, ",")
	}
	text = strings.TrimLeft(strings.TrimPrefix(text, ","), " \t\r\n")
	if trailing {
		text += ","
	}
	e.insert(e.lineEnd(end+comment), e.eol+e.indent(c.items[len(c.items)-1].start)+text)
}

// truncateFlow removes everything after the element i. A comment behind that
// one stays.
func (e *editor) truncateFlow(c *collection, i int) {
	from, to := c.items[i].end, c.items[len(c.items)-1].end
	gap, tail := e.data[from:c.items[i+1].start], e.data[to:c.close]
	keep := ""
	if comma := strings.IndexByte(tail, ','); comma >= 0 && !strings.Contains(tail[:comma], "#") {
		keep, to, tail = ",", to+comma+1, tail[comma+1:]
	}
	if comment := strings.IndexByte(tail, '#'); comment >= 0 {
		to = e.lineEnd(to + comment) // it is about what goes
	}
	if comment := strings.IndexByte(gap, '#'); comment >= 0 {
		at := from + comment
		keep += " " + e.data[at:e.lineEnd(at)]
		if lineBreak(e.data[to:]) == 0 {
			keep += e.eol + e.indent(c.items[i].start)
		}
	}
	e.replace(from, to, keep)
}
