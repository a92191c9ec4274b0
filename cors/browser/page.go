package browser

// A Page is the document that makes a call: the "client" of a request.
type Page struct {
	// Origin is the page's serialized origin, "https://docs.example.com".
	// "null" and the empty string stand for an opaque origin: a sandboxed
	// iframe, a data: URL, a local file.
	Origin string

	// URL is the page's address, from which Referer and relative URLs are
	// made. Empty: Origin followed by "/".
	URL string

	// TopLevel is the origin of the page in the address bar when Page is in a
	// frame. Empty: Page is itself the top level. It decides the preflight
	// cache's partition and, with CrossSiteAncestor, whether SameSite cookies
	// are sent.
	TopLevel string

	// CrossSiteAncestor says that some ancestor between Page and TopLevel is
	// cross-site. It is implied when TopLevel is cross-site to Origin.
	CrossSiteAncestor bool

	// Secure overrides whether the page is a secure context, which mixed
	// content and Local Network Access ask. ContextAuto derives it from Origin
	// (an opaque origin is derived from URL) and TopLevel.
	Secure Context

	// ReferrerPolicy of the page. Empty: "strict-origin-when-cross-origin".
	ReferrerPolicy ReferrerPolicy

	// EmbedderPolicy is the page's Cross-Origin-Embedder-Policy. Empty:
	// "unsafe-none".
	EmbedderPolicy EmbedderPolicy

	// AddressSpace is where the page was loaded from, for Local Network
	// Access. Empty: derived from the host of Origin, "public" for names that
	// say nothing.
	AddressSpace AddressSpace

	// LocalNetworkAllowed and LoopbackAllowed say that the visitor granted the
	// page access to the local network, and to programs on the same machine:
	// two permissions of their own.
	LocalNetworkAllowed, LoopbackAllowed bool

	// UpgradeInsecureRequests is the CSP directive of this name.
	UpgradeInsecureRequests bool
}

// Context says whether a page is a secure context.
type Context uint8

const (
	ContextAuto     Context = iota // derive it from the page's origin
	ContextSecure                  // a secure context
	ContextInsecure                // not a secure context
)

// ReferrerPolicy is a referrer policy, spelled as in the header.
type ReferrerPolicy string

const (
	NoReferrer                  ReferrerPolicy = "no-referrer"
	NoReferrerWhenDowngrade     ReferrerPolicy = "no-referrer-when-downgrade"
	OriginOnly                  ReferrerPolicy = "origin"
	OriginWhenCrossOrigin       ReferrerPolicy = "origin-when-cross-origin"
	SameOriginReferrer          ReferrerPolicy = "same-origin"
	StrictOrigin                ReferrerPolicy = "strict-origin"
	StrictOriginWhenCrossOrigin ReferrerPolicy = "strict-origin-when-cross-origin"
	UnsafeURL                   ReferrerPolicy = "unsafe-url"
)

// EmbedderPolicy is a Cross-Origin-Embedder-Policy value.
type EmbedderPolicy string

const (
	UnsafeNone     EmbedderPolicy = "unsafe-none"
	RequireCORP    EmbedderPolicy = "require-corp"
	Credentialless EmbedderPolicy = "credentialless"
)

// AddressSpace is an IP address space of Local Network Access.
type AddressSpace string

const (
	Public   AddressSpace = "public"
	Local    AddressSpace = "local"
	Loopback AddressSpace = "loopback"
)
