package browser

import (
	"net/http"
	"slices"
	"strings"

	"github.com/concors/concors/cors/internal/fetchspec"
)

// A Repair says what to change so that the call succeeds: on the server and in
// the page. Which setting of what software does it on the server is for those to
// say who know that software; they go by the failure's Code.
type Repair struct {
	// Headers are response headers to send on the answer that was refused,
	// "Access-Control-Allow-Origin: https://docs.example.com".
	Headers []string
	// Server says in words what the server should do.
	Server string
	// Page says what the page's own code should change. Empty if nothing.
	Page string
}

// Repair returns what to change so that the call succeeds.
func (f *Failure) Repair() Repair {
	m := &f.mistake().repair
	r := Repair{Server: f.fill(m.Server), Page: f.fill(m.Page)}
	for _, h := range m.Headers {
		r.Headers = append(r.Headers, f.fill(h))
	}
	switch {
	case f.Origin == "null" && f.corsCheckCode():
		return f.repairNull(r)
	case f.corsCheckCode() && f.Credentials:
		const allow = "Access-Control-Allow-Credentials: true"
		if !slices.Contains(r.Headers, allow) {
			r.Headers = append(r.Headers, allow)
		}
	case f.Code == HeaderNotAllowed:
		r.Headers = []string{"Access-Control-Allow-Headers: " + appendItem(f.Got, f.Want)}
	case f.Code == MethodNotAllowed:
		if fetchspec.EqualFold(f.Want, "patch") && f.Want != "PATCH" {
			r = Repair{Page: `Write the method in upper case: "PATCH". Browsers change the case of six methods only, and PATCH is not one of them.`}
			break
		}
		r.Headers = []string{"Access-Control-Allow-Methods: " + appendItem(f.Got, f.Want)}
	}
	if f.corsCheckCode() && f.Preflight && f.Status > 0 && !isOKStatus(f.Status) {
		r.Server = "Answer OPTIONS requests that have Access-Control-Request-Method with 204 and these headers, before authentication and routing."
	}
	return r
}

// appendItem adds item to a comma-separated list, without a wildcard that did
// not help.
func appendItem(list, item string) string {
	var items []string
	for i := range strings.SplitSeq(list, ",") {
		if i = trimTabOrSpace(i); i != "" && i != "*" {
			items = append(items, i)
		}
	}
	return strings.Join(append(items, item), ", ")
}

// repairNull is for opaque origins: allowing "null" would allow every sandboxed
// frame of every website.
func (f *Failure) repairNull(r Repair) Repair {
	r = Repair{Page: "Serve the page from an http or https origin. Files opened from disk, data: URLs and sandboxed frames without allow-same-origin have none."}
	if f.FirstURL != f.URL {
		r.Page = "Call the address that the redirect leads to. After a redirect from one foreign origin to another, browsers no longer name the page."
		r.Server = "Do not redirect to another origin, or answer with Access-Control-Allow-Origin: * if the answer is public."
	}
	if !f.Credentials {
		r.Headers = []string{"Access-Control-Allow-Origin: *"}
		r.Server = "If the answer is public, allow every origin. Never allow null: any website can have that origin."
	}
	return r
}

// hint recognises how the failure most likely came about. It returns sentences,
// or "".
func (f *Failure) hint() string {
	switch f.Code {
	case AllowOriginMismatch, InvalidAllowOrigin:
		return originHint(f.Got, f.Want)
	case MultipleAllowOrigin:
		if f.repeated() {
			return "The header is there twice: two layers set it, such as an application and the proxy in front of it."
		}
	case MissingAllowOrigin:
		return f.missingHint()
	case PreflightStatus:
		return preflightStatusHint(f.Status)
	case MissingAllowCredentials:
		if fetchspec.EqualFold(f.Got, "true") {
			return "The value must be written in lower case."
		}
	case HeaderNotAllowed:
		if strings.Contains(f.Got, "*") {
			if f.Credentials {
				return "The wildcard * is a plain name for calls with credentials."
			}
			return "The wildcard * does not cover Authorization."
		}
	case MethodNotAllowed:
		switch {
		case containsFold(f.Got, f.Want):
			return "Methods are compared letter by letter, upper and lower case differ."
		case strings.Contains(f.Got, "*") && f.Credentials:
			return "The wildcard * is a plain name for calls with credentials."
		}
	}
	return ""
}

