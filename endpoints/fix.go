package endpoints

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/concors/concors/cors/mistake"
	"github.com/concors/concors/endpoints/route"
	"go.yaml.in/yaml/v4"
)

// certain has the mistakes whose repair says nothing but what was written,
// spelt as it must be. All other repairs are guesses at what was meant, and a
// guess about who may call is a person's to confirm.
var certain = map[mistake.Code]func(Mistake) bool{
	ValueType:                    always,
	mistake.CacheInvalid:         always, // units written otherwise
	mistake.MethodInvalid:        onlyCase,
	mistake.OriginDefaultPort:    always,
	mistake.OriginIPNotCanonical: always,
	mistake.OriginMissingScheme:  func(m Mistake) bool { return strings.HasPrefix(m.Repair, "https://") },
	mistake.OriginPath:           func(m Mistake) bool { return m.Value == m.Repair+"/" },
	mistake.OriginUnicodeHost:    always,
	mistake.OriginUpperCase:      onlyCase,

	mistake.Code(route.PatternHostUpperCase):   onlyCase,
	mistake.Code(route.PatternMethodLowerCase): onlyCase,
	mistake.Code(route.PatternMissingSlash):    always,
	mistake.Code(route.PatternPathUnclean):     always,
	mistake.Code(route.PatternSpace):           always,
}

func always(Mistake) bool     { return true }
func onlyCase(m Mistake) bool { return strings.EqualFold(m.Value, m.Repair) }

// Certain reports whether the repair of m says nothing but what was written.
func (m Mistake) Certain() bool {
	is := certain[m.Code]
	return m.Repair != "" && !m.Warning && is != nil && is(m)
}

// maxRounds is how often Fix reads a document again: a value that is mended can
// show the next thing that is wrong with it.
const maxRounds = 5

// Fix returns the document in data, called name, with all repairs applied that
// are [Mistake.Certain], and the mistakes that are mended by that, as they were
// found. All else keeps its text to the byte. What Fix cannot apply stays, and is
// reported when the result is read.
func Fix(name string, data []byte, o Options) (fixed []byte, mended []Mistake) {
	_, _, report := Load(name, data, o)
	for range maxRounds {
		next, some := applyRepairs(data, report.Errors())
		if len(some) == 0 {
			break
		}
		_, _, report = Load(name, next, o)
		if !areGone(some, report.Errors()) {
			break
		}
		data, mended = next, append(mended, some...)
	}
	return data, mended
}

// areGone reports whether what is left has none of the mended mistakes, and is of
// a document that could be read.
func areGone(mended, left []Mistake) bool {
	type one struct {
		code  mistake.Code
		field Field
	}
	gone := make(map[one]bool)
	for _, m := range mended {
		gone[one{m.Code, m.Field}] = true
	}
	return !slices.ContainsFunc(left, func(m Mistake) bool {
		return gone[one{m.Code, m.Field}] || m.Code == YAMLSyntax
	})
}

// applyRepairs puts the repairs that are certain into their places in data.
func applyRepairs(data []byte, mistakes []Mistake) (fixed []byte, mended []Mistake) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(layoutError); !ok {
				panic(r)
			}
			fixed, mended = data, nil // it is written in a way that is not understood
		}
	}()
	root := newDecoder("").parse(data)
	if root == nil {
		return data, nil
	}
	text := string(data)
	l, p := newLayout(text), newPen(lineBreakOf(text))
	p.json = json.Valid(data)
	scalars := scalarsByLine(root, false, make(map[int][]scalar))
	var s splices
	for _, m := range mistakes {
		if !m.Certain() {
			continue
		}
		i := slices.IndexFunc(scalars[m.Line], func(n scalar) bool { return n.Value == m.Value && n.holds(m.Column) })
		if i < 0 {
			continue
		}
		n := scalars[m.Line][i]
		scalars[m.Line] = slices.Delete(scalars[m.Line], i, i+1) // each is mended once
		s.replace(l.start(n.Node), l.end(n.Node), p.repair(n, m))
		mended = append(mended, m)
	}
	return []byte(s.apply(text, 0, len(text))), mended
}

// A scalar is a single value in the text.
type scalar struct {
	*yaml.Node
	flow bool // it stands between brackets
}

// holds reports whether column is within n, on its first line.
func (n scalar) holds(column int) bool {
	return n.Column <= column && column <= n.Column+len(n.Value)+2 // quotes included
}

// scalarsByLine adds the scalars below n to all.
func scalarsByLine(n *yaml.Node, flow bool, all map[int][]scalar) map[int][]scalar {
	if n.Kind == yaml.ScalarNode {
		all[n.Line] = append(all[n.Line], scalar{n, flow})
	}
	for _, c := range n.Content {
		scalarsByLine(c, flow || isFlow(n), all)
	}
	return all
}

// repair writes the repair of m in the place of n.
func (p pen) repair(n scalar, m Mistake) string {
	switch {
	case m.Code != ValueType:
		return p.like(n.Node, textValue(m.Repair), n.flow)
	case m.Repair == "true" || m.Repair == "false":
		return m.Repair
	}
	return p.flowLine(listValue(listed(n.Value)))
}

// listed returns the elements of a list that was written as a single value,
// such as GET, PUT.
func listed(value string) []string {
	if len(value) > maxQuoted { // nobody wrote that
		return []string{value}
	}
	list := strings.Split(value, ",")
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	return list
}
