package gateway

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// A clientBody is the body of a request on its way to the upstream. It
// remembers when the client, not the upstream, broke off, and passes the
// trailers on, which come after the body and which the reverse proxy forgets.
type clientBody struct {
	io.ReadCloser
	x        *exchange
	trailers http.Header // of the upstream's request; nil: none
	ended    atomic.Bool // it has been read to its end, or cannot be
	failed   atomic.Bool // it cannot be read
	overlaps bool        // the answer began before the end
}

// newClientBody returns the body of x's request, limited to n bytes unless n is
// negative.
func newClientBody(x *exchange, n int64) *clientBody {
	body := x.in.Body
	if n >= 0 {
		// With the original writer, which closes the connection of a client
		// that goes on sending.
		body = http.MaxBytesReader(x.ResponseWriter, body, n)
	}
	return &clientBody{ReadCloser: body, x: x}
}

// answering is called when the upstream begins its answer. Over HTTP/1 the
// server would throw away at that moment what the upstream has not read yet,
// which may be half of a conversation.
func (b *clientBody) answering() {
	if b.x.in.ProtoMajor == 1 && !b.ended.Load() {
		b.overlaps = http.NewResponseController(b.x.ResponseWriter).EnableFullDuplex() == nil
	}
}

const (
	settleTime  = 500 * time.Millisecond
	settleBytes = 256 << 10 // as much as net/http reads to save a connection
)

// settle is called when the answer is complete. The connection can serve
// another request only if the rest of the body is read now: net/http stumbles
// over an end that comes after the handler, and hangs up. A client that waits
// for the end of the answer before it ends its body is not kept waiting.
func (b *clientBody) settle() {
	if !b.overlaps || b.ended.Load() || b.x.in.Header["Expect"] != nil {
		return
	}
	rc := http.NewResponseController(b.x.ResponseWriter)
	if rc.Flush() != nil || rc.SetReadDeadline(time.Now().Add(settleTime)) != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, b.x.in.Body, settleBytes)
	_ = rc.SetReadDeadline(time.Time{})
}

// announce prepares out, the request to the upstream, for the trailers that the
// client has announced, except those that have no business behind a body: what
// says who the caller is, and how it came.
func (b *clientBody) announce(out *http.Request) {
	for name := range out.Trailer {
		if b.x.live.table.Site().IsCredential(name) || notInRequestTrailers(meant(name)) {
			delete(out.Trailer, name)
		}
	}
	b.trailers = out.Trailer
}

// Read implements io.Reader. The transport sends the trailers after it has read
// the end of the body, in the same goroutine.
func (b *clientBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		for name := range b.trailers {
			b.trailers[name] = b.x.in.Trailer[name]
		}
	}
	if err != nil {
		b.failed.Store(err != io.EOF)
		b.ended.Store(true)
	}
	return n, err
}

// notInRequestTrailers reports whether an upstream that merges trailers into
// the header could take this one for something that was judged, or that we say.
func notInRequestTrailers(name string) bool {
	switch name {
	case "Forwarded", "Host", "Origin":
		return true
	}
	return strings.HasPrefix(name, "Sec-") || saysHowItCame(name)
}
