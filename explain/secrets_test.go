package explain

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/cors/browser"
)

// permissive answers preflights of every origin with yes, and everything else
// by h.
func permissive(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		origin := r.Header.Get("Origin")
		w.Header().Set("Access-Control-Allow-Origin", origin)
		w.Header().Set("Access-Control-Allow-Credentials", "true")
		if r.Method == http.MethodOptions {
			w.Header().Set("Access-Control-Allow-Methods", r.Header.Get("Access-Control-Request-Method"))
			w.Header().Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
			w.WriteHeader(http.StatusNoContent)
			return
		}
		h(w, r)
	}
}

// hears answers with status and, if it is not empty, Location, and keeps what
// it is told.
func hears(heard *[]string, status int, location string) http.HandlerFunc {
	return permissive(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var head strings.Builder
		_ = r.Header.Write(&head)
		*heard = append(*heard, head.String()+"\n"+string(body))
		if location != "" {
			w.Header().Set("Location", location)
		}
		w.WriteHeader(status)
	})
}

// Secrets go to the server that the person named and to no other, whatever a
// browser would do: a redirect is the server's choice, not the person's.
func TestSecretsStayWithTheNamedOrigin(t *testing.T) {
	const secret = "s3cret"
	q := Question{
		Page: browser.Page{Origin: "https://docs.example.com"},
		Call: browser.Call{
			Method: "PUT", URL: "https://api.example.com/a", Credentials: browser.Include,
			Headers: []browser.HeaderField{
				{Name: "Authorization", Value: "Bearer " + secret}, {Name: "X-Api-Key", Value: secret}, {Name: "User-Agent", Value: secret},
			},
			Body: browser.Body{Kind: browser.Text, Data: []byte(secret)},
		},
		Cookies: []string{"session=" + secret + "; SameSite=None; Secure; Domain=example.com"},
	}
	redirects := map[string]string{
		"another site":                    "https://evil.example/b",
		"a neighbour who gets the cookie": "https://evil.example.com/b",
		"another port":                    "https://api.example.com:8443/b",
		"plain http":                      "http://api.example.com/b",
	}
	for _, profile := range browser.Profiles() {
		for name, to := range redirects {
			t.Run(profile.String()+", "+name, func(t *testing.T) {
				var named, other []string
				// The second redirect is where Firefox brings headers back.
				twice := permissive(func(w http.ResponseWriter, r *http.Request) {
					location := ""
					status := http.StatusOK
					if r.URL.Path == "/b" {
						status, location = http.StatusTemporaryRedirect, "/c"
					}
					hears(&other, status, location)(w, r)
				})
				network := hosts{
					"api.example.com": func(w http.ResponseWriter, r *http.Request) {
						if r.URL.Path == "/a" {
							hears(&named, http.StatusTemporaryRedirect, to)(w, r)
							return
						}
						twice(w, r)
					},
					"evil.example": twice, "evil.example.com": twice, "api.example.com:8443": twice,
				}
				q := q
				q.Profile = profile
				a := AskLive(context.Background(), q, Live{Transport: network, Send: true})
				if len(named) != 1 || strings.Count(named[0], secret) < 3 {
					t.Fatalf("the named server is told %q", named)
				}
				if strings.HasPrefix(to, "http:") {
					if len(other) > 0 { // mixed content
						t.Errorf("plain http is told %q", other)
					}
					return
				}
				if len(other) != 2 {
					t.Fatalf("%d requests to the other origin, want 2: %v", len(other), a.Err)
				}
				if told := strings.Join(other, "\n"); strings.Contains(told, secret) {
					t.Errorf("the other origin is told\n%s", told)
				}
				var story strings.Builder
				a.Write(&story, Style{})
				origin := strings.TrimSuffix(to, "/b")
				if !strings.Contains(story.String(), "Withheld from "+origin) || !strings.Contains(story.String(), "X-Api-Key") {
					t.Errorf("the story does not say what was withheld:\n%s", story.String())
				}
				data, err := json.Marshal(&a)
				if err != nil {
					t.Fatal(err)
				}
				var out struct{ Withheld []Withheld }
				err = json.Unmarshal(data, &out)
				// WebKit's preflights have the page's User-Agent.
				out.Withheld = slices.DeleteFunc(out.Withheld, func(w Withheld) bool { return slices.Equal(w.What, []string{"User-Agent"}) })
				if err != nil || len(out.Withheld) != 2 ||
					out.Withheld[0].Origin != origin || !slices.Contains(out.Withheld[0].What, "the body") {
					t.Errorf("JSON says %+v, %v", out.Withheld, err)
				}
				if returned := slices.Contains(out.Withheld[1].What, "Authorization"); returned != (profile == browser.Firefox) ||
					returned != strings.Contains(story.String(), "a mistake of Firefox") {
					t.Errorf("Authorization returns with the second redirect: %t, and the story says\n%s", returned, story.String())
				}
				if strings.Contains(string(data), secret) || strings.Contains(story.String(), secret) {
					t.Error("the secret is shown")
				}
			})
		}
	}
}

func TestSecretsGoWhereThePersonSays(t *testing.T) {
	var other []string
	network := hosts{
		"api.example.com":   hears(new([]string), http.StatusTemporaryRedirect, "https://login.example.com/"),
		"login.example.com": hears(&other, http.StatusOK, ""),
	}
	q := Question{
		Page: browser.Page{Origin: "https://docs.example.com"},
		Call: browser.Call{URL: "https://api.example.com/", Headers: []browser.HeaderField{{Name: "X-Api-Key", Value: "s3cret"}}},
	}
	a := AskLive(context.Background(), q, Live{Transport: network, SecretsTo: []string{"https://login.example.com"}})
	if len(other) != 1 || !strings.Contains(other[0], "s3cret") || len(a.Withheld) > 0 {
		t.Errorf("told %q, withheld %v", other, a.Withheld)
	}
}

// What every request carries anyway is no secret: the story stays calm.
func TestNothingIsWithheldWhereNothingIsSecret(t *testing.T) {
	network := hosts{
		"api.example.com": hears(new([]string), http.StatusTemporaryRedirect, "https://other.example/"),
		"other.example":   hears(new([]string), http.StatusOK, ""),
	}
	q := Question{
		Page: browser.Page{Origin: "https://docs.example.com"},
		Call: browser.Call{URL: "https://api.example.com/", Headers: []browser.HeaderField{{Name: "Content-Type", Value: "application/json"}}},
	}
	if a := AskLive(context.Background(), q, Live{Transport: network}); len(a.Withheld) > 0 || a.Outcome != Allowed {
		t.Errorf("%s, withheld %v", a.Outcome, a.Withheld)
	}
}

func TestARejectedCookieKeepsItsValue(t *testing.T) {
	for _, line := range []string{"sid=s3cret; Domain=other.example", "__Host-sid=s3cret; Path=/x", "s3cret; Domain=other.example"} {
		q := question("https://docs.example.com", "https://api.example.com/")
		q.Cookies = []string{line}
		a := AskLive(context.Background(), q, Live{Transport: hosts{}})
		if a.Outcome != NotAsked || a.Err == nil || strings.Contains(a.Verdict(), "s3cret") {
			t.Errorf("%s: %s", line, a.Verdict())
		}
	}
}
