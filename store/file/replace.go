package file

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/concors/concors/store"
)

// Replace replaces what the file at path holds, which must be old, by data,
// whatever that says: it is for programs that are an editor. As with [Store.Put],
// mode, owner and links stay, and whoever reads meanwhile sees the old content or
// the new one. Errors are a [*store.StaleError], a [store.ErrReadOnly], or about
// files. It takes no lock: to stores it is an edit by hand.
func Replace(ctx context.Context, path string, old, data []byte) error {
	abs, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("store: finding the folder of %s: %w", path, err)
	}
	err = replace(ctx, abs, old, data)
	if err != nil && !errors.Is(err, store.ErrStale) {
		return fmt.Errorf("store: writing %s: %w", path, readOnly(err))
	}
	return err
}

func replace(ctx context.Context, path string, old, data []byte) error {
	at, err := resolve(path)
	if err != nil {
		return err
	}
	if err := mayWrite(at); err != nil {
		return err
	}
	info, err := os.Stat(at.path())
	if err != nil {
		return err
	}
	temp := filepath.Join(at.dir, fmt.Sprintf(".%s.replacing-%d", at.name, os.Getpid()))
	if err := new(Store).writeTemp(temp, data, info); err != nil {
		return err
	}
	now, err := os.ReadFile(at.path())
	if err == nil && !bytes.Equal(now, old) {
		err = &store.StaleError{Base: store.RevisionOf(old), Current: store.RevisionOf(now)}
	}
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = os.Rename(temp, at.path())
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return syncFolder(at.dir)
}
