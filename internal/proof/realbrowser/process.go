package realbrowser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// candidates are the usual names of the programs, Debian's first.
var candidates = map[Kind][]string{
	Chromium: {"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"},
	Firefox:  {"firefox-esr", "firefox"},
}

func find(kind Kind, executable string) (string, error) {
	if executable == "" {
		executable = os.Getenv("CONCORS_" + strings.ToUpper(string(kind)))
	}
	if kind == WebKit {
		return findWebKit(executable)
	}
	names := candidates[kind]
	if names == nil {
		return "", fmt.Errorf("realbrowser: unknown browser %q", kind)
	}
	if executable != "" {
		names = []string{executable}
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("realbrowser: %s is %w: looked for %s", kind, ErrNotInstalled, strings.Join(names, ", "))
}

// process is the browser's main process, leader of a process group of its own,
// with a folder that is its profile and its home.
type process struct {
	cmd  *exec.Cmd
	dir  string
	tail *logTail

	done chan struct{} // closed when the process has ended
	err  error         // from Wait; read after done
}

// newProcess prepares a process without starting it.
func newProcess(executable string, args func(dir string) []string) (*process, error) {
	dir, err := os.MkdirTemp("", "concors-browser-")
	if err != nil {
		return nil, err
	}
	p := &process{dir: dir, tail: &logTail{}, done: make(chan struct{})}
	p.cmd = exec.Command(executable, args(dir)...)
	p.cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_CACHE_HOME="+dir, "TMPDIR="+dir)
	p.cmd.Stderr = p.tail
	p.cmd.Stdout = p.tail
	p.cmd.WaitDelay = 5 * time.Second
	p.cmd.SysProcAttr = processAttributes()
	return p, nil
}

func (p *process) start() error {
	if err := p.cmd.Start(); err != nil {
		close(p.done)
		return err
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	return nil
}

// exited returns nil while the process runs.
func (p *process) exited() error {
	select {
	case <-p.done:
		if p.err == nil {
			return errors.New("the browser exited")
		}
		return fmt.Errorf("the browser ended: %w", p.err)
	default:
		return nil
	}
}

// kill ends the whole process group and removes the profile.
func (p *process) kill() error {
	if p.cmd.Process != nil {
		if err := killGroup(p.cmd.Process); err != nil {
			return fmt.Errorf("killing process group %d: %w", p.cmd.Process.Pid, err)
		}
		<-p.done
	}
	return os.RemoveAll(p.dir)
}

// said is the end of what the browser wrote, for error messages.
func (p *process) said() string {
	if text := strings.TrimSpace(p.tail.String()); text != "" {
		return "; it wrote:\n" + text
	}
	return "; it wrote nothing"
}

// logTail keeps the last kilobytes written to it, and can be watched for a line.
type logTail struct {
	mu      sync.Mutex // guards the rest
	text    []byte
	watcher chan struct{} // closed and replaced on each write
}

const tailSize = 8 << 10

func (t *logTail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if extra := len(t.text) - tailSize; extra > 0 {
		t.text = append(t.text[:0], t.text[extra:]...)
	}
	if t.watcher != nil {
		close(t.watcher)
		t.watcher = nil
	}
	return len(p), nil
}

func (t *logTail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}

// waitFor returns the rest of the first complete line that contains prefix.
func (p *process) waitFor(ctx context.Context, prefix string) (string, error) {
	for {
		p.tail.mu.Lock()
		if p.tail.watcher == nil {
			p.tail.watcher = make(chan struct{})
		}
		text, more := string(p.tail.text), p.tail.watcher
		p.tail.mu.Unlock()
		if _, rest, found := strings.Cut(text, prefix); found {
			if line, _, complete := strings.Cut(rest, "\n"); complete {
				return strings.TrimSpace(line), nil
			}
		}
		select {
		case <-more:
		case <-p.done:
			return "", fmt.Errorf("waiting for %q: %w", prefix, p.exited())
		case <-ctx.Done():
			return "", fmt.Errorf("waiting for %q: %w", prefix, context.Cause(ctx))
		}
	}
}
