package frameworks

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"
	gorilla "github.com/gorilla/websocket"

	"github.com/concors/concors/cors"
)

// Anonymous callers open WebSockets like everybody else, but get no cookie with
// the handshake.
func TestWebSockets(t *testing.T) {
	servers := map[string]http.HandlerFunc{
		"gorilla": func(w http.ResponseWriter, r *http.Request) {
			u := gorilla.Upgrader{CheckOrigin: func(*http.Request) bool { return true }} // has been checked
			conn, err := u.Upgrade(w, r, http.Header{"Set-Cookie": {"sid=1"}, "X-Saw": {r.Header.Get("Cookie")}})
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			kind, message, err := conn.ReadMessage()
			if err == nil {
				err = conn.WriteMessage(kind, message)
			}
			if err != nil {
				t.Error(err)
			}
		},
		"coder": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Set-Cookie", "sid=1")
			w.Header().Set("X-Saw", r.Header.Get("Cookie"))
			conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true}) // has been checked
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.CloseNow()
			kind, message, err := conn.Read(r.Context())
			if err == nil {
				err = conn.Write(r.Context(), kind, message)
			}
			if err != nil {
				t.Error(err)
			}
		},
	}
	for name, h := range servers {
		for _, tt := range []struct {
			policy cors.Policy
			origin string
			status int
			cookie bool
		}{
			{cors.All{}, evil, 101, false},
			{cors.Selected{Domains: []string{docs}, Credentials: true}, docs, 101, true},
			{cors.Selected{Domains: []string{docs}, Credentials: true}, evil, 403, false},
		} {
			t.Run(name, func(t *testing.T) {
				url := start(t, api{server: func(_ *testing.T, guard func(http.Handler) http.Handler) http.Handler { return guard(h) }}, tt.policy)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				conn, res, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {tt.origin}, "Cookie": {"a=b"}}})
				if res == nil || res.StatusCode != tt.status {
					t.Fatalf("%v, want status %d", err, tt.status)
				}
				if got := res.Header.Get("Set-Cookie") != ""; got != tt.cookie {
					t.Errorf("the answer has a cookie: %v", got)
				}
				if err != nil {
					return
				}
				defer conn.CloseNow()
				if got := res.Header.Get("X-Saw") != ""; got != tt.cookie {
					t.Errorf("the handler saw a cookie: %v", got)
				}
				if err := conn.Write(ctx, websocket.MessageText, []byte("hello")); err != nil {
					t.Fatal(err)
				}
				if _, message, err := conn.Read(ctx); err != nil || string(message) != "hello" {
					t.Errorf("%q, %v", message, err)
				}
			})
		}
	}
}
