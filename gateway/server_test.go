package gateway

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// A running server, with what it logs.
type running struct {
	*Server
	log  *logBuffer
	stop context.CancelFunc
	done chan error // the result of Run
}

func run(t *testing.T, o ServerOptions, upstream http.HandlerFunc) *running {
	t.Helper()
	up := httptest.NewServer(upstream)
	t.Cleanup(up.Close)
	r := &running{log: new(logBuffer), done: make(chan error, 1)}
	g, err := New(Options{Log: slog.New(slog.NewTextHandler(r.log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	g.Swap(tableOf(t, up.URL, document))
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if o.Admin == "" {
		o.Admin = "127.0.0.1:0"
	}
	if r.Server, err = NewServer(g, o); err != nil {
		t.Fatal(err)
	}
	var ctx context.Context
	ctx, r.stop = context.WithCancel(context.Background())
	t.Cleanup(r.stop)
	go func() { r.done <- r.Run(ctx) }()
	r.log.until(t, "msg=listening")
	return r
}

func (r *running) get(t *testing.T, url string, header ...string) reply {
	t.Helper()
	req, err := http.NewRequest("GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		if name == "Host" {
			req.Host = value
		}
		req.Header.Set(name, value)
	}
	return send(t, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, req)
}

func TestServerSaysWhereItListens(t *testing.T) {
	r := run(t, ServerOptions{}, echo)
	log := r.log.String()
	for _, want := range []string{"msg=listening addr=" + r.Addr().String(), `msg="admin listening" addr=` + r.AdminAddr().String()} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %s:\n%s", want, log)
		}
	}
	r.get(t, "http://"+r.Addr().String()+"/prices").wantStatus(t, 200)
	r.stop()
	if err := next(t, r.done); err != nil {
		t.Error(err)
	}
}

func TestAdminListener(t *testing.T) {
	r := run(t, ServerOptions{
		AdminHandler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "mounted "+r.URL.Path) }),
		AdminHosts:   []string{"Concors.internal"},
	}, echo)
	admin := "http://" + r.AdminAddr().String()
	_, port, _ := net.SplitHostPort(r.AdminAddr().String())
	for _, tc := range []struct {
		name, path string
		header     []string
		status     int
		body       string
	}{
		{"alive", "/healthz", nil, 200, "ok\n"},
		{"ready", "/readyz", nil, 200, "ready\n"},
		{"metrics", "/metrics", nil, 200, "concors_endpoints "},
		{"mounted handler", "/api/x", nil, 200, "mounted /api/x"},
		{"localhost", "/healthz", []string{"Host: localhost:" + port}, 200, ""},
		{"listed name", "/healthz", []string{"Host: concors.INTERNAL"}, 200, ""},
		{"IPv6", "/healthz", []string{"Host: [::1]:" + port}, 200, ""},
		{"rebound name", "/metrics", []string{"Host: evil.example:" + port}, 421, "host-not-allowed"},
		{"name that only begins well", "/metrics", []string{"Host: localhost.evil.example"}, 421, ""},
		{"foreign page", "/metrics", []string{foreign}, 403, "origin-not-allowed"},
		{"foreign page without CORS", "/api/x", []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"}, 403, ""},
		{"own page", "/api/x", []string{"Origin: " + admin, "Sec-Fetch-Site: same-origin"}, 200, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			res := r.get(t, admin+tc.path, tc.header...)
			res.wantStatus(t, tc.status)
			if !strings.Contains(res.body, tc.body) {
				t.Errorf("body lacks %q:\n%s", tc.body, res.body)
			}
		})
	}
}

func TestNoAdminListener(t *testing.T) {
	r := run(t, ServerOptions{Admin: AdminOff}, echo)
	if r.AdminAddr() != nil {
		t.Errorf("it listens on %v", r.AdminAddr())
	}
}

