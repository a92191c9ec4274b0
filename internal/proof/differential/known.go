package differential

import (
	"fmt"
	"slices"
	"strings"

	"github.com/concors/concors/cors/browser"
	"github.com/concors/concors/internal/proof/realbrowser"
)

// KnownDifference is a case in which the model knowingly says something else
// than a browser.
type KnownDifference struct {
	ID       string
	Browsers []realbrowser.Kind
	// Happens is what the browsers do and Model what the model says instead; Why
	// is the reason, Reference where more is written.
	Happens, Model, Why, Reference string
	// Applies tells whether a scenario is such a case.
	Applies func(sc *Scenario) bool
	// Fields are the beginnings of the names of the differing fields. A scenario
	// that differs elsewhere too is not explained.
	Fields []string
}

// Known lists all known differences. docs/known-differences.md is made of it.
var Known = []*KnownDifference{
	{
		ID:       "about-urls",
		Browsers: []realbrowser.Kind{realbrowser.Firefox},
		Happens:  "Scripts and stylesheets at about:blank load.",
		Model:    "They are blocked: about: cannot be fetched.",
		Why:      "No server is involved, so there is nothing that a server's headers could decide.",

		Reference: "https://fetch.spec.whatwg.org/#scheme-fetch",
		Applies:   anyCall(func(c browser.Call) bool { return strings.HasPrefix(c.URL, "about:") }),
		Fields:    []string{"call 1 verdict"},
	},
	{
		ID:       "beacon-type-after-redirects",
		Browsers: []realbrowser.Kind{realbrowser.Firefox},
		Happens:  "When a first redirect has turned a beacon's POST into a GET, its Content-Type stays away after further redirects.",
		Model:    "Content-Type comes back with the second redirect, as it does for fetch() in Firefox.",
		Why:      "Whether Firefox keeps it depends on how the header got there, which the model does not follow.",

		Reference: "https://fetch.spec.whatwg.org/#http-redirect-fetch",
		Applies:   anyCall(func(c browser.Call) bool { return c.Kind == browser.Beacon }),
		Fields:    []string{"request 3 header content-type", "request 4 header content-type", "request 5 header content-type", "request 6 header content-type"},
	},
	{
		ID:       "ipv6-site",
		Browsers: []realbrowser.Kind{realbrowser.Firefox},
		Happens:  "Two ports of an IPv6 address are cross-site to each other in Sec-Fetch-Site.",
		Model:    "They are same-site, as the HTML standard says and as they are for IPv4 addresses.",
		Why:      "It follows from how Firefox finds the base domain of an address in brackets; no page should rely on it.",

		Reference: "https://html.spec.whatwg.org/#same-site",
		Applies:   anyCall(func(c browser.Call) bool { return strings.Contains(c.URL, "//[") }),
		Fields:    []string{"request 1 header sec-fetch-site"},
	},
	{
		ID:       "full-preflight-cache",
		Browsers: []realbrowser.Kind{realbrowser.Firefox},
		Happens:  "A preflight's answer that names neither methods nor headers is forgotten at once when a hundred answers are remembered.",
		Model:    "It is remembered like any other.",
		Why:      "Making room, Firefox drops what looks empty. Scenarios share a browser, and fill its memory for each other.",

		Reference: "https://fetch.spec.whatwg.org/#concept-cache",
		Applies:   anyCall(func(c browser.Call) bool { return c.UploadListener }),
		Fields:    []string{"requests"},
	},
	{
		ID:       "quoted-charset",
		Browsers: []realbrowser.Kind{realbrowser.Firefox},
		Happens:  `An XMLHttpRequest of URLSearchParams whose Content-Type has charset="utf-8" announces it as it is and sends charset=UTF-8.`,
		Model:    "It is sent as it is.",
		Why:      "Firefox replaces it after the preflight; the model has one value for both.",

		Reference: "https://xhr.spec.whatwg.org/#dom-xmlhttprequest-send",
		Applies: anyCall(func(c browser.Call) bool {
			return c.Kind == browser.XMLHttpRequest && c.Body.Kind == browser.URLSearchParams
		}),
		Fields: []string{"request 1 header content-type", "request 2 header content-type"},
	},
	{
		ID:       "latin1",
		Browsers: []realbrowser.Kind{realbrowser.WebKit},
		Happens:  "Bytes above 0x7F in headers are UTF-8 on the wire: those that the page sets, those that it reads, those of Location.",
		Model:    "They are Latin-1, as the Fetch standard says.",
		Why:      "WebKitGTK's network stack, libsoup, does so. Safari has another one.",

		Reference: "https://fetch.spec.whatwg.org/#concept-header",
		Applies: func(sc *Scenario) bool {
			high := func(s string) bool { return strings.ContainsFunc(s, func(r rune) bool { return r > 0x7f }) }
			for _, r := range sc.Rules {
				for _, a := range r.Answers {
					if high(strings.Join(a.Lines, "")) {
						return true
					}
				}
			}
			return anyCall(func(c browser.Call) bool {
				for _, h := range c.Headers {
					if high(h.Value) {
						return true
					}
				}
				return false
			})(sc)
		},
		Fields: []string{"call 1", "request"},
	},
	{
		ID:       "media-twice",
		Browsers: []realbrowser.Kind{realbrowser.WebKit},
		Happens:  "Audio and video whose answer has no body are asked for a second time, with a Range.",
		Model:    "They are asked for once.",
		Why:      "It is the way of WebKitGTK's media player, GStreamer, and follows from the body. Safari has another one.",

		Reference: "https://html.spec.whatwg.org/#concept-media-load-resource",
		Applies: func(sc *Scenario) bool {
			if sc.kind() != browser.Media || len(sc.Rules) == 0 {
				return false
			}
			last := sc.Rules[len(sc.Rules)-1].Answers[0]
			return last.Broken || last.Status == 204 || last.Status == 205 || last.Status == 304
		},
		Fields: []string{"requests"},
	},
	{
		ID:       "cookie-prefixes",
		Browsers: []realbrowser.Kind{realbrowser.WebKit},
		Happens:  "The prefixes __Secure- and __Host- of a cookie's name ask for nothing.",
		Model:    "They ask for Secure, and __Host- for no Domain and for Path=/.",
		Why:      "libsoup does not know them. Safari has another network stack, which does.",

		Reference: "https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-cookie-name-prefixes",
		Applies: func(sc *Scenario) bool {
			for _, c := range sc.Cookies {
				if strings.HasPrefix(c.Line, "__") {
					return true
				}
			}
			return false
		},
		Fields: []string{"request 1 header cookie"},
	},
	{
		ID:       "silent-failures",
		Browsers: []realbrowser.Kind{realbrowser.WebKit},
		Happens:  "No event tells the page about an EventSource at a blocked port, or about blocked audio and video.",
		Model:    "They fail with an event.",
		Why:      "The model says what became of a call, and not how the page learns of it.",

		Reference: "https://html.spec.whatwg.org/#reestablish-the-connection",
		Applies:   anyCall(func(c browser.Call) bool { return c.Kind == browser.EventSource || c.Kind == browser.Media }),
		Fields:    []string{"call 1 verdict"},
	},
	{
		ID:       "broken-head",
		Browsers: []realbrowser.Kind{realbrowser.WebKit},
		Happens:  "An answer to HEAD whose Content-Length headers contradict each other is an answer.",
		Model:    "It is none.",
		Why:      "libsoup looks at Content-Length only where a body follows. Safari has another network stack.",

		Reference: "https://www.rfc-editor.org/rfc/rfc9112#section-6.3",
		Applies:   anyCall(func(c browser.Call) bool { return c.Method == "HEAD" }),
		Fields:    []string{"call 1 verdict", "call 2 verdict", "call 3 verdict"},
	},
	{
		ID:       "data-frame-same-site",
		Browsers: []realbrowser.Kind{realbrowser.Chromium},
		Happens:  "A data: frame in a page of *.localhost may load from another localhost what has Cross-Origin-Resource-Policy: same-site.",
		Model:    "It is blocked: the frame's origin is opaque, which is same-site to nothing.",
		Why:      "Not understood yet: one of 2,000 scenarios of one seed, found with the frame's parent on the same site.",

		Reference: "https://fetch.spec.whatwg.org/#cross-origin-resource-policy-internal-check",
		Applies: func(sc *Scenario) bool {
			return sc.Page.Frame == Data && strings.HasSuffix(sc.Page.Origin, "localhost") && sc.Calls[0].Mode == browser.NoCORS
		},
		Fields: []string{"call 1 verdict"},
	},
	{
		ID:       "media-205",
		Browsers: []realbrowser.Kind{realbrowser.Firefox},
		Happens:  "Audio and video that the page may read are asked for again and again while the answer has status 205.",
		Model:    "They are asked for once, and fail.",
		Why:      "Not looked into: the player seems to take 205 for a success whose data is still to come.",

		Reference: "https://html.spec.whatwg.org/#concept-media-load-resource",
		Applies: func(sc *Scenario) bool {
			return sc.kind() == browser.Media && len(sc.Rules) > 0 && sc.Rules[len(sc.Rules)-1].Answers[0].Status == 205
		},
		Fields: []string{"call 1 verdict", "requests"},
	},
	{
		ID:       "beacon-get-after-redirects",
		Browsers: []realbrowser.Kind{realbrowser.Firefox},
		Happens:  "A beacon of JSON that a redirect within the page's origin has kept, and a second one to another origin turns into a GET, needs no preflight there.",
		Model:    "A preflight goes out.",
		Why:      "Seen once in 2,000 scenarios; the GET has no Content-Type left to ask for.",

		Reference: "https://fetch.spec.whatwg.org/#http-redirect-fetch",
		Applies:   anyCall(func(c browser.Call) bool { return c.Kind == browser.Beacon }),
		Fields:    []string{"requests"},
	},
	{
		ID:       "relaxed-referrer-of-frames",
		Browsers: []realbrowser.Kind{realbrowser.Firefox},
		Happens:  "A frame that another site redirects back to the page's origin gets only the referrer's origin under unsafe-url.",
		Model:    "It gets all of the referrer, as fetch() does.",
		Why:      "Seen once in 2,000 scenarios, in a page that is itself framed by another site; not looked into.",

		Reference: "https://w3c.github.io/webappsec-referrer-policy/#determine-requests-referrer",
		Applies: func(sc *Scenario) bool {
			return sc.Page.Frame == Framed && sc.kind() == browser.Iframe && isRelaxed(sc.Page.ReferrerPolicy)
		},
		Fields: []string{"request 2 header referer", "request 3 header referer"},
	},
	{
		ID:       "keepalive-upgrade",
		Browsers: []realbrowser.Kind{realbrowser.Firefox},
		Happens:  "A fetch() with keepalive, redirected to the host of an http page that upgrades insecure requests, is subject to CORS there.",
		Model:    "It counts as the page's own, as without keepalive.",
		Why:      "Seen once in 2,000 scenarios. Requests with keepalive are not upgraded, so what the upgrade does to CORS may not concern them.",

		Reference: "https://fetch.spec.whatwg.org/#main-fetch",
		Applies: func(sc *Scenario) bool {
			return sc.Page.Upgrade && anyCall(func(c browser.Call) bool { return c.Keepalive })(sc)
		},
		Fields: []string{"call", "requests"},
	},
	{
		ID:       "credentials-after-preflight",
		Browsers: []realbrowser.Kind{realbrowser.WebKit},
		Happens:  "Where a redirect leads from the page's origin to user:password@ at another one, and needs a preflight, the preflight goes out before the call fails.",
		Model:    "The call fails at once.",
		Why:      "WebKit looks at user and password after the preflight, but at once where a redirect between other origins leads there.",

		Reference: "https://fetch.spec.whatwg.org/#http-redirect-fetch",
		Applies: func(sc *Scenario) bool {
			return hasAnswer(sc, func(a Answer) bool {
				lines := strings.Join(a.Lines, "\n")
				return strings.Contains(lines, "Location: https://user:pw@")
			})
		},
		Fields: []string{"requests"},
	},
	{
		ID:       "websocket-two-locations",
		Browsers: []realbrowser.Kind{realbrowser.WebKit},
		Happens:  "A WebSocket handshake that is answered with two Location headers goes to the second, or fails.",
		Model:    "It goes to both, joined with a comma, as other calls do in WebKitGTK.",
		Why:      "libsoup redirects handshakes itself. When it fails is not understood: the same scenario did both.",

		Reference: "https://fetch.spec.whatwg.org/#concept-response-location-url",
		Applies: func(sc *Scenario) bool {
			return sc.kind() == browser.WebSocket && hasAnswer(sc, func(a Answer) bool {
				return strings.Count(strings.Join(a.Lines, "\n"), "Location: ") > 1
			})
		},
		Fields: []string{"call 1 verdict", "requests"},
	},
	{
		ID:       "broken-no-cors",
		Browsers: []realbrowser.Kind{realbrowser.WebKit},
		Happens:  "A no-cors call whose answer is not HTTP has now and then succeeded.",
		Model:    "It fails.",
		Why:      "Not understood: two of 4,000 scenarios, and not every time. libsoup may take what it cannot parse for HTTP/0.9.",

		Reference: "https://fetch.spec.whatwg.org/#concept-http-network-fetch",
		Applies: func(sc *Scenario) bool {
			return sc.Calls[0].Mode == browser.NoCORS && hasAnswer(sc, func(a Answer) bool { return a.Broken })
		},
		Fields: []string{"call 1 verdict", "call 2 verdict", "call 3 verdict"},
	},
}

