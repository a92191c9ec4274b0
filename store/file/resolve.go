package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A place is where a path leads when all symbolic links are followed.
type place struct {
	dir  string // the folder; holds no symbolic link. If missing, the deepest one that exists
	name string // of the file in it, which need not exist
	gone bool   // the file's folder does not exist

	// A change to one of these names in these folders can make the path lead
	// elsewhere: the links on the way, the file itself, and the first thing on
	// the way that does not exist. Kubernetes mounts concors.yaml as a link to
	// ..data/concors.yaml, where ..data is a link that is replaced.
	dirs, names []string
}

func (p place) path() string { return filepath.Join(p.dir, p.name) }

// maxLinks is how many links are followed, as in Linux.
const maxLinks = 40

// resolve follows the absolute path one name at a time, as the operating system
// does, and notes what it depends on. An error leaves what was noted so far.
func resolve(path string) (place, error) {
	sep := string(filepath.Separator)
	var p place
	root := filepath.VolumeName(path) + sep
	p.dir = root
	rest := strings.Split(path[len(root):], sep)
	links := 0
	for len(rest) > 0 {
		p.name, rest = rest[0], rest[1:]
		switch p.name {
		case "", ".":
			continue
		case "..":
			p.dir = filepath.Dir(p.dir)
			continue
		}
		info, err := os.Lstat(p.path())
		missing := errors.Is(err, fs.ErrNotExist)
		if err != nil && !missing {
			return p, err
		}
		isLink := !missing && info.Mode()&fs.ModeSymlink != 0
		if missing || isLink || len(rest) == 0 {
			p.dirs, p.names = append(p.dirs, p.dir), append(p.names, p.name)
		}
		switch {
		case missing:
			p.gone = len(rest) > 0
			return p, nil
		case isLink:
			if links++; links > maxLinks {
				return p, fmt.Errorf("%s: too many symbolic links", path)
			}
			target, err := os.Readlink(p.path())
			if err != nil {
				return p, err
			}
			if filepath.IsAbs(target) {
				p.dir, target = root, target[len(root):]
			}
			rest = append(strings.Split(target, sep), rest...)
		case len(rest) > 0:
			p.dir = p.path()
		}
	}
	return p, nil
}