func TestReadyzWithoutDocument(t *testing.T) {
	r := run(t, ServerOptions{}, echo)
	r.gateway.live.Store(nil)
	res := r.get(t, "http://"+r.AdminAddr().String()+"/readyz")
	res.wantStatus(t, 503)
	r.get(t, "http://"+r.AdminAddr().String()+"/healthz").wantStatus(t, 200)
}

func TestServerOptionsThatCannotBe(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	free := ServerOptions{Listen: "127.0.0.1:0", Admin: AdminOff}
	for _, tc := range []struct {
		name   string
		change func(*ServerOptions)
		want   string
	}{
		{"address taken", func(o *ServerOptions) { o.Listen = taken.Addr().String() }, "address already in use"},
		{"admin address taken", func(o *ServerOptions) { o.Admin = taken.Addr().String() }, "admin: listen"},
		{"fewer than no connections", func(o *ServerOptions) { o.MaxConnections = -1 }, "MaxConnections is negative"},
		{"certificate without key", func(o *ServerOptions) { o.CertFile = "cert.pem" }, "give both"},
		{"certificate that is not there", func(o *ServerOptions) { o.CertFile, o.KeyFile = "no.pem", "no.key" }, "no such file"},
		{"files and ACME", func(o *ServerOptions) {
			o.CertFile, o.KeyFile, o.ACME = "cert.pem", "key.pem", &ACMEOptions{}
		}, "not from both"},
		{"ACME without a name", func(o *ServerOptions) { o.ACME = &ACMEOptions{} }, "at least one domain"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g, err := New(Options{Log: discard()})
			if err != nil {
				t.Fatal(err)
			}
			o := free
			tc.change(&o)
			if _, err := NewServer(g, o); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q in it", err, tc.want)
			}
		})
	}
}

func TestShutdownLetsRequestsFinish(t *testing.T) {
	begun, finish := make(chan struct{}), make(chan struct{})
	r := run(t, ServerOptions{}, func(w http.ResponseWriter, _ *http.Request) {
		close(begun)
		<-finish
		_, _ = io.WriteString(w, "finished")
	})
	answered := make(chan reply)
	go func() { answered <- r.get(t, "http://"+r.Addr().String()+"/prices") }()
	next(t, begun)
	r.stop()
	r.log.until(t, "msg=draining")
	res := r.get(t, "http://"+r.AdminAddr().String()+"/readyz") // the admin listener goes last
	res.wantStatus(t, 503)
	if res.body != "draining\n" {
		t.Errorf("/readyz: %q", res.body)
	}
	close(finish)
	if res := next(t, answered); res.StatusCode != 200 || res.body != "finished" {
		t.Errorf("%s %q", res.Status, res.body)
	}
	if err := next(t, r.done); err != nil {
		t.Error(err)
	}
	if c, err := net.Dial("tcp", r.Addr().String()); err == nil {
		c.Close()
		t.Error("it still listens")
	}
}

func TestShutdownCutsWhatDoesNotFinish(t *testing.T) {
	begun := make(chan struct{})
	var ended atomic.Bool
	r := run(t, ServerOptions{ShutdownTimeout: time.Millisecond}, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(200)
		_ = http.NewResponseController(w).Flush()
		close(begun)
		<-r.Context().Done()
		ended.Store(true)
	})
	go func() {
		res, err := http.Get("http://" + r.Addr().String() + "/prices")
		if err == nil {
			_, _ = io.Copy(io.Discard, res.Body)
			res.Body.Close()
		}
	}()
	next(t, begun)
	r.stop()
	if err := next(t, r.done); err != nil {
		t.Error(err)
	}
	r.log.until(t, "requests cut off")
}

func TestShutdownClosesWebSockets(t *testing.T) {
	r := run(t, ServerOptions{}, func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		_, _, _ = c.Read(r.Context())
	})
	c, _, err := websocket.Dial(patient(t), "ws://"+r.Addr().String()+"/tree/", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	r.stop()
	if err := next(t, r.done); err != nil { // does not wait for the socket's natural end
		t.Error(err)
	}
	if _, _, err := c.Read(patient(t)); err == nil {
		t.Error("the socket is still open")
	}
}