func isRelaxed(p browser.ReferrerPolicy) bool {
	return p == browser.UnsafeURL || p == browser.OriginWhenCrossOrigin || p == browser.NoReferrerWhenDowngrade
}

func hasAnswer(sc *Scenario, is func(Answer) bool) bool {
	for _, r := range sc.Rules {
		if slices.ContainsFunc(r.Answers, is) {
			return true
		}
	}
	return false
}

func anyCall(is func(browser.Call) bool) func(*Scenario) bool {
	return func(sc *Scenario) bool {
		for _, c := range sc.Calls {
			if is(c) {
				return true
			}
		}
		return false
	}
}

// explain returns the known difference that accounts for all diffs, or nil.
func explain(kind realbrowser.Kind, sc *Scenario, diffs []Difference) *KnownDifference {
	for _, k := range Known {
		if k.explains(kind, sc, diffs) {
			return k
		}
	}
	return nil
}

func (k *KnownDifference) explains(kind realbrowser.Kind, sc *Scenario, diffs []Difference) bool {
	if len(diffs) == 0 {
		return false
	}
	concerned := false
	for _, b := range k.Browsers {
		concerned = concerned || b == kind
	}
	if !concerned || !k.Applies(sc) {
		return false
	}
	for _, d := range diffs {
		covered := false
		for _, f := range k.Fields {
			covered = covered || strings.HasPrefix(d.Field, f)
		}
		if !covered {
			return false
		}
	}
	return true
}

