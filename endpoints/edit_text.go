package endpoints

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// A layout knows where the nodes of a document begin and end in its text, in
// bytes. The parser only tells where they begin.
type layout struct {
	data  string
	lines []int // where each line begins
}

func newLayout(data string) *layout {
	l := &layout{data: data, lines: []int{len(data) - len(strings.TrimPrefix(data, "\ufeff"))}}
	for i := 0; i < len(data); {
		n := lineBreak(data[i:])
		if n == 0 {
			i++
			continue
		}
		i += n
		l.lines = append(l.lines, i)
	}
	return l
}

// lineBreak returns the length of the line break that s begins with, 0 if it
// does not: those of YAML 1.1, which the parser counts.
func lineBreak(s string) int {
	for _, b := range []string{"\n", "\r\n", "\r", "\u0085", "\u2028", "\u2029"} {
		if strings.HasPrefix(s, b) {
			return len(b)
		}
	}
	return 0
}

// A layoutError is a panic of layout: the text is not as expected. Edit turns
// it into an error.
type layoutError struct {
	line   int
	reason string
}

func (e layoutError) Error() string {
	return fmt.Sprintf("line %d is written in a way that cannot be edited (%s)", e.line, e.reason)
}

func (l *layout) fail(n *yaml.Node, reason string) int { panic(layoutError{n.Line, reason}) }

// start returns where n begins.
func (l *layout) start(n *yaml.Node) int {
	if n.Line < 1 || n.Line > len(l.lines) {
		return l.fail(n, "its place is unknown")
	}
	at := l.lines[n.Line-1]
	for range n.Column - 1 {
		if at >= len(l.data) {
			return l.fail(n, "its place is unknown")
		}
		_, size := utf8.DecodeRuneInString(l.data[at:])
		at += size
	}
	return at
}

// lineStart returns where the line of at begins.
func (l *layout) lineStart(at int) int { return l.lines[l.lineOf(at)] }

// lineOf returns the number of at's line, from 0.
func (l *layout) lineOf(at int) int {
	i, found := slices.BinarySearch(l.lines, at)
	if !found {
		i--
	}
	return max(i, 0)
}

// lineEnd returns where the line of at ends, before its break.
func (l *layout) lineEnd(at int) int {
	for at < len(l.data) && lineBreak(l.data[at:]) == 0 {
		at++
	}
	return at
}

// nextLine returns where the line after at's begins.
func (l *layout) nextLine(at int) int {
	at = l.lineEnd(at)
	return at + lineBreak(l.data[at:])
}

// column returns how many bytes of its line stand before at.
func (l *layout) column(at int) int { return at - l.lineStart(at) }

// indent returns the white space that the line of at begins with.
func (l *layout) indent(at int) string {
	line := l.data[l.lineStart(at):]
	return line[:len(line)-len(strings.TrimLeft(line, " \t"))]
}

// lineText returns the text of the line that begins at start, without spaces
// around it.
func (l *layout) lineText(start int) string { return strings.TrimSpace(l.data[start:l.lineEnd(start)]) }

// end returns where n ends.
func (l *layout) end(n *yaml.Node) int {
	switch {
	case n.Kind == yaml.ScalarNode:
		return l.scalarEnd(n)
	case isFlow(n):
		at := l.start(n) + 1
		for _, child := range n.Content {
			if !isAbsent(child) {
				at = l.end(child)
			}
		}
		return l.close(n, at) + 1
	case len(n.Content) == 0:
		return l.fail(n, "an empty block")
	}
	last := n.Content[len(n.Content)-1]
	if n.Kind == yaml.MappingNode && isAbsent(last) {
		return l.colonEnd(n.Content[len(n.Content)-2])
	}
	return l.end(last)
}

func isFlow(n *yaml.Node) bool { return n.Style&yaml.FlowStyle != 0 }

// isAbsent reports whether n is a value that is not written at all.
func isAbsent(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Value == "" && n.Style == 0 }

// close returns where the bracket stands that closes the flow collection n,
// whose last child ends at or before at.
func (l *layout) close(n *yaml.Node, at int) int {
	for ; at < len(l.data); at++ {
		switch l.data[at] {
		case ']', '}':
			return at
		case '#':
			at = l.lineEnd(at) - 1
		case ',', ':', '?', ' ', '\t', '\r', '\n':
		default:
			return l.fail(n, "between brackets")
		}
	}
	return l.fail(n, "a bracket that is not closed")
}

// colonEnd returns where the colon after the key k ends.
func (l *layout) colonEnd(k *yaml.Node) int {
	at := l.scalarEnd(k)
	for at < len(l.data) && strings.IndexByte(" \t\r\n", l.data[at]) >= 0 {
		at++
	}
	if at == len(l.data) || l.data[at] != ':' {
		return l.fail(k, "a key without its colon")
	}
	return at + 1
}

