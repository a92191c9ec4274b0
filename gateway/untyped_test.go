package gateway

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// An answer without a type is one that browsers must not take for a page. If
// net/http guessed, an upstream's nosniff would make its guess binding: a file
// that somebody uploaded would come out as text/html, and the script in it run.
func TestUntypedAnswersStayUntyped(t *testing.T) {
	const page = "<html><script>alert(1)</script>"
	for _, tc := range []struct {
		name, method string
		answer       func(w http.ResponseWriter)
	}{
		{"with a body", "GET", func(w http.ResponseWriter) { _, _ = io.WriteString(w, page) }},
		{"of a known length", "GET", func(w http.ResponseWriter) {
			w.Header()["Content-Length"] = []string{"31"}
			_, _ = io.WriteString(w, page)
		}},
		{"in chunks", "GET", func(w http.ResponseWriter) {
			for range 3 {
				_, _ = io.WriteString(w, page)
				_ = http.NewResponseController(w).Flush()
			}
		}},
		{"that is an error", "GET", func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, page)
		}},
		{"to HEAD", "HEAD", func(w http.ResponseWriter) { w.WriteHeader(http.StatusOK) }},
		{"without content", "GET", func(w http.ResponseWriter) { w.WriteHeader(http.StatusNoContent) }},
		{"not modified", "GET", func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotModified) }},
		{"empty", "GET", func(w http.ResponseWriter) { w.WriteHeader(http.StatusOK) }},
	} {
		for _, nosniff := range []string{"", "nosniff"} {
			a := newAPI(t, document, func(w http.ResponseWriter, _ *http.Request) {
				w.Header()[contentType] = nil
				if nosniff != "" {
					w.Header().Set("X-Content-Type-Options", nosniff)
				}
				tc.answer(w)
			})
			client, front := secureClient(t, a)
			for proto, via := range map[string]struct {
				client *http.Client
				front  string
			}{"HTTP/1.1": {a.front.Client(), a.front.URL}, "HTTP/2.0": {client, front}} {
				for path, header := range map[string]string{"/tree/": "X-None: 1", "/prices": foreign, "/account": allowed, "/watched": foreign} {
					t.Run(strings.Join([]string{tc.name, nosniff, proto, path}, " "), func(t *testing.T) {
						r, err := http.NewRequest(tc.method, via.front+path, nil)
						if err != nil {
							t.Fatal(err)
						}
						name, value, _ := strings.Cut(header, ": ")
						r.Header.Set(name, value)
						res := send(t, via.client, r)
						res.wantHeader(t, contentType)
						if res.Proto != proto {
							t.Errorf("%s", res.Proto)
						}
					})
				}
			}
		}
	}
	t.Run("a type that was said stays", func(t *testing.T) {
		a := newAPI(t, document, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(contentType, "image/avif")
			_, _ = io.WriteString(w, page)
		})
		a.do("GET", "/prices", "").wantHeader(t, contentType, "image/avif")
	})
}

// What the gateway itself says after an untyped answer was begun in vain has
// the type of its own.
func TestOwnAnswersAreTyped(t *testing.T) {
	a := newAPI(t, document, func(w http.ResponseWriter, _ *http.Request) {
		w.Header()[contentType] = nil
		w.Header()["Content-Length"] = []string{"5"}
		_, _ = io.WriteString(w, "hello")
	}, func(o *Options) { o.MaxBodyBytes = 10 })
	for name, r := range map[string]reply{
		"unknown path":       a.do("GET", "/nowhere", ""),
		"unknown method":     a.do("DELETE", "/prices", ""),
		"ambiguous path":     a.do("GET", "/tree/a%2Fb", ""),
		"body too large":     a.do("POST", "/upload", "12345678901", allowed),
		"refusal":            a.do("GET", "/account", "", foreign),
		"refused preflight":  a.do("OPTIONS", "/account", "", foreign, asks("GET")),
		"malformed request":  a.do("GET", "/prices", "", "Host: a,b"),
		"upgrade not spoken": a.raw("GET /prices HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\xe9\r\n\r\n"),
	} {
		t.Run(name, func(t *testing.T) { r.wantHeader(t, contentType, "application/problem+json") })
	}
	t.Run("upstream gone", func(t *testing.T) {
		a.upstream.Close()
		a.do("GET", "/prices", "").wantProblem(t, 502, "upstream-unreachable")
	})
}
