package browser_test

import (
	"net/http"
	"testing"

	"github.com/concors/concors/cors/browser"
)

// allowing is a small server that permits what the benchmarks ask for.
var allowing = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h["Access-Control-Allow-Origin"] = []string{"https://docs.example.com"}
	h["Vary"] = []string{"Origin"}
	if r.Method == http.MethodOptions {
		h["Access-Control-Allow-Methods"] = []string{"GET, PUT, DELETE"}
		h["Access-Control-Allow-Headers"] = []string{"Content-Type, Authorization"}
		w.WriteHeader(http.StatusNoContent)
		return
	}
	h["Content-Type"] = []string{"application/json"}
	w.WriteHeader(http.StatusOK)
})

func BenchmarkFetch(b *testing.B) {
	page := browser.Page{Origin: "https://docs.example.com"}
	for _, bench := range []struct {
		name string
		call browser.Call
		want bool
	}{
		{"simple GET", browser.Call{URL: "https://api.example.com/account"}, true},
		{"preflighted PUT with two headers", browser.Call{
			Method: "PUT", URL: "https://api.example.com/account",
			Headers: []browser.HeaderField{{Name: "Content-Type", Value: "application/json"}, {Name: "Authorization", Value: "Bearer x"}},
			Body:    browser.Body{Kind: browser.Text, Data: []byte("{}")},
		}, true},
		{"refused method", browser.Call{Method: "PATCH", URL: "https://api.example.com/account"}, false},
	} {
		b.Run(bench.name, func(b *testing.B) {
			answerer := browser.Handler(allowing)
			b.ReportAllocs()
			for b.Loop() {
				if res := browser.Fetch(page, bench.call, answerer); res.Allowed() != bench.want {
					b.Fatal(res.Blocked)
				}
			}
		})
	}
}
