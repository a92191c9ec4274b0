package gateway

import (
	"fmt"
	"net"
	"net/http"

	"github.com/concors/concors/cors"
)

// listenMonitor opens the listener of [ServerOptions.Metrics], for limit
// connections.
func (s *Server) listenMonitor(o *ServerOptions, limit int) error {
	var err error
	s.monitorListen, err = s.gateway.listen(listenerMetrics, o.Metrics, limit)
	if err != nil {
		return fmt.Errorf("gateway: metrics: %w", err)
	}
	mux := http.NewServeMux()
	s.health(mux)
	metrics := s.metricsHandler(o, isLoopback(s.monitorListen.Addr()))
	if !o.MetricsOpen {
		guard, err := cors.New(cors.None{}, nil)
		if err != nil {
			return err
		}
		metrics = onlyHosts(nil, guard.Handler(metrics))
	}
	mux.Handle("GET /metrics", metrics)
	s.monitor = &http.Server{
		Handler:           mux,
		MaxHeaderBytes:    DefaultMaxHeaderBytes,
		ReadHeaderTimeout: DefaultReadHeaderTimeout,
		IdleTimeout:       DefaultIdleTimeout,
		ErrorLog:          s.traffic.ErrorLog,
	}
	return nil
}

// health has mux answer what probes ask.
func (s *Server) health(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", s.readyz)
}

// MetricsAddr returns the address of the listener of [ServerOptions.Metrics],
// nil if there is none.
func (s *Server) MetricsAddr() net.Addr {
	if s.monitorListen == nil {
		return nil
	}
	return s.monitorListen.Addr()
}

// isLoopback reports whether what listens at addr can be reached from this
// machine alone.
func isLoopback(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}
