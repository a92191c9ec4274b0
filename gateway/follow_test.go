package gateway

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/concors/concors/store"
)

// Two documents that differ in everything that a request meets: setting,
// upstream and headers.
const (
	documentA = `
upstream: $UPSTREAM
endpoints:
  - endpoint: GET /x
    cors: {allow: selected, domains: [https://docs.example.com], credentials: true, expose: [X-A]}
`
	documentB = `
upstream: $UPSTREAM
endpoints:
  - endpoint: GET /y
  - endpoint: /x
    cors: {allow: all, expose: [X-B]}
`
	documentBroken = `
upstream: $UPSTREAM
endpoints:
  - endpoint: GET /x
    cors: {allow: selected, domains: [docs.example.com]}
  - endpoint: GET /x
`
)

// named is an upstream that answers with its name.
func named(t *testing.T, name string) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, name)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// While documents change at full speed, broken ones among them, no request
// fails, and each is judged by one document as a whole.
func TestChangesUnderLoad(t *testing.T) {
	const changes, clients = 300, 4
	a := strings.ReplaceAll(documentA, "$UPSTREAM", named(t, "A"))
	b := strings.ReplaceAll(documentB, "$UPSTREAM", named(t, "B"))
	broken := strings.ReplaceAll(documentBroken, "$UPSTREAM", "http://127.0.0.1:9")

	st := store.NewMemory([]byte(a), store.Options{})
	g, err := New(Options{Log: discard()})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Load(t.Context(), st); err != nil {
		t.Fatal(err)
	}
	var following sync.WaitGroup
	following.Go(func() { g.Follow(context.Background(), st) })
	defer following.Wait()
	defer st.Close()
	front := httptest.NewServer(g)
	defer front.Close()

	// What an answer may be: all of A, or all of B.
	wholes := map[string]string{
		"GET 200 A https://docs.example.com true x-a": "A",
		"GET 200 B *  x-b":                            "B",
		"OPTIONS 204  https://docs.example.com true ": "A",
		"OPTIONS 204  *  ":                            "B",
	}
	var stop atomic.Bool
	defer stop.Store(true) // whatever happens
	var mu sync.Mutex
	seen := map[string]int{}
	var running sync.WaitGroup
	for range clients {
		running.Go(func() {
			for n := 0; !stop.Load(); n++ {
				method := []string{"GET", "OPTIONS"}[n%2]
				r, err := http.NewRequest(method, front.URL+"/x", nil)
				if err != nil {
					t.Error(err)
					return
				}
				r.Header.Set("Origin", "https://docs.example.com")
				if method == "OPTIONS" {
					r.Header.Set("Access-Control-Request-Method", "GET")
				}
				res, err := front.Client().Do(r)
				if err != nil {
					t.Error(err)
					return
				}
				body, err := io.ReadAll(res.Body)
				res.Body.Close()
				h := res.Header
				got := fmt.Sprintf("%s %d %s %s %s %s", method, res.StatusCode, body,
					h.Get("Access-Control-Allow-Origin"), h.Get("Access-Control-Allow-Credentials"), h.Get("Access-Control-Expose-Headers"))
				if wholes[got] == "" || err != nil {
					t.Errorf("an answer that is of neither document: %q %v", got, err)
					return
				}
				mu.Lock()
				seen[got]++
				mu.Unlock()
			}
		})
	}
	for i := range changes {
		switch i % 3 {
		case 0:
			st.Write([]byte(b))
		case 1:
			st.Write([]byte(broken))
		case 2:
			st.Write([]byte(a))
		}
		// Let some requests meet this state.
		r, err := http.NewRequest("GET", front.URL+"/y", nil)
		if err != nil {
			t.Fatal(err)
		}
		send(t, front.Client(), r)
	}
	stop.Store(true)
	running.Wait()
	t.Logf("%v", seen)
	if len(seen) < 2 {
		t.Errorf("only %v was ever seen", seen)
	}
}

