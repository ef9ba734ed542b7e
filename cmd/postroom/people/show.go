package people

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"postroom/cmd/postroom/cli"
	"postroom/internal/desk"
	"postroom/internal/store/catalog"
)

func showCommand(p *cli.Program) *cobra.Command {
	return &cobra.Command{
		Use:     "show LOGIN",
		Short:   "Show what somebody may do, and why signing in may fail",
		Long:    "Shows what somebody may do, and why signing in may fail. LOGIN may be a mail address or an id, too.",
		Example: "  postroom user show ann@example.com\n  postroom user show 3",
		Args:    cli.AllNamed,
		RunE: func(cmd *cobra.Command, args []string) error {
			return onUser(cmd.Context(), p, args[0], func(ctx context.Context, h *cli.House, id desk.UserID) error {
				return showUser(ctx, p, h, id)
			})
		},
	}
}

func showUser(ctx context.Context, p *cli.Program, h *cli.House, id desk.UserID) error {
	user, err := h.Store.User(ctx, id)
	if err != nil {
		return err
	}
	found, err := h.Store.CredentialsByName(ctx, user.Login)
	if err != nil {
		return err
	}
	c, err := h.Store.Catalog(ctx)
	if err != nil {
		return err
	}
	roles, err := catalog.Roles.Names(ctx, h.Store.DB)
	if err != nil {
		return err
	}
	var held []string
	for _, role := range found.Caller.RoleIDs {
		held = append(held, roles[role])
	}
	table := tabwriter.NewWriter(p.Out, 0, 0, 2, ' ', 0)
	for _, line := range [][2]any{
		{"id", user.ID}, {"login", user.Login}, {"email", user.Email}, {"name", user.FullName()}, {"active", user.Active},
		{"source", cli.Text(user.Source)}, {"roles", strings.Join(held, ", ")}, {"groups", strings.Join(groupsOf(c, found.Caller.Groups), ", ")},
		{"password", set(found.Password != "")}, {"failed logins", failedLogins(c, user)}, {"last login", cli.Moment(user.LastLogin)},
	} {
		fmt.Fprintf(table, "%v\t%v\n", line[0], line[1])
	}
	return table.Flush()
}

// groupsOf tells what somebody may do in groups, as --group takes it.
func groupsOf(c *desk.Catalog, access desk.GroupAccess) (all []string) {
	for _, id := range slices.Sorted(maps.Keys(access)) {
		all = append(all, fmt.Sprintf("%s=%s", c.Groups[id].Name, strings.Join(words(access[id]), ",")))
	}
	return all
}

func words(levels []desk.Access) (all []string) {
	for _, level := range levels {
		all = append(all, string(level))
	}
	return all
}

func set(is bool) string {
	if is {
		return "set"
	}
	return "none"
}

func failedLogins(c *desk.Catalog, user desk.User) string {
	most := c.Settings.Int("password_max_login_failed")
	if user.LoginFailed > most {
		return fmt.Sprintf("%d of %d: locked, `postroom user unlock` lets in again", user.LoginFailed, most)
	}
	return fmt.Sprintf("%d of %d", user.LoginFailed, most)
}
