package cli

import (
	"io"
	"sync"
	"time"
)

const (
	linesHeld   = 64 << 10    // bytes of lines that wait to be written
	linesLinger = time.Second // the longest that one waits
)

// A lineBuffer gathers the lines of the access log, for a system call for each
// request costs more than all that is decided about it. They are written when
// there are many, a second after the first, and before each line that is urgent,
// so that the log stays in order. Lines are never torn.
type lineBuffer struct {
	out io.Writer

	mu     sync.Mutex
	held   []byte      // whole lines; guarded by mu
	timer  *time.Timer // runs while there are any; guarded by mu
	direct bool        // lines wait no more; guarded by mu
}

func newLineBuffer(out io.Writer) *lineBuffer {
	b := &lineBuffer{out: out, held: make([]byte, 0, linesHeld)}
	b.timer = time.AfterFunc(linesLinger, b.flush)
	b.timer.Stop()
	return b
}

// Write takes a line that may wait.
func (b *lineBuffer) Write(line []byte) (int, error) { return b.add(line, false) }

// urgent returns a writer for lines that may not.
func (b *lineBuffer) urgent() io.Writer { return urgentLines{b} }

type urgentLines struct{ *lineBuffer }

func (u urgentLines) Write(line []byte) (int, error) { return u.add(line, true) }

func (b *lineBuffer) add(line []byte, urgent bool) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.held)+len(line) > linesHeld {
		if err := b.write(); err != nil {
			return 0, err
		}
	}
	if len(b.held) == 0 && !urgent && !b.direct {
		b.timer.Reset(linesLinger)
	}
	b.held = append(b.held, line...)
	if !urgent && !b.direct && len(b.held) < linesHeld {
		return len(line), nil
	}
	return len(line), b.write()
}

// write writes what is held. Precondition: mu is held.
func (b *lineBuffer) write() error {
	if len(b.held) == 0 {
		return nil
	}
	b.timer.Stop()
	_, err := b.out.Write(b.held)
	b.held = b.held[:0]
	return err
}

func (b *lineBuffer) flush() {
	b.mu.Lock()
	defer b.mu.Unlock()
	_ = b.write() // there is nowhere to complain
}

// close writes what is held, and from now on each line at once: whatever ends
// the process then, nothing is lost.
func (b *lineBuffer) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.direct = true
	_ = b.write()
}
