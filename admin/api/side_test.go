package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/concors/concors/admin"
	"github.com/concors/concors/admin/api"
	"github.com/concors/concors/cors/browser"
	"github.com/concors/concors/difference"
	"github.com/concors/concors/gateway"
	"github.com/concors/concors/insight"
	"github.com/concors/concors/store"
	"github.com/concors/concors/store/file"
)

// document is what most tests begin with: the API of a shop.
var document = func() string {
	text, err := os.ReadFile("../testdata/shop.yaml")
	if err != nil {
		panic(err)
	}
	return string(text)
}()

const token = "a-token-for-tests-0123456789"

// A side is a whole Concors: gateway, file, admin side, on sockets.
type side struct {
	t        *testing.T
	service  *admin.Service
	gateway  *gateway.Gateway
	traffic  *insight.Recorder
	file     string
	api      string // address of the traffic listener
	admin    string // of the admin listener
	upstream atomic.Int64
	client   *http.Client
}

// publicly is the way to the API's public address: to the gateway, as there is
// nothing in front of it.
type publicly struct{ s *side }

func (p publicly) RoundTrip(r *http.Request) (*http.Response, error) {
	return browser.Handler(p.s.gateway).RoundTrip(r)
}

// newSide starts one with the text as its document.
func newSide(t *testing.T, text string, change ...func(*admin.Options, *api.Options)) *side {
	t.Helper()
	s := &side{t: t, file: filepath.Join(t.TempDir(), "concors.yaml"), traffic: insight.NewRecorder(nil)}
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.upstream.Add(1)
		_, _ = io.WriteString(w, "{}")
	}))
	t.Cleanup(up.Close)
	if text != "" {
		s.write(strings.ReplaceAll(text, "$UPSTREAM", up.URL))
	}
	log := slog.New(slog.DiscardHandler)
	documents, err := file.Open(s.file, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = documents.Close() })
	s.gateway, err = gateway.New(gateway.Options{Log: log, OnDecision: func(e gateway.Event) {
		pattern := ""
		if e.Endpoint != nil {
			pattern = e.Endpoint.Pattern
		}
		s.traffic.Record(e.Request, pattern, e.Decision)
	}})
	if err != nil {
		t.Fatal(err)
	}
	o := admin.Options{
		Store: documents, Traffic: s.traffic, Log: log,
		Enforce:   func(ctx context.Context) error { return s.gateway.Load(ctx, documents) },
		Transport: publicly{s},
	}
	h := api.Options{Auth: api.NewAuth(api.HashToken(token), false, nil)}
	for _, c := range change {
		c(&o, &h)
	}
	if s.service, err = admin.New(o); err != nil {
		t.Fatal(err)
	}
	h.Service = s.service
	server, err := gateway.NewServer(s.gateway, gateway.ServerOptions{
		Listen: "127.0.0.1:0", Admin: "127.0.0.1:0", AdminHandler: api.New(h),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.api, s.admin = "http://"+server.Addr().String(), "http://"+server.AdminAddr().String()
	_ = s.gateway.Load(t.Context(), documents) // a broken one is a test's business
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := server.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	go s.gateway.Follow(ctx, documents)
	transport := &http.Transport{}
	s.client = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		cancel()
		<-ended
	})
	return s
}

func (s *side) write(text string) {
	s.t.Helper()
	if err := os.WriteFile(s.file, []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

func (s *side) read() string {
	s.t.Helper()
	text, err := os.ReadFile(s.file)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

// A reply is an answer that was read.
type reply struct {
	t *testing.T
	*http.Response
	body string
}

// send sends a request as it is. A line "Host: x" sets the host.
func (s *side) send(method, url, body string, lines ...string) *reply {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		if name == "Host" {
			r.Host = value
		} else {
			r.Header.Add(name, value)
		}
	}
	res, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return &reply{s.t, res, string(got)}
}

const bearer = "Authorization: Bearer " + token

// ask asks the admin API with the token and holds question and answer against
// its description.
func (s *side) ask(method, path, body string, lines ...string) *reply {
	s.t.Helper()
	lines = append(lines, bearer)
	if body != "" {
		lines = append(lines, "Content-Type: application/json")
	}
	got := s.send(method, s.admin+"/api/v1"+path, body, lines...)
	holds(s.t, method, path, body, lines, got)
	return got
}

// etag returns the revision of what is stored.
func (s *side) etag() string {
	s.t.Helper()
	return s.ask("GET", "/state", "").want(200).Header.Get("ETag")
}

// match is the header line of a write on what is stored.
func (s *side) match() string { return "If-Match: " + s.etag() }

func (r *reply) want(status int) *reply {
	r.t.Helper()
	if r.StatusCode != status {
		r.t.Fatalf("%s %s: got status %d, want %d: %.2000s", r.Request.Method, r.Request.URL, r.StatusCode, status, r.body)
	}
	return r
}

// wantProblem wants a problem with the reason.
func (r *reply) wantProblem(status int, reason string) api.Problem {
	r.t.Helper()
	r.want(status)
	p := decode[api.Problem](r)
	if p.Reason != reason || p.Status != status || r.Header.Get("Content-Type") != "application/problem+json" {
		r.t.Fatalf("got %+v as %s, want reason %s", p, r.Header.Get("Content-Type"), reason)
	}
	return p
}

// decode reads the JSON of an answer.
func decode[T any](r *reply) T {
	r.t.Helper()
	var v T
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		r.t.Fatalf("%v: %.2000s", err, r.body)
	}
	return v
}

// sentences are those of a difference.
func sentences(d difference.Diff) []string {
	list := make([]string, len(d.Changes))
	for i, c := range d.Changes {
		list[i] = c.Sentence
	}
	return list
}

func query(name, value string) string { return "?" + url.Values{name: {value}}.Encode() }

// setting is a draft that changes the setting of an endpoint.
func setting(pattern, policy string) string {
	return fmt.Sprintf(`{"endpoints":[{"pattern":%q,"setting":%s}]}`, pattern, policy)
}
