package blackbox

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// An Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   string
	Early  []http.Header // of 1xx answers before it
}

// A Conn is one client's HTTP/1.1 connection: the request's bytes are written
// as they are. One goroutine at a time uses it; it is dialled when needed and
// kept alive.
type Conn struct {
	Addr string
	Peer string      // the local address
	TLS  *tls.Config // nil: plain

	Dialled int // how often it had to

	c      net.Conn
	br     *bufio.Reader
	reused bool
}

// patience is how long anything may take before a test calls it stuck.
const patience = time.Minute

// Ask sends the question and reads the answer.
func (c *Conn) Ask(q *Question) (*Answer, error) {
	for {
		reused := c.reused
		a, err := c.ask(q)
		if err == nil {
			return a, nil
		}
		c.Close()
		if !reused || !errors.Is(err, errNoAnswer) {
			return nil, err
		}
		// The server closed an idle connection as we wrote: ask again on a
		// new one.
	}
}

var errNoAnswer = errors.New("connection closed without an answer")

func (c *Conn) ask(q *Question) (*Answer, error) {
	if err := c.dial(); err != nil {
		return nil, err
	}
	// The answer may come before all of the request is written.
	_, werr := c.c.Write(q.raw())
	if _, err := c.br.Peek(1); err != nil {
		return nil, fmt.Errorf("%w: %w, writing: %w", errNoAnswer, err, errOrNil(werr))
	}
	a, res, err := ReadAnswer(c.br, q.Method)
	if err != nil {
		return nil, err
	}
	if res.Close || werr != nil {
		c.Close()
	} else {
		c.reused = true
	}
	return a, nil
}

var errFine = errors.New("fine")

func errOrNil(err error) error {
	if err == nil {
		return errFine
	}
	return err
}

// ReadAnswer reads one answer with all its body; a 101 has none.
func ReadAnswer(br *bufio.Reader, method string) (*Answer, *http.Response, error) {
	a := &Answer{}
	for {
		res, err := http.ReadResponse(br, &http.Request{Method: method})
		if err != nil {
			return nil, nil, fmt.Errorf("reading the answer: %w", err)
		}
		if res.StatusCode >= 100 && res.StatusCode < 200 && res.StatusCode != 101 {
			a.Early = append(a.Early, res.Header)
			continue
		}
		a.Status, a.Header = res.StatusCode, res.Header
		if res.StatusCode == 101 {
			return a, res, nil
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			return nil, nil, fmt.Errorf("reading the body of a %d: %w", res.StatusCode, err)
		}
		a.Body = string(body)
		return a, res, nil
	}
}

func (c *Conn) dial() error {
	if c.c != nil {
		return c.c.SetDeadline(time.Now().Add(patience))
	}
	nc, err := Dial(c.Addr, c.Peer, c.TLS)
	if err != nil {
		return err
	}
	c.c, c.br, c.reused = nc, bufio.NewReader(nc), false
	c.Dialled++
	return nil
}

// Dial opens a connection from a loopback address of the client's choice.
func Dial(addr, peer string, config *tls.Config) (net.Conn, error) {
	d := net.Dialer{Timeout: patience, LocalAddr: &net.TCPAddr{IP: net.ParseIP(peer)}}
	nc, err := d.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	if err := nc.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	if config != nil {
		nc = tls.Client(nc, config)
	}
	return nc, nil
}

// Close ends the connection, if there is one.
func (c *Conn) Close() {
	if c.c != nil {
		_ = c.c.Close()
	}
	c.c, c.br, c.reused = nil, nil, false
}
