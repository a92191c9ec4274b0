package endpoints

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Edit returns the YAML or JSON text raw rewritten so that it says next. What
// stays the same keeps its text to the byte: comments, order, quoting, blank
// lines, and also other spellings of the same value, such as cache: 60m for 1h.
// Policies are recognised by name and endpoints by pattern; one that got
// another name or pattern, and nothing else, is rewritten in its place. A
// comment directly above an entry goes where the entry goes.
//
// A raw that is empty or holds only comments becomes a new file below them. An
// error means that raw cannot be read, or is written in a way that Edit does
// not understand; nothing is ever guessed: the result has been read again and
// says next.
func Edit(raw []byte, next *Document) ([]byte, error) {
	old, src, report := decode("", raw)
	report.finish("")
	if src.root == nil && len(report.Mistakes) == 1 && report.Mistakes[0].Code == DocumentEmpty {
		return checked(newFile(string(raw), next), next)
	}
	if err := report.Err(); err != nil {
		return nil, fmt.Errorf("endpoints: a file with mistakes cannot be edited: %w", err)
	}
	if name := repeated(old.Policies); name != "" {
		return nil, fmt.Errorf("endpoints: a file with two policies called %q cannot be edited", name)
	}
	if name := repeated(next.Policies); name != "" {
		return nil, fmt.Errorf("endpoints: two policies are called %q", name)
	}
	if old.Equal(next) {
		return slices.Clone(raw), nil
	}
	text, err := edit(string(raw), src, old, next)
	if err != nil {
		return nil, fmt.Errorf("endpoints: %w", err)
	}
	if json.Valid(raw) && !json.Valid([]byte(text)) {
		return nil, errors.New("endpoints: this JSON is written in a way that cannot be edited")
	}
	return checked(text, next)
}

// checked returns text if it says next.
func checked(text string, next *Document) ([]byte, error) {
	doc, _, report := decode("", []byte(text))
	if err := report.finish("").Err(); err != nil {
		return nil, fmt.Errorf("endpoints: this file is written in a way that cannot be edited: the result would have mistakes: %w", err)
	}
	if !doc.Equal(next) {
		return nil, errors.New("endpoints: this file is written in a way that cannot be edited: the result would say something else")
	}
	return []byte(text), nil
}

// newFile returns comments followed by next as a new file.
func newFile(comments string, next *Document) string {
	p := newPen(lineBreakOf(comments))
	if strings.TrimSpace(comments) != "" {
		comments = strings.TrimRight(comments, "\r\n") + p.eol + p.eol
	}
	return comments + p.file(next)
}

// repeated returns a name that two policies have.
func repeated(p Policies) string {
	seen := make(map[string]bool)
	for _, np := range p {
		if seen[np.Name] {
			return np.Name
		}
		seen[np.Name] = true
	}
	return ""
}

func lineBreakOf(text string) string {
	if strings.Contains(text, "\r\n") {
		return "\r\n"
	}
	return "\n"
}

// An editor collects the changes of one text.
type editor struct {
	*layout
	pen
	splices
}

// edit returns the text rewritten. Layouts that are not understood are errors.
func edit(text string, src *source, old, next *Document) (result string, err error) {
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(layoutError)
			if !ok {
				panic(r)
			}
			err = e
		}
	}()
	isJSON := json.Valid([]byte(text))
	if !isJSON && lineBreak(text[max(0, len(text)-1):]) == 0 {
		text += lineBreakOf(text) // so that every line ends in one
	}
	e := &editor{layout: newLayout(text), pen: newPen(lineBreakOf(text))}
	e.json = isJSON
	e.document(src, old, next)
	return e.apply(text, 0, len(text)), nil
}

func (e *editor) document(src *source, old, next *Document) {
	c := e.collection(src.root)
	e.learn(c)
	changes := make(map[string]change)
	for _, k := range documentKeys {
		was, had := k.write(old)
		v, has := k.write(next)
		if same(was, had, v, has) {
			continue
		}
		ch := change{value: v, remove: !has}
		switch {
		case k.Name == "policies" && had && has:
			ch.within = func(n *yaml.Node) { e.policies(n, old.Policies, next.Policies) }
		case k.Name == "endpoints" && had && has:
			ch.within = func(n *yaml.Node) { e.endpoints(n, old.Endpoints, next.Endpoints) }
		case k.Name == "endpoints" && !has:
			ch.remove = false // a document says at least that it has none
		}
		changes[k.Name] = ch
	}
	e.mapping(c, documentKeys.names(), changes, noEndpoints)
}

// learn takes over the habits of the text.
func (e *editor) learn(root *collection) {
	if !root.flow {
		for _, it := range root.items {
			if n := it.value; n.Kind == yaml.MappingNode && !isFlow(n) && n.Column > 1 {
				e.unit = strings.Repeat(" ", n.Column-1)
				return
			}
		}
		return
	}
	e.flat = e.lineOf(root.open) == e.lineOf(root.close)
	if len(root.items) == 0 {
		return
	}
	it := root.items[0]
	if e.lineOf(it.start) > e.lineOf(root.open) {
		e.unit = e.indent(it.start)
	}
	if e.json && e.colonEnd(it.key) == e.start(it.value) {
		e.comma, e.colon = ",", ":"
	}
}

// same reports whether two values are the same text. Spellings are compared
// after reading, so they are the same only if they mean the same.
func same(a value, had bool, b value, has bool) bool {
	if !had || !has {
		return had == has
	}
	return a.equal(b)
}

