package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"postroom/cmd/postroom/cli"
	"postroom/internal/demo"
)

func (p *program) demoCommand() *cobra.Command {
	return cli.Family("demo", "Made-up data, to try things out with", p.demoFillCommand())
}

func (p *program) demoFillCommand() *cobra.Command {
	opts := demo.Options{}
	cmd := &cobra.Command{
		Use:   "fill",
		Short: "Fill the installation with made-up people, tickets and articles",
		Long: `Fills the installation with groups, organizations, agents, customers, tickets of the last two years
and their articles. Nobody is notified and no rule runs. Those who are agents already may work in the
new groups, and so see the tickets; the made-up people have no password until ` + "`postroom user set-password`" + `
gives them one. The same seed makes the same data on the same installation.

It can't be undone: where there are tickets already, it asks for --yes.`,
		Example: "  postroom demo fill\n  postroom demo fill --tickets 1000000 --articles-per-ticket 3",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return p.fillDemo(cmd.Context(), opts) },
	}
	cmd.Flags().IntVar(&opts.Tickets, "tickets", 1000, "how many tickets")
	cmd.Flags().IntVar(&opts.ArticlesPerTicket, "articles-per-ticket", 3, "how many articles each has on average")
	cmd.Flags().Uint64Var(&opts.Seed, "seed", 1, "another seed makes other data")
	cmd.Flags().BoolVar(&opts.BesideOthers, "yes", false, "also where there are tickets already")
	return cmd
}

func (p *program) fillDemo(ctx context.Context, opts demo.Options) error {
	h, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer h.close()
	started, told := time.Now(), time.Now()
	opts.Until = started.UTC().Truncate(24 * time.Hour)
	opts.Progress = func(made demo.Counts) {
		if time.Since(told) < tellEvery || made.Tickets == 0 {
			return
		}
		told = time.Now()
		left := time.Since(started) * time.Duration(opts.Tickets-made.Tickets) / time.Duration(made.Tickets)
		fmt.Fprintf(p.err, "%d of %d tickets, %d articles; about %s left", made.Tickets, opts.Tickets, made.Articles, left.Round(time.Second))
		if made.Tickets == opts.Tickets {
			fmt.Fprint(p.err, ", then the indexes")
		}
		fmt.Fprintln(p.err)
	}
	made, err := demo.Fill(ctx, h.store, opts)
	if errors.Is(err, demo.ErrInUse) {
		return fmt.Errorf("%w: made-up ones among them can't be taken out again; say --yes if you mean it", err)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(p.out, "made %d tickets with %d articles, %d users, %d organizations and %d groups in %s\n",
		made.Tickets, made.Articles, made.Users, made.Organizations, made.Groups, time.Since(started).Round(time.Second))
	return nil
}

// tellEvery is how often long work says how far it is.
const tellEvery = 5 * time.Second
