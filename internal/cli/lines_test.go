package cli

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// writes remembers what was written, call by call.
type writes struct {
	mu    sync.Mutex
	calls []string
}

func (w *writes) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, string(p))
	return len(p), nil
}

func (w *writes) want(t *testing.T, what string, calls ...string) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if fmt.Sprintf("%q", w.calls) != fmt.Sprintf("%q", calls) {
		t.Errorf("%s: written %q, want %q", what, w.calls, calls)
	}
	w.calls = nil
}

func TestLinesAreHeldForASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out writes
		b := newLineBuffer(&out)
		fmt.Fprintln(b, "one")
		time.Sleep(linesLinger - time.Millisecond)
		fmt.Fprintln(b, "two")
		synctest.Wait()
		out.want(t, "before the second is over")
		time.Sleep(time.Millisecond)
		synctest.Wait()
		out.want(t, "after it", "one\ntwo\n")
		time.Sleep(time.Hour)
		synctest.Wait()
		out.want(t, "long after it")
		fmt.Fprintln(b, "three")
		time.Sleep(linesLinger)
		synctest.Wait()
		out.want(t, "a second after the next", "three\n")
	})
}

func TestUrgentLinesComeAtOnceAndInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out writes
		b := newLineBuffer(&out)
		fmt.Fprintln(b, "one")
		fmt.Fprintln(b.urgent(), "two")
		out.want(t, "at once", "one\ntwo\n")
		time.Sleep(time.Hour)
		synctest.Wait()
		out.want(t, "later")
	})
}

func TestLinesAreNotTorn(t *testing.T) {
	var out writes
	b := newLineBuffer(&out)
	long := strings.Repeat("x", linesHeld/3) + "\n"
	for range 3 {
		fmt.Fprint(b, long)
	}
	out.want(t, "when the third does not fit", long+long)
	huge := strings.Repeat("y", 2*linesHeld) + "\n"
	fmt.Fprint(b, huge)
	out.want(t, "one that never fits", long, huge)
}

func TestNothingIsLostAfterTheEnd(t *testing.T) {
	var out writes
	b := newLineBuffer(&out)
	fmt.Fprintln(b, "one")
	b.close()
	out.want(t, "at the end", "one\n")
	fmt.Fprintln(b, "two")
	out.want(t, "after it", "two\n")
	b.close()
	out.want(t, "again")
}

func TestLinesOfMany(t *testing.T) {
	var out bytes.Buffer // written to under the lineBuffer's lock
	b := newLineBuffer(&out)
	const writers, lines = 8, 2000
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			w := b.urgent()
			for n := range lines {
				if n%100 != 0 {
					fmt.Fprintf(b, "line %d of %d\n", n, i)
				} else {
					fmt.Fprintf(w, "line %d of %d\n", n, i)
				}
			}
		})
	}
	wg.Wait()
	b.close()
	next := make([]int, writers)
	for line := range strings.Lines(out.String()) {
		var n, i int
		if _, err := fmt.Sscanf(line, "line %d of %d\n", &n, &i); err != nil || n != next[i] {
			t.Fatalf("%q, %v, want line %d", line, err, next[i])
		}
		next[i]++
	}
	for i, n := range next {
		if n != lines {
			t.Errorf("%d lines of %d", n, i)
		}
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

// What cannot be written is not kept, or it would fill the memory.
func TestBrokenOutput(t *testing.T) {
	b := newLineBuffer(broken{})
	for range 10 {
		_, _ = b.Write(make([]byte, linesHeld))
	}
	if len(b.held) > linesHeld {
		t.Errorf("%d bytes are held", len(b.held))
	}
}