var displayNames = map[realbrowser.Kind]string{
	realbrowser.Chromium: "Chromium", realbrowser.Firefox: "Firefox", realbrowser.WebKit: "WebKit",
}

// KnownMarkdown is the text of docs/known-differences.md.
func KnownMarkdown() string {
	var w strings.Builder
	w.WriteString(`# Known differences between the model and real browsers

<!-- Made from internal/proof/differential/known.go by "go test ./internal/proof/differential -run KnownDifferences -update". -->

The package ` + "`cors/browser`" + ` is compared with real Chromium, Firefox and WebKit in several thousand
scenarios: every request on the wire and everything a page learns. These differences remain.

WebKit is measured in WebKitGTK, which shares its engine with Safari but not the layers below. What Safari
may do differently, and nobody has measured here:

- Cookies. WebKitGTK sends those of other sites that are there, and keeps no new ones; Safari's visitors have
  neither, and ` + "`concors explain --browser webkit`" + ` says so. Partitioned means nothing to WebKitGTK.
- Redirects. Which headers go, stay and come back when CORS does not apply is decided below the engine; so are two
  Location headers, a WebSocket's redirects, and DELETE, which becomes GET on the way to another origin.
- Media. Safari's player asks with Range.
- HTTP/2. All was measured over HTTP/1.1.
`)
	for _, k := range Known {
		names := make([]string, len(k.Browsers))
		for i, b := range k.Browsers {
			names[i] = displayNames[b]
		}
		fmt.Fprintf(&w, "\n## %s (%s)\n\n%s\n\n- The model: %s\n- Why: %s\n- See %s\n", k.ID, strings.Join(names, " and "), k.Happens, k.Model, k.Why, k.Reference)
	}
	return w.String()
}
