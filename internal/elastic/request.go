package elastic

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"postroom/internal/desk"
)

func dialer(within time.Duration) func(context.Context, string, string) (net.Conn, error) {
	return (&net.Dialer{Timeout: within, KeepAlive: 30 * time.Second}).DialContext
}

// longAnswer bounds what is read of an answer: hits carry whole documents.
const longAnswer = 256 << 20

// plain makes every engine speak plain JSON: OpenSearch does not know Elastic's own media type, and
// Elasticsearch 9 answers plain JSON in a form that we read as well as that of 8.
type plain struct{ esapi.Transport }

func (p plain) Perform(r *http.Request) (*http.Response, error) {
	for _, name := range []string{"Accept", "Content-Type"} {
		if r.Header.Get(name) != "" {
			r.Header.Set(name, "application/json")
		}
	}
	return p.Transport.Perform(r)
}

// do sends a request and reads the answer into v; nil: nobody asks.
func (c *Client) do(ctx context.Context, within time.Duration, request esapi.Request, v any) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	response, err := request.Do(ctx, plain{c.transport})
	if err != nil {
		if cause := context.Cause(ctx); errors.Is(cause, context.Canceled) {
			return cause
		}
		return fmt.Errorf("search engine: %w: %w", desk.ErrUnavailable, err)
	}
	if response.Body == nil {
		response.Body = http.NoBody
	}
	defer response.Body.Close()
	body := io.LimitReader(response.Body, longAnswer)
	if response.IsError() {
		return refusal(response.StatusCode, body)
	}
	if v == nil {
		_, _ = io.Copy(io.Discard, body) // the connection can be used again
		return nil
	}
	if err := json.NewDecoder(body).Decode(v); err != nil {
		return fmt.Errorf("answer of the search engine: %w: %w", desk.ErrUnavailable, err)
	}
	return nil
}

// refusal makes an error of an answer. A request that was wrong is an InvalidError; everything else
// may be right tomorrow: the engine is full, starts, or has to be told another password. What is no
// JSON a proxy says while the engine is away, which knows nothing of indexes.
func refusal(status int, body io.Reader) error {
	text, _ := io.ReadAll(io.LimitReader(body, 64<<10))
	var answer struct {
		Error json.RawMessage `json:"error"`
	}
	byEngine := json.Unmarshal(text, &answer) == nil || len(text) == 0 // HEAD has no body
	reason := reasonOf(answer.Error, string(text))
	switch {
	case status == http.StatusNotFound && byEngine:
		return fmt.Errorf("%w: %s", errNoIndex, reason)
	case status == http.StatusBadRequest && byEngine:
		return &desk.InvalidError{Field: "query", Reason: reason}
	case status == http.StatusRequestEntityTooLarge:
		return fmt.Errorf("%w: %s", errTooLarge, reason)
	}
	return fmt.Errorf("search engine answers %d: %w: %s", status, desk.ErrUnavailable, reason)
}

var errTooLarge = errors.New("too large for the search engine")

// reasonOf finds the root of an engine's error.
func reasonOf(raw json.RawMessage, otherwise string) string {
	var e struct {
		Type, Reason string
		RootCause    []struct{ Type, Reason string } `json:"root_cause"`
		CausedBy     struct{ Type, Reason string }   `json:"caused_by"`
	}
	const long = 500
	if len(raw) == 0 || json.Unmarshal(raw, &e) != nil || e.Type == "" {
		return otherwise[:min(len(otherwise), long)]
	}
	text := e.Type + ": " + e.Reason
	if len(e.RootCause) > 0 && e.RootCause[0].Reason != e.Reason {
		text += "; " + e.RootCause[0].Type + ": " + e.RootCause[0].Reason
	}
	if e.CausedBy.Reason != "" {
		text += "; " + e.CausedBy.Reason
	}
	return text[:min(len(text), long)]
}

// IsMissing reports whether an error says that an index is not there.
func IsMissing(err error) bool { return errors.Is(err, errNoIndex) }
