package main

import (
	"fmt"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// report writes docs/performance.md and its plots.
func (b *bench) report(results []*result) error {
	docs := filepath.Join(b.root, "docs")
	plots := filepath.Join(docs, "performance")
	if err := os.MkdirAll(plots, 0o755); err != nil {
		return err
	}
	if err := bars(filepath.Join(plots, "throughput.svg"), "Throughput, of the rival's", results, (*result).ratio); err != nil {
		return err
	}
	if err := bars(filepath.Join(plots, "processor.svg"), "Processor time for a request, of the rival's", results, (*result).cpuRatio); err != nil {
		return err
	}
	var rows strings.Builder
	for _, r := range results {
		fmt.Fprintf(&rows, "| %s | %s | **%.2f** | %.2f | %.2f | %.2f | %.1f µs | %.1f µs |\n",
			r.name, r.rival, r.ratio(), r.median, r.goal, r.cpuRatio(), micro(r.ours), micro(r.theirs))
	}
	text := strings.NewReplacer("$LOAD", load(), "$ROWS", rows.String(), "$MACHINE", machine(), "$GO", runtime.Version(), "$ROUNDS", fmt.Sprint(b.rounds),
		"$CONNECTIONS", fmt.Sprint(connections), "$COMMIT", commit(b.root), "$DATE", time.Now().UTC().Format("2 January 2006")).Replace(page)
	return os.WriteFile(filepath.Join(docs, "performance.md"), []byte(text), 0o644)
}

const page = `# Performance

    cd bench && go run ./gateway -write

measures the gateway and writes this page. It runs ` + "`concors serve`" + ` beside the least that could stand in its place: a reverse proxy of
net/http, which knows no CORS, and a handler that answers 204 to everything. Each is a program of its own, built with ` + "`go build`" + `;
upstream and clients are on the same machine, $CONNECTIONS connections stay open and busy. The two of a pair take turns in rounds of some
milliseconds, $ROUNDS each.

*Throughput* is that of Concors over that of the rival; above 1, Concors is faster. It is taken from the tenth percentile of the rounds,
which leaves out what else the machine does; the median of the rounds is beside it. *Processor* is the processor time of the process
for a request, of the rival's; below 1, Concors takes less. Times are those of a request with all connections busy, and depend on the
machine; only the ratios are worth comparing.

| case | rival | throughput | median | goal | processor | Concors | rival |
|---|---|---|---|---|---|---|---|
$ROWS
![Throughput](performance/throughput.svg)

![Processor time](performance/processor.svg)

$DATE, commit $COMMIT, $GO, $MACHINE. While others use the machine, the figures differ by a tenth from run to run; the load was $LOAD.

- **How can a proxy that decides be faster than one that does not?** It reuses buffers, moves headers where net/http copies them, is
  compiled with a profile of this very load (` + "`cmd/concors/default.pgo`" + `, made by ` + "`go run ./gateway -profile`" + `) and
  collects garbage less often ([Memory](production.md#memory)). net/http's proxy keeps two connections to an upstream unless told
  otherwise; the case *beside the default* shows what that costs, all others are against one that was told.
- **Preflights and refusals** cost a microsecond or two more than the bare handler's 204. Deciding is a quarter of one; half of one each are
  the time limits of a server that faces strangers, which the bare handler lacks, and the record of what foreign websites do.
  The rest is more to send: a refusal has a body that says why.
- **The access log** goes into a file, as JSON.

Allocations do not depend on the machine, and a test holds them exactly: one for a preflight, one for a refusal, two beyond net/http's own
for a request that is passed on, and two more for a line of the access log.

The library beside its peers is measured by itself: [bench](../bench/README.md).
`

func micro(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }

// bars draws a bar for each result, and lines at one and at the goals.
func bars(name, title string, results []*result, value func(*result) float64) error {
	p := plot.New()
	p.Title.Text = title
	p.X.Min, p.X.Max = 0, 1
	var values plotter.Values
	var names []string
	for i := len(results) - 1; i >= 0; i-- { // the first is to be on top
		values = append(values, value(results[i]))
		names = append(names, results[i].name+strings.Repeat(" ", len(results[i].name)/2)) // browsers' fonts are wider
		p.X.Max = max(p.X.Max, value(results[i])*1.05)
	}
	var ticks plot.ConstantTicks
	for x := 0.0; x <= p.X.Max; x += 0.25 {
		tick := plot.Tick{Value: x}
		if x*2 == float64(int(x*2)) {
			tick.Label = fmt.Sprint(x)
		}
		ticks = append(ticks, tick)
	}
	p.X.Tick.Marker = ticks
	chart, err := plotter.NewBarChart(values, vg.Points(14))
	if err != nil {
		return err
	}
	chart.Horizontal = true
	chart.Color = color.RGBA{0x2b, 0x6c, 0xb0, 0xff}
	chart.LineStyle.Width = 0
	one, err := plotter.NewLine(plotter.XYs{{X: 1, Y: -0.6}, {X: 1, Y: float64(len(results)) - 0.4}})
	if err != nil {
		return err
	}
	one.Dashes = []vg.Length{vg.Points(4), vg.Points(3)}
	p.Add(chart, one)
	p.NominalY(names...)
	return p.Save(16*vg.Centimeter, vg.Length(3+len(results))*0.9*vg.Centimeter, name)
}

// machine names the processor and the system.
func machine() string {
	model := runtime.GOARCH
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
			}
		}
	}
	return fmt.Sprintf("%d cores of %s, %s", runtime.NumCPU(), model, runtime.GOOS)
}

// load returns the system's average load of the last minute.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	average, _, _ := strings.Cut(string(text), " ")
	return average
}

func commit(root string) string {
	cmd := exec.Command("git", "rev-parse", "--short", "HEAD")
	cmd.Dir = root
	text, err := cmd.Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(text))
}
