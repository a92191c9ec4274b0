package cors_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/browser"
)

func hello(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "hello") }

// get shows what happens to a request of a page.
func get(h http.Handler, origin string) {
	r := httptest.NewRequest("GET", "https://api.example.com/hello", nil)
	r.Header.Set("Origin", origin)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	fmt.Printf("%s %d %q\n", origin, w.Code, w.Header().Get("Access-Control-Allow-Origin"))
}

// The common case: a front end on another domain.
func Example() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /hello", hello)

	c, err := cors.New(cors.Selected{Domains: []string{"https://docs.example.com"}, Credentials: true}, nil)
	if err != nil {
		log.Fatal(err)
	}
	h := c.Handler(mux) // http.ListenAndServe(":8080", h)

	get(h, "https://docs.example.com")
	get(h, "https://evil.example")
	// Output:
	// https://docs.example.com 200 "https://docs.example.com"
	// https://evil.example 403 ""
}

// None protects an API that only its own pages and programs use.
func ExampleNone() {
	c, err := cors.New(cors.None{}, nil)
	if err != nil {
		log.Fatal(err)
	}
	get(c.Handler(http.HandlerFunc(hello)), "https://evil.example")
	// Output: https://evil.example 403 ""
}

// An endpoint that an identity provider posts to: it may send, but not read.
func ExampleNone_senders() {
	c, err := cors.New(cors.None{Senders: []string{"https://login.example.net"}}, nil)
	if err != nil {
		log.Fatal(err)
	}
	r := httptest.NewRequest("POST", "https://api.example.com/saml", nil)
	r.Header.Set("Origin", "https://login.example.net")
	w := httptest.NewRecorder()
	c.Handler(http.HandlerFunc(hello)).ServeHTTP(w, r)
	fmt.Printf("%d %q\n", w.Code, w.Header().Get("Access-Control-Allow-Origin"))
	// Output: 200 ""
}

// All is for public data. Cookies that come along never reach the handler.
func ExampleAll() {
	c, err := cors.New(cors.All{Headers: []string{"Content-Type"}, Cache: time.Hour}, nil)
	if err != nil {
		log.Fatal(err)
	}
	h := c.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Printf("cookie: %q\n", r.Header.Get("Cookie"))
	}))
	r := httptest.NewRequest("GET", "https://api.example.com/prices", nil)
	r.Header.Set("Origin", "https://anybody.example")
	r.Header.Set("Cookie", "session=1")
	h.ServeHTTP(httptest.NewRecorder(), r)
	// Output: cookie: ""
}

// Origins are patterns; each entry has its scheme and, if it is not the default
// one, its port.
func ExampleSelected() {
	c, err := cors.New(cors.Selected{
		Domains:     []string{"https://*.example.com", "http://localhost:*"},
		Credentials: true,
		Headers:     []string{"Authorization", "Content-Type"},
		Expose:      []string{"X-Total-Count"},
		Cache:       10 * time.Minute,
	}, nil)
	if err != nil {
		log.Fatal(err)
	}
	h := c.Handler(http.HandlerFunc(hello))
	get(h, "https://app.example.com")
	get(h, "http://localhost:5173")
	get(h, "https://example.com")
	// Output:
	// https://app.example.com 200 "https://app.example.com"
	// http://localhost:5173 200 "http://localhost:5173"
	// https://example.com 403 ""
}

// All mistakes come back at once, with a code for programs and a repair for
// people.
func ExampleErrors() {
	_, err := cors.New(cors.Selected{
		Domains:     []string{"docs.example.com", "https://www.example.com/"},
		Expose:      []string{"*"},
		Credentials: true,
	}, nil)
	for e := range cors.Errors(err) {
		fmt.Printf("%s at %s, use %q\n", e.Code, e.Field, e.Repair)
	}
	// Output:
	// origin-missing-scheme at domains[0], use "https://docs.example.com"
	// origin-path at domains[1], use "https://www.example.com"
	// expose-wildcard-with-credentials at expose[0], use ""
}

