// Command bench compares the middleware with its peers in one run, asking each
// in turns. The handler writes "Hello, World!"; the ResponseWriter has a header
// and forgets the rest, so that its own work does not hide that of the
// libraries. With -recorder it is a new recorder of net/http/httptest each time,
// which keeps bodies and copies headers.
//
// Every figure is net of what the bare handler costs, or of an empty exchange
// where the library answers itself. A library that lets a foreign request run
// although it should be refused is charged with the handler there, because it
// did run.
//
// The libraries do not send the same answers: Concors describes a refusal,
// while jub0bs/cors sends its status only. So there is a second ratio, between
// what is left of each when a hand-written handler that sends the very same
// answer, judging nothing, is subtracted: the price of judging.
//
//	go run . [-time 3ms] [-rounds 25] [-recorder]
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
	"runtime/debug"
	"slices"
	"testing"
	"text/tabwriter"

	"github.com/concors/concors/cors"
	jub0bs "github.com/jub0bs/cors"
	rs "github.com/rs/cors"
)

func main() {
	duration := flag.String("time", "3ms", "`duration` of one measurement")
	rounds := flag.Int("rounds", 25, "measurements of each, in turns; the least counts, for what disturbs only adds")
	recorder := flag.Bool("recorder", false, "answer to recorders of net/http/httptest")
	testing.Init()
	flag.Parse()
	if err := flag.Set("test.benchtime", *duration); err != nil {
		log.Fatal(err)
	}

	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "policy\trequest\tconcors +ns\tjub0bs +ns\trs +ns\tallocs\tto jub0bs\tto rs\tjudging ns\tto jub0bs")
	kinds := map[string]*summary{}
	var total result
	for _, s := range setups() {
		for _, q := range s.cases {
			res := compare(s, q, *rounds, *recorder)
			fmt.Fprintf(out, "%s\t%s\t%.0f\t%.0f\t%.0f\t%d/%d/%d\t%.2f\t%.2f\t%.0f/%.0f\t%.2f\n", s.name, q.name,
				res.net[0], res.net[1], res.net[2], res.allocs[0], res.allocs[1], res.allocs[2],
				res.ratio(1), res.ratio(2), res.judging[0], res.judging[1], res.judgingRatio())
			for i := range res.net {
				total.net[i] += res.net[i]
				total.allocs[i] += res.allocs[i]
			}
			for _, name := range []string{"all", q.kind} {
				if kinds[name] == nil {
					kinds[name] = new(summary)
				}
				kinds[name].add(res)
			}
		}
	}
	if err := out.Flush(); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("\nall of it: %.0f, %.0f, %.0f ns (%.2f of jub0bs/cors, %.2f of rs/cors), %d/%d/%d allocations\n",
		total.net[0], total.net[1], total.net[2], total.ratio(1), total.ratio(2), total.allocs[0], total.allocs[1], total.allocs[2])
	fmt.Println("\ngeometric means of the ratios to jub0bs/cors (worst), of judging alone (worst), and to rs/cors")
	for _, name := range []string{preflightAllowed, preflightRefused, actualAllowed, actualRefused, noOrigin, "all"} {
		s := kinds[name]
		fmt.Printf("%-20s %3d cases   %.2f (%.2f)   %.2f (%.2f)   %.2f\n", name, len(s.peer),
			geomean(s.peer), slices.Max(s.peer), geomean(s.judging), slices.Max(s.judging), geomean(s.rs))
	}
}

// summary collects the ratios of a kind of question.
type summary struct{ peer, judging, rs []float64 }

func (s *summary) add(r result) {
	s.peer = append(s.peer, r.ratio(1))
	s.rs = append(s.rs, r.ratio(2))
	s.judging = append(s.judging, r.judgingRatio())
}

