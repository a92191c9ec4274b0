package ui

import (
	"fmt"
	"html/template"
	"net/url"
	"strings"
	"time"

	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/internal/words"
	"github.com/concors/concors/store"
)

// functions are what templates may call.
var functions = template.FuncMap{
	"ago":      ago,
	"label":    label,
	"method":   methodOf,
	"path":     pathOf,
	"plural":   func(n any, noun string) string { return words.Count(number(n), noun) },
	"sentence": words.Sentence,
	"short":    short,
	"site":     func(origin string) string { return strings.TrimPrefix(origin, "https://") },
	"spark":    spark,
	"stamp":    func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"clock":    func(t time.Time) string { return t.UTC().Format("2 Jan 2006, 15:04 UTC") },
	"query":    url.QueryEscape,
	"lines":    func(s []string) string { return strings.Join(s, "\n") },
	"list":     func(items ...string) []string { return items },
	"dict":     dict,
	"add":      func(a, b int) int { return a + b },
	"editor":   func(pattern string) string { return editorURL(pattern) },
	"policy":   policyURL,
	"allow":    allowURL,
	"grouped":  func(n any) string { return words.Number(number(n)) },
	"split":    strings.Split,
}

// dict makes a map of pairs, for templates that take several values.
func dict(pairs ...any) (map[string]any, error) {
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		key, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("key %d is no string", i)
		}
		m[key] = pairs[i+1]
	}
	return m, nil
}

// label is the setting in one word.
func label(allow string) string {
	switch allow {
	case endpoints.AllowAll:
		return "All"
	case endpoints.AllowSelected:
		return "Selected"
	}
	return "Disallowed"
}

// methodOf and pathOf take a pattern apart for display.
func methodOf(pattern string) string {
	method, _, ok := strings.Cut(pattern, " ")
	if !ok {
		return ""
	}
	return method
}

func pathOf(pattern string) string {
	_, rest, ok := strings.Cut(pattern, " ")
	if !ok {
		return pattern
	}
	return strings.TrimLeft(rest, " \t")
}

// short is as much of a revision as people need to tell it from others.
func short(rev store.Revision) string {
	if rev == "" {
		return "none"
	}
	return string(rev)[:min(7, len(rev))]
}

// number takes the counts of the service, which have different types.
func number(n any) uint64 {
	switch n := n.(type) {
	case int:
		return uint64(n)
	case uint64:
		return n
	}
	panic(fmt.Sprintf("ui: %T is no count", n)) // a mistake in a template
}

// ago is how long t lies before now.
func ago(t, now time.Time) string {
	if t.IsZero() {
		return "never"
	}
	switch d := now.Sub(t); {
	case d < 5*time.Second:
		return "just now"
	case d < time.Minute:
		return fmt.Sprintf("%d s ago", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 24*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	case d < 14*24*time.Hour:
		return words.Count(int(d.Hours()/24), "day") + " ago"
	}
	return t.UTC().Format("2 Jan 2006")
}

// spark draws counts as the path of a line 48 wide and 16 high.
func spark(counts []uint32) string {
	var top uint32
	for _, c := range counts {
		top = max(top, c)
	}
	if top == 0 || len(counts) < 2 {
		return ""
	}
	var b strings.Builder
	for i, c := range counts {
		op := "L"
		if i == 0 {
			op = "M"
		}
		fmt.Fprintf(&b, "%s%d %d", op, i*48/(len(counts)-1), 15-int(14*uint64(c)/uint64(top)))
	}
	return b.String()
}
