package gateway

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/concors/concors/cors"
)

var (
	problemHost    = newProblem(http.StatusMisdirectedRequest, "host-not-allowed", "The admin listener does not answer under this Host")
	problemMetrics = newProblem(http.StatusForbidden, "metrics-not-open", "The metrics are not open to other machines")
)

// adminHandler returns what the admin listener serves. Two checks stand before
// it: Host must be one that a website cannot point here (DNS rebinding), and no
// other origin's page may ask anything.
func (s *Server) adminHandler(o *ServerOptions) (http.Handler, error) {
	mux := http.NewServeMux()
	s.health(mux)
	mux.Handle("GET /metrics", s.metricsHandler(o, isLoopback(s.adminListen.Addr()) && o.AdminOrigin == ""))
	if o.AdminHandler != nil {
		mux.Handle("/", o.AdminHandler)
	}
	hosts, declared := o.AdminHosts, new(cors.Options)
	if o.AdminOrigin != "" {
		declared.Origins = []string{o.AdminOrigin}
	}
	guard, err := cors.New(cors.None{}, declared)
	if err != nil {
		return nil, fmt.Errorf("gateway: AdminOrigin: %w", err)
	}
	if u, err := url.Parse(o.AdminOrigin); err == nil && u.Hostname() != "" {
		hosts = append(slices.Clone(hosts), u.Hostname())
	}
	return onlyHosts(hosts, guard.Handler(mux)), nil
}

// metricsHandler shows the metrics. They name endpoints and tell how busy they
// are, which is nobody's business on other machines. Private says that those
// cannot reach them.
func (s *Server) metricsHandler(o *ServerOptions, private bool) http.Handler {
	h := s.gateway.metrics.handler()
	switch {
	case o.MetricsOpen, private:
		return h
	case o.AdminGuard != nil:
		return o.AdminGuard(h)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { problemMetrics.answer.Write(w) })
}

// adminTLS returns nil for plain HTTP, which is for loopback only, unless the
// options say otherwise.
func (s *Server) adminTLS(o *ServerOptions) (*tls.Config, error) {
	if o.AdminCertFile == "" && o.AdminKeyFile == "" {
		if o.AdminHandler != nil && !o.DangerouslyAllowPlainAdmin && !isLoopback(s.adminListen.Addr()) {
			return nil, &PlainAdminError{Addr: s.adminListen.Addr().String()}
		}
		return nil, nil
	}
	if o.AdminCertFile == "" || o.AdminKeyFile == "" {
		return nil, errors.New("gateway: admin: a certificate needs its key, and a key its certificate: give both files")
	}
	files, err := loadKeyPair(o.AdminCertFile, o.AdminKeyFile, s.log)
	if err != nil {
		return nil, err
	}
	return &tls.Config{GetCertificate: files.certificate}, nil
}

// A PlainAdminError refuses an admin listener that other machines can reach
// without TLS.
type PlainAdminError struct {
	Addr string // that it would listen on
}

func (e *PlainAdminError) Error() string {
	return "gateway: admin: other machines can reach " + e.Addr + ", and without TLS whoever is on the way could read the token"
}

// readyz answers whether to send traffic here.
func (s *Server) readyz(w http.ResponseWriter, _ *http.Request) {
	switch {
	case s.draining.Load():
		answer(w, http.StatusServiceUnavailable, "draining")
	case !s.ready.Load():
		answer(w, http.StatusServiceUnavailable, "not listening yet")
	case s.gateway.Table() == nil:
		answer(w, http.StatusServiceUnavailable, "no document yet")
	default:
		answer(w, http.StatusOK, "ready")
	}
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header()["Content-Type"] = []string{"text/plain; charset=utf-8"}
	w.Header()["Cache-Control"] = []string{"no-store"}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n")
}

// onlyHosts lets requests through whose Host is an IP address, localhost or one
// of names. A website can make its own name resolve to our address; it cannot
// make the browser send one of these.
func onlyHosts(names []string, next http.Handler) http.Handler {
	lower := make([]string, len(names))
	for i, name := range names {
		lower[i] = strings.ToLower(name)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		host = strings.ToLower(host)
		_, err := netip.ParseAddr(strings.Trim(host, "[]"))
		if err != nil && host != "localhost" && !strings.HasSuffix(host, ".localhost") && !slices.Contains(lower, host) {
			problemHost.answer.Write(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}
