package probe

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// raw starts a server that does with each connection what it likes, once a
// request's header has come.
func raw(t *testing.T, serve func(c net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
					serve(c)
				}
			}()
		}
	}()
	return "http://" + l.Addr().String() + "/"
}

// untilClosed writes text again and again until the other side has gone.
func untilClosed(c net.Conn, text string, every time.Duration) {
	for {
		if _, err := io.WriteString(c, text); err != nil {
			return
		}
		time.Sleep(every)
	}
}

func TestHostileServers(t *testing.T) {
	for _, tt := range []struct {
		name   string
		serve  func(c net.Conn)
		status int
	}{
		{"hangs", func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }, 0},
		{"closes", func(net.Conn) {}, 0},
		{"resets", func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }, 0},
		{"is no HTTP", func(c net.Conn) { _, _ = io.WriteString(c, "220 mail.example.com ESMTP\r\n") }, 0},
		{"sends bytes", func(c net.Conn) { _, _ = c.Write(make([]byte, 1<<16)) }, 0},
		{"drips its header", func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n")
			untilClosed(c, "X: y\r\n", 5*time.Millisecond)
		}, 0},
		{"never ends its header", func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n")
			untilClosed(c, "X-Long: "+strings.Repeat("y", 8000)+"\r\n", 0)
		}, 0},
		{"never ends its body", func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nVary: Origin\r\n\r\n")
			untilClosed(c, strings.Repeat("y", 8000), 0)
		}, 200},
		{"sends less than it said", func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nVary: Origin\r\nContent-Length: 100\r\n\r\nabc")
		}, 200},
		{"says that it is busy, for long", func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 503 Busy\r\nRetry-After: 86400\r\nContent-Length: 0\r\n\r\n")
		}, 503},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, err := New(Options{Timeout: 300 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			a := c.Do(t.Context(), &Request{Method: "GET", URL: raw(t, tt.serve)})
			if a.Status != tt.status || (a.Err == nil) != (tt.status != 0) {
				t.Errorf("status %d, error %v", a.Status, a.Err)
			}
			if a.Status == 200 && a.Header.Get("Vary") != "Origin" {
				t.Error("the header is lost")
			}
			if len(a.Body) > maxBody {
				t.Errorf("%d bytes were kept", len(a.Body))
			}
			if a.Tested() != (tt.status == 200) {
				t.Errorf("Tested is %v", a.Tested())
			}
		})
	}
}

// roundTrip is a transport that is a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(status int, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: http.NoBody}
}

func TestSecretsGoToTheirHostOnly(t *testing.T) {
	session := http.Header{"Cookie": {"session=1"}, "Authorization": {"Bearer 1"}, "X-Api-Key": {"1"}}
	for _, tt := range []struct {
		name, url     string
		asks, cookies bool
		want          string
	}{
		{"their host", "https://api.example.com/a", true, false, "Bearer 1 session=1 1"},
		{"their host, not asked for", "https://api.example.com/a", false, false, "  "},
		{"what a browser adds by itself", "https://api.example.com/a", true, true, " session=1 "},
		{"another host", "https://www.example.com/a", true, false, "  "},
		{"another port", "https://api.example.com:8443/a", true, false, "  "},
		{"a longer name", "https://api.example.com.evil.net/a", true, false, "  "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			c, err := New(Options{Session: session, SessionHosts: []string{"api.example.com"}, Rate: -1, Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				got = r.Header.Get("Authorization") + " " + r.Header.Get("Cookie") + " " + r.Header.Get("X-Api-Key")
				return answer(302, "Location", "https://evil.example/"), nil
			})})
			if err != nil {
				t.Fatal(err)
			}
			c.Do(t.Context(), &Request{Method: "GET", URL: tt.url, Session: tt.asks, CookiesOnly: tt.cookies})
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if c.Sent() != 1 {
				t.Errorf("%d requests were sent: the redirect was followed", c.Sent())
			}
		})
	}
}

