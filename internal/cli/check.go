package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/concors/concors/endpoints"
)

func newCheck() *cobra.Command {
	var asJSON, strict bool
	cmd := &cobra.Command{
		Use:   "check [file]",
		Short: "Find every mistake in the file",
		Long: `Read the file and report every mistake at once, each with its place, what is
wrong, and how to mend it:

  file:line:column: code: message (repair)

Exit code 0 means that the file can be served; warnings are shown but do not
count unless --strict is given. 1 means mistakes. docs/mistakes.md explains
every code. Without a name the file is ` + defaultFile + `; - reads standard input.`,
		Example: `  concors check
  concors check --strict staging.yaml
  concors check --json concors.yaml | jq '.mistakes[].code'`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeYAML,
		RunE: func(cmd *cobra.Command, args []string) error {
			file := defaultFile
			if len(args) == 1 {
				file = args[0]
			}
			name, data, err := readDocument(file, cmd.InOrStdin())
			if err != nil {
				return err
			}
			_, table, report := endpoints.Load(name, data, endpoints.Options{})
			out := cmd.OutOrStdout()
			if asJSON {
				if err := printReport(out, report); err != nil {
					return err
				}
			} else {
				for _, m := range report.Mistakes {
					fmt.Fprintln(out, m)
				}
			}
			if !report.OK() || strict && len(report.Warnings()) > 0 {
				return exitCode(exitFailed)
			}
			if !asJSON {
				fmt.Fprintf(out, "%s: ok, %s%s\n", name, count(len(table.Endpoints()), "endpoint"), andWarnings(report))
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, `print a JSON object with "ok" and "mistakes"`)
	cmd.Flags().BoolVar(&strict, "strict", false, "let warnings fail the check")
	return cmd
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

func printReport(out io.Writer, r *endpoints.Report) error {
	mistakes := r.Mistakes
	if mistakes == nil {
		mistakes = []endpoints.Mistake{}
	}
	return printJSON(out, struct {
		OK       bool                `json:"ok"`
		Mistakes []endpoints.Mistake `json:"mistakes"`
	}{r.OK(), mistakes})
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
