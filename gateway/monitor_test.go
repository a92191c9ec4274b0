package gateway

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
)

// A listener of its own for probes and scrapers has no admin side.
func TestMetricsListener(t *testing.T) {
	hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "hello") })
	guard := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer token" {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
	for _, tc := range []struct {
		name             string
		o                ServerOptions
		metrics, rebound int // status of /metrics, and under a name that a website has made lead here
	}{
		{"loopback", ServerOptions{Metrics: "127.0.0.1:0"}, 200, 421},
		{"loopback, open", ServerOptions{Metrics: "127.0.0.1:0", MetricsOpen: true}, 200, 200},
		{"loopback without an admin side", ServerOptions{Metrics: "127.0.0.1:0", Admin: AdminOff}, 200, 421},
		{"everywhere", ServerOptions{Metrics: ":0"}, 401, 421},
		{"everywhere without an admin side", ServerOptions{Metrics: ":0", Admin: AdminOff}, 403, 421},
		{"everywhere, open", ServerOptions{Metrics: ":0", MetricsOpen: true}, 200, 200},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.o.Admin != AdminOff {
				tc.o.AdminHandler, tc.o.AdminGuard = hello, guard
			}
			r := run(t, tc.o, echo)
			_, port, _ := net.SplitHostPort(r.MetricsAddr().String())
			monitor := "http://127.0.0.1:" + port
			for _, path := range []string{"/healthz", "/readyz"} {
				r.get(t, monitor+path).wantStatus(t, 200)
				r.get(t, monitor+path, "Host: concors.monitoring.svc").wantStatus(t, 200)
			}
			for _, want := range []struct {
				status int
				header []string
			}{{tc.metrics, nil}, {tc.rebound, []string{"Host: evil.example"}}} {
				res := r.get(t, monitor+"/metrics", want.header...)
				res.wantStatus(t, want.status)
				if shown := strings.Contains(res.body, "concors_"); shown != (want.status == 200) {
					t.Errorf("status %d, metrics shown: %v", res.StatusCode, shown)
				}
			}
			if tc.metrics == 401 {
				r.get(t, monitor+"/metrics", "Authorization: Bearer token").wantStatus(t, 200)
			}
			for _, path := range []string{"/", "/api/v1/state", "/login"} {
				r.get(t, monitor+path, "Authorization: Bearer token").wantStatus(t, 404)
			}
		})
	}
	t.Run("an address in use", func(t *testing.T) {
		taken, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer taken.Close()
		g, err := New(Options{Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		_, err = NewServer(g, ServerOptions{Listen: "127.0.0.1:0", Admin: AdminOff, Metrics: taken.Addr().String()})
		if err == nil || !strings.Contains(err.Error(), "gateway: metrics: ") {
			t.Errorf("got %v", err)
		}
	})
}

// JSON has no durations: a bare number would be anybody's guess.
func TestDurationsInTheLogHaveUnits(t *testing.T) {
	log := new(logBuffer)
	g, err := New(Options{Log: slog.New(slog.NewJSONHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewServer(g, ServerOptions{Listen: "127.0.0.1:0", Admin: AdminOff})
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Run(ended); err != nil {
		t.Fatal(err)
	}
	log.until(t, `"timeout":"30s"`)
}
