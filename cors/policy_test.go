package cors

import (
	"net/http"
	"slices"
	"testing"
)

// Lists that grow from one array are two lists to whoever wrote them.
func TestPoliciesDoNotChangeWithTheirSlices(t *testing.T) {
	base := make([]string, 1, 2)
	base[0] = "https://docs.example.com"
	mux := new(Mux)
	mux.HandleFunc("GET /shop", Selected{Domains: append(base, "https://shop.example")}, ok)
	mux.HandleFunc("GET /bank", Selected{Domains: append(base, "https://bank.example")}, ok) // overwrites shop's
	for path, origins := range map[string][2]string{"/shop": {"shop", "bank"}, "/bank": {"bank", "shop"}} {
		for i, want := range []int{200, 403} {
			if res := ask(mux, "GET", path, "Origin: https://"+origins[i]+".example", cross); res.StatusCode != want {
				t.Errorf("%s from %s: %d, want %d", path, origins[i], res.StatusCode, want)
			}
		}
	}

	list := []string{"https://docs.example.com"}
	p := Selected{Domains: list, Headers: []string{"X-A"}, Expose: []string{"X-B"}, Senders: []string{"https://sso.example"}}
	m, err := New(p, nil)
	if err != nil {
		t.Fatal(err)
	}
	list[0] = "https://evil.example"
	got := m.Policy().(Selected)
	got.Domains[0], got.Headers[0], got.Expose[0], got.Senders[0] = "a", "a", "a", "a"
	if got := m.Policy().(Selected); got.Domains[0] != "https://docs.example.com" || got.Headers[0] != "X-A" || got.Expose[0] != "X-B" || got.Senders[0] != "https://sso.example" {
		t.Errorf("the policy in force is said to be %+v", got)
	}
	if res := ask(m.Handler(http.HandlerFunc(ok)), "GET", "/", evil, cross); res.StatusCode != 403 {
		t.Errorf("status %d", res.StatusCode)
	}
}

func TestNewFindsEveryMistakeAtOnce(t *testing.T) {
	_, err := New(Selected{Domains: []string{"docs.example.com"}}, &Options{Methods: []string{"TRACE"}, Origins: []string{"null"}})
	want := []string{"method-forbidden methods[0]", "origin-missing-scheme domains[0] (https://docs.example.com)", "origin-null origins[0]"}
	if got := found(slices.Collect(Errors(err))); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