func containsFold(list, item string) bool {
	l := listOf(http.Header{"L": {list}}, "L")
	return l.hasFold(item)
}

// repeated reports whether Access-Control-Allow-Origin came on several lines or
// twice with one value.
func (f *Failure) repeated() bool {
	if f.Exchange >= 0 && f.res != nil && len(f.res.Exchanges[f.Exchange].ResponseHeader["Access-Control-Allow-Origin"]) > 1 {
		return true
	}
	items := strings.Split(f.Got, ",")
	for i := range items {
		if items[i] = strings.TrimSpace(items[i]); i > 0 && items[i] == items[0] {
			return true
		}
	}
	return false
}

func (f *Failure) missingHint() string {
	switch {
	case f.Preflight && (f.Status == 401 || f.Status == 403):
		return "The status is " + itoa(f.Status) + ": something asks for authentication or refuses, before CORS is looked at. Preflights never carry cookies or tokens."
	case f.Preflight && (f.Status == 404 || f.Status == 405):
		return "The status is " + itoa(f.Status) + ": the server has no route for OPTIONS here."
	case f.Preflight && isRedirectStatus(f.Status):
		return "The preflight is redirected (status " + itoa(f.Status) + "), which browsers do not follow."
	case f.Status >= 500:
		return "The status is " + itoa(f.Status) + ": the server failed, and its error page lacks the header. Look into the server's log for the real error."
	case f.Status >= 400:
		return "The status is " + itoa(f.Status) + ": error answers need the header too, or the page cannot see the error."
	case isRedirectStatus(f.Status):
		return "The answer is a redirect (status " + itoa(f.Status) + "): each one on the way needs the header."
	}
	return ""
}

func preflightStatusHint(status int) string {
	switch {
	case status == 401 || status == 403:
		return "Something asks for authentication before CORS is looked at. Preflights never carry cookies or tokens, so they must be answered first."
	case status == 404 || status == 405:
		return "The server has no route for OPTIONS here."
	case status >= 500:
		return "The server failed. Look into its log."
	}
	return ""
}

// originHint says how two origins that should be equal differ.
func originHint(got, want string) string {
	switch {
	case got == "":
		return "The header is empty."
	case got == want+"/":
		return "There is a slash too many at the end."
	case strings.HasPrefix(got, want+"/"):
		return "It has a path; an origin ends after host and port."
	case fetchspec.EqualFold(got, want):
		return "Scheme and host must be in lower case."
	case got == "null":
		return `It is "null", the origin of pages that have none.`
	case !strings.Contains(got, "://"):
		return "The scheme (https://) is missing."
	}
	g, err1 := parseAddress(got, nil)
	w, err2 := parseAddress(want, nil)
	if err1 != nil || err2 != nil {
		return ""
	}
	switch {
	case strings.ContainsAny(got, "*"):
		return "Patterns are not understood: the header is either * or one whole origin."
	case g.host == w.host && g.scheme == w.scheme && g.port == w.port:
		return "It is the same origin, written differently: leave out default ports and everything after the host."
	case g.host == w.host && g.scheme == w.scheme && g.port == "":
		return "The port :" + w.port + " is missing; it is part of the origin."
	case g.host == w.host && g.scheme == w.scheme && w.port == "":
		return "There is a port too many (:" + g.port + ")."
	case g.host == w.host && g.scheme == w.scheme:
		return "The ports differ."
	case g.host == w.host && g.port == w.port:
		return "The schemes differ: " + g.scheme + " is not " + w.scheme + "."
	case "www."+g.host == w.host, g.host == "www."+w.host:
		return "One has www., the other has not."
	}
	return ""
}
