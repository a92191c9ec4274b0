package blackbox

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A changing program: its document has versions. Only the setting of
// /flip/item/{id} differs between them, in two fields at once.
type changing struct {
	t         *testing.T
	u         *Upstream
	p         *Program
	target    Target
	confirmed atomic.Int64 // the newest version that has been seen in an answer
	written   atomic.Int64 // the newest version that has been saved, or is about to be
	lastID    atomic.Int64
	probe     *Conn
}

// worlds holds the world of each version.
var worlds sync.Map

func worldOf(n int64) *World {
	w, ok := worlds.Load(n)
	if !ok {
		w, _ = worlds.LoadOrStore(n, newVersion(n))
	}
	return w.(*World)
}

func newVersion(n int64) *World {
	w := &World{Name: "changing", Hosts: []string{"api.test"}, Origins: []string{"https://api.test"}}
	for _, s := range Settings() {
		if slices.Contains([]string{"omitted", "all-authorization", "exact-credentials", "wildcard", "embed-any", "senders"}, s.Name) {
			w.Settings = append(w.Settings, s)
		}
	}
	flip := &Setting{Name: "flip", Allow: "selected", Domains: []string{friend, fmt.Sprintf("https://of-version-%d.example.com", n%2)},
		Headers: []string{"Content-Type"}, Expose: []string{fmt.Sprintf("X-Version-%d", n)}, Credentials: n%2 == 0}
	w.Settings = append(w.Settings, flip)
	for _, s := range w.Settings {
		w.Endpoints = append(w.Endpoints, endpointsOf(s)...)
	}
	for i := range 200 { // a document of some size
		w.Endpoints = append(w.Endpoints, &Endpoint{Method: "GET", Path: fmt.Sprintf("/filler/%d", i), Setting: w.Settings[i%len(w.Settings)]})
	}
	return w
}

func newChanging(t *testing.T) *changing {
	t.Helper()
	c := &changing{t: t, u: newUpstream(t)}
	c.p, c.target = serve(t, worldOf(0).Document(c.u.URL), false)
	c.probe = &Conn{Addr: c.target.Addr, Peer: "127.0.0.1"}
	t.Cleanup(c.probe.Close)
	return c
}

// A way to save a file, as editors and tools do it.
type saving func(path string, data []byte) error

var savings = map[string]saving{
	"rename and replace": func(path string, data []byte) error {
		temp := filepath.Join(filepath.Dir(path), ".new")
		return errors.Join(os.WriteFile(temp, data, 0o644), os.Rename(temp, path))
	},
	"write in place": func(path string, data []byte) error { return os.WriteFile(path, data, 0o644) },
	"move away and write": func(path string, data []byte) error {
		return errors.Join(os.Rename(path, path+"~"), os.WriteFile(path, data, 0o644))
	},
}

// save writes the next version and returns how long it took to be live.
func (c *changing) save(how saving) (time.Duration, error) {
	n := c.written.Add(1)
	document := []byte(worldOf(n).Document(c.u.URL))
	start := time.Now()
	if err := how(c.p.Config, document); err != nil {
		return 0, err
	}
	want := fmt.Sprintf("X-Version-%d", n)
	for {
		q := &Question{ID: int(c.lastID.Add(1)), World: worldOf(n), Peer: "127.0.0.1", Method: "GET", Target: "/flip/item/7", Host: "api.test", Answer: "plain"}
		q.add("Origin", friend)
		a, err := c.probe.Ask(q)
		if err != nil {
			return 0, err
		}
		c.u.Taken(q.ID)
		took := time.Since(start)
		if strings.EqualFold(a.Header.Get("Access-Control-Expose-Headers"), want) {
			c.confirmed.Store(n)
			return took, nil
		}
		if took > patience {
			return 0, fmt.Errorf("version %d is not live after %v: %q; the log:\n%s", n, took, a.Header, c.p.Log())
		}
	}
}

// traffic asks questions until stopped, each judged by the versions that were
// possible while it was under way. stop returns how many were asked and how
// many connections that took.
func (c *changing) traffic(workers int) (stop func() (asked, dialled int64)) {
	var asked, dialled, failed atomic.Int64
	var wg sync.WaitGroup
	done := make(chan struct{})
	for i := range workers {
		questions := changingQuestions(uint64(i))
		wg.Go(func() {
			conn := &Conn{Addr: c.target.Addr, Peer: "127.0.0.1"}
			defer func() {
				dialled.Add(int64(conn.Dialled))
				conn.Close()
			}()
			for n := 0; failed.Load() < 5; n++ {
				select {
				case <-done:
					return
				default:
				}
				q := *questions[n%len(questions)]
				q.ID = int(c.lastID.Add(1))
				if problem := c.ask(conn, &q); problem != "" {
					failed.Add(1)
					c.t.Errorf("%s\n    %s", &q, problem)
				}
				asked.Add(1)
			}
		})
	}
	return func() (int64, int64) {
		close(done)
		wg.Wait()
		return asked.Load(), dialled.Load()
	}
}

