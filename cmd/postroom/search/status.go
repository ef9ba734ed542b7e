package search

import (
	"context"
	"encoding/json"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"postroom/cmd/postroom/cli"
	"postroom/internal/elastic"
	"postroom/internal/store/indexing"
)

func statusCommand(p *cli.Program) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "status",
		Short:   "Show what the search engine has, and what it still has to be told",
		Example: "  postroom search status",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return showStatus(cmd.Context(), p, asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON, for programs")
	return cmd
}

// State is what `postroom search status` tells.
type State struct {
	Engine  string  `json:"engine"` // empty: there is none
	Health  string  `json:"health,omitempty"`
	Files   string  `json:"attachments,omitempty"`
	Waiting int     `json:"changes_waiting"`
	Words   int     `json:"words_waiting"` // tickets whose words PostgreSQL has not indexed yet
	Oldest  string  `json:"oldest_change,omitempty"`
	Indexes []Index `json:"indexes,omitempty"`
}

// Index is one of its indexes.
type Index struct {
	Object    string `json:"object"`
	Name      string `json:"index"`
	State     string `json:"state"` // serves, is being built, missing
	Documents int64  `json:"documents"`
	Records   int64  `json:"records"`
	Rejected  int64  `json:"rejected"`
}

func showStatus(ctx context.Context, p *cli.Program, asJSON bool) error {
	h, err := p.Open(ctx)
	if err != nil {
		return err
	}
	defer h.Close()
	state, err := Look(ctx, h)
	if err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(p.Out).Encode(state)
	}
	if state.Engine == "" {
		fmt.Fprintln(p.Out, "No search engine is set (setting es_url): searches ask PostgreSQL")
		fmt.Fprintf(p.Out, "%d changes of tickets wait for its index of words\n", state.Words)
		return nil
	}
	fmt.Fprintf(p.Out, "%s, %s; the text of attachments is read by %s\n", state.Engine, state.Health, state.Files)
	fmt.Fprintf(p.Out, "%d changes wait%s\n\n", state.Waiting, state.Oldest)
	table := tabwriter.NewWriter(p.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "KIND\tINDEX\tSTATE\tDOCUMENTS\tRECORDS\tREJECTED")
	for _, i := range state.Indexes {
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%d\t%d\n", i.Object, i.Name, i.State, i.Documents, i.Records, i.Rejected)
	}
	return table.Flush()
}

// Look asks the search engine, if there is one, and the database.
func Look(ctx context.Context, h *cli.House) (State, error) {
	var state State
	var oldest time.Duration
	var err error
	if state.Waiting, oldest, err = h.Store.SearchBacklog(ctx); err != nil {
		return state, err
	}
	if state.Words, err = h.Store.WordsDue(ctx); err != nil {
		return state, err
	}
	if oldest > 0 {
		state.Oldest = ", the oldest for " + oldest.Round(time.Millisecond).String()
	}
	client, err := engine(ctx, h)
	if err != nil || client == nil {
		return state, err
	}
	info, err := client.Info(ctx)
	if err != nil {
		return state, err
	}
	state.Engine, state.Health, state.Files = info.Product+" "+info.Version, info.Health, "Postroom"
	if byEngine, err := client.ReadsAttachments(ctx); err != nil {
		return state, err
	} else if byEngine {
		state.Files = "the engine (ingest-attachment)"
	}
	indexes, err := h.Store.SearchIndexes(ctx, client.Alias(""))
	if err != nil {
		return state, err
	}
	for _, object := range elastic.Objects {
		rows, err := indexStates(ctx, h, client, object, indexes)
		if err != nil {
			return state, err
		}
		state.Indexes = append(state.Indexes, rows...)
	}
	return state, nil
}

func indexStates(ctx context.Context, h *cli.House, client *elastic.Client, object string, all []indexing.SearchIndex) ([]Index, error) {
	records, err := h.Store.CountSearched(ctx, object, 0)
	if err != nil {
		return nil, err
	}
	var rows []Index
	serving := false
	for _, i := range all {
		if i.Object != object {
			continue
		}
		row := Index{Object: object, Name: i.Name, State: "is being built", Records: records, Rejected: i.Rejected}
		row.Documents, err = client.CountIn(ctx, i.Name)
		switch {
		case elastic.IsMissing(err):
			row.State = "gone"
		case err != nil:
			return nil, err
		case i.Serving:
			row.State, serving = "serves", true
		}
		rows = append(rows, row)
	}
	if !serving {
		rows = append(rows, Index{Object: object, Name: client.Alias(object), State: "missing", Records: records})
	}
	return rows, nil
}
