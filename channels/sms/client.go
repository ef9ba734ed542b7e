package sms

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"postroom/channels"
	"postroom/internal/desk"
	"postroom/internal/egress"
)

// Where the gateways answer that have one address for everybody.
const (
	PublicTwilio      = "https://api.twilio.com"
	PublicMessageBird = "https://rest.messagebird.com"
)

const (
	maxAnswer   = 1 << 20 // bytes
	maxDownload = 20 << 20
	comeAgain   = 10 * time.Second // after a gateway that has too much to do, and doesn't say for how long
	// RequestWithin is how long a gateway may take.
	RequestWithin = 30 * time.Second
)

// Client asks gateways.
type Client struct {
	HTTP           *http.Client // says where requests may go, and how long they take
	TwilioAPI      string       // PublicTwilio
	MessageBirdAPI string       // PublicMessageBird
}

// refusedError is a gateway that says no.
type refusedError struct {
	status int
	text   string
}

func (e *refusedError) Error() string { return fmt.Sprintf("%s (status %d)", e.text, e.status) }

// do sends a request and returns the answer of a gateway that did what it was asked for.
func (c *Client) do(req *http.Request, limit int64) ([]byte, error) {
	answer, err := egress.Ask(c.HTTP, req, limit)
	if err != nil {
		return nil, fmt.Errorf("SMS gateway: %w", err)
	}
	refused := &refusedError{answer.Status, reason(answer.Body)}
	switch {
	case answer.Status == http.StatusTooManyRequests:
		return nil, &channels.LaterError{After: answer.Pause(comeAgain), Err: refused}
	case answer.Status >= http.StatusMultipleChoices:
		return nil, refused
	case answer.Long:
		return nil, &desk.InvalidError{Field: "size", Reason: fmt.Sprintf("The gateway's answer is larger than %d bytes.", limit)}
	}
	return answer.Body, nil
}

// reason is what a gateway says about a refusal: in its own words, or the beginning of its answer.
func reason(body []byte) string {
	var told struct {
		Message string `json:"message"`
		Errors  []struct {
			Description string `json:"description"`
		} `json:"errors"`
	}
	if json.Unmarshal(body, &told) == nil {
		if told.Message != "" {
			return told.Message
		}
		if len(told.Errors) > 0 {
			return told.Errors[0].Description
		}
	}
	text := strings.Join(strings.Fields(desk.Plain(string(body))), " ")
	if text == "" {
		return "The gateway refuses"
	}
	return desk.Cut(text, 200)
}

// download fetches a file. One that is gone, or that we may not have, won't come back.
func (c *Client) download(req *http.Request) ([]byte, error) {
	data, err := c.do(req, maxDownload)
	if refused, ok := errors.AsType[*refusedError](err); ok && refused.status >= 400 && refused.status < 500 {
		return nil, &desk.InvalidError{Field: "MediaUrl", Reason: refused.Error()}
	}
	return data, err
}
