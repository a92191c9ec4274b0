package endpoints_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/mistake"
	"github.com/concors/concors/endpoints"
)

// parse returns the mistakes in a text as "line:column code".
func parse(text string) []string {
	_, report := endpoints.Parse("concors.yaml", []byte(text))
	var all []string
	for _, m := range report.Mistakes {
		place, _, _ := strings.Cut(strings.TrimPrefix(m.String(), "concors.yaml:"), ": ")
		all = append(all, place+" "+string(m.Code))
	}
	return all
}

func TestDocumentsThatSayEverythingOnce(t *testing.T) {
	want := &endpoints.Document{
		Origins:         []string{"https://api.example.com"},
		TrustedProxies:  []string{"10.0.0.0/8", "::1"},
		IdentityHeaders: []string{"X-Remote-User"},
		Upstream:        "http://127.0.0.1:3000/api",
		Policies: endpoints.Policies{
			{Name: "front-end", Policy: endpoints.Policy{
				Allow: "selected", Domains: []string{"https://docs.example.com", "https://*.example.org"}, Credentials: true,
				Headers: []string{"Authorization", "Content-Type"}, Expose: []string{"ETag"},
				Cache: endpoints.Duration(10 * time.Minute), Embed: "same-site", Senders: endpoints.Senders{"https://login.example.net"},
			}},
			{Name: "Öffentlich 2", Policy: endpoints.Policy{Allow: "all", Cache: endpoints.Duration(cors.NoCache), ObserveOnly: true}},
		},
		Endpoints: []endpoints.Entry{
			{Endpoint: "GET /account", CORS: endpoints.Setting{Name: "front-end"}},
			{Endpoint: "/any", CORS: endpoints.Setting{Name: "Öffentlich 2"}, Methods: []string{"GET", "POST"}, EncodedPaths: true},
			{Endpoint: "POST /saml", CORS: endpoints.Setting{Inline: &endpoints.Policy{Senders: endpoints.Senders{"any"}}}, Upstream: "https://sso.example.com"},
			{Endpoint: "GET /things/{id}"},
		},
	}
	block := `
origins: [https://api.example.com]
trusted_proxies: [10.0.0.0/8, "::1"]
identity_headers: [X-Remote-User]
upstream: http://127.0.0.1:3000/api
policies:
  front-end:
    allow: selected
    domains:
      - https://docs.example.com
      - https://*.example.org
    credentials: true
    headers: [Authorization, Content-Type]
    expose: [ETag]
    cache: 10m
    embed: same-site
    senders: [https://login.example.net]
  Öffentlich 2:
    allow: all
    cache: 0
    enforce: false
endpoints:
  - endpoint: GET /account
    cors: front-end
  - endpoint: /any
    cors: Öffentlich 2
    methods: [GET, POST]
    encoded_paths: true
  - endpoint: POST /saml
    cors:
      allow: none
      senders: any
    upstream: https://sso.example.com
  - endpoint: GET /things/{id}
`
	asJSON, err := json.MarshalIndent(want, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	compact, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"block style":        block,
		"carriage returns":   strings.ReplaceAll(block, "\n", "\r\n"),
		"a byte order mark":  "\ufeff" + block,
		"JSON":               string(asJSON),
		"JSON in one line":   string(compact),
		"a document marker":  "---\n" + block + "...\n",
		"comments all over ": "# top\n" + strings.ReplaceAll(block, "\n  ", " # why\n  "),
	} {
		t.Run(name, func(t *testing.T) {
			doc, report := endpoints.Parse("concors.yaml", []byte(text))
			if !report.OK() {
				t.Fatalf("got mistakes:\n%s\nin:\n%s", lines(report.Mistakes), text)
			}
			if !doc.Equal(want) {
				t.Errorf("got %+v\nwant %+v", doc, want)
			}
			var again endpoints.Document
			if err := json.Unmarshal(asJSON, &again); err != nil || !again.Equal(want) {
				t.Errorf("json.Unmarshal: %v, %+v", err, again)
			}
		})
	}
}

