package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"postroom/cmd/postroom/cli"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/outbox"
)

func (p *program) jobsCommand() *cobra.Command {
	return cli.Family("jobs", "Work that waits, fails or is dead", p.jobsListCommand(),
		p.jobsChangeCommand(change{"retry", "Do dead or failing work again, at once", "will be done again", "all dead work", (*store.Store).RetryWork}),
		p.jobsChangeCommand(change{"drop", "Give dead or failing work up for good", "dropped", "", (*store.Store).DropWork}))
}

func (p *program) jobsListCommand() *cobra.Command {
	var limit int
	var waiting bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List dead work and work that failed at least once",
		Long: `Lists dead work, which is out of attempts and waits for you, and work that failed at least once
and will be tried again.`,
		Example: "  postroom jobs list\n  postroom jobs list --waiting --limit 20",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.listJobs(cmd.Context(), limit, waiting)
		},
	}
	cmd.Flags().IntVar(&limit, "limit", 100, "list at most so many of each")
	cmd.Flags().BoolVar(&waiting, "waiting", false, "also list work that simply waits")
	return cmd
}

type workList struct {
	state string
	read  func(ctx context.Context, limit int) ([]outbox.Row, error)
}

func (p *program) listJobs(ctx context.Context, limit int, waiting bool) error {
	h, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer h.close()
	lists := []workList{{"dead", h.store.DeadWork}, {"failing", h.store.FailingWork}}
	if waiting {
		lists = append(lists, workList{"waiting", h.store.WaitingWork})
	}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tSTATE\tKIND\tPAYLOAD\tATTEMPTS\tSINCE\tERROR")
	found, dead, failing := 0, false, false
	for _, list := range lists {
		rows, err := list.read(ctx, limit)
		if err != nil {
			return err
		}
		for _, row := range rows {
			fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%d\t%s\t%s\n", row.ID, list.state, row.Kind, row.Payload, row.Attempts, row.CreatedAt.Format(time.RFC3339), cli.OneLine(row.LastError))
		}
		found += len(rows)
		dead = dead || list.state == "dead" && len(rows) > 0
		failing = failing || list.state == "failing" && len(rows) > 0
	}
	if found == 0 {
		fmt.Fprintln(p.out, "no work is dead or failing")
		return nil
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if dead {
		fmt.Fprintln(p.out, "\nDead work: `postroom jobs retry ID` when the cause is mended, `postroom jobs drop ID` to give it up.")
	} else if failing {
		fmt.Fprintln(p.out, "\nFailing work is tried again by itself; `postroom jobs retry ID` does it now.")
	}
	return nil
}

// change is what can be done to dead or failing work.
type change struct {
	use, short string
	done       string // what is told of how many
	all        string // what --all does; empty: there is no --all
	apply      func(*store.Store, context.Context, ...desk.OutboxID) (int, error)
}

func (p *program) jobsChangeCommand(c change) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:     c.use + " ID …",
		Short:   c.short,
		Example: "  postroom jobs " + c.use + " 17 18",
		RunE: func(cmd *cobra.Command, args []string) error {
			if all == (len(args) > 0) {
				return errors.New("name the ids that `postroom jobs list` shows")
			}
			ids, err := cli.Numbers[desk.OutboxID](args)
			if err != nil {
				return err
			}
			h, err := p.open(cmd.Context())
			if err != nil {
				return err
			}
			defer h.close()
			n, err := c.apply(h.store, cmd.Context(), ids...)
			if err != nil {
				return err
			}
			fmt.Fprintf(p.out, "%d %s\n", n, c.done)
			if n < len(ids) {
				return fmt.Errorf("%d of %d are neither dead nor failing, or a worker is at them right now: see `postroom jobs list`", len(ids)-n, len(ids))
			}
			return nil
		},
	}
	if c.all != "" {
		cmd.Flags().BoolVar(&all, "all", false, c.all)
	}
	return cmd
}
