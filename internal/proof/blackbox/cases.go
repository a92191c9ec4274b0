package blackbox

import (
	"strings"
)

// A lines is the lines of one header: none, one or several.
type lines []string

// originCases are the values of Origin worth sending to an endpoint of the
// setting, when Host is host. The first few (see essentialOrigins) are asked
// with everything else.
func originCases(w *World, s *Setting, host string) []lines {
	name := hostname(host)
	cases := []lines{
		nil,
		{allowedExample(s)},
		{"https://evil.example"},
		{"null"},
		{"https://" + host},
		// Own, or nearly.
		{"http://" + host},
		{"https://" + name},
		{"http://" + name},
		{"https://" + name + ":8080"},
		{"http://" + name + ":8080"},
		{"https://" + name + ":443"},
		{"https://" + name + ":8443"},
		{"https://" + name + "/"},
		{"https://" + name + "."},
		{"https://user@" + name},
		{"https://evil." + name},
		{"https://" + name + ".evil.example"},
		{"capacitor://" + name},
		{"https://public.test"}, // a forwarded host
		{"https://public.test:8443"},
		// Nobody's.
		{""},
		{"*"},
		{"NULL"},
		{"https://"},
		{"garbage"},
		{"://"},
		{"https://docs.example.com, https://docs.example.com"},
		{"https://docs.example.com https://admin.example.net:8443"},
		{"https://docs.example.com", "https://docs.example.com"},
		{"https://docs.example.com", "https://evil.example"},
		{"https://evil.example", "https://" + name},
		{"null", "null"},
		{"https://" + strings.Repeat("a", 520) + ".example.com"},
		{"https://docs.example.com" + strings.Repeat("/", 600)},
		{"https://" + strings.Repeat("a.", 1500) + "example.com"},
		{"file://"},
		{"data:text/html,x"},
		{"https://idp.example.net"},
		{"https://eu.pay.example.net"},
		{"https://pay.example.net"},
		{"https://idp.example.net.evil.example"},
		{"http://idp.example.net"},
	}
	for _, o := range w.Origins {
		cases = append(cases, lines{o}, lines{strings.Replace(o, "https:", "http:", 1)}, lines{o + ":8444"})
	}
	for i, p := range s.Domains {
		if i < 4 || i == len(s.Domains)-1 {
			cases = append(cases, lookalikes(p)...)
		}
	}
	if len(s.Domains) == 0 {
		cases = append(cases, lookalikes("https://docs.example.com")...)
	}
	return cases
}

// essentialOrigins is how many of originCases are asked with everything else;
// from the last of them up to ownOrigins they are own, or nearly.
const (
	essentialOrigins = 5
	ownOrigins       = 20
)

// allowedExample is an origin that the setting allows, if it allows any.
func allowedExample(s *Setting) string {
	if len(s.Domains) == 0 {
		return "https://docs.example.com"
	}
	return instances(s.Domains[0])[0]
}

// instances are origins that the pattern covers.
func instances(pattern string) []string {
	out := []string{pattern}
	if scheme, rest, ok := strings.Cut(pattern, "://*."); ok {
		out = nil
		for _, l := range []string{"shop", "a.b", "a-b.c0.d", "under_score", "xn--bcher-kva", "0"} {
			out = append(out, scheme+"://"+l+"."+rest)
		}
	}
	if base, ok := strings.CutSuffix(pattern, ":*"); ok {
		out = nil
		for _, port := range []string{"", ":3000", ":1", ":65535"} {
			out = append(out, strings.Replace(base, "*", "7", 1)+port)
		}
	} else if inLabel(pattern) {
		out = nil
		for _, l := range []string{"7", "a-b", "0_0", "a--b"} {
			out = append(out, strings.Replace(pattern, "*", l, 1))
		}
	}
	return out
}

// inLabel: the pattern has a `*` inside its first label.
func inLabel(pattern string) bool {
	return strings.Contains(strings.TrimSuffix(pattern, ":*"), "*") && !strings.Contains(pattern, "://*.")
}

