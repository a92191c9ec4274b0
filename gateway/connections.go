package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"syscall"
	"time"
)

// This file keeps connections from using up the descriptors of the process.
// Each listener and the upstreams have a share; together they leave enough for
// files, name lookups and the admin listener, which people need most when
// everything else is full.

// A share is how many connections of one kind there may be.
type share struct{ slots chan struct{} }

func newShare(n int) *share { return &share{make(chan struct{}, max(n, 1))} }

// take returns whether one more fits now.
func (s *share) take() bool {
	select {
	case s.slots <- struct{}{}:
		return true
	default:
		return false
	}
}

func (s *share) give() { <-s.slots }

// shares are the shares of a process with a number of descriptors.
type shares struct{ traffic, admin, metrics, upstreams int }

const (
	manyDescriptors = 1 << 20 // more are not counted with
	minReserve      = 32
	maxReserve      = 1024
)

// sharesOf sets a quarter of the descriptors aside, within limits, of which the
// admin listener may use half and the metrics listener a quarter. The rest is for requests, each of which needs
// one descriptor towards the client and one towards the upstream.
func sharesOf(descriptors uint64) shares {
	n := int(min(descriptors, manyDescriptors))
	reserve := min(max(n/4, minReserve), maxReserve)
	each := max((n-reserve)/2, 1)
	return shares{traffic: each, admin: reserve / 2, metrics: reserve / 4, upstreams: each}
}

// A slotConn gives its place back when it is closed. It is a whole TCPConn,
// since net/http asks for CloseWrite and ReadFrom.
type slotConn struct {
	*net.TCPConn
	once  sync.Once
	share *share
}

// Close implements net.Conn.
func (c *slotConn) Close() error {
	c.once.Do(c.share.give)
	return c.TCPConn.Close()
}

// Names of listeners, in log and metrics.
const (
	listenerTraffic = "traffic"
	listenerAdmin   = "admin"
	listenerMetrics = "metrics"
)

// A listener accepts connections while its share has room and the system has
// descriptors. While not, clients wait in the system's queue; the log says so
// and a metric counts how often. Nothing but Close ends it.
type listener struct {
	accept  func() (*net.TCPConn, error)
	tcp     *net.TCPListener
	share   *share
	name    string
	log     *slog.Logger
	metrics *metrics
	told    pause
	closing sync.Once
	closed  chan struct{}
}

func (g *Gateway) listen(name, address string, limit int) (*listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	tcp := l.(*net.TCPListener)
	return &listener{
		accept: tcp.AcceptTCP, tcp: tcp, share: newShare(limit), name: name,
		log: g.log, metrics: g.metrics, closed: make(chan struct{}),
	}, nil
}

// Addr implements net.Listener.
func (l *listener) Addr() net.Addr { return l.tcp.Addr() }

// Close implements net.Listener.
func (l *listener) Close() error {
	l.closing.Do(func() { close(l.closed) })
	return l.tcp.Close()
}

const (
	firstRetry = 5 * time.Millisecond
	lastRetry  = time.Second
)

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	if !l.share.take() {
		l.failed(acceptLimit, fmt.Errorf("all %d connections are in use", cap(l.share.slots)))
		select {
		case l.share.slots <- struct{}{}:
		case <-l.closed:
			return nil, net.ErrClosed
		}
	}
	for delay := firstRetry; ; delay = min(2*delay, lastRetry) {
		conn, err := l.accept()
		if err == nil {
			return &slotConn{TCPConn: conn, share: l.share}, nil
		}
		if !errors.Is(err, net.ErrClosed) {
			l.failed(acceptReason(err), err)
			select {
			case <-time.After(delay):
				continue
			case <-l.closed:
			}
		}
		l.share.give()
		return nil, net.ErrClosed
	}
}

// Reasons why a connection is not accepted at once.
const (
	acceptLimit       = "limit"
	acceptDescriptors = "descriptors"
	acceptOther       = "other"
)

func acceptReason(err error) string {
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
		return acceptDescriptors
	}
	return acceptOther
}

func (l *listener) failed(reason string, err error) {
	l.metrics.acceptErrors.WithLabelValues(l.name, reason).Inc()
	if !l.told.over(time.Now()) {
		return
	}
	l.log.LogAttrs(context.Background(), slog.LevelError, "connections cannot be accepted; they wait",
		slog.String("listener", l.name), slog.String("reason", reason), slog.Any("error", err))
}

// An upstreamDialer connects to upstreams while their share has room.
type upstreamDialer struct {
	net.Dialer
	share *share
}

// errNoRoom is a timeout: that of waiting for room.
type errNoRoom struct{ limit int }

func (e errNoRoom) Error() string {
	return fmt.Sprintf("all %d connections to upstreams are in use", e.limit)
}
func (errNoRoom) Timeout() bool { return true }

// DialContext connects, after it has waited for room if there is none.
func (d *upstreamDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if !d.share.take() {
		patience := time.NewTimer(d.Timeout)
		defer patience.Stop()
		select {
		case d.share.slots <- struct{}{}:
		case <-patience.C:
			return nil, errNoRoom{cap(d.share.slots)}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	conn, err := d.Dialer.DialContext(ctx, network, address)
	if err != nil {
		d.share.give()
		return nil, err
	}
	return &slotConn{TCPConn: conn.(*net.TCPConn), share: d.share}, nil
}
