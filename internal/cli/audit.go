package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/concors/concors/audit"
)

// maxRecording is how large a file of addresses may be.
const maxRecording = 64 << 20

type auditOptions struct {
	probe               probeFlags
	origins             []string
	urls, openapi, har  string
	methods             []string
	unsafe              bool
	data, readBack      string
	format, output, fix string
	failOn              string
	asJSON, list        bool
	maxRequests         int
	color               string
}

func newAudit() *cobra.Command {
	var o auditOptions
	cmd := &cobra.Command{
		Use:   "audit URL...",
		Short: "Find what is wrong with a live API's cross-origin behaviour, and prove it",
		Long: `Ask a live API as pages of many origins would, and report what is wrong with the
answers: who is let in and should not be, what browsers refuse although it was
meant, and what runs without being allowed. Each finding has its proof, the
browsers that do what it says, and its repair. No document is needed.

An origin that may call the API (--origin) is worth giving: mistakes are near it.
Requests are GET and OPTIONS; with --send-unsafe also POST and WebSocket
handshakes, which may change something.

Exit code 0: nothing found, 1: something of the severity of --fail-on or worse,
2: an address could not be asked, and nothing was found.
docs/audit.md explains every class; --list shows them.`,
		Example: `  concors audit https://api.example.com/account --origin https://app.example.com
  concors audit https://api.example.com/account -b 'session=…' --send-unsafe
  concors audit --openapi openapi.yaml --format html --output report.html
  concors audit --urls list.txt --json | jq -r '[.severity, .id, .url] | @tsv'
  concors audit https://api.example.com/account --fix concors.yaml`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.list {
				return listClasses(cmd.OutOrStdout(), o.asJSON || o.format == "json")
			}
			return runAudit(cmd, &o, args)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	section := sections(cmd)
	section("What is asked")
	f.StringArrayVar(&o.origins, "origin", nil, "`origin` that may call the API; may be repeated")
	f.StringVar(&o.urls, "urls", "", "`file` with an address on each line, - for standard input")
	f.StringVar(&o.openapi, "openapi", "", "OpenAPI 3 `file`: every path of it")
	f.StringVar(&o.har, "har", "", "recording (HAR) `file`: every address in it")
	f.StringArrayVar(&o.methods, "method", nil, "`method` that the API has at the address; may be repeated")
	f.BoolVar(&o.unsafe, "send-unsafe", false, "also send POST requests and WebSocket handshakes; they may change something")
	f.StringVar(&o.data, "data", "", "`body` of these POST requests, JSON or a form; {{random}} in it is replaced")
	f.StringVar(&o.readBack, "read-back", "", "`URL` at which their effect can be read (default: the address itself)")
	f.IntVar(&o.maxRequests, "max-requests", 100, "most `requests` for one address")
	section("How")
	o.probe.add(cmd, 32)
	section("What comes out")
	f.StringVar(&o.format, "format", "terminal", "terminal, json (a finding on each line), sarif, junit or html")
	f.BoolVar(&o.asJSON, "json", false, "the same as --format json")
	f.StringVarP(&o.output, "output", "o", "", "write the report to this `file`")
	f.StringVar(&o.fix, "fix", "", "write a document that closes what was found to this `file`")
	f.StringVar(&o.failOn, "fail-on", "low", "least `severity` for exit code 1: info, low, medium, high or critical")
	f.BoolVar(&o.list, "list", false, "list all classes; with --json also the schema of a finding")
	f.StringVar(&o.color, "color", "auto", "auto, always or never")
	section("")
	return cmd
}

var auditFormats = []string{"terminal", "json", "sarif", "junit", "html"}

func runAudit(cmd *cobra.Command, o *auditOptions, args []string) error {
	if o.asJSON {
		o.format = "json"
	}
	if !slices.Contains(auditFormats, o.format) {
		return fmt.Errorf("--format %s is not known: use %s", o.format, strings.Join(auditFormats, ", "))
	}
	var failOn audit.Severity
	if err := failOn.UnmarshalText([]byte(o.failOn)); err != nil {
		return fmt.Errorf("--fail-on %s is not known: %w", o.failOn, err)
	}
	targets, err := auditTargets(cmd, o, args)
	if err != nil {
		return err
	}
	addresses := args
	if len(addresses) == 0 {
		for _, t := range targets {
			addresses = append(addresses, t.URL)
		}
	}
	ask, err := o.probe.options(addresses)
	if err != nil {
		return err
	}
	auditor, err := audit.New(audit.Options{Probe: ask, SendUnsafe: o.unsafe, MaxRequests: o.maxRequests, Parallel: o.probe.parallel})
	if err != nil {
		return err
	}
	out, done, err := outputFile(cmd, o.output)
	if err != nil {
		return err
	}
	bar := newProgress(cmd.ErrOrStderr(), len(targets))
	var reports []*audit.Report
	var writing error
	style := audit.Style{Color: useColor(o.color, out)}
	auditor.All(cmd.Context(), targets, func(r *audit.Report) {
		bar.clear()
		if err := writeReport(out, cmd.ErrOrStderr(), o.format, style, r); err != nil && writing == nil {
			writing = err
		}
		if o.format == "terminal" || o.format == "json" {
			r.DropProofs() // they are written
		}
		reports = append(reports, r)
		bar.step()
	})
	if err := cmd.Context().Err(); err != nil {
		return err
	}
	order := make(map[string]int)
	for i, t := range targets {
		order[t.URL] = i
	}
	slices.SortStableFunc(reports, func(a, b *audit.Report) int { return order[a.URL] - order[b.URL] })
	version := strings.TrimPrefix(versionLine(), "concors ")
	switch o.format {
	case "sarif":
		writing = errors.Join(writing, audit.WriteSARIF(out, version, reports))
	case "junit":
		writing = errors.Join(writing, audit.WriteJUnit(out, reports, o.unsafe))
	case "html":
		writing = errors.Join(writing, audit.WriteHTML(out, version, time.Now(), reports))
	}
	if err := errors.Join(writing, done()); err != nil {
		return err
	}
	if o.fix != "" {
		text, err := audit.Fix(reports)
		if err != nil {
			return err
		}
		if err := writeNew(o.fix, text, false); err != nil {
			return err
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "%s is written: read its comments first\n", o.fix)
	}
	return auditCode(reports, failOn)
}

// auditTargets collects the addresses of arguments and files.
func auditTargets(cmd *cobra.Command, o *auditOptions, args []string) ([]audit.Target, error) {
	var targets []audit.Target
	base := ""
	if o.openapi != "" && len(args) == 1 {
		base, args = args[0], nil
	}
	for _, a := range args {
		targets = append(targets, audit.Target{URL: a})
	}
	for _, in := range []struct {
		flag, file string
		read       func(data []byte) ([]audit.Target, error)
	}{
		{"--urls", o.urls, func(data []byte) ([]audit.Target, error) { return audit.ReadURLs(bytes.NewReader(data)) }},
		{"--openapi", o.openapi, func(data []byte) ([]audit.Target, error) { return audit.ReadOpenAPI(data, base) }},
		{"--har", o.har, func(data []byte) ([]audit.Target, error) { return audit.ReadHAR(cmd.Context(), data) }},
	} {
		if in.file == "" {
			continue
		}
		data, err := readInput(cmd, in.file, maxRecording)
		if err != nil {
			return nil, err
		}
		more, err := in.read(data)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", in.flag, in.file, err)
		}
		targets = append(targets, more...)
	}
	if len(targets) == 0 {
		return nil, errors.New("there is no address to ask: give a URL, or --urls, --openapi or --har")
	}
	seen := make(map[string]bool)
	var unique []audit.Target
	for _, t := range targets {
		if err := t.Valid(); err != nil {
			return nil, err
		}
		if seen[t.URL] {
			continue
		}
		seen[t.URL] = true
		t.Origins = append(slices.Clone(o.origins), t.Origins...)
		t.Methods = append(t.Methods, o.methods...)
		t.Body, t.ReadBack = o.data, o.readBack
		unique = append(unique, t)
	}
	return unique, nil
}

