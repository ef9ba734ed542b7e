package sms

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"postroom/channels"
	"postroom/internal/desk"
)

// Where the gateways answer that have one address for everybody.
const (
	PublicTwilio      = "https://api.twilio.com"
	PublicMessageBird = "https://rest.messagebird.com"
)

const (
	maxAnswer   = 1 << 20 // bytes
	maxDownload = 20 << 20
	mostLater   = time.Hour
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

// do sends a request and returns the answer of a gateway that did what it was asked for. Errors don't show
// the address: tokens may be in it.
func (c *Client) do(req *http.Request, limit int64) ([]byte, error) {
	resp, err := c.HTTP.Do(req)
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	if err != nil {
		return nil, fmt.Errorf("SMS gateway: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("SMS gateway: %w", err)
	}
	if int64(len(body)) > limit {
		return nil, &desk.InvalidError{Field: "size", Reason: fmt.Sprintf("The gateway's answer is larger than %d bytes.", limit)}
	}
	refused := &refusedError{resp.StatusCode, reason(body)}
	switch status := resp.StatusCode; {
	case status < 300:
		return body, nil
	case status == http.StatusTooManyRequests:
		return nil, &channels.LaterError{After: pauseOf(resp.Header.Get("Retry-After")), Err: refused}
	default:
		return nil, refused
	}
}

func pauseOf(header string) time.Duration {
	seconds, err := strconv.Atoi(header)
	if err != nil || seconds < 1 {
		seconds = 10
	}
	return min(time.Duration(seconds)*time.Second, mostLater)
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
