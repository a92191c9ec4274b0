package ui

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/concors/concors/admin"
	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/store"
)

func TestSeveralValuesAreTakenApart(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"nothing", " \n ", nil},
		{"one", "https://a.example", []string{"https://a.example"}},
		{"commas, spaces, lines and semicolons", "a, b\r\nc\td;e,,f", []string{"a", "b", "c", "d", "e", "f"}},
		{"invisible characters of word processors", "a\u200b\ufeff b\u00a0c", []string{"a", "b", "c"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := values(test.text); !slices.Equal(got, test.want) {
				t.Errorf("values(%q) = %q, want %q", test.text, got, test.want)
			}
		})
	}
}

func TestOnlyFieldsOfTheChoiceAreSaved(t *testing.T) {
	five := endpoints.Duration(5 * time.Minute)
	f := form{Policy: endpoints.Policy{
		Domains: []string{"https://a.example"}, Headers: []string{"Content-Type"}, Expose: []string{"X-Total"}, Cache: five,
		Credentials: true, Embed: "any", Senders: []string{"https://s.example"}, ObserveOnly: true,
	}}
	for _, want := range []endpoints.Policy{
		{Allow: "none", Embed: "any", Senders: f.Senders, ObserveOnly: true},
		{Allow: "all", Embed: "any", Headers: f.Headers, Expose: f.Expose, Cache: five, ObserveOnly: true},
		{Allow: "selected", Domains: f.Domains, Credentials: true, Embed: "any", Headers: f.Headers, Expose: f.Expose, Cache: five, Senders: f.Senders, ObserveOnly: true},
	} {
		t.Run(want.Allow, func(t *testing.T) {
			f.Allow = want.Allow
			got := f.setting()
			if !got.Equal(want) {
				t.Errorf("setting() = %+v; want %+v", got, want)
			}
			var again form
			again.fill(got)
			if back := again.setting(); !back.Equal(want) {
				t.Errorf("filled in again: %+v; want %+v", back, want)
			}
		})
	}
}

func TestRepairs(t *testing.T) {
	for _, test := range []struct{ name, action, want string }{
		{"a value is replaced, whatever is in it", "domains:1:https://b.example:8443", "a https://b.example:8443 c"},
		{"a value is removed", "domains:0:", "b c"},
		{"a value that is not there", "domains:3:x", ""},
		{"no number", "domains:x:y", ""},
		{"a negative number", "domains:-1:y", ""},
		{"no such field", "base:0:x", ""},
		{"nothing", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := form{Policy: endpoints.Policy{Domains: []string{"a", "b", "c"}}}
			err := f.repair(test.action)
			if got := strings.Join(f.Domains, " "); err == nil && got != test.want || err != nil && test.want != "" {
				t.Errorf("repair(%q): %q, %v; want %q", test.action, got, err, test.want)
			}
		})
	}
}

func TestMistakesFindTheirField(t *testing.T) {
	var f endpoints.Field
	for _, test := range []struct {
		part  string
		field endpoints.Field
		want  string
		index int
	}{
		{"endpoints", f.At("domains").AtElement(2), "domains", 2},
		{"endpoints", f.At("cors").At("headers").AtElement(0), "headers", 0},
		{"endpoints", f.At("cors"), "use", -1},
		{"endpoints", f.At("endpoint"), "endpoint", -1},
		{"policies", f, "name", -1},
		{"policies", f.At("credentials"), "credentials", -1},
		{"endpoints", f.At("else"), "", -1},
	} {
		field, index := fieldOf(&admin.MistakePlace{Part: test.part, Field: test.field})
		if field != test.want || index != test.index {
			t.Errorf("%s %q stands at %q, %d; want %q, %d", test.part, test.field, field, index, test.want, test.index)
		}
	}
}

func TestTimeAgo(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for d, want := range map[time.Duration]string{
		0: "just now", 30 * time.Second: "30 s ago", 5 * time.Minute: "5 min ago", 3 * time.Hour: "3 h ago",
		25 * time.Hour: "1 day ago", 72 * time.Hour: "3 days ago", 30 * 24 * time.Hour: "24 Oct 2026",
	} {
		if got := ago(now.Add(-d), now); got != want {
			t.Errorf("%v before now is %q, want %q", d, got, want)
		}
	}
}

// A deadStore cannot be reached.
type deadStore struct{}

var errDead = errors.New("connection refused <b>")

