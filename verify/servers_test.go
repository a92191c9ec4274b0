package verify

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/internal/probe"
)

// byHand is a document that people write by hand for other servers.
const byHand = `
origins: [https://api.example.com]
upstream: http://127.0.0.1:1
endpoints:
  - endpoint: GET /account
    cors: {allow: selected, domains: [https://app.example.com], credentials: true, headers: [Authorization, Content-Type], cache: 10m}
  - endpoint: GET /prices
    cors: {allow: all, headers: [Content-Type], cache: 1h}
`

const nginxConf = `
worker_processes 1; daemon off; pid %[1]s/pid; error_log stderr;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
  map $http_origin $cors { default ""; %[4]s $http_origin; }
  map $cors $credentials { default ""; "~." "true"; }
  server {
    listen 127.0.0.1:%[2]d;
    location / { proxy_pass %[3]s; }
    location = /account {
      if ($request_method = OPTIONS) {
        add_header Access-Control-Allow-Origin $cors;
        add_header Access-Control-Allow-Credentials $credentials;
        add_header Access-Control-Allow-Methods "GET";
        add_header Access-Control-Allow-Headers "Authorization, Content-Type";
        add_header Access-Control-Max-Age 600;
        add_header Vary Origin;
        return 204;
      }
      add_header Access-Control-Allow-Origin $cors always;
      add_header Access-Control-Allow-Credentials $credentials always;
      add_header Vary "Origin, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest" always;
      add_header Cross-Origin-Resource-Policy same-origin always;
      proxy_pass %[3]s;
    }
    location = /prices {
      if ($request_method = OPTIONS) {
        add_header Access-Control-Allow-Origin *;
        add_header Access-Control-Allow-Headers "Content-Type";
        add_header Access-Control-Max-Age 3600;
        return 204;
      }
      add_header Access-Control-Allow-Origin *;
      proxy_pass %[3]s;
    }
  }
}
`

const haproxyConf = `
global
  maxconn 100
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend api
  bind 127.0.0.1:%[2]d
  http-request set-var(txn.origin) req.hdr(Origin)
  acl allowed var(txn.origin) -m str https://app.example.com
  http-request set-var(txn.allowed) int(1) if allowed
  acl preflight method OPTIONS
  http-request return status 204 hdr Access-Control-Allow-Origin "%%[var(txn.origin)]" hdr Access-Control-Allow-Credentials true hdr Access-Control-Allow-Methods GET hdr Access-Control-Allow-Headers "Authorization, Content-Type" hdr Access-Control-Max-Age 600 hdr Vary Origin if preflight { path /account } allowed
  http-request return status 204 hdr Access-Control-Allow-Origin "*" hdr Access-Control-Allow-Headers Content-Type hdr Access-Control-Max-Age 3600 if preflight { path /prices }
  http-request deny deny_status 403 if { path /account } { req.hdr(Origin) -m found } !allowed
  http-response add-header Access-Control-Allow-Origin "%%[var(txn.origin)]" if { var(txn.allowed) -m int 1 }
  http-response add-header Access-Control-Allow-Credentials true if { var(txn.allowed) -m int 1 }
  http-response add-header Vary Origin
  default_backend upstream
backend upstream
  server u %[3]s
`

// freePort is a port that nobody listens on.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// start runs a server until the test ends, and returns its address once it
// takes connections.
func start(t *testing.T, port int, name string, args ...string) string {
	t.Helper()
	program, err := exec.LookPath(name)
	if err != nil {
		if program, err = exec.LookPath("/usr/sbin/" + name); err != nil {
			t.Skipf("%s is not installed", name)
		}
	}
	cmd := exec.Command(program, args...)
	cmd.WaitDelay = 5 * time.Second
	var log strings.Builder
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	// SIGTERM, so that nginx ends its workers too.
	t.Cleanup(func() { _ = cmd.Process.Signal(syscall.SIGTERM); <-ended })
	address := fmt.Sprintf("127.0.0.1:%d", port)
	for {
		select {
		case <-ended:
			t.Fatalf("%s has ended: %s", name, log.String())
		case <-t.Context().Done():
			t.Fatal("it never listened")
		case <-time.After(20 * time.Millisecond):
		}
		if c, err := net.Dial("tcp", address); err == nil {
			_ = c.Close()
			return "http://" + address
		}
	}
}

// differences verifies the document at base and returns the kinds found for
// each endpoint.
func differences(t *testing.T, base string) map[string][]Kind {
	t.Helper()
	doc, table, report := endpoints.Load("concors.yaml", []byte(byHand), endpoints.Options{})
	if !report.OK() {
		t.Fatal(report.Mistakes)
	}
	v, err := New(doc, table, base, Options{Probe: probe.Options{}})
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string][]Kind)
	if err := v.Run(context.Background(), func(r *Result) {
		for _, c := range r.Checks {
			if c.NotTested != "" {
				t.Errorf("%s: %s: %s", r.Endpoint, c.What, c.NotTested)
			}
			for _, d := range c.Differences {
				if !slices.Contains(found[r.Endpoint], d.Kind) {
					found[r.Endpoint] = append(found[r.Endpoint], d.Kind)
					t.Logf("%s: %s: %s: want %s, got %s", r.Endpoint, d.Kind, c.What, d.Want, d.Got)
				}
			}
		}
		slices.Sort(found[r.Endpoint])
	}); err != nil {
		t.Fatal(err)
	}
	return found
}

func upstream(t *testing.T) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte("{}"))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// TestOtherServers: what differs between the document and servers that were set
// up for it by hand is named, and nothing else.
func TestOtherServers(t *testing.T) {
	nginx := func(t *testing.T, allowed string) string {
		dir, port := t.TempDir(), freePort(t)
		conf := filepath.Join(dir, "nginx.conf")
		if err := os.WriteFile(conf, fmt.Appendf(nil, nginxConf, dir, port, upstream(t), allowed), 0o600); err != nil {
			t.Fatal(err)
		}
		return start(t, port, "nginx", "-c", conf)
	}
	haproxy := func(t *testing.T) string {
		dir, port := t.TempDir(), freePort(t)
		conf := filepath.Join(dir, "haproxy.cfg")
		text := fmt.Sprintf(haproxyConf, dir, port, strings.TrimPrefix(upstream(t), "http://"))
		if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return start(t, port, "haproxy", "-db", "-f", conf)
	}
	for _, tt := range []struct {
		name  string
		serve func(t *testing.T) string
		want  map[string][]Kind
	}{
		// Headers keep pages from reading; nothing is refused.
		{"nginx", func(t *testing.T) string { return nginx(t, `"https://app.example.com"`) }, map[string][]Kind{"GET /account": {Runs}}},
		{"nginx with an expression", func(t *testing.T) string { return nginx(t, `"~^https://app.example.com"`) }, map[string][]Kind{"GET /account": {Allowed, PreflightAllowed, Runs}}},
		// Refused by Origin; what has none runs, and it does not look at Sec-Fetch-*.
		{"haproxy", haproxy, map[string][]Kind{"GET /account": {Embed, Vary}, "GET /prices": {Blocked, Vary}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := differences(t, tt.serve(t))
			for _, endpoint := range []string{"GET /account", "GET /prices"} {
				if !slices.Equal(got[endpoint], tt.want[endpoint]) {
					t.Errorf("%s: got %v, want %v", endpoint, got[endpoint], tt.want[endpoint])
				}
			}
		})
	}
}
