package browser

import (
	"encoding/json"
	"strings"
)

// A Note is something worth knowing that stopped nothing: a header that was
// dropped, a cookie that stayed at home.
type Note struct {
	Code NoteCode `json:"code"`
	// Section is the fragment of the Fetch standard, or a full address.
	Section string `json:"section"`
	// Exchange is the index of the last exchange before, -1 for none.
	Exchange int `json:"exchange"`
	// Subject is the name of the header or cookies.
	Subject string `json:"subject"`
}

// NoteCode names a kind of Note. Codes are stable.
type NoteCode string

const (
	NoteForbiddenHeader       NoteCode = "forbidden-header"       // no page may set it
	NoteNoCORSHeader          NoteCode = "no-cors-header"         // not in mode "no-cors"
	NoteAuthorizationWildcard NoteCode = "authorization-wildcard" // let through by "*", against the standard
	NoteAuthorizationReturns  NoteCode = "authorization-returns"  // a second redirect brings it back, against the standard
	NoteCookiesNotIncluded    NoteCode = "cookies-not-included"   // the credentials mode leaves them out
	NoteCookieSameSite        NoteCode = "cookie-same-site"       // SameSite keeps it at home
	NoteCookieSecure          NoteCode = "cookie-secure"          // Secure keeps it off http
	NoteCookieThirdParty      NoteCode = "cookie-third-party"     // the browser's protection against tracking
	NoteCookieRejected        NoteCode = "cookie-rejected"        // Set-Cookie was not accepted
)

var noteTexts = map[NoteCode]string{
	NoteForbiddenHeader:       "The header {s} is left out: only the browser itself may set it.",
	NoteNoCORSHeader:          `The header {s} is left out: mode "no-cors" does not allow it.`,
	NoteAuthorizationWildcard: "Authorization is let through by *, as browsers still do; the standard wants it listed in Access-Control-Allow-Headers.",
	NoteAuthorizationReturns:  "Authorization goes to {s} after all: this redirect starts from the headers of the first request. That is a mistake of Firefox and WebKit; the standard removes the header for good where a redirect leads to another origin.",
	NoteCookiesNotIncluded:    `Cookies stay at home ({s}): the call does not include credentials. Use credentials: "include" with fetch(), withCredentials with XMLHttpRequest.`,
	NoteCookieSameSite:        "The cookie {s} is not sent: the page is on another site, and the cookie is not marked SameSite=None; Secure.",
	NoteCookieSecure:          "The cookie {s} is not sent: it is marked Secure and the address is http.",
	NoteCookieThirdParty:      "The cookie {s} is not sent: this browser keeps cookies of other sites apart.",
	NoteCookieRejected:        "A cookie was not accepted: {s}.",
}

// Text says it in plain words.
func (n Note) Text() string { return strings.Replace(noteTexts[n.Code], "{s}", n.Subject, 1) }

// String returns Text.
func (n Note) String() string { return n.Text() }

// MarshalJSON adds the text to the fields.
func (n Note) MarshalJSON() ([]byte, error) {
	type plain Note
	return json.Marshal(struct {
		plain
		Text string `json:"text"`
	}{plain(n), n.Text()})
}
