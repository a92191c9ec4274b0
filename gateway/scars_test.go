package gateway

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// This file has a test for each fault of another project that this package
// could repeat.

// A proxy in front rewrote Host, so same-origin requests looked foreign
// (labstack/echo 2782, spring-framework 31277, quarkus 34741, gorilla/csrf 187).
func TestScarSameOriginBehindAProxyThatRewritesHost(t *testing.T) {
	const public = "Origin: https://api.example.com"
	a := newAPI(t, document, echo)
	t.Run("Sec-Fetch-Site tells", func(t *testing.T) {
		a.do("POST", "/orders", "x", public, "Host: backend-7:8080", "Sec-Fetch-Site: same-origin").wantStatus(t, 200)
	})
	t.Run("without it, and without declared origins, the log names both values", func(t *testing.T) {
		a.do("POST", "/orders", "x", public, "Host: backend-7:8080").wantProblem(t, 403, "origin-not-allowed")
		line := a.access.until(t, `"status":403`)
		for _, want := range []string{`"origin":"https://api.example.com"`, `"host":"backend-7:8080"`} {
			if !strings.Contains(line, want) {
				t.Errorf("the access log lacks %s:\n%s", want, line)
			}
		}
	})
	t.Run("declared origins tell", func(t *testing.T) {
		a.swap("origins: [https://api.example.com]\n" + document)
		a.do("POST", "/orders", "x", public, "Host: backend-7:8080").wantStatus(t, 200)
		a.do("POST", "/orders", "x", foreign, "Host: backend-7:8080").wantStatus(t, 403)
	})
	t.Run("a trusted proxy's X-Forwarded-Host tells", func(t *testing.T) {
		a.swap("trusted_proxies: [127.0.0.0/8]\n" + document)
		forwarded := []string{public, "Host: backend-7:8080", "X-Forwarded-Host: api.example.com", "X-Forwarded-Proto: https"}
		a.do("POST", "/orders", "x", forwarded...).wantStatus(t, 200)
		a.swap(document) // nobody is trusted
		a.do("POST", "/orders", "x", forwarded...).wantStatus(t, 403)
	})
}

// Gateway and application both set Access-Control-Allow-Origin, and browsers
// refuse two (spring-cloud-gateway 2782).
func TestScarDuplicateAllowOrigin(t *testing.T) {
	says := "https://docs.example.com"
	a := newAPI(t, document, func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["access-control-allow-origin"] = []string{says}
		w.Header().Add("Access-Control-Allow-Credentials", "true")
		w.Header().Add("Access-Control-Allow-Private-Network", "true")
		w.Header().Add("Cross-Origin-Resource-Policy", "same-site")
		w.Header().Add("Cross-Origin-Resource-Policy", "cross-origin")
	})
	r := a.do("GET", "/account", "", allowed)
	r.wantHeader(t, "Access-Control-Allow-Origin", "https://docs.example.com")
	r.wantHeader(t, "Access-Control-Allow-Credentials", "true")
	r.wantHeader(t, "Access-Control-Allow-Private-Network")
	r.wantHeader(t, "Cross-Origin-Resource-Policy", "same-origin")
	if s := a.scrape(); strings.Contains(s, "concors_contradictions_total{") {
		t.Error("agreement was counted as a contradiction")
	}

	says = "*"
	for range 3 {
		a.do("GET", "/account", "", allowed).wantHeader(t, "Access-Control-Allow-Origin", "https://docs.example.com")
	}
	a.wantMetric(`concors_contradictions_total{endpoint="GET /account"} 3`)
	if n := strings.Count(a.log.String(), "contradict the document"); n != 1 {
		t.Errorf("logged %d times, want once:\n%s", n, a.log)
	}
	a.swap(document)
	a.do("GET", "/account", "", allowed)
	if n := strings.Count(a.log.String(), "contradict the document"); n != 2 {
		t.Errorf("a new document makes it news again; logged %d times", n)
	}
}

