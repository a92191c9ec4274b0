package browser

import (
	"sync"
	"time"

	"github.com/concors/concors/cors/internal/fetchspec"
)

// PreflightCache is a CORS-preflight cache (#cors-preflight-cache): what a
// browser remembers of preflight answers. The zero value is empty and ready.
// Each profile has a memory of its own kind, and a cache is used by one
// profile only: using it with another empties it. It may be used by several
// goroutines at once.
type PreflightCache struct {
	mu     sync.Mutex
	prof   *behaviour     // guarded by mu
	memory preflightStore // guarded by mu
}

// A preflightStore is one browser's way of remembering.
type preflightStore interface {
	// match reports whether the request needs no preflight.
	match(q *cacheQuery) bool
	// put remembers what a preflight permitted.
	put(q *cacheQuery, p *preflightAnswer)
	// clear forgets after a failure.
	clear(q *cacheQuery)
}

// A cacheKey says whose answer it is (#concept-cache).
type cacheKey struct{ partition, origin, url string }

// A cacheQuery is a request as a preflightStore sees it.
type cacheQuery struct {
	key         cacheKey
	plainOrigin string // the page's origin, even if the request is tainted
	include     bool
	method      string
	forced      bool     // the use-CORS-preflight flag
	unsafe      []string // the CORS-unsafe request-header names
	now         time.Time
}

func (f *fetch) cacheQuery(unsafe []string) *cacheQuery {
	r := &f.req
	return &cacheQuery{
		key:         cacheKey{f.page.top.site(), r.serializedOrigin(), r.url().String()},
		plainOrigin: r.originText,
		include:     r.credentials == Include,
		method:      r.method,
		forced:      r.useCORSPreflight,
		unsafe:      unsafe,
		now:         f.now(),
	}
}

// with runs do on the store of f's profile.
func (c *PreflightCache) with(f *fetch, do func(preflightStore)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.prof != f.prof {
		c.prof, c.memory = f.prof, f.prof.newCache()
	}
	do(c.memory)
}

func (c *PreflightCache) match(f *fetch, unsafe []string) (hit bool) {
	q := f.cacheQuery(unsafe)
	c.with(f, func(s preflightStore) { hit = s.match(q) })
	return hit
}

func (c *PreflightCache) store(f *fetch, p *preflightAnswer) {
	q := f.cacheQuery(nil)
	c.with(f, func(s preflightStore) { s.put(q, p) })
}

func (c *PreflightCache) clear(f *fetch) {
	q := f.cacheQuery(nil)
	c.with(f, func(s preflightStore) { s.clear(q) })
}

// forgetPreflights is "clear cache entries" (#concept-cache-clear).
func (f *fetch) forgetPreflights() {
	if f.b.Preflights != nil {
		f.b.Preflights.clear(f)
	}
}

// forgetAfter is Firefox' way to forget: what is remembered of the URL that was
// asked last.
func (f *fetch) forgetAfter(fail *Failure) {
	if f.b.Preflights == nil || f.prof.forgets != forgetsOnFailure || f.asked == nil ||
		f.req.tainting != TypeCORS || fail.Code == RedirectModeError {
		return
	}
	q := f.cacheQuery(nil)
	q.key.url = f.asked.String()
	f.b.Preflights.with(f, func(s preflightStore) { s.clear(q) })
}

// Clear empties the cache.
func (c *PreflightCache) Clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.prof, c.memory = nil, nil
}

// standardStore is the standard's list of cache entries: one per method and one
// per header name.
type standardStore struct {
	entries map[cacheKey][]standardEntry
}

type standardEntry struct {
	credentials    bool
	method, header string // one of them is ""
	expires        time.Time
}

func newStandardStore() preflightStore {
	return &standardStore{entries: make(map[cacheKey][]standardEntry)}
}

// find returns the first entry with a "cache entry match"
// (#concept-cache-match) that fits and has not expired, nil if there is none.
func (s *standardStore) find(q *cacheQuery, fits func(*standardEntry) bool) *standardEntry {
	entries := s.entries[q.key]
	for i := range entries {
		e := &entries[i]
		if q.now.Before(e.expires) && (e.credentials || !q.include) && fits(e) {
			return e
		}
	}
	return nil
}

// method is a "method cache entry match" (#concept-cache-match-method).
func (s *standardStore) method(q *cacheQuery, method string) *standardEntry {
	return s.find(q, func(e *standardEntry) bool { return e.method == method || e.method == "*" })
}

// header is a "header-name cache entry match" (#concept-cache-match-header).
func (s *standardStore) header(q *cacheQuery, name string) *standardEntry {
	return s.find(q, func(e *standardEntry) bool {
		return e.header != "" && (fetchspec.EqualFold(e.header, name) ||
			e.header == "*" && !fetchspec.IsCORSNonWildcardRequestHeader(name))
	})
}

// match is the condition of HTTP fetch's step 5.1, negated.
func (s *standardStore) match(q *cacheQuery) bool {
	if (q.forced || !fetchspec.IsCORSSafelistedMethod(q.method)) && s.method(q, q.method) == nil {
		return false
	}
	for _, name := range q.unsafe {
		if s.header(q, name) == nil {
			return false
		}
	}
	return true
}

func (s *standardStore) put(q *cacheQuery, p *preflightAnswer) {
	expires := q.now.Add(p.maxAge)
	for _, m := range p.methods.items {
		if e := s.method(q, m); e != nil {
			e.expires = expires
			continue
		}
		s.entries[q.key] = append(s.entries[q.key], standardEntry{credentials: q.include, method: m, expires: expires})
	}
	for _, h := range p.headers.items {
		if e := s.header(q, h); e != nil {
			e.expires = expires
			continue
		}
		s.entries[q.key] = append(s.entries[q.key], standardEntry{credentials: q.include, header: h, expires: expires})
	}
}

func (s *standardStore) clear(q *cacheQuery) { delete(s.entries, q.key) }
