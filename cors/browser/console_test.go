package browser_test

import (
	"strings"
	"testing"

	"github.com/concors/concors/cors/browser"
)

func TestParseConsole(t *testing.T) {
	const url, origin = "https://api.example.com/account", "https://docs.example.com"
	for _, test := range []struct {
		name, line string
		by         browser.Profile
		code       browser.Code
		preflight  bool
		got, want  string
	}{
		{
			name: "Chromium: no header on the preflight",
			line: "Access to fetch at '" + url + "' from origin '" + origin + "' has been blocked by CORS policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is present on the requested resource.",
			by:   browser.Chromium, code: browser.MissingAllowOrigin, preflight: true, want: origin,
		},
		{
			name: "Chromium: with file name in front and an older ending",
			line: "app.js:12 Access to XMLHttpRequest at '" + url + "' from origin '" + origin + "' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource. If an opaque response serves your needs, set the request's mode to 'no-cors' to fetch the resource with CORS disabled.",
			by:   browser.Chromium, code: browser.MissingAllowOrigin, want: origin,
		},
		{
			name: "Chromium: trailing slash",
			line: "Access to fetch at '" + url + "' from origin '" + origin + "' has been blocked by CORS policy: The 'Access-Control-Allow-Origin' header has a value '" + origin + "/' that is not equal to the supplied origin. Have the server send the header with a valid value.",
			by:   browser.Chromium, code: browser.AllowOriginMismatch, got: origin + "/", want: origin,
		},
		{
			name: "Chromium: two values",
			line: "Access to fetch at '" + url + "' from origin '" + origin + "' has been blocked by CORS policy: The 'Access-Control-Allow-Origin' header contains multiple values '*, *', but only one is allowed.",
			by:   browser.Chromium, code: browser.MultipleAllowOrigin, got: "*, *",
		},
		{
			name: "Chromium: a header that the preflight does not allow",
			line: "Access to fetch at '" + url + "' from origin '" + origin + "' has been blocked by CORS policy: Request header field x-api-key is not allowed by Access-Control-Allow-Headers in preflight response.",
			by:   browser.Chromium, code: browser.HeaderNotAllowed, preflight: true, want: "x-api-key",
		},
		{
			name: "Chromium: a method that the preflight does not allow",
			line: "Access to fetch at '" + url + "' from origin '" + origin + "' has been blocked by CORS policy: Method PUT is not allowed by Access-Control-Allow-Methods in preflight response.",
			by:   browser.Chromium, code: browser.MethodNotAllowed, preflight: true, want: "PUT",
		},
		{
			name: "Chromium: loopback from a public page",
			line: "Access to fetch at 'http://localhost:8000/' from origin 'http://example.com' has been blocked by CORS policy: The request client is not a secure context and the resource is in more-private address space `loopback`.",
			by:   browser.Chromium, code: browser.LocalNetworkInsecure, got: "loopback",
		},
		{
			name: "Firefox: no header, new wording",
			line: "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at " + url + ". (Reason: CORS header ‘Access-Control-Allow-Origin’ missing). Status code: 500.",
			by:   browser.Firefox, code: browser.MissingAllowOrigin, want: "https://your-page.example",
		},
		{
			name: "Firefox: no header, straight quotes, no status",
			line: "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at " + url + ". (Reason: CORS header 'Access-Control-Allow-Origin' missing).",
			by:   browser.Firefox, code: browser.MissingAllowOrigin, want: "https://your-page.example",
		},
		{
			name: "Firefox: a value that does not match",
			line: "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at " + url + ". (Reason: CORS header ‘Access-Control-Allow-Origin’ does not match ‘https://other.example’).",
			by:   browser.Firefox, code: browser.AllowOriginMismatch, got: "https://other.example", want: "https://your-page.example",
		},
		{
			name: "Firefox: one sentence, but a list",
			line: "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at " + url + ". (Reason: CORS header ‘Access-Control-Allow-Origin’ does not match ‘https://a.example, https://b.example’).",
			by:   browser.Firefox, code: browser.MultipleAllowOrigin, got: "https://a.example, https://b.example", want: "https://your-page.example",
		},
		{
			name: "Firefox: the cause wins over the line that follows it",
			line: "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at " + url + ". (Reason: CORS request did not succeed). Status code: (null).\n" +
				"Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at " + url + ". (Reason: CORS preflight response did not succeed). Status code: 401.",
			by: browser.Firefox, code: browser.PreflightStatus, preflight: true,
		},
		{
			name: "Safari: a status",
			line: "Preflight response is not successful. Status code: 404",
			by:   browser.WebKit, code: browser.PreflightStatus, preflight: true,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			f, by, ok := browser.ParseConsole(test.line)
			if !ok {
				t.Fatalf("not recognised: %s", test.line)
			}
			if by != test.by || f.Code != test.code || f.Preflight != test.preflight || f.Got != test.got || f.Want != test.want {
				t.Errorf("got %v %s preflight=%v got=%q want=%q", by, f.Code, f.Preflight, f.Got, f.Want)
			}
			if f.Explain() == "" || strings.ContainsAny(f.Explain(), "{}") {
				t.Errorf("explanation %q", f.Explain())
			}
		})
	}
}

