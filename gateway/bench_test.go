package gateway

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// The benchmarks compare the gateway with the least that could stand in its
// place, on loopback sockets, in one process. The two take turns, a few requests
// each, and the time of each is its tenth percentile, so that what else the
// machine does is left out. The metric "ratio" is the throughput of the gateway
// over that of its rival.

const benchDocument = `
upstream: $UPSTREAM
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
  - endpoint: GET /api/prices
    cors: {allow: all, cache: 1h}
`

const (
	benchActual = "GET /api/account HTTP/1.1\r\nHost: api.example.net\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\nAccept: */*\r\nAccept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\nReferer: https://docs.example.com/\r\nOrigin: https://docs.example.com\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\nCookie: session=0123456789abcdef\r\n\r\n"

	benchPreflight = "OPTIONS /api/account HTTP/1.1\r\nHost: api.example.net\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\nAccept: */*\r\nOrigin: https://docs.example.com\r\nAccess-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: authorization,content-type\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n\r\n"
)

var benchRefused = strings.ReplaceAll(benchActual, "docs.example.com", "evil.example")

func benchUpstream(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h["Content-Type"] = []string{"application/json"}
	h["Cache-Control"] = []string{"private"}
	h["Etag"] = []string{`"33a64df551425fcc"`}
	h["Vary"] = []string{"Accept-Encoding"}
	_, _ = io.WriteString(w, benchBody)
}

var benchBody = strings.Repeat(`{"name":"value"},`, 60)

// A benchClient sends one request over and over on a connection, at the least
// possible cost.
type benchClient struct {
	conn    net.Conn
	request []byte
	buf     []byte
	want    string // how the answer begins
}

func newBenchClient(b *testing.B, h http.Handler, request, want string) *benchClient {
	b.Helper()
	s := httptest.NewServer(h)
	b.Cleanup(s.Close)
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	return &benchClient{conn: conn, request: []byte(request), buf: make([]byte, 64<<10), want: want}
}

var headerEnd = []byte("\r\n\r\n")

// roundTrip sends the request and reads the answer, which has a Content-Length
// or no body.
func (c *benchClient) roundTrip(b *testing.B) {
	if _, err := c.conn.Write(c.request); err != nil {
		b.Fatal(err)
	}
	n, total := 0, -1
	for n != total {
		m, err := c.conn.Read(c.buf[n:])
		if err != nil {
			b.Fatal(err)
		}
		n += m
		if total >= 0 {
			continue
		}
		if end := bytes.Index(c.buf[:n], headerEnd); end >= 0 {
			if !bytes.HasPrefix(c.buf[:n], []byte(c.want)) {
				b.Fatalf("got %q, want %q", c.buf[:end], c.want)
			}
			total = end + len(headerEnd) + contentLength(c.buf[:end])
		}
	}
}

func contentLength(header []byte) int {
	_, rest, found := bytes.Cut(header, []byte("\r\nContent-Length: "))
	n := 0
	for i := 0; found && i < len(rest) && rest[i] >= '0' && rest[i] <= '9'; i++ {
		n = n*10 + int(rest[i]-'0')
	}
	return n
}

// compare reports the throughput of ours over that of theirs.
func compare(b *testing.B, ours, theirs *benchClient) {
	const block = 20
	var ourTimes, theirTimes []time.Duration
	measure := func(c *benchClient) time.Duration {
		start := time.Now()
		for range block {
			c.roundTrip(b)
		}
		return time.Since(start)
	}
	measure(ours)
	measure(theirs)
	for b.Loop() {
		ourTimes = append(ourTimes, measure(ours))
		theirTimes = append(theirTimes, measure(theirs))
	}
	quiet := func(times []time.Duration) float64 {
		slices.Sort(times)
		return float64(times[len(times)/10].Nanoseconds()) / block
	}
	us, them := quiet(ourTimes), quiet(theirTimes)
	b.ReportMetric(them/us, "ratio")
	b.ReportMetric(us, "ours-ns/req")
	b.ReportMetric(them, "theirs-ns/req")
	b.ReportMetric(0, "ns/op")
}

func benchGateway(b testing.TB, document string, adjust ...func(*Options)) (*Gateway, string) {
	b.Helper()
	upstream := httptest.NewServer(http.HandlerFunc(benchUpstream))
	b.Cleanup(upstream.Close)
	o := Options{Log: discard()}
	for _, f := range adjust {
		f(&o)
	}
	g, err := New(o)
	if err != nil {
		b.Fatal(err)
	}
	g.Swap(tableOf(b, upstream.URL, document))
	return g, upstream.URL
}

func withAccessLog(o *Options) { o.AccessLog = slog.New(slog.NewJSONHandler(io.Discard, nil)) }

