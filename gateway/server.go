package gateway

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// Defaults of [ServerOptions].
const (
	DefaultListen            = ":8080"
	DefaultAdmin             = "127.0.0.1:8081"
	DefaultMaxHeaderBytes    = 64 << 10
	DefaultReadHeaderTimeout = 10 * time.Second
	DefaultIdleTimeout       = 2 * time.Minute
	DefaultShutdownTimeout   = 30 * time.Second
)

// tunnelsTimeout is how long to wait for tunnels that were cut to be gone.
const tunnelsTimeout = 5 * time.Second

// AdminOff is the value of [ServerOptions.Admin] for no admin listener.
const AdminOff = "off"

// ServerOptions say where a [Server] listens. The zero value is plain HTTP on
// [DefaultListen] with the admin listener on [DefaultAdmin].
type ServerOptions struct {
	Listen string // address of the traffic listener; "": DefaultListen
	Admin  string // address of the admin listener; "": DefaultAdmin, or AdminOff

	// Metrics is the address of another listener with /healthz, /readyz and
	// /metrics, and nothing of the admin side: for probes and scrapers on other
	// machines. Plain HTTP; MetricsOpen goes for it too. "": there is none.
	Metrics string

	// AdminHandler answers what /healthz, /readyz and /metrics do not, behind
	// the same checks. Nil: 404.
	AdminHandler http.Handler

	// AdminGuard lets those pass to a handler who are logged in, and answers
	// all others. It stands before /metrics where other machines can reach it:
	// beyond loopback, and if there is an AdminOrigin. Nil: nobody is let in.
	AdminGuard func(http.Handler) http.Handler

	// MetricsOpen lets everybody who can reach /metrics read it.
	MetricsOpen bool

	// AdminHosts are host names, without port, under which the admin listener
	// may be asked, beside localhost and IP addresses.
	AdminHosts []string

	// AdminOrigin is the public origin of the admin listener, such as
	// https://concors.example.com, if a proxy in front gives it one. Its host is
	// one of AdminHosts. Empty: it has none.
	AdminOrigin string

	// AdminCertFile and AdminKeyFile are like CertFile and KeyFile, for the
	// admin listener. Empty: plain HTTP.
	AdminCertFile, AdminKeyFile string

	// DangerouslyAllowPlainAdmin lets AdminHandler be reached from other
	// machines without TLS: whoever is on the way can read what logs people in.
	// For networks that are safe otherwise, and behind a proxy that does TLS.
	DangerouslyAllowPlainAdmin bool

	// CertFile and KeyFile are PEM files for TLS, read again when they change.
	// Both or none.
	CertFile, KeyFile string

	// ACME obtains certificates from a certificate authority. Nil: it does not.
	// Not together with CertFile.
	ACME *ACMEOptions

	// MaxConnections is how many connections of clients are served at a time;
	// more wait. 0: as many as the descriptors of the process allow, with one
	// towards the upstream for each and some set aside.
	MaxConnections int

	MaxHeaderBytes    int           // of a request; more get 431. 0: DefaultMaxHeaderBytes
	ReadHeaderTimeout time.Duration // from the first byte of a request to the end of its header. 0: DefaultReadHeaderTimeout
	IdleTimeout       time.Duration // between two requests of a connection. 0: DefaultIdleTimeout

	// ShutdownTimeout is how long requests that run may go on after the end
	// was announced. 0: DefaultShutdownTimeout.
	ShutdownTimeout time.Duration
}

// A Server runs a [Gateway] on its listeners.
type Server struct {
	gateway  *Gateway
	log      *slog.Logger
	shutdown time.Duration

	traffic, admin, monitor                   *http.Server // the last two may be nil
	trafficListen, adminListen, monitorListen *listener    // the last two may be nil
	acme                                      *acmeManager // nil: no ACME

	cut      context.CancelFunc // ends the contexts of all requests
	ready    atomic.Bool        // listeners serve
	draining atomic.Bool
}

// NewServer opens the listeners, so that mistakes in addresses, certificates
// and permissions show at once. Nothing is served before [Server.Run].
func NewServer(g *Gateway, o ServerOptions) (*Server, error) {
	if o.MaxConnections < 0 {
		return nil, errors.New("gateway: MaxConnections is negative")
	}
	s := &Server{gateway: g, log: g.log, shutdown: cmp.Or(o.ShutdownTimeout, DefaultShutdownTimeout)}
	var base context.Context
	base, s.cut = context.WithCancel(context.Background())
	s.traffic = &http.Server{
		Handler:                      g,
		DisableGeneralOptionsHandler: true,
		MaxHeaderBytes:               cmp.Or(o.MaxHeaderBytes, DefaultMaxHeaderBytes),
		ReadHeaderTimeout:            cmp.Or(o.ReadHeaderTimeout, DefaultReadHeaderTimeout),
		IdleTimeout:                  cmp.Or(o.IdleTimeout, DefaultIdleTimeout),
		BaseContext:                  func(net.Listener) context.Context { return base },
		ErrorLog:                     slog.NewLogLogger(g.log.Handler(), slog.LevelDebug),
		Protocols:                    new(http.Protocols),
	}
	s.traffic.Protocols.SetHTTP1(true)
	s.traffic.Protocols.SetHTTP2(true) // over TLS only
	if err := s.listen(&o); err != nil {
		s.closeListeners()
		return nil, err
	}
	return s, nil
}

