package explain

import (
	"io"
	"net/http"
	"slices"
	"strings"
)

// Withheld says what a browser would have told a server and we did not, since
// it is a secret and the person did not name the server: redirects lead where
// the servers on the way want. Names were sent, values were replaced.
type Withheld struct {
	Exchange int      `json:"exchange"` // index of the exchange
	Origin   string   `json:"origin"`   // of the server
	What     []string `json:"what"`     // header names, "the body"
}

// text says it in words.
func (w *Withheld) text() string {
	return "Withheld from " + w.Origin + ", which you did not name: " + and(w.What) +
		". A browser sends this along; to do the same from here: --secrets-to " + w.Origin + "."
}

// and joins words to a list: a, b and c.
func and(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// placeholder stands for a secret that was not sent.
const placeholder = "withheld"

// withhold replaces the secrets of a request to an origin that the person did
// not name: that of the first request is named, as no server has a say in it.
func (l *live) withhold(req *http.Request) {
	origin := originOf(req.URL.String())
	if l.asked == 0 {
		l.named = append(l.named, origin)
	}
	exchange := l.asked
	l.asked++
	if slices.Contains(l.named, origin) {
		return
	}
	var what []string
	for name := range req.Header {
		switch {
		case name == "Cookie":
			req.Header.Set(name, withoutCookieValues(req.Header.Get(name)))
		case mayBeSecret(name):
			req.Header.Set(name, placeholder)
		default:
			continue
		}
		what = append(what, name)
	}
	slices.Sort(what)
	if req.Body != nil && req.Body != http.NoBody {
		n, _ := io.Copy(io.Discard, req.Body)
		req.Body = io.NopCloser(strings.NewReader(strings.Repeat("x", int(n))))
		what = append(what, "the body")
	}
	if len(what) > 0 {
		l.withheld = append(l.withheld, Withheld{exchange, origin, what})
	}
}

// withoutCookieValues keeps the names in a Cookie header.
func withoutCookieValues(line string) string {
	cookies := strings.Split(line, "; ")
	for i, c := range cookies {
		if name, _, found := strings.Cut(c, "="); found {
			cookies[i] = name + "=" + placeholder
		} else {
			cookies[i] = placeholder // a value without a name
		}
	}
	return strings.Join(cookies, "; ")
}

// mayBeSecret reports whether a request header is more than what browsers say
// by themselves or every website may set without asking. The rest is the
// page's own, and whether it is a secret only the page knows.
func mayBeSecret(name string) bool {
	switch name {
	case "Accept", "Accept-Language", "Connection", "Content-Language", "Content-Length", "Content-Type",
		"Origin", "Range", "Referer", "Upgrade":
		return false
	}
	return !strings.HasPrefix(name, "Access-Control-Request-") && !strings.HasPrefix(name, "Sec-")
}