// changingQuestions are some for all settings of version 0, and some for the
// one setting that changes.
func changingQuestions(seed uint64) []*Question {
	id := 0
	g := &generator{rng: rand.New(rand.NewPCG(seed, 3)), world: worldOf(0), nextID: &id}
	for len(g.out) < 2000 {
		g.sample()
	}
	flip := g.world.Settings[len(g.world.Settings)-1]
	for range 500 {
		origin := lines{pick(g, []string{friend, "https://of-version-0.example.com", "https://of-version-1.example.com"})}
		g.request(flip, "api.test", "GET", origin, metadata{})
		g.preflight(flip, "api.test", origin, lines{"PUT"}, nil)
	}
	g.rng.Shuffle(len(g.out), func(i, j int) { g.out[i], g.out[j] = g.out[j], g.out[i] })
	return g.out
}

// ask returns what is wrong with the answer by every version it may be of.
func (c *changing) ask(conn *Conn, q *Question) string {
	from := c.confirmed.Load()
	a, err := conn.Ask(q)
	if err != nil {
		return err.Error()
	}
	to := c.written.Load()
	rec := c.u.Taken(q.ID)
	problem := ""
	for n := from; n <= to; n++ {
		q.World = worldOf(n)
		_, diffs := Judge(q, a, rec)
		if len(diffs) == 0 {
			return ""
		}
		problem += fmt.Sprintf("by version %d: %v; ", n, diffs)
	}
	return fmt.Sprintf("%s→ %d %q", problem, a.Status, a.Header)
}

// soon is how long a saved document may take to be enforced: the promise where
// CONCORS_TIMES is set, for a machine without other work; else as long as
// anything may take.
func soon() time.Duration {
	if os.Getenv("CONCORS_TIMES") != "" {
		return 100 * time.Millisecond
	}
	return patience
}

// "A saved document is enforced within 100 ms", however it is saved, and no
// request fails meanwhile.
func TestSavedFileIsLiveSoon(t *testing.T) {
	for name, how := range savings {
		t.Run(name, func(t *testing.T) {
			c := newChanging(t)
			stop := c.traffic(1)
			var took []time.Duration
			for range 10 {
				d, err := c.save(how)
				if err != nil {
					t.Error(err)
					break
				}
				took = append(took, d)
			}
			asked, _ := stop()
			slices.Sort(took)
			t.Logf("live after %v, with %d requests meanwhile", took, asked)
			// The median: the machine has other work too.
			if len(took) > 0 && took[len(took)/2] > soon() {
				t.Errorf("want within %v, took %v at the median", soon(), took[len(took)/2])
			}
		})
	}
}

// malformed spoils a document in a way of its own.
var malformed = []func(document string) string{
	func(string) string { return "endpoints: [\n" },
	func(d string) string { return d[:len(d)/2] + "\n\t- {" },
	func(d string) string { return d + "no_such_key: 1\n" },
	func(d string) string { return strings.Replace(d, "allow: selected", "allow: selektiert", 1) },
	func(d string) string { return strings.Replace(d, friend, "docs.example.com/", 1) },
	func(d string) string { return d + "  - endpoint: GET /flip/item/{other}\n" },
	func(string) string { return "\x00\xff\xfe" },
	func(string) string { return "" },
}

// "A broken file never replaces the last good document, and says so in log and
// metric."
func TestBrokenFileIsReportedAndIgnored(t *testing.T) {
	for i, spoil := range malformed {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			c := newChanging(t)
			problems, metrics := len(c.p.Problems()), loadMetrics(get(t, c.p, "/metrics", 200))
			broken := spoil(worldOf(0).Document(c.u.URL))
			if err := savings["rename and replace"](c.p.Config, []byte(broken)); err != nil {
				t.Fatal(err)
			}
			logged, counted := false, false
			for start := time.Now(); (!logged || !counted) && time.Since(start) < patience; {
				logged = len(c.p.Problems()) > problems
				counted = loadMetrics(get(t, c.p, "/metrics", 200)) != metrics
			}
			if !logged || !counted {
				t.Errorf("said in the log: %v; in a metric about documents: %v; the document:\n%.200s\nthe log:\n%s", logged, counted, broken, c.p.Log())
			}
			for _, q := range changingQuestions(1)[:100] {
				q.ID = int(c.lastID.Add(1))
				if problem := c.ask(c.probe, q); problem != "" {
					t.Errorf("%s\n    %s", q, problem)
				}
			}
			if _, err := c.save(savings["rename and replace"]); err != nil {
				t.Errorf("the next good document: %v", err)
			}
		})
	}
}

