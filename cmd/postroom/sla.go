package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"postroom/cmd/postroom/cli"
	"postroom/internal/desk"
	"postroom/internal/store"
)

func (p *program) slaCommand() *cobra.Command {
	return cli.Family("sla", "Deadlines of tickets", p.slaRebuildCommand(), p.slaNotesCommand())
}

func (p *program) slaRebuildCommand() *cobra.Command {
	var wait bool
	cmd := &cobra.Command{
		Use:   "rebuild",
		Short: "Calculate the deadlines of all open tickets anew",
		Long: `Has the deadlines of all open tickets calculated anew, as a change of an SLA or a calendar does.
Workers of queue maintenance do it in the background; other work goes on. With --wait it tells how
far that is, until it is done.`,
		Example: "  postroom sla rebuild\n  postroom sla rebuild --wait",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return p.rebuildDeadlines(cmd.Context(), wait) },
	}
	cmd.Flags().BoolVar(&wait, "wait", false, "wait until it is done")
	return cmd
}

func (p *program) rebuildDeadlines(ctx context.Context, wait bool) error {
	h, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer h.close()
	if err := h.store.RequestDeadlineRebuild(ctx); err != nil {
		return err
	}
	fmt.Fprintln(p.out, "The deadlines of all open tickets will be calculated anew")
	if !wait {
		return nil
	}
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for {
		rebuilds, err := h.store.DeadlineRebuilds(ctx, 1)
		if err != nil {
			return err
		}
		if len(rebuilds) > 0 && rebuilds[0].StartedAt != nil {
			r := rebuilds[0]
			fmt.Fprintf(p.out, "%d of %d tickets, %d changed\n", r.LookedAt, r.Total, r.Changed)
			if r.FinishedAt != nil {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-again.C:
		}
	}
}

func (p *program) slaNotesCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "notes on|off",
		Short: "Say whether public notes count as contacts and answers",
		Long: `Says whether public notes count as contacts with the customer, and those of agents as answers.
As shipped they don't. While they do, public notes can't be deleted; internal ones never count. The
deadlines of all open tickets are calculated anew.`,
		Example:   "  postroom sla notes on\n  postroom sla notes off",
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{"on", "off"},
		RunE:      func(cmd *cobra.Command, args []string) error { return p.countNotes(cmd.Context(), args[0] == "on") },
	}
}

func (p *program) countNotes(ctx context.Context, count bool) error {
	h, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer h.close()
	err = h.store.InTx(ctx, func(tx *store.Store) error {
		if err := tx.SetCommunication(ctx, desk.ArticleNote, count); err != nil {
			return err
		}
		return tx.RequestDeadlineRebuild(ctx)
	})
	if err != nil {
		return err
	}
	if count {
		fmt.Fprintln(p.out, "Public notes count as contacts and answers")
	} else {
		fmt.Fprintln(p.out, "Public notes don't count as contacts and answers")
	}
	return nil
}
