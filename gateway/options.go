package gateway

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/endpoints"
)

// Defaults of [Options].
const (
	DefaultMaxBodyBytes    = 32 << 20
	DefaultDialTimeout     = 5 * time.Second
	DefaultResponseTimeout = time.Minute
)

// Options are what a [Gateway] needs beside its table. The zero value is for
// production.
type Options struct {
	// Log hears what operators should know: documents that were loaded or
	// refused, unreachable upstreams, contradictions. Nil: [slog.Default].
	Log *slog.Logger

	// AccessLog gets a line for each request. Nil: none.
	AccessLog *slog.Logger

	// AccessSample thins out the access log: of the requests that were let
	// through and went well, every nth is logged. 0 and 1: all of them.
	AccessSample uint64

	// MaxBodyBytes is how large a request's body may be; larger ones get 413.
	// 0: [DefaultMaxBodyBytes]; negative: no limit.
	MaxBodyBytes int64

	// DialTimeout is how long connecting to an upstream may take, name lookup
	// included. 0: [DefaultDialTimeout].
	DialTimeout time.Duration

	// ResponseTimeout is how long an upstream may take from the end of the
	// request to the header of its answer; after that the client gets 504. The
	// body may take forever. 0: [DefaultResponseTimeout]; negative: no limit.
	ResponseTimeout time.Duration

	// UpstreamHost sends the upstream's own host in Host, for upstreams that
	// are virtual hosts of a shared server. By default the upstream sees the
	// Host that the client sent, so that its links, cookies and own origin
	// checks come out right. X-Forwarded-Host has the client's in both cases.
	UpstreamHost bool

	// OnDecision, if not nil, hears each decision before it is carried out. It
	// is called concurrently and must be quick.
	OnDecision func(Event)

	// Transport reaches the upstreams. Nil: an [http.Transport] sized for a
	// gateway. The timeouts above belong to that one.
	Transport http.RoundTripper
}

// An Event is a decision about one request. Request and Decision must not be
// kept or changed.
type Event struct {
	Request  *http.Request
	Endpoint *endpoints.Endpoint // nil for a preflight that announces a method that no endpoint at the path takes, and for a host that is not served
	Decision *cors.Decision
}
