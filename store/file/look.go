package file

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/concors/concors/store"
)

// Nothing tells that a program has written all it wants to write, and the first
// half of a document can be a document that allows more than the whole. So a
// file is read only when it has been left alone for a while: a short one if no
// program has it open for writing, as far as the operating system tells, and a
// long one otherwise.
const (
	quietClosed = 20 * time.Millisecond
	quietOpen   = 2 * time.Second
	writerPoll  = 10 * time.Millisecond // closing makes no event, so look again this often
)

var errWriting = fmt.Errorf("%w: another program is still writing the file", store.ErrLocked)

// maxSize is the size of the largest document that is read, in bytes.
const maxSize = 64 << 20

// A sight is what one look at the file brought.
type sight struct {
	raw     []byte
	info    fs.FileInfo   // of the file that was read; nil if there is none
	at      time.Time     // before reading
	archive []archived    // the list before reading
	err     error         // why raw is not to be used; an [store.ErrEmpty] if there is nothing
	wait    time.Duration // above zero: somebody is writing, look again after this
}

// usable reports whether s has content to judge.
func (s sight) usable() bool { return s.err == nil }

// lookAt reads the file at path unless somebody is writing it.
func lookAt(path string) sight {
	at := time.Now()
	s, err := tryLook(path)
	s.at = at
	switch {
	case err == nil && s.wait > 0:
		s.err = fmt.Errorf("store: reading %s: %w", path, errWriting)
	case err == nil && len(s.raw) == 0:
		s.err = fmt.Errorf("%w: %s is empty", store.ErrEmpty, path)
	case errors.Is(err, fs.ErrNotExist):
		s.err = fmt.Errorf("%w: %w", store.ErrEmpty, err)
	case err != nil:
		s.err = fmt.Errorf("store: %w", err)
	}
	return s
}

func tryLook(path string) (sight, error) {
	// Asking first keeps from opening a named pipe, which would block.
	info, err := os.Stat(path)
	if err != nil {
		return sight{}, err
	}
	if !info.Mode().IsRegular() {
		return sight{}, fmt.Errorf("%s is not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return sight{}, err
	}
	defer f.Close()
	before, err := f.Stat()
	if err != nil {
		return sight{}, err
	}
	if wait := untilQuiet(f, before); wait > 0 {
		return sight{wait: wait}, nil
	}
	if before.Size() > maxSize {
		return sight{}, fmt.Errorf("%s has more than %d bytes", path, maxSize)
	}
	raw := make([]byte, before.Size())
	n, err := io.ReadFull(f, raw)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return sight{}, err
	}
	after, err := f.Stat()
	if err != nil {
		return sight{}, err
	}
	if n < len(raw) || !unchanged(before, after) {
		return sight{wait: quietClosed}, nil
	}
	return sight{raw: raw, info: after}, nil
}

// untilQuiet returns how long to wait until f has been left alone for long
// enough, as far as can be known now. A time in the future, of a server whose
// clock is ahead or of somebody's making, says nothing and does not count.
func untilQuiet(f *os.File, info fs.FileInfo) time.Duration {
	age := time.Since(info.ModTime())
	if age < 0 {
		age = quietClosed
	}
	if age < quietOpen && openForWriting(f) {
		return writerPoll
	}
	return max(0, quietClosed-age)
}
