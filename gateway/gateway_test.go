package gateway

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/concors/concors/endpoints"
)

// discard is a log for tests that do not look at it.
func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// tableOf builds the table of a document in which $UPSTREAM stands for the URL
// of an upstream.
func tableOf(t testing.TB, upstream, document string) *endpoints.Table {
	t.Helper()
	_, table, report := endpoints.Load("test.yaml", []byte(strings.ReplaceAll(document, "$UPSTREAM", upstream)), endpoints.Options{})
	if !report.OK() {
		t.Fatalf("the test's document: %v", report.Err())
	}
	return table
}

// An api is an upstream with a gateway in front, both on real sockets.
type api struct {
	t        testing.TB
	gateway  *Gateway
	front    *httptest.Server
	upstream *httptest.Server
	reached  atomic.Int64 // requests that the upstream saw
	access   *logBuffer
	log      *logBuffer
}

// newAPI starts an upstream and a gateway for it. Options may be changed by
// adjust.
func newAPI(t testing.TB, document string, upstream http.HandlerFunc, adjust ...func(*Options)) *api {
	t.Helper()
	a := unserved(t, adjust...)
	a.upstream = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.reached.Add(1)
		upstream(w, r)
	}))
	t.Cleanup(a.upstream.Close)
	a.swap(document)
	a.front = httptest.NewUnstartedServer(a.gateway)
	a.front.Config.DisableGeneralOptionsHandler = true // as Server does
	a.front.Start()
	t.Cleanup(a.front.Close)
	return a
}

func (a *api) swap(document string) {
	a.t.Helper()
	a.gateway.Swap(tableOf(a.t, a.upstream.URL, document))
}

// A reply is a response that has been read.
type reply struct {
	*http.Response
	body string
}

// do sends a request to the gateway. Header lines are "Name: value".
func (a *api) do(method, path, body string, header ...string) reply {
	a.t.Helper()
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	r, err := http.NewRequest(method, a.front.URL+path, content)
	if err != nil {
		a.t.Fatal(err)
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Add(name, value)
	}
	return send(a.t, a.front.Client(), r)
}

func send(t testing.TB, c *http.Client, r *http.Request) reply {
	t.Helper()
	once := *c
	once.Timeout = patience
	once.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := once.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("reading the body: %v", err)
	}
	return reply{res, string(b)}
}

// patience is how long a test waits for what should come at once. Only one that
// fails waits that long.
const patience = 20 * time.Second

// next returns what comes out of ch, which fails if nothing does.
func next[T any](t testing.TB, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatal("nothing came")
		panic("not reached")
	}
}

// patient is a context that ends before anybody loses patience.
func patient(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// dial connects to the gateway for the time of the test.
func (a *api) dial() net.Conn {
	a.t.Helper()
	conn, err := net.Dial("tcp", a.front.Listener.Addr().String())
	if err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	return conn
}

// raw sends bytes as they are and returns the answer to them.
func (a *api) raw(request string) reply {
	a.t.Helper()
	conn := a.dial()
	defer conn.Close()
	if _, err := io.WriteString(conn, request); err != nil {
		a.t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		a.t.Fatalf("%q: %v", request, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return reply{res, string(b)}
}

// untouched fails unless the upstream has seen no request so far.
func (a *api) untouched() {
	a.t.Helper()
	if n := a.reached.Load(); n != 0 {
		a.t.Errorf("the upstream saw %d requests", n)
	}
}

func (r reply) wantStatus(t testing.TB, want int) {
	t.Helper()
	if r.StatusCode != want {
		t.Errorf("status %d, want %d\n%s", r.StatusCode, want, r.body)
	}
}

// wantHeader compares all lines of a field; no want: the field must not be
// there.
func (r reply) wantHeader(t testing.TB, name string, want ...string) {
	t.Helper()
	got := r.Header.Values(name)
	if fmt.Sprint(got) != fmt.Sprint(want) || len(got) != len(want) {
		t.Errorf("%s: %q, want %q", name, got, want)
	}
}

// wantVary fails unless every name is an element of Vary.
func (r reply) wantVary(t testing.TB, names ...string) {
	t.Helper()
	have := ", " + strings.Join(r.Header.Values("Vary"), ", ") + ", "
	for _, name := range names {
		if !strings.Contains(have, ", "+name+", ") {
			t.Errorf("Vary: %q lacks %s", r.Header.Values("Vary"), name)
		}
	}
}

// noCORS fails if any CORS header is there.
func (r reply) noCORS(t testing.TB) {
	t.Helper()
	for name := range r.Header {
		if strings.HasPrefix(name, "Access-Control-") {
			t.Errorf("%s: %q, want none", name, r.Header[name])
		}
	}
}

// wantProblem fails unless the answer is a problem of the gateway's with this
// reason.
func (r reply) wantProblem(t testing.TB, status int, reason string) {
	t.Helper()
	r.wantStatus(t, status)
	r.wantHeader(t, "Content-Type", "application/problem+json")
	if !strings.Contains(r.body, `"reason":"`+reason+`"`) {
		t.Errorf("body %s, want reason %s", r.body, reason)
	}
}

// A logBuffer is what was logged. It can be waited for.
type logBuffer struct {
	mu   sync.Mutex
	buf  bytes.Buffer
	wait chan struct{} // closed at the next write
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.wait != nil {
		close(b.wait)
		b.wait = nil
	}
	return b.buf.Write(p)
}

// until returns what was logged as soon as it contains s.
func (b *logBuffer) until(t testing.TB, s string) string {
	t.Helper()
	ctx := patient(t)
	for {
		b.mu.Lock()
		text := b.buf.String()
		if b.wait == nil {
			b.wait = make(chan struct{})
		}
		wait := b.wait
		b.mu.Unlock()
		if strings.Contains(text, s) {
			return text
		}
		select {
		case <-wait:
		case <-ctx.Done():
			t.Fatalf("the log never said %s:\n%s", s, text)
		}
	}
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// scrape returns the metrics as text.
func (a *api) scrape() string {
	a.t.Helper()
	w := httptest.NewRecorder()
	a.gateway.metrics.handler().ServeHTTP(w, httptest.NewRequestWithContext(context.Background(), "GET", "/metrics", nil))
	return w.Body.String()
}

func (a *api) wantMetric(line string) {
	a.t.Helper()
	text := a.scrape()
	if !strings.Contains(text, line+"\n") {
		a.t.Errorf("no metric %s among\n%s", line, grep(text, "concors_"))
	}
}

func grep(text, prefix string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, prefix) && !strings.Contains(line, "_bucket") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// unserved is a gateway that no socket leads to. Options may be changed by
// adjust.
func unserved(t testing.TB, adjust ...func(*Options)) *api {
	t.Helper()
	a := &api{t: t, access: new(logBuffer), log: new(logBuffer)}
	o := Options{
		Log:       slog.New(slog.NewJSONHandler(a.log, nil)),
		AccessLog: slog.New(slog.NewJSONHandler(a.access, nil)),
	}
	for _, f := range adjust {
		f(&o)
	}
	var err error
	if a.gateway, err = New(o); err != nil {
		t.Fatal(err)
	}
	return a
}
