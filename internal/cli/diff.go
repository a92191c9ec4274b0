package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/concors/concors/difference"
	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/internal/words"
)

// Exit codes of diff, which are those of diff(1).
const (
	exitDifferent = 1
	exitNoDiff    = 2 // there is no telling
)

func newDiff() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "diff old new",
		Short: "Tell what changes for websites between two files",
		Long: `Tell in sentences what changes for websites between two files: what opens
something first (+), then what closes something (-), then what websites do not
notice (=). Comments, order and spelling make no difference.

One of the files can be -, standard input. Exit code 0: both do the same, 1: they
differ, 2: one of them cannot be read or has mistakes.`,
		Example: `  concors diff concors.yaml new.yaml
  git show HEAD:concors.yaml | concors diff - concors.yaml`,
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: completeYAML,
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := diffFiles(cmd, args[0], args[1])
			if err != nil {
				return &codedError{err, exitNoDiff}
			}
			if asJSON {
				err = printJSON(cmd.OutOrStdout(), d)
			} else {
				printDiff(cmd.OutOrStdout(), d)
			}
			if err == nil && len(d.Changes) > 0 {
				return exitCode(exitDifferent)
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, `print a JSON object with "changes" and "more"`)
	return cmd
}

func diffFiles(cmd *cobra.Command, old, next string) (difference.Diff, error) {
	if old == "-" && next == "-" {
		return difference.None(), errors.New("only one of the files can be standard input")
	}
	var docs [2]*endpoints.Document
	var mistakes []error
	for i, file := range []string{old, next} {
		name, data, err := readDocument(file, cmd.InOrStdin())
		if err != nil {
			return difference.None(), err
		}
		doc, report := endpoints.Parse(name, data)
		if err := report.Err(); err != nil {
			mistakes = append(mistakes, err)
		}
		docs[i] = doc
	}
	if len(mistakes) > 0 {
		return difference.None(), fmt.Errorf("files with mistakes cannot be compared:\n%w", errors.Join(mistakes...))
	}
	return difference.Between(cmd.Context(), docs[0], docs[1])
}

func printDiff(out io.Writer, d difference.Diff) {
	signs := map[difference.Effect]string{difference.Wider: "+", difference.Narrower: "-", difference.Neutral: "="}
	for _, c := range d.Changes {
		fmt.Fprintln(out, signs[c.Effect], c.Sentence)
	}
	if d.More > 0 {
		fmt.Fprintf(out, "… and %s.\n", words.Count(d.More, "more change"))
	}
}
