package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"postroom/internal/desk"
)

// Info is what an engine says of itself.
type Info struct {
	Product string // Elasticsearch, OpenSearch
	Version string
	Health  string // green, yellow, red
}

// Info asks the engine what it is. One that is neither Elasticsearch nor OpenSearch, or too old, is
// a *desk.ConfigError.
func (c *Client) Info(ctx context.Context) (Info, error) {
	var about struct {
		Version struct{ Number, Distribution string }
	}
	if err := c.do(ctx, askWithin, esapi.InfoRequest{}, &about); err != nil {
		return Info{}, err
	}
	info := Info{Product: "Elasticsearch", Version: about.Version.Number}
	oldest := 7
	if about.Version.Distribution == "opensearch" {
		info.Product, oldest = "OpenSearch", 2
	}
	var major int
	if _, err := fmt.Sscanf(info.Version, "%d.", &major); err != nil {
		return info, &desk.ConfigError{Reason: "what answers at es_url is neither Elasticsearch nor OpenSearch"}
	}
	if major < oldest {
		return info, &desk.ConfigError{Reason: fmt.Sprintf("%s %s is too old: version %d or newer is needed", info.Product, info.Version, oldest)}
	}
	var health struct{ Status string }
	if err := c.do(ctx, askWithin, esapi.ClusterHealthRequest{}, &health); err != nil {
		return info, err
	}
	info.Health = health.Status
	return info, nil
}

// ability is what we know of an engine's plugins.
type ability struct {
	pipeline bool // ingest-attachment is there, and our pipeline too
	at       time.Time
}

// lookAgain is how long what we know of plugins counts.
const lookAgain = 10 * time.Minute

// Pipeline is the name of the pipeline that reads attachments.
func (c *Client) Pipeline() string {
	if c.pipeline != "" {
		return c.pipeline
	}
	return c.prefix + "_attachments"
}

func (c *Client) pipelineReady() bool {
	known := c.able.Load()
	return known != nil && known.pipeline
}

// ReadsAttachments reports whether the engine reads attachments itself, and puts our pipeline there
// if it can. Without the plugin ingest-attachment we have to hand over their text.
func (c *Client) ReadsAttachments(ctx context.Context) (bool, error) {
	if known := c.able.Load(); known != nil && time.Since(known.at) < lookAgain {
		return known.pipeline, nil
	}
	var nodes struct {
		Nodes map[string]struct {
			Ingest struct{ Processors []struct{ Type string } }
		}
	}
	if err := c.do(ctx, askWithin, esapi.NodesInfoRequest{Metric: []string{"ingest"}}, &nodes); err != nil {
		return false, err
	}
	found := false
	for _, node := range nodes.Nodes {
		for _, processor := range node.Ingest.Processors {
			found = found || processor.Type == "attachment"
		}
	}
	if found {
		text, err := json.Marshal(attachmentPipeline())
		if err != nil {
			return false, err
		}
		err = c.do(ctx, changeWithin, esapi.IngestPutPipelineRequest{PipelineID: c.Pipeline(), Body: bytes.NewReader(text)}, nil)
		if err != nil {
			return false, fmt.Errorf("pipeline of attachments: %w", err)
		}
	}
	c.able.Store(&ability{pipeline: found, at: time.Now()})
	return found, nil
}

// Create makes an empty index that is built for speed: it can be read when Open was called.
func (c *Client) Create(ctx context.Context, name, object string, dates map[string]string) error {
	text, err := json.Marshal(map[string]any{
		"settings": map[string]any{"index": map[string]any{
			"refresh_interval": "-1", "number_of_shards": 1, "auto_expand_replicas": "0-1",
			"mapping.total_fields.limit": 2000, "mapping.ignore_malformed": true,
			// A deletion is remembered for longer than any bulk may be late.
			"gc_deletes": "15m",
		}},
		"mappings": mapping(object, dates),
	})
	if err != nil {
		return err
	}
	err = c.do(ctx, changeWithin, esapi.IndicesCreateRequest{Index: name, Body: bytes.NewReader(text)}, nil)
	if err != nil {
		return fmt.Errorf("create index %s: %w", name, err)
	}
	return nil
}

