package people

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"postroom/cmd/postroom/cli"
	"postroom/internal/desk"
	"postroom/internal/setup"
)

// TokenCommand is the family of verbs about tokens.
func TokenCommand(p *cli.Program) *cobra.Command {
	return cli.Family("token", "Tokens of programs that use the API", tokenCreateCommand(p))
}

func tokenCreateCommand(p *cli.Program) *cobra.Command {
	var name string
	var permissions []string
	cmd := &cobra.Command{
		Use:   "create LOGIN",
		Short: "Create an API token of a user and print it once",
		Example: `  postroom token create admin@localhost --name backup
  postroom token create ann@example.com --name chat-bot --permission ticket.agent`,
		Args: cli.AllNamed,
		RunE: func(cmd *cobra.Command, args []string) error {
			return onUser(cmd.Context(), p, args[0], func(ctx context.Context, h *cli.House, id desk.UserID) error {
				token, err := setup.CreateToken(ctx, h.Store, id, name, permissions)
				if err != nil {
					return err
				}
				fmt.Fprintln(p.Out, token)
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&name, "name", "command line", "what the token is for")
	cmd.Flags().StringArrayVar(&permissions, "permission", nil, "limit it to a permission; may be repeated; otherwise all of the user's")
	return cmd
}
