package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"postroom/internal/devstack"
	"postroom/internal/live"
	"postroom/jobs"
)

func (p *program) allCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "all",
		Short: "Run everything in one process",
		Long: `Runs everything in one process: the API, the workers, the fetching of mailboxes and what is done
at intervals. Where no PostgreSQL or Redis is configured it starts its own, with data in DATA_DIR.

The first start creates an administrator and prints login, password and API token once, unless
AUTOWIZARD_JSON or an auto_wizard.json says who works here. SIGINT or SIGTERM stops it cleanly
within SHUTDOWN_WITHIN; a second one at once.`,
		Example: "  postroom all\n  ZAMMAD_RAILS_PORT=3100 DATA_DIR=/srv/postroom postroom all",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return p.all(cmd.Context()) },
	}
}

func (p *program) all(ctx context.Context) error {
	cfg, log, err := p.prepare()
	if err != nil {
		return err
	}
	listener, err := listen(cfg)
	if err != nil {
		return err
	}
	defer listener.Close() // the API's server closes it earlier
	stack, err := devstack.Start(ctx, devstack.Options{
		Dir: cfg.Places.Data, DatabaseURL: cfg.Stores.DatabaseURL, RedisURL: cfg.Stores.RedisURL, Log: log,
	})
	if err != nil {
		return err
	}
	defer stack.Stop() // started first, stopped last
	h, err := p.start(ctx, cfg, log, stack.DatabaseURL(), stack.RedisURL())
	if err != nil {
		return err
	}
	defer h.close()
	redis, err := jobs.Dial(h.redisURL)
	if err != nil {
		return err
	}
	defer redis.Close()
	parts := append(h.scheduleParts(redis), h.apiPart(listener, live.Redis{Client: redis}), h.workPart(redis, cfg.Work.Workers))
	if cfg.Work.Schedule {
		parts = append(parts, h.pollPart())
	}
	fmt.Fprintf(p.out, "Postroom is ready on http://%s\n", listener.Addr())
	return p.runParts(ctx, cfg, log, parts...)
}
