package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// A bench builds and runs the programs.
type bench struct {
	root, temp string
	rounds     int
	running    []*exec.Cmd
}

// build builds a program as its users would.
func (b *bench) build(dir, pkg, name string) (string, error) {
	out := filepath.Join(b.temp, name)
	cmd := exec.Command("go", "build", "-o", out, pkg)
	cmd.Dir = dir
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building %s: %w\n%s", pkg, err, text)
	}
	return out, nil
}

// start runs a program and returns the address that it tells: the word behind
// mark in a line of its output.
func (b *bench) start(mark string, program string, args ...string) (address string, cmd *exec.Cmd, err error) {
	cmd = exec.Command(program, args...)
	told, err := os.CreateTemp(b.temp, "out") // a file, as a log goes into one
	if err != nil {
		return "", nil, err
	}
	cmd.Stdout, cmd.Stderr = told, told
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	b.running = append(b.running, cmd)
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		text, err := os.ReadFile(told.Name())
		if err != nil {
			return "", nil, err
		}
		for line := range strings.Lines(string(text)) {
			if _, rest, found := strings.Cut(line, mark); found && strings.HasSuffix(line, "\n") {
				word, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
				return word, cmd, nil
			}
		}
	}
	text, _ := os.ReadFile(told.Name())
	return "", nil, fmt.Errorf("%s did not say where it listens:\n%s", filepath.Base(program), text)
}

func (b *bench) stop() {
	for _, cmd := range b.running {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}
	b.running = nil
}

// cpuOf returns a function that tells how much of the processor a process has
// used, in hundredths of a second.
func cpuOf(cmd *exec.Cmd) func() time.Duration {
	return func() time.Duration {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", cmd.Process.Pid))
		if err != nil {
			return 0
		}
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		var user, system time.Duration
		_, _ = fmt.Sscan(fields[11], &user)
		_, _ = fmt.Sscan(fields[12], &system)
		return (user + system) * 10 * time.Millisecond
	}
}

// concors runs the gateway before an upstream.
func (b *bench) concors(program, upstream string, flags ...string) (*target, error) {
	file, err := os.CreateTemp(b.temp, "*.yaml")
	if err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintf(file, document, upstream); err != nil {
		return nil, err
	}
	args := append([]string{"serve", "--config", file.Name(), "--listen", "127.0.0.1:0", "--admin", "off", "--log-format", "json"}, flags...)
	address, cmd, err := b.start(`"msg":"listening","addr":"`, program, args...)
	if err != nil {
		return nil, err
	}
	address, _, _ = strings.Cut(address, `"`)
	return &target{address: address, cpu: cpuOf(cmd)}, nil
}

// bare runs the rival.
func (b *bench) bare(program string, args ...string) (*target, error) {
	address, cmd, err := b.start("", program, args...)
	if err != nil {
		return nil, err
	}
	return &target{address: address, cpu: cpuOf(cmd)}, nil
}

func (b *bench) measure(write bool) error {
	program, err := b.build(b.root, "./cmd/concors", "concors")
	if err != nil {
		return err
	}
	bare, err := b.build(filepath.Join(b.root, "bench"), "./gateway/bare", "bare")
	if err != nil {
		return err
	}
	upstream := newUpstream()
	defer upstream.Close()
	quiet, err := b.concors(program, upstream.URL, "--access-log=false")
	if err != nil {
		return err
	}
	logging, err := b.concors(program, upstream.URL)
	if err != nil {
		return err
	}
	rivals := make(map[string]*target)
	if rivals[reverseProxy], err = b.bare(bare, upstream.URL); err != nil {
		return err
	}
	if rivals[keeping], err = b.bare(bare, upstream.URL, "keep"); err != nil {
		return err
	}
	if rivals[noContent], err = b.bare(bare); err != nil {
		return err
	}
	var results []*result
	for _, c := range comparisons {
		ours := quiet
		if c.logs {
			ours = logging
		}
		r, err := compare(c, ours, rivals[c.rival], b.rounds)
		if err != nil {
			return err
		}
		results = append(results, r)
		log.Printf("%-27s %.3f (median %.3f) of a %s, %.3f of its processor time; %v and %v",
			r.name, r.ratio(), r.median, r.rival, r.cpuRatio(), r.ours, r.theirs)
	}
	if !write {
		return nil
	}
	return b.report(results)
}

// profile makes cmd/concors/default.pgo: what the processor does while the
// gateway serves the requests of the comparisons.
func (b *bench) profile() error {
	program, err := b.build(b.root, "./cmd/concors", "concors")
	if err != nil {
		return err
	}
	upstream := newUpstream()
	defer upstream.Close()
	out := filepath.Join(b.temp, "cpu.pprof")
	t, err := b.concors(program, upstream.URL, "--cpu-profile", out)
	if err != nil {
		return err
	}
	if err := t.connect(); err != nil {
		return err
	}
	defer t.disconnect()
	for range b.rounds {
		for _, c := range comparisons {
			if _, _, err := t.round(c.request, c.want, 25); err != nil {
				return err
			}
		}
	}
	b.stop() // which writes the profile
	in, err := os.Open(out)
	if err != nil {
		return err
	}
	defer in.Close()
	to, err := os.Create(filepath.Join(b.root, "cmd", "concors", "default.pgo"))
	if err != nil {
		return err
	}
	if _, err := io.Copy(to, bufio.NewReader(in)); err != nil {
		return err
	}
	return to.Close()
}
