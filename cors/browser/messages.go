package browser

import "strings"

// A Message is what one browser writes to its console about a failure.
type Message struct {
	// Code is Chromium's CorsError ("PreflightMissingAllowOriginHeader") or
	// Firefox's reason key ("CORSMissingAllowOrigin"). Empty where the browser
	// has none.
	Code string
	// Text is the sentence. Empty where the browser says nothing.
	Text string
}

// Chromium returns what Chromium reports: the CorsError code that the
// DevTools protocol shows, and the console's sentence.
func (f *Failure) Chromium() Message {
	c := f.mistake().chromium
	text := strings.NewReplacer("{resource}", chromiumResource(f.Kind), "{redirected}", f.redirected()).Replace(c.text)
	if f.corsCheckCode() {
		if f.Preflight {
			c.code = "Preflight" + c.code
			text = strings.Replace(text, "CORS policy: ", "CORS policy: "+pre, 1)
		}
		text = f.chromiumAdvice(text)
	}
	return Message{c.code, f.fillConsole(text)}
}

// corsCheckCode reports whether the failure is one of the CORS check, which
// Chromium names differently for preflights.
func (f *Failure) corsCheckCode() bool {
	switch f.Code {
	case MissingAllowOrigin, MultipleAllowOrigin, InvalidAllowOrigin, AllowOriginMismatch,
		WildcardWithCredentials, MissingAllowCredentials:
		return true
	}
	return false
}

const (
	validValueAdvice      = " Have the server send the header with a valid value."
	withCredentialsAdvice = " The credentials mode of requests initiated by the XMLHttpRequest is controlled by the withCredentials attribute."
)

func (f *Failure) chromiumAdvice(text string) string {
	switch f.Code {
	case MultipleAllowOrigin, InvalidAllowOrigin, AllowOriginMismatch:
		if f.Kind == FetchAPI {
			return text + validValueAdvice
		}
	case WildcardWithCredentials, MissingAllowCredentials:
		if f.Kind == XMLHttpRequest {
			return text + withCredentialsAdvice
		}
	}
	return text
}

func (f *Failure) redirected() string {
	if f.FirstURL == f.URL {
		return ""
	}
	return " (redirected from '" + f.FirstURL + "')"
}

// chromiumResource is the word after "Access to".
func chromiumResource(k Kind) string {
	switch k {
	case FetchAPI:
		return "fetch"
	case XMLHttpRequest:
		return "XMLHttpRequest"
	case Image:
		return "image"
	case Script, ModuleScript:
		return "script"
	case Stylesheet:
		return "CSS stylesheet"
	case Font:
		return "font"
	case Media:
		return "video"
	case Beacon:
		return "ping"
	}
	return "resource"
}

// Firefox returns what Firefox reports: the key of its reason, as MDN lists
// them under "CORS errors", and the console's sentence.
func (f *Failure) Firefox() Message {
	c := f.mistake().firefox
	if f.Code == MultipleAllowOrigin && f.Exchange >= 0 && f.res != nil &&
		len(f.res.Exchanges[f.Exchange].ResponseHeader["Access-Control-Allow-Origin"]) < 2 {
		// A list in one line is a mismatch to Firefox, not a repetition.
		c = mistakeOf(AllowOriginMismatch).firefox
	}
	return Message{c.code, f.fillConsole(c.text)}
}

// WebKit returns what Safari says, in the form "reason; effect". It has no
// codes.
func (f *Failure) WebKit() Message {
	c := f.mistake().webkit
	if c.text == "" {
		return Message{}
	}
	text := f.fillConsole(c.text)
	what := "The resource"
	switch f.Kind {
	case FetchAPI:
		what = "Fetch API"
	case XMLHttpRequest:
		what = "XMLHttpRequest"
	}
	if f.Exchange >= 0 && f.Kind != WebSocket {
		text += "; " + what + " cannot load " + f.URL + " due to access control checks."
	}
	return Message{"", text}
}

// fillConsole is fill, with "…" for what only the browser knows.
func (f *Failure) fillConsole(text string) string {
	return f.fill(strings.ReplaceAll(text, "{any}", "…"))
}