// result holds what one question costs: Concors, jub0bs/cors, rs/cors.
type result struct {
	net     [3]float64 // ns over the bare handler or the empty exchange
	judging [2]float64 // ns over the same answer, written by hand
	allocs  [3]int64   // over the bare handler or the empty exchange
}

func (r result) ratio(peer int) float64 { return r.net[0] / r.net[peer] }

func (r result) judgingRatio() float64 { return r.judging[0] / r.judging[1] }

// clamp keeps differences that vanish in the noise from dividing by nothing.
func clamp(ns float64) float64 { return max(ns, 5) }

func bare(w http.ResponseWriter, _ *http.Request) {
	_, _ = io.WriteString(w, "Hello, World!")
}

func compare(s setup, q question, rounds int, recorder bool) (res result) {
	ours, err := cors.New(s.ours, nil)
	if err != nil {
		log.Fatal(err)
	}
	peer, err := jub0bs.NewMiddleware(s.peer)
	if err != nil {
		log.Fatal(err)
	}
	hello := http.HandlerFunc(bare)
	handlers := []http.Handler{ours.Handler(hello), peer.Wrap(hello), rs.New(s.other).Handler(hello)}

	r := httptest.NewRequest(q.method, "https://api.example.org/x", nil)
	r.Header = q.header
	base := hello
	if q.kind != actualAllowed && q.kind != noOrigin {
		base = func(http.ResponseWriter, *http.Request) {}
	}
	handlers = append(handlers, base, sameAnswer(handlers[0], r), sameAnswer(handlers[1], r))
	ns, allocs := measure(handlers, r, rounds, recorder)
	for i := range res.net {
		res.net[i], res.allocs[i] = clamp(ns[i]-ns[3]), allocs[i]-allocs[3]
	}
	for i := range res.judging {
		res.judging[i] = clamp(ns[i] - ns[4+i])
	}
	return res
}

// sameAnswer returns a handler that answers as h answers r, without looking.
func sameAnswer(h http.Handler, r *http.Request) http.Handler {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	ran := rec.Code == http.StatusOK && rec.Body.Len() > 0
	status, body := rec.Code, rec.Body.Bytes()
	var names, values []string
	for name, lines := range rec.Result().Header {
		if ran && name == "Content-Type" {
			continue // the handler's
		}
		for _, line := range lines {
			names, values = append(names, name), append(values, line)
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(names) > 0 {
			room := slices.Clone(values)
			header := w.Header()
			for i, name := range names {
				header[name] = room[i : i+1 : i+1]
			}
		}
		if ran {
			bare(w, r)
			return
		}
		w.WriteHeader(status)
		if len(body) > 0 {
			_, _ = w.Write(body)
		}
	})
}

// forgetful is a ResponseWriter that has a header and forgets the rest.
type forgetful http.Header

func (w forgetful) Header() http.Header         { return http.Header(w) }
func (w forgetful) Write(p []byte) (int, error) { return len(p), nil }
func (w forgetful) WriteHeader(int)             {}

// measure asks r of each handler in turns and returns the least ns per request,
// and allocations.
func measure(handlers []http.Handler, r *http.Request, rounds int, recorder bool) (ns []float64, allocs []int64) {
	// Collections, which come at random moments, would decide small differences;
	// the harness collects between measurements.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	ns = make([]float64, len(handlers))
	allocs = make([]int64, len(handlers))
	for round := range rounds {
		for i, h := range handlers {
			res := testing.Benchmark(func(b *testing.B) {
				b.ReportAllocs()
				if recorder {
					for b.Loop() {
						h.ServeHTTP(httptest.NewRecorder(), r)
					}
					return
				}
				w := forgetful(http.Header{})
				for b.Loop() {
					clear(w)
					h.ServeHTTP(w, r)
				}
			})
			took := float64(res.T.Nanoseconds()) / float64(res.N)
			if round == 0 || took < ns[i] {
				ns[i] = took
			}
			allocs[i] = res.AllocsPerOp()
		}
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