// A mistyped key is one mistake: what it says is read as what was meant, and
// judged.
func TestAMistypedKeyIsOneMistake(t *testing.T) {
	for _, tt := range []struct{ name, setting, want string }{
		{"instead of a key that is required", "allow: selected, domain: [https://docs.example.com]", "3:48 key-unknown"},
		{"with a mistake of its own", "allow: selected, domain: [docs.example.com]", "3:48 key-unknown\n3:57 origin-missing-scheme"},
		{"beside the right one, which counts", "allow: selected, domain: [x], domains: [https://docs.example.com]", "3:48 key-unknown"},
		{"twice, of which the first counts", "allow: selected, domain: [https://docs.example.com], origins: [x]", "3:48 key-unknown\n3:84 key-unknown"},
		{"that nobody can guess", "allow: none, zzz: [x]", "3:44 key-unknown"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := strings.Join(parse("upstream: http://127.0.0.1:3000\nendpoints:\n  - {endpoint: GET /a, cors: {"+tt.setting+"}}\n"), "\n")
			if got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestEndpointsThatAreNoList(t *testing.T) {
	for _, tt := range []struct{ name, endpoints, want string }{
		{"keys", "{GET /a: {allow: all}, PUT /b: front-end}", `a list of endpoints belongs here, not keys: begin each with a dash, as in "- endpoint: GET /a"`},
		{"patterns alone", "[GET /a]", `"GET /a": an endpoint belongs here, not a single value (use {endpoint: GET /a})`},
		{"patterns with braces", "['GET /a/{id}']", `(use {endpoint: "GET /a/{id}"})`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, report := endpoints.Parse("", []byte("upstream: http://127.0.0.1:3000\nendpoints: "+tt.endpoints+"\n"))
			if len(report.Mistakes) != 1 || !strings.Contains(report.Mistakes[0].String(), tt.want) {
				t.Errorf("got\n%s\nwant %s", lines(report.Mistakes), tt.want)
			}
		})
	}
}

func TestMistakesComeAllAtOnceAndInOrder(t *testing.T) {
	got := parse(`origins: [https://api.example.com/]
polices: {}
trusted_proxies: [10.0.0.0/33]
upstream: localhost:3000
policies:
  front-end: {allow: selcted, domains: [docs.example.com]}
  other: {allow: all, credentials: false}
endpoints:
  - endpoint: GET /a//b
    cors: frontend
  - endpoint: GET /x
    cors: {allow: none, senders: 5, embed: [x]}
  - pattern: GET /x
    upstream:
`)
	want := []string{
		"1:11 origin-path",
		"2:1 key-unknown",
		"3:19 proxy-invalid",
		"4:11 upstream-invalid",
		"6:3 policy-unused",
		"6:22 allow-unknown",
		"6:41 origin-missing-scheme",
		"7:3 policy-unused",
		"7:23 credentials-under-all",
		"9:22 pattern-path-unclean",
		"10:11 policy-unknown",
		"12:34 value-type",
		"12:44 value-type",
		"13:5 key-unknown",
		"13:14 endpoint-duplicate",
		"14:14 value-missing",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestOddTexts(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"nothing", "", []string{"1:1 document-empty"}},
		{"comments only", "# a\n# b\n", []string{"1:1 document-empty"}},
		{"a marker only", "---\n", []string{"1:1 document-empty"}},
		{"null", "null", []string{"1:1 document-empty"}},
		{"a list", "- a\n", []string{"1:1 value-type"}},
		{"a word", "hello", []string{"1:1 value-type"}},
		{"an empty object", "{}", []string{"1:1 endpoints-none"}},
		{"lists without elements", "origins:\npolicies:\nendpoints:\n", []string{"3:11 endpoints-none"}},
		{"two documents", "endpoints: []\n---\nendpoints: []\n", []string{"1:12 endpoints-none", "2:1 documents-many"}},
		{"a broken second document", "endpoints: []\n---\n]\n", []string{"1:12 endpoints-none", "3:1 yaml-syntax"}},
		{"an unquoted asterisk", "identity_headers: [*]", []string{"1:20 yaml-alias"}},
		{"an unquoted pattern", "origins: [*.example.com]", []string{"1:11 yaml-alias"}},
		{"an alias of nothing", "origins: *x", []string{"1:10 yaml-alias"}},
		{"a merge key", "endpoints: []\n<<: {origins: []}", []string{"1:12 endpoints-none", "2:1 yaml-alias"}},
		{"an end that is missing", `{"endpoints": [`, []string{"1:16 yaml-syntax"}},
		{"a tab", "policies:\n\tx: {}\n", []string{"2:1 yaml-syntax"}},
		{"a zero byte", "endpoints: \x00", []string{"1:12 yaml-syntax"}},
		{"keys that are no text", "endpoints: []\n[a]: b\n{c: d}: e\n5: f\n",
			[]string{"1:12 endpoints-none", "2:1 value-type", "3:1 value-type", "4:1 key-unknown"}},
		{"a broken policy twice", "upstream: http://a\npolicies:\n  x: {allow: al}\n  x: {allow: non}\nendpoints:\n  - endpoint: /\n    cors: x",
			[]string{"3:14 allow-unknown", "4:3 policy-duplicate", "4:14 allow-unknown"}},
		{"aliases that unfold", "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nendpoints: [*c, *c]",
			[]string{"1:1 key-unknown", "2:1 key-unknown", "3:1 key-unknown", "4:13 yaml-alias", "4:17 yaml-alias"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := parse(c.text); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestDeepNestingIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"brackets":    strings.Repeat("[", 1e6),
		"braces":      strings.Repeat("{a: ", 1e6),
		"indentation": strings.Repeat("- ", 1e5),
		"policies":    "policies: " + strings.Repeat("{a: ", 9000) + strings.Repeat("}", 9000),
	} {
		if _, report := endpoints.Parse(name, []byte(text)); report.OK() {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestParseRefusesTooMuch(t *testing.T) {
	for name, text := range map[string]string{
		"bytes":               strings.Repeat("#", 16<<20+1),
		"elements":            "endpoints: [" + strings.Repeat("a, ", 400_000) + "]",
		"elements in lines":   "endpoints:\n" + strings.Repeat("- a\n", 400_000),
		"keys":                "{" + strings.Repeat("a: b, ", 200_000) + "}",
		"keys in JSON":        "{" + strings.Repeat(`"a":0,`, 200_000) + `"b":0}`,
		"brackets":            strings.Repeat("[", 400_001),
		"lines of an old Mac": "endpoints:\r" + strings.Repeat("- a\r", 400_000),
	} {
		if got, want := parse(text), []string{"1:1 document-too-large"}; !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", name, got[:min(3, len(got))], want)
		}
	}
}

func TestParseRefusesOtherEncodings(t *testing.T) {
	for text, want := range map[string]string{
		"origins: []\n# caf\xe9": "2:6 document-not-utf8",
		"\xff\xfea\x00:\x00":     "1:1 document-not-utf8",
		"# é\xff":                "1:4 document-not-utf8",
	} {
		if got := parse(text); !slices.Equal(got, []string{want}) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestRepairs(t *testing.T) {
	inPolicy := func(s string) string {
		return "upstream: http://a\nendpoints:\n  - endpoint: GET /a\n    cors: {" + s + "}\n"
	}
	for text, want := range map[string]string{
		"endpoint: []":                                                        "endpoints",
		"upstreem: http://a\nendpoints: []":                                   "upstream",
		inPolicy("allow: All"):                                                "all",
		inPolicy("allow: any"):                                                "all",
		inPolicy("allow: deny"):                                               "none",
		inPolicy("allow: all, maxAge: 5m"):                                    "cache",
		inPolicy("allow: all, allow_headers: [X-A]"):                          "headers",
		inPolicy("allow: all, cache: 600"):                                    "10m",
		inPolicy("allow: all, cache: 2 days"):                                 "48h",
		inPolicy("allow: all, cache: 5min"):                                   "5m",
		inPolicy("allow: all, cache: 1d"):                                     "24h",
		inPolicy("allow: all, cache: soon"):                                   "",
		inPolicy("allow: all, cache: 999999999999999"):                        "",
		inPolicy("allow: all, cache: -5m"):                                    "",
		inPolicy("allow: all, enforce: off"):                                  "false",
		inPolicy("allow: all, enforce: 'true'"):                               "true",
		inPolicy("allow: all, headers: X-A"):                                  "[X-A]",
		inPolicy("allow: all, methods: [GET]"):                                "",
		"upstream: a:1\nendpoints: []":                                        "http://a:1",
		"upstream: wss://a\nendpoints: []":                                    "https://a",
		"upstream: http://me@a/x\nendpoints: []":                              "http://a/x",
		"upstream: http://a/?x#y\nendpoints: []":                              "http://a/",
		"upstream: http://a:b\nendpoints: []":                                 "",
		"upstream: http://a:0\nendpoints: []":                                 "",
		"upstream: http://:80\nendpoints: []":                                 "",
		"upstream: '::'\nendpoints: []":                                       "",
		"upstream: http://a\nendpoints:\n  - endpoint: GET /a\n    cors: all": "{allow: all}",
	} {
		_, report := endpoints.Parse("", []byte(text))
		errs := report.Errors()
		if len(errs) != 1 || errs[0].Repair != want {
			t.Errorf("%q: want one mistake with repair %q, got:\n%s", text, want, lines(errs))
		}
	}
}

func TestKeysInAWrongPlace(t *testing.T) {
	for text, want := range map[string]string{
		"endpoints: [{endpoint: /a, upstream: 'http://a', allow: all}]":                   "this key belongs into a policy",
		"endpoints: [{endpoint: /a, upstream: 'http://a', cors: {methods: [GET]}}]":       "this key belongs into an endpoint; a policy allows the methods of the endpoints at a path",
		"endpoints: [{endpoint: /a, upstream: 'http://a', cors: {encoded_paths: true}}]":  "this key belongs into an endpoint",
		"endpoints: [{endpoint: /a, upstream: 'http://a', trusted_proxies: [127.0.0.1]}]": "this key belongs to the top of the document",
		"endpoints: [{endpoint: /a, upstream: 'http://a', what: ever}]":                   "this key is not known here",
	} {
		_, report := endpoints.Parse("", []byte(text))
		if len(report.Mistakes) != 1 || report.Mistakes[0].Message != want || report.Mistakes[0].Repair != "" {
			t.Errorf("%s: want %q, got:\n%s", text, want, lines(report.Mistakes))
		}
	}
}

func TestPartsOfADocumentAsJSON(t *testing.T) {
	var p endpoints.Policy
	if err := json.Unmarshal([]byte(`{"allow": "all", "cache": "10m", "enforce": false}`), &p); err != nil ||
		!p.Equal(endpoints.Policy{Allow: "all", Cache: endpoints.Duration(10 * time.Minute), ObserveOnly: true}) {
		t.Errorf("got %+v, %v", p, err)
	}
	var e endpoints.Entry
	if err := json.Unmarshal([]byte(`{"endpoint": "GET /a", "cors": {"senders": "any"}}`), &e); err != nil ||
		!e.Equal(endpoints.Entry{Endpoint: "GET /a", CORS: endpoints.Setting{Inline: &endpoints.Policy{Senders: endpoints.Senders{"any"}}}}) {
		t.Errorf("got %+v, %v", e, err)
	}
	for text, want := range map[string]string{
		`{"allow": "all", "alow": 1}`: "1:18: key-unknown",
		`{"cache": 5}`:                "1:11: cache-invalid",
		`[]`:                          "1:1: value-type",
	} {
		if err := json.Unmarshal([]byte(text), &p); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}

func TestEveryMistakeCarriesWhatToolsNeed(t *testing.T) {
	_, report := endpoints.Parse("dir/concors.yaml", []byte("upstream: http://a\nendpoints:\n  - endpoint: /a\n    cors: {allow: selected, domains: [x.example]}"))
	want := endpoints.Mistake{
		File: "dir/concors.yaml", Line: 4, Column: 39, Code: mistake.OriginMissingScheme,
		Field: endpoints.EndpointField(0).At("cors").At("domains").AtElement(0), Value: "x.example",
		Message: "an origin needs its scheme", Repair: "https://x.example", Remedy: "Put https:// in front.",
	}
	if len(report.Mistakes) != 1 || report.Mistakes[0] != want {
		t.Errorf("got %+v, want %+v", report.Mistakes, want)
	}
	var m endpoints.Mistake
	if !errors.As(report.Err(), &m) || m != want {
		t.Errorf("errors.As finds %+v", m)
	}
}

func TestBuildReportsWithoutPlaces(t *testing.T) {
	doc := &endpoints.Document{
		Policies:  endpoints.Policies{{Name: "a.b", Policy: endpoints.Policy{Allow: "all", Credentials: true}}, {Name: "a.b"}},
		Endpoints: []endpoints.Entry{{Endpoint: "GET /a"}, {Endpoint: "GET /{x}", Methods: []string{"GET"}}, {}, {Endpoint: "GET /a"}},
	}
	table, report := endpoints.Build(doc, endpoints.Options{})
	if table != nil {
		t.Error("a document with mistakes has a table")
	}
	var got []string
	for _, m := range report.Mistakes {
		if m.Line != 0 || m.Column != 0 {
			t.Errorf("%s has a place", m)
		}
		got = append(got, m.Field.String()+" "+string(m.Code))
	}
	want := []string{
		`policies["a.b"].credentials credentials-under-all`,
		`policies["a.b"] policy-duplicate`,
		`endpoints[1].methods methods-not-needed`,
		`endpoints[2] endpoint-missing`,
		`endpoints[3].endpoint endpoint-duplicate`,
		`endpoints[0] upstream-missing`,
		`policies["a.b"] policy-unused`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// FuzzParse asks of every text: no panic; each mistake has a known code, a
// place inside the text and something to say; a good document survives JSON.
func FuzzParse(f *testing.F) {
	for _, folder := range []string{"mistakes"} {
		for _, g := range goldens(f, folder) {
			f.Add([]byte(g.file(f, "concors.yaml")))
		}
	}
	f.Add([]byte(accounts))
	codes := make(map[mistake.Code]bool)
	for _, m := range endpoints.Kinds() {
		codes[m.Code] = true
	}
	validate := validator(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, table, report := endpoints.Load("f", data, endpoints.Options{})
		if (table != nil) != report.OK() {
			t.Fatalf("table %v, OK %v", table != nil, report.OK())
		}
		count := bytes.Count(data, []byte("\n")) + bytes.Count(data, []byte("\r")) + 1
		for _, m := range report.Mistakes {
			if !codes[m.Code] || m.Message == "" || m.Remedy == "" || m.Line < 1 || m.Column < 1 {
				t.Fatalf("bad mistake %+v", m)
			}
			// NEL, LS and PS end lines too; they are rare enough to skip.
			if m.Line > count && !bytes.ContainsAny(data, "\u0085\u2028\u2029") {
				t.Fatalf("line %d of %d: %s", m.Line, count, m)
			}
		}
		if !report.OK() {
			return
		}
		text, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		again, report := endpoints.Parse("again", text)
		if !report.OK() || !again.Equal(doc) {
			t.Fatalf("%s\nas JSON %s\n%s", data, text, lines(report.Mistakes))
		}
		if err := validate(string(text)); err != nil {
			t.Fatalf("the schema rejects %s: %v", text, err)
		}
	})
}
