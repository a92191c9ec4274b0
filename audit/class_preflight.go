package audit

const headersSetting = "headers: [Authorization, Content-Type]"

var preflightHeader = append([]string{"Access-Control-Allow-Methods: GET, PUT, DELETE", "Access-Control-Allow-Headers: Authorization, Content-Type"}, exactHeader...)

var preflightClasses = []*Class{
	{
		ID: "preflight-missing", Group: Preflight, Severity: Low,
		Title:  "Preflights are not answered",
		Cause:  "OPTIONS reaches the router, which has no such route, or a handler that sets no CORS headers for it.",
		Danger: "Calls with JSON, an Authorization header, PUT or DELETE fail from other origins.",
		Repair: "Answer OPTIONS before routing.", Header: preflightHeader, Setting: exactSetting,
	},
	{
		ID: "preflight-auth", Group: Preflight, Severity: Low,
		Title:  "Preflights must be logged in",
		Cause:  "Authentication runs before CORS.",
		Danger: "Browsers send preflights without credentials, so all of them fail.",
		Repair: "Answer preflights before authentication.", Header: preflightHeader, Setting: exactSetting,
	},
	{
		ID: "preflight-redirect", Group: Preflight, Severity: Low,
		Title:  "Preflights are redirected",
		Cause:  "A redirect to https, to a login page or to another spelling of the path comes first.",
		Danger: "Browsers do not follow redirects of preflights: the call fails.",
		Repair: "Answer preflights before redirecting, or give front ends the final address.", Header: preflightHeader, Setting: exactSetting,
	},
	{
		ID: "preflight-bad-status", Group: Preflight, Severity: Low,
		Title:  "Preflights are answered with CORS headers and an error",
		Cause:  "The headers are set, and then the request goes on to a handler that does not know OPTIONS.",
		Danger: "Browsers need a status from 200 to 299: the call fails.",
		Repair: "End the preflight with 204.", Header: preflightHeader, Setting: exactSetting,
	},
	{
		ID: "acah-wildcard-authorization", Group: Preflight, Severity: Low,
		Title:  "Access-Control-Allow-Headers: * does not cover Authorization",
		Cause:  "The wildcard is taken to mean every header.",
		Danger: "By the standard, calls with an Authorization header fail; browsers still let some pass, with a warning.",
		Repair: "List Authorization.", Header: []string{"Access-Control-Allow-Headers: Authorization, Content-Type"}, Setting: headersSetting,
	},
	{
		ID: "list-wildcard-credentials", Group: Preflight, Severity: Low,
		Title:  "A wildcard for methods or headers together with credentials",
		Cause:  "With credentials * is a name and no wildcard.",
		Danger: "Calls with cookies and another method or header fail.",
		Repair: "List methods and headers.", Header: preflightHeader, Setting: headersSetting,
	},
	{
		ID: "acah-missing-header", Group: Preflight, Severity: Low,
		Title:  "A header that calls need is not allowed",
		Cause:  "It is missing from Access-Control-Allow-Headers: Content-Type for JSON, Authorization, or one of the API's own.",
		Danger: "Such calls fail from other origins.",
		Repair: "Add it to the list.", Header: []string{"Access-Control-Allow-Headers: Authorization, Content-Type"}, Setting: headersSetting,
	},
	{
		ID: "acam-missing-method", Group: Preflight, Severity: Low,
		Title:  "A method that the API has is not allowed",
		Cause:  "The list of methods was not kept up to date.",
		Danger: "Such calls fail from other origins.",
		Repair: "Add it to Access-Control-Allow-Methods.", Header: []string{"Access-Control-Allow-Methods: GET, PUT, PATCH, DELETE"}, Setting: "Write the endpoint: its method is allowed then.",
	},
	{
		ID: "acam-case", Group: Preflight, Severity: Low,
		Title:  "Methods are listed in lower case",
		Cause:  "Methods are case-sensitive.",
		Danger: "Browsers ask for PUT, and put is another method: the call fails.",
		Repair: "Write methods in upper case.", Header: []string{"Access-Control-Allow-Methods: GET, PUT, DELETE"}, Setting: "Write the endpoint: its method is allowed then.",
	},
	{
		ID: "max-age-excessive", Group: Preflight, Severity: Info,
		Title:  "Preflight answers are to be kept for more than a day",
		Cause:  "Access-Control-Max-Age is larger than any browser takes.",
		Danger: "None today: Safari keeps answers for 10 minutes, Chrome for 2 hours, Firefox for 24 hours. Other clients may keep a mistake for as long as they are told.",
		Repair: "Send 7200 or less.", Header: []string{"Access-Control-Max-Age: 7200"}, Setting: "cache: 2h",
	},
	{
		ID: "max-age-invalid", Group: Preflight, Severity: Info,
		Title:  "Access-Control-Max-Age is not a number of seconds",
		Cause:  "A unit, a fraction, a list, or a value set twice.",
		Danger: "Browsers ignore it and ask again every 5 seconds.",
		Repair: "Send seconds, in digits.", Header: []string{"Access-Control-Max-Age: 600"}, Setting: "cache: 10m",
	},
	{
		ID: "pna-any-origin", Group: Preflight, Severity: Info,
		Title:  "Every website may reach into the private network",
		Cause:  "Access-Control-Allow-Private-Network is sent to every origin.",
		Danger: "Current browsers ask the visitor instead of the server; those that implemented Private Network Access let every website through.",
		Repair: "Leave it out.", Header: noHeader, Setting: exactSetting,
	},
}
