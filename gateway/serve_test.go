package gateway

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

const document = `
upstream: $UPSTREAM
identity_headers: [X-Remote-User]
policies:
  front-end:
    allow: selected
    domains: [https://docs.example.com]
    headers: [Authorization, Content-Type]
    expose: [ETag]
    credentials: true
    cache: 10m
endpoints:
  - endpoint: GET /account
    cors: front-end
  - endpoint: PUT /account
    cors: front-end
  - endpoint: DELETE /account
  - endpoint: GET /prices
    cors: {allow: all, headers: [Authorization], cache: 1h}
  - endpoint: GET /shared
    cors: front-end
  - endpoint: POST /shared
    cors: front-end
  - endpoint: OPTIONS /own
  - endpoint: GET /own
    cors: front-end
  - endpoint: POST /orders
  - endpoint: GET /files/{name...}
    encoded_paths: true
    cors: {allow: all}
  - endpoint: GET /tree/
  - endpoint: /watched
    cors: {allow: none, enforce: false}
  - endpoint: POST /watched-post
    cors: {allow: none, enforce: false}
  - endpoint: GET /upload
    cors: front-end
  - endpoint: POST /upload
    cors: front-end
`

const (
	allowed = "Origin: https://docs.example.com"
	foreign = "Origin: https://evil.example"
)

func asks(method string) string { return "Access-Control-Request-Method: " + method }

// echo is an upstream that says what it got.
func echo(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Got", r.Method+" "+r.RequestURI)
	_ = http.NewResponseController(w).EnableFullDuplex()
	_, _ = io.Copy(w, r.Body)
}

func TestPreflightIsAnsweredWithoutTheUpstream(t *testing.T) {
	a := newAPI(t, document, echo)
	r := a.do("OPTIONS", "/account", "", allowed, asks("PUT"), "Access-Control-Request-Headers: content-type")
	r.wantStatus(t, 204)
	r.wantHeader(t, "Access-Control-Allow-Origin", "https://docs.example.com")
	r.wantHeader(t, "Access-Control-Allow-Credentials", "true")
	r.wantHeader(t, "Access-Control-Allow-Methods", "GET, HEAD, PUT")
	r.wantHeader(t, "Access-Control-Allow-Headers", "authorization, content-type")
	r.wantHeader(t, "Access-Control-Max-Age", "600")
	r.wantVary(t, "Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers")
	a.untouched()
	a.wantMetric(`concors_decisions_total{decision="preflight",endpoint="PUT /account",reason=""} 1`)
}

