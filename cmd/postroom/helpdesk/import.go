// Package helpdesk holds the verbs that take another helpdesk over.
package helpdesk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"postroom/cmd/postroom/cli"
	"postroom/internal/desk"
	"postroom/internal/importer"
	"postroom/internal/store"
)

// Command is the family of verbs.
func Command(p *cli.Program) *cobra.Command {
	var members []*cobra.Command
	for _, name := range importer.Helpdesks() {
		h, _ := importer.Find(name)
		members = append(members, fromCommand(p, h))
	}
	return cli.Family("import", "Take another helpdesk over", append(members, statusCommand(p))...)
}

// access is how another helpdesk is reached.
type access struct{ url, user, token, tokenFile string }

// secret is the token, wherever it was given.
func (a access) secret() (string, error) {
	if a.tokenFile == "" {
		return a.token, nil
	}
	content, err := os.ReadFile(a.tokenFile)
	return strings.TrimSpace(string(content)), err
}

func fromCommand(p *cli.Program, h importer.Helpdesk) *cobra.Command {
	var typed access
	var wait bool
	example := "  postroom import " + h.Name + " --url https://yours." + h.Name + ".com --token-file token.txt"
	switch {
	case h.Inspects:
		example = "  postroom import otrs --url 'https://help.example.com/otrs/public.pl?Action=ZammadMigrator;Key=…'"
	case h.User != "":
		example += " --user admin@example.com"
	}
	cmd := &cobra.Command{
		Use:   h.Name,
		Short: "Take over a helpdesk of " + h.Title,
		Long: `Takes over organizations, people, groups, fields, tickets, articles and files of a helpdesk of ` + h.Title + `.
Workers of queue maintenance do it in the background; what ended early goes on where it ended, and what
was taken over is not made twice. Without --url it is read as it was last time. Until it is done no
rule acts and nobody is told of anything.`,
		Example: example,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return from(cmd.Context(), p, h, typed, wait) },
	}
	cmd.Flags().StringVar(&typed.url, "url", "", "where the helpdesk is")
	if h.User != "" {
		cmd.Flags().StringVar(&typed.user, "user", "", "the administrator it is read in the name of")
	}
	if !h.Inspects { // its address has the key
		cmd.Flags().StringVar(&typed.token, "token", "", "API token, or the administrator's password; others on this machine can see it, so rather:")
		cmd.Flags().StringVar(&typed.tokenFile, "token-file", "", "file with the token")
	}
	cmd.Flags().BoolVar(&wait, "wait", false, "wait until it is done")
	return cmd
}

func from(ctx context.Context, p *cli.Program, h importer.Helpdesk, typed access, wait bool) error {
	o, err := p.Open(ctx)
	if err != nil {
		return err
	}
	defer o.Close()
	if typed.url != "" {
		if err := reach(ctx, o, h, typed); err != nil {
			return err
		}
	}
	c, err := o.Store.Catalog(ctx)
	if err != nil {
		return err
	}
	source, err := importer.Open(h.Name, c.Settings, importer.Client(o.Outgoing))
	if err == nil {
		err = source.Check(ctx)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", h.Title, err)
	}
	id, err := importer.Begin(ctx, o.Store, h.Name)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.Out, "Import %d from %s goes on in the background; `postroom import status` tells how far it is\n", id, h.Title)
	if !wait {
		return nil
	}
	return await(ctx, p, o.Store, id)
}

// reach remembers how a helpdesk is reached, if it can be.
func reach(ctx context.Context, o *cli.House, h importer.Helpdesk, typed access) error {
	client := importer.Client(o.Outgoing)
	settings, err := h.Probe(ctx, client, typed.url)
	if err != nil {
		return fmt.Errorf("--url: %w", err)
	}
	if h.User != "" {
		if typed.user == "" {
			return errors.New("--user is missing")
		}
		settings[h.User] = typed.user
	}
	if !h.Inspects {
		token, err := typed.secret()
		if err != nil {
			return err
		}
		if token == "" {
			return errors.New("--token-file is missing")
		}
		settings[h.Secret] = token
	}
	defer o.Store.ForgetCatalog()
	return o.Store.InTx(ctx, func(tx *store.Store) error {
		for name, value := range settings {
			if err := tx.PutSettingValue(ctx, name, value); err != nil {
				return err
			}
		}
		return nil
	})
}

// tellEvery is how often whoever waits is told how far it is.
const tellEvery = 5 * time.Second

func await(ctx context.Context, p *cli.Program, s *store.Store, id desk.HelpdeskImportID) error {
	again := time.NewTicker(tellEvery)
	defer again.Stop()
	for {
		run, err := s.HelpdeskImport(ctx, id)
		if err != nil {
			return err
		}
		show(p, run)
		if run.FinishedAt != nil {
			if run.Error != "" {
				return errors.New(run.Error)
			}
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-again.C:
		}
	}
}

func statusCommand(p *cli.Program) *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:     "status",
		Short:   "Tell how far the last import is, and what could not be taken over",
		Example: "  postroom import status",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return status(cmd.Context(), p, limit) },
	}
	cmd.Flags().IntVar(&limit, "limit", 50, "how many records that could not be taken over are listed")
	return cmd
}

func status(ctx context.Context, p *cli.Program, limit int) error {
	o, err := p.Open(ctx)
	if err != nil {
		return err
	}
	defer o.Close()
	run, err := o.Store.LastHelpdeskImport(ctx, "")
	if errors.Is(err, desk.ErrNotFound) {
		fmt.Fprintln(p.Out, "No helpdesk was ever imported; `postroom import --help` says how")
		return nil
	}
	if err != nil {
		return err
	}
	show(p, run)
	failures, err := o.Store.ImportFailures(ctx, run.ID, limit)
	if err != nil {
		return err
	}
	for _, f := range failures {
		fmt.Fprintf(p.Out, "  not taken over: %s %s: %s\n", strings.ToLower(f.Object), f.SourceID, f.Reason)
	}
	return nil
}

// show tells in a few lines how far a run is.
func show(p *cli.Program, run desk.HelpdeskImport) {
	state := "goes on"
	switch {
	case run.Error != "":
		state = "ended early: " + run.Error
	case run.FinishedAt != nil:
		state = "is done since " + run.FinishedAt.Format(time.DateTime)
	case run.StartedAt == nil:
		state = "waits for a worker of queue maintenance"
	}
	fmt.Fprintf(p.Out, "Import %d from %s %s\n", run.ID, run.Source, state)
	kinds := make([]string, 0, len(run.Result))
	for kind := range run.Result {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	for _, kind := range kinds {
		c := run.Result[kind]
		fmt.Fprintf(p.Out, "  %-14s %d of %d: %d new, %d changed, %d as before, %d left out, %d failed\n",
			strings.ToLower(kind), c.Sum, c.Total, c.Created, c.Updated, c.Unchanged, c.Skipped, c.Failed)
	}
}
