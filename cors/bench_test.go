package cors

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
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

// BenchmarkManyOrigins asks a middleware with so many allowed origins: always
// the same ten, as sites with a few busy front ends do, or any of them, so that
// with a million nearly every lookup waits for main memory.
func BenchmarkManyOrigins(b *testing.B) {
	for _, n := range []int{10, 1000, 1_000_000} {
		domains := make([]string, n)
		for i := range domains {
			domains[i] = fmt.Sprintf("https://customer-%07d.example.com", i)
		}
		m, err := New(Selected{Domains: domains, Credentials: true}, nil)
		if err != nil {
			b.Fatal(err)
		}
		h := m.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		for name, spread := range map[string]int{"ten": 10, "any": n} {
			b.Run(fmt.Sprintf("%d/%s", n, name), func(b *testing.B) {
				random := rand.New(rand.NewPCG(1, 1))
				origins := make([]string, 1<<14)
				for i := range origins {
					origins[i] = strings.Clone(domains[random.IntN(spread)*(n/spread)])
				}
				r := request("GET", docs, cross, "Accept: */*", "Accept-Language: en", "User-Agent: Mozilla/5.0")
				w := &nullWriter{make(http.Header)}
				i := 0
				for b.Loop() {
					r.Header["Origin"] = origins[i&(len(origins)-1):][:1]
					i++
					clear(w.header)
					h.ServeHTTP(w, r)
				}
			})
		}
	}
}
