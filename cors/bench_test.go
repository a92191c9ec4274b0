package cors

import (
	"net/http"
	"testing"
)

type nullWriter struct{ header http.Header }

func (w *nullWriter) Header() http.Header         { return w.header }
func (w *nullWriter) Write(p []byte) (int, error) { return len(p), nil }
func (w *nullWriter) WriteHeader(int)             {}

func BenchmarkMiddleware(b *testing.B) {
	plain := Selected{Domains: docsDomains, Headers: []string{"Content-Type"}}
	creds := Selected{Domains: docsDomains, Credentials: true, Headers: []string{"Content-Type"}}
	for _, bb := range []struct {
		name    string
		policy  Policy
		request *http.Request
	}{
		{"none/own", None{}, request("GET")},
		{"none/refused", None{}, request("POST", evil, cross)},
		{"all/foreign", All{}, request("GET", evil, cross)},
		{"selected/no Origin", creds, request("GET")},
		{"selected/allowed", creds, request("GET", docs, cross)},
		{"selected/allowed, anonymous", plain, request("GET", docs, cross)},
		{"selected/allowed, cookie dropped", plain, request("GET", docs, cross, "Cookie: a=b")},
		{"selected/preflight", creds, request("OPTIONS", docs, "Access-Control-Request-Method: GET", "Access-Control-Request-Headers: content-type")},
		{"selected/preflight refused", creds, request("OPTIONS", evil, "Access-Control-Request-Method: GET")},
	} {
		b.Run(bb.name, func(b *testing.B) {
			m, err := New(bb.policy, nil)
			if err != nil {
				b.Fatal(err)
			}
			h := m.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			w := &nullWriter{make(http.Header)}
			b.ReportAllocs()
			for b.Loop() {
				clear(w.header)
				h.ServeHTTP(w, bb.request)
			}
		})
	}
}
