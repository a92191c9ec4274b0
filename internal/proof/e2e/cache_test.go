package e2e

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/concors/concors/internal/proof/realbrowser"
)

// This file asks caches: one answer is for the visitor, and a request that the
// gateway would have judged in another way must not get it. Vary is all that a
// cache goes by. Each test asks the gateway, and then a hop before it that
// forgets what Vary must say: that answers are cached at all, and that the cache
// hands the wrong one over when nothing warns it, is seen there.

// forgetful is a hop before the gateway whose Vary names only what decides who
// is foreign, or, where the gateway's names no Origin, nothing.
const forgetful = "https://forgetful.example.test"

func (w *world) forget() (address string) {
	gateway := &url.URL{Scheme: "https", Host: w.gateway}
	hop := httptest.NewUnstartedServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(gateway)
			r.Out.Host = r.In.Host
		},
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
		ModifyResponse: func(r *http.Response) error {
			if r.Header.Get("Vary") != "" {
				r.Header.Set("Vary", "Origin, Sec-Fetch-Site")
			}
			if strings.Contains(r.Request.URL.Path, "/none/") {
				r.Header.Del("Vary")
			}
			return nil
		},
	})
	hop.TLS = w.authority.TLSConfig()
	hop.Config.ErrorLog = quiet
	hop.StartTLS()
	w.t.Cleanup(hop.Close)
	return hop.Listener.Addr().String()
}

// personal is what the API answers below /cached/: a page or a script that tells
// who it was made for, good for a while.
func personal(w http.ResponseWriter, r *http.Request) {
	who := "nobody"
	if _, err := r.Cookie("session"); err == nil {
		who = "the visitor"
	}
	w.Header().Set("Cache-Control", "max-age=600")
	if strings.Contains(r.URL.Path, "/script/") {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprintf(w, "self.told = %q;", who)
		return
	}
	w.Header().Set("Content-Type", "text/html")
	fmt.Fprintf(w, "<!doctype html><script>parent.postMessage(%q, '*')</script>", who)
}

const (
	// loadScript returns who the script was made for.
	loadScript = `
		return await new Promise((resolve) => {
			const s = document.createElement("script");
			s.onload = () => resolve(self.told);
			s.onerror = () => resolve("error");
			s.src = URL;
			document.body.append(s);
		});`

	// loadFrame returns who the page in a frame was made for.
	loadFrame = `
		let told = "nothing";
		addEventListener("message", (e) => { told = e.data; });
		const frame = document.createElement("iframe");
		const loaded = new Promise((resolve) => frame.addEventListener("load", resolve));
		frame.src = URL;
		document.body.append(frame);
		await loaded;
		return told;`
)

// cached is what a foreign page of the same site loads after the visitor has
// followed its link to it.
var cached = []struct {
	what, path, script string
	want               string             // what the page gets
	unwarned           []realbrowser.Kind // who hands it the visitor's, from the forgetful hop
}{
	{"all: a script of what was opened before is anonymous", "/cached/script/all", loadScript, "nobody",
		[]realbrowser.Kind{realbrowser.Chromium, realbrowser.Firefox}},
	// Chromium keeps what was in frames apart.
	{"none: a frame of what was opened before is refused", "/cached/page/none", loadFrame, "nothing",
		[]realbrowser.Kind{realbrowser.Firefox}},
	{"selected: a frame of what was opened before is refused", "/cached/page/docs", loadFrame, "nothing",
		[]realbrowser.Kind{realbrowser.Firefox}},
	// The resource policy stops all of them.
	{"none: a script of what was opened before is refused", "/cached/script/none", loadScript, "error", nil},
}

