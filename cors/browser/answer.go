package browser

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// Handler lets h answer in process, as an HTTP server would: https requests
// have a TLS state, and RequestURI, RemoteAddr and Host are set. A handler
// that panics with http.ErrAbortHandler answers nothing; other panics are the
// handler's bugs and are passed on.
func Handler(h http.Handler) http.RoundTripper { return handlerAnswerer{h} }

type handlerAnswerer struct{ h http.Handler }

var tlsState = &tls.ConnectionState{Version: tls.VersionTLS13, HandshakeComplete: true}

func (a handlerAnswerer) RoundTrip(req *http.Request) (res *http.Response, err error) {
	defer func() {
		if p := recover(); p == http.ErrAbortHandler {
			res, err = nil, http.ErrAbortHandler
		} else if p != nil {
			panic(p)
		}
	}()
	req.RequestURI = req.URL.RequestURI()
	req.RemoteAddr = "192.0.2.1:1234"
	if req.URL.Scheme == "https" {
		state := *tlsState
		req.TLS = &state
	}
	// A server sees path and query only.
	req.URL.Scheme, req.URL.Host, req.URL.Opaque = "", "", ""
	w := &recorder{header: make(http.Header, 8)}
	a.h.ServeHTTP(w, req)
	return w.result(req)
}

// recordedBody is a body that is there already.
type recordedBody struct {
	data []byte
	bytes.Reader
}

func (*recordedBody) Close() error { return nil }

// recorder is the ResponseWriter of a handlerAnswerer.
type recorder struct {
	header, sent http.Header
	status       int
	body         []byte
	conn         *recordedConn
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	if w.status != 0 || 100 <= status && status <= 199 && status != 101 {
		return // interim responses are not the answer
	}
	w.status, w.sent = status, w.header.Clone()
	if w.sent == nil {
		w.sent = http.Header{}
	}
}

func (w *recorder) Write(p []byte) (int, error) {
	if w.status == 0 {
		if _, ok := w.header["Content-Type"]; !ok && len(p) > 0 {
			w.header.Set("Content-Type", http.DetectContentType(p))
		}
		w.WriteHeader(http.StatusOK)
	}
	if w.status < 200 || w.status == 204 || w.status == 304 {
		return 0, http.ErrBodyNotAllowed
	}
	w.body = append(w.body, p...)
	return len(p), nil
}

func (w *recorder) Flush() {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
}

// Hijack lets a handler write its answer by hand, as those for WebSockets do.
// Reading from the connection gives io.EOF: the browser has gone away.
func (w *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if w.conn != nil {
		return nil, nil, http.ErrHijacked
	}
	w.conn = new(recordedConn)
	return w.conn, bufio.NewReadWriter(bufio.NewReader(w.conn), bufio.NewWriter(w.conn)), nil
}

func (w *recorder) result(req *http.Request) (*http.Response, error) {
	if w.conn != nil {
		res, err := http.ReadResponse(bufio.NewReader(&w.conn.written), req)
		if err != nil {
			return nil, fmt.Errorf("reading what the handler wrote to its connection: %w", err)
		}
		return res, nil
	}
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	return &http.Response{
		StatusCode: w.status, Header: w.sent, Request: req,
		Body: &recordedBody{data: w.body},
	}, nil
}

// recordedConn is a connection to a browser that never says anything more.
type recordedConn struct{ written bytes.Buffer }

func (c *recordedConn) Read([]byte) (int, error)         { return 0, io.EOF }
func (c *recordedConn) Write(p []byte) (int, error)      { return c.written.Write(p) }
func (c *recordedConn) Close() error                     { return nil }
func (c *recordedConn) LocalAddr() net.Addr              { return recordedAddr{} }
func (c *recordedConn) RemoteAddr() net.Addr             { return recordedAddr{} }
func (c *recordedConn) SetDeadline(time.Time) error      { return nil }
func (c *recordedConn) SetReadDeadline(time.Time) error  { return nil }
func (c *recordedConn) SetWriteDeadline(time.Time) error { return nil }

type recordedAddr struct{}

func (recordedAddr) Network() string { return "recorded" }
func (recordedAddr) String() string  { return "192.0.2.1:1234" }

// Recorded answers with what was answered before: a request gets the answer of
// the first exchange not used yet with the same method and URL. A request that
// no exchange is left for is an error. The answerer is for one call.
func Recorded(exchanges []Exchange) http.RoundTripper {
	return &recordedAnswerer{left: append([]Exchange(nil), exchanges...)}
}

type recordedAnswerer struct{ left []Exchange }

// ErrNotRecorded is the error of a [Recorded] answerer that has no answer.
var ErrNotRecorded = errors.New("browser: no such exchange was recorded")

func (a *recordedAnswerer) RoundTrip(req *http.Request) (*http.Response, error) {
	url := req.URL.String()
	for i, x := range a.left {
		if x.Method != req.Method || x.URL != url {
			continue
		}
		a.left = append(a.left[:i:i], a.left[i+1:]...)
		if x.Err != nil {
			return nil, x.Err
		}
		return &http.Response{StatusCode: x.Status, Header: canonical(x.ResponseHeader), Body: &recordedBody{}, Request: req}, nil
	}
	return nil, fmt.Errorf("%w: %s %s", ErrNotRecorded, req.Method, url)
}

// canonical returns h with canonical keys: recordings keep names as they came.
func canonical(h http.Header) http.Header {
	out := make(http.Header, len(h))
	for k, vs := range h {
		k = http.CanonicalHeaderKey(k)
		out[k] = append(out[k], vs...)
	}
	return out
}
