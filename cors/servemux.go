package cors

import (
	"net/http"
	"net/url"
	"path"
	"reflect"
	"strings"
)

// This file asks an http.ServeMux which methods it serves at a path. It has no
// method for that, but says so in the Allow field of a 405.

// probeMethod is a method that nobody registers.
const probeMethod = "CONCORS-PROBE"

// pathIn returns r's path in mux, where all methods have the policy c; nil if
// mux does not have the path. Where mux would redirect, what it would lead to
// counts: preflights cannot follow redirects.
func pathIn(mux *http.ServeMux, r *http.Request, c *Compiled) *Path {
	probe := withMethod(r, probeMethod)
	h, pattern := mux.Handler(probe)
	if followRedirect(h, probe) {
		h, pattern = mux.Handler(probe)
	}
	if pattern != "" {
		return &c.everyMethod
	}
	allow := answerOf(h, probe).Get("Allow")
	if allow == "" {
		return nil
	}
	return pathOf(c, strings.Split(allow, ", "))
}

// withMethod returns a copy of r to ask a mux about another method.
func withMethod(r *http.Request, method string) *http.Request {
	probe := *r
	u := *r.URL
	probe.Method, probe.URL = method, &u
	return &probe
}

// followRedirect turns probe to where h redirects it, if h is a mux's own
// redirect: to the clean form of the path, or to the same path with a slash.
func followRedirect(h http.Handler, probe *http.Request) bool {
	if reflect.TypeOf(h) != redirectType {
		return false
	}
	to, err := url.Parse(answerOf(h, probe).Get("Location"))
	if err != nil || to.Host != "" || path.Clean(to.Path) != path.Clean(probe.URL.Path) {
		return false
	}
	probe.URL.Path, probe.URL.RawPath = to.Path, to.RawPath
	return true
}

var redirectType = reflect.TypeOf(http.RedirectHandler("/", http.StatusTemporaryRedirect))

// answerOf returns the header that h, one of a mux's own handlers, sends.
func answerOf(h http.Handler, r *http.Request) http.Header {
	w := headerRecorder{}
	h.ServeHTTP(w, r)
	return http.Header(w)
}

// headerRecorder is a ResponseWriter that keeps the header only.
type headerRecorder http.Header

func (w headerRecorder) Header() http.Header         { return http.Header(w) }
func (w headerRecorder) Write(p []byte) (int, error) { return len(p), nil }
func (w headerRecorder) WriteHeader(int)             {}
