// Command gateway measures concors beside the least that could stand in its
// place: net/http's reverse proxy as it is, and a handler that answers 204. All
// are programs of their own, built as their users would build them, on
// connections that stay open. The two of a pair take turns in short rounds, and
// the tenth percentile counts, so that what else the machine does is left out.
//
//	go run ./gateway             measures
//	go run ./gateway -write      also writes docs/performance.md and its plots
//	go run ./gateway -profile    makes cmd/concors/default.pgo anew
package main

import (
	"cmp"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"time"
)

func main() {
	log.SetFlags(0)
	rounds := flag.Int("rounds", 300, "rounds of each case")
	write := flag.Bool("write", false, "write docs/performance.md")
	profile := flag.Bool("profile", false, "make cmd/concors/default.pgo")
	flag.Parse()
	root, err := repository()
	if err != nil {
		log.Fatal(err)
	}
	temp, err := os.MkdirTemp("", "concors-bench")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(temp)
	b := &bench{root: root, temp: temp, rounds: *rounds}
	switch {
	case *profile:
		err = b.profile()
	default:
		err = b.measure(*write)
	}
	b.stop()
	if err != nil {
		log.Println(err)
		os.RemoveAll(temp)
		os.Exit(1)
	}
}

// repository returns the root of the repository, which this is run in.
func repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "cmd", "concors", "main.go")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("run this inside the repository")
		}
	}
}

// A comparison is one case: concors beside its rival.
type comparison struct {
	name    string
	request string
	want    string  // how concors' answer begins
	against string  // how the rival's does
	rival   string  // what it is
	logs    bool    // concors writes its access log
	goal    float64 // the least that the ratio should be; 0: none
}

const (
	reverseProxy = "bare ReverseProxy"
	keeping      = "ReverseProxy that keeps its connections"
	noContent    = "bare 204 handler"
)

var comparisons = []comparison{
	{"proxied, allowed", actual, "HTTP/1.1 200", "HTTP/1.1 200", keeping, false, 1.05},
	{"proxied, anonymous", anonymous, "HTTP/1.1 200", "HTTP/1.1 200", keeping, false, 1.05},
	{"proxied, 64 KB", large, "HTTP/1.1 200", "HTTP/1.1 200", keeping, false, 1.05},
	{"proxied, with access log", actual, "HTTP/1.1 200", "HTTP/1.1 200", keeping, true, 0.95},
	{"proxied, beside the default", actual, "HTTP/1.1 200", "HTTP/1.1 200", reverseProxy, false, 1.05},
	{"preflight", preflight, "HTTP/1.1 204", "HTTP/1.1 204", noContent, false, 0.95},
	{"refusal", refused, "HTTP/1.1 403", "HTTP/1.1 204", noContent, false, 0.95},
}

// A result is what came out of a comparison.
type result struct {
	comparison
	ours, theirs     time.Duration // that a request took in the quiet rounds, with all connections busy
	ourCPU, theirCPU time.Duration // of the processor for a request, over all rounds
	median           float64       // of the rounds' ratios of throughput
}

// ratio is that of throughput in the quiet rounds.
func (r *result) ratio() float64 { return float64(r.theirs) / float64(r.ours) }

// cpuRatio is how much of the rival's processor time ours takes.
func (r *result) cpuRatio() float64 { return float64(r.ourCPU) / float64(r.theirCPU) }

// compare lets ours and theirs take turns.
func compare(c comparison, ours, theirs *target, rounds int) (*result, error) {
	for _, t := range []*target{ours, theirs} {
		if err := t.connect(); err != nil {
			return nil, err
		}
		defer t.disconnect()
	}
	const perRound = 25 // requests on each connection: some milliseconds
	var ratios []float64
	var us, them []time.Duration
	r := &result{comparison: c}
	for i := range rounds + rounds/10 {
		var times, cpus [2]time.Duration
		for j := range 2 {
			var err error
			k := (i + j) % 2 // who goes first changes
			if k == 0 {
				times[0], cpus[0], err = ours.round(c.request, c.want, perRound)
			} else {
				times[1], cpus[1], err = theirs.round(c.request, c.against, perRound)
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
		}
		if i < rounds/10 {
			continue // to get warm
		}
		us, them = append(us, times[0]), append(them, times[1])
		ratios = append(ratios, float64(times[1])/float64(times[0]))
		r.ourCPU += cpus[0]
		r.theirCPU += cpus[1]
	}
	r.ours, r.theirs, r.median = quantile(us, 0.1), quantile(them, 0.1), quantile(ratios, 0.5)
	r.ourCPU /= time.Duration(rounds)
	r.theirCPU /= time.Duration(rounds)
	return r, nil
}

func quantile[T cmp.Ordered](list []T, q float64) T {
	slices.Sort(list)
	return list[int(q*float64(len(list)))]
}
