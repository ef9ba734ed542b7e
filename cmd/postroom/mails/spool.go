package mails

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"postroom/channels"
	"postroom/channels/email"
	"postroom/cmd/postroom/cli"
	"postroom/internal/desk"
	"postroom/internal/intake"
	"postroom/spool"
)

// SpoolCommand is the family of verbs about mail that could not be processed.
func SpoolCommand(p *cli.Program) *cobra.Command {
	return cli.Family("spool", "Mail that could not be processed", spoolListCommand(p), spoolShowCommand(p), spoolRetryCommand(p), spoolDropCommand(p))
}

// box opens the folder; it needs no database.
func box(p *cli.Program) (*spool.Spool, error) {
	folder, err := p.Spool()
	if err != nil {
		return nil, err
	}
	return spool.New(folder), nil
}

func spoolListCommand(p *cli.Program) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the mail that could not be processed",
		Example: "  postroom spool list",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			s, err := box(p)
			if err != nil {
				return err
			}
			entries, err := s.List()
			if err != nil {
				return err
			}
			if len(entries) == 0 {
				fmt.Fprintln(p.Out, "the spool is empty")
				return nil
			}
			table := tabwriter.NewWriter(p.Out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "ID\tKIND\tSINCE\tATTEMPTS\tBYTES\tREASON")
			for _, entry := range entries {
				fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%d\t%s\n", entry.ID, entry.Kind, entry.FirstAt.Format(time.RFC3339), entry.Attempts, entry.Size, cli.OneLine(&entry.Reason))
			}
			if err := table.Flush(); err != nil {
				return err
			}
			fmt.Fprintln(p.Out, "\n`postroom spool show ID` shows a mail, `postroom spool retry ID` processes it again, `postroom spool drop ID` deletes it.")
			return nil
		},
	}
}

func spoolShowCommand(p *cli.Program) *cobra.Command {
	var raw bool
	cmd := &cobra.Command{
		Use:     "show ID",
		Short:   "Show why a mail is in the spool, and the mail",
		Example: "  postroom spool show 0123456789abcdef0123456789abcdef\n  postroom spool show --raw 0123456789abcdef0123456789abcdef > mail.eml",
		Args:    cli.AllNamed,
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := box(p)
			if err != nil {
				return err
			}
			entry, err := s.Show(args[0])
			if err != nil {
				return notInSpool(args[0], err)
			}
			mail, err := s.Raw(args[0])
			if err != nil {
				return err
			}
			if raw {
				_, err = p.Out.Write(mail)
				return err
			}
			head := fmt.Sprintf("kind      %s\nreason    %s\nreceived  %d\nchannel   %d\nfirst     %s\nlast      %s\nattempts  %d\n\n",
				entry.Kind, entry.Reason, entry.InboundID, entry.ChannelID, entry.FirstAt.Format(time.RFC3339), entry.LastAt.Format(time.RFC3339), entry.Attempts)
			_, err = fmt.Fprint(p.Out, strings.Map(legible, head+string(mail)))
			return err
		},
	}
	cmd.Flags().BoolVar(&raw, "raw", false, "the mail alone, byte by byte")
	return cmd
}

// legible is printable for texts of several lines.
func legible(r rune) rune {
	switch r {
	case '\n', '\t':
		return r
	case '\r':
		return -1
	}
	return printable(r)
}

func notInSpool(id string, err error) error {
	if errors.Is(err, desk.ErrNotFound) {
		return fmt.Errorf("there is no %s in the spool: see `postroom spool list`", id)
	}
	return err
}

func spoolRetryCommand(p *cli.Program) *cobra.Command {
	var all bool
	var kind string
	cmd := &cobra.Command{
		Use:   "retry ID …",
		Short: "Process mail again",
		Long: `Gives mail back to the workers. It leaves the spool when that is committed; when it fails again it
comes back, with the new reason and one attempt more. Mail that was too large becomes a ticket all the same.`,
		Example: "  postroom spool retry 0123456789abcdef0123456789abcdef\n  postroom spool retry --all --kind unprocessable_mail",
		RunE: func(cmd *cobra.Command, ids []string) error {
			if all == (len(ids) > 0) {
				return errors.New("name the ids that `postroom spool list` shows, or say --all")
			}
			if kind != "" && (!all || !slices.Contains(spool.Kinds[:], spool.Kind(kind))) {
				return fmt.Errorf("--kind goes with --all, and is one of %v", spool.Kinds)
			}
			return retrySpooled(cmd.Context(), p, ids, spool.Kind(kind))
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "all mail of the spool")
	cmd.Flags().StringVar(&kind, "kind", "", "with --all: only mail of this kind, as postroom spool list shows it")
	return cmd
}

// retrySpooled takes all mail for no ids, or all of a kind.
func retrySpooled(ctx context.Context, p *cli.Program, ids []string, kind spool.Kind) error {
	h, err := p.Open(ctx)
	if err != nil {
		return err
	}
	defer h.Close()
	s := spool.New(h.Spool)
	if len(ids) == 0 {
		entries, err := s.List()
		if err != nil {
			return err
		}
		for _, entry := range entries {
			if kind == "" || entry.Kind == kind {
				ids = append(ids, entry.ID)
			}
		}
	}
	for _, id := range ids {
		if err := giveBack(ctx, h, s, id); err != nil {
			return err
		}
		fmt.Fprintf(p.Out, "%s is processed again\n", id)
	}
	return nil
}

// giveBack gives one mail back. What the database knows is tried as it was received; what
// somebody put into the folder is taken in like mail from a pipe.
func giveBack(ctx context.Context, h *cli.House, s *spool.Spool, id string) error {
	entry, err := s.Show(id)
	if err != nil {
		return notInSpool(id, err)
	}
	failed := channels.Failed{Attempts: entry.Attempts, FirstAt: entry.FirstAt}
	err = desk.ErrNotFound
	if entry.InboundID != 0 {
		err = h.Store.RetryInbound(ctx, entry.InboundID, failed)
	}
	if errors.Is(err, desk.ErrNotFound) {
		raw, rawErr := s.Raw(id)
		if rawErr != nil {
			return rawErr
		}
		err = intake.New(h.Store, h.Blobs, h.Log).Receive(ctx, []channels.Inbound{{
			ChannelID: entry.ChannelID, Kind: email.Kind, ExternalID: fmt.Sprintf("spool:%s:%d", id, entry.LastAt.UnixNano()), Raw: raw, ReceivedAt: entry.FirstAt,
			Options: channels.Options{Failed: failed},
		}})
	}
	if err != nil {
		return fmt.Errorf("%s: %w", id, err)
	}
	// Only now: when we are killed before, it is in both places, and retried again it is taken in once.
	// A worker may have failed with it meanwhile, and put it back.
	return s.GivenBack(entry)
}

func spoolDropCommand(p *cli.Program) *cobra.Command {
	return &cobra.Command{
		Use:     "drop ID …",
		Aliases: []string{"delete"},
		Short:   "Delete mail from the spool for good",
		Example: "  postroom spool drop 0123456789abcdef0123456789abcdef",
		Args:    cli.AllNamed,
		RunE: func(_ *cobra.Command, ids []string) error {
			s, err := box(p)
			if err != nil {
				return err
			}
			for _, id := range ids {
				if err := s.Drop(id); err != nil {
					return notInSpool(id, err)
				}
				fmt.Fprintf(p.Out, "%s dropped\n", id)
			}
			return nil
		},
	}
}
