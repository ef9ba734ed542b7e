package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"postroom/internal/setup"
	"postroom/internal/store"
)

func (p *program) migrateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database's schema up to date",
		Long: `Brings the database's schema up to date and fills a fresh one with the records that every
installation has. Starting any part of the program does the same; this verb is for those who want
it to happen at a time of their own.`,
		Example: "  DATABASE_URL=postgres://user:password@db/postroom postroom migrate",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return p.migrate(cmd.Context()) },
	}
}

func (p *program) migrate(ctx context.Context) error {
	cfg, err := p.config()
	if err != nil {
		return err
	}
	databaseURL, redisURL := find(cfg)
	if databaseURL == "" {
		return errNoDatabase
	}
	applied, err := store.Migrate(ctx, databaseURL)
	if err != nil {
		return err
	}
	h, err := connect(ctx, cfg, p.logger(cfg), databaseURL, redisURL)
	if err != nil {
		return err
	}
	defer h.close()
	if err := setup.Seed(ctx, h.store, setup.Address{FQDN: cfg.Setup.FQDN, HTTPType: cfg.Setup.HTTPType}); err != nil {
		return err
	}
	if applied == 0 {
		fmt.Fprintln(p.out, "the schema was up to date already")
		return nil
	}
	fmt.Fprintf(p.out, "%d migrations applied\n", applied)
	return nil
}
