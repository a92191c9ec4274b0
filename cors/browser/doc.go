// Package browser models what a browser does with a request that a web page
// makes: it runs the steps of the Fetch standard against anything that answers
// HTTP, and says what went over the wire, what the page may read, or which one
// step stopped the call, in the words of Chromium, Firefox and WebKit.
//
//	page := browser.Page{Origin: "https://docs.example.com"}
//	call := browser.Call{Method: "PUT", URL: "https://api.example.com/account"}
//	res := browser.Fetch(page, call, browser.Handler(handler))
//	if res.Blocked != nil {
//		t.Errorf("blocked: %v", res.Blocked)
//	}
//
// [Fetch] is a browser without memory. A [Browser] carries a [Profile] (where
// browsers differ from the standard or from each other), cookies, a preflight
// cache and a clock.
//
// The package stands on the other side of package cors and never imports it:
// it is the judge in that package's tests. Sections cited as "#name" are
// fragments of https://fetch.spec.whatwg.org/.
package browser
