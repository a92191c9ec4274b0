package browser

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/concors/concors/cors/internal/fetchspec"
)

// Profile names whose behaviour is modelled. The zero value is the standard to
// the letter; the others differ from it in what their browser is known to do
// differently, listed in this file.
type Profile uint8

const (
	Standard Profile = iota // the Fetch standard to the letter
	Chromium                // Chrome, Edge, Opera, Brave; modelled on 156
	Firefox                 // modelled on 153 ESR
	WebKit                  // Safari; read from its sources, not measured
)

// Profiles lists all profiles.
func Profiles() []Profile { return []Profile{Standard, Chromium, Firefox, WebKit} }

// String returns "standard", "chromium", "firefox" or "webkit".
func (p Profile) String() string {
	if int(p) < len(behaviours) {
		return behaviours[p].name
	}
	return "profile " + strconv.Itoa(int(p))
}

// forgets says when remembered preflight answers for a URL are dropped.
type forgets uint8

const (
	forgetsOnError       forgets = iota // when a preflighted request fails, however
	forgetsOnFailedCheck                // when any answer fails the CORS check
	forgetsNever
)

// A behaviour is what a profile does differently. The zero value is the
// standard.
type behaviour struct {
	name string

	// wildcardCoversAuthorization: "*" in Access-Control-Allow-Headers covers
	// Authorization (https://github.com/whatwg/fetch/issues/1919).
	wildcardCoversAuthorization bool

	// combinesBeforeSafelisting: headers of one name are joined before their
	// value is judged, so that two values of 100 bytes are too long.
	combinesBeforeSafelisting bool
	// checksCombinedContentType: each header is judged alone, but Content-Type
	// also joined.
	checksCombinedContentType bool
	// noSafelistedTotal: the limit of 1,024 bytes in all is not applied.
	noSafelistedTotal bool
	// safelists reports which further headers need no preflight.
	safelists func(name, value string) bool

	// preflightRedirectFirst: a redirected preflight fails as such before its
	// Access-Control-Allow-Origin is looked at.
	preflightRedirectFirst bool

	// maxAge parses Access-Control-Max-Age; maxAgeCap limits it, 0 is none.
	maxAge    func(http.Header) (age time.Duration, cacheable bool)
	maxAgeCap time.Duration
	// newCache makes the profile's preflight cache.
	newCache func() preflightStore
	// forgets says what makes it forget before an answer expires.
	forgets forgets

	// metadataOnWebSocket: handshakes carry Sec-Fetch-*.
	metadataOnWebSocket bool
	// localNetworkAccess: https://wicg.github.io/local-network-access/.
	localNetworkAccess bool
	// mixedContentByScheme: only https pages prohibit mixed content.
	mixedContentByScheme bool
	// allowsMixedImages: images, audio and video that are not upgraded are let
	// through.
	allowsMixedImages bool
	// blocksCredentialedURLs: elements may not load user:password@ URLs.
	blocksCredentialedURLs bool

	thirdPartyCookies       ThirdPartyCookies
	laxByDefault            bool // a cookie without SameSite is Lax
	noneRequiresSecure      bool // SameSite=None needs Secure
	secureCookiesOnLoopback bool // Secure cookies go to http://localhost
	cookiesSeeRedirects     bool // a cross-site redirect makes a request cross-site
}

