package browser

import "strings"

// corsCheck is the CORS check (#concept-cors-check) of the answer to a request
// or to its preflight. It is done on the request, not on the preflight, so that
// the right credentials mode counts. want is what the request calls itself.
func (f *fetch) corsCheck(res *response, want string) *Failure {
	return f.corsCheckAs(res, want, f.req.credentials == Include)
}

func (f *fetch) corsCheckAs(res *response, want string, include bool) *Failure {
	const section = "#concept-cors-check"
	got, ok := headerValue(res.header, "Access-Control-Allow-Origin")
	if !ok { // step 2
		return f.fail(MissingAllowOrigin, section, "", want)
	}
	if got == "*" && !include { // step 3
		f.step(section, "Access-Control-Allow-Origin is *: any origin may read this answer.")
		return nil
	}
	if got != want { // step 4
		return f.fail(allowOriginMistake(got), section, got, want)
	}
	if !include { // step 5
		f.step(section, "Access-Control-Allow-Origin is %s, the page's origin.", got)
		return nil
	}
	allow, ok := headerValue(res.header, "Access-Control-Allow-Credentials")
	if ok && allow == "true" { // step 7
		f.step(section, "Access-Control-Allow-Origin is %s, the page's origin, and Access-Control-Allow-Credentials is true.", got)
		return nil
	}
	return f.fail(MissingAllowCredentials, section, allow, "true")
}

// allowOriginMistake tells apart the ways in which a value of
// Access-Control-Allow-Origin can fail to be the page's origin. The standard
// knows only one; browsers' consoles and the repairs differ.
func allowOriginMistake(got string) Code {
	switch {
	case got == "*":
		return WildcardWithCredentials
	case strings.ContainsAny(got, " ,"):
		return MultipleAllowOrigin
	case got == "null":
		return AllowOriginMismatch
	}
	a, err := parseAddress(got, nil)
	if got == "" || err != nil || a.special() && a.host == "" {
		return InvalidAllowOrigin
	}
	return AllowOriginMismatch
}
