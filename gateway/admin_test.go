package gateway

import (
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// The admin listener with a handler that people log in to stays on loopback
// unless it has TLS or somebody takes the risk in plain words.
func TestAdminBeyondLoopbackNeedsTLS(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	pool := writeKeyPair(t, cert, key, 1)
	hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "hello") })
	for _, tc := range []struct {
		name    string
		o       ServerOptions
		refused bool
	}{
		{"loopback", ServerOptions{Admin: "127.0.0.1:0", AdminHandler: hello}, false},
		{"everywhere", ServerOptions{Admin: "0.0.0.0:0", AdminHandler: hello}, true},
		{"everywhere, no address", ServerOptions{Admin: ":0", AdminHandler: hello}, true},
		{"everywhere without a handler", ServerOptions{Admin: ":0"}, false},
		{"everywhere, in plain words", ServerOptions{Admin: ":0", AdminHandler: hello, DangerouslyAllowPlainAdmin: true}, false},
		{"everywhere with TLS", ServerOptions{Admin: ":0", AdminHandler: hello, AdminCertFile: cert, AdminKeyFile: key}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g, err := New(Options{Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			tc.o.Listen = "127.0.0.1:0"
			s, err := NewServer(g, tc.o)
			if err == nil {
				s.closeListeners()
			}
			if plain := new(PlainAdminError); errors.As(err, &plain) != tc.refused || err != nil && !tc.refused {
				t.Errorf("got %v, want it refused: %v", err, tc.refused)
			}
		})
	}
	t.Run("serves TLS", func(t *testing.T) {
		r := run(t, ServerOptions{AdminHandler: hello, AdminCertFile: cert, AdminKeyFile: key}, echo)
		_, port, _ := net.SplitHostPort(r.AdminAddr().String())
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: pool}}}
		req, err := http.NewRequest("GET", "https://localhost:"+port+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := send(t, client, req); got.StatusCode != 200 {
			t.Errorf("status %d", got.StatusCode)
		}
	})
}

// Behind a proxy, the admin side's own pages are told by the origin that was
// declared, also if the browser sends no Sec-Fetch-Site.
func TestAdminOrigin(t *testing.T) {
	r := run(t, ServerOptions{
		AdminOrigin:  "https://concors.example.com",
		AdminHandler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "hello") }),
	}, echo)
	admin := "http://" + r.AdminAddr().String()
	for _, tc := range []struct {
		name   string
		header []string
		status int
	}{
		{"its name", []string{"Host: concors.example.com"}, 200},
		{"its own page", []string{"Host: concors.example.com", "Origin: https://concors.example.com"}, 200},
		{"its own page, Host rewritten", []string{"Origin: https://concors.example.com"}, 200},
		{"another name", []string{"Host: other.example.com"}, 421},
		{"its page over http", []string{"Host: concors.example.com", "Origin: http://concors.example.com"}, 403},
		{"another page", []string{"Host: concors.example.com", "Origin: https://evil.example"}, 403},
	} {
		t.Run(tc.name, func(t *testing.T) { r.get(t, admin+"/", tc.header...).wantStatus(t, tc.status) })
	}
	g, err := New(Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	for _, origin := range []string{"concors.example.com", "https://*.example.com", "https://concors.example.com/"} {
		_, err := NewServer(g, ServerOptions{Listen: "127.0.0.1:0", Admin: "127.0.0.1:0", AdminOrigin: origin})
		if err == nil || !strings.Contains(err.Error(), "AdminOrigin") {
			t.Errorf("%s: %v", origin, err)
		}
	}
}

// Metrics name endpoints and tell how busy they are. Other machines see them
// only with the token, or if somebody says so; probes are for everybody.
func TestMetricsBeyondLoopback(t *testing.T) {
	guard := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer token" {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
	const token = "Authorization: Bearer token"
	for _, tc := range []struct {
		name                string
		o                   ServerOptions
		anybody, tokenOwner int
	}{
		{"loopback", ServerOptions{AdminGuard: guard}, 200, 200},
		{"loopback without a guard", ServerOptions{}, 200, 200},
		{"loopback behind a proxy", ServerOptions{AdminOrigin: "https://concors.example.com", AdminGuard: guard}, 401, 200},
		{"everywhere", ServerOptions{Admin: ":0", AdminGuard: guard}, 401, 200},
		{"every IPv4 address", ServerOptions{Admin: "0.0.0.0:0", AdminGuard: guard}, 401, 200},
		{"everywhere without a guard", ServerOptions{Admin: ":0"}, 403, 403},
		{"everywhere, said so", ServerOptions{Admin: ":0", AdminGuard: guard, MetricsOpen: true}, 200, 200},
		{"everywhere without a guard, said so", ServerOptions{Admin: ":0", MetricsOpen: true}, 200, 200},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := run(t, tc.o, echo)
			_, port, _ := net.SplitHostPort(r.AdminAddr().String())
			admin := "http://127.0.0.1:" + port
			for _, want := range []struct {
				status int
				header []string
			}{{tc.anybody, nil}, {tc.tokenOwner, []string{token}}} {
				res := r.get(t, admin+"/metrics", want.header...)
				res.wantStatus(t, want.status)
				if shown := strings.Contains(res.body, "concors_"); shown != (want.status == 200) {
					t.Errorf("status %d, metrics shown: %v", res.StatusCode, shown)
				}
			}
			for _, path := range []string{"/healthz", "/readyz"} {
				r.get(t, admin+path).wantStatus(t, 200)
			}
		})
	}
}
