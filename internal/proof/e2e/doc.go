// Package e2e holds the end-to-end test: real browsers, a running concors serve,
// and an upstream that remembers what reached it.
package e2e
