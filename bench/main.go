// Command bench compares the middleware with its peers, as ratios measured in
// turns within one run. The handler writes "Hello, World!" to a recorder of
// net/http/httptest. What counts is net: what a library adds to that handler
// where all let it run, and what it adds to an empty exchange where Concors or
// all answer themselves. A library that lets a foreign request run is charged
// with the handler there, because it did run.
//
//	go run . [-time 50ms] [-rounds 5]
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"testing"
	"text/tabwriter"

	"github.com/concors/concors/cors"
	jub0bs "github.com/jub0bs/cors"
	rs "github.com/rs/cors"
)

func main() {
	duration := flag.String("time", "30ms", "`duration` of one measurement")
	rounds := flag.Int("rounds", 5, "measurements of each, in turns; medians are compared")
	testing.Init()
	flag.Parse()
	if err := flag.Set("test.benchtime", *duration); err != nil {
		log.Fatal(err)
	}

	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "policy\trequest\tbase ns\tconcors +ns\tjub0bs/cors +ns\trs/cors +ns\tallocs\tratio to jub0bs/cors\tto rs/cors")
	var ratios, rsRatios []float64
	worst := 0.0
	for _, s := range setups() {
		handlers := handlersOf(s)
		for _, q := range s.cases {
			times, allocs := measure(handlers, q, *rounds)
			base := times[0] // the handler
			if q.method == http.MethodOptions || q.refused {
				base = times[4] // nothing
			}
			net := func(i int) float64 { return max(times[i]-base, 1) }
			ratio, rsRatio := net(1)/net(2), net(1)/net(3)
			ratios, rsRatios, worst = append(ratios, ratio), append(rsRatios, rsRatio), max(worst, ratio)
			fmt.Fprintf(out, "%s\t%s\t%.0f\t%.0f\t%.0f\t%.0f\t%d/%d/%d\t%.2f\t%.2f\n", s.name, q.name,
				base, net(1), net(2), net(3), allocs[1]-allocs[4], allocs[2]-allocs[4], allocs[3]-allocs[4], ratio, rsRatio)
		}
	}
	if err := out.Flush(); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("\ngeometric mean %.2f of jub0bs/cors (worst case %.2f), %.2f of rs/cors; net ns per request\n",
		geomean(ratios), worst, geomean(rsRatios))
}

// handlersOf returns the bare handler, the same behind each library, and one
// that does nothing.
func handlersOf(s setup) []http.Handler {
	bare := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "Hello, World!")
	})
	nothing := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {})
	ours, err := cors.New(s.ours, nil)
	if err != nil {
		log.Fatal(err)
	}
	peer, err := jub0bs.NewMiddleware(s.peer)
	if err != nil {
		log.Fatal(err)
	}
	return []http.Handler{bare, ours.Handler(bare), peer.Wrap(bare), rs.New(s.other).Handler(bare), nothing}
}

// measure asks q of each handler in turns and returns the medians of ns per
// request, and allocations.
func measure(handlers []http.Handler, q question, rounds int) (ns []float64, allocs []int64) {
	r := httptest.NewRequest(q.method, "https://api.example.org/x", nil)
	r.Header = q.header
	samples := make([][]float64, len(handlers))
	allocs = make([]int64, len(handlers))
	for range rounds {
		for i, h := range handlers {
			res := testing.Benchmark(func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					h.ServeHTTP(httptest.NewRecorder(), r)
				}
			})
			samples[i] = append(samples[i], float64(res.T.Nanoseconds())/float64(res.N))
			allocs[i] = res.AllocsPerOp()
		}
	}
	for _, s := range samples {
		slices.Sort(s)
		ns = append(ns, s[len(s)/2])
	}
	return ns, allocs
}

func geomean(xs []float64) float64 {
	sum := 0.0
	for _, x := range xs {
		sum += math.Log(x)
	}
	return math.Exp(sum / float64(len(xs)))
}
