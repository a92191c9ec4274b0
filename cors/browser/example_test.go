package browser_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/concors/concors/cors/browser"
)

func Example() {
	server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "https://docs.example.com/")
	})
	page := browser.Page{Origin: "https://docs.example.com"}
	call := browser.Call{URL: "https://api.example.com/account"}

	res := browser.Fetch(page, call, browser.Handler(server))
	for _, step := range res.Steps {
		fmt.Println(step)
	}
	fmt.Println(res.Blocked.Explain())
	fmt.Println(res.Blocked.Repair().Headers[0])
	// Output:
	// ✓ https://api.example.com is another origin than the page's, https://docs.example.com: CORS applies.
	// ✓ Method GET and the headers that the page set need no preflight.
	// ✓ GET https://api.example.com/account is sent and answered with status 200.
	// ✗ The answer allows "https://docs.example.com/", but the page's origin is https://docs.example.com.
	// The answer allows "https://docs.example.com/", but the page's origin is https://docs.example.com. There is a slash too many at the end. The two are compared letter by letter.
	// Access-Control-Allow-Origin: https://docs.example.com
}

// A Browser remembers preflights and cookies, and behaves like a real one.
func ExampleBrowser() {
	server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "https://docs.example.com")
		h.Set("Access-Control-Allow-Methods", "PUT")
		h.Set("Access-Control-Max-Age", "60")
	})
	b := browser.Browser{Profile: browser.Firefox, Preflights: new(browser.PreflightCache)}
	for range 2 {
		res := b.Fetch(context.Background(),
			browser.Page{Origin: "https://docs.example.com"},
			browser.Call{Method: "PUT", URL: "https://api.example.com/account"},
			browser.Handler(server))
		for _, x := range res.Exchanges {
			fmt.Print(x.Method, " ")
		}
		fmt.Println(res.Verdict())
	}
	// Output:
	// OPTIONS PUT allowed: the page reads status 200
	// PUT allowed: the page reads status 200
}

func ExampleParseConsole() {
	failure, by, _ := browser.ParseConsole(`Access to fetch at 'https://api.example.com/account' from origin 'https://docs.example.com' has been blocked by CORS policy: Request header field x-api-key is not allowed by Access-Control-Allow-Headers in preflight response.`)
	fmt.Println(by, failure.Code)
	fmt.Println(failure.Repair().Headers)
	// Output:
	// chromium header-not-allowed
	// [Access-Control-Allow-Headers: x-api-key]
}
