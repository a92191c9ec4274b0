package e2e

import (
	"bufio"
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/coder/websocket"

	"github.com/concors/concors/internal/proof/realbrowser"
)

// The websites. All but the last three of them are on the API's site, and none
// has its origin.
const (
	api      = "https://api.example.test"
	docs     = "https://docs.example.test"  // allowed
	sibling  = "https://other.example.test" // the same site, but not allowed
	stranger = "https://stranger.test"      // another site, not allowed
)

// document is what the gateway enforces. In each path, {id} tells the test's
// cases apart.
const document = `
upstream: %s
policies:
  docs:
    allow: selected
    domains: [https://docs.example.test]
    credentials: true
    headers: [Content-Type]
    expose: [X-Total]
endpoints:
  - {endpoint: GET /login}
  - {endpoint: "GET /private/{id}", cors: docs}
  - {endpoint: "POST /private/{id}", cors: docs}
  - {endpoint: "PUT /private/{id}", cors: docs}
  - {endpoint: "GET /socket/{id}", cors: docs}
  - {endpoint: "GET /failing/{id}", cors: docs}
  - {endpoint: "GET /down/{id}", cors: docs, upstream: "http://127.0.0.1:%d"}
  - {endpoint: "GET /public/{id}", cors: {allow: all}}
  - {endpoint: "POST /public/{id}", cors: {allow: all}}
  - {endpoint: "POST /own/{id}"}
  - {endpoint: "GET /cached/{kind}/none/{id}"}
  - {endpoint: "GET /cached/{kind}/docs/{id}", cors: docs}
  - {endpoint: "GET /cached/{kind}/all/{id}", cors: {allow: all}}
`

// A world is the gateway, its upstream and the websites.
type world struct {
	t         *testing.T
	authority *realbrowser.Authority
	gateway   string            // address
	websites  string            // address
	also      map[string]string // addresses of other hosts
	upstream  *upstream

	mu      sync.Mutex // guards the rest
	handled []string   // "METHOD path status" from the gateway's access log
	more    chan struct{}
}

// buildProgram builds concors and returns its path.
func buildProgram(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "concors")
	if out, err := exec.Command("go", "build", "-o", binary, "../../../cmd/concors").CombinedOutput(); err != nil {
		t.Fatalf("building concors: %v\n%s", err, out)
	}
	return binary
}

// quiet hears of browsers that try plain HTTP with every name.
var quiet = log.New(io.Discard, "", 0)

// newWorld starts everything. binary is concors.
func newWorld(t *testing.T, binary string) *world {
	authority, err := realbrowser.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, authority: authority, upstream: new(upstream), more: make(chan struct{})}
	server := httptest.NewServer(w.upstream)
	t.Cleanup(server.Close)

	pages := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<!doctype html><title>A website</title>")
	}))
	pages.TLS = authority.TLSConfig()
	pages.Config.ErrorLog = quiet
	pages.StartTLS()
	t.Cleanup(pages.Close)
	w.websites = pages.Listener.Addr().String()

	dir := t.TempDir()
	config := filepath.Join(dir, "concors.yaml")
	write(t, config, fmt.Appendf(nil, document, server.URL, closedPort(t)))
	cert, key := keyPair(t, authority, dir)
	w.serve(binary, "--config", config, "--tls-cert", cert, "--tls-key", key)
	return w
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// closedPort is a port on which nobody listens. It stays bound, so that nobody
// will.
func closedPort(t *testing.T) int {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return name.(*syscall.SockaddrInet4).Port
}

