package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"postroom/internal/elastic"
	"postroom/internal/store/indexing"
)

func (p *program) searchStatusCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "status",
		Short:   "Show what the search engine has, and what it still has to be told",
		Example: "  postroom search status",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return p.searchStatus(cmd.Context(), asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON, for programs")
	return cmd
}

// searchState is what `postroom search status` tells.
type searchState struct {
	Engine  string       `json:"engine"` // empty: there is none
	Health  string       `json:"health,omitempty"`
	Files   string       `json:"attachments,omitempty"`
	Waiting int          `json:"changes_waiting"`
	Words   int          `json:"words_waiting"` // tickets whose words PostgreSQL has not indexed yet
	Oldest  string       `json:"oldest_change,omitempty"`
	Indexes []indexState `json:"indexes,omitempty"`
}

type indexState struct {
	Object    string `json:"object"`
	Name      string `json:"index"`
	State     string `json:"state"` // serves, is being built, missing
	Documents int64  `json:"documents"`
	Records   int64  `json:"records"`
	Rejected  int64  `json:"rejected"`
}

func (p *program) searchStatus(ctx context.Context, asJSON bool) error {
	h, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer h.close()
	state, err := h.searchState(ctx)
	if err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(p.out).Encode(state)
	}
	if state.Engine == "" {
		fmt.Fprintln(p.out, "No search engine is set (setting es_url): searches ask PostgreSQL")
		fmt.Fprintf(p.out, "%d changes of tickets wait for its index of words\n", state.Words)
		return nil
	}
	fmt.Fprintf(p.out, "%s, %s; the text of attachments is read by %s\n", state.Engine, state.Health, state.Files)
	fmt.Fprintf(p.out, "%d changes wait%s\n\n", state.Waiting, state.Oldest)
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "KIND\tINDEX\tSTATE\tDOCUMENTS\tRECORDS\tREJECTED")
	for _, i := range state.Indexes {
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%d\t%d\n", i.Object, i.Name, i.State, i.Documents, i.Records, i.Rejected)
	}
	return table.Flush()
}

func (h *house) searchState(ctx context.Context) (searchState, error) {
	var state searchState
	var oldest time.Duration
	var err error
	if state.Waiting, oldest, err = h.store.SearchBacklog(ctx); err != nil {
		return state, err
	}
	if state.Words, err = h.store.WordsDue(ctx); err != nil {
		return state, err
	}
	if oldest > 0 {
		state.Oldest = ", the oldest for " + oldest.Round(time.Millisecond).String()
	}
	client, err := h.searchEngine(ctx)
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
	indexes, err := h.store.SearchIndexes(ctx, client.Alias(""))
	if err != nil {
		return state, err
	}
	for _, object := range elastic.Objects {
		rows, err := h.indexStates(ctx, client, object, indexes)
		if err != nil {
			return state, err
		}
		state.Indexes = append(state.Indexes, rows...)
	}
	return state, nil
}

func (h *house) indexStates(ctx context.Context, client *elastic.Client, object string, all []indexing.SearchIndex) ([]indexState, error) {
	records, err := h.store.CountSearched(ctx, object, 0)
	if err != nil {
		return nil, err
	}
	var rows []indexState
	serving := false
	for _, i := range all {
		if i.Object != object {
			continue
		}
		row := indexState{Object: object, Name: i.Name, State: "is being built", Records: records, Rejected: i.Rejected}
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
		rows = append(rows, indexState{Object: object, Name: client.Alias(object), State: "missing", Records: records})
	}
	return rows, nil
}

// searchHealth is what the doctor sees of the search engine.
func (h *house) searchHealth(ctx context.Context) []finding {
	ctx, cancel := context.WithTimeout(ctx, examWithin)
	defer cancel()
	state, err := h.searchState(ctx)
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
