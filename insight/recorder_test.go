package insight

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/internal/walltime"
)

func compile(t testing.TB, p cors.Policy) *cors.Compiled {
	t.Helper()
	c, err := cors.Compile(p, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// request makes a request with header lines such as "Origin: https://a.example".
func request(method string, lines ...string) *http.Request {
	r := httptest.NewRequest(method, "https://api.example.com/x", nil)
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	return r
}

func record(rec *Recorder, c *cors.Compiled, r *http.Request) {
	d := c.Decide(r)
	rec.Record(r, "GET /x", &d)
}

func TestWhatIsCounted(t *testing.T) {
	none := compile(t, cors.None{})
	selected := compile(t, cors.Selected{Domains: []string{"https://docs.example.com"}})
	observed := compile(t, cors.None{ObserveOnly: true})
	long := "https://" + strings.Repeat("a", 2000) + ".example"
	for _, tc := range []struct {
		name   string
		policy *cors.Compiled
		r      *http.Request
		want   *Key
	}{
		{"own request", none, request("POST", "Origin: https://api.example.com"), nil},
		{"no browser", none, request("POST"), nil},
		{"link on a foreign page", none, request("GET", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"), nil},
		{"allowed preflight", selected, request("OPTIONS", "Origin: https://docs.example.com", "Access-Control-Request-Method: GET"), nil},
		{"allowed request", selected, request("GET", "Origin: https://docs.example.com"), &Key{"https://docs.example.com", "GET /x", Allowed, ""}},
		{"refused request", none, request("GET", "Origin: https://evil.example"), &Key{"https://evil.example", "GET /x", Refused, cors.OriginNotAllowed}},
		{"refused preflight", none, request("OPTIONS", "Origin: https://evil.example", "Access-Control-Request-Method: GET"), &Key{"https://evil.example", "GET /x", Refused, cors.OriginNotAllowed}},
		{"refused image", none, request("GET", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"), &Key{"", "GET /x", Refused, cors.EmbedNotAllowed}},
		{"observed request", observed, request("GET", "Origin: https://evil.example"), &Key{"https://evil.example", "GET /x", Observed, cors.OriginNotAllowed}},
		{"origin that is far too long", none, request("GET", "Origin: "+long), &Key{long[:512], "GET /x", Refused, cors.OriginMalformed}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			rec := NewRecorder(nil)
			record(rec, tc.policy, tc.r)
			counts := rec.Counts()
			switch {
			case tc.want == nil && len(counts) > 0:
				t.Errorf("counted %+v", counts)
			case tc.want != nil && (len(counts) != 1 || counts[0].Key != *tc.want || counts[0].Count != 1 || counts[0].Error != 0):
				t.Errorf("counted %+v, want one %+v", counts, *tc.want)
			}
		})
	}
}

func TestRefusedPreflightIsRemembered(t *testing.T) {
	rec := NewRecorder(nil)
	record(rec, compile(t, cors.None{}), request("OPTIONS", "Origin: https://evil.example", "Access-Control-Request-Method: "+strings.Repeat("X", 900)))
	got := rec.Recent()
	if len(got) != 1 || !got[0].Preflight || len(got[0].Method) != 32 || got[0].ID != 1 || got[0].Outcome != Refused {
		t.Errorf("got %+v", got)
	}
}

// A million origins of the greatest length do not take more memory than there
// are counters for, and do not push out who comes often.
func TestMemoryIsBounded(t *testing.T) {
	none := compile(t, cors.None{})
	rec := NewRecorder(nil)
	rec.SetKin(func(origin string) bool { return strings.HasSuffix(origin, ".kin.example") })
	record(rec, none, request("GET", "Origin: https://once.kin.example"))
	before := heap()
	pad := strings.Repeat("a", 470)
	regular := request("GET", "Origin: https://regular.example")
	for i := range 1_000_000 {
		r := &http.Request{Method: "GET", Host: "api.example.com", Header: http.Header{"Origin": {fmt.Sprintf("https://%s%d.example", pad, i)}}}
		record(rec, none, r)
		if i%100 == 0 {
			record(rec, none, regular)
		}
	}
	used := heap() - before
	t.Logf("%d bytes for %d keys", used, len(rec.Counts()))
	if limit := int64(8 << 20); used > limit {
		t.Errorf("a million origins take %d bytes, limit %d", used, limit)
	}
	if n := len(rec.Counts()); n > Keys || !rec.Full() {
		t.Errorf("%d keys, limit %d, full: %v", n, Keys, rec.Full())
	}
	if c := find(rec, "https://regular.example"); c.Count > 10_000 || c.Count+c.Error < 10_000 {
		t.Errorf("counted %d to %d, want 10000 within", c.Count, c.Count+c.Error)
	}
	if c := find(rec, "https://once.kin.example"); c.Count != 1 || c.Error != 0 {
		t.Errorf("the owner's kin was counted %d with error %d, want 1", c.Count, c.Error)
	}
}

func find(rec *Recorder, origin string) Count {
	for _, c := range rec.Counts() {
		if c.Origin == origin {
			return c
		}
	}
	return Count{}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestConcurrentUse(t *testing.T) {
	rec := NewRecorder(nil)
	none := compile(t, cors.None{})
	var all sync.WaitGroup
	for w := range 4 {
		all.Go(func() {
			for i := range 2000 {
				record(rec, none, request("GET", fmt.Sprintf("Origin: https://%d-%d.example", w, i%50)))
			}
		})
	}
	all.Go(func() {
		for range 50 {
			rec.Counts()
			rec.Recent()
			rec.Activity("GET /x")
		}
	})
	all.Wait()
	var sum uint64
	for _, c := range rec.Counts() {
		sum += c.Count
	}
	if a := rec.Activity("GET /x"); sum != 8000 || a.Refused != 8000 {
		t.Errorf("counted %d and %d, want 8000", sum, a.Refused)
	}
}

func TestActivityTurnsWithTheHours(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 30, 0, 0, time.UTC)
	rec := NewRecorder(func() time.Time { return now })
	none := compile(t, cors.None{})
	foreign := request("GET", "Origin: https://evil.example")
	record(rec, none, foreign)
	record(rec, none, foreign)
	now = now.Add(3 * time.Hour)
	record(rec, none, foreign)
	a := rec.Activity("GET /x")
	if a.Refused != 3 || a.Hours[Hours-1] != 1 || a.Hours[Hours-4] != 2 || !a.LastRefused.Equal(now) {
		t.Errorf("got %+v", a)
	}
	now = now.Add(21 * time.Hour) // the first hour has left
	if a := rec.Activity("GET /x"); a.Refused != 1 {
		t.Errorf("got %+v, want one refusal", a)
	}
	now = now.Add(1000 * time.Hour)
	if a := rec.Activity("GET /x"); a.Refused != 0 {
		t.Errorf("got %+v, want none", a)
	}
	if a := rec.Activity("GET /other"); a.Refused != 0 {
		t.Errorf("got %+v for an unknown endpoint", a)
	}
	rec.Retain(func(string) bool { return false })
	if a := rec.Activity("GET /x"); !a.LastRefused.IsZero() {
		t.Errorf("got %+v after it was forgotten", a)
	}
}

func TestFollowTellsWhatItMissed(t *testing.T) {
	rec := NewRecorder(nil)
	none := compile(t, cors.None{})
	foreign := request("GET", "Origin: https://evil.example")
	record(rec, none, foreign) // before: not followed
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	follow := rec.Follow(ctx)
	record(rec, none, foreign)
	record(rec, none, foreign)
	round := 0
	for batch, missed := range follow {
		round++
		switch round {
		case 1:
			if len(batch) != 2 || missed != 0 || batch[0].ID != 2 {
				t.Errorf("first round: %d decisions from %d, missed %d", len(batch), batch[0].ID, missed)
			}
			for range 1000 { // while this round is looked at
				record(rec, none, foreign)
			}
		case 2:
			if len(batch) != recentSize || missed != 1000-recentSize {
				t.Errorf("second round: %d decisions, missed %d", len(batch), missed)
			}
			go record(rec, none, foreign) // wakes who waits
		case 3:
			cancel()
		default:
			t.Fatal("the feed goes on after its end")
		}
	}
	if round != 3 {
		t.Errorf("%d rounds, want 3", round)
	}
}

func BenchmarkRecord(b *testing.B) {
	none, selected := compile(b, cors.None{}), compile(b, cors.Selected{Domains: []string{"https://docs.example.com"}})
	for _, bm := range []struct {
		name   string
		policy *cors.Compiled
		r      *http.Request
	}{
		{"own", none, request("GET")},
		{"allowed", selected, request("GET", "Origin: https://docs.example.com")},
		{"refused", none, request("GET", "Origin: https://evil.example")},
	} {
		b.Run(bm.name, func(b *testing.B) {
			rec := NewRecorder(nil)
			d := bm.policy.Decide(bm.r)
			b.ReportAllocs()
			for b.Loop() {
				rec.Record(bm.r, "GET /x", &d)
			}
		})
	}
	b.Run("flood of new origins", func(b *testing.B) {
		rec := NewRecorder(nil)
		var decisions [1 << 15]cors.Decision
		for i := range decisions {
			decisions[i] = none.Decide(request("GET", fmt.Sprintf("Origin: https://%d.example", i)))
		}
		r := request("GET")
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			rec.Record(r, "GET /x", &decisions[i%len(decisions)])
			i++
		}
	})
	b.Run("refused, in parallel", func(b *testing.B) {
		rec := NewRecorder(nil)
		r := request("GET", "Origin: https://evil.example")
		d := none.Decide(r)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				rec.Record(r, "GET /x", &d)
			}
		})
	})
}

// A clock that is set does not touch what happened in the last 24 hours.
func TestClockThatIsSet(t *testing.T) {
	start := time.Date(2026, 11, 23, 10, 30, 0, 0, time.UTC)
	none := compile(t, cors.None{})
	foreign := request("GET", "Origin: https://evil.example")
	for _, tc := range []struct {
		name string
		set  time.Duration
	}{
		{"back by minutes", -10 * time.Minute},
		{"back by hours", -5 * time.Hour},
		{"back by years", -10 * 365 * 24 * time.Hour},
	} {
		t.Run(tc.name, func(t *testing.T) {
			now := start
			rec := NewRecorder(func() time.Time { return now })
			refuse := func() { record(rec, none, foreign) }
			refuse()
			now = now.Add(2 * time.Hour)
			refuse()
			now = now.Add(tc.set)
			a := rec.Activity("GET /x")
			if a.Refused != 2 || a.Hours[Hours-1] != 1 || a.Hours[Hours-3] != 1 || !a.LastRefused.Equal(now) {
				t.Errorf("at once: %+v at %v", a, now)
			}
			now = now.Add(3 * time.Hour)
			refuse()
			a = rec.Activity("GET /x")
			if a.Refused != 3 || a.Hours[Hours-1] != 1 || a.Hours[Hours-4] != 1 || a.Hours[Hours-6] != 1 || !a.LastRefused.Equal(now) {
				t.Errorf("three hours later: %+v at %v", a, now)
			}
			if c := rec.Counts()[0]; !c.Last.Equal(now) || !c.First.Equal(now.Add(-5*time.Hour)) {
				t.Errorf("first %v, last %v at %v", c.First, c.Last, now)
			}
			now = now.Add(22 * time.Hour) // the first two have left
			if a = rec.Activity("GET /x"); a.Refused != 1 {
				t.Errorf("a day later: %+v", a)
			}
			now = now.Add(3 * time.Hour)
			if a = rec.Activity("GET /x"); a.Refused != 0 {
				t.Errorf("more than a day later: %+v", a)
			}
		})
	}
}

// The real clock has a monotonic reading, so it can be set forward too. A clock
// without one would seem to have waited.
func TestStopwatchGoesByTheMonotonicClock(t *testing.T) {
	now := time.Now()
	w := newStopwatch(func() time.Time { return now })
	for _, set := range []time.Duration{100 * time.Hour, -200 * time.Hour, 24 * time.Hour} {
		before, _ := w.read()
		now = walltime.Set(now, set)
		if passed, _ := w.read(); passed != before {
			t.Errorf("set by %v: %v passed", set, passed-before)
		}
		now = now.Add(time.Minute)
		if passed, _ := w.read(); passed != before+time.Minute {
			t.Errorf("a minute after it was set by %v: %v passed", set, passed-before)
		}
	}
}
