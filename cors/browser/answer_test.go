package browser_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/concors/concors/cors/browser"
)

func TestHandler(t *testing.T) {
	var got *http.Request
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		r.Header.Del("Accept") // must not change the record
		w.Header()["x-lower"] = []string{"1"}
		w.Header().Set("Access-Control-Expose-Headers", "x-lower")
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.WriteHeader(103)
		w.WriteHeader(http.StatusAccepted)
		w.Header().Set("X-Late", "1")
		w.Write([]byte("he"))
		w.(http.Flusher).Flush()
		w.Write([]byte("llo"))
	})
	res := browser.Fetch(browser.Page{Origin: docs}, browser.Call{Method: "POST", URL: api + ":8443/a%2Fb%zz?q=1#f", Body: browser.Body{Kind: browser.Text, Data: []byte("x")}}, browser.Handler(handler))
	check(t, res, "allowed", nil)
	if got.Host != "api.example.com:8443" || got.RequestURI == "" || got.URL.RawQuery != "q=1" || got.TLS == nil || got.RemoteAddr == "" || got.ContentLength != 1 {
		t.Errorf("request %+v", got)
	}
	if r := res.Response; r.Status != 202 || string(r.Body) != "hello" || r.Header.Get("X-Lower") != "1" || r.Header.Get("X-Late") != "" {
		t.Errorf("response %+v", r)
	}
	if res.Exchanges[0].Header.Get("Accept") != "*/*" {
		t.Error("the handler changed the record of its request")
	}
}

func TestHandlerImplicitAnswers(t *testing.T) {
	for _, test := range []struct {
		name    string
		handler http.HandlerFunc
		status  int
		typ     string
		body    string
	}{
		{"nothing", func(http.ResponseWriter, *http.Request) {}, 200, "", ""},
		{"a body alone", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<p>")) }, 200, "text/html; charset=utf-8", "<p>"},
		{"flush alone", func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush() }, 200, "", ""},
		{"body after 204", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(204)
			if _, err := w.Write([]byte("x")); !errors.Is(err, http.ErrBodyNotAllowed) {
				panic("body after 204 was taken")
			}
		}, 204, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			res := browser.Fetch(browser.Page{Origin: docs}, browser.Call{URL: docs}, browser.Handler(test.handler))
			check(t, res, "allowed", nil)
			if r := res.Response; r.Status != test.status || r.Header.Get("Content-Type") != test.typ || string(r.Body) != test.body {
				t.Errorf("response %+v", r)
			}
		})
	}
}

func TestHandlerThatAborts(t *testing.T) {
	res := browser.Fetch(browser.Page{Origin: docs}, browser.Call{URL: docs}, browser.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })))
	check(t, res, "network-error", nil)
	defer func() {
		if recover() != "bug" {
			t.Error("another panic was swallowed")
		}
	}()
	browser.Fetch(browser.Page{Origin: docs}, browser.Call{URL: docs}, browser.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("bug") })))
}

func TestHandlerThatHijacks(t *testing.T) {
	for _, test := range []struct {
		name, answer, want string
	}{
		{"accepts a WebSocket", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", "allowed"},
		{"refuses", "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "websocket-refused"},
		{"says nothing", "", "network-error"},
	} {
		t.Run(test.name, func(t *testing.T) {
			handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Upgrade") != "websocket" || r.Header.Get("Origin") != docs {
					t.Errorf("handshake %v", r.Header)
				}
				conn, rw, err := w.(http.Hijacker).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				defer conn.Close()
				_, _ = rw.WriteString(test.answer)
				_ = rw.Flush()
				if _, err := conn.Read(make([]byte, 1)); err == nil {
					t.Error("the browser said something")
				}
			})
			check(t, browser.Fetch(browser.Page{Origin: docs}, browser.Call{Kind: browser.WebSocket, URL: "wss://api.example.com"}, browser.Handler(handler)), test.want, nil)
		})
	}
}

// TestTransport asks a real server.
func TestTransport(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		w.Header().Set("Access-Control-Allow-Methods", r.Header.Get("Access-Control-Request-Method"))
		w.Write([]byte(r.Method))
	}))
	defer server.Close()
	for _, mode := range []browser.Mode{browser.CORS, browser.NoCORS} {
		method := map[browser.Mode]string{browser.CORS: "PUT", browser.NoCORS: "POST"}[mode]
		res := browser.Fetch(browser.Page{Origin: "http://localhost:1"}, browser.Call{Method: method, Mode: mode, URL: server.URL}, server.Client().Transport)
		check(t, res, "allowed", nil)
		if want := map[browser.Mode]string{browser.CORS: "PUT"}[mode]; string(res.Response.Body) != want {
			t.Errorf("body %q", res.Response.Body)
		}
	}
}

func TestRecorded(t *testing.T) {
	recording := []browser.Exchange{
		{Method: "OPTIONS", URL: api + "/a", Status: 204, ResponseHeader: http.Header{"access-control-allow-origin": {docs}, "access-control-allow-methods": {"PUT"}}},
		{Method: "PUT", URL: api + "/a", Status: 200, ResponseHeader: http.Header{"Access-Control-Allow-Origin": {docs}}},
		{Method: "PUT", URL: api + "/b", Err: errScript},
	}
	call := browser.Call{Method: "PUT", URL: api + "/a"}
	check(t, browser.Fetch(browser.Page{Origin: docs}, call, browser.Recorded(recording)), "allowed", []string{"OPTIONS " + api + "/a", "PUT " + api + "/a"})

	res := browser.Fetch(browser.Page{Origin: docs}, call, browser.Recorded(recording[1:]))
	check(t, res, "network-error", nil)
	if !errors.Is(res.Exchanges[0].Err, browser.ErrNotRecorded) {
		t.Errorf("error %v", res.Exchanges[0].Err)
	}
	res = browser.Fetch(browser.Page{Origin: api}, browser.Call{Method: "PUT", URL: api + "/b"}, browser.Recorded(recording))
	if !errors.Is(res.Exchanges[0].Err, errScript) {
		t.Errorf("error %v", res.Exchanges[0].Err)
	}
}

func TestAnswererThatAnswersNothing(t *testing.T) {
	check(t, browser.Fetch(browser.Page{Origin: docs}, browser.Call{URL: api}, nothing{}), "network-error", nil)
}

type nothing struct{}

func (nothing) RoundTrip(*http.Request) (*http.Response, error) { return nil, nil }
