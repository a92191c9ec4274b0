package gateway

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"

	"github.com/caddyserver/certmagic"
	"go.uber.org/zap"
)

// ACMEOptions say for which names to obtain certificates, and where. To use
// them is to agree to the authority's terms.
//
// The authority checks the names with the challenge tls-alpn-01: port 443 of
// each must lead to the traffic listener. Nothing else has to listen.
type ACMEOptions struct {
	Domains   []string // at least one
	Email     string   // where the authority may write to; may be empty
	Directory string   // URL of the authority's directory; "": Let's Encrypt
	// Storage is the folder for keys and certificates; several gateways may
	// share one. "": concors/certificates in the user's configuration folder.
	Storage string
	// Roots verify the authority itself, where it is not a public one. Nil:
	// those of the system.
	Roots *x509.CertPool
}

// acmeManager keeps certificates fresh.
type acmeManager struct {
	domains []string
	config  *certmagic.Config
	cache   *certmagic.Cache
}

func newACME(o *ACMEOptions, listen net.Addr, log *slog.Logger) (*acmeManager, error) {
	if len(o.Domains) == 0 {
		return nil, errors.New("gateway: ACME needs at least one domain")
	}
	folder := o.Storage
	if folder == "" {
		config, err := os.UserConfigDir()
		if err != nil {
			return nil, fmt.Errorf("gateway: ACME needs a storage folder: %w", err)
		}
		folder = filepath.Join(config, "concors", "certificates")
	}
	m := &acmeManager{domains: o.Domains}
	m.cache = certmagic.NewCache(certmagic.CacheOptions{
		GetConfigForCert: func(certmagic.Certificate) (*certmagic.Config, error) { return m.config, nil },
		Logger:           zap.NewNop(),
	})
	m.config = certmagic.New(m.cache, certmagic.Config{
		Storage: &certmagic.FileStorage{Path: folder},
		Logger:  zap.NewNop(), // what matters comes as an event
		OnEvent: func(_ context.Context, event string, data map[string]any) error {
			logCertificate(log, event, data)
			return nil
		},
	})
	port := 0
	if addr, ok := listen.(*net.TCPAddr); ok {
		port = addr.Port
	}
	m.config.Issuers = []certmagic.Issuer{certmagic.NewACMEIssuer(m.config, certmagic.ACMEIssuer{
		CA:                   cmp.Or(o.Directory, certmagic.LetsEncryptProductionCA),
		Email:                o.Email,
		Agreed:               true,
		DisableHTTPChallenge: true,
		AltTLSALPNPort:       port, // ours, so that certmagic finds it taken and leaves the challenge to us
		TrustedRoots:         o.Roots,
		Logger:               zap.NewNop(),
	})}
	return m, nil
}

// logCertificate logs the events of certmagic that operators care about.
func logCertificate(log *slog.Logger, event string, data map[string]any) {
	switch event {
	case "cert_obtained":
		log.Info("certificate obtained", "domain", data["identifier"], "renewal", data["renewal"])
	case "cert_failed":
		log.Error("certificate not obtained; it is tried again", "domain", data["identifier"], "error", data["error"])
	case "cached_managed_cert":
		log.Info("certificate in use", "domains", data["sans"])
	}
}

// tlsConfig answers handshakes, the authority's challenges included.
func (m *acmeManager) tlsConfig() *tls.Config {
	c := m.config.TLSConfig()
	c.NextProtos = append([]string{"h2", "http/1.1"}, c.NextProtos...)
	return c
}

// start begins to obtain and renew certificates, until ctx ends.
func (m *acmeManager) start(ctx context.Context) error {
	if err := m.config.ManageAsync(ctx, m.domains); err != nil {
		return fmt.Errorf("gateway: ACME: %w", err)
	}
	return nil
}

// stop ends the renewals.
func (m *acmeManager) stop() { m.cache.Stop() }
