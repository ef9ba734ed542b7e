package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
)

func (p *program) slaCommand() *cobra.Command {
	return family("sla", "Deadlines of tickets", p.slaRebuildCommand())
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
