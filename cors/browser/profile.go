package browser

import (
	"net/http"
	"strconv"
	"time"
)

// Profile names whose behaviour is modelled. The zero value is the standard to
// the letter; the others differ from it in what their browser is known to do
// differently, listed in this file.
type Profile uint8

const (
	Standard Profile = iota // the Fetch standard to the letter
	Chromium                // Chrome, Edge, Opera, Brave; modelled on 156
	Firefox                 // modelled on 153 ESR
	WebKit                  // Safari; modelled on WebKitGTK 2.50
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
	forgetsOnError   forgets = iota // when a preflighted request fails, however
	forgetsOnFailure                // see forgetAfter
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
	// noSafelistedTotal: the limit of 1,024 bytes in all is not applied.
	noSafelistedTotal bool
	// safelists reports which further headers need no preflight.
	safelists func(name, value string) bool
	// unsafelists reports which safelisted headers need one after all.
	unsafelists func(name, value string) bool
	// repeatsUnsafeNames: a header that is set twice is announced twice.
	repeatsUnsafeNames bool
	// singletonHeaders: see isSingleton.
	singletonHeaders bool
	// uploadNeedsBody: listeners on upload do not count for requests without
	// a body.
	uploadNeedsBody bool

	// forcedNeedsMethod: a preflight that only an upload listener or a streamed
	// body made necessary must list the method like any other.
	forcedNeedsMethod bool
	// preflightRedirectFirst: a redirected preflight fails as such before its
	// Access-Control-Allow-Origin is looked at.
	preflightRedirectFirst bool

	// keepsUserAgent: a page cannot set User-Agent, the header is dropped as
	// the forbidden ones are.
	keepsUserAgent bool

	// stringifiesStreams: a ReadableStream is no body of its own, but sent as the
	// string that it turns into.
	stringifiesStreams bool

	// bodyTypeAlways: the Content-Type that a body implies is set in mode "no-cors"
	// too, whatever it is.
	bodyTypeAlways bool
	// refusesStreams: fetch() throws for a ReadableStream.
	refusesStreams bool
	// streamsAreCORS: a stream in mode "same-origin" is sent as in mode "cors".
	streamsAreCORS bool
	// charsetInPlace: see the function of this name. charsetOfParams: XMLHttpRequest
	// corrects the charset of URLSearchParams as it does that of a text.
	charsetInPlace, charsetOfParams bool

	// conditionalAsksAgain: requests with If-None-Match and the like, which pass
	// by the HTTP cache, pass by remembered preflights too. conditionalFetchOnly:
	// those of XMLHttpRequest are like any other; conditionalNoCache: they
	// say Cache-Control: no-cache; conditionalPreflights: and so do their preflights.
	conditionalAsksAgain, conditionalFetchOnly, conditionalNoCache, conditionalPreflights bool

	// joinsLocations: several Location headers are one with commas.
	joinsLocations bool
	// equalLocations: several Location headers are one if they are equal; if not,
	// they fail with any status.
	equalLocations bool

	// lastTypeAfterRedirect: of several Content-Types, a body keeps the first, and
	// has the last after a redirect.
	lastTypeAfterRedirect bool
	// asksOncePerURL: a redirect to the address that it comes from needs no other
	// preflight.
	asksOncePerURL bool
	// upgradeTaints: what a redirect leads to is another origin before it is
	// upgraded to https.
	upgradeTaints bool
	// stickyPreflights: once a preflight was due, each redirect asks again.
	stickyPreflights bool
	// announcesFirstNames: after a redirect, a preflight announces the headers
	// that the first request had.
	announcesFirstNames bool
	// redirectsFromFirst: see headersOfFirst.
	redirectsFromFirst bool
	// remembersRefusals: a preflight's answer is remembered whether or not it
	// permits what was asked.
	remembersRefusals bool
	// headersComeBack: see restoreHeaders.
	headersComeBack bool
	// dropsHints: a redirect drops client hints, see isClientHint.
	dropsHints bool
	// preflightsUntainted: a preflight asks in the page's name, also where the
	// request itself says "null".
	preflightsUntainted bool
	// preflightsUnredirected: a preflight's Sec-Fetch-Site does not regard the
	// URLs before the redirect.
	preflightsUnredirected bool
	// preflightModeAlways: Sec-Fetch-Mode goes also to plain http, but only
	// with preflights.
	preflightModeAlways bool

	// readsLocationFirst: a redirect without a Location, or with an empty one,
	// is none; one that does not parse fails in every redirect mode.
	readsLocationFirst bool
	// originFromFirstRequest: where CORS does not apply, redirects keep the
	// Origin of the first request, or make it "null" if they lead elsewhere.
	originFromFirstRequest bool
	// originIgnoresPolicy: mode "no-cors" names the page's origin whatever the
	// referrer policy says.
	originIgnoresPolicy bool
	// storageAccess: requests of frames to the site in the address bar send Origin
	// in the hope for cookies.
	storageAccess bool
	// originForElements: elements in mode "cors" send Origin also within an
	// origin.
	originForElements bool
	// referrerOfOpaque reports for which kinds of calls documents with an opaque
	// origin name their address. Nil: none.
	referrerOfOpaque func(Kind) bool
	// opaqueReferrerByURL: for those documents, what is same-origin follows from
	// their URL.
	opaqueReferrerByURL bool
	// downgradeByScheme: a referrer is dropped on the way from https to http, also
	// towards loopback; pages on http://localhost have nothing to lose.
	downgradeByScheme bool
	// referrerBeforeUpgrade corrects whether a referrer stays within an origin, or is
	// downgraded, for an address that was upgraded.
	referrerBeforeUpgrade func(f *fetch, same, downgrade bool) (bool, bool)
	// thirdPartyReferrerIsOrigin: other sites than that in the address bar never
	// get more of a referrer than its origin.
	thirdPartyReferrerIsOrigin bool
	// noRelaxedReferrer: policies laxer than the default do not count
	// cross-site.
	noRelaxedReferrer bool
	// ipv6IsCrossSite: two ports of one IPv6 address are not the same site.
	ipv6IsCrossSite bool

	// responseURLBare: after a redirect, Response.url comes without user and
	// password.
	responseURLBare bool
	// upgradeIsHidden: Response.url is the http URL that was upgraded;
	// upgradeIsRedirect: Response.redirected is true then.
	upgradeIsHidden, upgradeIsRedirect bool

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
	// upgradesAddresses: images, audio and video of public IP addresses are
	// upgraded to https like those of names.
	upgradesAddresses bool
	// upgradesRedirects: an image, audio or video that is redirected from https
	// to http is upgraded, also towards loopback.
	upgradesRedirects bool
	// redirectsLess: requests that outlive the page follow one redirect less than
	// others.
	redirectsLess bool
	// upgradesLoopback: upgrade-insecure-requests counts for loopback too.
	upgradesLoopback bool
	// upgradesNavigationsFirst: upgrade-insecure-requests does not count for what a
	// top-level navigation is redirected to; upgradesFramesFirst: nor in a frame.
	upgradesNavigationsFirst, upgradesFramesFirst bool
	// upgradePreventsCORS: see the function of this name.
	upgradePreventsCORS bool
	// dataLength: the answer to fetch() of a data: URL has a Content-Length.
	dataLength bool
	// upgradesWebSockets: it does for WebSockets, unless the page is on loopback too.
	upgradesWebSockets bool
	// keepaliveIsNotUpgraded: upgrade-insecure-requests does not count for fetch()
	// with keepalive.
	keepaliveIsNotUpgraded bool
	// asksBeforeMixedContent: see the function of this name.
	asksBeforeMixedContent bool
	// noCredentialless: Cross-Origin-Embedder-Policy has no value "credentialless".
	noCredentialless bool
	// statusOfImages reports whether an image with this status can be shown; nil:
	// any.
	statusOfImages func(status int, t ResponseType) bool
	// partsNeedRange reports for which answers audio and video with status 206 need
	// a Content-Range; nil: for none.
	partsNeedRange func(ResponseType) bool
	// loads304 reports what loads with status 304 too; nil: nothing.
	loads304 func(Kind) bool
	// framesSecureAlone: a frame is a secure context whatever page is around it.
	framesSecureAlone bool
	// corpByDomain: Cross-Origin-Resource-Policy: same-site includes hosts that end
	// with the page's, if that has no registrable domain, as localhost.
	corpByDomain bool
	// emptyHeaderReplaces: fetch() forgets the values of a header before an empty
	// one, and an empty one before another value.
	emptyHeaderReplaces bool
	// anyMediaSuccess: audio and video that are not opaque play with any status
	// from 200 to 299 that has a body.
	anyMediaSuccess bool
	// framesDecideAlone: a frame with an origin of its own prohibits mixed
	// content by that origin, not by the page around it.
	framesDecideAlone bool
	// blocksMixedForms: a form on an https page is not sent to http; the
	// visitor is warned instead.
	blocksMixedForms bool
	// blocksCredentialedURLs: elements may not load user:password@ URLs.
	blocksCredentialedURLs bool

	// preflightsUserAgent: a preflight has the User-Agent that the page sets.
	preflightsUserAgent bool
	// crossingDropsMetadata: a request loses Sec-Fetch-* when CORS applies and a
	// redirect leads to another origin; a preflight after a redirect has them if
	// the first request had.
	crossingDropsMetadata bool
	// mediaWithoutRange: audio and video are asked for without Range.
	mediaWithoutRange bool
	// fontsNoCORS: fonts are fetched in mode "no-cors".
	fontsNoCORS bool
	// webSocketsRedirect: a WebSocket handshake follows redirects.
	webSocketsRedirect bool
	// webSocketDest: the destination of a WebSocket is "websocket".
	webSocketDest bool
	// loopbackIsMixed: plain http is mixed content on loopback too, but for
	// images, audio and video, which are let through where they are not upgraded.
	loopbackIsMixed bool

	// cookiesByTopDomain: cookies go to the site in the address bar, whoever asks.
	cookiesByTopDomain      bool
	thirdPartyCookies       ThirdPartyCookies
	laxByDefault            bool // a cookie without SameSite is Lax
	noneRequiresSecure      bool // SameSite=None needs Secure
	secureCookiesOnLoopback bool // Secure cookies go to http://localhost
	cookiesSeeRedirects     bool // a cross-site redirect makes a request cross-site
	cookiesIgnoreScheme     bool // http and https are the same site
	noPartitioned           bool // Partitioned means nothing, and the first SameSite counts
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
		unsafelists:                 chromiumUnsafelists,
		uploadNeedsBody:             true,
		keepsUserAgent:              true,
		dropsHints:                  true,
		preflightsUnredirected:      true,
		preflightModeAlways:         true,
		readsLocationFirst:          true,
		originFromFirstRequest:      true,
		originIgnoresPolicy:         true,
		originForElements:           true,
		storageAccess:               true,
		responseURLBare:             true,
		upgradeIsHidden:             true,
		downgradeByScheme:           true,
		upgradesRedirects:           true,
		conditionalAsksAgain:        true,
		streamsAreCORS:              true,
		partsNeedRange:              func(ResponseType) bool { return true },
		referrerBeforeUpgrade:       chromiumReferrerBeforeUpgrade,
		redirectsLess:               true,
		charsetInPlace:              true,
		asksOncePerURL:              true,
		statusOfImages:              func(status int, _ ResponseType) bool { return !isNullBodyStatus(status) },
		loads304:                    func(k Kind) bool { return k == Script || k == Stylesheet },
		upgradesNavigationsFirst:    true,
		equalLocations:              true,
		forcedNeedsMethod:           true,
		preflightRedirectFirst:      true,
		maxAge:                      chromiumMaxAge,
		maxAgeCap:                   2 * time.Hour,
		newCache:                    newChromiumStore,
		forgets:                     forgetsNever,
		localNetworkAccess:          true,
		mixedContentByScheme:        true,
		blocksMixedForms:            true,
		blocksCredentialedURLs:      true,
		thirdPartyCookies:           ThirdPartySent,
		laxByDefault:                true,
		noneRequiresSecure:          true,
		secureCookiesOnLoopback:     true,
	},
	Firefox: {
		name:                        "firefox",
		wildcardCoversAuthorization: true,
		noSafelistedTotal:           true,
		unsafelists:                 firefoxUnsafelists,
		repeatsUnsafeNames:          true,
		stickyPreflights:            true,
		announcesFirstNames:         true,
		keepaliveIsNotUpgraded:      true,
		upgradePreventsCORS:         true,
		headersComeBack:             true,
		emptyHeaderReplaces:         true,
		forcedNeedsMethod:           true,
		preflightsUntainted:         true,
		preflightsUnredirected:      true,
		storageAccess:               true,
		singletonHeaders:            true,
		cookiesSeeRedirects:         true,
		noRelaxedReferrer:           true,
		stringifiesStreams:          true,
		upgradesWebSockets:          true,
		partsNeedRange:              func(t ResponseType) bool { return t == TypeOpaque },
		dataLength:                  true,
		referrerBeforeUpgrade:       firefoxReferrerBeforeUpgrade,
		charsetOfParams:             true,
		lastTypeAfterRedirect:       true,
		upgradeTaints:               true,
		statusOfImages:              firefoxStatusOfImages,
		conditionalAsksAgain:        true,
		conditionalFetchOnly:        true,
		conditionalNoCache:          true,
		conditionalPreflights:       true,
		equalLocations:              true,
		downgradeByScheme:           true,
		referrerOfOpaque:            func(k Kind) bool { return k != FetchAPI && k != XMLHttpRequest },
		ipv6IsCrossSite:             true,
		upgradeIsRedirect:           true,
		upgradesAddresses:           true,
		anyMediaSuccess:             true,
		framesDecideAlone:           true,
		cookiesIgnoreScheme:         true,
		maxAge:                      firefoxMaxAge,
		maxAgeCap:                   24 * time.Hour,
		newCache:                    newFirefoxStore,
		forgets:                     forgetsOnFailure,
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
		forcedNeedsMethod:           true,
		safelists:                   webkitSafelists,
		unsafelists:                 webkitUnsafelists,
		noCredentialless:            true,
		cookiesSeeRedirects:         true,
		cookiesIgnoreScheme:         true,
		noPartitioned:               true,
		downgradeByScheme:           true,
		referrerOfOpaque:            func(Kind) bool { return true },
		thirdPartyReferrerIsOrigin:  true,
		opaqueReferrerByURL:         true,
		preflightsUserAgent:         true,
		refusesStreams:              true,
		conditionalNoCache:          true,
		charsetOfParams:             true,
		loads304:                    func(k Kind) bool { return k == Script || k == ModuleScript },
		referrerBeforeUpgrade:       webkitReferrerBeforeUpgrade,
		statusOfImages:              func(status int, _ ResponseType) bool { return !isNullBodyStatus(status) },
		framesSecureAlone:           true,
		corpByDomain:                true,
		bodyTypeAlways:              true,
		joinsLocations:              true,
		responseURLBare:             true,
		upgradesNavigationsFirst:    true,
		upgradesFramesFirst:         true,
		stickyPreflights:            true,
		redirectsFromFirst:          true,
		remembersRefusals:           true,
		upgradesLoopback:            true,
		asksBeforeMixedContent:      true,
		crossingDropsMetadata:       true,
		mediaWithoutRange:           true,
		fontsNoCORS:                 true,
		webSocketsRedirect:          true,
		webSocketDest:               true,
		loopbackIsMixed:             true,
		cookiesByTopDomain:          true,
		originForElements:           true,
		maxAge:                      webkitMaxAge,
		maxAgeCap:                   10 * time.Minute,
		newCache:                    newWebKitStore,
		forgets:                     forgetsNever,
		metadataOnWebSocket:         true,
		mixedContentByScheme:        true,
		thirdPartyCookies:           ThirdPartyNotKept,
	},
}

// firefoxStatusOfImages: a part of an image is shown where the page may read it.
func firefoxStatusOfImages(status int, t ResponseType) bool {
	return !isNullBodyStatus(status) && !(status == 206 && t == TypeOpaque)
}
