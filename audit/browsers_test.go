package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/concors/concors/internal/proof/realbrowser"
)

// A stage is the internet as a browser sees it: one API, and an empty page at
// every other address.
type stage struct {
	api           atomic.Pointer[api]
	plain, secure *httptest.Server
}

const apiHost = "api.testbed.example"

func (s *stage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Host == apiHost {
		s.api.Load().ServeHTTP(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html")
	fmt.Fprint(w, "<!doctype html><title>page</title>")
}

func (s *stage) dial(ctx context.Context, network, address string) (net.Conn, error) {
	to := s.secure.Listener.Addr().String()
	switch _, port, _ := net.SplitHostPort(address); port {
	case "80", "3000", "8080":
		to = s.plain.Listener.Addr().String()
	}
	return new(net.Dialer).DialContext(ctx, network, to)
}

// asked makes addresses that no browser remembers a preflight for.
var asked atomic.Int64

// reads has a page of an origin fetch the API, and reports whether it reads it.
func reads(t *testing.T, b *realbrowser.Browser, origin string, credentials bool, more ...string) bool {
	t.Helper()
	page, mode := origin, "omit"
	if credentials {
		mode = "include"
	}
	call := fmt.Sprintf(`fetch("https://%s/v1/things?%d", {credentials: %q %s}).then(r => r.text()).then(t => "read " + t, e => "blocked " + e.name)`, apiHost, asked.Add(1), mode, strings.Join(more, ""))
	script := "return await " + call
	if origin == "null" { // a sandboxed frame of any website
		page = "https://attacker.example"
		script = `return await new Promise(done => {
			addEventListener('message', e => done(e.data));
			const f = document.createElement('iframe');
			f.sandbox = 'allow-scripts';
			f.srcdoc = '<script>' + ` + fmt.Sprintf("%q", call+`.then(t => parent.postMessage(t, "*"))`) + ` + '</' + 'script>';
			document.body.append(f);
		})`
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	raw, err := b.Eval(ctx, page+"/", script)
	if err != nil {
		t.Fatal(err)
	}
	var said string
	if err := json.Unmarshal(raw, &said); err != nil {
		t.Fatal(err)
	}
	return strings.HasPrefix(said, "read ")
}

// broken are classes of answers that browsers refuse to pages that may, with a
// call that shows it.
var broken = []struct {
	id          ID
	credentials bool
	more        string // of fetch's options
}{
	{"wildcard-credentials", true, ""},
	{"acao-multiple", false, ""},
	{"acao-invalid", false, ""},
	{"acac-invalid", true, ""},
	{"actual-cors-missing", false, ""},
	{"redirect-cors-missing", false, ""},
	{"preflight-missing", false, `, headers: {Authorization: "x"}`},
	{"preflight-auth", false, `, headers: {Authorization: "x"}`},
	{"preflight-redirect", false, `, headers: {Authorization: "x"}`},
	{"preflight-bad-status", false, `, headers: {Authorization: "x"}`},
	{"list-wildcard-credentials", true, `, headers: {Authorization: "x"}`},
	{"acah-missing-header", false, `, method: "POST", headers: {"Content-Type": "application/json"}, body: "{}"`},
	{"acam-missing-method", false, `, method: "PUT"`},
	{"acam-case", false, `, method: "PUT"`},
}

// sampleOf is the first API that shows a class.
func sampleOf(t *testing.T, id ID) *api {
	t.Helper()
	for _, a := range flawed() {
		if a.want[0] == id {
			return a
		}
	}
	t.Fatalf("no API shows %s", id)
	return nil
}

// TestRealBrowsersDoWhatFindingsSay: pages of the origins that findings name
// really read the answer, in the browsers that they name, and a stranger's does
// not.
func TestRealBrowsersDoWhatFindingsSay(t *testing.T) {
	s := new(stage)
	authority, err := realbrowser.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	s.plain = httptest.NewServer(s)
	defer s.plain.Close()
	s.secure = httptest.NewUnstartedServer(s)
	s.secure.TLS = authority.TLSConfig()
	s.secure.StartTLS()
	defer s.secure.Close()

	// One API for each class about who is let in.
	sample := make(map[ID]*api)
	for _, a := range flawed() {
		if id := a.want[0]; ClassOf(id).Group == Origin && sample[id] == nil && a.host == "" && a.cookie == "" && a.name != "reflects for PUT only" {
			sample[id] = a
		}
	}
	for _, kind := range []realbrowser.Kind{realbrowser.Chromium, realbrowser.Firefox} {
		t.Run(string(kind), func(t *testing.T) {
			b := realbrowser.ForTest(t, kind, realbrowser.Options{Dial: s.dial})
			tried := 0
			for _, c := range originClasses {
				a := sample[c.ID]
				if a == nil {
					continue
				}
				t.Run(string(c.ID), func(t *testing.T) {
					r := audited(t, a)
					i := slices.IndexFunc(r.Findings, func(f *Finding) bool { return f.ID == c.ID })
					if i < 0 {
						t.Fatal("it is not found")
					}
					f := r.Findings[i]
					origin := f.Origins[0]
					if c.ID == "trailing-dot" {
						t.Skip("servers in Go refuse the name in the TLS handshake")
					}
					u, err := url.Parse(origin)
					if origin != "null" && (err != nil || u.User != nil || u.Scheme != "http" && u.Scheme != "https") {
						t.Skipf("no website has the origin %s", origin)
					}
					s.api.Store(a)
					tried++
					credentials := f.Exposure == Credentials
					if got, want := reads(t, b, origin, credentials), slices.Contains(f.Browsers, string(kind)); got != want {
						t.Errorf("a page of %s reads the answer: %v, the finding says %v", origin, got, want)
					}
					if c.ID != "reflect-origin" && c.ID != "reflect-origin-nocred" && reads(t, b, "https://stranger.example.net", credentials) {
						t.Error("so does a stranger's")
					}
				})
			}
			if tried < 15 {
				t.Errorf("only %d classes were tried", tried)
			}
			for _, tt := range broken {
				t.Run(string(tt.id), func(t *testing.T) {
					s.api.Store(sampleOf(t, tt.id))
					if reads(t, b, good, tt.credentials, tt.more) {
						t.Error("a page that may reads the answer")
					}
					s.api.Store(&api{methods: "GET, PUT, POST"})
					if !reads(t, b, good, tt.credentials, tt.more) {
						t.Error("nor does it where nothing is wrong")
					}
				})
			}
		})
	}
}