// lookalikes are the pattern's instances and what only looks like them.
func lookalikes(pattern string) []lines {
	var cases []lines
	put := func(values ...string) {
		for _, v := range values {
			cases = append(cases, lines{v})
		}
	}
	put(instances(pattern)...)
	o := instances(pattern)[0]
	scheme, authority, _ := strings.Cut(o, "://")
	put(
		pattern,
		o+"/", o+"/path", o+"?", o+"#", o+".", o+":", o+":0", o+":80", o+":443", o+":8443", o+":65536", o+":08443", o+":8443x",
		o+".evil.example", o+"evil.example", o+"@evil.example", o+":x@evil.example", o+"%2eevil.example", o+`\.evil.example`,
		strings.ToUpper(o), strings.ToUpper(scheme)+"://"+authority, scheme+"://"+strings.ToUpper(authority),
		"evil"+o, "http://"+authority, "https://"+authority, "ftp://"+authority, "//"+authority, authority, scheme+":"+authority, scheme+":/"+authority,
		scheme+"://"+"evil"+authority, scheme+"://"+"evil."+authority, scheme+"://"+"evil-"+authority, scheme+"://evil@"+authority,
		scheme+"://evil.example/."+authority, scheme+"://evil.example#."+authority, scheme+"://evil.example?."+authority,
		scheme+"://."+authority, scheme+"://a.."+authority, scheme+"://*."+authority, scheme+"://a b."+authority, scheme+"://[::1]."+authority,
		strings.Replace(o, ".", "x", 1), strings.Replace(o, ".", "", 1), o[:len(o)-1], o+"x",
	)
	if s, rest, ok := strings.Cut(pattern, "://*."); ok {
		put(s+"://"+rest, s+"://."+rest, s+"://x"+rest, s+"://-"+rest, s+"://evil.example/."+rest, s+"://"+strings.TrimSuffix(rest, ":8443"))
	}
	if inLabel(pattern) {
		for _, l := range []string{"", ".", "a.b", "a.", ".a", "*", "a*", "A", "a/", "evil.example/", "a@", "a:1", "é", "%61", "a b"} {
			put(strings.Replace(strings.TrimSuffix(pattern, ":*"), "*", l, 1))
		}
		before, after, _ := strings.Cut(pattern, "*")
		put(before+strings.TrimLeft(after, "-z"), strings.Replace(pattern, "*", "a", 1)+".evil.example", scheme+"://a."+strings.TrimPrefix(o, scheme+"://"))
	}
	return cases
}

// A metadata is what a browser says of a request in Sec-Fetch-*.
type metadata struct {
	site       lines
	mode, dest string // "": not sent
}

// metadataCases: the first few are asked with everything else.
var metadataCases = []metadata{
	{},
	{lines{"same-origin"}, "cors", "empty"},
	{lines{"same-site"}, "no-cors", "image"},
	{lines{"cross-site"}, "cors", "empty"},
	{lines{"cross-site"}, "navigate", "document"},
	{lines{"cross-site"}, "navigate", "iframe"},
	{lines{"none"}, "navigate", "document"},
	{lines{"cross-site"}, "no-cors", "image"},

	{lines{"same-origin"}, "navigate", "document"},
	{lines{"same-origin"}, "websocket", "empty"},
	{lines{"same-origin"}, "", ""},
	{lines{"same-site"}, "cors", "empty"},
	{lines{"same-site"}, "navigate", "document"},
	{lines{"same-site"}, "navigate", "iframe"},
	{lines{"same-site"}, "", ""},
	{lines{"cross-site"}, "", ""},
	{lines{"cross-site"}, "no-cors", "script"},
	{lines{"cross-site"}, "no-cors", "empty"},
	{lines{"cross-site"}, "navigate", ""},
	{lines{"cross-site"}, "navigate", "frame"},
	{lines{"cross-site"}, "navigate", "embed"},
	{lines{"cross-site"}, "navigate", "object"},
	{lines{"cross-site"}, "navigate", "fencedframe"},
	{lines{"cross-site"}, "websocket", "empty"},
	{lines{"cross-site"}, "same-origin", "empty"},
	{lines{"cross-origin"}, "cors", "empty"},
	{lines{"Same-Origin"}, "cors", "empty"},
	{lines{"NONE"}, "no-cors", "image"},
	{lines{"same-origin;x"}, "no-cors", "image"},
	{lines{""}, "cors", "empty"},
	{lines{"same-origin, cross-site"}, "no-cors", "image"},
	{lines{"same-origin", "same-origin"}, "cors", "empty"},
	{lines{"none", "cross-site"}, "no-cors", "image"},
	{lines{"same-site", "same-site"}, "no-cors", "image"},
	{nil, "navigate", "document"},
	{nil, "no-cors", "image"},
	{nil, "cors", "empty"},
	{nil, "websocket", "empty"},
}

const essentialMetadata = 8

// credentialCases are what a request may carry to say who sends it.
var credentialCases = [][]Field{
	nil,
	{{"Cookie", "session=s3cret; theme=dark"}},
	{{"Cookie", "session=s3cret"}, {"Cookie", "theme=dark"}},
	{{"Authorization", "Bearer abc.def-ghi"}},
	{{"Authorization", "Basic dXNlcjpwYXNz"}},
	{{"Authorization", "bAsIc dXNlcjpwYXNz"}},
	{{"Authorization", "Digest username=\"u\", realm=\"r\""}},
	{{"Authorization", "Negotiate YIIabc"}},
	{{"Authorization", "NTLM TlRMTVNTUAAB"}},
	{{"Authorization", "negotiate\tYIIabc"}},
	{{"Authorization", "Basic"}},
	{{"Authorization", "AWS4-HMAC-SHA256 Credential=AKIA/20261123"}},
	{{"Authorization", "Basically fine"}},
	{{"Authorization", "opaque-token"}},
	{{"Authorization", "Bearer abc"}, {"Authorization", "Basic dXNlcjpwYXNz"}},
	{{"Cookie", "session=s3cret"}, {"Authorization", "Bearer abc.def-ghi"}},
	{{"Cookie", "session=s3cret"}, {"Authorization", "Basic dXNlcjpwYXNz"}},
}

