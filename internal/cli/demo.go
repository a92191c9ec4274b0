package cli

import (
	"github.com/spf13/cobra"

	"github.com/concors/concors/internal/demo"
)

func newDemo() *cobra.Command {
	var o demo.Options
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "See it work: an API, the gateway, three websites, on this machine",
		Long: `Start the API of a small bookshop, the gateway in front of it with its admin
pages, and three websites that call it: one that is allowed, one that is not, and
an evil one. Everything listens on loopback only. Open two of them side by side,
change a setting in the admin pages, and watch. The terminal tells what the
gateway decides, the pages tell what the browser makes of it.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Out = cmd.OutOrStdout()
			o.Color = useColor("auto", o.Out)
			return demo.Run(cmd.Context(), o)
		},
	}
	cmd.Flags().IntVar(&o.Port, "port", 8400, "port of the websites; the gateway, the API and the admin pages take the next three, or free ones if these are in use")
	cmd.Flags().BoolVar(&o.JSON, "json", false, "print the addresses as JSON and nothing else, for scripts")
	return cmd
}
