package explain

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/concors/concors/cors/browser"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// hosts answers in the place of the network: handlers by host.
type hosts map[string]http.HandlerFunc

func (h hosts) RoundTrip(req *http.Request) (*http.Response, error) {
	handler, ok := h[req.URL.Host]
	if !ok {
		return nil, fmt.Errorf("dial tcp: lookup %s: no such host", req.URL.Hostname())
	}
	return browser.Handler(handler).RoundTrip(req)
}

// headers is a handler that sends these lines with every answer.
func headers(status int, lines ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for _, line := range lines {
			name, value, _ := strings.Cut(line, ": ")
			w.Header().Add(name, value)
		}
		w.WriteHeader(status)
	}
}

// Eleven mistakes that people make, as they see them explained. The transcripts
// are testdata/*.txt; -update rewrites them, to be read before they are kept.
func TestTranscripts(t *testing.T) {
	const (
		docs = "https://docs.example.com"
		api  = "https://api.example.com/account"
		acao = "Access-Control-Allow-Origin: "
		acac = "Access-Control-Allow-Credentials: true"
	)
	page := browser.Page{Origin: docs}
	put := browser.Call{Method: "PUT", URL: api, Credentials: browser.Include}
	withCookies := browser.Call{URL: api, Credentials: browser.Include}
	json := []browser.HeaderField{{Name: "Content-Type", Value: "application/json"}}
	needsCookie := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", docs)
		w.Header().Set("Access-Control-Allow-Credentials", "true")
		if r.Header.Get("Cookie") == "" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}
	for _, tt := range []struct {
		name   string
		q      Question
		server http.HandlerFunc
		want   Outcome
	}{
		{"trailing-slash", Question{Page: page, Call: browser.Call{URL: api}}, headers(200, acao+docs+"/"), Blocked},
		{"missing-port", Question{Page: browser.Page{Origin: "http://localhost:5173"}, Call: browser.Call{URL: api}}, headers(200, acao+"http://localhost"), Blocked},
		{"two-layers", Question{Page: page, Call: browser.Call{URL: api}}, headers(200, acao+docs, acao+"*"), Blocked},
		{"wildcard-with-credentials", Question{Page: page, Call: withCookies}, headers(200, acao+"*"), Blocked},
		{"preflight-unauthorized", Question{Page: page, Call: put}, headers(401, "WWW-Authenticate: Bearer"), Blocked},
		{"preflight-redirects", Question{Page: page, Call: put}, headers(307, acao+docs, acac, "Location: https://login.example.com/"), Blocked},
		{"header-not-listed", Question{Page: page, Call: browser.Call{Method: "POST", URL: api, Headers: json}}, headers(200, acao+docs, "Access-Control-Allow-Headers: x-requested-with"), Blocked},
		{"error-without-headers", Question{Page: page, Call: browser.Call{URL: api}}, headers(500), Blocked},
		{"http-page-to-loopback", Question{Profile: browser.Chromium, Page: browser.Page{Origin: "http://docs.example.com"}, Call: browser.Call{URL: "http://localhost:3000/"}}, headers(200, acao+"*"), Blocked},
		{"opaque-origin", Question{Page: browser.Page{Origin: "null"}, Call: browser.Call{URL: api}}, headers(200, acao+docs), Blocked},
		{"cookies-not-included", Question{Page: page, Call: browser.Call{URL: api}, Cookies: []string{"session=1; SameSite=None; Secure"}}, needsCookie, Allowed},
		{"cookies-without-samesite-none", Question{Profile: browser.Chromium, Page: browser.Page{Origin: "https://partner.example"}, Call: withCookies, Cookies: []string{"session=1; Secure"}},
			func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Access-Control-Allow-Origin", "https://partner.example")
				w.Header().Set("Access-Control-Allow-Credentials", "true")
				w.WriteHeader(http.StatusUnauthorized)
			}, Allowed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			network := hosts{"api.example.com": tt.server, "localhost:3000": tt.server, "login.example.com": headers(200)}
			a := AskLive(context.Background(), tt.q, Live{Transport: network, Send: true})
			if a.Outcome != tt.want {
				t.Errorf("%s, want %s", a.Outcome, tt.want)
			}
			var got strings.Builder
			a.Write(&got, Style{})
			golden(t, tt.name, got.String())
		})
	}
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 12 {
		t.Errorf("only %d transcripts (%v)", len(files), err)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", file, got, want)
	}
}