// Errors of the handler lost their CORS headers, so scripts saw a CORS error
// instead (aspnetcore 2378).
func TestScarErrorsWithoutHeaders(t *testing.T) {
	a := newAPI(t, document, func(w http.ResponseWriter, _ *http.Request) {
		// Like frameworks that clear what was set before they write an error.
		clear(w.Header())
		w.WriteHeader(http.StatusInternalServerError)
	})
	r := a.do("GET", "/account", "", allowed)
	r.wantStatus(t, 500)
	r.wantHeader(t, "Access-Control-Allow-Origin", "https://docs.example.com")
	r.wantHeader(t, "Access-Control-Allow-Credentials", "true")
	a.upstream.Close()
	a.do("GET", "/account", "", allowed).wantHeader(t, "Access-Control-Allow-Origin", "https://docs.example.com")
}

// Authentication stopped preflights, which never carry credentials
// (agentgateway 618).
func TestScarPreflightStoppedByAuthentication(t *testing.T) {
	a := newAPI(t, document, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	a.do("OPTIONS", "/account", "", allowed, asks("PUT"), "Access-Control-Request-Headers: authorization").wantStatus(t, 204)
	a.untouched()
}

// A redirect answered preflights, which must not follow it (aspnetcore 36542).
func TestScarPreflightRedirected(t *testing.T) {
	a := newAPI(t, document, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://elsewhere.example/", http.StatusMovedPermanently)
	})
	a.do("OPTIONS", "/account", "", allowed, asks("GET")).wantStatus(t, 204)
	a.do("OPTIONS", "/tree", "", allowed, asks("GET")).wantStatus(t, 404)
	a.untouched()
	r := a.do("GET", "/account", "", allowed) // what is no preflight may be redirected, with headers
	r.wantStatus(t, 301)
	r.wantHeader(t, "Access-Control-Allow-Origin", "https://docs.example.com")
}

// A route that matches on the method never saw OPTIONS (gateway-api 3857).
func TestScarPreflightMissesTheMethodsRoute(t *testing.T) {
	a := newAPI(t, document, echo)
	for _, method := range []string{"GET", "HEAD", "PUT"} {
		a.do("OPTIONS", "/account", "", allowed, asks(method)).wantStatus(t, 204)
	}
	// The same path, another setting.
	a.do("OPTIONS", "/account", "", allowed, asks("DELETE")).wantProblem(t, 403, "origin-not-allowed")
}

// Vary was overwritten (gin-contrib/cors) or missing (envoy 35873), so caches
// gave one origin's answer to another.
func TestScarVary(t *testing.T) {
	a := newAPI(t, document, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Vary"] = strings.Split(r.URL.RawQuery, "|")
	})
	for _, tc := range []struct {
		name, upstream string
		header         []string
		want           []string
	}{
		{"with Origin", "Accept-Encoding", []string{allowed}, []string{"Accept-Encoding", "Origin"}},
		{"without Origin", "Accept-Encoding", nil, []string{"Accept-Encoding", "Origin"}},
		{"already there", "accept-encoding,origin", []string{allowed}, []string{"accept-encoding,origin"}},
		{"two lines", "Accept|Accept-Language", []string{allowed}, []string{"Accept", "Accept-Language", "Origin"}},
		{"everything", "*", []string{allowed}, []string{"*"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := a.do("GET", "/account?"+tc.upstream, "", tc.header...)
			r.wantHeader(t, "Vary", tc.want...)
		})
	}
}

// Cross-site WebSocket hijacking: handshakes carry cookies, and no preflight
// announces them (eight Go advisories).
func TestScarCrossSiteWebSocketHijacking(t *testing.T) {
	a := webSocketAPI(t)
	for _, path := range []string{"/account", "/tree/"} {
		for _, origin := range []string{"https://evil.example", "null", "http://docs.example.com", "https://docs.example.com.evil.example", "https://docs.example.com:8443"} {
			_, res, err := websocket.Dial(patient(t), "ws"+strings.TrimPrefix(a.front.URL, "http")+path, &websocket.DialOptions{
				HTTPHeader: http.Header{"Origin": {origin}, "Cookie": {"session=1"}},
			})
			if err == nil {
				t.Errorf("%s opened a socket to %s", origin, path)
			} else if res == nil || res.StatusCode != 403 {
				t.Errorf("%s to %s: %v", origin, path, err)
			}
		}
	}
	a.untouched()
}