func (l *layout) scalarEnd(n *yaml.Node) int {
	at := l.start(n)
	switch {
	case n.Style&yaml.DoubleQuotedStyle != 0:
		for at++; at < len(l.data) && l.data[at] != '"'; at++ {
			if l.data[at] == '\\' {
				at++
			}
		}
		return min(at+1, len(l.data))
	case n.Style&yaml.SingleQuotedStyle != 0:
		for at++; at < len(l.data); at++ {
			if l.data[at] != '\'' {
				continue
			}
			if !strings.HasPrefix(l.data[at:], "''") {
				break
			}
			at++
		}
		return min(at+1, len(l.data))
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return l.fail(n, "a block scalar")
	}
	return l.plainEnd(n, at)
}

// plainEnd returns where the unquoted scalar n ends, which may go on over
// several lines.
func (l *layout) plainEnd(n *yaml.Node, at int) int {
	for value := n.Value; value != ""; {
		switch {
		case at < len(l.data) && l.data[at] == value[0]:
			at++
			value = value[1:]
		case at < len(l.data) && strings.IndexByte(" \t\r\n", l.data[at]) >= 0:
			at++
		case value[0] == ' ' || value[0] == '\n':
			value = value[1:]
		default:
			return l.fail(n, "a value in several lines")
		}
	}
	return at
}

// A collection is a list or mapping as it stands in the text.
type collection struct {
	node  *yaml.Node
	flow  bool
	items []item

	open, close int // flow: after the opening bracket, before the closing one
	column      int // block: of dashes or keys
}

// An item is an element of a list, or key and value.
type item struct {
	key, value *yaml.Node // key is nil in lists
	start, end int        // what is written

	// In a block, the whole lines that are the item's: with the comments
	// directly above, except above the first, where they may speak for all.
	from, to int
	inline   bool // in a block: something stands before it on its line
}

// collection takes n apart.
func (l *layout) collection(n *yaml.Node) *collection {
	c := &collection{node: n, flow: isFlow(n)}
	step := 1
	if n.Kind == yaml.MappingNode {
		step = 2
	}
	for i := 0; i+step <= len(n.Content); i += step {
		it := item{value: n.Content[i+step-1]}
		if step == 2 {
			it.key = n.Content[i]
			it.start, it.end = l.start(it.key), l.colonEnd(it.key)
		} else {
			it.start = l.start(it.value)
			it.end = it.start
			if !c.flow {
				it.start = l.dash(n, it.value)
			}
		}
		if !isAbsent(it.value) {
			it.end = l.end(it.value)
		}
		c.items = append(c.items, it)
	}
	if c.flow {
		c.open = l.start(n) + 1
		at := c.open
		if k := len(c.items); k > 0 {
			at = c.items[k-1].end
		}
		c.close = l.close(n, at)
		return c
	}
	c.column = n.Column - 1
	for i := range c.items {
		l.wholeLines(c, i)
	}
	return c
}

// dash returns where the dash of the element v of the list n stands.
func (l *layout) dash(n, v *yaml.Node) int {
	for line := v.Line; line >= n.Line; line-- {
		at := l.lines[line-1] + n.Column - 1
		if at < len(l.data) && l.data[at] == '-' && strings.TrimSpace(l.data[l.lines[line-1]:at]) == "" {
			return at
		}
	}
	return l.fail(v, "a list without its dashes")
}

func (l *layout) wholeLines(c *collection, i int) {
	it := &c.items[i]
	it.from, it.to = l.lineStart(it.start), l.nextLine(it.end)
	if rest := strings.TrimSpace(l.data[it.end:l.lineEnd(it.end)]); rest != "" && rest[0] != '#' {
		l.fail(it.value, "several values on a line")
	}
	if strings.TrimSpace(l.data[it.from:it.start]) != "" {
		if i > 0 {
			l.fail(it.value, "several values on a line")
		}
		it.inline = true
		it.from = it.start
		return
	}
	if i == 0 {
		return
	}
	for it.from > c.items[i-1].to {
		above := l.lineStart(it.from - 1)
		if !strings.HasPrefix(l.lineText(above), "#") {
			break
		}
		it.from = above
	}
}

// A splice replaces data[start:end] by text.
type splice struct {
	start, end int
	text       string
}

// splices collects changes of a text.
type splices []splice

func (s *splices) replace(start, end int, text string) { *s = append(*s, splice{start, end, text}) }
func (s *splices) insert(at int, text string)          { s.replace(at, at, text) }
func (s *splices) remove(start, end int)               { s.replace(start, end, "") }

// apply returns data[from:to] with the changes, which lie within and do not
// overlap.
func (s splices) apply(data string, from, to int) string {
	sorted := slices.Clone(s)
	slices.SortStableFunc(sorted, func(a, b splice) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return min(a.end-a.start, 1) - min(b.end-b.start, 1) // what is inserted comes before what is replaced
	})
	var b bytes.Buffer
	at := from
	for _, sp := range sorted {
		if sp.start < at || sp.end > to {
			panic(layoutError{0, "changes that overlap"})
		}
		b.WriteString(data[at:sp.start])
		b.WriteString(sp.text)
		at = sp.end
	}
	b.WriteString(data[at:to])
	return b.String()
}
