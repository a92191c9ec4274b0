package cors

import (
	"io"
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
	// All names are looked at, because identity headers may be spelt with
	// underscores, which a server leaves as they are.
	return len(c.site.identity) > 0 && anyName(r.Header, c.site.IsCredential)
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

// IsCredential reports whether a request header of this name says who the
// caller is: Cookie, Authorization and the identity headers, in any spelling. To
// CGI, WSGI and the like, X_Remote_User is X-Remote-User.
func (s *Site) IsCredential(name string) bool {
	switch len(name) {
	case len("Cookie"):
		if fetchspec.EqualFold(name, "Cookie") {
			return true
		}
	case len("Authorization"):
		if fetchspec.EqualFold(name, "Authorization") {
			return true
		}
	}
	for _, identity := range s.identity {
		if sameVariable(name, identity) {
			return true
		}
	}
	return false
}

// sameVariable reports whether two header names are one variable in a CGI
// environment (RFC 3875, section 4.1.18): letters in any case, underscores for
// hyphens.
func sameVariable(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		c, d := a[i], b[i]
		if c == '_' {
			c = '-'
		}
		if d == '_' {
			d = '-'
		}
		if c != d && (c|0x20 != d|0x20 || c|0x20 < 'a' || 'z' < c|0x20) {
			return false
		}
	}
	return true
}

// Request returns the request that is to run: r itself or, if d drops
// credentials, a shallow copy without them. Trailers that name the caller do not
// get into the copy either. A server deletes the uploaded files of its own
// request only, so whoever parses forms of the copy sets r.MultipartForm to the
// copy's.
func (d *Decision) Request(r *http.Request) *http.Request {
	if !d.Anonymous || d.Observed {
		return r
	}
	site := d.c.site
	certificate := r.TLS != nil && len(r.TLS.PeerCertificates) > 0
	trailers := r.Trailer != nil || r.ContentLength < 0
	if !trailers && !d.carried {
		return r
	}
	keep := d.keepsAuthorization(r)
	out := new(http.Request)
	*out = *r
	out.Header = make(http.Header, len(r.Header))
	for name, lines := range r.Header {
		if !site.IsCredential(name) || keep && name == "Authorization" {
			out.Header[name] = lines
		}
	}
	if certificate {
		state := *r.TLS
		state.PeerCertificates, state.VerifiedChains = nil, nil
		out.TLS = &state
	}
	if trailers && r.Body != nil {
		site.anonymizeTrailers(r, out)
	}
	return out
}

func anyName(h http.Header, is func(name string) bool) bool {
	for name := range h {
		if is(name) {
			return true
		}
	}
	return false
}

// anonymizeTrailers has the trailers of r come into those of its copy out when
// the body has ended, without those that name the caller.
func (s *Site) anonymizeTrailers(r, out *http.Request) {
	out.Trailer = nil
	body := &anonymousBody{r.Body, s, r, out}
	body.copyTrailers() // those that are announced, without values
	out.Body = body
}

type anonymousBody struct {
	io.ReadCloser
	site   *Site
	r, out *http.Request
}

func (b *anonymousBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		b.copyTrailers()
	}
	return n, err
}

func (b *anonymousBody) copyTrailers() {
	for name, lines := range b.r.Trailer {
		if b.site.IsCredential(name) {
			continue
		}
		if b.out.Trailer == nil {
			b.out.Trailer = make(http.Header)
		}
		b.out.Trailer[name] = lines
	}
}

// dropCredentials removes what an answer could do to the visitor's session,
// however its name is spelt: a header is sent as it stands in the map.
func dropCredentials(h http.Header) {
	for name := range h {
		if setsCredentials(name) {
			delete(h, name)
		}
	}
}

// setsCredentials reports whether an answer's header field, or a trailer, sets or
// removes credentials.
func setsCredentials(name string) bool {
	name = strings.TrimPrefix(name, http.TrailerPrefix)
	switch len(name) {
	case len("Set-Cookie"):
		return fetchspec.EqualFold(name, "Set-Cookie")
	case len("Clear-Site-Data"):
		return fetchspec.EqualFold(name, "Clear-Site-Data")
	}
	return false
}