// A bypass pattern matched by a mux that only meant to redirect, and by a path
// that it would clean (CVE-2025-47910).
func TestScarPathsThatAreCleanedLater(t *testing.T) {
	a := newAPI(t, document+"  - endpoint: POST /open/\n    cors: {allow: all}\n", echo)
	for _, path := range []string{"/open/../orders", "/open/%2e%2e/orders", "/open//../orders", "/open/..%2forders", "/open/..;/orders", "//orders", "/./orders"} {
		r := a.raw("POST " + path + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" + foreign + "\r\nContent-Length: 0\r\n\r\n")
		r.wantProblem(t, 400, "ambiguous-path")
	}
	a.untouched()
}

// Trusting a host trusted its plain http:// pages too, which anybody on the
// network path can forge (CVE-2025-47909).
func TestScarTrustedHostOverPlainHTTP(t *testing.T) {
	a := newAPI(t, "origins: [https://api.example.com]\n"+document, echo)
	for _, tc := range []struct{ path, origin string }{
		{"/shared", "http://docs.example.com"}, // allowed over https only
		{"/orders", "http://api.example.com"},  // own origin over https only
	} {
		a.do("POST", tc.path, "", "Host: api.example.com", "Origin: "+tc.origin).wantProblem(t, 403, "origin-not-allowed")
	}
	a.untouched()
	a.do("POST", "/orders", "", "Host: api.example.com", "Origin: https://api.example.com").wantStatus(t, 200)
}

// Node's fetch sends Sec-Fetch-Mode: cors and no Origin (magic-frame 95): not
// a browser, so not refused.
func TestScarServerSideFetch(t *testing.T) {
	a := newAPI(t, document, echo)
	a.do("POST", "/orders", "x", "Sec-Fetch-Mode: cors", "User-Agent: node").wantStatus(t, 200)
}

// Headers of a size that made others run out of memory (CVE-2025-47908).
func TestScarHugeHeaders(t *testing.T) {
	a := newAPI(t, document, echo)
	a.do("OPTIONS", "/account", "", allowed, asks("PUT"), "Access-Control-Request-Headers: "+strings.Repeat(",", 100<<10)).
		wantProblem(t, 403, "header-list-too-large")
	a.do("GET", "/account", "", "Origin: https://"+strings.Repeat("a", 100<<10)).wantProblem(t, 403, "origin-malformed")
	a.untouched()
	if n := len(a.access.String()); n > 8<<10 {
		t.Errorf("the access log took %d bytes for two lines", n)
	}
}

// A header that a proxy derives from the visitor's cookie names the visitor as
// well as the cookie does.
func TestScarIdentityHeaders(t *testing.T) {
	a := newAPI(t, document, func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "%q", r.Header["X-Remote-User"])
	})
	if r := a.do("GET", "/prices", "", foreign, "X-Remote-User: alice"); r.body != "[]" {
		t.Errorf("the upstream got %s", r.body)
	}
	if r := a.do("GET", "/account", "", allowed, "X-Remote-User: alice"); r.body != `["alice"]` {
		t.Errorf("with credentials allowed, the upstream got %s", r.body)
	}
}

// Lists may come split over lines and with spaces (rs/cors 184, jub0bs/cors 8).
func TestScarRequestHeadersSplitByIntermediaries(t *testing.T) {
	a := newAPI(t, document, echo)
	r := a.do("OPTIONS", "/account", "", allowed, asks("PUT"),
		"Access-Control-Request-Headers: authorization , ", "Access-Control-Request-Headers: ,content-type")
	r.wantStatus(t, 204)
}

// The header slices of an answer belong to it alone: an outer handler that
// changes one must not change the next answer (jub0bs/cors 14).
func TestScarSharedHeaderSlices(t *testing.T) {
	a := newAPI(t, document, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "x") })
	inner := a.front.Config.Handler
	a.front.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner.ServeHTTP(w, r)
		for _, lines := range w.Header() {
			for i := range lines {
				lines[i] = "spoilt"
			}
		}
	})
	for range 2 {
		a.do("GET", "/account", "", allowed).wantHeader(t, "Access-Control-Allow-Origin", "https://docs.example.com")
		a.do("OPTIONS", "/account", "", allowed, asks("PUT")).wantHeader(t, "Access-Control-Allow-Methods", "GET, HEAD, PUT")
		a.do("GET", "/nowhere", "").wantHeader(t, "Content-Type", "application/problem+json")
	}
}
