//go:build unix

package gateway

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	fewDescriptors = 64
	fewUpstream    = "CONCORS_TEST_FEW_DESCRIPTORS" // the upstream of the process that has few
)

// A process that has few descriptors says so when clients want more
// connections, and people still get at its admin listener to see.
func TestAdminIsReachableWhenDescriptorsAreFew(t *testing.T) {
	if upstream := os.Getenv(fewUpstream); upstream != "" {
		serveWithFewDescriptors(t, upstream)
		return
	}
	upstream := httptest.NewServer(http.HandlerFunc(echo))
	defer upstream.Close()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), fewUpstream+"="+upstream.URL)
	stdin, err := child.StdinPipe() // closed: the child ends
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	log := new(logBuffer)
	child.Stderr = log
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		stdin.Close()
		if err := child.Wait(); err != nil {
			t.Errorf("the process with few descriptors: %v\n%s", err, log)
		}
	}()
	var traffic, admin string
	out := bufio.NewReader(stdout)
	if _, err := fmt.Fscan(out, &traffic, &admin); err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()

	for range 3 * fewDescriptors {
		conn, err := net.Dial("tcp", traffic)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "GET /prices HTTP/1.1\r\nHost: a\r\n\r\n")
	}
	if text := log.until(t, "connections cannot be accepted"); !strings.Contains(text, "level=ERROR") {
		t.Errorf("not told as an error:\n%s", text)
	}
	client := &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	for range 5 {
		for path, want := range map[string]string{"/healthz": "ok", "/readyz": "ready", "/metrics": "concors_accept_errors_total"} {
			req, err := http.NewRequest("GET", "http://"+admin+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			if res := send(t, client, req); res.StatusCode != 200 || !strings.Contains(res.body, want) {
				t.Errorf("%s: %s %.200s", path, res.Status, res.body)
			}
		}
	}
}

func serveWithFewDescriptors(t *testing.T, upstream string) {
	limit := syscall.Rlimit{Cur: fewDescriptors, Max: fewDescriptors}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	g, err := New(Options{Log: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	if err != nil {
		t.Fatal(err)
	}
	g.Swap(tableOf(t, upstream, document))
	s, err := NewServer(g, ServerOptions{Listen: "127.0.0.1:0", Admin: "127.0.0.1:0", ShutdownTimeout: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(s.Addr(), s.AdminAddr())
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	if err := s.Run(ctx); err != nil {
		t.Error(err)
	}
}
