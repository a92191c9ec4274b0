package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// Bounds on what a server may do to us.
const (
	DefaultTimeout = 10 * time.Second
	DefaultRate    = 20 // requests per second to one host that is not this machine

	maxResponseHeader = 256 << 10
	maxBody           = 64 << 10
	bodyTime          = 2 * time.Second  // for a body, once its header is there
	maxRetryAfter     = 10 * time.Second // longer waits are not worth it
)

// Options say how servers are asked. The zero value is polite.
type Options struct {
	// Rate is how many requests a second one host gets at most. 0: DefaultRate,
	// and no limit for loopback addresses. Negative: no limit.
	Rate float64
	// Delay is the least time between two requests to one host.
	Delay time.Duration
	// Timeout bounds each request. 0: DefaultTimeout.
	Timeout time.Duration
	// Resolve are entries HOST:PORT:ADDRESS as curl takes them: connections to
	// HOST and PORT go to ADDRESS.
	Resolve []string
	// Insecure accepts any certificate.
	Insecure bool
	// UserAgent identifies the tool.
	UserAgent string
	// Session is what the person is logged in with: headers such as Cookie,
	// Authorization or X-Api-Key. It is sent where a Request asks for it, and
	// only to the hosts in SessionHosts.
	Session      http.Header
	SessionHosts []string
	// Transport replaces the network, for tests.
	Transport http.RoundTripper
}

// A Client asks servers. It may be used by several goroutines at once.
type Client struct {
	o         Options
	transport http.RoundTripper
	resolve   map[string]string // "host:port" → address
	sent      atomic.Int64

	mu    sync.Mutex // guards hosts
	hosts map[string]*host
}

// host is what is remembered of a server.
type host struct {
	pace    *rate.Limiter
	delay   *rate.Limiter
	stalled atomic.Bool // a body did not end in time: bodies are not waited for any more
	busy    atomic.Bool // asked again later, it still was too busy: it is not asked again any more
}

// New returns a client; the error is about o.Resolve.
func New(o Options) (*Client, error) {
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	c := &Client{o: o, hosts: make(map[string]*host), transport: o.Transport}
	var err error
	if c.resolve, err = parseResolve(o.Resolve); err != nil {
		return nil, err
	}
	if c.transport == nil {
		c.transport = newTransport(o, c.resolve)
	}
	return c, nil
}

// Close closes idle connections.
func (c *Client) Close() {
	if t, ok := c.transport.(*http.Transport); ok {
		t.CloseIdleConnections()
	}
}

// Sent returns how many requests were sent so far.
func (c *Client) Sent() int64 { return c.sent.Load() }

// A Request is one question. Header holds what it says beyond the session.
type Request struct {
	Method  string
	URL     string
	Header  http.Header
	Body    []byte
	Session bool // send the session too
	// CookiesOnly leaves of the session what a browser adds by itself.
	CookiesOnly bool
}

// An Answer is what came of a Request.
type Answer struct {
	Request *Request
	Status  int         // 0: there was no answer
	Header  http.Header // canonical keys
	Body    []byte      // its beginning
	Err     error       // why there was no answer
	// Loopback: it came from this machine, or from a proxy there.
	Loopback bool
}

// Tested reports whether the answer says anything about the server's rules: one
// that is overloaded, broken or silent has not refused anything.
func (a *Answer) Tested() bool {
	return a.Status != 0 && a.Status != http.StatusTooManyRequests && (a.Status < 500 || a.Status == http.StatusNotImplemented)
}

// Do asks r. It never returns nil: a failure is an Answer with Err. Redirects
// are not followed. A server that asks to be asked later is asked once more.
func (c *Client) Do(ctx context.Context, r *Request) *Answer {
	a := c.once(ctx, r)
	u, err := url.Parse(r.URL)
	if err != nil || a.Status != http.StatusTooManyRequests && a.Status != http.StatusServiceUnavailable || c.host(u).busy.Load() {
		return a
	}
	wait, ok := retryAfter(a)
	if !ok {
		return a
	}
	select {
	case <-ctx.Done():
		return a
	case <-time.After(wait):
	}
	a = c.once(ctx, r)
	c.host(u).busy.Store(!a.Tested())
	return a
}

