package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"postroom/internal/desk"
	"postroom/internal/setup"
)

func (p *program) userCommand() *cobra.Command {
	return family("user", "People who work here", p.userCreateCommand(), p.userShowCommand(), p.userSetCommand(), p.userGrantCommand(),
		p.userSetPasswordCommand(), p.userClearPasswordCommand(), p.userUnlockCommand())
}

func (p *program) userCreateCommand() *cobra.Command {
	var email, firstname, lastname, organization string
	var access accessFlags
	var fromStdin bool
	cmd := &cobra.Command{
		Use:   "create LOGIN",
		Short: "Create a user",
		Long:  "Creates a user. Without --password-stdin a password is made and printed once. Without --role the user\ngets the roles of people who sign up, which is Customer as shipped.",
		Example: `  postroom user create ann@example.com --firstname Ann --role Agent --group Users
  postroom user create bob --email bob@example.com --role Agent --group Sales=read,create --password-stdin < password.txt`,
		Args: allNamed,
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
			return p.createUser(cmd.Context(), attributes, access, fromStdin)
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

func (p *program) createUser(ctx context.Context, attributes map[string]any, access accessFlags, fromStdin bool) error {
	groups, err := access.groupAccess()
	if err != nil {
		return err
	}
	password, made, err := p.password(fromStdin)
	if err != nil {
		return err
	}
	attributes["password"] = password
	h, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer h.close()
	if len(access.roles) > 0 {
		attributes["roles"] = anyOf(access.roles)
	}
	levels := map[string]any{}
	for name, list := range groups {
		levels[name] = anyOf(list)
	}
	attributes["groups"] = levels
	id, err := setup.CreateUser(ctx, h.store, attributes)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.out, "user %d created\n", id)
	if made {
		fmt.Fprintf(p.out, "password: %s\n", password)
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

func (p *program) userGrantCommand() *cobra.Command {
	var access accessFlags
	cmd := &cobra.Command{
		Use:     "grant LOGIN",
		Short:   "Give a user roles and access to groups",
		Example: "  postroom user grant ann@example.com --role Admin --group Sales",
		Args:    allNamed,
		RunE: func(cmd *cobra.Command, args []string) error {
			groups, err := access.groupAccess()
			if err != nil {
				return err
			}
			if len(access.roles)+len(groups) == 0 {
				return errors.New("say what to grant: --role or --group")
			}
			return p.onUser(cmd.Context(), args[0], func(ctx context.Context, h *house, id desk.UserID) error {
				if err := setup.Grant(ctx, h.store, id, access.roles, groups); err != nil {
					return err
				}
				fmt.Fprintf(p.out, "user %d: granted\n", id)
				return nil
			})
		},
	}
	access.register(cmd)
	return cmd
}

func (p *program) userSetPasswordCommand() *cobra.Command {
	var fromStdin bool
	cmd := &cobra.Command{
		Use:     "set-password LOGIN",
		Short:   "Set a user's password, and unlock the user",
		Long:    "Sets a user's password, and unlocks the user. Without --password-stdin a password is made and printed once.",
		Example: "  postroom user set-password admin@localhost\n  postroom user set-password ann@example.com --password-stdin < password.txt",
		Args:    allNamed,
		RunE: func(cmd *cobra.Command, args []string) error {
			password, made, err := p.password(fromStdin)
			if err != nil {
				return err
			}
			return p.onUser(cmd.Context(), args[0], func(ctx context.Context, h *house, id desk.UserID) error {
				if err := setup.SetPassword(ctx, h.store, id, password); err != nil {
					return err
				}
				fmt.Fprintf(p.out, "user %d: password set\n", id)
				if made {
					fmt.Fprintf(p.out, "password: %s\n", password)
				}
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&fromStdin, "password-stdin", false, "read the password from standard input")
	return cmd
}

func (p *program) userUnlockCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "unlock LOGIN",
		Short:   "Let a user try again after too many wrong passwords",
		Example: "  postroom user unlock ann@example.com",
		Args:    allNamed,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.onUser(cmd.Context(), args[0], func(ctx context.Context, h *house, id desk.UserID) error {
				if err := h.store.UnlockUser(ctx, id); err != nil {
					return err
				}
				fmt.Fprintf(p.out, "user %d: unlocked\n", id)
				return nil
			})
		},
	}
}

// onUser does something with the user of this login, mail address or id.
func (p *program) onUser(ctx context.Context, name string, do func(context.Context, *house, desk.UserID) error) error {
	h, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer h.close()
	id, err := setup.FindUser(ctx, h.store, name)
	if err != nil {
		return err
	}
	return do(ctx, h, id)
}

// password reads one from standard input, or makes one.
func (p *program) password(fromStdin bool) (password string, made bool, err error) {
	if !fromStdin {
		return setup.NewPassword(), true, nil
	}
	text, err := io.ReadAll(io.LimitReader(p.in, 64<<10))
	if err != nil {
		return "", false, fmt.Errorf("read the password: %w", err)
	}
	password = strings.TrimRight(string(text), "\r\n")
	if password == "" {
		return "", false, errors.New("there is no password on standard input")
	}
	return password, false, nil
}
