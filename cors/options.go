package cors

import "net/http"

// Options say what the policies of one API have in common, and what else
// a [Middleware] or a [Mux] needs. The zero value declares nothing and is valid.
type Options struct {
	// Origins are the API's own public origins, such as
	// https://api.example.com: exact, no wildcards. Where none are declared, a
	// request is the API's own if the host and port of its Origin equal Host.
	// Declare them if a proxy in front rewrites Host.
	Origins []string

	// TrustedProxies are IP addresses and CIDR ranges whose X-Forwarded-Proto
	// and X-Forwarded-Host are believed.
	TrustedProxies []string

	// IdentityHeaders are request headers that a proxy in front derives from
	// credentials, such as X-Remote-User. They are dropped with Cookie.
	IdentityHeaders []string

	// Hosts are the names under which the API is served, such as
	// api.example.com or api.example.com:8443. A name without a port stands for
	// all ports. If there are any, a request for another Host is refused with
	// 421, whatever the policy: a website whose name was pointed at the API's
	// address (DNS rebinding) passes for the API's own pages otherwise.
	Hosts []string

	// Methods are the methods that preflights may ask a [Middleware] for. If
	// there are none, a Middleware whose Handler is given an [*http.ServeMux]
	// asks that for the methods at the path; otherwise every method is allowed.
	// A [Mux] knows its methods and ignores this field.
	Methods []string

	// OnDecision, if not nil, hears each decision before it is carried out, for
	// logs and metrics. It is called concurrently and must not keep the
	// decision.
	OnDecision func(*http.Request, *Decision)

	// Refused, if not nil, writes the answer to a request that is refused: its
	// body, Content-Type and status, which is [Decision.Status] unless it is set
	// to another one from 400. What else belongs on a refusal is set before, and
	// cannot be changed. If it writes nothing, the usual problem document is
	// written. Preflights are refused without it, for no page reads the answer.
	Refused func(http.ResponseWriter, *http.Request, *Decision)

	// Debug makes refusals name the setting to change, echoing the request, and
	// answers refused preflights so that the browser's own message names the
	// cause. For development. [Middleware.SetDebug] and [Mux.SetDebug] switch
	// it while requests run.
	Debug bool
}
