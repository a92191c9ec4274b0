package file

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestResolve(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	in := func(name string) string { return filepath.Join(root, name) }
	if err := errors.Join(
		os.MkdirAll(in("real/deep"), 0o755),
		os.WriteFile(in("real/deep/file"), []byte("x"), 0o644),
		os.Symlink("real", in("relative")),
		os.Symlink(in("real/deep"), in("absolute")),
		os.Symlink("../relative/deep/file", in("real/up")),
		os.Symlink("nowhere/file", in("dangling")),
		os.Symlink("loop", in("loop")),
	); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, path  string
		want        string   // where it leads
		names, dirs []string // what it depends on
		gone        bool
	}{
		{"a file", "real/deep/file", "real/deep/file", []string{"file"}, []string{"real/deep"}, false},
		{"a missing file", "real/new", "real/new", []string{"new"}, []string{"real"}, false},
		{"a missing folder", "real/new/sub/file", "real/new", []string{"new"}, []string{"real"}, true},
		{"a relative link on the way", "relative/deep/file", "real/deep/file", []string{"relative", "file"}, []string{".", "real/deep"}, false},
		{"an absolute link on the way", "absolute/file", "real/deep/file", []string{"absolute", "file"}, []string{".", "real/deep"}, false},
		{"a link through a link", "real/up", "real/deep/file", []string{"up", "relative", "file"}, []string{"real", ".", "real/deep"}, false},
		{"a link to a missing folder", "dangling", "nowhere", []string{"dangling", "nowhere"}, []string{".", "."}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := resolve(in(tt.path))
			if err != nil {
				t.Fatal(err)
			}
			var dirs []string
			for _, d := range tt.dirs {
				dirs = append(dirs, in(d))
			}
			if got.path() != in(tt.want) || got.gone != tt.gone || !slices.Equal(got.names, tt.names) || !slices.Equal(got.dirs, dirs) {
				t.Errorf("resolve(%q) = %+v; want path %q, gone %v, names %q in %q", tt.path, got, in(tt.want), tt.gone, tt.names, dirs)
			}
		})
	}
	t.Run("a link to itself", func(t *testing.T) {
		if got, err := resolve(in("loop")); err == nil || !slices.Contains(got.names, "loop") {
			t.Errorf("resolve = %+v, %v; want an error, and the link noted", got, err)
		}
	})
}

// The naive twin of resolve is filepath.EvalSymlinks, which tells the end but
// not the way, and nothing about what is missing.
func TestResolveLikeEvalSymlinks(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	dirs, names := []string{root}, []string{"a", "b", "c", "d", "e"}
	pick := func(list []string) string { return list[r.IntN(len(list))] }
	randomPath := func() string {
		p := pick(dirs)
		for range r.IntN(4) {
			p += "/" + pick(append(names, "..", "."))
		}
		return p
	}
	for range 150 {
		at := filepath.Join(pick(dirs), pick(names))
		switch r.IntN(3) {
		case 0:
			if os.Mkdir(at, 0o755) == nil {
				dirs = append(dirs, at)
			}
		case 1:
			_ = os.WriteFile(at, nil, 0o644) // may be there already
		case 2:
			target := randomPath()
			if r.IntN(2) == 0 {
				if rel, err := filepath.Rel(filepath.Dir(at), target); err == nil {
					target = rel
				}
			}
			_ = os.Symlink(target, at)
		}
	}
	resolved := 0
	for range 3000 {
		path := filepath.Clean(randomPath())
		want, wantErr := filepath.EvalSymlinks(path)
		got, err := resolve(path)
		if info, statErr := os.Stat(path); statErr == nil && info.IsDir() {
			continue // resolve is for files
		}
		switch {
		case wantErr == nil:
			resolved++
			if err != nil || got.path() != want || got.gone {
				t.Errorf("resolve(%q) = %q, gone %v, %v; want %q", path, got.path(), got.gone, err, want)
			}
		case errors.Is(wantErr, fs.ErrNotExist) && err == nil:
			if _, err := os.Lstat(got.path()); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("resolve(%q) says that %q is missing: %v", path, got.path(), err)
			}
		}
	}
	if resolved < 100 {
		t.Errorf("only %d paths led to a file; the test needs more", resolved)
	}
}
