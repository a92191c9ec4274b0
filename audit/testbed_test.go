package audit

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// good is the origin that the APIs of the testbed are meant for.
const good = "https://app.example.com"

// An api is one server of the testbed. Its zero value is an API with an exact
// list of one origin, credentials, and everything as it should be.
type api struct {
	name string
	// want are the findings that there must be; may are others that are true.
	want, may []ID
	origin    string // known to be good; "-": none is told
	host      string // the name that it is called by; empty: 127.0.0.1
	cookie    string // the session, if there is one
	header    string // another header of the session
	data      string

	allow   func(origin string) bool
	nocred  bool
	fixed   string // Access-Control-Allow-Origin whoever asks
	vary    string // "-": none
	always  bool   // no Vary without Origin
	methods string
	headers string
	maxAge  string
	expose  string
	cache   string
	body    string
	extra   http.Header
	// preflight, first and last replace or change parts of the answer. They
	// report whether they have answered.
	preflight, first func(a *api, w http.ResponseWriter, r *http.Request) bool
	post             func(a *api, w http.ResponseWriter, r *http.Request) int

	mu       sync.Mutex
	stored   []string
	requests int
}

func exactly(origins ...string) func(string) bool {
	return func(o string) bool {
		for _, x := range origins {
			if x == o {
				return true
			}
		}
		return false
	}
}

func (a *api) allows(o string) bool {
	if a.allow == nil {
		return o == good
	}
	return a.allow(o)
}

// cors sets the headers of actual answers.
func (a *api) cors(h http.Header, origin string) {
	if a.fixed != "" {
		h.Set("Access-Control-Allow-Origin", a.fixed)
		if !a.nocred && a.fixed != "*" {
			h.Set("Access-Control-Allow-Credentials", "true")
		}
	} else {
		if a.vary == "" && (origin != "" || !a.always) {
			h.Add("Vary", "Origin")
		} else if a.vary != "-" && a.vary != "" {
			h.Add("Vary", a.vary)
		}
		if origin == "" || !a.allows(origin) {
			return
		}
		h.Set("Access-Control-Allow-Origin", origin)
		if !a.nocred {
			h.Set("Access-Control-Allow-Credentials", "true")
		}
	}
	if a.expose != "" {
		h.Set("Access-Control-Expose-Headers", a.expose)
	}
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.requests++
	a.mu.Unlock()
	h, origin := w.Header(), r.Header.Get("Origin")
	if a.first != nil && a.first(a, w, r) {
		return
	}
	if r.Method == "OPTIONS" && r.Header.Get("Access-Control-Request-Method") != "" {
		if a.preflight != nil && a.preflight(a, w, r) {
			return
		}
		a.cors(h, origin)
		h.Del("Access-Control-Expose-Headers")
		h.Set("Access-Control-Allow-Methods", or(a.methods, "GET, PUT, DELETE"))
		h.Set("Access-Control-Allow-Headers", or(a.headers, "Authorization, Content-Type"))
		if a.maxAge != "" {
			h.Set("Access-Control-Max-Age", a.maxAge)
		}
		w.WriteHeader(204)
		return
	}
	a.cors(h, origin)
	for name, values := range a.extra {
		h[name] = values
	}
	if a.cache != "" {
		h.Set("Cache-Control", a.cache)
	}
	h.Set("Content-Type", "application/json")
	switch {
	case r.URL.Path != "/v1/things":
		w.WriteHeader(404)
		io.WriteString(w, `{"error":"not found"}`)
	case r.Method == "POST" && a.post != nil:
		status := a.post(a, w, r)
		w.WriteHeader(status)
		if status < 300 {
			io.WriteString(w, `{"ok":true}`)
		} else {
			io.WriteString(w, `{"ok":false}`)
		}
	case r.Method != "GET" && r.Method != "HEAD":
		h.Set("Allow", "GET, HEAD")
		w.WriteHeader(405)
	case a.post != nil:
		a.mu.Lock()
		defer a.mu.Unlock()
		fmt.Fprintf(w, `{"things":["%s"]}`, strings.Join(a.stored, `","`))
	default:
		io.WriteString(w, or(a.body, `{"things":["hammer","saw"]}`))
	}
}

// keep stores what a POST says.
func (a *api) keep(text string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stored = append(a.stored, strings.NewReplacer(`"`, "", "{", "", "}", "").Replace(text))
}
