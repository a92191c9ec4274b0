//go:build unix

package gateway

import "syscall"

// descriptors returns how many files and sockets this process may have open.
func descriptors() uint64 {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return manyDescriptors
	}
	return uint64(limit.Cur)
}