func (v value) equal(o value) bool {
	return v.kind == o.kind && v.text == o.text && slices.EqualFunc(v.list, o.list, value.equal) &&
		slices.EqualFunc(v.fields, o.fields, func(a, b pair) bool { return a.key == b.key && a.value.equal(b.value) })
}

func (e *editor) policies(n *yaml.Node, old, next Policies) {
	c := e.collection(n)
	var targets []target
	name := func(np NamedPolicy) string { return np.Name }
	from := match(next, old, name, name)
	renamed(from, len(old), func(i, j int) bool { return next[i].Policy.Equal(old[j].Policy) })
	for i, np := range next {
		t := target{old: from[i], key: np.Name}
		if t.old < 0 {
			t.value = policyKeys.value(&np.Policy)
			t.value.lines = true
		} else {
			t.within = func(it item) {
				if was := old[t.old]; was.Name != np.Name {
					e.replace(it.start, e.scalarEnd(it.key), e.like(it.key, textValue(np.Name), c.flow))
				}
				e.policy(it.value, old[t.old].Policy, np.Policy)
			}
		}
		targets = append(targets, t)
	}
	e.elements(c, targets)
}

func (e *editor) endpoints(n *yaml.Node, old, next []Entry) {
	c := e.collection(n)
	var targets []target
	pattern := func(e Entry) string { return e.Endpoint }
	from := match(next, old, pattern, pattern)
	renamed(from, len(old), func(i, j int) bool {
		a, b := next[i], old[j]
		a.Endpoint, b.Endpoint = "", ""
		return a.Equal(b)
	})
	for i, entry := range next {
		t := target{old: from[i]}
		if t.old < 0 {
			t.value = entryValue(&entry)
		} else {
			t.within = func(it item) { e.entry(it.value, old[t.old], entry) }
		}
		targets = append(targets, t)
	}
	e.elements(c, targets)
}

func (e *editor) policy(n *yaml.Node, old, next Policy) {
	c := e.collection(n)
	changes := make(map[string]change)
	for _, k := range policyKeys {
		was, had := k.write(&old)
		v, has := k.write(&next)
		within := func(n *yaml.Node) { e.strings(n, v) }
		switch {
		case !has && !k.BelongsTo(next.allow()):
			// Even if it said nothing: it must not be there.
			changes[k.Name] = change{remove: true}
		case !same(was, had, v, has):
			// A switch is turned where it is, and keeps its comment.
			changes[k.Name] = change{value: v, within: within, remove: !has && !v.bare}
		}
	}
	e.mapping(c, policyKeys.names(), changes, pair{"allow", textValue(next.allow())})
}

func (e *editor) entry(n *yaml.Node, old, next Entry) {
	c := e.collection(n)
	changes := make(map[string]change)
	for _, k := range entryKeys {
		was, had := k.write(&old)
		v, has := k.write(&next)
		ch := change{value: v, remove: !has && !v.bare}
		ch.within = func(n *yaml.Node) { e.strings(n, v) }
		if k.Name == "cors" {
			if old.CORS.Equal(next.CORS) {
				continue
			}
			ch.within = nil
			if old.CORS.Inline != nil && next.CORS.Inline != nil {
				ch.within = func(n *yaml.Node) { e.policy(n, *old.CORS.Inline, *next.CORS.Inline) }
			}
		} else if same(was, had, v, has) {
			continue
		}
		changes[k.Name] = ch
	}
	e.mapping(c, entryKeys.names(), changes, pair{"endpoint", textValue(next.Endpoint)})
}

// strings edits a list of strings.
func (e *editor) strings(n *yaml.Node, v value) {
	c := e.collection(n)
	var targets []target
	from := match(v.list, c.items, func(v value) string { return v.text }, func(it item) string { return it.value.Value })
	renamed(from, len(c.items), func(i, j int) bool { return true })
	for i, s := range v.list {
		t := target{old: from[i], value: s}
		t.within = func(it item) {
			if isAbsent(it.value) {
				e.fail(it.value, "an empty element")
			}
			if it.value.Value != s.text {
				e.replace(e.start(it.value), e.end(it.value), e.like(it.value, s, c.flow))
			}
		}
		targets = append(targets, t)
	}
	e.elements(c, targets)
}

// match returns for each new element the number of the old one with the same
// name, or -1. Where several have the same, they are matched in order.
func match[N, O any](next []N, old []O, nextName func(N) string, oldName func(O) string) []int {
	at := make(map[string][]int, len(old))
	for j, o := range old {
		at[oldName(o)] = append(at[oldName(o)], j)
	}
	from := make([]int, len(next))
	for i, n := range next {
		from[i] = -1
		if js := at[nextName(n)]; len(js) > 0 {
			from[i], at[nextName(n)] = js[0], js[1:]
		}
	}
	return from
}

// renamed matches what is left over, where old and new stand between the same
// neighbours and are alike.
func renamed(from []int, m int, alike func(i, j int) bool) {
	taken := make([]bool, m)
	for _, j := range from {
		if j >= 0 {
			taken[j] = true
		}
	}
	j := 0
	for i := range from {
		if from[i] >= 0 {
			j = from[i] + 1
			continue
		}
		if j < m && !taken[j] && alike(i, j) {
			from[i] = j
			taken[j] = true
			j++
		}
	}
}
