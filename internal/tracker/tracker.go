// Package tracker asks issue trackers about issues that tickets are linked to: GitHub and GitLab by
// their GraphQL interfaces.
package tracker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"postroom/internal/desk"
)

// Issue is an issue as people see it beside a ticket.
type Issue struct {
	ID        string // owner/repository#number
	Title     string
	URL       string
	State     string // open, closed
	Milestone string
	Assignees []string
	Labels    []Label
}

// Label is a label of an issue; colours are #rrggbb.
type Label struct{ Title, Color, TextColor string }

// Tracker is an issue tracker, as an account of it sees it.
type Tracker struct {
	client   *http.Client
	endpoint *url.URL
	token    string
	dialect  dialect
}

// Kind is a product.
type Kind string

// The products there are.
const (
	GitHub Kind = "github"
	GitLab Kind = "gitlab"
)

// What one question may cost.
const (
	maxAnswer = 4 << 20 // bytes
	// MaxLinks are asked for at once.
	MaxLinks = 100
)

// Open returns a Tracker. Its errors are *desk.InvalidError with the field that is wrong.
func Open(kind Kind, client *http.Client, endpoint, token string) (*Tracker, error) {
	address, err := url.Parse(strings.TrimSpace(endpoint))
	if err != nil || address.Scheme != "https" && address.Scheme != "http" || address.Host == "" || address.User != nil {
		return nil, &desk.InvalidError{Field: "endpoint", Reason: "Invalid endpoint: an address such as " + dialects[kind].example + " is needed"}
	}
	if token = strings.TrimSpace(token); token == "" {
		return nil, &desk.InvalidError{Field: "api_token", Reason: "Missing API token"}
	}
	return &Tracker{client: client, endpoint: address, token: token, dialect: dialects[kind]}, nil
}

// Verify reports whether the tracker knows the token.
func (t *Tracker) Verify(ctx context.Context) error {
	var who map[string]*struct{}
	if err := t.ask(ctx, t.dialect.whoAmI, nil, &who); err != nil {
		return err
	}
	for _, somebody := range who {
		if somebody != nil {
			return nil
		}
	}
	return &desk.InvalidError{Field: "api_token", Reason: "Invalid API token"}
}

// Issues returns the issues that links lead to, in their order, each once. What no account may see
// is left out; a link that is no issue of this tracker is an error, so that it is not stored.
func (t *Tracker) Issues(ctx context.Context, links []string) ([]Issue, error) {
	if len(links) > MaxLinks {
		return nil, &desk.InvalidError{Field: "links", Reason: fmt.Sprintf("More than %d links", MaxLinks)}
	}
	var refs []reference
	seen := map[reference]bool{}
	for _, link := range links {
		ref, err := t.reference(link)
		if err != nil {
			return nil, err
		}
		if !seen[ref] {
			seen[ref] = true
			refs = append(refs, ref)
		}
	}
	if len(refs) == 0 {
		return []Issue{}, nil
	}
	question, values := t.dialect.question(refs)
	answers := map[string]json.RawMessage{}
	if err := t.ask(ctx, question, values, &answers); err != nil {
		return nil, err
	}
	issues := []Issue{}
	for i, ref := range refs {
		issue, err := t.dialect.read(ref, answers[alias(i)])
		if err != nil {
			return nil, fmt.Errorf("issue %s: %w", ref, err)
		}
		if issue != nil {
			issues = append(issues, *issue)
		}
	}
	return issues, nil
}

// ask sends one question and reads what belongs to it. What only some of it could not be answered
// for is not an error: the tracker says null there.
func (t *Tracker) ask(ctx context.Context, question string, values map[string]any, answer any) error {
	body, err := json.Marshal(map[string]any{"query": question, "variables": values})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.endpoint.String(), bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+t.token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	resp, err := t.client.Do(req)
	if err != nil {
		return fmt.Errorf("request failed: %w", err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return fmt.Errorf("answer could not be read: %w", err)
	case resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden:
		return fmt.Errorf("the API token is refused (status %d)", resp.StatusCode)
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("the tracker answered with status %d", resp.StatusCode)
	case len(data) > maxAnswer:
		return fmt.Errorf("the answer is larger than %d bytes", maxAnswer)
	}
	var whole struct {
		Data   json.RawMessage `json:"data"`
		Errors []struct {
			Message string `json:"message"`
		} `json:"errors"`
	}
	if err := json.Unmarshal(data, &whole); err != nil {
		return errors.New("the answer is no JSON: the endpoint is not that of a GraphQL interface")
	}
	if len(whole.Data) == 0 || string(whole.Data) == "null" {
		if len(whole.Errors) > 0 {
			return errors.New(whole.Errors[0].Message)
		}
		return errors.New("the answer holds no data")
	}
	return json.Unmarshal(whole.Data, answer)
}
