package audit

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// MaxTargets is how many addresses one run takes.
const MaxTargets = 10000

// maxInput is how large a list, an OpenAPI file or a recording may be.
const maxInput = 64 << 20

// ReadURLs reads a list with an address on each line. Empty lines and those
// that begin with # are skipped.
func ReadURLs(r io.Reader) ([]Target, error) {
	var list []Target
	lines := bufio.NewScanner(io.LimitReader(r, maxInput))
	lines.Buffer(nil, 64<<10)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		t := Target{URL: line}
		if _, err := t.parse(); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if list = append(list, t); len(list) > MaxTargets {
			return nil, fmt.Errorf("line %d: more than %d addresses", n, MaxTargets)
		}
	}
	return list, lines.Err()
}

// ReadOpenAPI reads the addresses of an API's description (OpenAPI 3). They
// lie under base, or else under the description's first server. Path parameters
// get a sample value from the description, or 1.
func ReadOpenAPI(data []byte, base string) ([]Target, error) {
	loader := openapi3.NewLoader() // reads no other files
	doc, err := loader.LoadFromData(data)
	if err != nil {
		return nil, fmt.Errorf("this is no OpenAPI 3 description: %w", err)
	}
	if base == "" {
		if len(doc.Servers) == 0 {
			return nil, fmt.Errorf("the description names no server: give the API's address as well")
		}
		base = doc.Servers[0].URL
		for name, v := range doc.Servers[0].Variables {
			base = strings.ReplaceAll(base, "{"+name+"}", v.Default)
		}
	}
	if t := (Target{URL: base}); strings.HasPrefix(base, "/") {
		return nil, fmt.Errorf("the description's server is %s: give the API's address as well", base)
	} else if _, err := t.parse(); err != nil {
		return nil, err
	}
	var list []Target
	if doc.Paths == nil {
		return nil, nil
	}
	for _, path := range doc.Paths.InMatchingOrder() {
		item := doc.Paths.Value(path)
		t := Target{}
		address := path
		for method, op := range item.Operations() {
			t.Methods = append(t.Methods, method)
			for _, p := range append(slices.Clone(item.Parameters), op.Parameters...) {
				if p.Value == nil {
					continue
				}
				switch p.Value.In {
				case openapi3.ParameterInHeader:
					if p.Value.Required {
						t.Headers = append(t.Headers, p.Value.Name)
					}
				case openapi3.ParameterInPath:
					address = strings.ReplaceAll(address, "{"+p.Value.Name+"}", url.PathEscape(sample(p.Value)))
				}
			}
			t.Headers = append(t.Headers, securityHeaders(doc, op)...)
		}
		slices.Sort(t.Methods)
		slices.Sort(t.Headers)
		t.Headers = slices.Compact(t.Headers)
		if strings.ContainsAny(address, "{}") {
			address = strings.NewReplacer("{", "", "}", "").Replace(address)
		}
		t.URL = strings.TrimSuffix(base, "/") + address
		if list = append(list, t); len(list) > MaxTargets {
			return nil, fmt.Errorf("more than %d addresses", MaxTargets)
		}
	}
	return list, nil
}

// sample is a value for a parameter.
func sample(p *openapi3.Parameter) string {
	text := func(v any) (string, bool) {
		switch v := v.(type) {
		case string:
			return v, v != ""
		case float64, bool, int, json.Number:
			return fmt.Sprint(v), true
		}
		return "", false
	}
	if s, ok := text(p.Example); ok {
		return s
	}
	for _, e := range p.Examples {
		if e.Value != nil {
			if s, ok := text(e.Value.Value); ok {
				return s
			}
		}
	}
	if p.Schema != nil && p.Schema.Value != nil {
		for _, v := range append([]any{p.Schema.Value.Example, p.Schema.Value.Default}, p.Schema.Value.Enum...) {
			if s, ok := text(v); ok {
				return s
			}
		}
	}
	return "1"
}

// securityHeaders are the request headers that an operation is logged in with.
func securityHeaders(doc *openapi3.T, op *openapi3.Operation) []string {
	requirements := doc.Security
	if op.Security != nil {
		requirements = *op.Security
	}
	var names []string
	for _, r := range requirements {
		for name := range r {
			if doc.Components == nil || doc.Components.SecuritySchemes[name] == nil {
				continue
			}
			s := doc.Components.SecuritySchemes[name].Value
			switch {
			case s == nil:
			case s.Type == "apiKey" && s.In == "header":
				names = append(names, http.CanonicalHeaderKey(s.Name))
			case s.Type == "http" && !strings.EqualFold(s.Scheme, "basic"), s.Type == "oauth2", s.Type == "openIdConnect":
				names = append(names, "Authorization")
			}
		}
	}
	return names
}

// ReadHAR reads the addresses of a recording, each with the origins that called
// it and were let in.
func ReadHAR(ctx context.Context, data []byte) ([]Target, error) {
	type header struct{ Name, Value string }
	var har struct {
		Log struct {
			Entries []struct {
				Request struct {
					Method, URL string
					Headers     []header
				}
				Response struct {
					Headers []header
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(strings.TrimPrefix(string(data), "\ufeff")), &har); err != nil {
		return nil, fmt.Errorf("this is no recording (HAR): %w", err)
	}
	get := func(headers []header, name string) string {
		for _, h := range headers {
			if strings.EqualFold(h.Name, name) {
				return h.Value
			}
		}
		return ""
	}
	var list []Target
	at := make(map[string]int)
	for _, e := range har.Log.Entries {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		t := Target{URL: e.Request.URL}
		u, err := t.parse()
		if err != nil {
			continue // data:, blob:
		}
		t.URL = u.String()
		i, known := at[t.URL]
		if !known {
			if len(list) == MaxTargets {
				return nil, fmt.Errorf("more than %d addresses", MaxTargets)
			}
			i = len(list)
			at[t.URL] = i
			list = append(list, t)
		}
		if m := e.Request.Method; m != "" && m != http.MethodOptions && !slices.Contains(list[i].Methods, m) {
			list[i].Methods = append(list[i].Methods, m)
		}
		origin := get(e.Request.Headers, "Origin")
		if origin != "" && origin != "null" && get(e.Response.Headers, "Access-Control-Allow-Origin") == origin && !slices.Contains(list[i].Origins, origin) {
			list[i].Origins = append(list[i].Origins, origin)
		}
	}
	return list, nil
}
