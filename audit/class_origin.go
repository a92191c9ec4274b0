package audit

const (
	exactRepair  = "Compare the whole Origin with a list of origins, character by character. Send no CORS headers to others."
	exactSetting = "allow: selected, domains: [https://app.example.com]"
)

var (
	exactHeader = []string{"Access-Control-Allow-Origin: https://app.example.com", "Vary: Origin"}
	noHeader    = []string(nil)
)

var originClasses = []*Class{
	{
		ID: "reflect-origin", Group: Origin, Severity: Critical,
		Title:  "Any website may read answers, with the visitor's credentials",
		Cause:  "The server copies Origin into Access-Control-Allow-Origin without looking at it, and sends Access-Control-Allow-Credentials: true.",
		Danger: "Any page that a logged-in visitor opens reads and changes their data.",
		Repair: exactRepair, Header: exactHeader, Setting: exactSetting + ", credentials: true",
	},
	{
		ID: "null-origin", Group: Origin, Severity: High,
		Title:  "Pages without an origin are let in",
		Cause:  "null is in the list of origins, often for local files or redirects during development.",
		Danger: "Every website can make a page whose origin is null, with a sandboxed frame. So every website is let in.",
		Repair: "Take null off the list. For development, serve the page from http://localhost.", Header: exactHeader, Setting: exactSetting,
	},
	{
		ID: "prefix-match", Group: Origin, Severity: High,
		Title:  "Origins that begin like an allowed one are let in",
		Cause:  "A comparison of the beginning, or a regular expression without $ at its end.",
		Danger: "https://app.example.com.attacker.net begins like https://app.example.com, and anybody can have such a name.",
		Repair: exactRepair, Header: exactHeader, Setting: exactSetting,
	},
	{
		ID: "suffix-match", Group: Origin, Severity: High,
		Title:  "Origins that end like an allowed one are let in",
		Cause:  "A comparison of the end without the dot before the domain, as in endsWith(\"example.com\").",
		Danger: "https://attackerexample.com ends like example.com, and anybody can register it.",
		Repair: exactRepair + " For subdomains, compare with the dot: .example.com.", Header: exactHeader, Setting: `allow: selected, domains: ["https://*.example.com"]`,
	},
	{
		ID: "substring-match", Group: Origin, Severity: High,
		Title:  "Origins that contain an allowed one are let in",
		Cause:  "A search inside the text, as in origin.includes(\"example.com\"), or a regular expression without ^ and $.",
		Danger: "https://example.com.attacker.net contains it, and anybody can have such a name.",
		Repair: exactRepair, Header: exactHeader, Setting: exactSetting,
	},
	{
		ID: "inverse-substring-match", Group: Origin, Severity: High,
		Title:  "Origins that are a part of an allowed one are let in",
		Cause:  "The search is the wrong way round: the list, as one text, is searched for the Origin, as in \"https://app.example.com\".includes(origin).",
		Danger: "https://app.example.co is a part of https://app.example.com, and so are many shorter names.",
		Repair: "Make the list a list, and look for an entry that equals the Origin.", Header: exactHeader, Setting: exactSetting,
	},
	{
		ID: "unescaped-dot", Group: Origin, Severity: High,
		Title:  "A dot in a pattern stands for any character",
		Cause:  "A dot in a regular expression that is not escaped.",
		Danger: "Where app.example.com is meant, appxexample.com is let in, and anybody can register it.",
		Repair: "Escape dots, or compare whole origins instead of using an expression.", Header: exactHeader, Setting: exactSetting,
	},
	{
		ID: "any-tld-match", Group: Origin, Severity: High,
		Title:  "The same name under any top-level domain is let in",
		Cause:  "A pattern such as https://app.example.*, or an expression that leaves the end open.",
		Danger: "Whoever registers the name under another top-level domain is let in.",
		Repair: exactRepair, Header: exactHeader, Setting: exactSetting,
	},
	{
		ID: "public-suffix-wildcard", Group: Origin, Severity: High,
		Title:  "Every name under a public suffix is let in",
		Cause:  "A wildcard directly over a suffix under which anybody can have a name, such as *.com, *.co.uk or *.vercel.app.",
		Danger: "An attacker takes a name there and is let in.",
		Repair: "List the names that are yours.", Header: exactHeader, Setting: exactSetting,
	},
	{
		ID: "third-party-sandbox", Group: Origin, Severity: High,
		Title:  "Sites on which anybody can run scripts are let in",
		Cause:  "A playground or hosting service is in the list, often from a demonstration.",
		Danger: "An attacker puts a page there.",
		Repair: "Take them off the list. Demonstrations belong on an API of their own.", Header: exactHeader, Setting: exactSetting,
	},
	{
		ID: "special-char-host", Group: Origin, Severity: High,
		Title:  "A character that browsers allow in host names ends the comparison",
		Cause:  "An expression that expects letters, digits, dots and hyphens in host names only, and takes everything else for the end of the host.",
		Danger: "Browsers open pages at https://app.example.com_.attacker.net; Safari allows yet more characters.",
		Repair: exactRepair, Header: exactHeader, Setting: exactSetting,
	},
	{
		ID: "http-origin", Group: Origin, Severity: Medium,
		Title:  "The unencrypted twin of an allowed origin is let in",
		Cause:  "The scheme is not compared, or the pattern begins with https?.",
		Danger: "Whoever is on the way to the visitor, in a café's network, answers for http://app.example.com and reads with the visitor's credentials.",
		Repair: "List https origins only.", Header: exactHeader, Setting: exactSetting,
	},
	{
		ID: "localhost-origin", Group: Origin, Severity: Medium,
		Title:  "Programs on the visitor's machine are let in",
		Cause:  "localhost is in the list, for development.",
		Danger: "Any program that serves pages on the visitor's machine reads with their credentials; so does a page that gets hold of a port there.",
		Repair: "Allow localhost on development systems only.", Header: exactHeader, Setting: exactSetting,
	},
	{
		ID: "private-ip-origin", Group: Origin, Severity: Medium,
		Title:  "Any machine in the visitor's network is let in",
		Cause:  "Private addresses are in the list, for development or for an intranet.",
		Danger: "In any network, whoever has such an address is let in: a router, a camera, another guest.",
		Repair: "List names with https instead of addresses.", Header: exactHeader, Setting: exactSetting,
	},
	{
		ID: "extension-origin", Group: Origin, Severity: Medium,
		Title:  "Any browser extension is let in",
		Cause:  "The scheme chrome-extension: or moz-extension: is allowed, without an id.",
		Danger: "Every extension that a visitor installs reads with their credentials, also one without permission for this site.",
		Repair: "List the id of your extension: chrome-extension://abcdefghijklmnopabcdefghijklmnop.", Header: exactHeader,
		Setting: `allow: selected, domains: ["chrome-extension://abcdefghijklmnopabcdefghijklmnop"]`,
	},
	{
		ID: "any-subdomain", Group: Origin, Severity: Low,
		Title:  "Every subdomain is let in",
		Cause:  "A wildcard for subdomains.",
		Danger: "A script that gets into any subdomain, a forgotten one, one that a customer or a service uses, reads with the visitor's credentials.",
		Repair: "List the subdomains that need it. If all of them are yours and well kept, leave it.", Header: exactHeader, Setting: exactSetting,
	},
	{
		ID: "any-port", Group: Origin, Severity: Low,
		Title:  "Every port of an allowed host is let in",
		Cause:  "Host names are compared, ports are not.",
		Danger: "Another program on the same machine is let in.",
		Repair: "A port is part of an origin: compare it.", Header: exactHeader, Setting: exactSetting,
	},
	{
		ID: "trailing-dot", Group: Origin, Severity: Info,
		Title:  "The host of an allowed origin is let in with a dot at its end",
		Cause:  "Host names are normalised before they are compared.",
		Danger: "The name with a dot leads to the same server, but is another origin, with cookies and storage of its own.",
		Repair: exactRepair, Header: exactHeader, Setting: exactSetting,
	},
	{
		ID: "userinfo-accepted", Group: Origin, Severity: Info,
		Title:  "An Origin with a user name is let in",
		Cause:  "Origin is parsed as a URL, and only its host is compared.",
		Danger: "No browser sends such an Origin. It shows that parts of it are not looked at.",
		Repair: exactRepair, Header: exactHeader, Setting: exactSetting,
	},
	{
		ID: "reflect-origin-nocred", Group: Origin, Severity: Info,
		Title:  "Any website may read answers, without credentials",
		Cause:  "The server copies Origin into Access-Control-Allow-Origin, and allows no credentials.",
		Danger: "None, if everybody may know what it answers; it is a roundabout way to say *. If the API lies in a private network, pages that its users open read it.",
		Repair: "For public data send *, which caches well. Else list the origins.", Header: []string{"Access-Control-Allow-Origin: *"}, Setting: "allow: all",
	},
}
