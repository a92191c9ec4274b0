// Package explain tells what a browser would do with a page's call to a server,
// step by step, and what to change if it fails. The browser is the model of
// package browser; the server is a live one ([AskLive]), a document ([ReadFile]),
// or a recording made by a browser ([ReadHAR]).
package explain
