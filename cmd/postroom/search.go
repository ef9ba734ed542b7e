package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"postroom/cmd/postroom/cli"
	"postroom/cmd/postroom/search"
	"postroom/internal/desk"
	"postroom/internal/extract"
	"postroom/jobs/index"
)

// applySearch makes settings of what the environment says about the search engine.
func (h *house) applySearch(ctx context.Context) error {
	c, err := h.store.Catalog(ctx)
	if err != nil {
		return err
	}
	for name, value := range h.cfg.Search.Settings {
		text, err := json.Marshal(value)
		if err != nil {
			return err
		}
		if string(c.Settings[name]) == string(text) {
			continue
		}
		if err := h.store.PutSettingValue(ctx, name, value); err != nil && !errors.Is(err, desk.ErrNotFound) {
			return fmt.Errorf("setting %s: %w", name, err)
		}
	}
	h.store.ForgetCatalog()
	return nil
}

// indexWriter writes documents of the search engine.
func (h *house) indexWriter() *index.Writer { return writer(h.forVerbs()) }

func writer(h *cli.House) *index.Writer {
	var command []string
	if self, err := os.Executable(); err == nil {
		command = []string{self, extractVerb}
	}
	return index.NewWriter(h.Store, h.Blobs, h.Engine, extract.New(command...), h.Log)
}

const extractVerb = "extract-text"

// extractCommand is a process that reads one file, so that a hostile one harms nobody else.
func (p *program) extractCommand() *cobra.Command {
	return &cobra.Command{
		Use:     extractVerb,
		Short:   "Read a PDF from standard input, and print its text",
		Example: "  postroom " + extractVerb + " < manual.pdf",
		Args:    cobra.NoArgs,
		Hidden:  true,
		RunE:    func(*cobra.Command, []string) error { return extract.Alone(p.in, p.out) },
	}
}

// searchHealth is what the doctor sees of the search engine.
func (h *house) searchHealth(ctx context.Context) []finding {
	ctx, cancel := context.WithTimeout(ctx, examWithin)
	defer cancel()
	state, err := search.Look(ctx, h.forVerbs())
	switch {
	case err != nil:
		return []finding{{"search engine", err.Error(), "start it, or correct the settings es_…; searches ask PostgreSQL meanwhile, and changes wait"}}
	case state.Engine == "":
		return []finding{{what: "search engine", state: "none is set, searches ask PostgreSQL"}}
	}
	f := finding{what: "search engine", state: fmt.Sprintf("%s, %s, %d changes wait", state.Engine, state.Health, state.Waiting)}
	var missing []string
	for _, i := range state.Indexes {
		if i.State == "missing" {
			missing = append(missing, i.Object)
		}
	}
	switch {
	case len(missing) > 0:
		f.state += ", no index of " + strings.Join(missing, ", ")
		f.todo = "`postroom search rebuild`"
	case state.Health == "red":
		f.todo = "look after the cluster: indexes have lost parts"
	}
	return []finding{f}
}