func TestCurlAndReportsMaskSecrets(t *testing.T) {
	session := http.Header{"Cookie": {"session=hidden"}, "X-Api-Key": {"hidden"}}
	r := &Request{Method: "POST", URL: "https://api.example.com/a?b='c'", Header: http.Header{"Origin": {"https://it's.example"}, "Authorization": {"hidden"}}, Body: []byte("a=1"), Session: true}
	want := `curl -i -X POST -H 'Authorization: …' -H 'Origin: https://it'\''s.example' -H "Cookie: $COOKIE" -H "X-Api-Key: $X_API_KEY" --data-binary a=1 'https://api.example.com/a?b='\''c'\'''`
	if got := r.Curl(session); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	h := Public(http.Header{"Set-Cookie": {"hidden", "hidden"}, "X-Api-Key": {"hidden"}, "Vary": {"Origin"}}, session)
	for name, values := range h {
		for _, v := range values {
			if v == "hidden" {
				t.Errorf("%s is shown", name)
			}
		}
	}
	if h.Get("Vary") != "Origin" {
		t.Error("Vary is masked")
	}
}

func TestRateAndDelay(t *testing.T) {
	for _, tt := range []struct {
		name    string
		options Options
		url     string
		want    time.Duration // for eleven requests
	}{
		{"the default rate", Options{}, "https://api.example.com/", 500 * time.Millisecond},
		{"no limit on this machine", Options{}, "http://localhost:1/", 0},
		{"nor at a name that leads here", Options{Resolve: []string{"api.example.com:443:127.0.0.1"}}, "https://api.example.com/", 0},
		{"a rate", Options{Rate: 5}, "http://localhost:1/", 2 * time.Second},
		{"a delay", Options{Delay: time.Second}, "http://localhost:1/", 10 * time.Second},
		{"no limit", Options{Rate: -1}, "https://api.example.com/", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tt.options.Transport = roundTrip(func(*http.Request) (*http.Response, error) { return answer(200), nil })
				c, err := New(tt.options)
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				for range 11 {
					c.Do(t.Context(), &Request{Method: "GET", URL: tt.url})
				}
				if took := time.Since(start); took != tt.want {
					t.Errorf("took %s, want %s", took, tt.want)
				}
			})
		})
	}
}

func TestBusyServersAreAskedOnceMore(t *testing.T) {
	for _, tt := range []struct {
		name  string
		first *http.Response
		waits time.Duration
		asks  int64
	}{
		{"at once", answer(429, "Retry-After", "0"), 0, 2},
		{"after seconds", answer(429, "Retry-After", "3"), 3 * time.Second, 2},
		{"without a time", answer(429), time.Second, 2},
		{"not after an hour", answer(429, "Retry-After", "3600"), 0, 1},
		{"not after nonsense", answer(503, "Retry-After", "soon"), 0, 1},
		{"a broken server", answer(500, "Retry-After", "1"), 0, 1},
		{"an outage without a time", answer(503), 0, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := 0
				c, err := New(Options{Rate: -1, Transport: roundTrip(func(*http.Request) (*http.Response, error) {
					if n++; n == 1 {
						return tt.first, nil
					}
					return answer(200), nil
				})})
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				c.Do(t.Context(), &Request{Method: "GET", URL: "https://api.example.com/"})
				if took := time.Since(start); took != tt.waits || c.Sent() != tt.asks {
					t.Errorf("took %s with %d requests, want %s with %d", took, c.Sent(), tt.waits, tt.asks)
				}
			})
		})
	}
}

func TestResolve(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Host) }))
	defer server.Close()
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(Options{Resolve: []string{"API.example.com:" + u.Port() + ":127.0.0.1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	a := c.Do(t.Context(), &Request{Method: "GET", URL: "http://api.example.com:" + u.Port() + "/"})
	if string(a.Body) != "api.example.com:"+u.Port() {
		t.Errorf("got %q, %v", a.Body, a.Err)
	}
	for _, bad := range []string{"", "a", "a:443", "a:443:b", "a:x:127.0.0.1", ":443:127.0.0.1", "a:0:127.0.0.1", "a:70000:127.0.0.1"} {
		if _, err := New(Options{Resolve: []string{bad}}); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestTheEndOfTheContextEndsWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := New(Options{Delay: time.Hour, Transport: roundTrip(func(*http.Request) (*http.Response, error) { return answer(200), nil })})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		c.Do(ctx, &Request{Method: "GET", URL: "https://a.example/"})
		if a := c.Do(ctx, &Request{Method: "GET", URL: "https://a.example/"}); a.Err == nil || errors.Is(a.Err, io.EOF) {
			t.Errorf("got %v", a.Err)
		}
	})
}
