package audit

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/internal/probe"
)

// audited starts a and audits it as a person would.
func audited(t *testing.T, a *api) *Report {
	t.Helper()
	server := httptest.NewServer(a)
	defer server.Close()
	o := Options{SendUnsafe: true, Probe: probe.Options{Session: http.Header{}}}
	target := Target{URL: server.URL + "/v1/things", Origins: []string{good}, Body: a.data}
	switch a.origin {
	case "":
	case "-":
		target.Origins = nil
	default:
		target.Origins = []string{a.origin}
	}
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	if a.host != "" {
		o.Probe.Resolve = []string{a.host + ":" + u.Port() + ":127.0.0.1"}
		u.Host = a.host + ":" + u.Port()
		target.URL = u.String() + "/v1/things"
	}
	o.Probe.SessionHosts = []string{u.Host}
	if a.cookie != "" {
		o.Probe.Session.Set("Cookie", a.cookie)
	}
	if name, value, ok := strings.Cut(a.header, ": "); ok {
		o.Probe.Session.Set(name, value)
	}
	auditor, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	defer auditor.client.Close()
	return auditor.Audit(context.Background(), target)
}

func ids(r *Report) []ID {
	var list []ID
	for _, f := range r.Findings {
		list = append(list, f.ID)
	}
	return list
}

// everywhere are APIs at an address, and again under a name.
func everywhere(apis func() []*api) []*api {
	named := apis()
	for _, a := range named {
		a.host = "api.example.com"
	}
	return append(apis(), named...)
}

// TestFlawedAPIs: everything that is wrong is found, nothing else, with few
// requests.
func TestFlawedAPIs(t *testing.T) {
	const most = 110
	covered := make(map[ID]bool)
	for _, a := range everywhere(flawed) {
		t.Run(string(ClassOf(a.want[0]).Group)+"/"+a.name+"/"+a.host, func(t *testing.T) {
			t.Parallel()
			r := audited(t, a)
			if r.Err != nil {
				t.Fatal(r.Err)
			}
			found := ids(r)
			for _, id := range a.want {
				if !slices.Contains(found, id) {
					t.Errorf("found %v, want %s", found, id)
				}
			}
			for _, f := range r.Findings {
				if !slices.Contains(a.want, f.ID) && !slices.Contains(a.may, f.ID) {
					t.Errorf("found %s: %s", f.ID, f.Detail)
				}
				if len(f.Proof) == 0 {
					t.Errorf("%s has no proof", f.ID)
				}
			}
			if a.requests > most {
				t.Errorf("it took %d requests, want at most %d", a.requests, most)
			}
			if a.requests > r.Requests+2 { // the transport may repeat one
				t.Errorf("%d requests arrived, the report says %d", a.requests, r.Requests)
			}
			t.Logf("%d requests", a.requests)
		})
		for _, id := range a.want {
			covered[id] = true
		}
	}
	for _, c := range Classes() {
		if !covered[c.ID] {
			t.Errorf("no API shows %s", c.ID)
		}
	}
}

// TestSafeAPIs: nothing is found where nothing is wrong.
func TestSafeAPIs(t *testing.T) {
	const most = 39
	for _, a := range everywhere(safe) {
		t.Run(a.name+"/"+a.host, func(t *testing.T) {
			t.Parallel()
			r := audited(t, a)
			if r.Err != nil {
				t.Fatal(r.Err)
			}
			for _, f := range r.Findings {
				t.Errorf("found %s: %s", f.ID, f.Detail)
			}
			if a.requests > most {
				t.Errorf("it took %d requests, want at most %d", a.requests, most)
			}
			t.Logf("%d requests", a.requests)
		})
	}
}
