package cors

import (
	"crypto/tls"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/concors/concors/cors/mistake"
)

func TestHosts(t *testing.T) {
	site := func(o Options) *Site {
		t.Helper()
		s, err := NewSite(&o)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	named := site(Options{Hosts: []string{"api.example.com", "api.example.com:8443", "other.example:81", "plain.example:80", "[::1]:9000"}})
	proxied := site(Options{Hosts: []string{"api.example.com"}, TrustedProxies: []string{"192.0.2.1"}})
	for _, tt := range []struct {
		name, host, forwarded string
		site                  *Site
		tls, want             bool
	}{
		{"nothing declared", "anything.example", "", site(Options{}), false, true},
		{"the name", "api.example.com", "", named, false, true},
		{"in capitals", "API.example.com", "", named, false, true},
		{"any port of a name without one", "api.example.com:1234", "", named, false, true},
		{"a port that is declared", "other.example:81", "", named, false, true},
		{"a port that is not", "other.example:82", "", named, false, false},
		{"no port where one is declared", "other.example", "", named, false, false},
		{"the default port left out", "plain.example", "", named, false, true},
		{"the default port of another scheme", "plain.example", "", named, true, false},
		{"an address", "[::1]:9000", "", named, false, true},
		{"an address without the port", "[::1]", "", named, false, false},
		{"another name", "evil.example", "", named, false, false},
		{"a name that ends like it", "evilapi.example.com", "", named, false, false},
		{"a subdomain", "x.api.example.com", "", named, false, false},
		{"a trailing dot", "api.example.com.", "", named, false, false},
		{"none", "", "", named, false, false},
		{"what a trusted proxy says", "127.0.0.1:3000", "api.example.com", proxied, false, true},
		{"what a trusted proxy says is another", "api.example.com", "evil.example", proxied, false, false},
		{"what anybody says", "evil.example", "api.example.com", named, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil) // from 192.0.2.1
			r.Host = tt.host
			if tt.forwarded != "" {
				r.Header.Set("X-Forwarded-Host", tt.forwarded)
			}
			if tt.tls {
				r.TLS = new(tls.ConnectionState)
			}
			if got := tt.site.Serves(r); got != tt.want {
				t.Errorf("Serves: %v, want %v", got, tt.want)
			}
		})
	}
}

func TestHostMistakes(t *testing.T) {
	for _, tt := range []struct{ host, repair string }{
		{"https://api.example.com", "api.example.com"},
		{"api.example.com/", "api.example.com"},
		{"API.example.com", "api.example.com"},
		{"bücher.example", "xn--bcher-kva.example"},
		{"*.example.com", ""},
		{"a b", ""},
		{"api.example.com:99999", ""},
		{"", ""},
	} {
		_, err := NewSite(&Options{Hosts: []string{"ok.example", tt.host}})
		found := slices.Collect(Errors(err))
		if len(found) != 1 || found[0].Code != mistake.HostInvalid || found[0].Field != "hosts[1]" || found[0].Value != tt.host || found[0].Repair != tt.repair {
			t.Errorf("%q: %+v", tt.host, err)
		}
	}
}

func TestAnotherHostIsRefusedWhateverThePolicy(t *testing.T) {
	for _, p := range []Policy{None{}, All{}, Selected{Domains: docsDomains}, None{ObserveOnly: true}} {
		for _, method := range []string{"GET", "POST", "OPTIONS"} {
			r := request(method, "Sec-Fetch-Site: same-origin", docs, "Access-Control-Request-Method: GET")
			r.Host = "rebound.example"
			res := serve(t, p, &Options{Hosts: []string{"api.example.com"}}, nil, r)
			if res.StatusCode != 421 || res.Header.Get("Content-Type") != "application/problem+json" || res.Header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%#v, %s: %d %v", p, method, res.StatusCode, res.Header)
			}
		}
	}
}
