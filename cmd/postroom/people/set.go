package people

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"postroom/cmd/postroom/cli"
	"postroom/internal/desk"
	"postroom/internal/setup"
)

func setCommand(p *cli.Program) *cobra.Command {
	var login, email string
	cmd := &cobra.Command{
		Use:     "set LOGIN",
		Short:   "Change by what somebody signs in and is written to",
		Long:    "Changes the login or the mail address of a user. A login that is the mail address changes with it.",
		Example: "  postroom user set admin@localhost --email ann@example.com\n  postroom user set ann@example.com --login ann",
		Args:    cli.AllNamed,
		RunE: func(cmd *cobra.Command, args []string) error {
			if login+email == "" {
				return errors.New("say what to change: --login or --email")
			}
			return onUser(cmd.Context(), p, args[0], func(ctx context.Context, h *cli.House, id desk.UserID) error {
				user, err := setup.Rename(ctx, h.Store, id, login, email)
				if err != nil {
					return err
				}
				fmt.Fprintf(p.Out, "user %d: login %s, mail address %s\n", id, user.Login, user.Email)
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&login, "login", "", "new login")
	cmd.Flags().StringVar(&email, "email", "", "new mail address")
	return cmd
}

func clearPasswordCommand(p *cli.Program) *cobra.Command {
	return &cobra.Command{
		Use:   "clear-password LOGIN",
		Short: "Forget a user's password, so that only others can vouch for the user",
		Long: `Forgets a user's password and ends the user's sessions. The user then signs in by LDAP, an identity
provider or a trusted header, or asks for a new password by mail where setting user_lost_password allows it.`,
		Example: "  postroom user clear-password ann@example.com",
		Args:    cli.AllNamed,
		RunE: func(cmd *cobra.Command, args []string) error {
			return onUser(cmd.Context(), p, args[0], func(ctx context.Context, h *cli.House, id desk.UserID) error {
				if err := setup.ClearPassword(ctx, h.Store, id); err != nil {
					return err
				}
				fmt.Fprintf(p.Out, "user %d: has no password any more\n", id)
				return nil
			})
		},
	}
}
