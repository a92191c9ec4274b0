package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/verify"
)

type verifyOptions struct {
	probe                 probeFlags
	only, safe, sockets   []string
	samples               []string
	unsafe, verbose       bool
	format, output, color string
}

var verifyFormats = []string{"terminal", "json", "sarif", "junit"}

func newVerify() *cobra.Command {
	var o verifyOptions
	cmd := &cobra.Command{
		Use:   "verify file URL",
		Short: "Check that a live API does what the file says",
		Long: `Make the calls that matter to a live API, as browsers would, and compare what
comes of them with what the file says: who may read, what is refused, preflights
and their lifetime, Vary, exposed headers. It works with any server, whether or
not Concors enforces the file there.

Requests are GET, HEAD and preflights. Calls with other methods are sent with
--send-unsafe only, or to the endpoints of --safe.

Exit code 0: no difference, 1: some, 2: nothing could be tested.
docs/verify.md explains each kind of difference.`,
		Example: `  concors verify concors.yaml https://api.example.com
  concors verify concors.yaml https://api.example.com --sample id=42 --only 'GET /users/{id}'
  concors verify concors.yaml http://localhost:8080 --send-unsafe --format junit -o report.xml`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error { return runVerify(cmd, &o, args[0], args[1]) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	section := sections(cmd)
	section("What is asked")
	f.StringArrayVar(&o.only, "only", nil, "verify this endpoint only, by its `pattern`; may be repeated")
	f.StringArrayVar(&o.samples, "sample", nil, "`name=value` of a path parameter (default 1); may be repeated")
	f.BoolVar(&o.unsafe, "send-unsafe", false, "also send calls that may change something")
	f.StringArrayVar(&o.safe, "safe", nil, "send them to the endpoint with this `pattern`; may be repeated")
	f.StringArrayVar(&o.sockets, "websocket", nil, "the endpoint with this `pattern` opens WebSockets; may be repeated")
	section("How")
	o.probe.add(cmd, 8)
	section("What comes out")
	f.StringVar(&o.format, "format", "terminal", strings.Join(verifyFormats, ", "))
	f.StringVarP(&o.output, "output", "o", "", "write the report to this `file`")
	f.BoolVarP(&o.verbose, "verbose", "v", false, "show every check")
	f.StringVar(&o.color, "color", "auto", "auto, always or never")
	section("")
	return cmd
}

func runVerify(cmd *cobra.Command, o *verifyOptions, file, address string) error {
	if !slices.Contains(verifyFormats, o.format) {
		return fmt.Errorf("--format %s is not known: use %s", o.format, strings.Join(verifyFormats, ", "))
	}
	name, data, err := readDocument(file, cmd.InOrStdin())
	if err != nil {
		return err
	}
	doc, table, report := endpoints.Load(name, data, endpoints.Options{})
	if !report.OK() {
		for _, m := range report.Errors() {
			fmt.Fprintln(cmd.ErrOrStderr(), m)
		}
		return exitCode(exitNotAsked)
	}
	ask, err := o.probe.options([]string{address})
	if err != nil {
		return err
	}
	samples := make(map[string]string)
	for _, s := range o.samples {
		name, value, ok := strings.Cut(s, "=")
		if !ok {
			return fmt.Errorf("--sample %q: write name=value", s)
		}
		samples[name] = value
	}
	v, err := verify.New(doc, table, strings.TrimSuffix(address, "/"), verify.Options{
		Probe: ask, Only: o.only, SendUnsafe: o.unsafe, Safe: o.safe, WebSocket: o.sockets, Samples: samples, Parallel: o.probe.parallel,
	})
	if err != nil {
		return err
	}
	out, done, err := outputFile(cmd, o.output)
	if err != nil {
		return err
	}
	bar := newProgress(cmd.ErrOrStderr(), len(v.Endpoints()))
	order := make(map[string]int)
	for i, ep := range v.Endpoints() {
		order[ep.Pattern] = i
	}
	results := make([]*verify.Result, len(order))
	if err := v.Run(cmd.Context(), func(r *verify.Result) {
		results[order[r.Endpoint]] = r
		bar.step()
	}); err != nil {
		return err
	}
	if err := errors.Join(writeResults(out, o, results), done()); err != nil {
		return err
	}
	return verifyCode(results)
}

func writeResults(out io.Writer, o *verifyOptions, results []*verify.Result) error {
	version := strings.TrimPrefix(versionLine(), "concors ")
	switch o.format {
	case "json":
		return verify.WriteJSON(out, results)
	case "sarif":
		return verify.WriteSARIF(out, version, results)
	case "junit":
		return verify.WriteJUnit(out, results)
	}
	differing := 0
	for _, r := range results {
		if err := r.Write(out, verify.Style{Color: useColor(o.color, out), Verbose: o.verbose}); err != nil {
			return err
		}
		if len(r.Differing()) > 0 {
			differing++
		}
	}
	_, err := fmt.Fprintf(out, "%s, %d as the document says, %d otherwise\n", count(len(results), "endpoint"), len(results)-differing, differing)
	return err
}

// verifyCode is the exit code.
func verifyCode(results []*verify.Result) error {
	tested := false
	for _, r := range results {
		if len(r.Differing()) > 0 {
			return exitCode(exitFailed)
		}
		for _, c := range r.Checks {
			tested = tested || c.NotTested == ""
		}
	}
	if !tested {
		return exitCode(exitNotAsked)
	}
	return nil
}
