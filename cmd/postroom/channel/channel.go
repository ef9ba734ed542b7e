// Package channel holds the verbs about mail accounts, the ways in and out.
package channel

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"postroom/cmd/postroom/cli"
	"postroom/internal/desk"
)

// Command is the family of verbs; fetch is the one that needs to know how mailboxes are polled.
func Command(p *cli.Program, fetch *cobra.Command) *cobra.Command {
	active := func(on bool) func(context.Context, *cli.House, desk.Channel) error {
		return func(ctx context.Context, h *cli.House, channel desk.Channel) error {
			channel.Active = on
			channel.UpdatedByID = desk.SystemUser
			return h.Store.SaveChannel(ctx, channel)
		}
	}
	return cli.Family("channel", "Mail accounts: the ways in and out",
		cli.Family("add", "Connect an account", addEmailCommand(p)),
		setCommand(p),
		listCommand(p),
		fetch,
		changeCommand(p, "enable", "Fetch and send through a channel again", "enabled", active(true)),
		changeCommand(p, "disable", "Leave a channel alone for now", "disabled", active(false)),
		changeCommand(p, "delete", "Forget a channel; its tickets stay, its address becomes inactive", "deleted",
			func(ctx context.Context, h *cli.House, channel desk.Channel) error {
				return h.Store.DeleteChannel(ctx, channel.ID)
			}),
	)
}

func listCommand(p *cli.Program) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the mail accounts and how they fare",
		Example: "  postroom channel list",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return list(cmd.Context(), p) },
	}
}

func list(ctx context.Context, p *cli.Program) error {
	h, err := p.Open(ctx)
	if err != nil {
		return err
	}
	defer h.Close()
	channels, err := h.Store.ChannelsIn(ctx, desk.MailAreas...)
	if err != nil {
		return err
	}
	if len(channels) == 0 {
		fmt.Fprintln(p.Out, "no mail account is connected; `postroom channel add email --help` says how to")
		return nil
	}
	catalog, err := h.Store.Catalog(ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(p.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tACTIVE\tADDRESS\tGROUP\tMAILBOX\tIN\tOUT\tLAST FETCH\tTROUBLE")
	for _, channel := range channels {
		trouble := channel.LastLogIn
		if trouble == nil || *trouble == "" {
			trouble = channel.LastLogOut
		}
		fmt.Fprintf(table, "%d\t%v\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", channel.ID, channel.Active, addressOf(catalog, channel.ID),
			groupOf(catalog, channel), Mailbox(channel), cli.Text(channel.StatusIn), cli.Text(channel.StatusOut), cli.Moment(channel.LastFetch), cli.OneLine(trouble))
	}
	return table.Flush()
}

func addressOf(catalog *desk.Catalog, id desk.ChannelID) string {
	for _, address := range catalog.Addresses {
		if address.ChannelID != nil && *address.ChannelID == id {
			return address.Email
		}
	}
	return "-"
}

func groupOf(catalog *desk.Catalog, channel desk.Channel) string {
	if channel.GroupID == nil {
		return "-"
	}
	return catalog.Groups[*channel.GroupID].Name
}

// Mailbox is user@host of the inbound side.
func Mailbox(channel desk.Channel) string {
	inbound, _ := channel.Options["inbound"].(map[string]any)
	options, _ := inbound["options"].(map[string]any)
	return fmt.Sprintf("%v@%v", options["user"], options["host"])
}

func changeCommand(p *cli.Program, use, short, done string, change func(context.Context, *cli.House, desk.Channel) error) *cobra.Command {
	return &cobra.Command{
		Use:     use + " ID",
		Short:   short,
		Example: "  postroom channel " + use + " 3",
		Args:    cli.AllNamed,
		RunE: func(cmd *cobra.Command, args []string) error {
			ids, err := cli.Numbers[desk.ChannelID](args)
			if err != nil {
				return err
			}
			h, err := p.Open(cmd.Context())
			if err != nil {
				return err
			}
			defer h.Close()
			channel, err := mailAccount(cmd.Context(), h, ids[0])
			if err != nil {
				return err
			}
			if err := change(cmd.Context(), h, channel); err != nil {
				return err
			}
			fmt.Fprintf(p.Out, "channel %d %s\n", channel.ID, done)
			return nil
		},
	}
}

// mailAccount returns a mail account, and no other kind of channel.
func mailAccount(ctx context.Context, h *cli.House, id desk.ChannelID) (desk.Channel, error) {
	channels, err := h.Store.ChannelsIn(ctx, desk.MailAreas...)
	if err != nil {
		return desk.Channel{}, err
	}
	for _, channel := range channels {
		if channel.ID == id {
			return channel, nil
		}
	}
	return desk.Channel{}, fmt.Errorf("there is no mail account with channel id %d: see `postroom channel list`", id)
}