// retryAfter is how long the server wants to be left alone, if that is worth
// waiting for.
func retryAfter(a *Answer) (time.Duration, bool) {
	text := a.Header.Get("Retry-After")
	if text == "" {
		return time.Second, a.Status == http.StatusTooManyRequests
	}
	if n, err := strconv.Atoi(text); err == nil && n >= 0 {
		wait := time.Duration(min(n, 3600)) * time.Second
		return wait, wait <= maxRetryAfter
	}
	if t, err := http.ParseTime(text); err == nil {
		wait := max(0, time.Until(t))
		return wait, wait <= maxRetryAfter
	}
	return 0, false
}

func (c *Client) once(ctx context.Context, r *Request) *Answer {
	a := &Answer{Request: r}
	u, err := url.Parse(r.URL)
	if err != nil {
		a.Err = err
		return a
	}
	h := c.host(u)
	for _, l := range []*rate.Limiter{h.pace, h.delay} {
		if l == nil {
			continue
		}
		if a.Err = l.Wait(ctx); a.Err != nil {
			return a
		}
	}
	ctx, cancel := context.WithTimeout(ctx, c.o.Timeout)
	defer cancel()
	var loopback atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		addr, ok := info.Conn.RemoteAddr().(*net.TCPAddr)
		loopback.Store(ok && addr.IP.IsLoopback())
	}})
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, nil)
	if err != nil {
		a.Err = err
		return a
	}
	if r.Body != nil {
		req.Body, req.ContentLength = io.NopCloser(strings.NewReader(string(r.Body))), int64(len(r.Body))
	}
	for name, values := range r.Header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	if req.Header.Get("User-Agent") == "" && c.o.UserAgent != "" {
		req.Header.Set("User-Agent", c.o.UserAgent)
	}
	if r.Session && c.mayHaveSession(u) {
		for name, values := range c.o.Session {
			if name = http.CanonicalHeaderKey(name); name == "Cookie" || !r.CookiesOnly {
				req.Header[name] = values
			}
		}
	}
	c.sent.Add(1)
	res, err := c.transport.RoundTrip(req)
	if err != nil {
		a.Err = plain(err, c.o.Timeout)
		return a
	}
	a.Status, a.Header, a.Loopback = res.StatusCode, res.Header, loopback.Load()
	if a.Header == nil {
		a.Header = http.Header{}
	}
	if a.Status == http.StatusSwitchingProtocols || h.stalled.Load() {
		_ = res.Body.Close()
		return a
	}
	a.Body = readBody(res.Body, cancel, &h.stalled)
	return a
}

// readBody reads the beginning of a body for as long as it is worth it. What a
// server drips or streams without end is cut off.
func readBody(body io.ReadCloser, cancel context.CancelFunc, stalled *atomic.Bool) []byte {
	late := time.AfterFunc(bodyTime, func() {
		stalled.Store(true)
		cancel()
	})
	defer late.Stop()
	data, _ := io.ReadAll(io.LimitReader(body, maxBody)) // what there is of it
	_ = body.Close()
	return data
}

// mayHaveSession reports whether the session is meant for u's host.
func (c *Client) mayHaveSession(u *url.URL) bool {
	for _, h := range c.o.SessionHosts {
		if strings.EqualFold(h, u.Host) {
			return true
		}
	}
	return false
}

func (c *Client) host(u *url.URL) *host {
	key := strings.ToLower(u.Host)
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.hosts[key]
	if h == nil {
		h = new(host)
		limit := c.o.Rate
		if limit == 0 && !c.isLoopback(u) {
			limit = DefaultRate
		}
		if limit > 0 {
			h.pace = rate.NewLimiter(rate.Limit(limit), 1)
		}
		if c.o.Delay > 0 {
			h.delay = rate.NewLimiter(rate.Every(c.o.Delay), 1)
		}
		c.hosts[key] = h
	}
	return h
}

// plain puts an error of the transport into words, without the URL, which may
// hold secrets.
func plain(err error, timeout time.Duration) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("no answer within %s", timeout)
	}
	return err
}
