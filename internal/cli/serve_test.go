package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// A process is a concors that runs in this test.
type process struct {
	addr, admin string // where it listens; admin may be empty

	stop context.CancelFunc // as SIGTERM does
	done chan struct{}      // closed when it has ended
	code int                // its exit code, once it has
	log  *logBuffer
}

// startServe runs concors serve on free ports until the test ends.
func startServe(t *testing.T, args ...string) *process {
	t.Helper()
	log := &logBuffer{more: make(chan struct{})}
	return startServeWith(t, log, log, args...)
}

// startServeWith is startServe with standard error of its own, of which all
// goes into log.
func startServeWith(t *testing.T, stderr io.Writer, log *logBuffer, args ...string) *process {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	p := &process{stop: stop, done: make(chan struct{}), log: log}
	args = append([]string{"serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"}, args...)
	go func() {
		defer close(p.done)
		p.code = run(ctx, args, strings.NewReader(""), io.Discard, stderr)
	}()
	t.Cleanup(func() {
		stop()
		<-p.done
	})
	p.admin = p.log.wait(t, `msg="admin listening" addr=`)
	p.addr = p.log.wait(t, `msg=listening addr=`)
	return p
}

// A logBuffer holds what a process has written to standard error.
type logBuffer struct {
	mu   sync.Mutex // guards the rest
	text bytes.Buffer
	more chan struct{} // closed and replaced with each write
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.more)
	b.more = make(chan struct{})
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// wait waits until mark is in the text and returns the word behind it.
func (b *logBuffer) wait(t *testing.T, mark string) string {
	t.Helper()
	deadline := time.After(patience)
	for {
		b.mu.Lock()
		more := b.more
		_, after, found := strings.Cut(b.text.String(), mark)
		b.mu.Unlock()
		if word, _, complete := strings.Cut(after, "\n"); found && complete {
			word, _, _ = strings.Cut(word, " ")
			return word
		}
		select {
		case <-more:
		case <-deadline:
			t.Fatalf("no %s in:\n%s", mark, b)
		}
	}
}

// document writes a document whose only endpoint is GET /a with the given
// setting, and returns its name.
func document(t *testing.T, upstream, setting string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "concors.yaml")
	write(t, file, upstream, setting)
	return file
}

func write(t *testing.T, file, upstream, setting string) {
	t.Helper()
	text := fmt.Sprintf("upstream: %s\nendpoints:\n  - endpoint: GET /a\n    cors: %s\n", upstream, setting)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// get asks for /a as a page of origin would.
func get(t *testing.T, addr, origin string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+addr+"/a", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", origin)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

const (
	selected = "{allow: selected, domains: [https://docs.example.com]}"
	docs     = "https://docs.example.com"
	stranger = "https://stranger.example"
)

func newUpstream(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }))
	t.Cleanup(s.Close)
	return s.URL
}

func TestServeEnforcesTheFile(t *testing.T) {
	p := startServe(t, "--config", document(t, newUpstream(t), selected))
	if resp := get(t, p.addr, docs); resp.StatusCode != 200 || resp.Header.Get("Access-Control-Allow-Origin") != docs {
		t.Errorf("allowed origin: got %d, %v", resp.StatusCode, resp.Header)
	}
	resp := get(t, p.addr, stranger)
	body, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != 403 || !strings.Contains(string(body), `"reason":"origin-not-allowed"`) {
		t.Errorf("another origin: got %d, %s", resp.StatusCode, body)
	}
	if strings.Contains(string(body), "detail") {
		t.Errorf("without --debug a refusal says %s", body)
	}
}

func TestServeTakesASavedFileAndKeepsTheLastGoodOne(t *testing.T) {
	upstream := newUpstream(t)
	file := document(t, upstream, "{allow: none}")
	p := startServe(t, "--config", file)
	if resp := get(t, p.addr, docs); resp.StatusCode != 403 {
		t.Fatalf("before the change: got %d", resp.StatusCode)
	}
	write(t, file, upstream, selected)
	eventually(t, func() bool { return get(t, p.addr, docs).StatusCode == 200 })

	write(t, file, upstream, "{allow: nobody}")
	p.log.wait(t, "document refused")
	if resp := get(t, p.addr, docs); resp.StatusCode != 200 {
		t.Errorf("after a broken change: got %d, want the last good document", resp.StatusCode)
	}
}

// patience is how long anything may take, on a loaded machine too, before a test
// calls it stuck.
const patience = time.Minute

