package cors

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/concors/concors/cors/mistake"
)

// found lists mistakes as "code field (repair)".
func found(errs []*Error) []string {
	var out []string
	for _, e := range errs {
		s := string(e.Code) + " " + e.Field
		if e.Repair != "" {
			s += " (" + e.Repair + ")"
		}
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

func TestCompileFindsEveryMistakeAtOnce(t *testing.T) {
	tests := []struct {
		name   string
		policy Policy
		want   []string
	}{
		{"a bit of everything", Selected{
			Domains:     []string{"docs.example.com", "https://ok.example.com", "https://ok.example.com:443/", "http://plain.example.com", "http://localhost:3000"},
			Credentials: true,
			Headers:     []string{"*", "Cookie", "X A", "Access-Control-Allow-Origin", "Authorization"},
			Expose:      []string{"*", "Set-Cookie", ""},
			Cache:       1500 * time.Millisecond,
			Embed:       "everywhere",
			Senders:     []string{"any", "https://sso.example"},
		}, []string{
			"cache-invalid cache (1s)", "embed-unknown embed", "expose-forbidden expose[1]", "expose-wildcard-with-credentials expose[0]",
			"header-forbidden headers[1]", "header-invalid expose[2]", "header-invalid headers[2]", "header-is-response-header headers[3]",
			"origin-default-port domains[2] (https://ok.example.com)",
			"origin-insecure-with-credentials domains[3] (https://plain.example.com)", "origin-missing-scheme domains[0] (https://docs.example.com)",
			"origin-path domains[2] (https://ok.example.com)", "senders-any-among-others senders[0]",
		}},
		{"nobody selected", Selected{}, []string{"domains-missing domains"}},
		{"senders are origins with credentials", None{Senders: []string{"null", "http://sso.example", "https://*.github.io"}}, []string{
			"origin-insecure-with-credentials senders[1] (https://sso.example)", "origin-null senders[0]", "origin-public-suffix senders[2]"}},
		{"request headers exposed", All{Expose: []string{"Authorization", "Access-Control-Request-Method", "Sec-Fetch-Site", "X-Forwarded-For"}}, []string{
			"expose-is-request-header expose[0]", "expose-is-request-header expose[1]", "expose-is-request-header expose[2]", "expose-is-request-header expose[3]"}},
		{"negative cache", All{Cache: -time.Minute}, []string{"cache-invalid cache (0s)"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Compile(tt.policy, nil)
			if err == nil || c != nil {
				t.Fatalf("Compile = %v, %v; want nil and an error", c, err)
			}
			if got := found(slices.Collect(Errors(err))); !slices.Equal(got, tt.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
			for e := range Errors(err) {
				if e.Code.IsWarning() {
					t.Errorf("the warning %s is among the errors", e.Code)
				}
			}
		})
	}
}

func TestCompileWarns(t *testing.T) {
	plainSite, err := NewSite(&Options{Origins: []string{"http://api.example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		policy Policy
		site   *Site
		want   []string
	}{
		{"nothing to say", Selected{Domains: docsDomains, Credentials: true, Headers: []string{"Content-Type"}, Cache: time.Hour}, nil, nil},
		{"domains", Selected{Domains: []string{"https://a.example.com", "https://a.example.com", "https://*.example.com", "http://b.example", "moz-extension://0"}}, nil, []string{
			"origin-covered domains[0]", "origin-covered domains[1]", "origin-duplicate domains[1]", "origin-per-installation domains[4]", "origin-plain-http domains[3]"}},
		{"sender and domain", Selected{Domains: docsDomains, Senders: docsDomains}, nil, []string{"sender-is-domain domains[0]"}},
		{"any sender", None{Senders: []string{"any"}}, nil, []string{"senders-any senders"}},
		{"headers", All{Headers: []string{"*", "X-A", "Authorization"}, Expose: []string{"X-B", "x-b"}}, nil, []string{"header-redundant expose[1]", "header-redundant headers[1]"}},
		{"readable anyway", All{Expose: []string{"Content-Type", "ETag"}}, nil, []string{"expose-readable expose[0]"}},
		{"previews below a shared domain", Selected{Domains: []string{"https://*--shop.netlify.app", "https://pr-*.example.com"}}, nil, []string{"origin-shared-domain domains[0]"}},
		{"previews covered", Selected{Domains: []string{"https://pr-*.example.com", "https://*.example.com", "https://pr-1.example.com"}}, nil, []string{
			"origin-covered domains[0]", "origin-covered domains[2]"}},
		{"cache", All{Cache: 25 * time.Hour}, nil, []string{"cache-above-browser-cap cache"}},
		{"insecure origins", Selected{Domains: []string{"http://b.example", "https://a.example", "http://localhost"}, Credentials: true, Senders: []string{"http://sso.example"}, DangerouslyAllowInsecureOrigins: true}, nil,
			[]string{"origin-plain-http domains[0]", "origin-plain-http senders[0]"}},
		{"insecure senders", None{Senders: []string{"http://sso.example"}, DangerouslyAllowInsecureOrigins: true}, nil, []string{"origin-plain-http senders[0]"}},
		{"insecure origins without need", Selected{Domains: []string{"http://b.example", "http://localhost"}, Senders: docsDomains, DangerouslyAllowInsecureOrigins: true}, nil,
			[]string{"insecure-origins-unneeded dangerously_allow_insecure_origins", "origin-plain-http domains[0]"}},
		{"own origin is plain http", Selected{Domains: docsDomains, Credentials: true}, plainSite, []string{"own-origin-insecure credentials"}},
		{"own origin is plain http, no credentials", Selected{Domains: docsDomains}, plainSite, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Compile(tt.policy, tt.site)
			if err != nil {
				t.Fatal(err)
			}
			if got := found(c.Warnings()); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			for _, w := range c.Warnings() {
				if !w.Code.IsWarning() {
					t.Errorf("%s is not a warning", w.Code)
				}
			}
		})
	}
}

func TestNewSiteFindsEveryMistakeAtOnce(t *testing.T) {
	_, err := NewSite(&Options{
		Origins:         []string{"api.example.com", "https://*.example.com", "app://api", "https://api.example.com"},
		TrustedProxies:  []string{"10.0.0.0/8", "10.0.0.1", "proxy", "10.0.0.0/40"},
		IdentityHeaders: []string{"X-User", "X User"},
	})
	want := []string{"header-invalid identity_headers[1]", "origin-missing-scheme origins[0] (https://api.example.com)", "own-origin-scheme origins[2]",
		"own-origin-wildcard origins[1]", "proxy-invalid trusted_proxies[2]", "proxy-invalid trusted_proxies[3]"}
	if got := found(slices.Collect(Errors(err))); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestCheckMethods(t *testing.T) {
	err := CheckMethods("GET", "put", "TRACE", "A B", "patch")
	want := []string{"method-forbidden methods[2]", "method-invalid methods[1] (PUT)", "method-invalid methods[3]"}
	if got := found(slices.Collect(Errors(err))); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := CheckMethods("PUT", "GET", "GET"); err != nil {
		t.Error(err)
	}
}

// Every code is explained; error texts have place, value, message and repair.
func TestMistakesAreExplained(t *testing.T) {
	all := mistake.Kinds()
	if len(all) < 40 {
		t.Errorf("only %d mistakes", len(all))
	}
	for _, m := range all {
		if m.Message == "" || m.Cause == "" || m.Remedy == "" {
			t.Errorf("%s lacks its message, cause or remedy", m.Code)
		}
		if strings.HasSuffix(m.Message, ".") || !strings.HasSuffix(m.Cause, ".") && !strings.HasSuffix(m.Cause, ".)") || !strings.HasSuffix(m.Remedy, ".") {
			t.Errorf("%s: message without, cause and remedy with a full stop", m.Code)
		}
	}
	e := &Error{Code: mistake.OriginMissingScheme, Field: "domains[0]", Value: "docs.example.com", Repair: "https://docs.example.com"}
	if got, want := e.Error(), `cors: domains[0]: "docs.example.com": an origin needs its scheme (use "https://docs.example.com")`; got != want {
		t.Errorf("Error() = %s, want %s", got, want)
	}
}

// A million exact origins compile in under 2 s and look up like ten.
func BenchmarkCompileMillion(b *testing.B) {
	list := make([]string, 1_000_000)
	for i := range list {
		list[i] = fmt.Sprintf("https://customer-%07d.example.com", i)
	}
	for b.Loop() {
		if _, err := Compile(Selected{Domains: list, Credentials: true}, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// Whoever writes a million mistakes gets a thousand of them and a number; what
// they cost does not grow with their number.
func TestMistakesAreCounted(t *testing.T) {
	many := func(n int, text string) []string { return slices.Repeat([]string{text}, n) }
	errs := func(err error, _ ...any) []*Error { return slices.Collect(Errors(err)) }
	compile := func(p Policy) []*Error {
		c, err := Compile(p, nil)
		if err == nil {
			return c.Warnings()
		}
		return errs(err)
	}
	site := func(o Options) []*Error {
		_, err := NewSite(&o)
		return errs(err)
	}
	const n = 50_000
	for _, tt := range []struct {
		name    string
		found   []*Error
		code    mistake.Code
		omitted int
	}{
		{"domains", compile(Selected{Domains: many(n, "a")}), mistake.MistakesOmitted, n - 1000},
		{"senders", compile(None{Senders: many(n, "a")}), mistake.MistakesOmitted, n - 1000},
		{"headers", compile(All{Headers: many(n, "a b")}), mistake.MistakesOmitted, n - 1000},
		{"expose", compile(All{Expose: many(n, "a b")}), mistake.MistakesOmitted, n - 1000},
		{"warnings", compile(Selected{Domains: many(n, "https://docs.example.com")}), mistake.WarningsOmitted, n - 1 - 1000},
		{"own origins", site(Options{Origins: many(n, "a")}), mistake.MistakesOmitted, n - 1000},
		{"proxies", site(Options{TrustedProxies: many(n, "a")}), mistake.MistakesOmitted, n - 1000},
		{"identity headers", site(Options{IdentityHeaders: many(n, "a b")}), mistake.MistakesOmitted, n - 1000},
		{"hosts", site(Options{Hosts: many(n, "*")}), mistake.MistakesOmitted, n - 1000},
		{"methods", errs(CheckMethods(many(n, "get")...)), mistake.MistakesOmitted, n - 1000},
	} {
		last := tt.found[len(tt.found)-1]
		if len(tt.found) != 1001 || last.Code != tt.code || last.Omitted() != tt.omitted {
			t.Errorf("%s: %d mistakes, the last %s for %d more; want %d more", tt.name, len(tt.found), last.Code, last.Omitted(), tt.omitted)
		}
		for _, e := range tt.found[:1000] {
			if e.Omitted() != 0 {
				t.Errorf("%s: %v stands for others", tt.name, e)
			}
		}
	}
}

// The example that a public suffix gets is of its own kind.
func TestPublicSuffixExamples(t *testing.T) {
	for pattern, example := range map[string]string{
		"https://*.com": "https://your-name.com", "https://*.github.io": "https://your-name.github.io", "https://*.co.uk": "https://your-name.co.uk",
	} {
		_, err := Compile(Selected{Domains: []string{pattern}}, nil)
		if err == nil || !strings.Contains(err.Error(), "such as "+example) {
			t.Errorf("%s: %v, want an example like %s", pattern, err, example)
		}
	}
}
