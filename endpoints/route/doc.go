// Package route finds the endpoint of a request: net/http.ServeMux's patterns
// and precedence as an immutable tree of values.
//
// A [Pattern] is written "[METHOD ][HOST]/path". A segment of the path is
// literal, or {name} for any one segment, or, at the end, {name...} for all
// that remains, {$} for nothing more after the slash. A path ending in a slash
// takes everything below it. A pattern without a method takes any method, GET
// takes HEAD as well. A pattern with a host beats those without; otherwise the
// more specific pattern wins, and where neither is more specific they are a
// [Conflict].
//
// Whatever [Parse] accepts, ServeMux accepts too, and where ServeMux would call
// a handler, [Tree.Match] finds the same pattern. These are the differences:
//
//   - Nothing redirects. A path that ServeMux would clean, or complete with a
//     slash, does not match. [Suspicious] tells which paths to refuse outright.
//   - Hosts are compared without regard to case, without port and without the
//     dot that may end them: a name that means the same machine does not slip
//     past the pattern for it. IPv6 addresses are written in brackets, as in
//     URLs. The host is the one the request was sent to, also for CONNECT.
//   - {$} means the end of the path only, never a segment "%2F", and {name}
//     matches such a segment like any other.
//   - Parse refuses what ServeMux accepts but nobody means: lower-case methods,
//     query strings, ":id" and "*" as segments, paths that no request can have.
//
// Matching takes no lock and allocates nothing. Values of wildcards are not
// captured.
package route