func TestRefusals(t *testing.T) {
	a := newAPI(t, document, echo)
	for _, tc := range []struct {
		name, method, path string
		header             []string
		reason             string
	}{
		{"preflight of a foreign origin", "OPTIONS", "/account", []string{foreign, asks("PUT")}, "origin-not-allowed"},
		{"preflight for a header that is not allowed", "OPTIONS", "/account", []string{allowed, asks("PUT"), "Access-Control-Request-Headers: x-other"}, "header-not-allowed"},
		{"preflight for a method that no endpoint has", "OPTIONS", "/account", []string{allowed, asks("PATCH")}, "method-not-allowed"},
		{"preflight at an endpoint without CORS", "OPTIONS", "/orders", []string{allowed, asks("POST")}, "origin-not-allowed"},
		{"GET of a foreign origin", "GET", "/account", []string{foreign}, "origin-not-allowed"},
		{"POST of a form on a foreign site", "POST", "/orders", []string{foreign, "Sec-Fetch-Site: cross-site", "Content-Type: application/x-www-form-urlencoded"}, "origin-not-allowed"},
		{"POST from an opaque origin", "POST", "/orders", []string{"Origin: null"}, "null-origin"},
		{"POST from a foreign site without Origin", "POST", "/orders", []string{"Sec-Fetch-Site: cross-site"}, "origin-missing"},
		{"image on a foreign site", "GET", "/account", []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"}, "embed-not-allowed"},
		{"two lines of Origin", "GET", "/account", []string{allowed, allowed}, "origin-malformed"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := a.do(tc.method, tc.path, "", tc.header...)
			r.wantProblem(t, 403, tc.reason)
			r.noCORS(t)
			if tc.method == "OPTIONS" {
				r.wantVary(t, "Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers")
			} else {
				r.wantVary(t, "Origin", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest")
			}
			if tc.method == "GET" {
				r.wantHeader(t, "Cache-Control", "no-store")
			} else { // caches store no others
				r.wantHeader(t, "Cache-Control")
			}
			r.wantHeader(t, "Cross-Origin-Resource-Policy")
			r.wantHeader(t, "X-Content-Type-Options")
		})
	}
	a.untouched()
}

func TestAllowedRequestIsForwardedWithHeaders(t *testing.T) {
	a := newAPI(t, document, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "a=b")
		w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
		w.Header().Add("Vary", "Accept-Encoding")
		w.Header().Add("Vary", "Accept-Language")
		w.Header().Set("X-Cookie", r.Header.Get("Cookie"))
		http.Error(w, "no", http.StatusTeapot)
	})
	r := a.do("GET", "/account", "", allowed, "Cookie: session=1")
	r.wantStatus(t, 418)
	r.wantHeader(t, "Access-Control-Allow-Origin", "https://docs.example.com")
	r.wantHeader(t, "Access-Control-Allow-Credentials", "true")
	r.wantHeader(t, "Access-Control-Expose-Headers", "etag")
	r.wantHeader(t, "Cross-Origin-Resource-Policy", "same-origin")
	r.wantHeader(t, "Set-Cookie", "a=b")
	r.wantHeader(t, "X-Cookie", "session=1")
	r.wantVary(t, "Accept-Encoding", "Accept-Language", "Origin")
	if r.body != "no\n" {
		t.Errorf("body %q", r.body)
	}
}

func TestUnknownPathHasNoPolicy(t *testing.T) {
	a := newAPI(t, document, echo)
	for _, r := range []reply{
		a.do("GET", "/nowhere", "", allowed),
		a.do("OPTIONS", "/nowhere", "", allowed, asks("GET")),
		a.do("GET", "/tree", ""),     // net/http's mux would redirect
		a.do("GET", "/account/", ""), // it is another path
	} {
		r.wantProblem(t, 404, "no-endpoint")
		r.noCORS(t)
	}
	a.untouched()
}

func TestPathWithoutTheMethod(t *testing.T) {
	a := newAPI(t, document, echo)
	t.Run("carries the headers that all endpoints at the path agree on", func(t *testing.T) {
		r := a.do("DELETE", "/shared", "", allowed)
		r.wantProblem(t, 405, "no-method")
		r.wantHeader(t, "Allow", "GET, HEAD, POST")
		r.wantHeader(t, "Access-Control-Allow-Origin", "https://docs.example.com")
		r.wantVary(t, "Origin")
	})
	t.Run("carries none where they differ", func(t *testing.T) {
		r := a.do("PATCH", "/account", "", allowed)
		r.wantProblem(t, 405, "no-method")
		r.wantHeader(t, "Allow", "DELETE, GET, HEAD, PUT")
		r.noCORS(t)
	})
	t.Run("carries no permission for an origin that is not allowed", func(t *testing.T) {
		r := a.do("DELETE", "/shared", "", foreign)
		r.wantProblem(t, 405, "no-method")
		r.noCORS(t)
		r.wantVary(t, "Origin")
		r.wantHeader(t, "Cross-Origin-Resource-Policy", "same-origin")
	})
	t.Run("OPTIONS that is no preflight goes to the endpoint's own", func(t *testing.T) {
		r := a.do("OPTIONS", "/own", "")
		r.wantStatus(t, 200)
		r.wantHeader(t, "X-Got", "OPTIONS /own")
	})
	t.Run("OPTIONS that is no preflight is 405 without one", func(t *testing.T) {
		r := a.do("OPTIONS", "/account", "")
		r.wantProblem(t, 405, "no-method")
	})
	t.Run("a preflight is judged by the requested method, not by OPTIONS", func(t *testing.T) {
		r := a.do("OPTIONS", "/own", "", allowed, asks("GET"))
		r.wantStatus(t, 204)
		r.wantHeader(t, "Access-Control-Allow-Origin", "https://docs.example.com")
	})
}

