//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package file

import (
	"context"
	"io/fs"
	"os"
	"sync"
)

// locks holds a channel of capacity one for every path that was ever locked.
var locks sync.Map

// lockIsShared says that lock keeps other processes out too.
const lockIsShared = false

// lock locks path for this process. There is no lock here that all systems
// share, so writers in different processes can overtake each other.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	held, _ := locks.LoadOrStore(path, make(chan struct{}, 1))
	select {
	case held.(chan struct{}) <- struct{}{}:
		return func() { <-held.(chan struct{}) }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// access cannot tell here.
func access(string) error { return nil }

// keepOwner does nothing: new files get their owner from the folder here.
func keepOwner(*os.File, fs.FileInfo) error { return nil }

// syncFolder does nothing: folders cannot be opened for that here.
func syncFolder(string) error { return nil }
