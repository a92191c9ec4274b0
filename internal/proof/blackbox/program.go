package blackbox

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Build builds the program of a package into dir and returns its path. root is
// the folder of the module.
func Build(root, dir, pkg string) (string, error) {
	bin := filepath.Join(dir, filepath.Base(pkg))
	args := []string{"build", "-o", bin}
	if os.Getenv("CONCORS_RACE") != "" {
		args = append(args, "-race")
	}
	cmd := exec.Command("go", append(args, pkg)...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build %s: %w\n%s", pkg, err, out)
	}
	return bin, nil
}

// A Program is a running `concors serve`, or another that logs as it does.
type Program struct {
	Addr, Admin string // where it listens
	Config      string // its concors.yaml

	cmd  *exec.Cmd
	done chan struct{} // closed when its output has ended

	mu       sync.Mutex // guards what follows
	recent   []string   // the last lines of its log
	problems []string   // its lines of level WARN and ERROR
	panics   []string
}

const keptLines = 60

// Start writes the document into a folder below dir and serves it. pair is the
// certificate's file and the key's, or empty for plain HTTP.
func Start(bin, dir, document string, pair [2]string, flags ...string) (*Program, error) {
	folder, err := os.MkdirTemp(dir, "serve-")
	if err != nil {
		return nil, err
	}
	config := filepath.Join(folder, "concors.yaml")
	if err := os.WriteFile(config, []byte(document), 0o644); err != nil {
		return nil, err
	}
	args := []string{"serve", "--config", config, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--access-sample", "100"}
	if pair[0] != "" {
		args = append(args, "--tls-cert", pair[0], "--tls-key", pair[1])
	}
	p, err := launch(folder, bin, 2, append(args, flags...)...)
	if p != nil {
		p.Config = config
	}
	return p, err
}

// launch starts a program and waits until it has said where it listens, which it
// does for some listeners.
func launch(folder, bin string, listeners int, args ...string) (*Program, error) {
	p := &Program{done: make(chan struct{})}
	p.cmd = exec.Command(bin, args...)
	p.cmd.Dir = folder
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	ready := make(chan struct{})
	go p.read(stderr, listeners, ready)
	select {
	case <-ready:
		return p, nil
	case <-p.done:
		err = errors.New("it ended before it listened")
	case <-time.After(patience):
		err = errors.New("it never said where it listens")
	}
	_ = p.cmd.Process.Kill()
	<-p.done
	_ = p.cmd.Wait()
	return nil, fmt.Errorf("%s: %w\n%s", bin, err, p.Log())
}

var listening = regexp.MustCompile(`msg=(listening|"admin listening") addr=(\S+)`)

// read follows the log: the addresses, what a panic says, and the last lines.
func (p *Program) read(stderr io.Reader, listeners int, ready chan struct{}) {
	defer close(p.done)
	in := bufio.NewReader(stderr)
	for {
		line, err := in.ReadString('\n')
		if m := listening.FindStringSubmatch(line); m != nil && listeners > 0 {
			if m[1] == "listening" {
				p.Addr = m[2]
			} else {
				p.Admin = m[2]
			}
			if listeners--; listeners == 0 {
				close(ready)
			}
		}
		p.mu.Lock()
		if strings.Contains(line, "panic") || strings.Contains(line, "DATA RACE") {
			p.panics = append(p.panics, line)
		}
		if strings.Contains(line, "level=WARN") || strings.Contains(line, "level=ERROR") {
			p.problems = append(p.problems, line)
		}
		if p.recent = append(p.recent, line); len(p.recent) > keptLines {
			p.recent = p.recent[1:]
		}
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// Log is the last lines that it logged.
func (p *Program) Log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.recent, "")
}

// Problems are its lines of level WARN and ERROR so far.
func (p *Program) Problems() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.problems)
}

// Panics are the log's lines that speak of one, or of a data race.
func (p *Program) Panics() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.panics)
}

// Stop ends it as an operator would, and says how it ended.
func (p *Program) Stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	timer := time.AfterFunc(patience, func() { _ = p.cmd.Process.Kill() })
	defer timer.Stop()
	<-p.done
	return p.cmd.Wait()
}

// MemoryKiB is its resident set size now.
func (p *Program) MemoryKiB() (int, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, ok := bytes.Cut(data, []byte("VmRSS:"))
	var kib int
	if _, err := fmt.Sscan(string(rest), &kib); !ok || err != nil {
		return 0, fmt.Errorf("no VmRSS in its status: %w", err)
	}
	return kib, nil
}

// Certificate writes a new self-signed certificate and its key into dir, and
// returns what a client needs to trust it.
func Certificate(dir string) (pair [2]string, client *tls.Config, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return pair, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "blackbox"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		DNSNames:     []string{"api.test"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:         true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return pair, nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return pair, nil, err
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	pair = [2]string{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")}
	if err := os.WriteFile(pair[0], certPEM, 0o644); err != nil {
		return pair, nil, err
	}
	if err := os.WriteFile(pair[1], pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600); err != nil {
		return pair, nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(certPEM)
	return pair, &tls.Config{RootCAs: roots, ServerName: "api.test"}, nil
}
