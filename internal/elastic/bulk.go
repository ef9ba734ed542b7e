package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"postroom/internal/desk"
)

// Op is a document to be written, or one to be deleted.
type Op struct {
	Index    string // its own name, not an alias
	ID       int64
	Version  int64           // an older one never overwrites a newer
	Document json.RawMessage // nil: delete
}

// Fate says what became of an Op.
type Fate int

// The fates of an Op.
const (
	Written  Fate = iota // or there was a newer one, or nothing to delete
	Again                // the engine has no room right now
	Rejected             // it will never take this document
	NoIndex              // the index is gone
)

// Outcome is the fate of an Op, with the reason if it was not written.
type Outcome struct {
	Fate   Fate
	Reason string
}

// Bulk writes documents, with attachments through the pipeline if the engine has one. It returns
// the outcome of each. An error means that nothing is known of any: the same bulk may come again,
// the versions keep that harmless.
func (c *Client) Bulk(ctx context.Context, ops []Op) ([]Outcome, error) {
	var body bytes.Buffer
	size := 0
	for _, op := range ops {
		size += len(op.Document) + actionBytes
	}
	body.Grow(size)
	for _, op := range ops {
		appendOp(&body, op)
	}
	request := esapi.BulkRequest{Body: &body}
	if c.pipelineReady() {
		request.Pipeline = c.Pipeline()
	}
	var answer struct {
		Items []map[string]struct {
			Status int
			Error  json.RawMessage
		}
	}
	err := c.do(ctx, changeWithin, request, &answer)
	if errors.Is(err, errTooLarge) {
		return c.halves(ctx, ops, err)
	}
	if IsMissing(err) { // of the pipeline, not of an index: those are told one by one
		c.able.Store(nil)
		return nil, fmt.Errorf("%w: %w", desk.ErrUnavailable, err)
	}
	if err != nil {
		return nil, err
	}
	if len(answer.Items) != len(ops) {
		return nil, fmt.Errorf("search engine answered %d of %d documents: %w", len(answer.Items), len(ops), desk.ErrUnavailable)
	}
	outcomes := make([]Outcome, len(ops))
	for i, item := range answer.Items {
		for _, result := range item { // its one member is named after the action
			outcomes[i] = outcomeOf(result.Status, result.Error, ops[i].Document == nil)
		}
	}
	return outcomes, nil
}

// halves sends in two parts what is too large at once.
func (c *Client) halves(ctx context.Context, ops []Op, tooLarge error) ([]Outcome, error) {
	if len(ops) == 1 {
		return []Outcome{{Fate: Rejected, Reason: tooLarge.Error()}}, nil
	}
	first, err := c.Bulk(ctx, ops[:len(ops)/2])
	if err != nil {
		return nil, err
	}
	rest, err := c.Bulk(ctx, ops[len(ops)/2:])
	return append(first, rest...), err
}

// actionBytes is about how long the line is that says what becomes of a document.
const actionBytes = 200

// appendOp writes the lines of one Op. Names of indexes are ours and need no quoting beyond Go's.
func appendOp(body *bytes.Buffer, op Op) {
	action := "index"
	if op.Document == nil {
		action = "delete"
	}
	line := body.AvailableBuffer()
	line = append(line, `{"`+action+`":{"_index":`...)
	line = strconv.AppendQuote(line, op.Index)
	line = append(line, `,"_id":"`...)
	line = strconv.AppendInt(line, op.ID, 10)
	line = append(line, `","version":`...)
	line = strconv.AppendInt(line, op.Version, 10)
	line = append(line, `,"version_type":"external_gte"}}`...)
	line = append(line, '\n')
	body.Write(line)
	if op.Document != nil {
		body.Write(op.Document)
		body.WriteByte('\n')
	}
}

func outcomeOf(status int, raw json.RawMessage, deleted bool) Outcome {
	switch {
	case status < 300, status == http.StatusConflict:
		return Outcome{}
	case status == http.StatusNotFound && (deleted && len(raw) == 0):
		return Outcome{}
	case status == http.StatusNotFound:
		return Outcome{NoIndex, reasonOf(raw, "no such index")}
	case status == http.StatusTooManyRequests, status >= 500:
		return Outcome{Again, reasonOf(raw, http.StatusText(status))}
	}
	return Outcome{Rejected, reasonOf(raw, http.StatusText(status))}
}
