package blackbox

import (
	"crypto/tls"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// A Target is where a world is served.
type Target struct {
	Addr string
	TLS  *tls.Config // nil: plain
}

// A Tally is the outcome of a run.
type Tally struct {
	Asked int

	mu    sync.Mutex     // guards what follows during a run
	Cells map[string]int // row | column | Sec-Fetch-Site | protocol → questions
	Wrong map[string]*Mistakes
}

func newTally(questions []*Question) *Tally {
	return &Tally{Asked: len(questions), Cells: map[string]int{}, Wrong: map[string]*Mistakes{}}
}

// Mistakes are the differences of one kind.
type Mistakes struct {
	Count    int
	Examples []string // the first few
}

const keptExamples = 3

// Run asks all the questions with some workers, each with connections of its
// own, and judges each answer as it comes.
func Run(questions []*Question, targets map[string]Target, u *Upstream, workers int) *Tally {
	t := newTally(questions)
	share(questions, workers, func(next <-chan *Question) {
		c := clients{targets: targets, one: map[string]*Conn{}, two: map[string]*Client2{}}
		defer c.close()
		for q := range next {
			a, err := c.ask(q)
			w, d := Expect(q), []Diff(nil)
			if err != nil {
				d = []Diff{{"no answer", err.Error()}}
			} else {
				w, d = Judge(q, a, u.Taken(q.ID))
			}
			t.add(q, &w, a, d)
		}
	})
	return t
}

// share deals the questions out to some workers and waits for them.
func share(questions []*Question, workers int, work func(next <-chan *Question)) {
	next := make(chan *Question)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() { work(next) })
	}
	for _, q := range questions {
		next <- q
	}
	close(next)
	wg.Wait()
}

func (t *Tally) add(q *Question, w *Want, a *Answer, diffs []Diff) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.Cells[cell(q, w)]++
	for _, d := range diffs {
		key := fmt.Sprintf("%s | %s | %s", w.Row, w.Column, d.What)
		m := t.Wrong[key]
		if m == nil {
			m = &Mistakes{}
			t.Wrong[key] = m
		}
		if m.Count++; len(m.Examples) < keptExamples {
			got := ""
			if a != nil {
				got = fmt.Sprintf("\n    → %d %q", a.Status, a.Header)
			}
			m.Examples = append(m.Examples, fmt.Sprintf("%s\n    %s%s", q, d.Text, got))
		}
	}
}

// cell names the place in the table.
func cell(q *Question, w *Want) string {
	site, proto := "without Sec-Fetch-Site", "HTTP/1.1"
	if len(q.values("Sec-Fetch-Site")) > 0 {
		site = "with Sec-Fetch-Site"
	}
	if q.HTTP2 {
		proto = "HTTP/2"
	}
	return strings.Join([]string{w.Row, w.Column, site, proto}, " | ")
}

// String lists the mistakes, the most frequent first.
func (t *Tally) String() string {
	var b strings.Builder
	keys := slices.SortedFunc(maps.Keys(t.Wrong), func(x, y string) int {
		if d := t.Wrong[y].Count - t.Wrong[x].Count; d != 0 {
			return d
		}
		return strings.Compare(x, y)
	})
	for _, k := range keys {
		m := t.Wrong[k]
		fmt.Fprintf(&b, "%6d × %s\n  %s\n", m.Count, k, strings.Join(m.Examples, "\n  "))
	}
	return b.String()
}

// clients are one worker's connections, by world and peer.
type clients struct {
	targets map[string]Target
	one     map[string]*Conn
	two     map[string]*Client2
}

func (c *clients) ask(q *Question) (*Answer, error) {
	key := q.World.Name + " " + q.Peer
	t := c.targets[q.World.Name]
	if q.HTTP2 {
		if c.two[key] == nil {
			c.two[key] = NewClient2(t.Addr, q.Peer, t.TLS)
		}
		return c.two[key].Ask(q)
	}
	if c.one[key] == nil {
		c.one[key] = &Conn{Addr: t.Addr, Peer: q.Peer, TLS: t.TLS}
	}
	return c.one[key].Ask(q)
}

func (c *clients) close() {
	for _, x := range c.one {
		x.Close()
	}
	for _, x := range c.two {
		x.Close()
	}
}
