package insight

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// The promises of the algorithm, against counts in a map, on streams with few
// frequent keys and very many rare ones.
func TestSummaryKeepsItsPromises(t *testing.T) {
	for _, tc := range []struct {
		name           string
		limit, n, keys int
		skew           float64
	}{
		{"all keys fit", 64, 5000, 40, 1.2},
		{"a few frequent keys among many", 64, 50_000, 5000, 1.3},
		{"nearly uniform", 64, 50_000, 1000, 1.01},
		{"one counter", 1, 1000, 10, 1.5},
	} {
		t.Run(tc.name, func(t *testing.T) {
			zipf := rand.NewZipf(rand.New(rand.NewPCG(1, 2)), tc.skew, 1, uint64(tc.keys-1))
			s, exact := newSummary(tc.limit), make(map[Key]uint64)
			for i := range tc.n {
				key := Key{Origin: fmt.Sprint("https://", zipf.Uint64(), ".example")}
				s.add(key, time.Duration(i))
				exact[key]++
			}
			checkHeap(t, s)
			var sum uint64
			for key, c := range s.byKey {
				sum += c.count
				if c.key != key {
					t.Fatalf("counter of %v is filed under %v", c.key, key)
				}
				if n := exact[key]; n > c.count || n < c.count-c.error {
					t.Errorf("%v: counted %d with error %d, came %d times", key, c.count, c.error, n)
				}
				if c.error > uint64(tc.n/tc.limit) {
					t.Errorf("%v: error %d exceeds %d", key, c.error, tc.n/tc.limit)
				}
				if c.first > c.last {
					t.Errorf("%v: first %d after last %d", key, c.first, c.last)
				}
			}
			if sum != uint64(tc.n) {
				t.Errorf("counts add up to %d, want %d", sum, tc.n)
			}
			for key, n := range exact {
				if n > uint64(tc.n/tc.limit) && s.byKey[key] == nil {
					t.Errorf("%v came %d times and is missing", key, n)
				}
				if len(exact) <= tc.limit && (s.byKey[key].count != n || s.byKey[key].error != 0) {
					t.Errorf("%v: not exact although everything fits", key)
				}
			}
		})
	}
}

func checkHeap(t *testing.T, s *summary) {
	t.Helper()
	for i, c := range s.heap {
		if c.at != i {
			t.Fatalf("counter at %d believes to be at %d", i, c.at)
		}
		if parent := s.heap[(i-1)/2]; i > 0 && parent.count > c.count {
			t.Fatalf("heap: %d above %d", parent.count, c.count)
		}
	}
	if len(s.heap) != len(s.byKey) || len(s.heap) > s.limit {
		t.Fatalf("%d counters, %d keys, limit %d", len(s.heap), len(s.byKey), s.limit)
	}
}

// Fuzzed streams of small keys meet the same promises.
func FuzzSummary(f *testing.F) {
	f.Add([]byte("abcabcaaaaaaddddeeeeffff"), uint8(3))
	f.Fuzz(func(t *testing.T, stream []byte, limit uint8) {
		s, exact := newSummary(int(limit%16)+1), make(map[Key]uint64)
		for i, b := range stream {
			key := Key{Origin: string(b)}
			s.add(key, time.Duration(i))
			exact[key]++
		}
		checkHeap(t, s)
		for key, c := range s.byKey {
			if n := exact[key]; n > c.count || n < c.count-c.error {
				t.Errorf("%v: counted %d with error %d, came %d times", key, c.count, c.error, n)
			}
		}
	})
}