func TestParseConsoleUnknown(t *testing.T) {
	for _, line := range []string{"", "Uncaught TypeError: Failed to fetch", "GET https://a.example/ net::ERR_FAILED 200 (OK)"} {
		if f, _, ok := browser.ParseConsole(line); ok {
			t.Errorf("%q was taken for %s", line, f.Code)
		}
	}
}

// What WebKitGTK 2.50 printed for calls of a page at http://127.0.0.1:18001.
func TestConsoleOfWebKit(t *testing.T) {
	for line, want := range map[string]browser.Code{
		`Origin http://127.0.0.1:18001 is not allowed by Access-Control-Allow-Origin. Status code: 200`:                                                           browser.MissingAllowOrigin,
		`Cannot use wildcard in Access-Control-Allow-Origin when credentials flag is true.`:                                                                       browser.WildcardWithCredentials,
		`Access-Control-Allow-Origin cannot contain more than one origin.`:                                                                                        browser.MultipleAllowOrigin,
		`Credentials flag is true, but Access-Control-Allow-Credentials is not "true".`:                                                                           browser.MissingAllowCredentials,
		`Preflight response is not successful. Status code: 403`:                                                                                                  browser.PreflightStatus,
		`Method PUT is not allowed by Access-Control-Allow-Methods.`:                                                                                              browser.MethodNotAllowed,
		`Request header field X-A is not allowed by Access-Control-Allow-Headers.`:                                                                                browser.HeaderNotAllowed,
		`Header Access-Control-Allow-Methods has an invalid value: a b`:                                                                                           browser.InvalidAllowMethods,
		`Header Access-Control-Allow-Headers has an invalid value: a b`:                                                                                           browser.InvalidAllowHeaders,
		`Load cannot follow more than 20 redirections`:                                                                                                            browser.TooManyRedirects,
		`Not allowed to use restricted network port 25: http://localhost:25/`:                                                                                     browser.BadPort,
		`Cross origin requests are only supported for HTTP.`:                                                                                                      browser.SchemeNotSupported,
		`Cancelled load to http://localhost:18002/corp because it violates the resource's Cross-Origin-Resource-Policy response header.`:                          browser.CORP,
		`Cross-origin redirection to http://localhost:1/ denied by Cross-Origin Resource Sharing policy: redirection URL http://u:p@localhost:1/ has credentials`: browser.RedirectCredentials,
	} {
		f, by, ok := browser.ParseConsole("CONSOLE SECURITY ERROR " + line)
		if !ok || f.Code != want || by != browser.WebKit {
			t.Errorf("%q is taken for %v of %v", line, f, by)
		}
	}
}