func (deadStore) Get(context.Context) (store.Snapshot, error) { return store.Snapshot{}, errDead }
func (deadStore) Put(context.Context, *endpoints.Document, store.Revision) (store.Revision, error) {
	return "", errDead
}
func (deadStore) Watch(context.Context) iter.Seq[store.Snapshot] {
	return func(func(store.Snapshot) bool) {}
}

func TestAStoreThatCannotBeReachedIsAPage(t *testing.T) {
	s, err := admin.New(admin.Options{Store: deadStore{}})
	if err != nil {
		t.Fatal(err)
	}
	h, err := New(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/", "/endpoint?p=GET+/a", "/endpoint/new", "/policies", "/traffic", "/history", "/file"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		body := w.Body.String()
		if w.Code != http.StatusInternalServerError || !strings.Contains(body, "Try again") ||
			!strings.Contains(body, "stays enforced") || strings.Contains(body, "refused <b>") {
			t.Errorf("%s: %d\n%s", path, w.Code, body)
		}
	}
}

func TestUndoLeadsNowhereElse(t *testing.T) {
	h, s := liveHandler(t)
	for _, to := range []string{"https://evil.example", "//evil.example", `/\evil.example`, "javascript:alert(1)"} {
		state, err := s.State(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodPost, "/history/restore", strings.NewReader("base="+string(state.Revision)+"&revision="+string(state.Revision)+"&to="+to))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if at := w.Header().Get("Location"); w.Code != http.StatusSeeOther || !strings.HasPrefix(at, "/history?") {
			t.Errorf("to %q: %d, %q; want the history", to, w.Code, at)
		}
	}
}

func liveHandler(t *testing.T) (*Handler, *admin.Service) {
	t.Helper()
	documents := store.NewMemory([]byte("upstream: http://127.0.0.1:1\nendpoints: [{endpoint: GET /a}]\n"), store.Options{})
	s, err := admin.New(admin.Options{Store: documents})
	if err != nil {
		t.Fatal(err)
	}
	h, err := New(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return h, s
}

// brokenFile is the page of a document in which n endpoints use a policy that
// is missing: a mistake in every second line.
func brokenFile(t *testing.T, n int) (*Handler, *http.Request) {
	t.Helper()
	text := "upstream: http://127.0.0.1:1\nendpoints:\n"
	for i := range n {
		text += fmt.Sprintf("  - endpoint: GET /%d\n    cors: missing\n", i)
	}
	s, err := admin.New(admin.Options{Store: store.NewMemory([]byte(text), store.Options{})})
	if err != nil {
		t.Fatal(err)
	}
	h, err := New(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return h, httptest.NewRequest(http.MethodGet, "/file", nil)
}

func TestTheFileShowsItsMistakesInLinearTime(t *testing.T) {
	cost := func(n int) float64 {
		h, r := brokenFile(t, n)
		return testing.AllocsPerRun(1, func() {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if marked := strings.Count(w.Body.String(), `class="wrong"`); w.Code != 200 || marked != min(n, 1000) {
				t.Fatalf("%d: %d lines are marked, want %d", w.Code, marked, min(n, 1000))
			}
		})
	}
	if few, many := cost(250), cost(1000); many > 5*few {
		t.Errorf("%.0f allocations for 1000 endpoints, %.0f for 250: more than in proportion", many, few)
	}
}

// However many mistakes there are, a page shows some, and says that there are
// more.
func TestTheBannerShowsSomeMistakes(t *testing.T) {
	for n, want := range map[int]string{30: "has 30 mistakes", 2000: "has more than 1,000 mistakes"} {
		h, _ := brokenFile(t, n)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/history", nil))
		body := w.Body.String()
		if !strings.Contains(body, want) || strings.Count(body, `<li><a href="/file#L`) != 20 || !strings.Contains(body, "first 20") {
			t.Errorf("%d mistakes: %d\n%s", n, w.Code, body)
		}
	}
}

func TestAPageEndsWhenNobodyWaitsForIt(t *testing.T) {
	h, r := brokenFile(t, 1000)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r.WithContext(ctx))
	if w.Body.Len() > 0 {
		t.Errorf("%d bytes were written for nobody", w.Body.Len())
	}
	if n := testing.AllocsPerRun(1, func() { h.ServeHTTP(httptest.NewRecorder(), r.WithContext(ctx)) }); n > 1000 {
		t.Errorf("%.0f allocations for nobody", n)
	}
}
