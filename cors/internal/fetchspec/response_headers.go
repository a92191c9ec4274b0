package fetchspec

// IsForbiddenResponseHeader reports whether no page may ever read the header:
// Set-Cookie and Set-Cookie2 (#forbidden-response-header-name).
func IsForbiddenResponseHeader(name string) bool {
	return EqualFold(name, "set-cookie") || EqualFold(name, "set-cookie2")
}

// IsCORSSafelistedResponseHeader reports whether a page may read the header of
// a cross-origin response without it being exposed
// (#cors-safelisted-response-header-name, for an empty list).
func IsCORSSafelistedResponseHeader(name string) bool {
	var b lowered
	switch string(b.lower(name)) {
	case "cache-control", "content-language", "content-length", "content-type",
		"expires", "last-modified", "pragma":
		return true
	}
	return false
}
