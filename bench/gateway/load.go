package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"
)

// The requests are those of a Firefox on a page of docs.example.com.
const (
	browser = "Host: api.example.net\r\n" +
		"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n" +
		"Accept: */*\r\nAccept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\n" +
		"Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n"
	actual    = "GET /api/account HTTP/1.1\r\n" + browser + "Origin: https://docs.example.com\r\nCookie: session=0123456789abcdef\r\n\r\n"
	anonymous = "GET /api/prices HTTP/1.1\r\n" + browser + "Origin: https://docs.example.com\r\nCookie: session=0123456789abcdef\r\n\r\n"
	large     = "GET /api/large HTTP/1.1\r\n" + browser + "Origin: https://docs.example.com\r\nCookie: session=0123456789abcdef\r\n\r\n"
	preflight = "OPTIONS /api/account HTTP/1.1\r\n" + browser + "Origin: https://docs.example.com\r\n" +
		"Access-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: authorization,content-type\r\n\r\n"
	refused = "GET /api/account HTTP/1.1\r\n" + browser + "Origin: https://evil.example\r\nCookie: session=0123456789abcdef\r\n\r\n"
)

const document = `
upstream: %s
policies:
  front-end:
    allow: selected
    domains: [https://docs.example.com, "https://*.example.com"]
    headers: [Authorization, Content-Type]
    credentials: true
    cache: 10m
endpoints:
  - endpoint: GET /api/account
    cors: front-end
  - endpoint: PUT /api/account
    cors: front-end
  - endpoint: GET /api/large
    cors: front-end
  - endpoint: GET /api/prices
    cors: {allow: all, cache: 1h}
`

// newUpstream starts an upstream that answers with a kilobyte of JSON, or with
// 64 of them.
func newUpstream() *httptest.Server {
	small := strings.Repeat(`{"name":"value"},`, 60)
	big := strings.Repeat(small, 64)
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h["Content-Type"] = []string{"application/json"}
		h["Cache-Control"] = []string{"private"}
		h["Etag"] = []string{`"33a64df551425fcc"`}
		h["Vary"] = []string{"Accept-Encoding"}
		body := small
		if r.URL.Path == "/api/large" {
			body = big
		}
		h["Content-Length"] = []string{fmt.Sprint(len(body))}
		_, _ = io.WriteString(w, body)
	}))
}

// A target is a server under load: connections that stay open, on each of which
// one request is sent over and over.
type target struct {
	address string
	cpu     func() time.Duration // that the server's process has used
	conns   []*conn
}

type conn struct {
	net.Conn
	buf []byte
}

const connections = 8

func (t *target) connect() error {
	for range connections {
		c, err := net.Dial("tcp", t.address)
		if err != nil {
			return err
		}
		t.conns = append(t.conns, &conn{c, make([]byte, 256<<10)})
	}
	return nil
}

func (t *target) disconnect() {
	for _, c := range t.conns {
		c.Close()
	}
	t.conns = nil
}

// round sends n requests on each connection, and returns how long one took, and
// how much of the server's processor.
func (t *target) round(request, want string, n int) (took, cpu time.Duration, err error) {
	var wg sync.WaitGroup
	errs := make(chan error, len(t.conns))
	before, start := t.cpu(), time.Now()
	for _, c := range t.conns {
		wg.Go(func() {
			for range n {
				if err := c.ask([]byte(request), want); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	wg.Wait()
	took, cpu = time.Since(start), t.cpu()-before
	close(errs)
	total := time.Duration(n * len(t.conns))
	return took / total, cpu / total, <-errs
}

var headerEnd = []byte("\r\n\r\n")

// ask sends a request and reads the answer, which has a Content-Length or no
// body.
func (c *conn) ask(request []byte, want string) error {
	if _, err := c.Write(request); err != nil {
		return err
	}
	n, total := 0, -1
	for n != total {
		m, err := c.Read(c.buf[n:])
		if err != nil {
			return err
		}
		n += m
		if total >= 0 {
			continue
		}
		if end := bytes.Index(c.buf[:n], headerEnd); end >= 0 {
			if !bytes.HasPrefix(c.buf[:n], []byte(want)) {
				return fmt.Errorf("got %q, want %q", c.buf[:end], want)
			}
			total = end + len(headerEnd) + contentLength(c.buf[:end])
		}
	}
	return nil
}

func contentLength(header []byte) int {
	_, rest, found := bytes.Cut(header, []byte("\r\nContent-Length: "))
	n := 0
	for i := 0; found && i < len(rest) && '0' <= rest[i] && rest[i] <= '9'; i++ {
		n = n*10 + int(rest[i]-'0')
	}
	return n
}
