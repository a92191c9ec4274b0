package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// openTerminal returns a terminal, and what appears on it.
func openTerminal(t *testing.T) (*os.File, *logBuffer) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("there are no terminals here: %v", err)
	}
	t.Cleanup(func() { _ = screen.Close() })
	var number int
	conn, err := screen.SyscallConn()
	if err == nil {
		failed := conn.Control(func(fd uintptr) {
			if err = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); err == nil {
				number, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
			}
		})
		if err == nil {
			err = failed
		}
	}
	if err != nil {
		t.Skipf("there are no terminals here: %v", err)
	}
	terminal, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("there are no terminals here: %v", err)
	}
	t.Cleanup(func() { _ = terminal.Close() })
	seen := &logBuffer{more: make(chan struct{})}
	go func() { _, _ = io.Copy(seen, screen) }()
	return terminal, seen
}

func TestServeShowsTheTokenOnceAtATerminal(t *testing.T) {
	file := document(t, newUpstream(t), "{allow: all}")
	terminal, seen := openTerminal(t)
	first := startServeWith(t, terminal, seen, "--config", file)
	token := strings.TrimSpace(seen.wait(t, "/login#token="))
	if len(token) < 43 || strings.Count(seen.String(), token) != 1 {
		t.Fatalf("token %q in\n%s", token, seen)
	}
	if status := adminStatus(t, first.admin, token); status != 200 {
		t.Errorf("the token gets %d", status)
	}
	first.stop()
	<-first.done
	files, err := filepath.Glob(filepath.Join(adminFolder(file), "*"))
	if err != nil || len(files) != 2 || filepath.Base(files[1]) != "token" { // and .gitignore
		t.Fatalf("kept are %q, error %v; want the hash alone", files, err)
	}
	if text, err := os.ReadFile(files[1]); err != nil || strings.Contains(string(text), token) {
		t.Fatalf("kept is %q, error %v", text, err)
	}

	terminal, seen = openTerminal(t)
	second := startServeWith(t, terminal, seen, "--config", file)
	seen.wait(t, "Admin pages: ")
	if strings.Contains(seen.String(), "token=") {
		t.Errorf("the second start shows a token:\n%s", seen)
	}
	if status := adminStatus(t, second.admin, token); status != 200 {
		t.Errorf("the token gets %d at the second start", status)
	}
}
