package audit

const csrfRepair = "Refuse requests of other origins before they run: by Sec-Fetch-Site and Origin, or by a token that the page must know. Set cookies with SameSite=Lax or Strict."

var csrfClasses = []*Class{
	{
		ID: "csrf-simple-post", Group: CSRF, Severity: High, NeedsUnsafe: true,
		Title:  "A form on any website changes data",
		Cause:  "CORS is taken for protection. It keeps pages from reading; forms it does not even ask.",
		Danger: "Any page that a visitor opens posts in their name, with their cookies.",
		Repair: csrfRepair, Header: noHeader, Setting: "allow: none",
	},
	{
		ID: "csrf-text-plain-json", Group: CSRF, Severity: High, NeedsUnsafe: true,
		Title:  "JSON that is sent as text changes data",
		Cause:  "The body is parsed as JSON whatever its Content-Type, or if application/json occurs anywhere in it.",
		Danger: "A form or script on any website sends JSON as text/plain, or without a type, which needs no preflight.",
		Repair: csrfRepair + " Answer 415 to types other than application/json.", Header: noHeader, Setting: "allow: none",
	},
	{
		ID: "csrf-null-origin", Group: CSRF, Severity: High, NeedsUnsafe: true,
		Title:  "Pages without an origin change data",
		Cause:  "Foreign origins are refused, and null is taken for none.",
		Danger: "Every website can send Origin: null, with a sandboxed frame or Referrer-Policy: no-referrer.",
		Repair: "Take null for a foreign origin. " + csrfRepair, Header: noHeader, Setting: "allow: none",
	},
	{
		ID: "websocket-any-origin", Group: CSRF, Severity: High, NeedsUnsafe: true,
		Title:  "Any website may open a WebSocket",
		Cause:  "The handshake does not look at Origin. CORS does not apply to WebSockets.",
		Danger: "Any page that a visitor opens talks to the server in their name, and reads what it says.",
		Repair: "Compare Origin with a list before the upgrade.", Header: noHeader, Setting: exactSetting,
	},
}
