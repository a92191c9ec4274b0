package file_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/concors/concors/store"
	"github.com/concors/concors/store/file"
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
func open(t *testing.T, path string, opts store.Options) *file.Store {
	t.Helper()
	f, err := file.OpenUnpolled(path, opts)
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

func TestAddresses(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "concors.yaml")
	write(t, path, []byte("upstream: http://127.0.0.1:3000\n"))
	for _, address := range []string{path, "file:" + path, "file://" + path} {
		f := open(t, address, store.Options{})
		s, err := f.Get(t.Context())
		if err != nil || s.Problem != nil || f.Path() != path {
			t.Errorf("Open(%q): path %q, problem %v, error %v; want %q", address, f.Path(), s.Problem, err, path)
		}
	}
	for address, want := range map[string]string{
		"":                    `store: "" names no file (use file:concors.yaml)`,
		"file:":               `store: "file:" names no file (use file:concors.yaml)`,
		"file://concors.yaml": "store: file://concors.yaml: after // the path must begin with a slash, as files of other hosts cannot be opened (use file:concors.yaml)",
	} {
		if _, err := file.Open(address, store.Options{}); err == nil || err.Error() != want {
			t.Errorf("Open(%q): %v; want %s", address, err, want)
		}
	}
}
