package gateway

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
)

// A certificate authority of its own checks the challenge on the traffic
// listener and issues the certificate that the listener then serves.
func TestACME(t *testing.T) {
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	t.Setenv("PEBBLE_WFE_NONCEREJECT", "0")
	quiet := log.New(io.Discard, "", 0)
	var authority http.Handler
	front := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { authority.ServeHTTP(w, r) }))
	defer front.Close()
	roots := x509.NewCertPool()
	roots.AddCert(front.Certificate())

	said := new(logBuffer)
	g, err := New(Options{Log: slog.New(slog.NewTextHandler(said, nil))})
	if err != nil {
		t.Fatal(err)
	}
	g.Swap(tableOf(t, "http://127.0.0.1:9", document))
	s, err := NewServer(g, ServerOptions{Listen: "127.0.0.1:0", Admin: AdminOff, ACME: &ACMEOptions{
		Domains: []string{"127.0.0.1"}, Directory: front.URL + wfe.DirectoryPath, Storage: t.TempDir(), Roots: roots,
	}})
	if err != nil {
		t.Fatal(err)
	}
	store := db.NewMemoryStore()
	issuer := ca.New(quiet, store, "", "ecdsa", 0, 1, map[string]ca.Profile{"default": {ValidityPeriod: 86400}})
	checker := va.New(quiet, 0, s.Addr().(*net.TCPAddr).Port, false, "", store)
	pebble := wfe.New(quiet, store, checker, issuer, []string{"pebble.example"}, false, false, 0, 0)
	authority = pebble.Handler()

	done := make(chan error)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { done <- s.Run(ctx) }()
	defer func() {
		cancel()
		if err := next(t, done); err != nil {
			t.Error(err)
		}
	}()
	said.until(t, "certificate in use")

	trusted := x509.NewCertPool()
	trusted.AddCert(issuer.GetRootCert(0).Cert)
	conn, err := tls.Dial("tcp", s.Addr().String(), &tls.Config{RootCAs: trusted, ServerName: "127.0.0.1", NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if p := conn.ConnectionState().NegotiatedProtocol; p != "h2" {
		t.Errorf("protocol %q, want h2", p)
	}
}
