package browser

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/concors/concors/cors/internal/fetchspec"
)

// This file is how profiles read headers in their own way: the lifetime of
// a preflight answer, and which request headers need no permission.

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
	case fetchspec.EqualFold(name, "Device-Memory"), fetchspec.EqualFold(name, "DPR"), fetchspec.EqualFold(name, "Downlink"):
		whole, part, dot := strings.Cut(value, ".")
		return isNumber(whole) && (!dot || isNumber(part))
	case fetchspec.EqualFold(name, "ECT"):
		return value == "slow-2g" || value == "2g" || value == "3g" || value == "4g"
	case fetchspec.EqualFold(name, "RTT"), fetchspec.EqualFold(name, "Width"), fetchspec.EqualFold(name, "Viewport-Width"):
		return isNumber(value)
	}
	return false
}

// overlongRange reports whether a Range has a number that is larger than limit.
func overlongRange(name, value string, limit uint64) bool {
	if !fetchspec.EqualFold(name, "Range") {
		return false
	}
	first, last, _ := strings.Cut(strings.TrimPrefix(value, "bytes="), "-")
	for _, s := range [...]string{first, last} {
		if n, err := strconv.ParseUint(s, 10, 64); s != "" && (err != nil || n > limit) {
			return true
		}
	}
	return false
}

// chromiumUnsafelists takes the largest int64 for too large.
func chromiumUnsafelists(name, value string) bool {
	return overlongRange(name, value, math.MaxInt64-1)
}

// webkitSafelists does not care how "bytes" is spelled in a Range.
func webkitSafelists(name, value string) bool {
	return fetchspec.EqualFold(name, "Range") && fetchspec.IsCORSSafelistedRequestHeader(name, strings.ToLower(value))
}

func webkitUnsafelists(name, value string) bool { return overlongRange(name, value, math.MaxUint64) }

// firefoxUnsafelists takes bytes above 0x7F for unsafe ones.
func firefoxUnsafelists(name, value string) bool {
	for i := 0; i < len(value); i++ {
		if value[i] >= 0x80 {
			return true
		}
	}
	if fetchspec.EqualFold(name, "Content-Type") && strings.Contains(value, ",") {
		return true
	}
	return overlongRange(name, value, math.MaxUint64)
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
