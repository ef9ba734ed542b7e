package main

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/spf13/cobra"

	"postroom/jobs"
	"postroom/jobs/chat"
	"postroom/jobs/deadline"
	"postroom/jobs/directory"
	"postroom/jobs/reminder"
	"postroom/jobs/scheduler"
)

func (p *program) scheduleCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schedule",
		Short: "Run the relay, the reconciler and what is done at intervals, alone",
		Long: `Runs alone: the relay, which hands announced work to the queues; the reconciler, which finds work
that queues or workers lost; and what is done at intervals. One process of all is elected for each,
so a second one is a stand-by.`,
		Example: "  postroom schedule",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return p.schedule(cmd.Context()) },
	}
}

func (p *program) schedule(ctx context.Context) error {
	cfg, log, err := p.prepare()
	if err != nil {
		return err
	}
	databaseURL, redisURL := find(cfg)
	if redisURL == "" {
		return errNoRedis
	}
	h, err := p.start(ctx, cfg, log, databaseURL, redisURL)
	if err != nil {
		return err
	}
	defer h.close()
	client, err := jobs.Dial(h.redisURL)
	if err != nil {
		return err
	}
	defer client.Close()
	fmt.Fprintln(p.out, "Postroom's schedule is ready")
	return p.runParts(ctx, cfg, log, h.scheduleParts(client)...)
}

// scheduleParts leaves out what happens at intervals where that is switched off; the relay is not
// part of it: without a relay nothing happens at all. Nor is what makes tickets to be found.
func (h *house) scheduleParts(client redis.UniversalClient) []part {
	parts := []part{
		{"relay", jobs.NewRelay(h.store, client, h.log).Run},
		{"reconciler", jobs.NewReconciler(h.store, client, h.log).Run},
		{"words", jobs.NewWordIndexer(h.store, h.log).Run},
	}
	if h.cfg.Work.Schedule {
		maintenance, clock := jobs.NewMaintenance(h.store, h.log), scheduler.NewClock(h.store, h.log)
		maintenance.Also(30*time.Second, "schedulers begun", clock.Begin)
		maintenance.Also(5*time.Minute, "schedulers looked at", clock.Forecast)
		maintenance.Also(5*time.Minute, "directories are read", directory.NewClock(h.store).Begin)
		maintenance.Also(24*time.Hour, "old import jobs deleted", h.store.PurgeImports)
		maintenance.Also(time.Minute, "deserted chats ended", chat.NewSweeper(h.store, h.pages(client).Wake).Sweep)
		maintenance.Also(time.Minute, "customers reminded by WhatsApp", reminder.New(h.store).Remind)
		maintenance.Also(24*time.Hour, "old chats deleted", h.store.PurgeChatSessions)
		maintenance.Also(time.Second, "forgotten changes told to the search engine", h.store.WakeSearch)
		if days := h.cfg.Work.ChatIPDays; days > 0 {
			maintenance.Also(24*time.Hour, "addresses of visitors forgotten", func(ctx context.Context) (int, error) {
				return h.store.ForgetChatAddresses(ctx, time.Duration(days)*24*time.Hour)
			})
		}
		parts = append(parts, part{"maintenance", maintenance.Run},
			part{"deadlines", jobs.Leading(h.store, h.log, "deadlines", deadline.NewClock(h.store, h.log).Run)})
	}
	return parts
}
