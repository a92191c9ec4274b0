package explain

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/browser"
)

// behindAll is a network where h answers under all names.
func behindAll(t *testing.T, h http.Handler) http.RoundTripper {
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, srv.Listener.Addr().String())
	}}
}

// A live server with Concors in front says why it refuses: nothing is guessed.
func TestTheReasonOfALiveConcorsIsTold(t *testing.T) {
	c, err := cors.New(cors.Selected{Domains: []string{"http://docs.example.com"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	api := c.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) }))
	for _, tt := range []struct {
		name, origin string
		call         browser.Call
		outcome      Outcome
		verdict      string
	}{
		{"a preflight", "http://evil.example", browser.Call{Method: "PUT"}, Refused, "refused by Concors: http://evil.example is not allowed here"},
		{"a GET", "http://evil.example", browser.Call{}, Refused, "refused by Concors: http://evil.example is not allowed here"},
		{"a header", "http://docs.example.com", browser.Call{Headers: []browser.HeaderField{{Name: "X-A", Value: "1"}}}, Refused, "refused by Concors: a request header of the page is not allowed here"},
		{"nothing is refused", "http://docs.example.com", browser.Call{}, Allowed, "allowed: the page reads status 200"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			q := Question{Page: browser.Page{Origin: tt.origin}, Call: tt.call}
			q.Call.URL = "http://api.example.com/"
			a := AskLive(context.Background(), q, Live{Transport: behindAll(t, api)})
			if a.Outcome != tt.outcome || a.Verdict() != tt.verdict {
				t.Errorf("%s: %s\nwant %s: %s", a.Outcome, a.Verdict(), tt.outcome, tt.verdict)
			}
			var text strings.Builder
			a.Write(&text, Style{})
			data, err := json.Marshal(&a)
			if err != nil {
				t.Fatal(err)
			}
			for _, not := range []string{"asks for authentication", "domains: ["} {
				if strings.Contains(text.String()+string(data), not) {
					t.Errorf("%q is in\n%s\n%s", not, text.String(), data)
				}
			}
		})
	}
}

func TestOtherProblemsAreNoRefusalOfConcors(t *testing.T) {
	for name, body := range map[string]string{
		"another type":   `{"type": "https://example.com/", "reason": "origin-not-allowed"}`,
		"another reason": `{"type": "` + cors.RefusalType + `x", "reason": "` + "\u202e" + `"}`,
		"no JSON":        `<html>`,
		"endless":        `{"type": "` + strings.Repeat("x", 2*maxRefusal),
	} {
		t.Run(name, func(t *testing.T) {
			api := func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Access-Control-Allow-Origin", "*")
				w.Header().Set("Content-Type", "application/problem+json")
				w.WriteHeader(http.StatusForbidden)
				_, _ = w.Write([]byte(body))
			}
			a := AskLive(context.Background(), question("http://docs.example.com", "http://api.example.com/"), Live{Transport: behindAll(t, http.HandlerFunc(api))})
			if a.Outcome != Allowed || string(a.Result.Response.Body) != body {
				t.Errorf("%s, body %.50q", a.Verdict(), a.Result.Response.Body)
			}
		})
	}
}
