package gateway

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"testing"
)

// What a request costs in allocations, exactly: more is a step back, fewer is
// worth a new number here. Those of the reverse proxy are net/http's.
func TestAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector empties pools at random")
	}
	g, _ := benchGateway(t, benchDocument, func(o *Options) { o.Transport = roundTripper(benchAnswer) })
	logging, _ := benchGateway(t, benchDocument, func(o *Options) {
		o.Transport = roundTripper(benchAnswer)
		withAccessLog(o)
	})
	bare := httputil.NewSingleHostReverseProxy(g.Table().Endpoints()[0].Upstream)
	tuned(bare)
	bare.Transport = roundTripper(benchAnswer)
	allocations := func(h http.Handler, method string, header ...string) float64 {
		r := httptest.NewRequest(method, "/api/account", nil)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := &nullWriter{http.Header{}}
		return testing.AllocsPerRun(500, func() {
			clear(w.h)
			h.ServeHTTP(w, r)
		})
	}
	allowed, foreign := []string{"Origin", "https://docs.example.com"}, []string{"Origin", "https://evil.example"}
	proxied := allocations(bare, "GET", allowed...)
	for _, tc := range []struct {
		name      string
		got, want float64
	}{
		{"preflight", allocations(g, "OPTIONS", append(allowed, "Access-Control-Request-Method", "PUT")...), 1},
		{"refusal", allocations(g, "GET", foreign...), 1},
		{"proxied, beyond the reverse proxy's own", allocations(g, "GET", allowed...) - proxied, 2},
		{"proxied with access log, beyond the reverse proxy's own", allocations(logging, "GET", allowed...) - proxied, 4},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: %v allocations, want %v", tc.name, tc.got, tc.want)
		}
	}
}
