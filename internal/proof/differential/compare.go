package differential

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Difference is one field in which browser and model disagree.
type Difference struct {
	// Field is "call N verdict", "call N header x-a", "requests",
	// "request N header origin" and so on; N counts from 1.
	Field       string
	Real, Model string
}

// Compare lists the differences, calls first.
func Compare(real, model *Observation) []Difference {
	var diffs []Difference
	add := func(field string, real, model any) {
		r, m := fmt.Sprint(real), fmt.Sprint(model)
		if r != m {
			diffs = append(diffs, Difference{field, r, m})
		}
	}
	addHeaders := func(where string, real, model map[string]string) {
		names := map[string]bool{}
		for name := range real {
			names[name] = true
		}
		for name := range model {
			names[name] = true
		}
		value := func(h map[string]string, name string) string {
			if v, ok := h[name]; ok {
				return fmt.Sprintf("%q", v)
			}
			return "(absent)"
		}
		for _, name := range slices.Sorted(maps.Keys(names)) {
			add(where+" header "+name, value(real, name), value(model, name))
		}
	}
	add("calls", len(real.Calls), len(model.Calls))
	for i := range min(len(real.Calls), len(model.Calls)) {
		r, m := real.Calls[i], model.Calls[i]
		where := fmt.Sprintf("call %d", i+1)
		if r.Verdict != m.Verdict {
			diffs = append(diffs, Difference{where + " verdict", verdict(r), verdict(m)})
			continue
		}
		add(where+" type", r.Type, m.Type)
		add(where+" status", r.Status, m.Status)
		add(where+" url", r.URL, m.URL)
		add(where+" redirected", r.Redirected, m.Redirected)
		add(where+" body", r.Body, m.Body)
		addHeaders(where, r.Headers, m.Headers)
	}
	if r, m := sequence(real), sequence(model); r != m {
		return append(diffs, Difference{"requests", r, m})
	}
	for i := range real.Requests {
		where := fmt.Sprintf("request %d", i+1)
		add(where+" has body", real.Requests[i].HasBody, model.Requests[i].HasBody)
		addHeaders(where, real.Requests[i].Headers, model.Requests[i].Headers)
	}
	return diffs
}

func verdict(o Outcome) string {
	if o.Detail != "" {
		return o.Verdict + " (" + o.Detail + ")"
	}
	return o.Verdict
}

// sequence is what went over the wire, in a line.
func sequence(o *Observation) string {
	var lines []string
	for _, r := range o.Requests {
		line := r.Method + " " + r.URL
		if r.Preflight {
			line = "preflight " + r.Headers["access-control-request-method"] + " " + r.URL
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, ", ")
}

// Report is the differences of one scenario as text for people.
func Report(name string, sc *Scenario, diffs []Difference) string {
	var w strings.Builder
	fmt.Fprintf(&w, "%s\n", name)
	w.WriteString(sc.String())
	for _, d := range diffs {
		fmt.Fprintf(&w, "    %s\n      browser %s\n      model   %s\n", d.Field, d.Real, d.Model)
	}
	return w.String()
}

// String describes a scenario in full.
func (s *Scenario) String() string {
	var w strings.Builder
	fmt.Fprintf(&w, "    page %s", s.Page.Origin)
	if s.Page.Frame != Top {
		fmt.Fprintf(&w, ", %s in %s", s.Page.Frame, s.Page.topOrigin())
	}
	if s.Page.ReferrerPolicy != "" {
		fmt.Fprintf(&w, ", referrer policy %s", s.Page.ReferrerPolicy)
	}
	if s.Page.EmbedderPolicy != "" {
		fmt.Fprintf(&w, ", embedder policy %s", s.Page.EmbedderPolicy)
	}
	if s.Page.Upgrade {
		w.WriteString(", upgrades insecure requests")
	}
	w.WriteString("\n")
	for _, c := range s.Cookies {
		fmt.Fprintf(&w, "    cookie at %s: %s\n", c.Origin, c.Line)
	}
	for _, c := range s.Calls {
		fmt.Fprintf(&w, "    %s %s %s", kindNames[c.Kind], c.Method, c.URL)
		for _, h := range c.Headers {
			fmt.Fprintf(&w, " %s:%.60q", h.Name, h.Value)
		}
		if c.Body.Kind != 0 {
			fmt.Fprintf(&w, " body=%s %s %.20q", bodyNames[c.Body.Kind], c.Body.Type, c.Body.Data)
		}
		for _, v := range []string{string(c.Mode), string(c.Credentials), string(c.Redirect), string(c.ReferrerPolicy)} {
			if v != "" {
				w.WriteString(" " + v)
			}
		}
		if c.Keepalive {
			w.WriteString(" keepalive")
		}
		if c.InFrame {
			w.WriteString(" in-frame")
		}
		if c.UploadListener {
			w.WriteString(" upload-listener")
		}
		w.WriteString("\n")
	}
	for _, r := range s.Rules {
		what := "answers"
		if r.Preflight {
			what = "preflights"
		}
		fmt.Fprintf(&w, "    %s", what)
		for _, v := range []string{r.Method, r.Host, r.Path} {
			if v != "" {
				w.WriteString(" " + v)
			}
		}
		w.WriteString(":")
		for _, a := range r.Answers {
			if a.Broken {
				w.WriteString(" broken;")
				continue
			}
			fmt.Fprintf(&w, " %d %.200q;", a.Status, a.Lines)
		}
		w.WriteString("\n")
	}
	return w.String()
}
