package file

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/concors/concors/internal/unversioned"
	"github.com/concors/concors/store"
)

// An archive is the folder in which the revisions of a file are kept, one file
// each, readable for people:
//
//	.concors.yaml.history/00000042-20261123T064500.123456789Z-0123456789abcdef.yaml
//
// The number gives the order, as clocks may be set back. Several processes may
// add to one archive; each holds the lock of the document meanwhile.
type archive struct {
	dir string // absolute
	ext string // of the files in it
}

// archiveOf returns the archive of the document at path.
func archiveOf(path string) archive {
	return archive{
		dir: filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".history"),
		ext: filepath.Ext(path),
	}
}

// An archived is one file of an archive.
type archived struct {
	store.Entry
	number int
	name   string
}

const archiveTime = "20060102T150405.000000000Z"

func (a archive) nameOf(e archived) string {
	return fmt.Sprintf("%08d-%s-%s%s", e.number, e.Time.UTC().Format(archiveTime), e.Revision, a.ext)
}

// parse reads a file's name; ok is false if it is not one of the archive's.
func (a archive) parse(name string) (e archived, ok bool) {
	base, found := strings.CutSuffix(name, a.ext)
	parts := strings.Split(base, "-")
	if !found || len(parts) != 3 {
		return archived{}, false
	}
	number, err := strconv.Atoi(parts[0])
	if err != nil {
		return archived{}, false
	}
	at, err := time.Parse(archiveTime, parts[1])
	if err != nil {
		return archived{}, false
	}
	e = archived{Entry: store.Entry{Revision: store.Revision(parts[2]), Time: at}, number: number, name: name}
	return e, a.nameOf(e) == name
}

// list returns what is archived, the newest first. A missing folder is empty.
func (a archive) list() ([]archived, error) {
	files, err := os.ReadDir(a.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("store: reading the history: %w", err)
	}
	list := make([]archived, 0, len(files))
	for _, file := range files {
		if e, ok := a.parse(file.Name()); ok {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b archived) int { return cmp.Compare(b.number, a.number) })
	return list, nil
}

// read returns what [store.History.Raw] does.
func (a archive) read(rev store.Revision) ([]byte, error) {
	list, err := a.list()
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(list, func(e archived) bool { return e.Revision == rev })
	if i < 0 {
		return nil, fmt.Errorf("store: %w: %q", store.ErrUnknownRevision, rev)
	}
	raw, err := os.ReadFile(filepath.Join(a.dir, list[i].name))
	switch {
	case errors.Is(err, fs.ErrNotExist): // forgotten since it was listed
		return nil, fmt.Errorf("store: %w: %s", store.ErrUnknownRevision, rev)
	case err != nil:
		return nil, fmt.Errorf("store: reading the history: %w", err)
	case store.RevisionOf(raw) != rev:
		return nil, fmt.Errorf("store: reading the history: %s was changed afterwards, so it is no longer revision %s", list[i].name, rev)
	}
	return raw, nil
}

// add archives s, which is not archived yet, as the newest of list, and forgets
// the oldest ones. It returns the list that this makes. Mode is that of the
// document. Precondition: the document is locked.
func (a archive) add(list []archived, s store.Snapshot, mode fs.FileMode) ([]archived, error) {
	e := archived{Entry: s.Entry(), number: 1}
	if len(list) > 0 {
		e.number = list[0].number + 1
	}
	e.name = a.nameOf(e)
	if err := makeArchive(a.dir, mode); err != nil {
		return list, err
	}
	if err := writeDurably(filepath.Join(a.dir, e.name), s.Raw, mode.Perm()); err != nil {
		return list, err
	}
	list = slices.Insert(list, 0, e)
	old := list[min(len(list), store.HistoryLen):]
	list = list[:min(len(list), store.HistoryLen)]
	var err error
	for _, old := range old {
		err = errors.Join(err, os.Remove(filepath.Join(a.dir, old.name)))
	}
	return list, err
}

// writing is how the name of a file ends that is being written to an archive.
const writing = ".writing"

// writeDurably makes a file that is whole whenever it is there. Precondition:
// nobody else makes it.
func writeDurably(path string, data []byte, mode fs.FileMode) error {
	temp := path + writing
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return syncFolder(filepath.Dir(path))
}

// makeArchive makes the folder of an archive, as open to others as a file of
// the given mode. Git, which has a history of its own, leaves it out.
func makeArchive(dir string, mode fs.FileMode) error {
	readable := mode & 0o044
	return unversioned.Mkdir(dir, 0o700|readable|readable>>2)
}

// lockFor locks the document at p against other writers, in this process and
// others, until unlock is called. The lock is a file in the archive of the very
// file, wherever the links lie that lead to it. Whoever holds it for longer than
// patience is none that writes a document: the error is an [store.ErrLocked].
func lockFor(ctx context.Context, p place, patience time.Duration) (unlock func(), err error) {
	dir := archiveOf(p.path()).dir
	mode := fs.FileMode(0o644)
	if info, err := os.Stat(p.path()); err == nil {
		mode = info.Mode()
	}
	if err := makeArchive(dir, mode); err != nil {
		return nil, fmt.Errorf("locking it: %w", err)
	}
	file := filepath.Join(dir, "lock")
	ctx, cancel := context.WithTimeoutCause(ctx, patience,
		fmt.Errorf("%w: another program has locked %s for more than %v; end that program (lsof names it)", store.ErrLocked, file, patience))
	defer cancel()
	unlock, err = lock(ctx, file)
	if err != nil {
		return nil, fmt.Errorf("locking it: %w", err)
	}
	return unlock, nil
}
