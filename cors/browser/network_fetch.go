package browser

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// sentRequest is a request's headers while they are put together. One array
// backs all values, so that a request costs two allocations, not twelve.
type sentRequest struct {
	header http.Header
	values []string
}

func newSentRequest(extra int) *sentRequest {
	n := 6 + extra // Accept, Referer, Origin, Sec-Fetch-*
	return &sentRequest{header: make(http.Header, n), values: make([]string, 0, n)}
}

// set sets the header key, which is canonical.
func (s *sentRequest) set(key, value string) {
	s.values = append(s.values, value)
	n := len(s.values)
	s.header[key] = s.values[n-1 : n : n]
}

// networkFetch is "HTTP-network-or-cache fetch"
// (#http-network-or-cache-fetch) of the request itself, without a cache.
func (f *fetch) networkFetch() (*response, *Failure) {
	r := &f.req
	s := newSentRequest(len(r.headers))
	for _, h := range r.headers {
		key := http.CanonicalHeaderKey(h.Name)
		if old, ok := s.header[key]; ok {
			switch {
			case f.prof.emptyHeaderReplaces && r.kind == FetchAPI && (old[0] == "" || h.Value == ""):
				old[0] = h.Value
			case !f.prof.singletonHeaders || !isSingleton(key):
				old[0] = strings.TrimRight(old[0]+", "+h.Value, " ") // no server sees a space at the end
			case key != "Content-Type" || !r.hasBody || f.prof.lastTypeAfterRedirect && len(r.urls) > 1: // a body keeps its first type
				old[0] = h.Value
			}
			continue
		}
		s.set(key, h.Value)
	}
	if _, ok := s.header["Accept"]; !ok {
		if accept := kindDefaults[r.kind].accept; accept != "" {
			s.set("Accept", accept)
		}
	}
	// Step 8.4.
	include := r.credentials == Include || r.credentials == SameOriginCredentials && r.tainting == TypeBasic
	if f.prof.redirectsFromFirst && r.mode == NoCORS && r.credentials == SameOriginCredentials && len(r.urls) > 1 {
		include = r.urls[0].origin().sameOrigin(r.origin) // decided once
	}
	if include && !f.embedderAllowsCredentials() {
		include = false
	}
	if r.keepalive && len(r.body) > maxKeepalive {
		return nil, f.fail(KeepaliveTooLarge, "#http-network-or-cache-fetch", strconv.Itoa(len(r.body)), "")
	}
	if ref := f.refererHeader(false); ref != "" {
		s.set("Referer", ref)
	}
	if r.stream && (r.url().scheme == "http" || f.http1) {
		return nil, f.fail(StreamProtocol, "#http-network-fetch", "HTTP/1.1", "HTTP/2")
	}
	f.appendNoCache(s)
	f.appendOrigin(s, include)
	f.appendMetadata(s)
	if r.kind == WebSocket {
		s.set("Connection", "Upgrade")
		s.set("Upgrade", "websocket")
		s.set("Sec-Websocket-Version", "13")
		s.set("Sec-Websocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
	}
	f.appendCookies(s, include)
	return f.exchange(Exchange{
		Method: r.method, URL: r.url().wire(), Header: s.header, HasBody: r.hasBody, Credentials: include,
	}, r.body)
}

// appendNoCache is for requests whose cache mode is "no-store"
// (#http-network-or-cache-fetch step 8.17).
func (f *fetch) appendNoCache(s *sentRequest) {
	if !f.req.conditional || !f.prof.conditionalNoCache {
		return
	}
	for _, name := range [...]string{"Pragma", "Cache-Control"} {
		if _, ok := s.header[name]; !ok {
			s.set(name, "no-cache")
		}
	}
}

// isSingleton reports whether Firefox lets the last value of a header win
// instead of joining them all.
func isSingleton(key string) bool {
	switch key {
	case "Authorization", "Content-Disposition", "Content-Type", "From", "If-Modified-Since",
		"If-Unmodified-Since", "Max-Forwards", "User-Agent":
		return true
	}
	return false
}

// sendPreflight sends the CORS-preflight request (#cors-preflight-fetch, steps
// 1 to 6). It carries no cookies, no body and none of the page's headers.
func (f *fetch) sendPreflight(unsafe []string) (*response, *Failure) {
	r := &f.req
	s := newSentRequest(0)
	s.set("Accept", "*/*")
	s.set("Access-Control-Request-Method", r.method)
	if len(unsafe) > 0 {
		// Joined by "," alone: combine would add a space.
		s.set("Access-Control-Request-Headers", strings.Join(unsafe, ","))
	}
	if ref := f.refererHeader(true); ref != "" {
		s.set("Referer", ref)
	}
	s.set("Origin", f.preflightOrigin())
	if ua, ok := r.get("User-Agent"); ok && f.prof.preflightsUserAgent {
		s.set("User-Agent", ua)
	}
	if f.prof.conditionalPreflights {
		f.appendNoCache(s)
	}
	f.appendPreflightMetadata(s)
	return f.exchange(Exchange{Preflight: true, Method: "OPTIONS", URL: r.url().wire(), Header: s.header}, nil)
}

// exchange sends x over the wire (#http-network-fetch) and records it.
func (f *fetch) exchange(x Exchange, body []byte) (*response, *Failure) {
	if fail := f.localNetworkAccess(); fail != nil {
		return nil, fail
	}
	u := f.req.url()
	if f.base == nil {
		f.base = (&http.Request{Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: http.NoBody}).WithContext(f.ctx)
	}
	req := new(http.Request)
	*req = *f.base
	req.Method, req.URL, req.Host, req.Header = x.Method, u.netURL(), u.hostPort(), cloneHeader(x.Header)
	if x.HasBody {
		req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		if f.req.stream {
			req.ContentLength = -1
		}
	}
	f.asked = u
	answer, err := f.answerer.RoundTrip(req)
	if err == nil && answer == nil {
		err = errors.New("the answerer returned neither an answer nor an error")
	}
	x.Err = err
	if err == nil {
		x.Status, x.ResponseHeader = answer.StatusCode, canonicalized(answer.Header)
	}
	f.res.Exchanges = append(f.res.Exchanges, x)
	if err != nil {
		return nil, f.fail(NetworkError, "#http-network-fetch", err.Error(), "")
	}
	res := &response{status: x.Status, header: x.ResponseHeader, preflight: x.Preflight, url: u, creds: x.Credentials}
	if x.Preflight {
		f.step("#cors-preflight-fetch", "The preflight is answered with status %s.", itoa(x.Status))
	} else {
		f.step("#http-network-fetch", "%s %s is sent and answered with status %s.", x.Method, x.URL, itoa(x.Status))
	}
	if fail := f.twoLocations(res); fail != nil {
		return nil, fail
	}
	if x.Credentials {
		f.storeCookies(res)
	}
	f.readBody(res, answer)
	return res, nil
}

// canonicalized returns h, or a copy of it if a key is not canonical: browsers
// do not care how a server spells names.
func canonicalized(h http.Header) http.Header {
	for k := range h {
		if http.CanonicalHeaderKey(k) != k {
			return canonical(h)
		}
	}
	return h
}

// maxBody is how much of a body is kept for the page to read.
const maxBody = 64 << 10

// readBody takes what the page may want of the body, and no more: a preflight's
// body is never read, nor one that the page cannot see, nor an event stream.
func (f *fetch) readBody(res *response, answer *http.Response) {
	if answer.Body == nil {
		return
	}
	if rec, ok := answer.Body.(*recordedBody); ok {
		res.body = rec.data[:min(len(rec.data), maxBody)]
		return
	}
	r := &f.req
	location, _ := f.location(res)
	wanted := !res.preflight && r.tainting != TypeOpaque &&
		(r.kind == FetchAPI || r.kind == XMLHttpRequest) && !(isRedirectStatus(res.status) && location != "")
	if wanted {
		res.body, res.bodyErr = io.ReadAll(io.LimitReader(answer.Body, maxBody))
	}
	answer.Body.Close()
}

// netURL converts a to what net/http wants.
func (a *address) netURL() *url.URL {
	u := &url.URL{Scheme: a.scheme, Host: a.hostPort(), Path: a.path}
	if a.query != "" {
		u.RawQuery = a.query[1:]
		u.ForceQuery = len(a.query) == 1
	}
	if strings.IndexByte(a.path, '%') >= 0 {
		if p, err := url.PathUnescape(a.path); err == nil {
			u.Path, u.RawPath = p, a.path
		} else {
			// "%zz" is legal in a browser's URL, but not in net/url.
			u.Path, u.Opaque = unescape(a.path), "//"+a.hostPort()+a.path
		}
	}
	return u
}

// cloneHeader copies h, so that what the answerer does to its request does not
// change the record.
func cloneHeader(h http.Header) http.Header {
	values := make([]string, 0, len(h))
	out := make(http.Header, len(h))
	for k, v := range h {
		values = append(values, v[0])
		n := len(values)
		out[k] = values[n-1 : n : n]
	}
	return out
}

// appendOrigin is "append a request `Origin` header"
// (#append-a-request-origin-header).
func (f *fetch) appendOrigin(s *sentRequest, include bool) {
	r := &f.req
	o := r.serializedOrigin()
	if r.mode == WebSocketMode || r.mode == WebTransportMode {
		s.set("Origin", r.originText)
		return
	}
	if r.tainting == TypeCORS {
		s.set("Origin", o)
		return
	}
	if f.prof.redirectsFromFirst && len(r.urls) > 1 {
		if !r.url().origin().sameOrigin(r.urls[len(r.urls)-2].origin()) {
			switch {
			case r.method == "GET", r.method == "HEAD":
				f.sentOrigin = ""
			case r.mode == Navigate:
				f.sentOrigin = "null"
			default:
				f.sentOrigin = o
			}
		}
		if f.sentOrigin != "" && !(r.mode == Navigate && r.method == "GET") {
			s.set("Origin", f.sentOrigin)
		}
		return
	}
	if r.method == "GET" || r.method == "HEAD" {
		if include && f.asksForStorageAccess() {
			if !f.prof.originIgnoresPolicy {
				o = f.originUnderPolicy(o)
			}
			s.set("Origin", o)
		} else if f.prof.originForElements && r.mode == CORS && r.kind.isElement() && (r.kind != Media || f.prof.redirectsFromFirst) {
			f.sentOrigin = o
			s.set("Origin", o)
		}
		return
	}
	if f.prof.opaqueReferrerByURL && r.kind == Beacon && r.origin.opaque() && f.page.url != nil {
		o = f.page.url.origin().String()
	}
	if f.prof.originFromFirstRequest && r.mode != CORS && len(r.urls) > 1 {
		if r.crossed {
			f.sentOrigin = "null"
		}
		if f.sentOrigin != "" {
			s.set("Origin", f.sentOrigin)
		}
		return
	}
	if r.mode == Navigate || r.mode != CORS && !f.prof.originIgnoresPolicy {
		o = f.originUnderPolicy(o)
	}
	f.sentOrigin = o
	s.set("Origin", o)
}

// originUnderPolicy is o, the value of Origin, or "null" if the referrer policy
// does not let it be known where CORS does not apply.
func (f *fetch) originUnderPolicy(o string) string {
	r := &f.req
	u := r.url()
	if f.prof.upgradeTaints && r.mode == NoCORS && len(r.urls) == 1 && f.upgradedFrom != nil {
		u = f.upgradedFrom
	}
	switch f.referrerPolicy() {
	case NoReferrer:
		return "null"
	case NoReferrerWhenDowngrade, StrictOrigin, StrictOriginWhenCrossOrigin:
		if r.origin.scheme == "https" && u.scheme != "https" && !(f.prof.redirectsFromFirst && r.mode == Navigate) {
			return "null"
		}
	case SameOriginReferrer:
		if !r.origin.sameOrigin(u.origin()) {
			return "null"
		}
	}
	return o
}

// asksForStorageAccess reports whether a frame calls the site in the address bar,
// which is not its own, and whose cookies it could have for the asking: then the
// server must learn who asks (https://privacycg.github.io/storage-access-headers/).
func (f *fetch) asksForStorageAccess() bool {
	r := &f.req
	if !f.prof.storageAccess || f.thirdPartyCookies() == ThirdPartySent {
		return false
	}
	u, sameSite := r.url(), origin.sameSite
	if f.prof.cookiesIgnoreScheme {
		sameSite = origin.schemelesslySameSite
	}
	return !r.tainted() && sameSite(f.page.top, u.origin()) && !f.page.top.sameSite(r.origin) && u.trustworthy() &&
		(r.mode != Navigate || r.dest == "iframe")
}

// embedderAllowsCredentials is "Cross-Origin-Embedder-Policy allows
// credentials" (#cross-origin-embedder-policy-allows-credentials).
func (f *fetch) embedderAllowsCredentials() bool {
	r := &f.req
	return r.mode != NoCORS || f.page.embedder != Credentialless ||
		r.origin.sameOrigin(r.url().origin()) && !r.tainted()
}

// appendMetadata is "append the Fetch metadata headers"
// (https://w3c.github.io/webappsec-fetch-metadata/).
func (f *fetch) appendMetadata(s *sentRequest) {
	r := &f.req
	first := r.url()
	if r.kind == WebSocket {
		first = r.urls[0] // redirects repeat what the first request said
	}
	if !first.trustworthy() || r.mode == WebSocketMode && !f.prof.metadataOnWebSocket {
		return
	}
	if n := len(r.urls); n > 1 && f.prof.crossingDropsMetadata && r.tainting == TypeCORS && !r.url().origin().sameOrigin(r.urls[n-2].origin()) {
		return
	}
	urls := r.urls
	if r.kind == WebSocket {
		urls = urls[:1]
	}
	s.set("Sec-Fetch-Dest", r.dest)
	s.set("Sec-Fetch-Mode", string(r.mode))
	s.set("Sec-Fetch-Site", f.site(urls))
}

// appendPreflightMetadata is appendMetadata for preflights, which some browsers
// make from scratch, without the URLs before.
func (f *fetch) appendPreflightMetadata(s *sentRequest) {
	r := &f.req
	if !r.url().trustworthy() {
		if f.prof.preflightModeAlways {
			s.set("Sec-Fetch-Mode", "cors")
		}
		return
	}
	urls := r.urls
	if len(urls) > 1 && f.prof.crossingDropsMetadata && !urls[0].trustworthy() {
		return // taken from the first request, which had none
	}
	if f.prof.preflightsUnredirected {
		urls = urls[len(urls)-1:]
	}
	site := f.site(urls)
	if f.prof.redirectsFromFirst && r.tainted() {
		site = "cross-site" // to the opaque origin that asks
	}
	s.set("Sec-Fetch-Dest", r.dest)
	s.set("Sec-Fetch-Mode", "cors")
	s.set("Sec-Fetch-Site", site)
}

// site is the value of Sec-Fetch-Site: the worst of all URLs on the way.
func (f *fetch) site(urls []*address) string {
	site := "same-origin"
	for _, u := range urls {
		o := u.origin()
		if o.sameOrigin(f.req.origin) {
			continue
		}
		if !o.sameSite(f.req.origin) || f.prof.ipv6IsCrossSite && (o.host[0] == '[' || len(urls) > 1 && (isIP(o.host) || !strings.Contains(o.host, "."))) {
			return "cross-site"
		}
		site = "same-site"
	}
	return site
}

// itoa formats a number; statuses are put together beforehand, because the
// story of every call has some.
func itoa(n int) string {
	if 100 <= n && n < 600 {
		return statuses[3*(n-100) : 3*(n-99)]
	}
	return strconv.Itoa(n)
}

var statuses = func() string {
	var b strings.Builder
	for n := 100; n < 600; n++ {
		b.WriteString(strconv.Itoa(n))
	}
	return b.String()
}()