// BenchmarkProxied compares within one process, so without what the program gains
// by its profile and its collector; bench/gateway measures the program.
func BenchmarkProxied(b *testing.B) {
	for _, bc := range []struct {
		name   string
		adjust []func(*Options)
		proxy  func(*httputil.ReverseProxy)
	}{
		{"over a bare ReverseProxy", nil, func(*httputil.ReverseProxy) {}},
		{"over a ReverseProxy with the same transport and buffers", nil, tuned},
		{"with access log over the same", []func(*Options){withAccessLog}, tuned},
	} {
		b.Run(bc.name, func(b *testing.B) {
			g, upstream := benchGateway(b, benchDocument, bc.adjust...)
			target, err := url.Parse(upstream)
			if err != nil {
				b.Fatal(err)
			}
			bare := httputil.NewSingleHostReverseProxy(target)
			bc.proxy(bare)
			compare(b, newBenchClient(b, g, benchActual, "HTTP/1.1 200"), newBenchClient(b, bare, benchActual, "HTTP/1.1 200"))
		})
	}
}

func tuned(p *httputil.ReverseProxy) {
	p.Transport, p.BufferPool = newTransport(&Options{}), buffers{}
}

// BenchmarkAnswered compares preflights and refusals with a handler that answers
// 204, within one process.
func BenchmarkAnswered(b *testing.B) {
	bare := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	for _, bc := range []struct{ name, request, want string }{
		{"preflight", benchPreflight, "HTTP/1.1 204"},
		{"refusal", benchRefused, "HTTP/1.1 403"},
	} {
		b.Run(bc.name, func(b *testing.B) {
			g, _ := benchGateway(b, benchDocument)
			compare(b, newBenchClient(b, g, bc.request, bc.want), newBenchClient(b, bare, bc.request, "HTTP/1.1 204"))
		})
	}
}

// BenchmarkManyEndpoints compares 10,000 endpoints with ten: the goal is a
// ratio of 0.95.
func BenchmarkManyEndpoints(b *testing.B) {
	document := func(n int) string {
		var sb strings.Builder
		sb.WriteString(benchDocument)
		for i := range n {
			fmt.Fprintf(&sb, "  - endpoint: GET /api/resource%d/{id}/parts/%d\n    cors: front-end\n", i, i)
		}
		return sb.String()
	}
	for _, bc := range []struct{ name, request, want string }{
		{"proxied", strings.Replace(benchActual, "/api/account", "/api/resource5/17/parts/5", 1), "HTTP/1.1 200"},
		{"preflight", benchPreflight, "HTTP/1.1 204"},
	} {
		b.Run(bc.name, func(b *testing.B) {
			many, _ := benchGateway(b, document(9_997))
			few, _ := benchGateway(b, document(7))
			compare(b, newBenchClient(b, many, bc.request, bc.want), newBenchClient(b, few, bc.request, bc.want))
		})
	}
}

// BenchmarkHandler is the gateway's own work, without sockets.
func BenchmarkHandler(b *testing.B) {
	for _, bc := range []struct {
		name    string
		method  string
		headers []string
	}{
		{"proxied", "GET", []string{"Origin", "https://docs.example.com"}},
		{"proxied with access log", "GET", []string{"Origin", "https://docs.example.com"}},
		{"preflight", "OPTIONS", []string{"Origin", "https://docs.example.com", "Access-Control-Request-Method", "PUT"}},
		{"refusal", "GET", []string{"Origin", "https://evil.example"}},
		{"bare ReverseProxy", "GET", []string{"Origin", "https://docs.example.com"}},
	} {
		b.Run(bc.name, func(b *testing.B) {
			g, _ := benchGateway(b, benchDocument, func(o *Options) {
				o.Transport = roundTripper(benchAnswer)
				if strings.HasSuffix(bc.name, "access log") {
					withAccessLog(o)
				}
			})
			r := httptest.NewRequest(bc.method, "/api/account", nil)
			for i := 0; i < len(bc.headers); i += 2 {
				r.Header.Set(bc.headers[i], bc.headers[i+1])
			}
			w := &nullWriter{http.Header{}}
			var h http.Handler = g
			if strings.HasPrefix(bc.name, "bare") {
				bare := httputil.NewSingleHostReverseProxy(g.Table().Endpoints()[0].Upstream)
				tuned(bare)
				bare.Transport = g.options.Transport
				h = bare
			}
			b.ReportAllocs()
			for b.Loop() {
				clear(w.h)
				h.ServeHTTP(w, r)
			}
		})
	}
}

// benchAnswer is an upstream's answer without the upstream.
func benchAnswer(r *http.Request) (*http.Response, error) {
	h := http.Header{"Content-Type": {"text/plain"}, "Date": {"x"}, "Cache-Control": {"private"}, "Vary": {"Accept-Encoding"}, "Etag": {"x"}}
	return &http.Response{StatusCode: http.StatusNoContent, ProtoMajor: 1, ProtoMinor: 1, Header: h, Body: http.NoBody, Request: r}, nil
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type nullWriter struct{ h http.Header }

func (w *nullWriter) Header() http.Header         { return w.h }
func (w *nullWriter) Write(p []byte) (int, error) { return len(p), nil }
func (w *nullWriter) WriteHeader(int)             {}
func (w *nullWriter) Flush()                      {}
