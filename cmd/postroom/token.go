package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"postroom/internal/desk"
	"postroom/internal/setup"
)

func (p *program) tokenCommand() *cobra.Command {
	return family("token", "Tokens of programs that use the API", p.tokenCreateCommand())
}

func (p *program) tokenCreateCommand() *cobra.Command {
	var name string
	var permissions []string
	cmd := &cobra.Command{
		Use:   "create LOGIN",
		Short: "Create an API token of a user and print it once",
		Example: `  postroom token create admin@localhost --name backup
  postroom token create ann@example.com --name chat-bot --permission ticket.agent`,
		Args: allNamed,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.onUser(cmd.Context(), args[0], func(ctx context.Context, h *house, id desk.UserID) error {
				token, err := setup.CreateToken(ctx, h.store, id, name, permissions)
				if err != nil {
					return err
				}
				fmt.Fprintln(p.out, token)
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&name, "name", "command line", "what the token is for")
	cmd.Flags().StringArrayVar(&permissions, "permission", nil, "limit it to a permission; may be repeated; otherwise all of the user's")
	return cmd
}
