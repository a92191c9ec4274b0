//go:build unix

package file_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/concors/concors/store"
	"github.com/concors/concors/store/file"
)

func TestReplace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	target, path := filepath.Join(dir, "real.yaml"), filepath.Join(dir, "concors.yaml")
	write(t, target, broken)
	do(t, os.Chmod(target, 0o640), os.Symlink(target, path))
	do(t, file.Replace(t.Context(), path, broken, text("/a")))
	raw, err := os.ReadFile(target)
	do(t, err)
	if string(raw) != string(text("/a")) {
		t.Errorf("the file holds %q", raw)
	}
	if info, err := os.Lstat(target); err != nil || info.Mode() != 0o640 {
		t.Errorf("the mode became %v, %v", info.Mode(), err)
	}

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, tt := range map[string]struct {
		ctx  context.Context
		path string
		old  []byte
		want error
	}{
		"changed meanwhile": {t.Context(), path, broken, store.ErrStale},
		"missing":           {t.Context(), filepath.Join(dir, "none.yaml"), nil, os.ErrNotExist},
		"ended":             {ended, path, text("/a"), context.Canceled},
	} {
		if err := file.Replace(tt.ctx, tt.path, tt.old, text("/b")); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v; want %v", name, err, tt.want)
		}
	}
	do(t, os.Chmod(target, 0o444))
	if err := file.Replace(t.Context(), path, text("/a"), text("/b")); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("of a file that is marked read-only: %v; want ErrReadOnly", err)
	}
	files, err := os.ReadDir(dir)
	do(t, err)
	if len(files) != 2 {
		t.Errorf("left behind: %v", files)
	}
}