func TestBrowserCachesDoNotMixCallers(t *testing.T) {
	binary := buildProgram(t)
	for _, kind := range realbrowser.Kinds {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t, binary)
			w.also = map[string]string{host(forgetful): w.forget()}
			options := realbrowser.Options{Dial: w.dial, ThirdPartyCookies: true}
			if kind == realbrowser.Chromium {
				options.Flags = []string{"--ignore-certificate-errors-spki-list=" + fingerprint(t, w.authority)}
			}
			b := realbrowser.ForTest(t, kind, options)
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			for i, tc := range cached {
				t.Run(tc.what, func(t *testing.T) {
					path := fmt.Sprintf("%s/%d", tc.path, i)
					if got := openThenLoad(ctx, t, b, api+path, tc.script); got != tc.want {
						t.Errorf("the foreign page gets %q, want %q", got, tc.want)
					}
					want := tc.want
					if slices.Contains(tc.unwarned, kind) {
						want = "the visitor"
					}
					if got := openThenLoad(ctx, t, b, forgetful+path, tc.script); got != want {
						t.Errorf("from the hop that forgets to warn, the foreign page gets %q, want %q", got, want)
					}
				})
			}
		})
	}
}

// fingerprint is that of the key of all websites. Chromium caches nothing from
// servers whose certificate is not valid, even if it is told to bear with them;
// this one it takes to be valid.
func fingerprint(t *testing.T, a *realbrowser.Authority) string {
	t.Helper()
	pair, err := a.Certificate(host(api))
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(leaf.RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// openThenLoad lets the visitor, who is logged in, follow a link of a foreign
// page of the same site, and then that page load what was opened.
func openThenLoad(ctx context.Context, t *testing.T, b *realbrowser.Browser, address, script string) string {
	t.Helper()
	at, _ := url.Parse(address)
	page, err := b.Open(ctx, at.Scheme+"://"+at.Host+"/login")
	if err != nil {
		t.Fatal(err)
	}
	defer page.Close()
	eval := func(script string) (result string, err error) {
		raw, err := page.Eval(ctx, fmt.Sprintf("const URL = %q;", address)+script)
		if err == nil {
			err = json.Unmarshal(raw, &result)
		}
		return result, err
	}
	if err := page.Navigate(ctx, sibling+"/"); err != nil {
		t.Fatal(err)
	}
	_, _ = eval(`setTimeout(() => { location.href = URL; }); return "";`) // the page may be gone before it has answered
	for {                                                                 // the tab is between two pages: there is nothing to wait on
		shown, err := eval(`return location.href === URL ? document.readyState : "";`)
		if err == nil && shown == "complete" {
			break
		}
		if ctx.Err() != nil {
			t.Fatalf("the link leads nowhere: %q, %v", shown, err)
		}
	}
	if err := page.Navigate(ctx, sibling+"/"); err != nil {
		t.Fatal(err)
	}
	got, err := eval(script)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// nginxConfig caches what a gateway behind it answers, on a socket of its own.
const nginxConfig = `
daemon off;
master_process off;
error_log stderr;
pid %[1]s/nginx.pid;
events {}
http {
	access_log off;
	client_body_temp_path %[1]s/body;
	proxy_temp_path %[1]s/temp;
	fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi;
	scgi_temp_path %[1]s/scgi;
	proxy_cache_path %[1]s/cache keys_zone=all:1m;
	server {
		listen unix:%[1]s/nginx.sock;
		location / {
			proxy_pass https://%[2]s;
			proxy_set_header Host $http_host;
			proxy_cache all;
			add_header X-Cache $upstream_cache_status always;
		}
	}
}
`

// nginx starts Debian's before a gateway, and returns a client of it.
func nginx(t *testing.T, gateway string) *http.Client {
	t.Helper()
	path, err := exec.LookPath("nginx")
	if err != nil {
		path = "/usr/sbin/nginx"
	}
	if _, err := os.Stat(path); err != nil {
		t.Skip("nginx is not installed")
	}
	dir, err := os.MkdirTemp("", "concors-nginx-") // t.TempDir's are too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	config := filepath.Join(dir, "nginx.conf")
	write(t, config, fmt.Appendf(nil, nginxConfig, dir, gateway))
	cmd := exec.Command(path, "-p", dir, "-c", config, "-e", "stderr")
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(dir, "nginx.sock"))
	}
	for deadline := time.Now().Add(time.Minute); ; {
		if c, err := dial(t.Context(), "", ""); err == nil {
			c.Close()
			break
		}
		select {
		case <-ended:
			t.Fatalf("nginx ended: %s", &said)
		default:
		}
		if time.Now().After(deadline) {
			t.Fatal("nginx does not listen")
		}
	}
	transport := &http.Transport{DialContext: dial}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// What browsers send, each time with the visitor's cookie.
var (
	opened      = []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"}
	framed      = []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"}
	asScript    = []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: script"}
	fetchedDocs = []string{"Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty", "Origin: " + docs}
	fetchedEvil = []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty", "Origin: " + stranger}
)

func TestSharedCachesDoNotMixCallers(t *testing.T) {
	w := newWorld(t, buildProgram(t))
	warned, unwarned := nginx(t, w.gateway), nginx(t, w.forget())
	for i, tc := range []struct {
		what, path  string
		first, then []string
		want        string // the second answer
		unwarned    string // the same from the forgetful hop
	}{
		{"all: opened, then a script", "/cached/script/all", opened, asScript, "200 for nobody, MISS", "200 for the visitor, HIT"},
		{"all: opened, then fetched", "/cached/script/all", opened, fetchedEvil, "200 for nobody, MISS", "200 for nobody, MISS"},
		{"all: a script, then opened", "/cached/script/all", asScript, opened, "200 for the visitor, MISS", "200 for nobody, HIT"},
		{"all: opened twice", "/cached/script/all", opened, opened, "200 for the visitor, HIT", "200 for the visitor, HIT"},
		{"none: opened, then in a frame", "/cached/page/none", opened, framed, "403, MISS", "200 for the visitor, HIT"},
		{"none: opened, then a script", "/cached/script/none", opened, asScript, "403, MISS", "200 for the visitor, HIT"},
		{"none: opened, then fetched", "/cached/script/none", opened, fetchedEvil, "403, MISS", "200 for the visitor, HIT"},
		{"selected: opened, then in a frame", "/cached/page/docs", opened, framed, "403, MISS", "200 for the visitor, HIT"},
		{"selected: opened, then a script", "/cached/script/docs", opened, asScript, "403, MISS", "200 for the visitor, HIT"},
		{"selected: fetched by who may, then by who may not", "/cached/script/docs", fetchedDocs, fetchedEvil, "403, MISS", "403, MISS"},
		{"selected: fetched twice by who may", "/cached/script/docs", fetchedDocs, fetchedDocs, "200 for the visitor, HIT", "200 for the visitor, HIT"},
	} {
		t.Run(tc.what, func(t *testing.T) {
			for name, ask := range map[string]struct {
				client *http.Client
				want   string
			}{"warned": {warned, tc.want}, "unwarned": {unwarned, tc.unwarned}} {
				path := fmt.Sprintf("%s/%d", tc.path, i)
				through(t, ask.client, path, tc.first)
				if got := through(t, ask.client, path, tc.then); got != ask.want {
					t.Errorf("%s: got %s, want %s", name, got, ask.want)
				}
			}
		})
	}
}

// through asks for path with the visitor's cookie, and says who the answer was
// made for and what nginx says of its cache.
func through(t *testing.T, c *http.Client, path string, header []string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+host(api)+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Cookie", "session=1")
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	res, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(res.StatusCode)
	for _, who := range []string{"nobody", "the visitor"} {
		if strings.Contains(string(body), who) {
			got += " for " + who
		}
	}
	return got + ", " + res.Header.Get("X-Cache")
}

// host is the host of an origin.
func host(origin string) string { return strings.TrimPrefix(origin, "https://") }