// eventually polls until ok; there is nothing to wait on from outside a process.
func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); {
		if time.Now().After(deadline) {
			t.Fatal("it did not happen in time")
		}
	}
}

func TestServeDebugNamesTheSettingToChange(t *testing.T) {
	p := startServe(t, "--debug", "--config", document(t, newUpstream(t), selected))
	body, _ := io.ReadAll(get(t, p.addr, stranger).Body)
	if !strings.Contains(string(body), "Add "+stranger+" to the domains") {
		t.Errorf("got %s", body)
	}
}

func TestServeHasAnAdminListener(t *testing.T) {
	p := startServe(t, "--config", document(t, newUpstream(t), selected))
	for path, want := range map[string]string{"/healthz": "ok", "/readyz": "ready", "/metrics": "concors_"} {
		resp, err := http.Get("http://" + p.admin + path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != 200 || !strings.Contains(string(body), want) {
			t.Errorf("%s: got %d, %.100s", path, resp.StatusCode, body)
		}
	}
}

func TestServeLogsRequestsUnlessToldNotTo(t *testing.T) {
	file := document(t, newUpstream(t), selected)
	loud := startServe(t, "--config", file, "--log-format", "text")
	get(t, loud.addr, stranger)
	loud.log.wait(t, "reason=origin-not-allowed")

	quiet := startServe(t, "--config", file, "--access-log=false")
	get(t, quiet.addr, stranger)
	quiet.stop()
	<-quiet.done
	if text := quiet.log.String(); strings.Contains(text, "origin-not-allowed") {
		t.Errorf("got\n%s", text)
	}
}

func TestServeEndsInOrder(t *testing.T) {
	reached, release := make(chan struct{}), make(chan struct{})
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(reached)
		<-release
		fmt.Fprint(w, "finished")
	}))
	defer upstream.Close()
	p := startServe(t, "--config", document(t, upstream.URL, selected))
	got := make(chan string, 1)
	go func() {
		resp, err := http.Get("http://" + p.addr + "/a")
		if err != nil {
			got <- err.Error()
			return
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		got <- string(body)
	}()
	<-reached
	p.stop()
	p.log.wait(t, "draining")
	close(release)
	if body := <-got; body != "finished" {
		t.Errorf("the request that ran got %q", body)
	}
	<-p.done
	if p.code != exitOK {
		t.Errorf("exit code %d, log:\n%s", p.code, p.log)
	}
}

func TestServeSaysThatAPortIsInUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	var stderr bytes.Buffer
	code := run(t.Context(), []string{"serve", "--admin", "off", "--listen", taken.Addr().String(),
		"--config", document(t, "http://127.0.0.1:1", selected)}, strings.NewReader(""), io.Discard, &stderr)
	if code != exitFailed || !strings.Contains(stderr.String(), "address already in use") ||
		!strings.Contains(stderr.String(), "Choose another address with --listen") {
		t.Errorf("exit code %d, %s", code, &stderr)
	}
}

func TestServeShowsMetricsToOtherMachinesWithTheTokenOnly(t *testing.T) {
	const token = "a-token-that-a-person-chose"
	file := document(t, newUpstream(t), selected)
	beyond := []string{"--config", file, "--admin", "0.0.0.0:0", "--admin-insecure-plain-http", "--admin-token", token}
	ask := func(p *process, authorization string) int {
		t.Helper()
		_, port, _ := net.SplitHostPort(p.admin)
		r, err := http.NewRequest("GET", "http://127.0.0.1:"+port+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		if authorization != "" {
			r.Header.Set("Authorization", authorization)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	closed := startServe(t, beyond...)
	for authorization, want := range map[string]int{"": 401, "Bearer another": 401, "Bearer " + token: 200} {
		if got := ask(closed, authorization); got != want {
			t.Errorf("Authorization %q: %d, want %d", authorization, got, want)
		}
	}
	if got := ask(startServe(t, append(beyond, "--metrics-open")...), ""); got != 200 {
		t.Errorf("with --metrics-open: %d", got)
	}
}

func TestServeMetricsOnAListenerOfTheirOwn(t *testing.T) {
	p := startServe(t, "--config", document(t, newUpstream(t), selected), "--metrics", "127.0.0.1:0")
	metrics := p.log.wait(t, `msg="metrics listening" addr=`)
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/metrics": 200, "/": 404, "/api/v1/state": 404} {
		resp, err := http.Get("http://" + metrics + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: got %d; want %d", path, resp.StatusCode, want)
		}
	}
}
