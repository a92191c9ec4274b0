package gateway

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestSharesLeaveSomethingOver(t *testing.T) {
	for _, n := range []uint64{0, 20, 64, 100, 256, 1024, 20_000, 1 << 20, ^uint64(0)} {
		s := sharesOf(n)
		if s.traffic < 1 || s.upstreams < 1 || s.admin < 1 || s.metrics < 1 {
			t.Errorf("of %d: %+v", n, s)
		}
		if left := int64(min(n, manyDescriptors)) - int64(s.traffic+s.upstreams+s.admin+s.metrics); n >= 64 && left < 8 {
			t.Errorf("of %d: %+v leaves %d", n, s, left)
		}
	}
}

// fullServer has room for two connections, and both are in use.
func fullServer(t *testing.T) (r *running, held []net.Conn) {
	t.Helper()
	r = run(t, ServerOptions{MaxConnections: 2}, echo)
	for range 2 {
		conn, err := net.Dial("tcp", r.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		held = append(held, conn)
		ask(t, conn)
	}
	return r, held
}

// ask sends a request on a connection that stays open, and reads the answer.
func ask(t *testing.T, conn net.Conn) {
	t.Helper()
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(conn, "GET /prices HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	res.Body.Close()
	if res.StatusCode != 200 {
		t.Fatalf("status %d", res.StatusCode)
	}
}

func TestConnectionsBeyondTheLimitWait(t *testing.T) {
	r, held := fullServer(t)
	waiting, err := net.Dial("tcp", r.Addr().String()) // the system accepts it, we do not
	if err != nil {
		t.Fatal(err)
	}
	defer waiting.Close()
	log := r.log.until(t, "connections cannot be accepted")
	for _, want := range []string{"level=ERROR", "listener=traffic", "reason=limit", "all 2 connections are in use"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %s:\n%s", want, log)
		}
	}
	res := r.get(t, "http://"+r.AdminAddr().String()+"/metrics")
	if want := `concors_accept_errors_total{listener="traffic",reason="limit"} 1`; !strings.Contains(res.body, want+"\n") {
		t.Errorf("no %s among\n%s", want, grep(res.body, "concors_accept"))
	}
	held[0].Close()
	ask(t, waiting) // its turn
}

func TestAFullServerCanBeEnded(t *testing.T) {
	r, held := fullServer(t)
	r.log.until(t, "connections cannot be accepted")
	for _, conn := range held {
		conn.Close()
	}
	r.stop()
	if err := next(t, r.done); err != nil {
		t.Error(err)
	}
}

// Whatever keeps the system from accepting, it is told once in a while, counted
// each time, and tried again, ever more slowly.
func TestAcceptErrors(t *testing.T) {
	for _, tc := range []struct {
		err    error
		reason string
	}{
		{os.NewSyscallError("accept4", syscall.EMFILE), "descriptors"},
		{os.NewSyscallError("accept4", syscall.ENFILE), "descriptors"},
		{os.NewSyscallError("accept4", syscall.ENOBUFS), "other"}, // net/http would give up
		{errors.New("odd"), "other"},
	} {
		t.Run(tc.err.Error(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := unserved(t)
				const errorsInARow = 30
				var at []time.Time
				l := &listener{
					name: listenerTraffic, share: newShare(1), log: a.gateway.log, metrics: a.gateway.metrics, closed: make(chan struct{}),
					accept: func() (*net.TCPConn, error) {
						at = append(at, time.Now())
						if len(at) <= errorsInARow {
							return nil, tc.err
						}
						return new(net.TCPConn), nil
					},
				}
				if _, err := l.Accept(); err != nil {
					t.Fatal(err)
				}
				a.wantMetric(fmt.Sprintf(`concors_accept_errors_total{listener="traffic",reason=%q} %d`, tc.reason, errorsInARow))
				took := at[len(at)-1].Sub(at[0])
				if told := strings.Count(a.log.String(), `"level":"ERROR"`); told != int(took/logPause)+1 {
					t.Errorf("told %d times in %v:\n%s", told, took, a.log)
				}
				for i, want := range []time.Duration{5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond} {
					if got := at[i+1].Sub(at[i]); got != want {
						t.Errorf("tried again after %v, want %v", got, want)
					}
				}
				if got := at[errorsInARow].Sub(at[errorsInARow-1]); got != time.Second {
					t.Errorf("at last tried again after %v, want a second", got)
				}
			})
		})
	}
}

func TestDialingWaitsForRoom(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(echo))
	defer upstream.Close()
	address := upstream.Listener.Addr().String()
	d := &upstreamDialer{net.Dialer{Timeout: patience}, newShare(1)}
	first, err := d.DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	var timeout interface{ Timeout() bool }
	d.Timeout = time.Millisecond
	if _, err := d.DialContext(t.Context(), "tcp", address); !errors.As(err, &timeout) || !timeout.Timeout() || !strings.Contains(err.Error(), "all 1 connections") {
		t.Errorf("got %v, want that there is no room", err)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	d.Timeout = patience
	if _, err := d.DialContext(canceled, "tcp", address); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was canceled", err)
	}
	if _, err := d.DialContext(canceled, "tcp", "127.0.0.1:0"); err == nil {
		t.Error("no error")
	}
	done := make(chan error)
	go func() {
		second, err := d.DialContext(t.Context(), "tcp", address)
		if err == nil {
			second.Close()
		}
		done <- err
	}()
	first.Close()
	first.Close() // gives its place back once
	if err := next(t, done); err != nil {
		t.Error(err)
	}
	if _, err := d.DialContext(t.Context(), "tcp", "127.0.0.1:0"); err == nil {
		t.Error("connected to nothing")
	}
	if n := len(d.share.slots); n != 0 {
		t.Errorf("%d places are not given back", n)
	}
}
