package gateway

import (
	"io"
	"net/http"
	"slices"
	"strings"
)

// A clientBody is the body of a request on its way to the upstream. It
// remembers when the client, not the upstream, broke off, and passes the
// trailers on, which come after the body and which the reverse proxy forgets.
type clientBody struct {
	io.ReadCloser
	x        *exchange
	trailers http.Header // of the upstream's request; nil: none
}

// body returns the request's body, limited to n bytes unless n is negative.
func (x *exchange) body(n int64) io.ReadCloser {
	body := x.in.Body
	if n >= 0 {
		// With the original writer, which closes the connection of a client
		// that goes on sending.
		body = http.MaxBytesReader(x.ResponseWriter, body, n)
	}
	return &clientBody{ReadCloser: body, x: x}
}

// announce prepares out, the request to the upstream, for the trailers that the
// client has announced, except those that have no business behind a body.
func (b *clientBody) announce(out *http.Request) {
	for name := range out.Trailer {
		if notInRequestTrailers(name) {
			delete(out.Trailer, name)
		}
	}
	b.trailers = out.Trailer
}

// Read implements io.Reader. The transport sends the trailers after it has read
// the end of the body, in the same goroutine.
func (b *clientBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	switch err {
	case nil:
	case io.EOF:
		for name := range b.trailers {
			b.trailers[name] = b.x.in.Trailer[name]
		}
	default:
		b.x.bodyFailed.Store(true)
	}
	return n, err
}

// notInRequestTrailers reports whether an upstream that merges trailers into
// the header could take this one for something that was judged, or that we say.
func notInRequestTrailers(name string) bool {
	switch name {
	case "Authorization", "Cookie", "Forwarded", "Host", "Origin":
		return true
	}
	return strings.HasPrefix(name, "Sec-") || strings.HasPrefix(name, "X-Forwarded-") ||
		slices.Contains(spoofable[:], name)
}