// refreshes is how soon a document that was written can be found.
const refreshes = "500ms"

// Open makes an index readable that was Created, and all that is in it.
func (c *Client) Open(ctx context.Context, name string) error {
	text := []byte(`{"index":{"refresh_interval":"` + refreshes + `"}}`)
	err := c.do(ctx, changeWithin, esapi.IndicesPutSettingsRequest{Index: []string{name}, Body: bytes.NewReader(text)}, nil)
	if err != nil {
		return fmt.Errorf("open index %s: %w", name, err)
	}
	return c.Refresh(ctx, name)
}

// Refresh makes everything readable that was written so far.
func (c *Client) Refresh(ctx context.Context, name string) error {
	if err := c.do(ctx, changeWithin, esapi.IndicesRefreshRequest{Index: []string{name}}, nil); err != nil {
		return fmt.Errorf("refresh index %s: %w", name, err)
	}
	return nil
}

// CountIn counts the documents of an index by its own name.
func (c *Client) CountIn(ctx context.Context, name string) (int64, error) {
	return c.count(ctx, name, nil)
}

// Exists returns those of the indexes that are there.
func (c *Client) Exists(ctx context.Context, names []string) (map[string]bool, error) {
	if len(names) == 0 {
		return nil, nil
	}
	all, err := c.indices(ctx)
	if err != nil {
		return nil, err
	}
	found := make(map[string]bool, len(names))
	for _, name := range names {
		_, found[name] = all[name]
	}
	return found, nil
}

// indices returns our indexes with their aliases.
func (c *Client) indices(ctx context.Context) (map[string][]string, error) {
	var answer map[string]struct {
		Aliases map[string]json.RawMessage
	}
	yes := true
	err := c.do(ctx, askWithin, esapi.IndicesGetAliasRequest{Index: []string{c.prefix + "_*"}, IgnoreUnavailable: &yes, AllowNoIndices: &yes}, &answer)
	if IsMissing(err) {
		err = nil
	}
	found := make(map[string][]string, len(answer))
	for name, index := range answer {
		found[name] = slices.Collect(maps.Keys(index.Aliases))
	}
	return found, err
}

// Switch lets the alias of a kind point at one index, at once, and deletes the others of the kind.
// An index that has the alias's own name was made by another program: it goes only if it may.
func (c *Client) Switch(ctx context.Context, object, name string, replace bool) error {
	all, err := c.indices(ctx)
	if err != nil {
		return err
	}
	alias := c.Alias(object)
	actions := []any{map[string]any{"add": map[string]any{"index": name, "alias": alias}}}
	for index := range all {
		switch {
		case index == name:
		case index == alias && !replace:
			return &desk.ConfigError{Reason: fmt.Sprintf("there is an index %s that Postroom did not make: set es_index to another prefix, or let it be deleted with --replace", alias)}
		case index == alias, c.objectOf(index) == object && index != alias:
			actions = append(actions, map[string]any{"remove_index": map[string]any{"index": index}})
		}
	}
	text, err := json.Marshal(map[string]any{"actions": actions})
	if err != nil {
		return err
	}
	if err := c.do(ctx, changeWithin, esapi.IndicesUpdateAliasesRequest{Body: bytes.NewReader(text)}, nil); err != nil {
		return fmt.Errorf("let %s point at %s: %w", alias, name, err)
	}
	return nil
}

// Delete deletes indexes by their own names. One that is not there is deleted already.
func (c *Client) Delete(ctx context.Context, names ...string) error {
	yes := true
	err := c.do(ctx, changeWithin, esapi.IndicesDeleteRequest{Index: names, IgnoreUnavailable: &yes}, nil)
	if IsMissing(err) {
		return nil
	}
	return err
}
