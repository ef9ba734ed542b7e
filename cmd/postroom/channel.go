package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"postroom/internal/desk"
)

func (p *program) channelCommand() *cobra.Command {
	active := func(on bool) func(context.Context, *house, desk.Channel) error {
		return func(ctx context.Context, h *house, channel desk.Channel) error {
			channel.Active = on
			channel.UpdatedByID = desk.SystemUser
			return h.store.SaveChannel(ctx, channel)
		}
	}
	return family("channel", "Mail accounts: the ways in and out",
		family("add", "Connect an account", p.channelAddEmailCommand()),
		p.channelSetCommand(),
		p.channelListCommand(),
		p.channelFetchCommand(),
		p.channelChangeCommand("enable", "Fetch and send through a channel again", "enabled", active(true)),
		p.channelChangeCommand("disable", "Leave a channel alone for now", "disabled", active(false)),
		p.channelChangeCommand("delete", "Forget a channel; its tickets stay, its address becomes inactive", "deleted",
			func(ctx context.Context, h *house, channel desk.Channel) error {
				return h.store.DeleteChannel(ctx, channel.ID)
			}),
	)
}

func (p *program) channelListCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the mail accounts and how they fare",
		Example: "  postroom channel list",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return p.listChannels(cmd.Context()) },
	}
}

func (p *program) listChannels(ctx context.Context) error {
	h, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer h.close()
	channels, err := h.store.ChannelsIn(ctx, desk.MailAreas...)
	if err != nil {
		return err
	}
	if len(channels) == 0 {
		fmt.Fprintln(p.out, "no mail account is connected; `postroom channel add email --help` says how to")
		return nil
	}
	catalog, err := h.store.Catalog(ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tACTIVE\tADDRESS\tGROUP\tMAILBOX\tIN\tOUT\tLAST FETCH\tTROUBLE")
	for _, channel := range channels {
		trouble := channel.LastLogIn
		if trouble == nil || *trouble == "" {
			trouble = channel.LastLogOut
		}
		fmt.Fprintf(table, "%d\t%v\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", channel.ID, channel.Active, addressOf(catalog, channel.ID),
			groupOf(catalog, channel), mailbox(channel), text(channel.StatusIn), text(channel.StatusOut), moment(channel.LastFetch), oneLine(trouble))
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

// mailbox is user@host of the inbound side.
func mailbox(channel desk.Channel) string {
	inbound, _ := channel.Options["inbound"].(map[string]any)
	options, _ := inbound["options"].(map[string]any)
	return fmt.Sprintf("%v@%v", options["user"], options["host"])
}

func text(s *string) string {
	if s == nil {
		return "-"
	}
	return *s
}

func moment(t *time.Time) string {
	if t == nil {
		return "never"
	}
	return t.Format(time.RFC3339)
}

func (p *program) channelChangeCommand(use, short, done string, change func(context.Context, *house, desk.Channel) error) *cobra.Command {
	return &cobra.Command{
		Use:     use + " ID",
		Short:   short,
		Example: "  postroom channel " + use + " 3",
		Args:    allNamed,
		RunE: func(cmd *cobra.Command, args []string) error {
			ids, err := numbers[desk.ChannelID](args)
			if err != nil {
				return err
			}
			h, err := p.open(cmd.Context())
			if err != nil {
				return err
			}
			defer h.close()
			channel, err := h.account(cmd.Context(), ids[0])
			if err != nil {
				return err
			}
			if err := change(cmd.Context(), h, channel); err != nil {
				return err
			}
			fmt.Fprintf(p.out, "channel %d %s\n", channel.ID, done)
			return nil
		},
	}
}

// account returns a mail account, and no other kind of channel.
func (h *house) account(ctx context.Context, id desk.ChannelID) (desk.Channel, error) {
	channels, err := h.store.ChannelsIn(ctx, desk.MailAreas...)
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