func TestPathsThatServersReadDifferently(t *testing.T) {
	a := newAPI(t, document, echo)
	for _, path := range []string{
		"/tree/a%2Fb", "/tree/..%2Faccount", "/tree/%5c..%5caccount", "/tree/a\\b", "/tree/%00",
		"/tree/%2e%2e/account", "/tree/./a", "/tree//a", "//account", "/tree/..;/account", "/nowhere/../account",
	} {
		t.Run(path, func(t *testing.T) {
			a.raw("GET "+path+" HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").wantProblem(t, 400, "ambiguous-path")
			r := a.raw("OPTIONS " + path + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" + allowed + "\r\n" + asks("GET") + "\r\n\r\n")
			r.wantProblem(t, 400, "ambiguous-path")
			r.noCORS(t)
		})
	}
	a.untouched()
	t.Run("an endpoint that opted in gets them as they are", func(t *testing.T) {
		r := a.raw("GET /files/a%2Fb%5C%2ec%00 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
		r.wantStatus(t, 200)
		r.wantHeader(t, "X-Got", "GET /files/a%2Fb%5C%2ec%00")
	})
}

// With dot segments, what an endpoint has opted into would lead out of it.
func TestNoEndpointTakesDotSegments(t *testing.T) {
	a := newAPI(t, document, echo)
	for _, path := range []string{
		"/files/..%2Faccount", "/files/..%2faccount", "/files/%2e%2e%2faccount", "/files/a%2F..%2F..%2Faccount", "/files/a%2F%2E%2E",
		"/files/..%5Caccount", "/files/..\\account", "/files/a%5c.", "/files/../account", "/files/%2e%2e/account", "/files/./a", "/files/.",
		"/files/..;/account", "/files/..;a=b%2Faccount", "/files/..%3b/account", "/files/a%2F..%00", "/files/..",
	} {
		t.Run(path, func(t *testing.T) {
			a.raw("GET "+path+" HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").wantProblem(t, 400, "ambiguous-path")
			r := a.raw("OPTIONS " + path + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" + allowed + "\r\n" + asks("GET") + "\r\n\r\n")
			r.wantProblem(t, 400, "ambiguous-path")
			r.noCORS(t)
		})
	}
	a.untouched()
}

func TestRequestLineAndHost(t *testing.T) {
	a := newAPI(t, document, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Got", r.Host+" "+r.RequestURI)
	})
	for _, tc := range []struct {
		name, request string
		status        int
		got           string // "": not forwarded
	}{
		{"origin form", "GET /prices?a=1;b HTTP/1.1\r\nHost: api.example\r\n", 200, "api.example /prices?a=1;b"},
		{"absolute form names the host", "GET http://api.example/prices HTTP/1.1\r\nHost: other\r\n", 200, "api.example /prices"},
		{"absolute form with another scheme", "GET ftp://api.example/prices HTTP/1.1\r\nHost: api.example\r\n", 400, ""},
		{"absolute form with user", "GET http://u:p@api.example/prices HTTP/1.1\r\nHost: api.example\r\n", 400, ""},
		{"CONNECT", "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n", 400, ""},
		{"asterisk with GET", "GET * HTTP/1.1\r\nHost: h\r\n", 400, ""},
		{"asterisk with OPTIONS", "OPTIONS * HTTP/1.1\r\nHost: h\r\n", 204, ""},
		{"no Host in HTTP/1.0", "GET /prices HTTP/1.0\r\n", 200, ""},
		{"Host with a path", "GET /prices HTTP/1.1\r\nHost: a/b\r\n", 400, ""},
		{"Host with user", "GET /prices HTTP/1.1\r\nHost: a@b\r\n", 400, ""},
		{"Host that is a list", "GET /prices HTTP/1.1\r\nHost: a,b\r\n", 400, ""},
		{"Host with a port that is none", "GET /prices HTTP/1.1\r\nHost: a:b\r\n", 400, ""},
		{"Host that is only a port", "GET /prices HTTP/1.1\r\nHost: :80\r\n", 400, ""},
		{"Host with brackets that do not close", "GET /prices HTTP/1.1\r\nHost: [::1\r\n", 400, ""},
		{"IPv6", "GET /prices HTTP/1.1\r\nHost: [::1]:80\r\n", 200, "[::1]:80 /prices"},
		{"underscore", "GET /prices HTTP/1.1\r\nHost: my_api:80\r\n", 200, "my_api:80 /prices"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := a.raw(tc.request + "Connection: close\r\n\r\n")
			r.wantStatus(t, tc.status)
			if tc.got != "" {
				r.wantHeader(t, "X-Got", tc.got)
			}
		})
	}
}

// Endpoints with enforce: false are as if Concors were not there.
func TestObservedEndpointsAreLeftAlone(t *testing.T) {
	a := newAPI(t, document, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "https://legacy.example")
		w.Header().Set("Set-Cookie", "a=b")
		w.Header().Set("X-Got", r.Method+" "+r.Header.Get("Cookie"))
	})
	for _, tc := range []struct{ name, method, path, header, got string }{
		{"a request that would be refused", "POST", "/watched", "X-A: b", "POST c=d"},
		{"a preflight", "OPTIONS", "/watched", asks("PUT"), "OPTIONS c=d"},
		{"a preflight at a path without OPTIONS", "OPTIONS", "/watched-post", asks("POST"), "OPTIONS c=d"},
		{"a preflight for a method that nobody has", "OPTIONS", "/watched-post", asks("PUT"), "OPTIONS c=d"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := a.do(tc.method, tc.path, "", foreign, "Cookie: c=d", tc.header)
			r.wantStatus(t, 200)
			r.wantHeader(t, "X-Got", tc.got)
			r.wantHeader(t, "Access-Control-Allow-Origin", "https://legacy.example")
			r.wantHeader(t, "Set-Cookie", "a=b")
			r.wantHeader(t, "Cross-Origin-Resource-Policy")
			r.wantHeader(t, "Vary")
		})
	}
	a.wantMetric(`concors_observed_decisions_total{decision="refuse",endpoint="/watched",reason="origin-not-allowed"} 2`)
	a.wantMetric(`concors_observed_decisions_total{decision="refuse",endpoint="POST /watched-post",reason="method-not-allowed"} 1`)
	if strings.Contains(a.scrape(), "concors_decisions_total{") {
		t.Error("an observed decision was counted as an enforced one")
	}
	if !strings.Contains(a.access.String(), `"observed":true`) {
		t.Errorf("the access log does not tell observed decisions:\n%s", a.access)
	}
}

