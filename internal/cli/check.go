package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/store/file"
)

func newCheck() *cobra.Command {
	var c checker
	cmd := &cobra.Command{
		Use:   "check [file]",
		Short: "Find every mistake in the file",
		Long: `Read the file and report every mistake at once, each with its place, what is
wrong, and how to mend it:

  file:line:column: code: message (repair)

A warning that is repeated is reported once, with the other lines. --fix writes
the repairs that leave no doubt into the file, such as a missing https://, and
keeps all else, comments too; a guess at what was meant stays yours to confirm.

Exit code 0 means that the file can be served; warnings are shown but do not
count unless --strict is given. 1 means mistakes. docs/mistakes.md explains
every code. Without a name the file is ` + defaultFile + `; - reads standard input.`,
		Example: `  concors check
  concors check --fix
  concors check --strict staging.yaml
  concors check --json concors.yaml | jq '.mistakes[].code'`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeYAML,
		RunE: func(cmd *cobra.Command, args []string) error {
			c.file = defaultFile
			if len(args) == 1 {
				c.file = args[0]
			}
			return c.run(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
	cmd.Flags().BoolVar(&c.asJSON, "json", false, `print a JSON object with "ok" and "mistakes"`)
	cmd.Flags().BoolVar(&c.strict, "strict", false, "let warnings fail the check")
	cmd.Flags().BoolVar(&c.fix, "fix", false, "write the repairs that leave no doubt into the file")
	return cmd
}

// A checker is concors check.
type checker struct {
	file                string
	asJSON, strict, fix bool
}

func (c *checker) run(ctx context.Context, stdin io.Reader, out io.Writer) error {
	name, data, err := readDocument(c.file, stdin)
	if err != nil {
		return err
	}
	var mended []endpoints.Mistake
	if c.fix {
		if data, mended, err = c.mend(ctx, name, data); err != nil {
			return err
		}
	}
	_, table, report := endpoints.Load(name, data, endpoints.Options{})
	passes := report.OK() && !(c.strict && len(report.Warnings()) > 0)
	switch {
	case c.asJSON:
		err = printReport(out, report, mended)
	default:
		p := reportPrinter{out: out, terminal: isTerminal(out), color: useColor("auto", out)}
		p.print(report, data)
		for _, m := range mended {
			fmt.Fprintf(out, "mended: %s\n", m)
		}
		fmt.Fprintln(out, c.summary(name, table, report))
	}
	if err == nil && !passes {
		return exitCode(exitFailed)
	}
	return err
}

// mend writes the repairs that are certain into the file.
func (c *checker) mend(ctx context.Context, name string, data []byte) (fixed []byte, mended []endpoints.Mistake, err error) {
	if c.file == "-" {
		return nil, nil, errors.New("--fix writes into a file, and standard input is none")
	}
	fixed, mended = endpoints.Fix(name, data, endpoints.Options{})
	if len(mended) > 0 {
		err = file.Replace(ctx, c.file, data, fixed)
	}
	return fixed, mended, err
}

// summary says how the check ended.
func (c *checker) summary(name string, table *endpoints.Table, report *endpoints.Report) string {
	errs, warnings := report.Errors(), len(report.Warnings())
	if len(errs) == 0 {
		verdict := "ok"
		if c.strict && warnings > 0 {
			verdict = "warnings count under --strict"
		}
		return fmt.Sprintf("%s: %s, %s%s", name, verdict, count(len(table.Endpoints()), "endpoint"), andWarnings(report))
	}
	s := fmt.Sprintf("%s: %s%s", name, count(len(errs), "mistake"), andWarnings(report))
	certain := 0
	for _, m := range errs {
		if m.Certain() {
			certain++
		}
	}
	if certain > 0 && c.file != "-" && !c.fix {
		s += fmt.Sprintf("; to mend %d: concors check --fix %s", certain, c.file)
	}
	return s
}

// readDocument reads the file, "-" being standard input, and returns the name
// to call it by.
func readDocument(file string, stdin io.Reader) (name string, data []byte, err error) {
	if file == "-" {
		data, err = io.ReadAll(stdin)
		if err != nil {
			return "", nil, fmt.Errorf("reading standard input: %w", err)
		}
		return "<stdin>", data, nil
	}
	data, err = os.ReadFile(file)
	if err != nil {
		return "", nil, unreadable(file, err)
	}
	return file, data, nil
}

// unreadable puts why a document cannot be read into words.
func unreadable(file string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &hintError{fmt.Errorf("%s does not exist", file), "To write a starter file: concors init " + file}
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s may not be read by this user", file)
	}
	return fmt.Errorf("reading the document: %w", err)
}

func printReport(out io.Writer, r *endpoints.Report, mended []endpoints.Mistake) error {
	mistakes := r.Mistakes
	if mistakes == nil {
		mistakes = []endpoints.Mistake{}
	}
	return printJSON(out, struct {
		OK       bool                `json:"ok"`
		Mistakes []endpoints.Mistake `json:"mistakes"`
		Mended   []endpoints.Mistake `json:"mended,omitempty"` // by --fix
	}{r.OK(), mistakes, mended})
}

func andWarnings(r *endpoints.Report) string {
	n := len(r.Warnings())
	if n == 0 {
		return ""
	}
	return ", " + count(n, "warning")
}

// count is a number and its noun: 1 endpoint, 2 endpoints.
func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
