package cli

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func newCompletion() *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish",
		Short: "Print a script that completes commands and flags in your shell",
		Long: `Print a script that completes concors' commands, flags and files as you type.

To have it in every new shell:

  bash   concors completion bash > /etc/bash_completion.d/concors
  zsh    concors completion zsh > "${fpath[1]}/_concors"
  fish   concors completion fish > ~/.config/fish/completions/concors.fish

To try it in this one:

  bash   source <(concors completion bash)
  zsh    source <(concors completion zsh)
  fish   concors completion fish | source`,
		ValidArgs:             []string{"bash", "zsh", "fish"},
		Args:                  cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			out := cmd.OutOrStdout()
			switch args[0] {
			case "bash":
				return cmd.Root().GenBashCompletionV2(out, true)
			case "zsh":
				return cmd.Root().GenZshCompletion(out)
			default:
				return cmd.Root().GenFishCompletion(out, true)
			}
		},
	}
}

// unquoteFlags removes the backticks that mark a flag's value for the help:
// shells show descriptions as they are.
func unquoteFlags(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) { f.Usage = strings.ReplaceAll(f.Usage, "`", "") })
	for _, sub := range cmd.Commands() {
		unquoteFlags(sub)
	}
}