// writeReport writes what can be written at once.
func writeReport(out, stderr io.Writer, format string, style audit.Style, r *audit.Report) error {
	if format == "terminal" {
		return r.Write(out, style)
	}
	if r.Err != nil {
		fmt.Fprintf(stderr, "%s could not be asked: %v\n", r.URL, r.Err)
	}
	if format != "json" {
		return nil
	}
	for _, f := range r.Findings {
		if err := f.WriteJSON(out); err != nil {
			return err
		}
	}
	return nil
}

// auditCode is the exit code.
func auditCode(reports []*audit.Report, failOn audit.Severity) error {
	code := exitOK
	for _, r := range reports {
		if r.Err != nil && code == exitOK {
			code = exitNotAsked
		}
		if len(r.Findings) > 0 && r.Findings[0].Severity >= failOn {
			code = exitFailed
		}
	}
	if code == exitOK {
		return nil
	}
	return exitCode(code)
}

// listClasses prints what can be found.
func listClasses(out io.Writer, asJSON bool) error {
	if asJSON {
		schema, err := audit.Schema()
		if err != nil {
			return err
		}
		enc := json.NewEncoder(out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(struct {
			Classes []*audit.Class `json:"classes"`
			Schema  any            `json:"schema"`
		}{audit.Classes(), schema})
	}
	for _, g := range audit.Groups() {
		fmt.Fprintf(out, "%s\n", g)
		for _, c := range audit.Classes() {
			if c.Group != g {
				continue
			}
			needs := ""
			if c.NeedsUnsafe {
				needs = " (--send-unsafe)"
			}
			fmt.Fprintf(out, "  %-28s %-9s %s%s\n", c.ID, c.Severity, c.Title, needs)
		}
	}
	return nil
}
