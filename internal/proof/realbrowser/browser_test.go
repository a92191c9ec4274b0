package realbrowser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// eachBrowser runs a test against every installed browser.
func eachBrowser(t *testing.T, opts Options, test func(t *testing.T, b *Browser)) {
	for _, kind := range Kinds {
		t.Run(string(kind), func(t *testing.T) { test(t, ForTest(t, kind, opts)) })
	}
}

func evalString(t *testing.T, b *Browser, url, script string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	raw, err := b.Eval(ctx, url, script)
	if err != nil {
		t.Fatal(err)
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		t.Fatalf("%s is not a string: %v", raw, err)
	}
	return s
}

func pageServer() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/echo" {
			w.Header().Set("Access-Control-Allow-Origin", "*")
			fmt.Fprintf(w, "%s %s origin=%s site=%s", r.Method, r.Host, r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site"))
			return
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<!doctype html><title>page</title>")
	})
}

func TestDirectConnections(t *testing.T) {
	plain := httptest.NewServer(pageServer())
	defer plain.Close()
	secure := httptest.NewUnstartedServer(pageServer())
	authority, err := NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	secure.TLS = authority.TLSConfig()
	secure.StartTLS()
	defer secure.Close()
	port := func(s *httptest.Server) string { return s.URL[strings.LastIndex(s.URL, ":")+1:] }

	eachBrowser(t, Options{}, func(t *testing.T, b *Browser) {
		t.Log(b.Version())
		app := "https://app.localhost:" + port(secure)
		if got := evalString(t, b, app+"/", `return location.origin + " secure=" + isSecureContext`); got != app+" secure=true" {
			t.Errorf("https page: got %q", got)
		}
		api := "http://api.localhost:" + port(plain)
		got := evalString(t, b, app+"/", `try { return await (await fetch("`+api+`/echo")).text() } catch (e) { return e.name }`)
		want := "GET " + api[7:] + " origin=" + app + " site=cross-site"
		if b.Kind() == WebKit { // plain http is mixed content there, loopback or not
			want = "TypeError"
		}
		if got != want {
			t.Errorf("cross-origin fetch to loopback: got %q, want %q", got, want)
		}
		got = evalString(t, b, plain.URL+"/", `return location.origin`)
		if got != plain.URL {
			t.Errorf("page at an address: got %q", got)
		}
	})
}

func TestDialServesAnyName(t *testing.T) {
	plain := httptest.NewServer(pageServer())
	defer plain.Close()
	secure := httptest.NewUnstartedServer(pageServer())
	authority, err := NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	secure.TLS = authority.TLSConfig()
	secure.StartTLS()
	defer secure.Close()
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		to := map[string]string{"80": plain.Listener.Addr().String(), "443": secure.Listener.Addr().String()}[address[strings.LastIndex(address, ":")+1:]]
		if to == "" {
			return nil, errors.New("no such server")
		}
		return new(net.Dialer).DialContext(ctx, network, to)
	}

	eachBrowser(t, Options{Dial: dial}, func(t *testing.T, b *Browser) {
		if got := evalString(t, b, "https://app.example.test/", `return location.origin + " secure=" + isSecureContext`); got != "https://app.example.test secure=true" {
			t.Errorf("https page: got %q", got)
		}
		if got := evalString(t, b, "http://app.example.test/", `return location.origin + " secure=" + isSecureContext`); got != "http://app.example.test secure=false" {
			t.Errorf("http page: got %q", got)
		}
		got := evalString(t, b, "https://app.example.test/", `return (await fetch("https://api.example.test/echo")).text()`)
		if want := "GET api.example.test origin=https://app.example.test site=same-site"; got != want {
			t.Errorf("same-site fetch: got %q, want %q", got, want)
		}
		got = evalString(t, b, "https://app.example.test/", `try { return await (await fetch("http://api.example.test/echo")).text() } catch (e) { return e.name }`)
		if got != "TypeError" {
			t.Errorf("mixed content is not blocked: got %q", got)
		}
		got = evalString(t, b, "http://app.example.test/", `return (await fetch("http://localhost/echo")).text()`)
		if want := "GET localhost origin=http://app.example.test site="; !strings.HasPrefix(got, want) {
			t.Errorf("loopback through the proxy: got %q, want %q", got, want)
		}
		if _, err := b.Eval(t.Context(), "http://app.example.test:81/", `return 1`); err == nil {
			t.Error("a refused connection loads a page")
		}
	})
}

func TestEval(t *testing.T) {
	server := httptest.NewServer(pageServer())
	defer server.Close()
	eachBrowser(t, Options{}, func(t *testing.T, b *Browser) {
		page := server.URL + "/"
		t.Run("values come back as JSON", func(t *testing.T) {
			raw, err := b.Eval(t.Context(), page, `return {a: [1, "ü", null]}`)
			if err != nil || string(raw) != `{"a":[1,"ü",null]}` {
				t.Errorf("got %s, %v", raw, err)
			}
		})
		t.Run("no value is null", func(t *testing.T) {
			if raw, err := b.Eval(t.Context(), page, ``); err != nil || string(raw) != "null" {
				t.Errorf("got %s, %v", raw, err)
			}
		})
		t.Run("exceptions are ScriptErrors", func(t *testing.T) {
			_, err := b.Eval(t.Context(), page, `throw new TypeError("no")`)
			script, ok := errors.AsType[*ScriptError](err)
			if !ok || script.Message != "TypeError: no" {
				t.Errorf("got %v", err)
			}
		})
		t.Run("syntax errors are errors", func(t *testing.T) {
			if _, err := b.Eval(t.Context(), page, `return (`); err == nil {
				t.Error("no error")
			}
		})
		t.Run("a script that hangs ends with its context", func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			if _, err := b.Eval(ctx, page, `await new Promise(() => {})`); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
		})
		t.Run("evals overlap", func(t *testing.T) {
			var evals sync.WaitGroup
			for i := range 50 {
				evals.Go(func() {
					raw, err := b.Eval(t.Context(), page, fmt.Sprintf(`await fetch("/echo"); return %d`, i))
					if err != nil || string(raw) != fmt.Sprint(i) {
						t.Errorf("got %s, %v", raw, err)
					}
				})
			}
			evals.Wait()
		})
	})
}

func TestStartSaysWhatIsMissing(t *testing.T) {
	for _, kind := range Kinds {
		_, err := Start(t.Context(), kind, Options{Executable: "/does/not/exist"})
		if !errors.Is(err, ErrNotInstalled) || !strings.Contains(err.Error(), "/does/not/exist") {
			t.Errorf("%s: got %v", kind, err)
		}
	}
	if _, err := Start(t.Context(), "lynx", Options{}); err == nil || errors.Is(err, ErrNotInstalled) {
		t.Errorf("unknown browser: got %v", err)
	}
}

func TestStartQuotesABrowserThatDies(t *testing.T) {
	for _, kind := range Kinds {
		t.Run(string(kind), func(t *testing.T) {
			_, err := Start(t.Context(), kind, Options{Executable: "testdata/dies.sh"})
			if err == nil || !strings.Contains(err.Error(), "cannot open display") {
				t.Errorf("got %v", err)
			}
		})
	}
}
