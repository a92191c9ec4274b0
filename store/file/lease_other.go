//go:build !linux

package file

import "os"

// openForWriting reports whether some process has f open for writing, which
// only Linux tells.
func openForWriting(*os.File) bool { return false }
