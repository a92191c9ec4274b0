package browser

import "net/http"

// Handler lets an http.Handler answer in process.
func Handler(h http.Handler) http.RoundTripper { panic("browser: follows") }
