// Package people holds the verbs about those who work here, and about the tokens of programs.
package people

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"postroom/cmd/postroom/cli"
	"postroom/internal/desk"
	"postroom/internal/setup"
)

// Command is the family of verbs about users.
func Command(p *cli.Program) *cobra.Command {
	return cli.Family("user", "People who work here", createCommand(p), showCommand(p), setCommand(p), grantCommand(p),
		setPasswordCommand(p), clearPasswordCommand(p), unlockCommand(p))
}

func createCommand(p *cli.Program) *cobra.Command {
	var email, firstname, lastname, organization string
	var access accessFlags
	var fromStdin bool
	cmd := &cobra.Command{
		Use:   "create LOGIN",
		Short: "Create a user",
		Long:  "Creates a user. Without --password-stdin a password is made and printed once. Without --role the user\ngets the roles of people who sign up, which is Customer as shipped.",
		Example: `  postroom user create ann@example.com --firstname Ann --role Agent --group Users
  postroom user create bob --email bob@example.com --role Agent --group Sales=read,create --password-stdin < password.txt`,
		Args: cli.AllNamed,
		RunE: func(cmd *cobra.Command, args []string) error {
			attributes := map[string]any{"login": strings.ToLower(args[0]), "firstname": firstname, "lastname": lastname}
			if email == "" && strings.Contains(args[0], "@") {
				email = args[0]
			}
			if email != "" {
				attributes["email"] = email
			}
			if organization != "" {
				attributes["organization"] = organization
			}
			return create(cmd.Context(), p, attributes, access, fromStdin)
		},
	}
	cmd.Flags().StringVar(&email, "email", "", "mail address, if the login is none")
	cmd.Flags().StringVar(&firstname, "firstname", "", "first name")
	cmd.Flags().StringVar(&lastname, "lastname", "", "last name")
	cmd.Flags().StringVar(&organization, "organization", "", "name of an organization that exists")
	cmd.Flags().BoolVar(&fromStdin, "password-stdin", false, "read the password from standard input")
	access.register(cmd)
	return cmd
}

func create(ctx context.Context, p *cli.Program, attributes map[string]any, access accessFlags, fromStdin bool) error {
	groups, err := access.groupAccess()
	if err != nil {
		return err
	}
	password, made, err := readPassword(p, fromStdin)
	if err != nil {
		return err
	}
	attributes["password"] = password
	h, err := p.Open(ctx)
	if err != nil {
		return err
	}
	defer h.Close()
	if len(access.roles) > 0 {
		attributes["roles"] = anyOf(access.roles)
	}
	levels := map[string]any{}
	for name, list := range groups {
		levels[name] = anyOf(list)
	}
	attributes["groups"] = levels
	id, err := setup.CreateUser(ctx, h.Store, attributes)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.Out, "user %d created\n", id)
	if made {
		fmt.Fprintf(p.Out, "password: %s\n", password)
	}
	return nil
}

// anyOf makes a list as JSON would decode it.
func anyOf[T ~string](list []T) []any {
	out := make([]any, len(list))
	for i, entry := range list {
		out[i] = string(entry)
	}
	return out
}

// accessFlags are roles and groups of somebody.
type accessFlags struct {
	roles  []string
	groups []string
}

func (a *accessFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&a.roles, "role", nil, "name of a role; may be repeated")
	cmd.Flags().StringArrayVar(&a.groups, "group", nil, "name of a group, full access; or NAME=read,create,change,overview; may be repeated")
}

var levels = []desk.Access{desk.AccessRead, desk.AccessCreate, desk.AccessChange, desk.AccessOverview, desk.AccessFull}

func (a *accessFlags) groupAccess() (map[string][]desk.Access, error) {
	groups := map[string][]desk.Access{}
	for _, group := range a.groups {
		name, list, given := strings.Cut(group, "=")
		if !given {
			list = string(desk.AccessFull)
		}
		for word := range strings.SplitSeq(list, ",") {
			level := desk.Access(strings.TrimSpace(word))
			if !slices.Contains(levels, level) {
				return nil, fmt.Errorf("--group %s: access is one of %v", group, levels)
			}
			groups[name] = append(groups[name], level)
		}
	}
	return groups, nil
}

