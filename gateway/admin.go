package gateway

import (
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/concors/concors/cors"
)

var problemHost = newProblem(http.StatusMisdirectedRequest, "host-not-allowed", "The admin listener does not answer under this Host")

// adminHandler returns what the admin listener serves. Two checks stand before
// it: Host must be one that a website cannot point here (DNS rebinding), and no
// other origin's page may ask anything.
func (s *Server) adminHandler(o *ServerOptions) (http.Handler, error) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.Handle("GET /metrics", s.gateway.metrics.handler())
	if o.AdminHandler != nil {
		mux.Handle("/", o.AdminHandler)
	}
	guard, err := cors.New(cors.None{}, nil)
	if err != nil {
		return nil, err
	}
	return onlyHosts(o.AdminHosts, guard.Handler(mux)), nil
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
			problemHost.write(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}
