//go:build unix

package realbrowser

import (
	"errors"
	"os"
	"syscall"
)

// killGroup ends a process and its descendants. The group outlives its leader
// when a helper process lingers.
func killGroup(leader *os.Process) error {
	if err := syscall.Kill(-leader.Pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}
