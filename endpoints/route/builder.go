package route

import (
	"iter"
	"maps"
	"slices"
)

// A Builder collects patterns and the value of each. The zero Builder is empty
// and ready to use. It must not be used concurrently.
type Builder[T any] struct {
	patterns []Pattern
	values   []T
	hosts    map[string]*hostIndex
}

// A hostIndex is the index of a host's patterns.
type hostIndex struct {
	index
	global []int // the number in the Builder of each pattern
}

// Add adds a pattern and its value, unless it conflicts with one that is there:
// then it returns the first such conflict and leaves the Builder as it was. To
// hear all conflicts of a set, add all of it.
func (b *Builder[T]) Add(p Pattern, v T) *Conflict {
	h := b.hosts[p.host]
	if h == nil {
		if b.hosts == nil {
			b.hosts = map[string]*hostIndex{}
		}
		h = &hostIndex{}
		b.hosts[p.host] = h
	}
	for i := range h.rivals(p) {
		if q := h.patterns[i]; conflicting(p, q) {
			return newConflict(p, q)
		}
	}
	h.add(p)
	h.global = append(h.global, len(b.patterns))
	b.patterns = append(b.patterns, p)
	b.values = append(b.values, v)
	return nil
}

// Overlapping returns the patterns added so far that match some host and path
// that p matches too, whatever the methods, in no particular order. If none of them is, by
// [ComparePaths], more specific than p or only overlapping it, then all paths
// for which p is found have the same methods. The Builder must not be used
// during the iteration.
func (b *Builder[T]) Overlapping(p Pattern) iter.Seq2[Pattern, T] {
	return func(yield func(Pattern, T) bool) {
		hosts := maps.Values(b.hosts)
		if p.host != "" {
			hosts = slices.Values([]*hostIndex{b.hosts[p.host], b.hosts[""]})
		}
		for h := range hosts {
			if h == nil {
				continue
			}
			for i := range h.overlapping(p) {
				if !yield(h.patterns[i], b.values[h.global[i]]) {
					return
				}
			}
		}
	}
}

// Build returns the tree of what was added so far. The Builder can be used
// further; the tree does not change.
func (b *Builder[T]) Build() *Tree[T] {
	t := &Tree[T]{values: slices.Clone(b.values)}
	for i, p := range b.patterns {
		t.add(p, i)
	}
	t.freeze()
	return t
}
