package source

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"postroom/internal/pause"
)

// Client asks a helpdesk over HTTP.
type Client struct {
	http *http.Client
	base *url.URL
	auth func(*http.Request)
}

// NewClient returns a client of the helpdesk at an address, such as https://yours.zendesk.com/api/v2.
// auth adds what we prove ourselves with.
func NewClient(client *http.Client, base string, auth func(*http.Request)) (*Client, error) {
	at, err := Address(base)
	if err != nil {
		return nil, err
	}
	return &Client{http: client, base: at, auth: auth}, nil
}

// ErrAddress refuses what is no address of a helpdesk.
var ErrAddress = errors.New("the address must begin with http:// or https:// and name a host")

// Address reads the address of a helpdesk.
func Address(text string) (*url.URL, error) {
	at, err := url.Parse(strings.TrimSpace(text))
	if err != nil || at.Scheme != "http" && at.Scheme != "https" || at.Host == "" || at.User != nil {
		return nil, ErrAddress
	}
	return at, nil
}

const (
	maxAnswer = 128 << 20 // bytes of a page; tickets with their files in them are large
	attempts  = 3         // when the helpdesk has trouble
	// restless is the longest that a helpdesk may want to be left alone for.
	restless = time.Hour
	// rest is how long we leave a helpdesk alone that does not say how long it wants to be.
	rest = time.Minute
)

// Get decodes the answer about a path below the address, with a query. Values is the answer's header.
func (c *Client) Get(ctx context.Context, path string, query url.Values, answer any) (http.Header, error) {
	at := *c.base
	at.Path = strings.TrimRight(at.Path, "/") + path
	at.RawQuery = query.Encode()
	body, header, err := c.ask(ctx, maxAnswer, func() (*http.Request, error) {
		return http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return header, decode(path, body, answer)
}

// Post sends a form to the address itself and decodes the answer.
func (c *Client) Post(ctx context.Context, form url.Values, answer any) error {
	body, _, err := c.ask(ctx, maxAnswer, func() (*http.Request, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base.String(), strings.NewReader(form.Encode()))
		if err == nil {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		return req, err
	})
	if err != nil {
		return err
	}
	return decode(c.base.Path, body, answer)
}

func decode(path string, body []byte, answer any) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(answer); err != nil {
		return fmt.Errorf("%s: %w", path, &Unreadable{err.Error()})
	}
	return nil
}

// Fetch returns the bytes at an address, which may be on another host: that one gets no credentials.
func (c *Client) Fetch(ctx context.Context, address string) ([]byte, error) {
	at, err := Address(address)
	if err != nil {
		return nil, &Unreadable{err.Error()}
	}
	body, _, err := c.ask(ctx, MaxFile, func() (*http.Request, error) {
		return http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	})
	_, unreachable := errors.AsType[*url.Error](err)
	_, refused := errors.AsType[*Refused](err)
	if (unreachable || refused) && ctx.Err() == nil && at.Host != c.base.Host {
		return nil, &Unreadable{err.Error()} // what is wrong with another host must not end or hold up all the rest
	}
	return body, err
}

// ask sends a request, a few times if the helpdesk has trouble, and reads its answer.
func (c *Client) ask(ctx context.Context, most int64, request func() (*http.Request, error)) ([]byte, http.Header, error) {
	for attempt := 1; ; attempt++ {
		req, err := request()
		if err != nil {
			return nil, nil, err
		}
		req.Header.Set("Accept", "application/json, */*;q=0.5")
		if req.URL.Host == c.base.Host && req.URL.Scheme == c.base.Scheme && c.auth != nil {
			c.auth(req)
		}
		body, header, err := c.once(req, most)
		_, trouble := errors.AsType[*Trouble](err)
		_, unreachable := errors.AsType[*url.Error](err)
		if !trouble && !unreachable || attempt == attempts || !pause.For(ctx, time.Duration(attempt)*200*time.Millisecond) {
			return body, header, err
		}
	}
}

func (c *Client) once(req *http.Request, most int64) ([]byte, http.Header, error) {
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	if err := refusal(resp); err != nil {
		return nil, resp.Header, err
	}
	if resp.ContentLength > most {
		return nil, nil, &TooLarge{most}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	if err != nil {
		return nil, nil, err
	}
	if int64(len(body)) > most {
		return nil, nil, &TooLarge{most}
	}
	return body, resp.Header, nil
}

// refusal reads the status of an answer.
func refusal(resp *http.Response) error {
	switch status := resp.StatusCode; {
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable && resp.Header.Get("Retry-After") != "":
		return &Later{After: retryAfter(resp.Header)}
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return &Refused{Status: status}
	case status >= http.StatusInternalServerError:
		return &Trouble{Status: status}
	case status != http.StatusOK:
		return &Unreadable{"status " + strconv.Itoa(status)}
	}
	return nil
}

// retryAfter reads when we may ask again, in seconds.
func retryAfter(header http.Header) time.Duration {
	seconds, err := strconv.ParseFloat(header.Get("Retry-After"), 64)
	if err != nil || seconds < 0 {
		return rest
	}
	return min(time.Duration(seconds*float64(time.Second)), restless)
}
