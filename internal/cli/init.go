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
	cmd := &cobra.Command{
		Use:   "init [file]",
		Short: "Write a commented starter file",
		Long: `Write a starter file with a comment on everything that can stand in it. It
works as it is: change the upstream and the endpoints to yours.

Without a name the file is called ` + defaultFile + `; - prints it instead.`,
		Example: `  concors init
  concors init api/concors.yaml
  concors init - | less`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeYAML,
		RunE: func(cmd *cobra.Command, args []string) error {
			file := defaultFile
			if len(args) == 1 {
				file = args[0]
			}
			if file == "-" {
				_, err := cmd.OutOrStdout().Write(endpoints.Starter())
				return err
			}
			err := writeNew(file, endpoints.Starter(), force)
			if errors.Is(err, fs.ErrExist) {
				return &hintError{err, "To replace it: concors init --force " + file}
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "Wrote %s. Next: put your endpoints into it, then\n  concors check %[1]s\n  concors serve --config %[1]s\n", file)
			return nil
		},
	}
	cmd.Flags().BoolVarP(&force, "force", "f", false, "replace the file if it exists")
	return cmd
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