// writeKeyPair writes a self-signed certificate for localhost and returns what
// trusts it.
func writeKeyPair(t *testing.T, certFile, keyFile string, serial int64) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: keyDER}} {
		// Two pairs differ in neither size nor time.
		text := pem.EncodeToMemory(block)
		text = append(text, strings.Repeat("\n", 2048-len(text))...)
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		at := time.Unix(1_700_000_000, 0)
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return pool
}

func TestTLSFromFiles(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	roots := writeKeyPair(t, cert, key, 1)
	r := run(t, ServerOptions{CertFile: cert, KeyFile: key}, echo)
	_, port, _ := net.SplitHostPort(r.Addr().String())

	handshake := func(roots *x509.CertPool) (*tls.Conn, error) {
		return tls.Dial("tcp", r.Addr().String(), &tls.Config{RootCAs: roots, ServerName: "localhost", NextProtos: []string{"h2", "http/1.1"}})
	}
	conn, err := handshake(roots)
	if err != nil {
		t.Fatal(err)
	}
	if p := conn.ConnectionState().NegotiatedProtocol; p != "h2" {
		t.Errorf("protocol %q, want h2", p)
	}
	conn.Close()

	client := &http.Client{Transport: &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: roots}}}
	defer client.CloseIdleConnections()
	req, err := http.NewRequest("POST", "https://localhost:"+port+"/orders", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", "https://localhost:"+port)
	res := send(t, client, req)
	res.wantStatus(t, 200)
	if res.ProtoMajor != 2 {
		t.Errorf("%s, want HTTP/2", res.Proto)
	}

	t.Run("a new pair is used without a restart", func(t *testing.T) {
		renewed := writeKeyPair(t, cert, key, 2)
		conn, err := handshake(renewed)
		if err != nil {
			t.Fatal(err)
		}
		conn.Close()
		roots = renewed
	})
	for name, spoil := range map[string]func() error{
		"a broken one is not": func() error { return os.WriteFile(cert, []byte("not a certificate"), 0o600) },
		"nor is none":         func() error { return os.Remove(key) },
	} {
		t.Run(name+", and is complained about once", func(t *testing.T) {
			if err := spoil(); err != nil {
				t.Fatal(err)
			}
			before := strings.Count(r.log.String(), "certificate not replaced")
			for range 3 {
				conn, err := handshake(roots)
				if err != nil {
					t.Fatal(err)
				}
				conn.Close()
			}
			if n := strings.Count(r.log.String(), "certificate not replaced") - before; n != 1 {
				t.Errorf("logged %d times:\n%s", n, r.log)
			}
			roots = writeKeyPair(t, cert, key, 3)
			conn, err := handshake(roots)
			if err != nil {
				t.Fatal(err)
			}
			conn.Close()
		})
	}
}

// Without TLS there is no HTTP/2: neither by prior knowledge nor by upgrade.
func TestNoUnencryptedHTTP2(t *testing.T) {
	r := run(t, ServerOptions{}, echo)
	conn, err := net.Dial("tcp", r.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	_, _ = io.WriteString(conn, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
	line, _ := bufio.NewReader(conn).ReadString('\n')
	if strings.HasPrefix(line, "HTTP/1.1 2") || !strings.HasPrefix(line, "HTTP/1.1 ") {
		t.Errorf("answer %q, want an error in HTTP/1.1", line)
	}
}

func TestHeaderTooLarge(t *testing.T) {
	r := run(t, ServerOptions{MaxHeaderBytes: 1 << 10}, echo)
	r.get(t, fmt.Sprintf("http://%s/prices", r.Addr()), "X-Large: "+strings.Repeat("x", 16<<10)).wantStatus(t, 431)
}
