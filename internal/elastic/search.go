package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"postroom/internal/desk"
)

// Found is what a search brought.
type Found struct {
	Total        int64
	Hits         []Hit
	Aggregations json.RawMessage
	Took         time.Duration // of the engine's own time
}

// Hit is a document that fits.
type Hit struct {
	Object    string // Ticket, User …
	ID        int64
	Score     float64
	Source    json.RawMessage
	Highlight map[string][]string
	Sort      []any
}

// Search asks the indexes of some kinds of documents; body is marshalled to JSON. Indexes that are
// not there have no hits. A query that the engine does not understand is a *desk.InvalidError.
func (c *Client) Search(ctx context.Context, objects []string, body any) (*Found, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	yes := true
	var answer struct {
		Took     int64
		TimedOut bool `json:"timed_out"`
		Hits     struct {
			Total struct{ Value int64 }
			Hits  []struct {
				Index     string `json:"_index"`
				ID        string `json:"_id"`
				Score     *float64
				Source    json.RawMessage `json:"_source"`
				Highlight map[string][]string
				Sort      []any
			}
		}
		Aggregations json.RawMessage
	}
	err = c.do(ctx, askWithin, esapi.SearchRequest{
		Index: c.aliases(objects), Body: bytes.NewReader(text), IgnoreUnavailable: &yes, AllowNoIndices: &yes,
	}, &answer)
	if IsMissing(err) {
		return &Found{}, nil
	}
	if err == nil && answer.TimedOut {
		err = fmt.Errorf("search took too long: %w", desk.ErrUnavailable)
	}
	if err != nil {
		return nil, err
	}
	found := &Found{Total: answer.Hits.Total.Value, Aggregations: answer.Aggregations, Took: time.Duration(answer.Took) * time.Millisecond}
	for _, h := range answer.Hits.Hits {
		id, err := strconv.ParseInt(h.ID, 10, 64)
		if err != nil {
			continue // a document that is not ours
		}
		hit := Hit{Object: c.objectOf(h.Index), ID: id, Source: h.Source, Highlight: h.Highlight, Sort: h.Sort}
		if h.Score != nil {
			hit.Score = *h.Score
		}
		found.Hits = append(found.Hits, hit)
	}
	return found, nil
}

// Count counts the documents that fit a query; nil: all.
func (c *Client) Count(ctx context.Context, object string, query any) (int64, error) {
	return c.count(ctx, c.Alias(object), query)
}

func (c *Client) count(ctx context.Context, index string, query any) (int64, error) {
	request := esapi.CountRequest{Index: []string{index}}
	if query != nil {
		text, err := json.Marshal(map[string]any{"query": query})
		if err != nil {
			return 0, fmt.Errorf("query: %w", err)
		}
		request.Body = bytes.NewReader(text)
	}
	var answer struct{ Count int64 }
	err := c.do(ctx, askWithin, request, &answer)
	return answer.Count, err
}

// Serves reports whether searches for a kind are answered by one index, given by its own name. Another
// one may be there under the alias: of another program, or one that nobody has told of changes for long.
func (c *Client) Serves(ctx context.Context, object, index string) (bool, error) {
	var answer map[string]json.RawMessage
	err := c.do(ctx, askWithin, esapi.IndicesGetAliasRequest{Name: []string{c.Alias(object)}}, &answer)
	if errors.Is(err, errNoIndex) {
		return false, nil
	}
	_, serves := answer[index]
	return serves && len(answer) == 1, err
}

func (c *Client) aliases(objects []string) []string {
	names := make([]string, len(objects))
	for i, object := range objects {
		names[i] = c.Alias(object)
	}
	return names
}

// objectOf says whose an index is: behind the kind stands the moment at which the index was made.
func (c *Client) objectOf(index string) string {
	name := strings.TrimPrefix(index, c.prefix+"_")
	if i := strings.LastIndexByte(name, '-'); i >= 0 {
		name = name[:i]
	}
	return name
}
