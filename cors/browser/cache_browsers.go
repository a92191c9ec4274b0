package browser

import (
	"time"

	"github.com/concors/concors/cors/internal/fetchspec"
)

// wholeStore remembers the last answer for each page and URL as a whole, as
// Chromium and WebKit do. An answer that does not cover a request is forgotten
// at once; a new one replaces the old instead of adding to it.
type wholeStore struct {
	answers map[cacheKey]wholeAnswer
	// chromium: "*" does not cover Authorization when an answer is used again,
	// although it does when it arrives; long URLs and requests whose origin is
	// "null" are not remembered.
	chromium bool
}

type wholeAnswer struct {
	credentials      bool
	methods, headers list
	expires          time.Time
}

func newChromiumStore() preflightStore {
	return &wholeStore{answers: make(map[cacheKey]wholeAnswer), chromium: true}
}

func newWebKitStore() preflightStore {
	return &wholeStore{answers: make(map[cacheKey]wholeAnswer)}
}

// plain keys on the page's origin: Firefox and WebKit do not look at the
// redirect-taint here.
func (q *cacheQuery) plain() cacheKey {
	return cacheKey{q.key.partition, q.plainOrigin, q.key.url}
}

// maxWholeURL is the URL length from which Chromium remembers nothing.
const maxWholeURL = 1024

func (s *wholeStore) match(q *cacheQuery) bool {
	key := q.plain()
	if q.key.origin == "null" && (s.chromium || q.plainOrigin != "null") {
		return false // an opaque origin is the same as no other
	}
	a, ok := s.answers[key]
	if !ok {
		return false
	}
	if q.now.Before(a.expires) && s.covers(&a, q) {
		return true
	}
	delete(s.answers, key)
	return false
}

func (s *wholeStore) covers(a *wholeAnswer, q *cacheQuery) bool {
	if q.include && !a.credentials {
		return false
	}
	wild := !a.credentials
	if !s.chromium {
		wild = !q.include
	}
	if !fetchspec.IsCORSSafelistedMethod(q.method) && !a.methods.has(q.method) && !(wild && a.methods.has("*")) {
		return false
	}
	wild = wild && a.headers.has("*")
	for _, name := range q.unsafe {
		if a.headers.hasFold(name) || wild && !(s.chromium && fetchspec.IsCORSNonWildcardRequestHeader(name)) {
			continue
		}
		return false
	}
	return true
}

func (s *wholeStore) put(q *cacheQuery, p *preflightAnswer) {
	if s.chromium && (q.key.origin == "null" || len(q.key.url) >= maxWholeURL) || q.key.origin == "null" && q.plainOrigin != "null" {
		return
	}
	s.answers[q.plain()] = wholeAnswer{q.include, p.methods, p.headers, q.now.Add(p.maxAge)}
}

// clear does nothing: a failure later on does not make these browsers forget.
func (s *wholeStore) clear(*cacheQuery) {}

// firefoxStore remembers each method and header name with its own expiry, apart
// for requests with and without credentials. It takes "*" for a name, so that a
// wildcard is never remembered.
type firefoxStore struct {
	entries map[firefoxKey]*firefoxEntry
	uses    int
}

// maxFirefox is how many answers Firefox remembers. The one that was used least
// recently goes first.
const maxFirefox = 100

func (s *firefoxStore) use(e *firefoxEntry) {
	s.uses++
	e.used = s.uses
}

func (s *firefoxStore) dropOldest() {
	var oldest firefoxKey
	least := s.uses + 1
	for key, e := range s.entries {
		if e.used < least {
			oldest, least = key, e.used
		}
	}
	delete(s.entries, oldest)
}

type firefoxKey struct {
	cacheKey
	include bool
}

type firefoxEntry struct {
	methods, headers map[string]time.Time
	used             int
}

func newFirefoxStore() preflightStore {
	return &firefoxStore{entries: make(map[firefoxKey]*firefoxEntry)}
}

func (s *firefoxStore) match(q *cacheQuery) bool {
	e := s.entries[firefoxKey{q.plain(), q.include}]
	if e == nil {
		return false
	}
	s.use(e)
	// GET and POST are never looked up; HEAD is.
	if q.method != "GET" && q.method != "POST" && !q.now.Before(e.methods[q.method]) {
		return false
	}
	for _, name := range q.unsafe {
		if !e.hasHeader(name, q.now) {
			return false
		}
	}
	return true
}

func (e *firefoxEntry) hasHeader(name string, now time.Time) bool {
	for h, expires := range e.headers {
		if fetchspec.EqualFold(h, name) && now.Before(expires) {
			return true
		}
	}
	return false
}

func (s *firefoxStore) put(q *cacheQuery, p *preflightAnswer) {
	if !p.cacheable {
		return
	}
	key := firefoxKey{q.plain(), q.include}
	e := s.entries[key]
	if e == nil {
		if len(s.entries) == maxFirefox {
			s.dropOldest()
		}
		e = &firefoxEntry{methods: make(map[string]time.Time), headers: make(map[string]time.Time)}
		s.entries[key] = e
	}
	s.use(e)
	expires := q.now.Add(p.maxAge)
	for _, m := range p.methods.items {
		e.methods[m] = expires
	}
	for _, h := range p.headers.items {
		e.headers[h] = expires
	}
}

func (s *firefoxStore) clear(q *cacheQuery) {
	delete(s.entries, firefoxKey{q.plain(), true})
	delete(s.entries, firefoxKey{q.plain(), false})
}
