package blackbox

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// A Client2 asks over HTTP/2 with TLS. Any number of goroutines may use it;
// their questions share a connection.
type Client2 struct {
	addr string
	rt   *http.Transport
}

// NewClient2 makes a client that dials from peer.
func NewClient2(addr, peer string, config *tls.Config) *Client2 {
	protocols := new(http.Protocols)
	protocols.SetHTTP2(true)
	d := &net.Dialer{Timeout: patience, LocalAddr: &net.TCPAddr{IP: net.ParseIP(peer)}}
	return &Client2{addr: addr, rt: &http.Transport{
		Protocols:          protocols,
		TLSClientConfig:    config.Clone(),
		DisableCompression: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return d.DialContext(ctx, network, addr)
		},
	}}
}

// Ask sends the question and reads the answer.
func (c *Client2) Ask(q *Question) (*Answer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	res, err := c.rt.RoundTrip(q.request(ctx, c.addr))
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	return &Answer{Status: res.StatusCode, Header: res.Header, Body: string(body)}, nil
}

// request is the question for net/http, which lowers the names for HTTP/2.
func (q *Question) request(ctx context.Context, addr string) *http.Request {
	r := (&http.Request{
		Method: q.Method,
		// Opaque is sent as it stands.
		URL:    &url.URL{Scheme: "https", Host: addr, Opaque: q.Target},
		Host:   q.Host,
		Header: http.Header{"User-Agent": {"blackbox"}},
	}).WithContext(ctx)
	for _, f := range q.fields() {
		if f.Name != "Content-Length" {
			r.Header.Add(f.Name, f.Value)
		}
	}
	if q.Body != "" {
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(q.Body)), int64(len(q.Body))
	}
	return r
}

// Close ends its connections.
func (c *Client2) Close() { c.rt.CloseIdleConnections() }
