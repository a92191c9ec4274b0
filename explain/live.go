package explain

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/internal/rehearsal"
)

// Bounds on what a live server may do to us.
const (
	maxResponseHeader = 1 << 20
	maxBody           = 1 << 20
	DefaultTimeout    = 10 * time.Second
)

// Live asks a server over the network what a browser would ask it. The zero
// value asks preflights and sends safe calls.
type Live struct {
	// PreflightOnly never sends the call itself.
	PreflightOnly bool
	// Send also sends calls whose method is not safe: they may change things.
	Send bool
	// SecretsTo are origins that may get the question's secrets beside that of
	// its URL, after a redirect. See [Withheld].
	SecretsTo []string
	// Timeout bounds each request, its body included. 0: DefaultTimeout.
	Timeout time.Duration
	// InsecureTLS accepts any certificate, for servers under development.
	InsecureTLS bool
	// Transport replaces the network, for tests. Nil: the network.
	Transport http.RoundTripper
}

// AskLive explains q by asking the server over the network.
func AskLive(ctx context.Context, q Question, l Live) Answer {
	server := l.answerer()
	a := Ask(ctx, q, server)
	a.Withheld, a.Decisions = server.withheld, server.decisions
	a.heedConcors()
	return a
}

// answerer returns what answers the requests of one call.
func (l *Live) answerer() *live {
	a := &live{options: *l, transport: l.Transport}
	if a.options.Timeout == 0 {
		a.options.Timeout = DefaultTimeout
	}
	for _, origin := range l.SecretsTo {
		a.named = append(a.named, originOf(origin))
	}
	if a.transport == nil {
		a.transport = &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: a.options.Timeout}).DialContext,
			TLSClientConfig:        &tls.Config{InsecureSkipVerify: l.InsecureTLS},
			TLSHandshakeTimeout:    a.options.Timeout,
			ForceAttemptHTTP2:      true,
			DisableKeepAlives:      true,
			DisableCompression:     true,
			MaxResponseHeaderBytes: maxResponseHeader,
		}
	}
	return a
}

type live struct {
	options   Live
	transport http.RoundTripper

	named    []string // origins that get secrets; the first request's is one
	asked    int      // how many requests were sent
	withheld []Withheld

	decisions []rehearsal.Decision // of Concors, if it is what answers
}

// RoundTrip implements http.RoundTripper.
func (l *live) RoundTrip(req *http.Request) (*http.Response, error) {
	preflight := req.Method == http.MethodOptions && req.Header.Get("Access-Control-Request-Method") != ""
	if !preflight {
		if l.options.PreflightOnly {
			return nil, &heldError{"only the preflight was asked for"}
		}
		switch req.Method {
		case http.MethodGet, http.MethodHead, http.MethodOptions:
		default:
			if !l.options.Send {
				return nil, &heldError{req.Method + " may change something on the server; --send sends it"}
			}
		}
	}
	l.withhold(req)
	ctx, cancel := context.WithTimeout(req.Context(), l.options.Timeout)
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", "Mozilla/5.0 (compatible; concors explain)")
	}
	l.decisions = append(l.decisions, rehearsal.Decision{})
	res, err := l.transport.RoundTrip(req.WithContext(ctx))
	if err != nil {
		cancel()
		return nil, networkError(req, l.options.Timeout, err)
	}
	if res.StatusCode == http.StatusSwitchingProtocols {
		_ = res.Body.Close() // the handshake is all that is asked
		res.Body = http.NoBody
		cancel()
		return res, nil
	}
	res.Body = &boundedBody{io.LimitReader(res.Body, maxBody), res.Body, cancel}
	l.decisions[len(l.decisions)-1] = refusalOf(res)
	return res, nil
}

// boundedBody ends after maxBody bytes, and with the request's time.
type boundedBody struct {
	io.Reader
	body   io.Closer
	cancel context.CancelFunc
}

func (b *boundedBody) Close() error {
	defer b.cancel()
	return b.body.Close()
}

// maxRefusal is more than a refusal of Concors has.
const maxRefusal = 8 << 10

// refusalOf reads the refusal that Concors in front of the server has answered
// with, if this is one. The body stays to be read.
func refusalOf(res *http.Response) rehearsal.Decision {
	kind, _, _ := strings.Cut(res.Header.Get("Content-Type"), ";")
	if kind != "application/problem+json" {
		return rehearsal.Decision{}
	}
	start, _ := io.ReadAll(io.LimitReader(res.Body, maxRefusal))
	body := res.Body
	res.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(start), body), body}
	var problem struct {
		Type   string
		Reason cors.Reason
	}
	if json.Unmarshal(start, &problem) != nil || !strings.HasPrefix(problem.Type, cors.RefusalType) || !slices.Contains(cors.Reasons(), problem.Reason) {
		return rehearsal.Decision{}
	}
	return rehearsal.Decision{Made: true, Verdict: cors.Refuse, Reason: problem.Reason}
}
