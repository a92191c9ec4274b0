package browser

import (
	"net/http"
	"time"
)

// A Browser is a user agent: a profile and its memory. The zero value behaves
// as the standard says, holds no cookies and remembers no preflights. A
// Browser may be used by several goroutines at once if its parts may.
type Browser struct {
	Profile Profile
	// Cookies are sent and stored. Nil: there are none, and none are kept.
	Cookies *Cookies
	// Preflights remembers preflight answers. Nil: every call that needs a
	// preflight sends one.
	Preflights *PreflightCache
	// Now is the clock. Nil: time.Now.
	Now func() time.Time
}

// Fetch makes page's call and asks answerer to answer each request on the
// wire. The answerer must not follow redirects.
func (b *Browser) Fetch(page Page, call Call, answerer http.RoundTripper) *Result {
	panic("browser: the algorithms follow in the next commits")
}

// Fetch is [Browser.Fetch] of a browser without memory that behaves as the
// standard says.
func Fetch(page Page, call Call, answerer http.RoundTripper) *Result {
	return new(Browser).Fetch(page, call, answerer)
}