func TestBrokenDocumentKeepsTheLastGoodOne(t *testing.T) {
	upstream := named(t, "A")
	write := func(document string) []byte { return []byte(strings.ReplaceAll(document, "$UPSTREAM", upstream)) }
	st := store.NewMemory(write(documentA), store.Options{})
	a := newAPI(t, documentB, echo)
	var following sync.WaitGroup
	following.Go(func() { a.gateway.Follow(t.Context(), st) })
	defer following.Wait()
	defer st.Close()

	a.log.until(t, "document in force")
	first := a.gateway.Table()
	a.wantMetric("concors_document_last_reload_success 1")
	a.wantMetric(`concors_document_reloads_total{result="success"} 1`)
	a.wantMetric(`concors_document_info{revision="` + string(store.RevisionOf(write(documentA))) + `"} 1`)
	a.wantMetric("concors_endpoints 1")

	st.Write(write(documentBroken))
	a.log.until(t, "document refused; the last good one stays in force")
	a.log.until(t, "origin-missing-scheme") // both mistakes, with their places
	a.log.until(t, "endpoint-duplicate")
	if a.gateway.Table() != first {
		t.Error("a broken document replaced the table")
	}
	a.do("GET", "/x", "", allowed).wantHeader(t, "Access-Control-Allow-Origin", "https://docs.example.com")
	a.wantMetric("concors_document_last_reload_success 0")
	a.wantMetric(`concors_document_reloads_total{result="failure"} 1`)
	a.wantMetric(`concors_document_info{revision="` + string(store.RevisionOf(write(documentA))) + `"} 1`)

	st.Write(write(documentB))
	a.log.until(t, string(store.RevisionOf(write(documentB))))
	a.do("GET", "/x", "", allowed).wantHeader(t, "Access-Control-Allow-Origin", "*")
	a.wantMetric("concors_document_last_reload_success 1")
}

func TestBrokenDocumentThatIsTakenBack(t *testing.T) {
	good := []byte(strings.ReplaceAll(documentA, "$UPSTREAM", "http://127.0.0.1:9"))
	st := store.NewMemory(good, store.Options{})
	a := newAPI(t, documentB, echo)
	load := func() error { return a.gateway.Load(t.Context(), st) }
	if err := load(); err != nil {
		t.Fatal(err)
	}
	first := a.gateway.Table()
	st.Write([]byte("endpoints: 1"))
	if err := load(); err == nil {
		t.Error("Load is silent about a broken document")
	}
	a.wantMetric("concors_document_last_reload_success 0")
	st.Write(good)
	if err := load(); err != nil {
		t.Error(err)
	}
	a.wantMetric("concors_document_last_reload_success 1")
	a.log.until(t, "document is good again")
	if a.gateway.Table() == nil || len(a.gateway.Table().Endpoints()) != len(first.Endpoints()) {
		t.Error("the good document is not in force")
	}
}

// overtaken is a store of which the answers of Get are late: by then, others
// have seen what was stored after.
type overtaken struct {
	store.Store
	meanwhile func()
}

func (o overtaken) Get(ctx context.Context) (store.Snapshot, error) {
	s, err := o.Store.Get(ctx)
	o.meanwhile()
	return s, err
}