func grantCommand(p *cli.Program) *cobra.Command {
	var access accessFlags
	cmd := &cobra.Command{
		Use:     "grant LOGIN",
		Short:   "Give a user roles and access to groups",
		Example: "  postroom user grant ann@example.com --role Admin --group Sales",
		Args:    cli.AllNamed,
		RunE: func(cmd *cobra.Command, args []string) error {
			groups, err := access.groupAccess()
			if err != nil {
				return err
			}
			if len(access.roles)+len(groups) == 0 {
				return errors.New("say what to grant: --role or --group")
			}
			return onUser(cmd.Context(), p, args[0], func(ctx context.Context, h *cli.House, id desk.UserID) error {
				if err := setup.Grant(ctx, h.Store, id, access.roles, groups); err != nil {
					return err
				}
				fmt.Fprintf(p.Out, "user %d: granted\n", id)
				return nil
			})
		},
	}
	access.register(cmd)
	return cmd
}

func setPasswordCommand(p *cli.Program) *cobra.Command {
	var fromStdin bool
	cmd := &cobra.Command{
		Use:     "set-password LOGIN",
		Short:   "Set a user's password, and unlock the user",
		Long:    "Sets a user's password, and unlocks the user. Without --password-stdin a password is made and printed once.",
		Example: "  postroom user set-password admin@localhost\n  postroom user set-password ann@example.com --password-stdin < password.txt",
		Args:    cli.AllNamed,
		RunE: func(cmd *cobra.Command, args []string) error {
			password, made, err := readPassword(p, fromStdin)
			if err != nil {
				return err
			}
			return onUser(cmd.Context(), p, args[0], func(ctx context.Context, h *cli.House, id desk.UserID) error {
				if err := setup.SetPassword(ctx, h.Store, id, password); err != nil {
					return err
				}
				fmt.Fprintf(p.Out, "user %d: password set\n", id)
				if made {
					fmt.Fprintf(p.Out, "password: %s\n", password)
				}
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&fromStdin, "password-stdin", false, "read the password from standard input")
	return cmd
}

func unlockCommand(p *cli.Program) *cobra.Command {
	return &cobra.Command{
		Use:     "unlock LOGIN",
		Short:   "Let a user try again after too many wrong passwords",
		Example: "  postroom user unlock ann@example.com",
		Args:    cli.AllNamed,
		RunE: func(cmd *cobra.Command, args []string) error {
			return onUser(cmd.Context(), p, args[0], func(ctx context.Context, h *cli.House, id desk.UserID) error {
				if err := h.Store.UnlockUser(ctx, id); err != nil {
					return err
				}
				fmt.Fprintf(p.Out, "user %d: unlocked\n", id)
				return nil
			})
		},
	}
}

// onUser does something with the user of this login, mail address or id.
func onUser(ctx context.Context, p *cli.Program, name string, do func(context.Context, *cli.House, desk.UserID) error) error {
	h, err := p.Open(ctx)
	if err != nil {
		return err
	}
	defer h.Close()
	id, err := setup.FindUser(ctx, h.Store, name)
	if err != nil {
		return err
	}
	return do(ctx, h, id)
}

// readPassword reads one from standard input, or makes one.
func readPassword(p *cli.Program, fromStdin bool) (password string, made bool, err error) {
	if !fromStdin {
		return setup.NewPassword(), true, nil
	}
	text, err := io.ReadAll(io.LimitReader(p.In, 64<<10))
	if err != nil {
		return "", false, fmt.Errorf("read the password: %w", err)
	}
	password = strings.TrimRight(string(text), "\r\n")
	if password == "" {
		return "", false, errors.New("there is no password on standard input")
	}
	return password, false, nil
}
