package audit

var valueClasses = []*Class{
	{
		ID: "wildcard-sensitive", Group: Value, Severity: Medium,
		Title:  "Every website may read data that look private",
		Cause:  "Access-Control-Allow-Origin: * for the whole API, also where it answers with personal data or secrets.",
		Danger: "The data are there for whoever asks, and any page that a visitor opens can ask, also from inside a private network.",
		Repair: "Find out why the data come without a login; until then list the origins.", Header: exactHeader, Setting: exactSetting,
	},
	{
		ID: "wildcard-credentials", Group: Value, Severity: Low,
		Title:  "* together with credentials, which browsers refuse",
		Cause:  "Two settings that exclude each other.",
		Danger: "Calls with cookies fail. Whoever mends that by reflecting Origin opens the API to every website.",
		Repair: "List the origins, or do without credentials.", Header: append(exactHeader, "Access-Control-Allow-Credentials: true"), Setting: exactSetting + ", credentials: true",
	},
	{
		ID: "acao-multiple", Group: Value, Severity: Low,
		Title:  "More than one Access-Control-Allow-Origin",
		Cause:  "Server and proxy both set it, or a list of origins was written into it.",
		Danger: "Browsers refuse the answer, whoever asks.",
		Repair: "Let one of them set it, to the one origin that asked.", Header: exactHeader, Setting: exactSetting,
	},
	{
		ID: "acao-invalid", Group: Value, Severity: Low,
		Title:  "Access-Control-Allow-Origin is not an origin",
		Cause:  "A slash too many, no scheme, a pattern, the default port, upper case.",
		Danger: "Browsers compare letter by letter and refuse the answer.",
		Repair: "Send the Origin as it came, or *.", Header: exactHeader, Setting: exactSetting,
	},
	{
		ID: "acac-invalid", Group: Value, Severity: Low,
		Title:  "Access-Control-Allow-Credentials is neither true nor left out",
		Cause:  "True, TRUE, 1 or yes instead of true, or several of them.",
		Danger: "Browsers take only true for true: calls with cookies fail.",
		Repair: "Send true, in lower case, or nothing.", Header: []string{"Access-Control-Allow-Credentials: true"}, Setting: "credentials: true",
	},
	{
		ID: "aceh-wildcard-credentials", Group: Value, Severity: Low,
		Title:  "Access-Control-Expose-Headers: * together with credentials",
		Cause:  "With credentials * is the name of a header and no wildcard.",
		Danger: "Scripts cannot read the headers.",
		Repair: "List the names.", Header: []string{"Access-Control-Expose-Headers: X-Total-Count"}, Setting: "expose: [X-Total-Count]",
	},
	{
		ID: "aceh-missing", Group: Value, Severity: Info,
		Title:  "Headers for scripts are not exposed",
		Cause:  "Access-Control-Expose-Headers was forgotten.",
		Danger: "Scripts of other origins cannot read them: page numbers, limits, file names.",
		Repair: "Expose what front ends need.", Header: []string{"Access-Control-Expose-Headers: X-Total-Count"}, Setting: "expose: [X-Total-Count]",
	},
	{
		ID: "aceh-misplaced", Group: Value, Severity: Info,
		Title:  "Headers are exposed in the preflight's answer only",
		Cause:  "All CORS headers are set for OPTIONS only.",
		Danger: "There it means nothing: scripts cannot read the headers.",
		Repair: "Send Access-Control-Expose-Headers with the answer itself.", Header: []string{"Access-Control-Expose-Headers: X-Total-Count"}, Setting: "expose: [X-Total-Count]",
	},
	{
		ID: "insecure-credentials", Group: Value, Severity: Info,
		Title:  "Credentials are allowed over an unencrypted connection",
		Cause:  "The API, or the origin that is allowed, is plain http.",
		Danger: "Whoever is on the way reads the cookies, or puts a script into the page that may use them.",
		Repair: "Serve both over https, and allow https origins.", Header: exactHeader, Setting: exactSetting + ", credentials: true",
	},
}

var cacheClasses = []*Class{
	{
		ID: "vary-missing", Group: Cache, Severity: Medium,
		Title:  "The answer depends on Origin, and caches are not told",
		Cause:  "Vary: Origin is missing, or was replaced by something else.",
		Danger: "A cache gives one origin the answer to another: the browser refuses it, now and then, or an attacker sees to it that it does.",
		Repair: "Add Origin to Vary wherever Access-Control-Allow-Origin depends on it, or forbid storing.", Header: exactHeader, Setting: exactSetting,
	},
	{
		ID: "vary-missing-noorigin", Group: Cache, Severity: Low,
		Title:  "Without Origin, caches are not told that the answer depends on it",
		Cause:  "CORS headers, Vary with them, are set only if the request has an Origin.",
		Danger: "An answer that was stored for a link, an image or a crawler is given to a script later, without CORS headers, and the browser refuses it.",
		Repair: "Send Vary: Origin with every answer of such an address.", Header: []string{"Vary: Origin"}, Setting: exactSetting,
	},
}

var consistencyClasses = []*Class{
	{
		ID: "preflight-wider", Group: Consistency, Severity: High,
		Title:  "Preflights let in origins that may not read the answer",
		Cause:  "OPTIONS is answered in another place than the requests, and more generously.",
		Danger: "After the preflight the browser sends the request, PUT or DELETE included, and it runs. That the page cannot read the answer does not undo it.",
		Repair: "Judge the preflight by the same list as the request.", Header: noHeader, Setting: exactSetting,
	},
	{
		ID: "error-cors-wider", Group: Consistency, Severity: Medium,
		Title:  "Errors let in origins that successes do not",
		Cause:  "Error pages come from another place, with CORS headers of their own.",
		Danger: "Any page reads errors: what exists, who is logged in, what the message says.",
		Repair: "Let one place set the headers of all answers.", Header: noHeader, Setting: exactSetting,
	},
	{
		ID: "error-cors-missing", Group: Consistency, Severity: Low,
		Title:  "Errors carry no CORS headers",
		Cause:  "The headers are set by the handler, and errors come from a router, a proxy or an add_header without always.",
		Danger: "The front end sees a CORS error in place of 401 or 404.",
		Repair: "Set the headers in the outermost place, for every status.", Header: exactHeader, Setting: exactSetting,
	},
	{
		ID: "actual-cors-missing", Group: Consistency, Severity: Low,
		Title:  "The preflight allows what the answer does not",
		Cause:  "CORS headers are set for OPTIONS only.",
		Danger: "Every call fails after its preflight, and after it has run.",
		Repair: "Send Access-Control-Allow-Origin with the answer itself.", Header: exactHeader, Setting: exactSetting,
	},
	{
		ID: "acac-inconsistent", Group: Consistency, Severity: Low,
		Title:  "Preflight and answer disagree about credentials",
		Cause:  "Access-Control-Allow-Credentials is set in one of two places.",
		Danger: "Calls with cookies fail, those that need a preflight or all of them.",
		Repair: "Send it with both, or with neither.", Header: append(exactHeader, "Access-Control-Allow-Credentials: true"), Setting: exactSetting + ", credentials: true",
	},
	{
		ID: "redirect-cors-missing", Group: Consistency, Severity: Low,
		Title:  "A redirect carries no CORS headers",
		Cause:  "It comes from a router or proxy in front of the place that sets them.",
		Danger: "The browser refuses the redirect and never follows it.",
		Repair: "Set the headers for redirects too, or give front ends the final address.", Header: exactHeader, Setting: exactSetting,
	},
}
