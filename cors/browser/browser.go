package browser

import (
	"context"
	"net/http"
	"time"
)

// A Browser is a user agent: a profile and its memory. The zero value behaves
// as the standard says, holds no cookies and remembers no preflights. A
// Browser may be used by several goroutines at once.
type Browser struct {
	Profile Profile
	// Cookies are sent and stored. Nil: there are none, and none are kept.
	Cookies *Cookies
	// ThirdPartyCookies is the visitor's setting for cookies of other sites.
	ThirdPartyCookies ThirdPartyCookies
	// Preflights remembers preflight answers. Nil: every call that needs a
	// preflight sends one.
	Preflights *PreflightCache
	// Now is the clock. Nil: time.Now.
	Now func() time.Time
}

// Fetch makes page's call as a browser without memory that behaves as the
// standard says, and asks answerer to answer each request on the wire. See
// [Browser.Fetch].
func Fetch(page Page, call Call, answerer http.RoundTripper) *Result {
	return new(Browser).Fetch(context.Background(), page, call, answerer)
}

// Fetch makes page's call and asks answerer to answer each request on the
// wire: [Handler] makes one of an http.Handler, [Recorded] of exchanges that
// happened, and an http.Transport asks the network. The answerer must not
// follow redirects, add headers or keep cookies. ctx is the context of every
// request that it gets.
//
// Fetch never returns nil and does not fail otherwise than by a Result whose
// Blocked is set, mistakes in page and call included.
func (b *Browser) Fetch(ctx context.Context, page Page, call Call, answerer http.RoundTripper) *Result {
	f := &fetch{b: b, ctx: ctx, prof: &behaviours[b.Profile], answerer: answerer}
	f.res.Profile = b.Profile
	f.res.Steps = make([]Step, 0, 16)
	f.res.Exchanges = make([]Exchange, 0, 2)
	res, fail := f.run(&page, &call)
	switch {
	case fail != nil:
		f.res.Blocked = fail
	default:
		f.res.Response = res
	}
	return &f.res
}

// A fetch is one running call: the standard's fetch params.
type fetch struct {
	b        *Browser
	ctx      context.Context
	prof     *behaviour
	answerer http.RoundTripper
	page     client
	req      request
	res      Result

	urls [4]*address // room for req.urls

	base                  *http.Request // what all requests share
	unsafe                []string      // the unsafe names when urls had unsafeFor items
	unsafeFor             int
	preflighted           bool     // a preflight was due before
	firstNames, keptNames []string // see namesToAnnounce
	firstMethod           string   // see restoreHeaders
	firstHeaders          []HeaderField
	writtenType           string   // the Content-Type that the page has set for a body of an XMLHttpRequest
	asked                 *address // the URL that was requested last
	upgradedFrom          *address // the first URL, if it was upgraded to https
	sentOrigin            string   // the Origin of the first request
	referer, firstReferer string   // the Referer of requests from here on, and of the first; "" for none
	lnaSpace              AddressSpace
	uncutReferer          string // see setReferrer
	redirectedBy          *response
	typeGone              bool // see restoreFirst
	http1                 bool // see Call.ServerHTTP1
}

func (f *fetch) now() time.Time {
	if f.b.Now != nil {
		return f.b.Now()
	}
	return time.Now()
}

func (f *fetch) run(page *Page, call *Call) (*Response, *Failure) {
	if fail := f.setClient(page, call); fail != nil {
		return nil, fail
	}
	if fail := f.newRequest(call); fail != nil {
		return nil, fail
	}
	f.lnaSpace, f.http1 = call.ServerAddressSpace, call.ServerHTTP1
	r, fail := f.mainFetch()
	if fail != nil {
		f.forgetAfter(fail)
		return nil, fail
	}
	return f.handover(r)
}

// step records a step that was passed.
func (f *fetch) step(section, format string, args ...string) {
	s := Step{OK: true, Section: section, Exchange: len(f.res.Exchanges) - 1, format: format}
	s.n = copy(s.args[:], args)
	f.res.Steps = append(f.res.Steps, s)
}

// fail records the step that failed.
func (f *fetch) fail(code Code, section, got, want string) *Failure {
	fail := &Failure{Code: code, Section: section, Exchange: len(f.res.Exchanges) - 1, Got: got, Want: want, res: &f.res}
	if len(f.req.urls) > 0 {
		fail.URL, fail.FirstURL = f.req.url().String(), f.req.urls[0].String()
	}
	if fail.Exchange >= 0 {
		fail.Preflight = f.res.Exchanges[fail.Exchange].Preflight
		fail.Status = f.res.Exchanges[fail.Exchange].Status
	}
	fail.Origin = f.req.serializedOrigin()
	fail.Method, fail.Credentials, fail.Kind = f.req.method, f.req.credentials == Include, f.req.kind
	f.res.Steps = append(f.res.Steps, Step{Section: section, Exchange: fail.Exchange, failure: fail})
	return fail
}

// note records something worth knowing that stops nothing.
func (f *fetch) note(code NoteCode, section, subject string) {
	f.res.Notes = append(f.res.Notes, Note{Code: code, Section: section, Exchange: len(f.res.Exchanges) - 1, Subject: subject})
}
