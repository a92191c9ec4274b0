package cli

import (
	"github.com/spf13/cobra"

	"github.com/concors/concors/endpoints"
)

func newSchema() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the file, for editors",
		Long: `Print the JSON Schema of the file. Editors use it to complete and check as you
type. Save it, and name it in the first line of the file:

  concors schema > concors.schema.json
  # yaml-language-server: $schema=concors.schema.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			schema, err := endpoints.Schema()
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(schema)
			return err
		},
	}
}