// keyPair writes the certificate of the API.
func keyPair(t *testing.T, a *realbrowser.Authority, dir string) (cert, key string) {
	t.Helper()
	pair, err := a.Certificate(strings.TrimPrefix(api, "https://"))
	if err != nil {
		t.Fatal(err)
	}
	var chain []byte
	for _, der := range pair.Certificate {
		chain = append(chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	der, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write(t, cert, chain)
	write(t, key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	return cert, key
}

// serve starts concors serve and reads its log until the test ends.
func (w *world) serve(binary string, args ...string) {
	w.t.Helper()
	cmd := exec.Command(binary, append([]string{"serve", "--listen", "127.0.0.1:0", "--admin", "off", "--log-format", "json"}, args...)...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	listening, done := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(done)
		lines := bufio.NewScanner(stderr)
		for lines.Scan() {
			w.heard(lines.Bytes(), listening)
		}
	}()
	w.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-done
		if err := cmd.Wait(); err != nil {
			w.t.Errorf("concors serve ended with: %v", err)
		}
	})
	select {
	case w.gateway = <-listening:
	case <-done:
		w.t.Fatal("concors serve ended before it listened")
	}
}

// heard takes a line of the gateway's log.
func (w *world) heard(line []byte, listening chan<- string) {
	var entry struct {
		Msg, Addr, Method, Path string
		Status                  int
	}
	if err := json.Unmarshal(line, &entry); err != nil {
		w.t.Errorf("concors serve said: %s", line)
		return
	}
	switch entry.Msg {
	case "listening":
		listening <- entry.Addr
	case "request":
		w.mu.Lock()
		defer w.mu.Unlock()
		w.handled = append(w.handled, fmt.Sprintf("%s %s %d", entry.Method, entry.Path, entry.Status))
		close(w.more)
		w.more = make(chan struct{})
	}
}

// handledFor returns what the gateway has done with requests for path, once it
// has done at least n.
func (w *world) handledFor(ctx context.Context, path string, n int) []string {
	for {
		w.mu.Lock()
		var list []string
		for _, line := range w.handled {
			if method, rest, _ := strings.Cut(line, " "); strings.HasPrefix(rest, path+" ") {
				list = append(list, method+strings.TrimPrefix(rest, path))
			}
		}
		more := w.more
		w.mu.Unlock()
		if len(list) >= n {
			return list
		}
		select {
		case <-more:
		case <-ctx.Done():
			return append(list, "and then nothing more")
		}
	}
}

// dial leads the API's name to the gateway, all others to the websites.
func (w *world) dial(ctx context.Context, network, address string) (net.Conn, error) {
	to := w.websites
	name, _, _ := strings.Cut(address, ":")
	switch {
	case name == host(api):
		to = w.gateway
	case w.also[name] != "":
		to = w.also[name]
	}
	return new(net.Dialer).DialContext(ctx, network, to)
}

// An upstream is the API, which knows nothing of CORS. It remembers who called.
type upstream struct {
	mu   sync.Mutex // guards seen
	seen map[string][]string
}

// seenFor returns the requests for path: method, and "with cookie".
func (u *upstream) seenFor(path string) []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.seen[path]
}

func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	caller := r.Method
	if _, err := r.Cookie("session"); err == nil {
		caller += " with cookie"
	}
	u.mu.Lock()
	if u.seen == nil {
		u.seen = make(map[string][]string)
	}
	u.seen[r.URL.Path] = append(u.seen[r.URL.Path], caller)
	u.mu.Unlock()
	switch {
	case r.URL.Path == "/login":
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "1", Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteNoneMode})
		w.Header().Set("Content-Type", "text/html")
	case strings.HasPrefix(r.URL.Path, "/cached/"):
		personal(w, r)
	case strings.HasPrefix(r.URL.Path, "/failing/"):
		http.Error(w, "it failed", http.StatusInternalServerError)
	case strings.HasPrefix(r.URL.Path, "/socket/"):
		greet(w, r)
	default:
		w.Header().Set("X-Total", "7")
		w.Header().Set("X-Secret", "8")
		w.Header().Set("Access-Control-Allow-Origin", "https://evil.test") // the gateway's word counts
		_, _ = io.WriteString(w, "hello")
	}
}

// greet accepts a WebSocket from anybody and says hello.
func greet(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return
	}
	defer c.CloseNow()
	_ = c.Write(r.Context(), websocket.MessageText, []byte("hello"))
	_ = c.Close(websocket.StatusNormalClosure, "")
}
