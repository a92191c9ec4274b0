package gateway

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/concors/concors/cors"
)

// maxLogged is how many bytes of what strangers choose are logged.
const maxLogged = 512

// accessLog writes a line for each request, or for some.
type accessLog struct {
	handler slog.Handler // asked directly: a Logger would look for the caller's line
	every   uint64
	n       atomic.Uint64 // requests that could have been left out
}

// newAccessLog returns nil if there is to be none.
func newAccessLog(o *Options) *accessLog {
	if o.AccessLog == nil || !o.AccessLog.Enabled(context.Background(), slog.LevelInfo) {
		return nil
	}
	return &accessLog{handler: o.AccessLog.Handler(), every: max(o.AccessSample, 1)}
}

// write writes the line of x, which is over, or was aborted. Header values stay
// out, except the request's id and those that explain a decision.
func (l *accessLog) write(x *exchange, took time.Duration, aborted bool) {
	d := &x.decision
	refused := x.decided && d.Verdict == cors.Refuse
	if l.every > 1 && !refused && !aborted && x.status < 500 && l.n.Add(1)%l.every != 0 {
		return
	}
	var room [20]slog.Attr
	attrs := room[:0]
	client := x.in.RemoteAddr
	if ip, _, err := net.SplitHostPort(client); err == nil {
		client = ip
	}
	attrs = append(attrs,
		slog.String("method", cut(x.in.Method, 32)),
		slog.String("path", loggedPath(x.in.URL)),
		slog.Int("status", x.status),
		slog.Float64("duration_ms", float64(took.Microseconds())/1000),
		slog.Int64("bytes", x.bytes),
		slog.String("client", client),
		slog.String("proto", x.in.Proto),
		slog.String("request_id", x.id()),
	)
	if before := x.in.Header["X-Forwarded-For"]; len(before) > 0 && x.live != nil && x.live.table.Site().Trusts(x.in.RemoteAddr) {
		attrs = append(attrs, slog.String("forwarded_for", cut(strings.Join(before, ", "), maxLogged)))
	}
	if x.ep != nil {
		attrs = append(attrs, slog.String("endpoint", x.ep.Pattern))
	}
	if x.decided {
		attrs = append(attrs, slog.String("decision", d.Verdict.String()))
		if origin := x.in.Header["Origin"]; len(origin) > 0 {
			attrs = append(attrs, slog.String("origin", cut(strings.Join(origin, ", "), maxLogged)))
		}
		if d.Observed {
			attrs = append(attrs, slog.Bool("observed", true))
		}
		if d.Anonymous {
			attrs = append(attrs, slog.Bool("anonymous", true))
		}
	}
	switch {
	case x.reason != "":
		attrs = append(attrs, slog.String("reason", x.reason))
	case refused:
		attrs = append(attrs, slog.String("reason", string(d.Reason)))
	}
	if refused {
		// Both sides of the comparison, in case they were meant to be equal.
		attrs = append(attrs, refusedBecause(x.in)...)
	}
	if aborted {
		attrs = append(attrs, slog.Bool("aborted", true))
	}
	record := slog.NewRecord(x.start.Add(took), slog.LevelInfo, "request", 0)
	record.AddAttrs(attrs...)
	_ = l.handler.Handle(context.Background(), record) // there is nowhere left to complain
}

// refusedBecause are the values by which a request was found to be another
// website's.
func refusedBecause(r *http.Request) []slog.Attr {
	attrs := []slog.Attr{
		slog.String("host", cut(r.Host, maxLogged)),
	}
	for _, h := range [...]struct{ attr, name string }{
		{"sec_fetch_site", "Sec-Fetch-Site"},
		{"x_forwarded_host", "X-Forwarded-Host"},
		{"x_forwarded_proto", "X-Forwarded-Proto"},
	} {
		if lines := r.Header[h.name]; len(lines) > 0 {
			attrs = append(attrs, slog.String(h.attr, cut(strings.Join(lines, ", "), maxLogged)))
		}
	}
	return attrs
}

// loggedPath returns the path as it was sent, without the query, which may hold
// secrets.
func loggedPath(u *url.URL) string {
	if u.RawPath != "" {
		return cut(u.RawPath, maxLogged)
	}
	return cut(u.Path, maxLogged)
}
