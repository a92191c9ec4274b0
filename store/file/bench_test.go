//go:build unix

package file_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/concors/concors/store"
	"github.com/concors/concors/store/file"
)

// From the moment at which a program saves the file to the moment at which a
// watcher has the new table.
func BenchmarkFileReload(b *testing.B) {
	for _, size := range []int{10, 10_000} {
		b.Run(fmt.Sprintf("endpoints=%d", size), func(b *testing.B) {
			var paths []string
			for i := range size {
				paths = append(paths, fmt.Sprintf("/api/%d/{id}", i))
			}
			docs := [2][]byte{text(append(paths, "/even")...), text(append(paths, "/odd")...)}
			path := filepath.Join(b.TempDir(), "concors.yaml")
			write(b, path, docs[1])
			f, err := file.Open(path, store.Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer f.Close()
			for i := 0; b.Loop(); i++ {
				doc := docs[i%2]
				write(b, path, doc)
				for s := range f.Watch(b.Context()) {
					if s.Revision == store.RevisionOf(doc) {
						break
					}
				}
			}
		})
	}
}
