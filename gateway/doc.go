// Package gateway is a reverse proxy that enforces a table of endpoints: it
// answers preflights, refuses what the endpoint's setting refuses before the
// upstream sees it, and sets the CORS headers of every other answer, whoever
// wrote it.
//
// A [Gateway] is an [http.Handler]. [Gateway.Swap] replaces its table while
// requests run, [Gateway.Follow] keeps it equal to a store's document. A
// [Server] adds listeners, TLS, the admin listener and an orderly end.
package gateway
