package unversioned_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/concors/concors/internal/unversioned"
)

func TestGitSeesNothing(t *testing.T) {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("there is no git")
	}
	repo := t.TempDir()
	run := func(args ...string) string {
		t.Helper()
		out, err := exec.Command(git, append([]string{"-C", repo}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
		return string(out)
	}
	run("init", "--quiet")
	dir := filepath.Join(repo, ".concors.yaml.history")
	for range 2 { // the second finds all of it
		if err := unversioned.Mkdir(dir, 0o750); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "revision"), []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if status := run("status", "--porcelain"); status != "" {
		t.Errorf("git status says\n%s", status)
	}
}

func TestRepair(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "kept")
	if err := os.Mkdir(dir, 0o700); err != nil { // as after a crash between the two steps
		t.Fatal(err)
	}
	ignore := filepath.Join(dir, ".gitignore")
	for _, text := range []string{"*\n", "what somebody made of it\n"} {
		if err := unversioned.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(ignore); err != nil || string(got) != text {
			t.Errorf("the folder ignores %q, error %v; want %q", got, err, text)
		}
		if err := os.WriteFile(ignore, []byte("what somebody made of it\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNoFolder(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, filepath.Join(file, "below"), filepath.Join(dir, "no", "such")} {
		if err := unversioned.Mkdir(path, 0o700); err == nil {
			t.Errorf("%s seems to have become a folder", path)
		}
	}
}