// loadMetrics are the lines that may speak of a load that failed.
func loadMetrics(metrics string) string {
	var out []string
	for line := range strings.Lines(metrics) {
		if strings.HasPrefix(line, "concors_") && !strings.Contains(line, "second") &&
			slices.ContainsFunc([]string{"document", "config", "load", "store"}, func(word string) bool { return strings.Contains(line, word) }) {
			out = append(out, line)
		}
	}
	return strings.Join(out, "")
}

// TestLoad is full-speed traffic with a change every second, and a malformed
// document before every third: nothing fails, nothing is judged by half of a
// change, no connection is dropped, and memory stays flat.
func TestLoad(t *testing.T) {
	length := environment(t, "CONCORS_LOAD", time.ParseDuration, 3*time.Second)
	c := newChanging(t)
	stop := c.traffic(4)
	ticks := time.NewTicker(time.Second) // the load's own rhythm
	defer ticks.Stop()
	var took []time.Duration
	var memory []int
	for end := time.Now().Add(length); time.Now().Before(end); <-ticks.C {
		n := c.written.Load()
		if n%3 == 2 {
			broken := malformed[int(n)%len(malformed)](worldOf(n).Document(c.u.URL))
			if err := savings["rename and replace"](c.p.Config, []byte(broken)); err != nil {
				t.Fatal(err)
			}
			<-ticks.C // traffic meets the broken file
		}
		d, err := c.save(savings["rename and replace"])
		if err != nil {
			t.Error(err)
			break
		}
		kib, err := c.p.MemoryKiB()
		if err != nil {
			t.Fatal(err)
		}
		took, memory = append(took, d), append(memory, kib)
	}
	asked, dialled := stop()
	if len(took) == 0 {
		t.Fatal("there was no change")
	}
	slices.Sort(took)
	t.Logf("%d requests in %v over %d connections; %d changes, live after %v at the median and %v at most; memory in KiB: %v",
		asked, length, dialled, len(took), took[len(took)/2], took[len(took)-1], memory)
	if dialled > 4 {
		t.Errorf("%d connections for 4 clients: some were dropped", dialled)
	}
	if median := took[len(took)/2]; median > soon() {
		t.Errorf("a saved document was live after %v at the median, want within %v", median, soon())
	}
	// The first third warms up.
	if warm, last := memory[len(memory)/3], memory[len(memory)-1]; last > warm+warm/2+16<<10 {
		t.Errorf("memory grew from %d to %d KiB", warm, last)
	}
}

// "With no connection dropped": a socket that is open outlives the document it
// was opened under.
func TestOpenSocketSurvivesChanges(t *testing.T) {
	c := newChanging(t)
	c.u.Handle("/flip/anything", c.u.Socket)
	q := &Question{ID: 1, World: worldOf(0), Peer: "127.0.0.1", Method: "GET", Target: "/flip/anything", Host: "api.test", Answer: "socket"}
	q.add("Origin", "https://of-version-0.example.com")
	q.add("Upgrade", "websocket")
	q.add("Connection", "Upgrade")
	q.add("Sec-WebSocket-Version", "13")
	q.add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
	socket, err := Dial(c.target.Addr, q.Peer, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	if _, err := socket.Write(q.raw()); err != nil {
		t.Fatal(err)
	}
	br := bufio.NewReader(socket)
	a, _, err := ReadAnswer(br, "GET")
	if err != nil || a.Status != 101 {
		t.Fatalf("want 101, got %v, %v", a, err)
	}
	for range 3 {
		if _, err := c.save(savings["rename and replace"]); err != nil {
			t.Fatal(err)
		}
		echo := make([]byte, len(frame))
		if _, err := socket.Write(frame); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(br, echo); err != nil || !bytes.Equal(echo, frame) {
			t.Fatalf("after version %d: %q, %v", c.confirmed.Load(), echo, err)
		}
	}
}