// identityCases are the headers that a proxy in front derives from a cookie.
// Only X-Remote-User and X-Forwarded-Client-Cert are declared.
var identityCases = [][]Field{
	nil,
	{{"X-Remote-User", "alice"}},
	{{"x-remote-user", "alice"}, {"X-Remote-User", "bob"}},
	{{"X-Forwarded-Client-Cert", "By=spiffe://a;Hash=b"}, {"X-Remote-User", "alice"}},
	{{"X-Remote-Username", "not declared"}},
	{{"X_Remote_User", "alice"}},
	{{"x-remote_user", "alice"}},
}

// forwardedCases are what proxies add. Only Proto and Host count, and only
// from trusted proxies.
var forwardedCases = [][]Field{
	nil,
	nil,
	{{"X-Forwarded-Proto", "https"}},
	{{"X-Forwarded-Host", "public.test"}},
	{{"X-Forwarded-Host", "public.test:8443"}, {"X-Forwarded-Proto", "https"}},
	{{"X-Forwarded-Host", "api.example.com"}},
	{{"X-Forwarded-Port", "8080"}, {"X-Forwarded-For", "192.0.2.1"}, {"X-Forwarded-Server", "public.test"}},
	{{"X-Original-Host", "public.test"}, {"X-Original-URL", "/all/anything"}, {"X-Rewrite-URL", "/all/anything"}},
	{{"X-HTTP-Method-Override", "DELETE"}},
	{{"X-Forwarded-Proto", "http"}},
	{{"X-Forwarded-Proto", "http"}, {"X-Forwarded-Host", "public.test"}},
}

// httpsForwardedCases is how many of them fit a listener with TLS of its own
// (a proxy that says http there contradicts the connection).
const httpsForwardedCases = 9

var acceptCases = []string{
	"", "*/*", "application/json",
	"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
}

// contentTypes never decide.
var contentTypes = []string{"", "application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"}

var methodCases = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE", "patch"}

// requestMethodCases are Access-Control-Request-Method's lines.
var requestMethodCases = []lines{
	{"GET"}, {"PUT"}, {"PATCH"},
	{"POST"}, {"DELETE"}, {"HEAD"}, {"PURGE"}, {"put"}, {"patch"}, {"Get"}, {"MKCOL"}, {""}, {"GET, POST"}, {"P@T"},
	{"GET", "GET"}, {"PUT", "POST"}, nil,
}

// requestHeaderCases are Access-Control-Request-Headers' lines for a setting;
// the first few are asked with everything else.
func requestHeaderCases(s *Setting) []lines {
	all := strings.ToLower(strings.Join(s.Headers, ","))
	if all == "" {
		all = "content-type"
	}
	all = strings.ReplaceAll(all, "*", "x-anything,x-else")
	names := strings.Split(all, ",")
	pad := func(n int) string { return strings.Repeat(all+",", n/(len(all)+1)+1) + names[0] }
	return []lines{
		nil,
		{all},
		{"x-not-listed"},
		{names[0]},
		{"content-type"},
		{"authorization"},
		{"authorization,content-type"},
		{"x-custom"},
		{strings.Join(names, ", ")},
		{strings.Join(names, " \t,\t ")},
		names,
		{"," + all + ",,"},
		{"", all, ""},
		{""},
		{" , ,\t"},
		{strings.ToUpper(all)},
		{all + "," + all},
		{all + ",x-not-listed"},
		{all, "x-not-listed"},
		{names[0] + "x"},
		{"x" + names[0]},
		{names[0][:len(names[0])-1]},
		{strings.Join(names, ";")},
		{"*"},
		{"cookie"},
		{"x-http-method-override"},
		{"x-http-method"},
		{"x-method-override"},
		{"x-anything,X-HTTP-Method-Override"},
		{"x-method-overrides"},
		{"x@y"},
		{strings.Repeat(",", 3000) + names[0]},
		{pad(3000)},
		{pad(5000)},
		{"x-" + strings.Repeat("a", 5000)},
		{strings.Repeat(",", 5000)},
		{pad(2500), pad(2500)},
	}
}

const essentialRequestHeaders = 3
