// Package probe asks live servers over HTTP, politely and without trust: at a
// limited rate, with a bound on everything that a server may do to the asker,
// and with secrets that only the server they were meant for ever gets.
package probe
