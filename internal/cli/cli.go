// Package cli is the command line of concors: it reads flags, calls the
// packages that do the work, and puts what they say into words.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/concors/concors/internal/nearest"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // it did not work, or the document has mistakes
	exitUsage  = 2 // the command line itself makes no sense
)

// Main runs the command line args, without the program's name, and returns the
// exit code. SIGINT and SIGTERM end what runs in an orderly way, a second one
// at once.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the second signal finds nobody listening
	return run(ctx, args, stdin, stdout, stderr)
}

// run is Main until ctx ends.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	started := false // the command line has been understood
	root := newRoot(&started)
	root.SetArgs(args)
	root.SetIn(stdin)
	out := &output{w: stdout}
	root.SetOut(out)
	root.SetErr(stderr)
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		unquoteFlags(root)
	}
	cmd, err := root.ExecuteContextC(ctx)
	if _, said := errors.AsType[exitCode](err); err == nil || said {
		if lost := out.lost(); lost != nil {
			err, started = fmt.Errorf("not all output could be written: %w", lost), true
		}
	}
	if err == nil {
		return exitOK
	}
	if code, ok := errors.AsType[exitCode](err); ok {
		return int(code)
	}
	fmt.Fprintf(stderr, "%s: %s\n", cmd.CommandPath(), strings.TrimSpace(err.Error()))
	if hint, ok := errors.AsType[*hintError](err); ok {
		fmt.Fprintln(stderr, hint.hint)
	}
	if coded, ok := errors.AsType[*codedError](err); ok {
		return coded.code
	}
	if !started {
		fmt.Fprintf(stderr, "See: %s --help\n", cmd.CommandPath())
		return exitUsage
	}
	return exitFailed
}

// An exitCode ends a command that has said everything with a code of its own.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// A codedError is an error of a command whose exit codes mean something of their
// own.
type codedError struct {
	error
	code int
}

func (e *codedError) Unwrap() error { return e.error }

// A hintError is an error with a sentence on what to do.
type hintError struct {
	error
	hint string
}

func (e *hintError) Unwrap() error { return e.error }

const (
	groupStart = "start"
	groupWork  = "work"
)

func newRoot(started *bool) *cobra.Command {
	root := &cobra.Command{
		Use:   "concors",
		Short: "Cross-origin requests: one setting per endpoint, enforced",
		Long: `Concors stands in front of an HTTP API and makes the server and the browser
agree about cross-origin requests. One setting per endpoint says which websites
may call it; everything else follows from that: the CORS headers, the preflight
answers, and the refusal of requests that no preflight ever announces.`,
		Example: `  concors demo                          see it work, on this machine
  concors init                          write a starter file, concors.yaml
  concors check concors.yaml            find every mistake in it
  concors serve --config concors.yaml   enforce it
  concors explain --from https://docs.example.com https://api.example.com/account
                                        what a browser would do, and why`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		PersistentPreRun:  func(*cobra.Command, []string) { *started = true },
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		Version:           versionLine(),
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.Flags().BoolP("version", "v", false, "print the version")
	root.AddGroup(
		&cobra.Group{ID: groupStart, Title: "To begin with:"},
		&cobra.Group{ID: groupWork, Title: "To work with:"},
	)
	add := func(group string, commands ...*cobra.Command) {
		for _, c := range commands {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	add(groupStart, newDemo(), newInit())
	add(groupWork, newServe(), newCheck(), newDiff(), newExplain(), newVerify(), newAudit(), newSchema())
	root.AddCommand(newVersion(), newCompletion())
	root.SetUsageFunc(usage)
	root.SetFlagErrorFunc(suggestFlag)
	return root
}

// suggestFlag adds what was probably meant to the error of a flag that does not
// exist.
func suggestFlag(cmd *cobra.Command, err error) error {
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok || unknown.GetSpecifiedShortnames() != "" {
		return err
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if meant := nearest.Of(unknown.GetSpecifiedName(), names); meant != "" {
		return &hintError{err, "Did you mean --" + meant + "?"}
	}
	return err
}
