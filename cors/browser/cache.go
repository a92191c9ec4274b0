package browser

// PreflightCache is a CORS-preflight cache (#cors-preflight-cache).
type PreflightCache struct{}
