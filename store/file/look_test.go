package file

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/concors/concors/store"
)

func TestUntilQuiet(t *testing.T) {
	const hour = time.Hour
	tests := []struct {
		name      string
		age       time.Duration // of the last write; negative: its time is in the future
		held      bool          // a program has the file open for writing
		least     time.Duration
		most      time.Duration
		linuxOnly bool
	}{
		{"old and closed", hour, false, 0, 0, false},
		{"just written and closed", 0, false, 1, quietClosed, false},
		{"quiet for long enough", quietClosed, false, 0, 0, false},
		{"just written and still open", 0, true, writerPoll, writerPoll, true},
		{"quiet but still open", quietClosed, true, writerPoll, writerPoll, true},
		{"left open for ages", hour, true, 0, 0, false},
		{"time in the future", -hour, false, 0, 0, false},
		{"time in the future and still open", -hour, true, writerPoll, writerPoll, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.linuxOnly && runtime.GOOS != "linux" {
				t.Skip("only Linux tells that a program has a file open for writing")
			}
			path := filepath.Join(t.TempDir(), "file")
			if err := os.WriteFile(path, []byte("x"), 0o644); err != nil {
				t.Fatal(err)
			}
			flag := os.O_RDONLY
			if tt.held {
				flag = os.O_RDWR
			}
			holder, err := os.OpenFile(path, flag, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer holder.Close()
			reader, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer reader.Close()
			at := time.Now().Add(-tt.age)
			if err := os.Chtimes(path, at, at); err != nil {
				t.Fatal(err)
			}
			info, err := reader.Stat()
			if err != nil {
				t.Fatal(err)
			}
			if got := untilQuiet(reader, info); got < tt.least || got > tt.most {
				t.Errorf("wait %v; want %v to %v", got, tt.least, tt.most)
			}
		})
	}
}

// A read lease that is held for a moment must not end or hinder anybody.
func TestOpenForWritingDisturbsNobody(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		reader, err := os.Open(path)
		if err != nil {
			t.Error(err)
			return
		}
		defer reader.Close()
		for {
			select {
			case <-stop:
				return
			default:
				openForWriting(reader)
			}
		}
	}()
	for range 2000 {
		w, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	<-stopped
}

// Editors that rename the file away and write it anew leave a gap, which is no
// problem each time it happens.
func TestTakeIsPatient(t *testing.T) {
	f := &Store{keeper: store.NewKeeper("file", store.Options{})}
	missing, good := sight{err: store.ErrEmpty}, sight{raw: []byte("upstream: http://127.0.0.1:3000\n"), at: time.Now()}
	f.take(good)
	for range 2 {
		if wait := f.take(missing); wait <= 0 || wait > missingGrace || f.keeper.State().Problem != nil {
			t.Errorf("a gap of no length: wait %v, problem %+v; want a wait and no problem", wait, f.keeper.State().Problem)
		}
		f.ailing = f.ailing.Add(-missingGrace)
		if wait := f.take(missing); wait != 0 || f.keeper.State().Problem == nil {
			t.Errorf("a long gap: wait %v, problem %+v; want no wait and a problem", wait, f.keeper.State().Problem)
		}
		f.take(good)
		if p := f.keeper.State().Problem; p != nil {
			t.Errorf("after the gap: problem %+v", p)
		}
	}
}
