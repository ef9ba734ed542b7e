package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"postroom/internal/desk"
	"postroom/internal/importer"
	"postroom/internal/store"
)

func (p *program) importCommand() *cobra.Command {
	var members []*cobra.Command
	for _, name := range importer.Helpdesks() {
		h, _ := importer.Find(name)
		members = append(members, p.importFromCommand(h))
	}
	return family("import", "Take another helpdesk over", append(members, p.importStatusCommand())...)
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

func (p *program) importFromCommand(h importer.Helpdesk) *cobra.Command {
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
		RunE:    func(cmd *cobra.Command, _ []string) error { return p.importFrom(cmd.Context(), h, typed, wait) },
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

func (p *program) importFrom(ctx context.Context, h importer.Helpdesk, typed access, wait bool) error {
	o, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer o.close()
	if typed.url != "" {
		if err := p.reach(ctx, o, h, typed); err != nil {
			return err
		}
	}
	c, err := o.store.Catalog(ctx)
	if err != nil {
		return err
	}
	source, err := importer.Open(h.Name, c.Settings, importer.Client(o.outgoing()))
	if err == nil {
		err = source.Check(ctx)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", h.Title, err)
	}
	id, err := importer.Begin(ctx, o.store, h.Name)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.out, "Import %d from %s goes on in the background; `postroom import status` tells how far it is\n", id, h.Title)
	if !wait {
		return nil
	}
	return p.awaitImport(ctx, o.store, id)
}

// reach remembers how a helpdesk is reached, if it can be.
func (p *program) reach(ctx context.Context, o *house, h importer.Helpdesk, typed access) error {
	client := importer.Client(o.outgoing())
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
	defer o.store.ForgetCatalog()
	return o.store.InTx(ctx, func(tx *store.Store) error {
		for name, value := range settings {
			if err := tx.PutSettingValue(ctx, name, value); err != nil {
				return err
			}
		}
		return nil
	})
}

func (p *program) awaitImport(ctx context.Context, s *store.Store, id desk.HelpdeskImportID) error {
	again := time.NewTicker(tellEvery)
	defer again.Stop()
	for {
		run, err := s.HelpdeskImport(ctx, id)
		if err != nil {
			return err
		}
		p.printImport(run)
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

func (p *program) importStatusCommand() *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:     "status",
		Short:   "Tell how far the last import is, and what could not be taken over",
		Example: "  postroom import status",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return p.importStatus(cmd.Context(), limit) },
	}
	cmd.Flags().IntVar(&limit, "limit", 50, "how many records that could not be taken over are listed")
	return cmd
}

func (p *program) importStatus(ctx context.Context, limit int) error {
	o, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer o.close()
	run, err := o.store.LastHelpdeskImport(ctx, "")
	if errors.Is(err, desk.ErrNotFound) {
		fmt.Fprintln(p.out, "No helpdesk was ever imported; `postroom import --help` says how")
		return nil
	}
	if err != nil {
		return err
	}
	p.printImport(run)
	failures, err := o.store.ImportFailures(ctx, run.ID, limit)
	if err != nil {
		return err
	}
	for _, f := range failures {
		fmt.Fprintf(p.out, "  not taken over: %s %s: %s\n", strings.ToLower(f.Object), f.SourceID, f.Reason)
	}
	return nil
}

// printImport tells in a few lines how far a run is.
func (p *program) printImport(run desk.HelpdeskImport) {
	state := "goes on"
	switch {
	case run.Error != "":
		state = "ended early: " + run.Error
	case run.FinishedAt != nil:
		state = "is done since " + run.FinishedAt.Format(time.DateTime)
	case run.StartedAt == nil:
		state = "waits for a worker of queue maintenance"
	}
	fmt.Fprintf(p.out, "Import %d from %s %s\n", run.ID, run.Source, state)
	kinds := make([]string, 0, len(run.Result))
	for kind := range run.Result {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	for _, kind := range kinds {
		c := run.Result[kind]
		fmt.Fprintf(p.out, "  %-14s %d of %d: %d new, %d changed, %d as before, %d left out, %d failed\n",
			strings.ToLower(kind), c.Sum, c.Total, c.Created, c.Updated, c.Unchanged, c.Skipped, c.Failed)
	}
}
