package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"postroom/channels"
	"postroom/channels/telegram"
	"postroom/cmd/postroom/cli"
	"postroom/internal/desk"
	"postroom/internal/intake"
	"postroom/jobs/poll"
	"postroom/spool"
)

func (p *program) pollCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "poll",
		Short: "Fetch mailboxes alone",
		Long: `Fetches mailboxes alone. Any number of such processes may run: each mailbox is fetched by one of them
at a time, which holds a lease on it. POLL_CONCURRENCY says how many are looked into at once.`,
		Example: "  postroom poll",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return p.poll(cmd.Context()) },
	}
}

func (p *program) poll(ctx context.Context) error {
	cfg, log, err := p.prepare()
	if err != nil {
		return err
	}
	if !cfg.Work.Schedule {
		return errors.New("nothing to do: ZAMMAD_PROCESS_SCHEDULED_JOBS_DISABLE switches the fetching of mail off")
	}
	databaseURL, redisURL := find(cfg)
	h, err := p.start(ctx, cfg, log, databaseURL, redisURL)
	if err != nil {
		return err
	}
	defer h.close()
	fmt.Fprintln(p.out, "Postroom is ready to fetch mail")
	return p.runParts(ctx, cfg, log, h.pollPart())
}

func (h *house) pollPart() part { return part{"poll", h.rota().Run} }

func (h *house) rota() *poll.Rota {
	in := intake.New(h.store, h.blobs, h.log)
	refuse := in.Refuse(keepApart(spool.New(h.cfg.Places.Spool)))
	return poll.New(poll.Options{
		Store: h.store, Log: h.log, Concurrency: h.cfg.Work.PollConcurrency,
		Receive: in.Receive,
		Open: func(channel desk.Channel, catalog *desk.Catalog) (channels.Poller, error) {
			if channel.Area == desk.AreaTelegram {
				return telegram.NewPoller(h.telegram(), channel)
			}
			return h.accounts.Mailbox(channel, catalog, refuse)
		},
	})
}

func (p *program) channelFetchCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "fetch [ID]",
		Short:   "Fetch one mailbox, or all active ones, once",
		Example: "  postroom channel fetch\n  postroom channel fetch 3",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ids, err := cli.Numbers[desk.ChannelID](args)
			if err != nil {
				return err
			}
			return p.fetch(cmd.Context(), ids)
		},
	}
}

// fetch fetches all active accounts for no ids.
func (p *program) fetch(ctx context.Context, ids []desk.ChannelID) error {
	h, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer h.close()
	if len(ids) == 0 {
		accounts, err := h.store.ChannelsIn(ctx, desk.MailAreas...)
		if err != nil {
			return err
		}
		for _, account := range accounts {
			if account.Active {
				ids = append(ids, account.ID)
			}
		}
	}
	if len(ids) == 0 {
		return errors.New("no mail account is connected and active: see `postroom channel list`")
	}
	rota, failed := h.rota(), 0
	for _, id := range ids {
		report, err := rota.FetchOnce(ctx, id)
		if errors.Is(err, desk.ErrConflict) {
			fmt.Fprintf(p.out, "channel %d: left to the process that keeps fetching it\n", id)
			continue
		}
		if err != nil {
			failed++
			fmt.Fprintf(p.err, "channel %d: %v\n", id, err)
			continue
		}
		fmt.Fprintf(p.out, "channel %d: %d messages fetched\n", id, report.Fetched)
		for _, notice := range report.Notices {
			fmt.Fprintf(p.out, "channel %d: left alone: %s\n", id, notice)
		}
		for _, remark := range report.Remarks {
			fmt.Fprintf(p.out, "channel %d: %s\n", id, strings.TrimSpace(remark))
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d mailboxes could not be fetched", failed, len(ids))
	}
	return nil
}
