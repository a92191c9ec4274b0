package api

import (
	"crypto/sha256"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limits of logging in.
const (
	sessionLife = 12 * time.Hour
	maxSessions = 256

	// Of one address, after a few mistakes: one attempt in two seconds. Of all
	// addresses together: ten in a second.
	guessEvery   = 2 * time.Second
	guessBurst   = 5
	guessesTotal = 10
	totalBurst   = 50
	maxGuessers  = 4096
)

// Auth knows who may use the admin side: who has the token, or a session that
// was begun with it. It is safe for concurrent use.
type Auth struct {
	token  TokenHash
	now    func() time.Time
	secure bool // the browser talks TLS to somebody in front of us

	mu       sync.Mutex
	sessions map[[sha256.Size]byte]time.Time // hash of the id to the end; guarded by mu
	guessers map[netip.Addr]*rate.Limiter    // guarded by mu
	total    *rate.Limiter
}

// NewAuth returns the Auth of the token. Secure says that browsers reach the
// admin side over https although this process does not see it. now is the
// clock; nil: time.Now.
func NewAuth(token TokenHash, secure bool, now func() time.Time) *Auth {
	if now == nil {
		now = time.Now
	}
	return &Auth{
		token: token, now: now, secure: secure,
		sessions: make(map[[sha256.Size]byte]time.Time), guessers: make(map[netip.Addr]*rate.Limiter),
		total: rate.NewLimiter(guessesTotal, totalBurst),
	}
}

// An access is the result of an attempt to get in.
type access uint8

const (
	granted access = iota
	denied
	tooFast // denied too, and to be tried later again
)

// enter checks a token that r brought. The right one always gets in, however
// many wrong ones come beside it: whoever guesses must not lock the owner out.
// Wrong ones use up what their address may try, and then are told to wait. That
// tells nothing about the token, and costs no guesser anything: 256 random bits
// are beyond guessing at any speed.
func (a *Auth) enter(r *http.Request, token string) access {
	if a.token.Matches(token) {
		return granted
	}
	now := a.now()
	if a.guesser(r.RemoteAddr).AllowN(now, 1) && a.total.AllowN(now, 1) {
		return denied
	}
	return tooFast
}

// guesser returns the limiter of an address; of IPv6, of the network that one
// customer gets.
func (a *Auth) guesser(remote string) *rate.Limiter {
	var addr netip.Addr
	if ap, err := netip.ParseAddrPort(remote); err == nil {
		addr = ap.Addr().Unmap().WithZone("")
		if addr.Is6() {
			addr = netip.PrefixFrom(addr, 64).Masked().Addr()
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.guessers[addr]
	if l == nil {
		if len(a.guessers) >= maxGuessers {
			clear(a.guessers) // the limit of all together stays
		}
		l = rate.NewLimiter(rate.Every(guessEvery), guessBurst)
		a.guessers[addr] = l
	}
	return l
}

// begin begins a session, sets its cookie and returns its end.
func (a *Auth) begin(w http.ResponseWriter, r *http.Request) time.Time {
	id := newSecret()
	now := a.now()
	end := now.Add(sessionLife)
	a.mu.Lock()
	if len(a.sessions) >= maxSessions {
		a.makeRoom(now)
	}
	a.sessions[sha256.Sum256([]byte(id))] = end
	a.mu.Unlock()
	http.SetCookie(w, a.cookie(r, id, 0))
	return end
}

// makeRoom removes the sessions that have ended, and the oldest one.
// Precondition: mu is held.
func (a *Auth) makeRoom(now time.Time) {
	var oldest [sha256.Size]byte
	var first time.Time
	for id, end := range a.sessions {
		if !end.After(now) {
			delete(a.sessions, id)
		} else if first.IsZero() || end.Before(first) {
			oldest, first = id, end
		}
	}
	if len(a.sessions) >= maxSessions {
		delete(a.sessions, oldest)
	}
}

// end ends the session of r and removes its cookie.
func (a *Auth) end(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(a.cookieName(r)); err == nil {
		a.mu.Lock()
		delete(a.sessions, sha256.Sum256([]byte(c.Value)))
		a.mu.Unlock()
	}
	http.SetCookie(w, a.cookie(r, "", -1))
}

// session returns the end of the session of r, and whether there is one. The
// map is keyed by hashes, so how long a lookup takes tells nothing about ids.
func (a *Auth) session(r *http.Request) (end time.Time, ok bool) {
	c, err := r.Cookie(a.cookieName(r))
	if err != nil {
		return time.Time{}, false
	}
	id := sha256.Sum256([]byte(c.Value))
	a.mu.Lock()
	defer a.mu.Unlock()
	end, ok = a.sessions[id]
	if ok && !end.After(a.now()) {
		delete(a.sessions, id)
		return time.Time{}, false
	}
	return end, ok
}

func (a *Auth) isSecure(r *http.Request) bool { return a.secure || r.TLS != nil }

// cookieName returns the name of the session cookie. Hosts share cookies among
// their ports, so that of plain http has the port in its name: two Concors on
// one machine do not log each other out.
func (a *Auth) cookieName(r *http.Request) string {
	if a.isSecure(r) {
		return "__Host-concors"
	}
	if _, port, err := net.SplitHostPort(r.Host); err == nil {
		return "concors-" + port
	}
	return "concors"
}

func (a *Auth) cookie(r *http.Request, value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: a.cookieName(r), Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: a.isSecure(r), SameSite: http.SameSiteStrictMode,
	}
}

// bearer returns the token in Authorization, if there is one.
func bearer(r *http.Request) (token string, ok bool) {
	lines := r.Header["Authorization"]
	if len(lines) != 1 {
		return "", false
	}
	scheme, token, found := strings.Cut(lines[0], " ")
	return strings.TrimSpace(token), found && strings.EqualFold(scheme, "Bearer")
}
