package endpoints

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// An upstream is what was written for one, parsed.
type upstream struct {
	url    *url.URL // nil if it is a mistake
	repair string
	detail string
}

// checkUpstream returns the URL of the upstream written at s, nil if it is a
// mistake.
func (c *checker) checkUpstream(s spot, written string) *url.URL {
	u := c.parseUpstream(written)
	if u.url == nil {
		c.add(s, "upstream", UpstreamInvalid, written, u.repair, u.detail)
	}
	return u.url
}

func (c *checker) parseUpstream(written string) *upstream {
	u := c.upstreams[written]
	if u == nil {
		u = parseUpstream(written)
		c.upstreams[written] = u
	}
	return u
}

func parseUpstream(written string) *upstream {
	u, err := url.Parse(written)
	wrong := func(detail, repair string) *upstream { return &upstream{detail: detail, repair: repair} }
	switch {
	case !strings.Contains(written, "://"):
		if repair := "http://" + written; parseUpstream(repair).url != nil {
			return wrong("an upstream needs its scheme", repair)
		}
		return wrong("", "")
	case err != nil:
		return wrong("this is not a URL: "+reason(err), "")
	case u.Scheme != "http" && u.Scheme != "https":
		detail := fmt.Sprintf("an upstream is reached over http or https, not %s", u.Scheme)
		if http, ok := map[string]string{"ws": "http", "wss": "https", "h2c": "http"}[u.Scheme]; ok {
			u.Scheme = http
			return wrong(detail+"; WebSockets pass over http and https", u.String())
		}
		return wrong(detail, "")
	case u.Hostname() == "":
		return wrong("an upstream needs a host", "")
	case u.User != nil:
		u.User = nil
		return wrong("an upstream has no user name or password: what stands in a file is no secret", u.String())
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(written, "#"):
		u.RawQuery, u.ForceQuery, u.Fragment, u.RawFragment = "", false, "", ""
		return wrong("an upstream has no query or fragment", u.String())
	case !validPort(u):
		return wrong("a port is a number from 1 to 65535", "")
	}
	return &upstream{url: u}
}

func validPort(u *url.URL) bool {
	_, port, err := net.SplitHostPort(u.Host)
	if err != nil {
		return u.Port() == "" && !strings.HasSuffix(u.Host, ":")
	}
	n, err := strconv.Atoi(port)
	return err == nil && 0 < n && n < 1<<16
}

// reason is an error of url.Parse without the URL in front.
func reason(err error) string {
	if e, ok := err.(*url.Error); ok {
		return e.Err.Error()
	}
	return err.Error()
}