// The wrong place: inside a pattern with a method, the middleware never sees
// OPTIONS, the mux answers it with 405, and the browser reports a CORS error.
// Wrap the mux instead, or use a [cors.Mux].
func ExampleMiddleware_Handler_wrong() {
	c, err := cors.New(cors.Selected{Domains: []string{"https://docs.example.com"}}, nil)
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("PUT /hello", c.Handler(http.HandlerFunc(hello))) // wrong

	page := browser.Page{Origin: "https://docs.example.com"}
	call := browser.Call{Method: "PUT", URL: "https://api.example.com/hello"}
	fmt.Println(browser.Fetch(page, call, browser.Handler(mux)).Verdict())
	fmt.Println(browser.Fetch(page, call, browser.Handler(c.Handler(mux))).Verdict())
	// Output:
	// blocked: the preflight's answer has no Access-Control-Allow-Origin
	// allowed: the page reads status 200
}

// A policy for each pattern. Preflights are judged by the policy of the method
// that they announce.
func ExampleMux() {
	frontEnd := cors.Selected{Domains: []string{"https://docs.example.com"}, Credentials: true}

	mux := new(cors.Mux)
	mux.HandleFunc("GET /account", frontEnd, hello)
	mux.HandleFunc("PUT /account", frontEnd, hello)
	mux.HandleFunc("GET /prices", cors.All{}, hello)
	mux.HandleFunc("POST /orders", nil, hello) // nil: cross-origin requests are disallowed

	r := httptest.NewRequest("OPTIONS", "https://api.example.com/account", nil)
	r.Header.Set("Origin", "https://docs.example.com")
	r.Header.Set("Access-Control-Request-Method", "PUT")
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Header().Get("Access-Control-Allow-Methods"))
	// Output: 204 GET, HEAD, PUT
}

// In tests of an API, a browser is the judge.
func ExampleMux_tested() {
	api := new(cors.Mux)
	api.HandleFunc("PUT /account", cors.Selected{
		Domains:     []string{"https://docs.example.com"},
		Headers:     []string{"Content-Type"},
		Credentials: true,
	}, hello)

	page := browser.Page{Origin: "https://docs.example.com"}
	call := browser.Call{
		Method:      "PUT",
		URL:         "https://api.example.com/account",
		Headers:     []browser.HeaderField{{Name: "Content-Type", Value: "application/json"}},
		Body:        browser.Body{Kind: browser.Text, Data: []byte(`{"name": "Ada"}`)},
		Credentials: browser.Include,
	}
	res := browser.Fetch(page, call, browser.Handler(api))
	for _, x := range res.Exchanges {
		fmt.Println(x.Method, x.Status)
	}
	fmt.Println(res.Verdict())
	// Output:
	// OPTIONS 204
	// PUT 200
	// allowed: the page reads status 200
}

// Swap changes the policy while requests run: all of it or, if it has mistakes,
// nothing.
func ExampleMiddleware_Swap() {
	c, err := cors.New(cors.None{}, nil)
	if err != nil {
		log.Fatal(err)
	}
	h := c.Handler(http.HandlerFunc(hello))
	get(h, "https://docs.example.com")
	if err := c.Swap(cors.Selected{Domains: []string{"https://docs.example.com"}}); err != nil {
		log.Fatal(err)
	}
	get(h, "https://docs.example.com")
	// Output:
	// https://docs.example.com 403 ""
	// https://docs.example.com 200 "https://docs.example.com"
}

// Observe a policy on live traffic before it is enforced.
func ExampleOptions_observe() {
	c, err := cors.New(cors.None{ObserveOnly: true}, &cors.Options{
		OnDecision: func(r *http.Request, d *cors.Decision) {
			if d.Verdict == cors.Refuse {
				fmt.Println("would refuse", d.Origin(), d.Reason)
			}
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	get(c.Handler(http.HandlerFunc(hello)), "https://partner.example")
	// Output:
	// would refuse https://partner.example origin-not-allowed
	// https://partner.example 200 ""
}
