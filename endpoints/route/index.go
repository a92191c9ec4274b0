package route

import (
	"iter"
	"math/bits"
)

// This file finds, among many patterns, those whose paths overlap that of
// a given one, without looking at each.
//
// Two paths overlap if at every position the two segments can be the same. So
// for each position the index keeps the patterns that have this literal there,
// those that have a wildcard, and so on, as sets of bits, and a search is an
// intersection over the positions. Its time is (segments × patterns / 64),
// whatever the patterns look like; a tree would be walked in full for
// a pattern of wildcards.

// An index holds patterns of one host by number, in the order added.
type index struct {
	patterns []Pattern
	at       []position
	methods  map[string]*bitset

	// Scratch of a search.
	found, ended, here bitset
}

// A position holds the patterns that have a segment there, by its kind.
type position struct {
	literals map[string]*members
	segment  bitset // literals and wildcards
	wild     bitset
	rest     bitset
	end      bitset
	last     bitset // patterns whose last segment this is, without rest
}

func (x *index) add(p Pattern) {
	id := len(x.patterns)
	x.patterns = append(x.patterns, p)
	if x.methods == nil {
		x.methods = map[string]*bitset{}
	}
	if x.methods[p.method] == nil {
		x.methods[p.method] = &bitset{}
	}
	x.methods[p.method].set(id)
	for i, s := range p.segments {
		if i == len(x.at) {
			x.at = append(x.at, position{literals: map[string]*members{}})
		}
		at := &x.at[i]
		switch s.kind {
		case literal:
			if at.literals[s.text] == nil {
				at.literals[s.text] = &members{}
			}
			at.literals[s.text].add(id, len(x.patterns))
			at.segment.set(id)
		case wild:
			at.wild.set(id)
			at.segment.set(id)
		case rest:
			at.rest.set(id)
		case end:
			at.end.set(id)
		}
		if i == len(p.segments)-1 && s.kind != rest {
			at.last.set(id)
		}
	}
}

// overlapping returns the numbers of the patterns whose paths overlap that of
// p, in ascending order, whatever their methods. The index must not be searched
// or changed meanwhile.
func (x *index) overlapping(p Pattern) iter.Seq[int] {
	x.found.fill(len(x.patterns))
	return x.search(p)
}

// rivals is overlapping, without the patterns whose methods rule out
// a conflict.
func (x *index) rivals(p Pattern) iter.Seq[int] {
	if p.method == "" {
		return x.overlapping(p)
	}
	x.found.clear(len(x.patterns))
	for method, set := range x.methods {
		if compareMethods(p.method, method) != Disjoint {
			x.found.or(*set)
		}
	}
	return x.search(p)
}

// search keeps of x.found those whose paths overlap that of p.
func (x *index) search(p Pattern) iter.Seq[int] {
	x.ended.clear(len(x.patterns)) // patterns whose rest began here or before
	for i, s := range p.segments {
		x.here.copy(x.ended)
		if i < len(x.at) {
			at := &x.at[i]
			x.ended.or(at.rest)
			x.here.or(at.rest)
			switch s.kind {
			case literal:
				x.here.or(at.wild)
				if m := at.literals[s.text]; m != nil {
					m.addTo(x.here)
				}
			case wild:
				x.here.or(at.segment)
			case rest:
				x.here.or(at.segment)
				x.here.or(at.end)
			case end:
				x.here.or(at.end)
			}
		}
		if !x.found.and(x.here) {
			return x.found.all()
		}
	}
	if n := len(p.segments); !p.endsInRest() {
		if 0 < n && n <= len(x.at) {
			x.ended.or(x.at[n-1].last)
		}
		x.found.and(x.ended)
	}
	return x.found.all()
}

// members is a set of numbers: a list while it is small beside the whole, so
// that ten thousand different literals at one position do not need ten thousand
// sets of bits.
type members struct {
	few  []int
	many bitset // instead of few
}

func (m *members) add(id, total int) {
	if m.many != nil {
		m.many.set(id)
		return
	}
	m.few = append(m.few, id)
	if len(m.few) > max(64, total/64) {
		for _, id := range m.few {
			m.many.set(id)
		}
		m.few = nil
	}
}

// addTo adds the numbers to b, which has room for them.
func (m *members) addTo(b bitset) {
	b.or(m.many)
	for _, id := range m.few {
		b.set(id)
	}
}

// A bitset is a set of numbers. Bits beyond its end are zero.
type bitset []uint64

func (b *bitset) set(i int) {
	for len(*b) <= i/64 {
		*b = append(*b, 0)
	}
	(*b)[i/64] |= 1 << (i % 64)
}

// clear makes b an empty set with room for the numbers below n.
func (b *bitset) clear(n int) {
	words := (n + 63) / 64
	if cap(*b) < words {
		*b = make(bitset, words, 2*words)
		return
	}
	*b = (*b)[:words]
	clear(*b)
}

// fill makes b the set of all numbers below n.
func (b *bitset) fill(n int) {
	b.clear(n)
	for i := range *b {
		(*b)[i] = ^uint64(0)
	}
	if n%64 != 0 {
		(*b)[n/64] = 1<<(n%64) - 1
	}
}

func (b *bitset) copy(c bitset) { *b = append((*b)[:0], c...) }

// or adds c to b, which has room for it.
func (b bitset) or(c bitset) {
	for i, w := range c {
		b[i] |= w
	}
}

// and removes from b what c lacks, and reports whether anything is left.
// Precondition: they are of the same size.
func (b bitset) and(c bitset) bool {
	var left uint64
	for i, w := range c {
		b[i] &= w
		left |= b[i]
	}
	return left != 0
}

// all returns the numbers in ascending order.
func (b bitset) all() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, w := range b {
			for ; w != 0; w &= w - 1 {
				if !yield(i*64 + bits.TrailingZeros64(w)) {
					return
				}
			}
		}
	}
}
