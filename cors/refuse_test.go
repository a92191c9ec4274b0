package cors

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestRefusedHook(t *testing.T) {
	const acrm = "Access-Control-Request-Method: PUT"
	for _, tt := range []struct {
		name    string
		hook    func(http.ResponseWriter, *http.Request, *Decision)
		request *http.Request
		status  int
		body    string
		want    map[string]string
	}{
		{"its own page and status", func(w http.ResponseWriter, _ *http.Request, d *Decision) {
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(451)
			_, _ = io.WriteString(w, "no: "+string(d.Reason))
		}, request("POST", evil, cross), 451, "no: origin-not-allowed", map[string]string{"Content-Type": "text/plain", "Vary": varyCredentials}},
		{"only a body", func(w http.ResponseWriter, _ *http.Request, _ *Decision) { _, _ = io.WriteString(w, "no") },
			request("GET", evil, cross), 403, "no", map[string]string{"Cache-Control": "no-store"}},
		{"nothing", func(http.ResponseWriter, *http.Request, *Decision) {}, request("POST", evil, cross), 403, `"reason":"origin-not-allowed"`,
			map[string]string{"Content-Type": "application/problem+json"}},
		{"headers of a body that does not come", func(w http.ResponseWriter, _ *http.Request, _ *Decision) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Header().Set("Content-Length", "3")
		}, request("POST", evil, cross), 403, `"reason":"origin-not-allowed"`, map[string]string{"Content-Encoding": "", "Content-Length": ""}},
		{"headers stay ours", func(w http.ResponseWriter, _ *http.Request, _ *Decision) {
			h := w.Header()
			h.Set("Access-Control-Allow-Origin", "*")
			h["access-control-allow-credentials"] = []string{"true"}
			h.Set("Vary", "Accept")
			h.Set("Cache-Control", "public, max-age=600")
			h.Set("Set-Cookie", "a=b")
			w.WriteHeader(200)
		}, request("GET", evil, cross), 403, "", map[string]string{"Access-Control-Allow-Origin": "", "access-control-allow-credentials": "",
			"Vary": "Accept | Origin | Sec-Fetch-Site | Sec-Fetch-Mode | Sec-Fetch-Dest", "Cache-Control": "no-store", "Set-Cookie": ""}},
		{"not for preflights", func(w http.ResponseWriter, _ *http.Request, _ *Decision) { w.WriteHeader(500) },
			request("OPTIONS", evil, acrm), 403, `"reason":"origin-not-allowed"`, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res := serve(t, None{}, &Options{Refused: tt.hook}, nil, tt.request)
			body, _ := io.ReadAll(res.Body)
			if res.StatusCode != tt.status || !strings.Contains(string(body), tt.body) {
				t.Errorf("%d %s, want %d %s", res.StatusCode, body, tt.status, tt.body)
			}
			wantHeaders(t, res.Header, tt.want)
		})
	}
}

func TestDebugIsSwitchedWhileRunning(t *testing.T) {
	m, err := New(None{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	mux := new(Mux)
	if mux, err = NewMux(nil); err != nil {
		t.Fatal(err)
	}
	mux.HandleFunc("/", nil, ok)
	for name, h := range map[string]struct {
		http.Handler
		set func(bool)
	}{"Middleware": {m.Handler(http.HandlerFunc(ok)), m.SetDebug}, "Mux": {mux, mux.SetDebug}} {
		for _, on := range []bool{false, true, false} {
			h.set(on)
			body, _ := io.ReadAll(ask(h, "GET", "/", evil, cross).Body)
			if got := strings.Contains(string(body), "evil.example"); got != on {
				t.Errorf("%s, debug %v: %s", name, on, body)
			}
		}
	}
}
