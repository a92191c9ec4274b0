package browser

// Cookies is a cookie store.
type Cookies struct{}
