package api_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/concors/concors/admin"
	"github.com/concors/concors/admin/api"
	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/store"
)

// A slowStore takes forever to answer, once it is told to.
type slowStore struct {
	slow  atomic.Bool
	asked atomic.Int64 // how many wait for an answer now
	most  atomic.Int64 // how many ever waited at once
}

func (s *slowStore) Get(ctx context.Context) (store.Snapshot, error) {
	if !s.slow.Load() {
		return store.Snapshot{}, nil
	}
	n := s.asked.Add(1)
	s.most.CompareAndSwap(n-1, n)
	defer s.asked.Add(-1)
	<-ctx.Done()
	return store.Snapshot{}, ctx.Err()
}

func (*slowStore) Put(context.Context, *endpoints.Document, store.Revision) (store.Revision, error) {
	return "", store.ErrClosed
}

func (*slowStore) Watch(context.Context) iter.Seq[store.Snapshot] {
	return func(func(store.Snapshot) bool) {}
}

// A crowd asks the admin side without a network between.
type crowd struct {
	store   *slowStore
	handler *api.Handler
	all     sync.WaitGroup
}

func newCrowd(t *testing.T) *crowd {
	t.Helper()
	c := &crowd{store: new(slowStore)}
	s, err := admin.New(admin.Options{Store: c.store})
	if err != nil {
		t.Fatal(err)
	}
	c.handler = api.New(api.Options{Service: s, Auth: api.NewAuth(api.HashToken(token), false, nil)})
	return c
}

// asks sends a request; what is written goes to w as well, if it is not nil.
func (c *crowd) asks(ctx context.Context, method, path string, body io.Reader, length int64, w http.ResponseWriter) {
	r := httptest.NewRequestWithContext(ctx, method, "/api/v1"+path, body)
	r.ContentLength = length
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	c.all.Go(func() { c.handler.ServeHTTP(w, r) })
}

// Only a few requests are worked on at once; the others wait, and nobody
// forever.
func TestWorkIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t)
		turns := int64(c.handler.Turns())
		c.store.slow.Store(true)
		began := time.Now()
		answers := make([]*httptest.ResponseRecorder, 20)
		for i := range answers {
			answers[i] = httptest.NewRecorder()
			c.asks(t.Context(), "GET", "/state", nil, 0, answers[i])
		}
		synctest.Wait()
		if n := c.store.asked.Load(); n != turns {
			t.Errorf("%d requests are worked on at once, want %d", n, turns)
		}
		c.all.Wait()
		if took := time.Since(began); took > api.WorkTime {
			t.Errorf("the last answer came after %v, want at most %v", took, api.WorkTime)
		}
		if n := c.store.most.Load(); n != turns {
			t.Errorf("%d requests were worked on at once later, want %d", n, turns)
		}
		for _, w := range answers {
			if w.Code != 503 || !strings.Contains(w.Body.String(), `"reason":"busy"`) || w.Header().Get("Retry-After") == "" {
				t.Fatalf("got %d %v %s", w.Code, w.Header(), w.Body)
			}
		}
	})
}

// Work ends when nobody waits for it any longer, and so does waiting for a
// turn.
func TestWorkEndsWhenTheClientLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t)
		c.store.slow.Store(true)
		ctx, leave := context.WithCancel(t.Context())
		for range 20 {
			c.asks(ctx, "GET", "/state", nil, 0, httptest.NewRecorder())
		}
		synctest.Wait()
		began := time.Now()
		leave()
		c.all.Wait()
		if took := time.Since(began); took != 0 {
			t.Errorf("it went on for %v", took)
		}
		c.store.slow.Store(false)
		w := httptest.NewRecorder()
		c.asks(t.Context(), "GET", "/state", nil, 0, w)
		c.all.Wait()
		if w.Code != 200 {
			t.Errorf("after they have left: %d", w.Code)
		}
	})
}

// An endless body is one that goes on and on, slowly.
type endless struct {
	ctx     context.Context
	reading *atomic.Int64
}

func (e endless) Read([]byte) (int, error) {
	e.reading.Add(1)
	defer e.reading.Add(-1)
	<-e.ctx.Done()
	return 0, e.ctx.Err()
}

// A stuck client takes no answer.
type stuck struct {
	http.ResponseWriter
	ctx     context.Context
	writing *atomic.Int64
}

func (s stuck) Write([]byte) (int, error) {
	s.writing.Add(1)
	<-s.ctx.Done()
	return 0, s.ctx.Err()
}

// Bodies on their way keep nobody's turn, and only so many are held at once;
// answers that nobody takes keep nobody's turn either.
func TestSlowClientsKeepNobodyWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t)
		ctx, end := context.WithCancel(t.Context())
		var reading, writing atomic.Int64
		for range 20 {
			c.asks(ctx, "POST", "/judge", endless{ctx, &reading}, -1, httptest.NewRecorder())
		}
		for range 20 {
			c.asks(ctx, "GET", "/state", nil, 0, stuck{httptest.NewRecorder(), ctx, &writing})
		}
		synctest.Wait()
		if n := reading.Load(); n != api.MaxLarge {
			t.Errorf("%d large bodies are read at once, want %d", n, api.MaxLarge)
		}
		if n := writing.Load(); n != 20 {
			t.Errorf("%d of 20 answers are on their way", n)
		}
		end()
		c.all.Wait()
	})
}

// Endpoints that share an enormous policy are listed in several answers.
func TestEnormousListsComeInParts(t *testing.T) {
	doc := endpoints.Document{Upstream: "http://127.0.0.1:1", Policies: endpoints.Policies{{Name: "p", Policy: endpoints.Policy{Allow: "selected"}}}}
	p := &doc.Policies[0].Policy
	for i := range 2000 {
		p.Domains = append(p.Domains, fmt.Sprintf("https://a-domain-with-a-long-name-%d.example", i))
	}
	for i := range 500 {
		doc.Endpoints = append(doc.Endpoints, endpoints.Entry{Endpoint: fmt.Sprintf("GET /%d", i), CORS: endpoints.Setting{Name: "p"}})
	}
	text, err := endpoints.Edit(nil, &doc)
	if err != nil {
		t.Fatal(err)
	}
	s := newSide(t, string(text))
	seen := 0
	for seen < 500 {
		got := s.send("GET", fmt.Sprintf("%s/api/v1/endpoints?limit=500&offset=%d", s.admin, seen), "", bearer).want(200)
		list := decode[struct {
			Matched   int
			Endpoints []struct{ Pattern string }
		}](got)
		if len(got.body) > 20<<20 || len(list.Endpoints) == 0 || list.Matched != 500 {
			t.Fatalf("%d bytes with %d of %d endpoints", len(got.body), len(list.Endpoints), list.Matched)
		}
		if want := fmt.Sprintf("GET /%d", seen); list.Endpoints[0].Pattern != want {
			t.Fatalf("the first is %s, want %s", list.Endpoints[0].Pattern, want)
		}
		seen += len(list.Endpoints)
	}
}
