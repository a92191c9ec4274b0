package cors

import (
	"net/http"
	"strings"

	"github.com/concors/concors/cors/internal/fetchspec"
)

// carriesCredentials reports whether r has anything that [Decision.Request]
// could remove.
func (c *Compiled) carriesCredentials(r *http.Request) bool {
	if len(r.Header["Cookie"]) > 0 || len(r.Header["Authorization"]) > 0 ||
		r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
		return true
	}
	for _, name := range c.site.identity {
		if len(r.Header[name]) > 0 {
			return true
		}
	}
	return false
}

// keepsAuthorization reports whether the Authorization of r survives when its
// credentials are dropped: the header is listed, the origin is allowed, and it
// is not one that browsers send unasked.
func (d *Decision) keepsAuthorization(r *http.Request) bool {
	lines := r.Header["Authorization"]
	if !d.allowed || !d.c.listsAuthorization || len(lines) != 1 {
		return false
	}
	scheme := strings.TrimLeft(lines[0], " \t")
	if i := strings.IndexAny(scheme, " \t"); i >= 0 {
		scheme = scheme[:i]
	}
	for _, ambient := range [...]string{"Basic", "Digest", "Negotiate", "NTLM"} {
		if fetchspec.EqualFold(scheme, ambient) {
			return false
		}
	}
	return true
}

// Request returns the request that is to run: r itself or, if d drops
// credentials that r carries, a shallow copy without them. A server deletes the
// uploaded files of its own request only, so whoever parses forms of the copy
// sets r.MultipartForm to the copy's.
func (d *Decision) Request(r *http.Request) *http.Request {
	if !d.Anonymous || !d.carried || d.Observed {
		return r
	}
	out := new(http.Request)
	*out = *r
	out.Header = make(http.Header, len(r.Header))
	keep := d.keepsAuthorization(r)
	for name, lines := range r.Header {
		if name == "Cookie" || name == "Authorization" && !keep {
			continue
		}
		out.Header[name] = lines
	}
	for _, name := range d.c.site.identity {
		delete(out.Header, name)
	}
	if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
		state := *r.TLS
		state.PeerCertificates, state.VerifiedChains = nil, nil
		out.TLS = &state
	}
	return out
}

// dropCredentials removes what an answer could do to the visitor's session.
func dropCredentials(h http.Header) {
	for _, name := range [...]string{"Set-Cookie", "Clear-Site-Data"} {
		//lint:ignore S1033 a look is cheaper than a delete
		if _, found := h[name]; found {
			delete(h, name)
		}
	}
}