var behaviours = [...]behaviour{
	Standard: {
		name:                "standard",
		maxAge:              standardMaxAge,
		thirdPartyCookies:   ThirdPartySent,
		newCache:            newStandardStore,
		metadataOnWebSocket: true,
		laxByDefault:        true,
		noneRequiresSecure:  true,
		cookiesSeeRedirects: true,
	},
	Chromium: {
		name:                        "chromium",
		wildcardCoversAuthorization: true,
		combinesBeforeSafelisting:   true,
		safelists:                   chromiumSafelists,
		preflightRedirectFirst:      true,
		maxAge:                      chromiumMaxAge,
		maxAgeCap:                   2 * time.Hour,
		newCache:                    newChromiumStore,
		forgets:                     forgetsNever,
		localNetworkAccess:          true,
		mixedContentByScheme:        true,
		allowsMixedImages:           true,
		blocksCredentialedURLs:      true,
		thirdPartyCookies:           ThirdPartySent,
		laxByDefault:                true,
		noneRequiresSecure:          true,
		secureCookiesOnLoopback:     true,
	},
	Firefox: {
		name:                        "firefox",
		wildcardCoversAuthorization: true,
		checksCombinedContentType:   true,
		maxAge:                      firefoxMaxAge,
		maxAgeCap:                   24 * time.Hour,
		newCache:                    newFirefoxStore,
		forgets:                     forgetsOnFailedCheck,
		metadataOnWebSocket:         true,
		mixedContentByScheme:        true,
		thirdPartyCookies:           ThirdPartyPartitioned,
		noneRequiresSecure:          true,
		secureCookiesOnLoopback:     true,
	},
	WebKit: {
		name:                        "webkit",
		wildcardCoversAuthorization: true,
		combinesBeforeSafelisting:   true,
		noSafelistedTotal:           true,
		maxAge:                      webkitMaxAge,
		maxAgeCap:                   10 * time.Minute,
		newCache:                    newWebKitStore,
		forgets:                     forgetsNever,
		metadataOnWebSocket:         true,
		mixedContentByScheme:        true,
		thirdPartyCookies:           ThirdPartyBlocked,
	},
}

// defaultMaxAge is for preflight answers that do not say
// (#cors-preflight-fetch step 7.9).
const defaultMaxAge = 5 * time.Second

// maxSeconds is what a time.Duration holds.
const maxSeconds = math.MaxInt64 / int64(time.Second)

// standardMaxAge parses delta-seconds, 1*DIGIT, of a single header; all else
// counts as not there.
func standardMaxAge(h http.Header) (time.Duration, bool) {
	vs := h["Access-Control-Max-Age"]
	if len(vs) != 1 {
		return defaultMaxAge, true
	}
	v := trimTabOrSpace(vs[0])
	if v == "" || strings.Trim(v, "0123456789") != "" {
		return defaultMaxAge, true
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n > maxSeconds {
		n = maxSeconds // out of range, which only means long
	}
	return time.Duration(n) * time.Second, true
}

// chromiumMaxAge takes signs, and reads a number too large as none.
func chromiumMaxAge(h http.Header) (time.Duration, bool) {
	v, _ := headerValue(h, "Access-Control-Max-Age")
	n, err := strconv.ParseInt(v, 10, 64)
	switch {
	case err != nil:
		return defaultMaxAge, true
	case n < 0:
		return 0, true
	}
	return time.Duration(min(n, maxSeconds)) * time.Second, true
}

// firefoxMaxAge does not remember answers whose value is not all digits.
func firefoxMaxAge(h http.Header) (time.Duration, bool) {
	v, _ := headerValue(h, "Access-Control-Max-Age")
	if v == "" {
		return defaultMaxAge, true
	}
	if strings.Trim(v, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n > maxSeconds {
		n = maxSeconds
	}
	return time.Duration(n) * time.Second, n > 0
}

// webkitMaxAge is like Chromium's.
func webkitMaxAge(h http.Header) (time.Duration, bool) { return chromiumMaxAge(h) }

// chromiumSafelists knows client hints, which a page may set by hand
// (https://wicg.github.io/client-hints-infrastructure/#cors-safe).
func chromiumSafelists(name, value string) bool {
	switch {
	case fetchspec.EqualFold(name, "Save-Data"):
		return fetchspec.EqualFold(value, "on")
	case fetchspec.EqualFold(name, "Device-Memory"), fetchspec.EqualFold(name, "DPR"):
		whole, part, dot := strings.Cut(value, ".")
		return isNumber(whole) && (!dot || isNumber(part))
	case fetchspec.EqualFold(name, "Width"), fetchspec.EqualFold(name, "Viewport-Width"):
		return isNumber(value)
	}
	return false
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
