// Package unversioned makes the folders in which Concors keeps what belongs
// beside a document but not into the repository that the document is in.
package unversioned

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Mkdir makes the folder dir with the permissions perm, unless it exists. A
// .gitignore in it keeps it, itself included, out of Git.
func Mkdir(dir string, perm fs.FileMode) error {
	err := os.Mkdir(dir, perm)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, ".gitignore"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return nil // what somebody made of it stays
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString("*\n")
	if err = errors.Join(err, f.Close()); err != nil {
		// An empty one would keep nothing out, and would never be written again.
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
