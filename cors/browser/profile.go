package browser

// Profile names whose behaviour is modelled. See docs on each difference in
// profile.go.
type Profile uint8

const (
	Standard Profile = iota // the Fetch standard to the letter
	Chromium
	Firefox
	WebKit
)

// String returns "standard", "chromium", "firefox" or "webkit".
func (p Profile) String() string {
	return [...]string{"standard", "chromium", "firefox", "webkit"}[p]
}
