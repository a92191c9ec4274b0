package store_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/concors/concors/store"
	"github.com/concors/concors/store/storetest"
)

func TestFile(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, opts store.Options) storetest.Subject {
		path := filepath.Join(t.TempDir(), "concors.yaml")
		f := open(t, path, opts)
		return storetest.Subject{
			Store: f, Close: f.Close,
			Write:   func(raw []byte) { write(t, path, raw) },
			Another: func() store.Store { return open(t, path, store.Options{}) },
		}
	})
}

// open opens the store of the file at path for the time of the test. The store
// depends on being told of changes, so that no test passes by polling alone.
func open(t *testing.T, path string, opts store.Options) *store.File {
	t.Helper()
	f, err := store.OpenFileUnpolled(path, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return f
}

// write writes raw to path as a plain program does: truncate, then write.
// Empty: removes the file.
func write(t testing.TB, path string, raw []byte) {
	t.Helper()
	var err error
	if len(raw) == 0 {
		if err = os.Remove(path); errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	} else {
		err = os.WriteFile(path, raw, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
