// Package gateway is a reverse proxy that enforces a table of endpoints: it
// answers preflights, refuses what the endpoint's setting refuses before the
// upstream sees it, and sets the CORS headers of every other answer, whoever
// wrote it.
//
// A [Gateway] is an [http.Handler]. [Gateway.Swap] replaces its table while
// requests run, [Gateway.Follow] keeps it equal to a store's document. A
// [Server] adds listeners, TLS, the admin listener and an orderly end.
//
// # What happens to a request
//
//  1. A malformed target or Host gets 400; so does CONNECT. A Host that the
//     document does not list, if it lists any, gets 421, whatever the path.
//  2. The table finds the endpoint: of a preflight, that of the method it
//     announces. An unknown path gets 404, and no policy applies. A path that
//     lacks the method gets 405, a preflight for it 403.
//  3. A path that servers read differently (see route.Suspicious) gets 400,
//     unless the endpoint has encoded_paths; one with dot segments always.
//  4. The endpoint's policy decides. Preflights and refusals are answered here.
//     A policy with enforce: false only counts; the request passes as it is.
//  5. What may run is forwarded, without credentials if the policy drops them.
//     X-Forwarded-For, -Host and -Proto say who called and how; what came in
//     under these names counts only if a trusted proxy sent it, and Forwarded is
//     removed. Connections can be upgraded to WebSocket, and to nothing else.
//  6. From the answer, all Access-Control-* headers and
//     Cross-Origin-Resource-Policy of the upstream are replaced by the policy's,
//     in trailers and early hints too, and Vary is added to.
//
// Answers of the gateway's own are problem details (RFC 9457) with a stable
// reason, and carry the CORS headers that the upstream's answer would.
//
// # Metrics
//
// docs/production.md lists them. What belongs to an endpoint has its pattern as
// a label. No label ever holds what a client sent.
package gateway