// listen opens the listeners and prepares TLS.
func (s *Server) listen(o *ServerOptions) error {
	var err error
	limits := sharesOf(descriptors())
	s.trafficListen, err = s.gateway.listen(listenerTraffic, cmp.Or(o.Listen, DefaultListen), cmp.Or(o.MaxConnections, limits.traffic))
	if err != nil {
		return fmt.Errorf("gateway: %w", err)
	}
	if s.traffic.TLSConfig, err = s.tlsConfig(o); err != nil {
		return err
	}
	if o.Metrics != "" {
		if err := s.listenMonitor(o, limits.metrics); err != nil {
			return err
		}
	}
	if o.Admin == AdminOff {
		return nil
	}
	s.adminListen, err = s.gateway.listen(listenerAdmin, cmp.Or(o.Admin, DefaultAdmin), limits.admin)
	if err != nil {
		return fmt.Errorf("gateway: admin: %w", err)
	}
	tlsConfig, err := s.adminTLS(o)
	if err != nil {
		return err
	}
	handler, err := s.adminHandler(o)
	if err != nil {
		return err
	}
	s.admin = &http.Server{
		Handler:           handler,
		MaxHeaderBytes:    DefaultMaxHeaderBytes,
		ReadHeaderTimeout: DefaultReadHeaderTimeout,
		IdleTimeout:       DefaultIdleTimeout,
		ErrorLog:          s.traffic.ErrorLog,
		TLSConfig:         tlsConfig,
	}
	return nil
}

func (s *Server) closeListeners() {
	for _, l := range []*listener{s.trafficListen, s.adminListen, s.monitorListen} {
		if l != nil {
			_ = l.Close()
		}
	}
}

// tlsConfig returns nil for plain HTTP.
func (s *Server) tlsConfig(o *ServerOptions) (*tls.Config, error) {
	switch {
	case o.ACME != nil && (o.CertFile != "" || o.KeyFile != ""):
		return nil, errors.New("gateway: certificates come from files or from ACME, not from both")
	case (o.CertFile == "") != (o.KeyFile == ""):
		return nil, errors.New("gateway: a certificate needs its key, and a key its certificate: give both files")
	case o.ACME != nil:
		var err error
		s.acme, err = newACME(o.ACME, s.trafficListen.Addr(), s.log)
		if err != nil {
			return nil, err
		}
		return s.acme.tlsConfig(), nil
	case o.CertFile != "":
		files, err := loadKeyPair(o.CertFile, o.KeyFile, s.log)
		if err != nil {
			return nil, err
		}
		return &tls.Config{GetCertificate: files.certificate}, nil
	}
	return nil, nil
}

// Addr returns the address of the traffic listener.
func (s *Server) Addr() net.Addr { return s.trafficListen.Addr() }

// AdminAddr returns the address of the admin listener, nil if there is none.
func (s *Server) AdminAddr() net.Addr {
	if s.adminListen == nil {
		return nil
	}
	return s.adminListen.Addr()
}

// Run serves until ctx ends, then lets the requests that run come to their end:
// no new connections are accepted, /readyz says 503, and what still runs after
// ShutdownTimeout is cut off. WebSockets are closed once the other requests are
// done. The error is nil after an orderly end. Run may be called once.
func (s *Server) Run(ctx context.Context) error {
	defer s.cut()
	defer s.closeListeners()
	if s.acme != nil {
		defer s.acme.stop()
		if err := s.acme.start(ctx); err != nil {
			return err
		}
	}
	failed := make(chan error, 3)
	serve := func(what string, f func() error) {
		if err := f(); !errors.Is(err, http.ErrServerClosed) {
			failed <- fmt.Errorf("gateway: %s: %w", what, err)
		}
	}
	if s.admin != nil {
		s.log.Info("admin listening", "addr", s.adminListen.Addr().String(), "tls", s.admin.TLSConfig != nil)
		go serve("admin listener", func() error {
			if s.admin.TLSConfig != nil {
				return s.admin.ServeTLS(s.adminListen, "", "")
			}
			return s.admin.Serve(s.adminListen)
		})
		defer s.admin.Close()
	}
	if s.monitor != nil {
		s.log.Info("metrics listening", "addr", s.monitorListen.Addr().String())
		go serve("metrics listener", func() error { return s.monitor.Serve(s.monitorListen) })
		defer s.monitor.Close()
	}
	s.ready.Store(true)
	s.log.Info("listening", "addr", s.trafficListen.Addr().String(), "tls", s.traffic.TLSConfig != nil,
		"max_connections", cap(s.trafficListen.share.slots))
	go serve("listener", func() error {
		if s.traffic.TLSConfig != nil {
			return s.traffic.ServeTLS(s.trafficListen, "", "")
		}
		return s.traffic.Serve(s.trafficListen)
	})
	select {
	case err := <-failed:
		_ = s.traffic.Close()
		return err
	case <-ctx.Done():
	}
	return s.drain()
}

// drain ends what runs.
func (s *Server) drain() error {
	s.draining.Store(true)
	s.log.Info("draining", "timeout", s.shutdown.String())
	ctx, cancel := context.WithTimeout(context.Background(), s.shutdown)
	defer cancel()
	err := s.traffic.Shutdown(ctx)
	if err != nil {
		s.log.Warn("requests cut off at shutdown", "after", s.shutdown.String())
		_ = s.traffic.Close()
	}
	// What is left are tunnels, which have no natural end.
	s.cut()
	ctx, cancel = context.WithTimeout(context.Background(), tunnelsTimeout)
	defer cancel()
	s.gateway.tunnels.wait(ctx)
	s.log.Info("stopped")
	return nil
}