func TestWithoutDocument(t *testing.T) {
	a := newAPI(t, document, echo)
	a.gateway.live.Store(nil)
	a.do("GET", "/prices", "").wantProblem(t, 503, "no-document")
}

// A request for a host that the document does not list is told so whatever its
// path, its method or the endpoint's setting, and reaches nothing.
func TestOtherHostsAreMisdirected(t *testing.T) {
	a := newAPI(t, "hosts: [api.example.com]"+document, echo)
	for _, path := range []string{"/account", "/prices", "/watched", "/nowhere", "/files/a%2fb", "/tree"} {
		for _, header := range [][]string{nil, {foreign}, {allowed, asks("GET")}, {foreign, asks("BREW")}} {
			method := "GET"
			if len(header) > 1 {
				method = "OPTIONS"
			}
			r := a.do(method, path, "", append(header, "Host: rebound.example")...)
			r.wantProblem(t, 421, "host-not-served")
			r.noCORS(t)
		}
		a.do("BREW", path, "", "Host: rebound.example").wantProblem(t, 421, "host-not-served")
	}
	a.untouched()
	a.wantMetric(`concors_decisions_total{decision="refuse",endpoint="",reason="host-not-served"} 30`)
	a.do("GET", "/prices", "", "Host: API.example.com:8443").wantStatus(t, 200)
}
