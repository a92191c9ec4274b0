package tidy

import (
	"bytes"
	"encoding/json"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// root is the folder of the repository.
const root = "../../.."

// files returns the names, relative to root, of all files that match.
func files(t *testing.T, match func(name string) bool) []string {
	t.Helper()
	var list []string
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules") {
			return fs.SkipDir
		}
		if !d.IsDir() && match(name) {
			list = append(list, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(list) == 0 {
		t.Fatal("there are no such files")
	}
	return list
}

func withExtension(extensions ...string) func(string) bool {
	return func(name string) bool { return slices.Contains(extensions, filepath.Ext(name)) }
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestEveryPackageHasOneDocComment(t *testing.T) {
	docs := make(map[string][]string) // by folder
	isCode := func(name string) bool {
		return strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && !strings.Contains(name, "testdata/")
	}
	for _, name := range files(t, isCode) {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, name), nil, parser.ParseComments|parser.PackageClauseOnly)
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Dir(name)
		docs[dir] = append(docs[dir], "")
		if file.Doc == nil {
			continue
		}
		want := "Package " + file.Name.Name + " "
		if file.Name.Name == "main" {
			want = "Command "
		}
		text := file.Doc.Text()
		if !strings.HasPrefix(text, want) {
			t.Errorf("%s: the doc comment begins with %.40q, not with %q", name, text, want)
		}
		docs[dir][len(docs[dir])-1] = name
	}
	for dir, list := range docs {
		list = slices.DeleteFunc(list, func(name string) bool { return name == "" })
		if len(list) != 1 {
			t.Errorf("%s has %d doc comments %v, want one", dir, len(list), list)
		}
	}
}

func TestFilesAreShort(t *testing.T) {
	const most = 500
	for _, name := range files(t, withExtension(".go", ".js", ".mjs", ".css", ".html", ".tmpl")) {
		if n := bytes.Count(read(t, name), []byte("\n")); n > most {
			t.Errorf("%s has %d lines, want at most %d: split it by what it is about", name, n, most)
		}
	}
}

func TestTheLibraryRequiresOnlyXNet(t *testing.T) {
	var mod struct {
		Require []struct {
			Path     string
			Indirect bool
		}
		Replace []any
	}
	unmarshal(t, goTool(t, "cors", "mod", "edit", "-json"), &mod)
	for _, r := range mod.Require {
		// x/text is what x/net/idna needs.
		if r.Path != "golang.org/x/net" && (r.Path != "golang.org/x/text" || !r.Indirect) {
			t.Errorf("cors/go.mod requires %s", r.Path)
		}
	}
	if len(mod.Replace) > 0 {
		t.Errorf("cors/go.mod replaces %v", mod.Replace)
	}
}

// goTool runs the Go tool in a folder, absolute or relative to root, and returns
// what it prints.
func goTool(t *testing.T, dir string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	if !filepath.IsAbs(dir) {
		cmd.Dir = filepath.Join(root, dir)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	return out
}

func unmarshal(t *testing.T, data []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatal(err)
	}
}
