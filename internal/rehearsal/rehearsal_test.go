package rehearsal_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/internal/rehearsal"
)

func table(t *testing.T) *endpoints.Table {
	t.Helper()
	_, table, report := endpoints.Load("", []byte(`{"upstream": "http://127.0.0.1:1", "endpoints": [
		{"endpoint": "/closed"},
		{"endpoint": "/open", "cors": {"allow": "all"}},
		{"endpoint": "/ours", "cors": {"allow": "selected", "domains": ["https://a.example"], "credentials": true}},
		{"endpoint": "/watched", "cors": {"allow": "none", "enforce": false}}]}`), endpoints.Options{})
	if !report.OK() {
		t.Fatal(report.Err())
	}
	return table
}

func TestScenes(t *testing.T) {
	stage := rehearsal.New(table(t))
	for i, test := range []struct {
		path, method, origin string
		decision             string
		ran                  bool
		credentials          string
	}{
		{"/closed", "GET", "https://a.example", "refuse, origin-not-allowed", false, ""},
		{"/closed", "GET", "", "run", true, "kept"},
		{"/open", "PUT", "https://a.example", "run, without credentials", true, "dropped"},
		{"/ours", "GET", "https://a.example", "run", true, "kept"},
		{"/watched", "GET", "https://a.example", "not enforced; would be: refuse, origin-not-allowed", true, "kept"},
		{"/nowhere", "GET", "https://a.example", "", false, ""},
	} {
		r, err := http.NewRequestWithContext(t.Context(), test.method, "https://api.example"+test.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Cookie", "session=1")
		if test.origin != "" {
			r.Header.Set("Origin", test.origin)
		}
		res, err := stage.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		got := stage.Last()
		if len(stage.Scenes) != i+1 || got.String() != test.decision || (got.Upstream != nil) != test.ran || got.Credentials() != test.credentials {
			t.Errorf("%+v: got %q, %q, %+v", test, got.String(), got.Credentials(), got)
		}
	}
	if got := stage.Ran(); got.Endpoint != "/watched" {
		t.Errorf("the last that ran is %+v", got)
	}
}

func TestAPreflightIsNotWhatRan(t *testing.T) {
	stage := rehearsal.New(table(t))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, "https://api.example/watched", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", "https://a.example")
	r.Header.Set("Access-Control-Request-Method", "PUT")
	res, err := stage.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if s := stage.Last(); !s.Preflight || s.Verdict != cors.Refuse || s.Upstream == nil || stage.Ran().Upstream != nil {
		t.Errorf("got %+v", s)
	}
}

// A stage is built for every judgement, several times a second while somebody
// types, so it registers no metrics.
func TestAStageIsCheap(t *testing.T) {
	table := table(t)
	if n := testing.AllocsPerRun(10, func() { rehearsal.New(table) }); n > 400 {
		t.Errorf("%.0f allocations", n)
	}
}
