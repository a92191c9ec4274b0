package fetchspec

// IsForbiddenMethod reports whether a page may never use method: CONNECT,
// TRACE, TRACK in any case (#forbidden-method).
func IsForbiddenMethod(method string) bool {
	return EqualFold(method, "CONNECT") || EqualFold(method, "TRACE") || EqualFold(method, "TRACK")
}

// NormalizeMethod upper-cases the six methods that the standard treats that
// way and returns all others as they are: "patch" stays "patch"
// (#concept-method-normalize).
func NormalizeMethod(method string) string {
	for _, m := range [...]string{"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"} {
		if EqualFold(method, m) {
			return m
		}
	}
	return method
}

// IsCORSSafelistedMethod reports whether method, which has been normalized,
// never needs a preflight by itself: GET, HEAD, POST
// (#cors-safelisted-method).
func IsCORSSafelistedMethod(method string) bool {
	return method == "GET" || method == "HEAD" || method == "POST"
}
