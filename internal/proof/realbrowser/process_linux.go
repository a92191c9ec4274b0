package realbrowser

import "syscall"

// processAttributes: a group of its own, and no life after a test that crashed.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
