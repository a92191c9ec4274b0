package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"sync"
	"time"
)

const (
	copyBufferSize       = 32 << 10
	maxUpstreamHeader    = 1 << 20
	idlePerUpstream      = 512 // connections kept open to one upstream
	idleUpstreamTimeout  = 30 * time.Second
	upstreamKeepAlive    = 30 * time.Second
	expectContinueWindow = time.Second
)

// newProxy returns the one reverse proxy of g. What differs between requests
// is in their exchange.
func newProxy(g *Gateway) *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Transport:      g.options.Transport,
		Rewrite:        g.rewrite,
		ModifyResponse: modifyResponse,
		ErrorHandler: func(_ http.ResponseWriter, r *http.Request, err error) {
			exchangeOf(r.Context()).upstreamFailed(err)
		},
		ErrorLog:   slog.NewLogLogger(g.log.Handler(), slog.LevelDebug),
		BufferPool: buffers{},
	}
}

// newTransport returns a transport that passes bytes on as they are.
func newTransport(o *Options) *http.Transport {
	dialTimeout, responseTimeout := o.DialTimeout, o.ResponseTimeout
	if dialTimeout == 0 {
		dialTimeout = DefaultDialTimeout
	}
	if responseTimeout == 0 {
		responseTimeout = DefaultResponseTimeout
	}
	connections := sharesOf(descriptors()).upstreams
	dialer := &upstreamDialer{net.Dialer{Timeout: dialTimeout, KeepAlive: upstreamKeepAlive}, newShare(connections)}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // what client and upstream agree on is theirs
		TLSHandshakeTimeout:    dialTimeout,
		ResponseHeaderTimeout:  max(responseTimeout, 0),
		ExpectContinueTimeout:  expectContinueWindow,
		IdleConnTimeout:        idleUpstreamTimeout,
		MaxIdleConns:           max(connections/2, 1), // so that idle ones never stand in the way of others
		MaxIdleConnsPerHost:    idlePerUpstream,
		MaxResponseHeaderBytes: maxUpstreamHeader,
		WriteBufferSize:        copyBufferSize / 2,
		ReadBufferSize:         copyBufferSize / 2,
	}
}

// rewrite turns the client's request into the upstream's.
func (g *Gateway) rewrite(pr *httputil.ProxyRequest) {
	x := exchangeOf(pr.In.Context())
	out := pr.Out
	pr.SetURL(x.ep.Upstream)
	if !g.options.UpstreamHost {
		out.Host = x.in.Host
	}
	// ReverseProxy drops what it cannot parse of a query. Nothing here is
	// decided by the query, so it is the upstream's to read.
	out.URL.RawQuery = x.in.URL.RawQuery
	onlyWebSocket(out.Header)
	if x.body != nil {
		x.body.announce(out)
	}
	x.forwardedHeaders(out.Header)
}

// modifyResponse cleans the upstream's answer, 101 and errors included, and
// sets the headers of the policy.
func modifyResponse(res *http.Response) error {
	if res.StatusCode < 100 || res.StatusCode > 599 {
		return fmt.Errorf("status %d is none of HTTP's", res.StatusCode) // net/http would panic, or pass on what nobody understands
	}
	x := exchangeOf(res.Request.Context())
	delete(res.Header, altSvc)
	if res.StatusCode == http.StatusSwitchingProtocols {
		x.setHeaders(res.Header)
		return nil
	}
	if len(res.Trailer) > 0 || res.ContentLength < 0 || res.ProtoMajor > 1 {
		x.trailersOf(res)
	}
	// The reverse proxy would copy the header line by line. Moving it is
	// cheaper. Content-Type stays, by which it knows event streams.
	h := x.Header()
	kind := res.Header[contentType]
	for name, lines := range res.Header {
		if name != contentType {
			h[name] = lines
		}
	}
	clear(res.Header)
	if kind != nil {
		res.Header[contentType] = kind
	} else {
		// Nor does ours: net/http guesses a type unless told that there is none,
		// and a browser that hears nosniff would believe the guess.
		h[contentType] = nil
	}
	x.setHeaders(h)
	return nil
}

const contentType = "Content-Type"

// setHeaders replaces the upstream's word on CORS by the policy's.
func (x *exchange) setHeaders(h http.Header) {
	if !x.enforced() {
		return
	}
	upstream := dropUpstream(h)
	x.decision.SetHeaders(h)
	// Without an Origin there is nothing to allow, and an upstream that always
	// says the same means no harm.
	if upstream.set && x.decision.Origin() != "" && !upstream.agrees(h) {
		x.contradiction(upstream)
	}
}

// upstreamFailed answers in place of an upstream that did not.
func (x *exchange) upstreamFailed(err error) {
	var tooLarge *http.MaxBytesError
	var timeout interface{ Timeout() bool }
	switch {
	case errors.As(err, &tooLarge):
		x.fail(problemBodyTooLarge)
		return
	case x.in.Context().Err() != nil, errors.Is(err, context.Canceled):
		x.reason = reasonCanceled
		return
	case x.body != nil && x.body.failed.Load():
		x.fail(problemBody)
		return
	case errors.As(err, &timeout) && timeout.Timeout():
		x.fail(problemTimeout)
	default:
		x.fail(problemUnreachable)
	}
	x.stats.upstreamError(x.reason)
	if !x.stats.failures.over(time.Now()) {
		return
	}
	x.g.log.LogAttrs(context.Background(), slog.LevelError, "upstream failed",
		slog.String("endpoint", x.stats.pattern), slog.String("upstream", x.ep.Upstream.Redacted()), slog.Any("error", err))
}

// buffers is where the reverse proxy gets the buffers for bodies.
type buffers struct{}

var bufferPool = sync.Pool{New: func() any { return new([copyBufferSize]byte) }}

// Get implements httputil.BufferPool.
func (buffers) Get() []byte { return bufferPool.Get().(*[copyBufferSize]byte)[:] }

// Put implements httputil.BufferPool.
func (buffers) Put(b []byte) { bufferPool.Put((*[copyBufferSize]byte)(b)) }
