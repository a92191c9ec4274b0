package probe

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// newTransport honours HTTPS_PROXY, HTTP_PROXY, NO_PROXY, SSL_CERT_FILE and
// SSL_CERT_DIR, as curl does.
func newTransport(o Options, resolve map[string]string) *http.Transport {
	dialer := &net.Dialer{Timeout: o.Timeout}
	return &http.Transport{
		Proxy: func(req *http.Request) (*url.URL, error) {
			if _, ok := resolve[hostPort(req.URL)]; ok {
				return nil, nil // the person has said where it is
			}
			return http.ProxyFromEnvironment(req)
		},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if to, ok := resolve[strings.ToLower(address)]; ok {
				address = to
			}
			return dialer.DialContext(ctx, network, address)
		},
		TLSClientConfig:        &tls.Config{InsecureSkipVerify: o.Insecure},
		TLSHandshakeTimeout:    o.Timeout,
		ResponseHeaderTimeout:  o.Timeout,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true,
		MaxIdleConnsPerHost:    4,
		MaxIdleConns:           256,
		IdleConnTimeout:        10 * time.Second,
		MaxResponseHeaderBytes: maxResponseHeader,
	}
}

// parseResolve reads entries HOST:PORT:ADDRESS; an IPv6 ADDRESS may stand in
// brackets.
func parseResolve(entries []string) (map[string]string, error) {
	m := make(map[string]string, len(entries))
	for _, e := range entries {
		host, rest, ok := strings.Cut(e, ":")
		port, address, ok2 := strings.Cut(rest, ":")
		address = strings.Trim(address, "[]")
		ip, err := netip.ParseAddr(address)
		if !ok || !ok2 || host == "" || port == "" || err != nil {
			return nil, fmt.Errorf("--resolve %q: write HOST:PORT:ADDRESS, such as api.example.com:443:127.0.0.1", e)
		}
		m[strings.ToLower(net.JoinHostPort(host, port))] = netip.AddrPortFrom(ip, portOf(port)).String()
		if portOf(port) == 0 {
			return nil, fmt.Errorf("--resolve %q: %q is not a port", e, port)
		}
	}
	return m, nil
}

func portOf(text string) uint16 {
	p, err := netip.ParseAddrPort("0.0.0.0:" + text)
	if err != nil {
		return 0
	}
	return p.Port()
}

// hostPort is the host of u with its port, also the default one.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "wss": "443"}[u.Scheme]
		if port == "" {
			port = "80"
		}
	}
	return strings.ToLower(net.JoinHostPort(u.Hostname(), port))
}

// isLoopback reports whether u is on this machine.
func (c *Client) isLoopback(u *url.URL) bool {
	host := strings.ToLower(u.Hostname())
	if to, ok := c.resolve[hostPort(u)]; ok {
		host, _, _ = net.SplitHostPort(to)
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback() || host == "localhost" || strings.HasSuffix(host, ".localhost")
}
