package demo

import (
	"encoding/json"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/coder/websocket"
)

// sampleAPI is the API of a small bookshop. It knows nothing of CORS, and
// trusts every request that carries its cookie: what stands in front of it has
// to tell friend from foe.
type sampleAPI struct {
	mux      *http.ServeMux
	executed atomic.Int64 // requests that reached it

	mu     sync.Mutex // guards name and orders
	name   string
	orders int
}

func newSampleAPI() *sampleAPI {
	a := &sampleAPI{mux: http.NewServeMux(), name: "Ada"}
	a.mux.HandleFunc("GET /books", a.books)
	a.mux.HandleFunc("POST /session", a.signIn)
	a.mux.HandleFunc("GET /account", a.account)
	a.mux.HandleFunc("PUT /account", a.rename)
	a.mux.HandleFunc("POST /orders", a.order)
	a.mux.HandleFunc("GET /customers", a.customers)
	a.mux.HandleFunc("GET /live", a.live)
	return a
}

func (a *sampleAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.executed.Add(1)
	a.mux.ServeHTTP(w, r)
}

func (a *sampleAPI) books(w http.ResponseWriter, r *http.Request) {
	reply(w, map[string]any{"books": []string{"Emma", "Middlemarch", "Dracula"}, "you_are": a.caller(r)})
}

func (a *sampleAPI) signIn(w http.ResponseWriter, r *http.Request) {
	// SameSite=None: the cookie comes along from every website, as it does
	// where several websites share an API. Browsers keep a Secure cookie
	// without TLS only on loopback names.
	http.SetCookie(w, &http.Cookie{Name: "session", Value: "ada", Path: "/", HttpOnly: true, Secure: true, SameSite: http.SameSiteNoneMode})
	reply(w, map[string]any{"signed_in": true})
}

func (a *sampleAPI) account(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	reply(w, map[string]any{"name": a.name, "orders": a.orders, "you_are": a.caller(r)})
}

func (a *sampleAPI) rename(w http.ResponseWriter, r *http.Request) {
	var body struct{ Name string }
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4096)).Decode(&body); err != nil || body.Name == "" {
		http.Error(w, `the body is {"name": "…"}`, http.StatusBadRequest)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.name = body.Name
	reply(w, map[string]any{"name": a.name})
}

func (a *sampleAPI) order(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.orders++
	reply(w, map[string]any{"ordered": true, "orders": a.orders, "you_are": a.caller(r)})
}

func (a *sampleAPI) customers(w http.ResponseWriter, r *http.Request) {
	reply(w, map[string]any{"customers": []string{"Ada"}})
}

func (a *sampleAPI) live(w http.ResponseWriter, r *http.Request) {
	// The gateway has judged the origin; a check here would hide that.
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return // Accept has answered
	}
	defer c.CloseNow()
	if err := c.Write(r.Context(), websocket.MessageText, []byte("Ada ordered Emma")); err == nil {
		_ = c.Close(websocket.StatusNormalClosure, "")
	}
}

// caller is who sent the request, as far as the API can tell.
func (a *sampleAPI) caller(r *http.Request) string {
	if c, err := r.Cookie("session"); err == nil && c.Value == "ada" {
		return "signed in"
	}
	return "anonymous"
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}
