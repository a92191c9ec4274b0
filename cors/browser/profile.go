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
	// repeatsNames: a header that occurs twice is announced twice.
	repeatsNames bool
	// asciiOnly: a byte above 0x7F makes a header unsafe.
	asciiOnly bool
	// rangeLimit: a Range with a larger number is unsafe; 0 is none.
	rangeLimit uint64
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

	// preflightSticks: whether a request needs preflights, and which header names
	// they announce, is decided once, before any redirect.
	preflightSticks bool
	// preflightIgnoresRedirects: the Sec-Fetch-Site of a preflight does not tell
	// of redirects before it.
	preflightIgnoresRedirects bool
	// preflightSpeaksForPage: nor does its Origin become "null".
	preflightSpeaksForPage bool
	// preflightAlwaysSaysMode: preflights carry Sec-Fetch-Mode to any server.
	preflightAlwaysSaysMode bool
	// uploadNeedsBody: listeners on an upload count only if there is a body.
	uploadNeedsBody bool

	// originIgnoresPolicy: the Origin of a "no-cors" request does not depend on
	// the referrer policy.
	originIgnoresPolicy bool
	// originHiddenOnDowngrade: from https to http, two more referrer policies
	// make it "null".
	originHiddenOnDowngrade bool
	// redirectHidesOrigin: outside CORS, any redirect to another origin makes it
	// "null".
	redirectHidesOrigin bool
	// originOnStorageAccess: a request to the site in the address bar, from a
	// frame of another site, carries Origin
	// (https://privacycg.github.io/storage-access-headers/).
	originOnStorageAccess bool

	// ignoresEmptyLocation: a redirect to "" is none.
	ignoresEmptyLocation bool
	// errorNeedsLocation: redirect mode "error" does not mind a redirect status
	// without Location.
	errorNeedsLocation bool
	// manualNeedsValidLocation: redirect mode "manual" does mind a Location that
	// is not a URL.
	manualNeedsValidLocation bool

	// metadataOnWebSocket: handshakes carry Sec-Fetch-*.
	metadataOnWebSocket bool
	// localNetworkAccess: https://wicg.github.io/local-network-access/.
	localNetworkAccess bool
	// mixedContentByScheme: only https pages prohibit mixed content.
	mixedContentByScheme bool
	// upgradesAddresses: images are upgraded even if the host is an address.
	upgradesAddresses bool
	// upgradeSparesLoopback: upgrade-insecure-requests leaves out servers that
	// are trustworthy over http.
	upgradeSparesLoopback bool
	// upgradeKeepsURL: a response's URL is that before the upgrade.
	upgradeKeepsURL bool
	// upgradeIsRedirect: an upgraded response counts as redirected.
	upgradeIsRedirect bool
	// allowsMixedImages: images, audio and video that are not upgraded are let
	// through.
	allowsMixedImages bool
	// blocksCredentialedURLs: elements may not load user:password@ URLs, and
	// fetch() may not be redirected to one.
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
		rangeLimit:                  math.MaxInt64,
		preflightIgnoresRedirects:   true,
		preflightAlwaysSaysMode:     true,
		uploadNeedsBody:             true,
		originIgnoresPolicy:         true,
		redirectHidesOrigin:         true,
		originOnStorageAccess:       true,
		ignoresEmptyLocation:        true,
		errorNeedsLocation:          true,
		manualNeedsValidLocation:    true,
		upgradeSparesLoopback:       true,
		upgradeKeepsURL:             true,
		thirdPartyCookies:           ThirdPartySent,
		laxByDefault:                true,
		noneRequiresSecure:          true,
		secureCookiesOnLoopback:     true,
	},
	Firefox: {
		name:                        "firefox",
		wildcardCoversAuthorization: true,
		repeatsNames:                true,
		asciiOnly:                   true,
		noSafelistedTotal:           true,
		rangeLimit:                  math.MaxInt64,
		preflightSticks:             true,
		preflightIgnoresRedirects:   true,
		preflightSpeaksForPage:      true,
		originHiddenOnDowngrade:     true,
		originOnStorageAccess:       true,
		upgradesAddresses:           true,
		upgradeSparesLoopback:       true,
		upgradeIsRedirect:           true,
		cookiesSeeRedirects:         true,
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
	case fetchspec.EqualFold(name, "ECT"):
		return value == "slow-2g" || value == "2g" || value == "3g" || value == "4g"
	case fetchspec.EqualFold(name, "Device-Memory"), fetchspec.EqualFold(name, "DPR"), fetchspec.EqualFold(name, "Downlink"):
		whole, part, dot := strings.Cut(value, ".")
		return isNumber(whole) && (!dot || isNumber(part))
	case fetchspec.EqualFold(name, "Width"), fetchspec.EqualFold(name, "RTT"), fetchspec.EqualFold(name, "Viewport-Width"):
		return isNumber(value)
	}
	return false
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
