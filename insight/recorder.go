package insight

import (
	"cmp"
	"hash/maphash"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/concors/concors/cors"
)

// Sizes of a [Recorder]. A key takes at most some 700 bytes, so the counts stay
// below 6 MiB whatever is sent.
const (
	shards     = 8
	kinKeys    = 256 // in each shard, for the owner's kin
	otherKeys  = 768 // in each shard, for all others
	maxOrigin  = 512 // bytes of an origin that are kept; the library refuses longer ones
	recentSize = 256
)

// Keys is how many keys a [Recorder] can tell apart.
const Keys = shards * (kinKeys + otherKeys)

// An Outcome is what became of a foreign request.
type Outcome uint8

const (
	Allowed  Outcome = iota // it ran
	Refused                 // it was refused
	Observed                // it ran because its endpoint only observes; it would have been refused
)

// String returns allowed, refused or observed.
func (o Outcome) String() string { return [...]string{"allowed", "refused", "observed"}[o] }

// A Key is what is counted apart.
type Key struct {
	Origin   string // as sent, at most 512 bytes; empty: none was sent
	Endpoint string // pattern; empty: no endpoint takes the method
	Outcome  Outcome
	Reason   cors.Reason // empty if allowed
}

// A Count is how often a key came. The true number lies between Count and
// Count + Error.
type Count struct {
	Key
	Count       uint64
	Error       uint64
	First, Last time.Time // of the requests counted in Count, by the clock as it goes now
}

// A Recorder counts decisions about foreign requests by origin, endpoint and
// reason, keeps the last ones and hands them to subscribers. Requests of the
// API's own pages, of clients that are no browsers, and of visitors who follow
// a link are not counted. It is safe for concurrent use; its memory is bounded.
type Recorder struct {
	watch  *stopwatch
	since  time.Time
	seed   maphash.Seed
	isKin  atomic.Pointer[func(origin string) bool] // nil: nobody is
	shards [shards]shard
	hours  hours
	recent recent
}

// A shard counts the owner's kin apart from all others, so that strangers who
// send a flood of origins do not push them out.
type shard struct {
	mu     sync.Mutex
	kin    *summary // guarded by mu
	others *summary // guarded by mu
	_      [40]byte // shards do not share a cache line
}

// of returns the summary that counts key. Precondition: mu is held.
func (sh *shard) of(key Key, isKin *func(string) bool) *summary {
	switch {
	case sh.others.byKey[key] != nil:
		return sh.others
	case sh.kin.byKey[key] != nil, isKin != nil && (*isKin)(key.Origin):
		return sh.kin
	}
	return sh.others
}

// NewRecorder returns an empty recorder. now is the clock; nil: time.Now. If it
// is set, how long ago something happened stays true.
func NewRecorder(now func() time.Time) *Recorder {
	if now == nil {
		now = time.Now
	}
	r := &Recorder{watch: newStopwatch(now), seed: maphash.MakeSeed()}
	r.since = r.watch.last
	r.hours.offset = time.Duration(r.since.Unix()%3600) * time.Second
	for i := range r.shards {
		r.shards[i].kin, r.shards[i].others = newSummary(kinKeys), newSummary(otherKeys)
	}
	return r
}

// SetKin says which origins look like the owner's own: a quarter of the memory
// is for them. isKin is called concurrently, once for each new key, and must be
// quick.
func (r *Recorder) SetKin(isKin func(origin string) bool) { r.isKin.Store(&isKin) }

// Since returns when counting began.
func (r *Recorder) Since() time.Time { return r.since }

// Record takes note of the decision d about req. Pattern is that of the
// endpoint, empty if there is none. It keeps neither req nor d.
func (r *Recorder) Record(req *http.Request, pattern string, d *cors.Decision) {
	if !d.Foreign {
		return
	}
	key := Key{Origin: d.Origin(), Endpoint: pattern}
	method, preflight := cors.Preflight(req)
	if !preflight {
		method = req.Method
	}
	switch {
	case d.Verdict == cors.Refuse && d.Observed:
		key.Outcome, key.Reason = Observed, d.Reason
	case d.Verdict == cors.Refuse:
		key.Outcome, key.Reason = Refused, d.Reason
	case key.Origin == "" && !d.Anonymous:
		return // a visitor follows a link
	}
	key.Origin = cut(key.Origin, maxOrigin)
	passed, now := r.watch.read()
	if d.Verdict != cors.AnswerPreflight { // what it announces is counted when it comes
		sh := &r.shards[r.hash(&key)%shards]
		sh.mu.Lock()
		sh.of(key, r.isKin.Load()).add(key, passed)
		sh.mu.Unlock()
		r.hours.add(pattern, key.Outcome, passed)
	}
	r.recent.add(Decision{
		Time: now, Method: cut(method, maxMethod), Preflight: preflight, Key: key,
	})
}

func (r *Recorder) hash(k *Key) uint64 {
	return maphash.String(r.seed, k.Origin) + 31*maphash.String(r.seed, k.Endpoint)
}

// maxMethod is how many bytes of a method are kept; the longest registered one
// has 17.
const maxMethod = 32

// Counts returns all counts, the largest first.
func (r *Recorder) Counts() []Count {
	var list []Count
	passed, now := r.watch.read()
	for i := range r.shards {
		sh := &r.shards[i]
		sh.mu.Lock()
		for _, s := range []*summary{sh.kin, sh.others} {
			for _, c := range s.heap {
				list = append(list, Count{
					Key: c.key, Count: c.count - c.error, Error: c.error,
					First: now.Add(c.first - passed), Last: now.Add(c.last - passed),
				})
			}
		}
		sh.mu.Unlock()
	}
	slices.SortFunc(list, func(a, b Count) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), b.Last.Compare(a.Last),
			cmp.Compare(a.Endpoint, b.Endpoint), cmp.Compare(a.Origin, b.Origin))
	})
	return list
}

// Full reports whether there may have been more keys than can be told apart.
func (r *Recorder) Full() bool {
	for i := range r.shards {
		sh := &r.shards[i]
		sh.mu.Lock()
		full := sh.kin.full() || sh.others.full()
		sh.mu.Unlock()
		if full {
			return true
		}
	}
	return false
}
