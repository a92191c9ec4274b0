package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/concors/concors/endpoints"
)

// defaultFile is what the document is called unless somebody says otherwise.
const defaultFile = "concors.yaml"

func newInit() *cobra.Command {
	var force bool
	var a starterAnswers
	cmd := &cobra.Command{
		Use:   "init [file]",
		Short: "Write a file to start from",
		Long: `Write a file to start from, with a comment on everything that can stand in it.
It passes every request to your API, and lets the one website call it that you
name. It works as it is.

At a terminal, what is not said by flags is asked. Without a name the file is
called ` + defaultFile + `; - prints it instead.`,
		Example: `  concors init
  concors init --upstream http://127.0.0.1:8000 --website https://www.example.com
  concors init - | less`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeYAML,
		RunE: func(cmd *cobra.Command, args []string) error {
			file := defaultFile
			if len(args) == 1 {
				file = args[0]
			}
			return runInit(cmd, file, force, &a)
		},
	}
	cmd.Flags().StringVar(&a.upstream, "upstream", "", "`URL` of your API (default http://127.0.0.1:3000)")
	cmd.Flags().StringVar(&a.website, "website", "", "`origin` of the website that may call it, with cookies")
	cmd.Flags().BoolVarP(&force, "force", "f", false, "replace the file if it exists")
	return cmd
}

func runInit(cmd *cobra.Command, file string, force bool, a *starterAnswers) error {
	if _, err := os.Lstat(file); err == nil && !force && file != "-" {
		return existsAlready(file) // before anything is asked
	}
	out := cmd.OutOrStdout()
	if file != "-" && isTerminal(cmd.InOrStdin()) && isTerminal(out) {
		a.ask(cmd.Flags(), cmd.InOrStdin(), out)
	}
	if err := a.check(); err != nil {
		return err
	}
	text := endpoints.Starter()
	if *a != (starterAnswers{}) {
		text = endpoints.StarterFor(a.upstream, a.website)
	}
	if file == "-" {
		_, err := out.Write(text)
		return err
	}
	err := writeNew(file, text, force)
	if errors.Is(err, fs.ErrExist) {
		return existsAlready(file)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Wrote %s: %s\nNext:\n\n  %s\n", file, a.meaning(), a.next(file))
	return nil
}

func existsAlready(file string) error {
	return &hintError{fmt.Errorf("%s exists already", file), "To replace it: concors init --force " + file}
}

// writeNew writes a file that does not exist yet, or any if force is set.
func writeNew(file string, data []byte, force bool) error {
	how := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if force {
		how = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(file, how, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return existsError(file)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// existsError is a file that is there already.
type existsError string

func (e existsError) Error() string        { return string(e) + " exists already" }
func (e existsError) Is(target error) bool { return target == fs.ErrExist }

// completeYAML completes the names of files that may hold a document.
func completeYAML(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"yaml", "yml", "json"}, cobra.ShellCompDirectiveFilterFileExt
}