func TestOvertakenReload(t *testing.T) {
	a, b := []byte(strings.ReplaceAll(documentA, "$UPSTREAM", "http://127.0.0.1:9")), []byte(strings.ReplaceAll(documentB, "$UPSTREAM", "http://127.0.0.1:9"))
	for _, c := range []struct {
		name         string
		older, newer []byte
	}{
		{"by another document", a, b},
		{"by a broken document", a, []byte("endpoints: 1")},
		{"by the end of a broken document", []byte("endpoints: 1"), a},
		{"by the same document after another", b, a}, // a was in force before
	} {
		t.Run(c.name, func(t *testing.T) {
			st := store.NewMemory(a, store.Options{})
			api := newAPI(t, documentB, echo)
			if err := api.gateway.Load(t.Context(), st); err != nil {
				t.Fatal(err)
			}
			st.Write(c.older)
			wantInForce := func(when string) {
				t.Helper()
				newest, err := st.Get(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if api.gateway.Table() != newest.Table {
					t.Errorf("%s an older document is in force", when)
				}
				want := 1
				if newest.Problem != nil {
					want = 0
				}
				api.wantMetric(fmt.Sprint("concors_document_last_reload_success ", want))
			}
			_ = api.gateway.Load(t.Context(), overtaken{st, func() {
				st.Write(c.newer)
				_ = api.gateway.Load(t.Context(), st)
				wantInForce("before the late answer")
			}})
			wantInForce("after the late answer")
		})
	}
}

func TestLoadWithoutAnyGoodDocument(t *testing.T) {
	g, err := New(Options{Log: discard()})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Load(t.Context(), store.NewMemory([]byte("endpoints: 1"), store.Options{})); err == nil || g.Table() != nil {
		t.Errorf("error %v, table %v", err, g.Table())
	}
}

// Series of endpoints that are gone go with them; those that stay keep their
// counts.
func TestMetricsFollowTheDocument(t *testing.T) {
	a := newAPI(t, document, echo)
	a.do("GET", "/account", "", allowed)
	a.do("GET", "/prices", "", allowed)
	a.do("GET", "/strange", "", "Origin: https://"+"stranger.example")
	a.swap(strings.Replace(document, "  - endpoint: GET /prices\n", "  - endpoint: GET /costs\n", 1))
	a.do("GET", "/account", "", allowed)
	a.wantMetric(`concors_decisions_total{decision="run",endpoint="GET /account",reason=""} 2`)
	a.wantMetric(`concors_own_answers_total{reason="no-endpoint"} 1`)
	text := a.scrape()
	for _, gone := range []string{"/prices", "stranger", "strange"} {
		if strings.Contains(text, gone) {
			t.Errorf("%q is among the metrics:\n%s", gone, grep(text, "concors_"))
		}
	}
}

func TestAccessLog(t *testing.T) {
	a := newAPI(t, document, echo)
	a.do("GET", "/account?token=secret", "", allowed, "Cookie: session=secret", "Authorization: Bearer secret")
	line := a.access.until(t, "GET")
	for _, want := range []string{`"method":"GET"`, `"path":"/account"`, `"status":200`, `"duration_ms":`, `"origin":"https://docs.example.com"`, `"bytes":0`, `"client":"127.0.0.1"`, `"endpoint":"GET /account"`, `"decision":"run"`} {
		if !strings.Contains(line, want) {
			t.Errorf("the line lacks %s:\n%s", want, line)
		}
	}
	if strings.Contains(line, "secret") {
		t.Errorf("the line says too much:\n%s", line)
	}
}

func TestAccessLogBehindATrustedProxy(t *testing.T) {
	a := newAPI(t, "trusted_proxies: [127.0.0.1]\n"+document, echo)
	a.do("GET", "/prices", "", "X-Forwarded-For: 9.9.9.9")
	a.access.until(t, `"forwarded_for":"9.9.9.9"`)
}

func TestAccessLogSampling(t *testing.T) {
	a := newAPI(t, document, echo, func(o *Options) { o.AccessSample = 5 })
	for range 10 {
		a.do("GET", "/account", "", allowed)
		a.do("GET", "/account", "", foreign)
	}
	if n := strings.Count(a.access.String(), `"decision":"run"`); n != 2 {
		t.Errorf("%d of 10 requests that ran were logged, want every 5th", n)
	}
	if n := strings.Count(a.access.String(), `"decision":"refuse"`); n != 10 {
		t.Errorf("%d of 10 refusals were logged, want all", n)
	}
}
