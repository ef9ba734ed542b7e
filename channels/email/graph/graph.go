// Package graph speaks to Microsoft Graph, as much of it as fetching and sending mail takes.
//
// A Client asks about one mailbox: that of whoever signed in, or one that is shared with them. It waits
// where the server asks it to, but not for long, and keeps nothing.
package graph

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

	"postroom/channels"
	"postroom/channels/email/account"
)

// Public is where everybody's mailboxes are. Only closed clouds have other places.
const Public = "https://graph.microsoft.com/v1.0"

// RequestWithin is how long one request may take: a whole message may be asked for.
const RequestWithin = 4 * time.Minute

const (
	maxAnswer   = 16 << 20 // bytes of JSON
	maxTries    = 4        // of a request that the server asks us to send again
	maxPatience = 30 * time.Second
	usualPause  = 10 * time.Second // where the server asks to wait and doesn't say for how long
	longest     = time.Hour        // that a server may send us away for
)

// Client asks about one mailbox. It serves one caller at a time.
type Client struct {
	base   string
	box    string // address below which the mailbox is
	tokens account.Tokens
	http   *http.Client
}

// New returns a Client of a mailbox, whose requests go by another; nil: by one of its own. It connects to
// nothing.
func New(base string, by *http.Client, mailbox string, tokens account.Tokens) *Client {
	if by == nil {
		by = &http.Client{Timeout: RequestWithin}
	}
	return &Client{
		base: strings.TrimRight(base, "/"), box: strings.TrimRight(base, "/") + "/users/" + url.PathEscape(mailbox),
		tokens: tokens, http: by,
	}
}

// Close drops connections that wait for further requests.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Error is the server's refusal of a request.
type Error struct {
	Status  int
	Code    string // such as ErrorItemNotFound
	Message string
}

func (e *Error) Error() string {
	if e.Code == "" {
		return fmt.Sprintf("Microsoft Graph answered with status %d", e.Status)
	}
	return fmt.Sprintf("Microsoft Graph: %s (%s)", e.Code, e.Message)
}

// Gone reports whether what was asked about is not there.
func (e *Error) Gone() bool { return e.Status == http.StatusNotFound }

// request is one exchange.
type request struct {
	method string
	url    string
	body   []byte
	media  string // of the body
	max    int64  // bytes of the answer
	once   bool   // it must not be repeated when nobody knows what became of it
	span   string // Content-Range of the body; empty: it is whole
	apart  bool   // it goes to another server, which gets no token
}

// do sends a request, as often as the server asks for, and returns the answer's body.
func (c *Client) do(ctx context.Context, r request) ([]byte, error) {
	waited, renewed := time.Duration(0), false
	for try := 1; ; try++ {
		token, err := c.tokens.Token(ctx)
		if err != nil {
			return nil, &account.StepError{Step: account.Login, Err: err}
		}
		answer, err := c.send(ctx, r, token)
		if err != nil {
			return nil, err
		}
		body, err := answer.read(r.max)
		if err == nil {
			return body, nil
		}
		refused, _ := errors.AsType[*Error](err)
		switch {
		case refused == nil:
			return nil, err
		case refused.Status == http.StatusUnauthorized && !renewed:
			renewed = true
			if err := c.tokens.Refused(ctx, token); err != nil {
				return nil, err
			}
			continue
		case refused.Status == http.StatusUnauthorized:
			return nil, &account.StepError{Step: account.Login, Err: err}
		case !again(refused.Status, r.once):
			return nil, err
		}
		pause := answer.retryAfter(time.Now())
		if try == maxTries || waited+pause > maxPatience {
			return nil, &channels.LaterError{After: pause, Err: err}
		}
		waited += pause
		if err := wait(ctx, pause); err != nil {
			return nil, err
		}
	}
}

// again reports whether the server means that the same request may be taken later.
func again(status int, once bool) bool {
	return status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable ||
		!once && status == http.StatusGatewayTimeout
}

func wait(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *Client) send(ctx context.Context, r request, token string) (*answer, error) {
	req, err := http.NewRequestWithContext(ctx, r.method, r.url, bytes.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	if !r.apart {
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Prefer", `IdType="ImmutableId"`) // other ids change when somebody moves a message
	}
	if r.span != "" {
		req.Header.Set("Content-Range", r.span)
	}
	req.Header.Set("Accept", "application/json")
	if r.media != "" {
		req.Header.Set("Content-Type", r.media)
	}
	got, err := c.http.Do(req)
	if err != nil {
		// The library's text repeats the address, which names the mailbox and is long.
		if failed, ok := errors.AsType[*url.Error](err); ok {
			err = failed.Err
		}
		return nil, &account.StepError{Step: account.Connect, Err: err}
	}
	return &answer{got}, nil
}

// answer is one that is still to be read.
type answer struct{ *http.Response }

// TooLargeError is an answer of more bytes than were asked for.
type TooLargeError struct{ Size int64 }

func (e *TooLargeError) Error() string { return fmt.Sprintf("too large: %d bytes", e.Size) }

// BrokenError is an answer that ended early.
type BrokenError struct{ Err error }

func (e *BrokenError) Error() string { return "Microsoft Graph's answer broke off: " + e.Err.Error() }
func (e *BrokenError) Unwrap() error { return e.Err }

// read returns the body, or why there is none.
func (a *answer) read(most int64) ([]byte, error) {
	defer a.Body.Close()
	if a.StatusCode >= http.StatusMultipleChoices {
		return nil, a.refusal()
	}
	if most <= 0 {
		most = maxAnswer
	}
	if a.ContentLength > most {
		return nil, &TooLargeError{a.ContentLength}
	}
	var buffer bytes.Buffer
	if a.ContentLength > 0 {
		buffer.Grow(int(a.ContentLength) + bytes.MinRead)
	}
	n, err := buffer.ReadFrom(io.LimitReader(a.Body, most+1))
	if err != nil {
		return nil, &BrokenError{err}
	}
	if n > most {
		return nil, &TooLargeError{n}
	}
	return buffer.Bytes(), nil
}

const maxComplaint = 500 // bytes of what the server says that are passed on

func (a *answer) refusal() *Error {
	text, _ := io.ReadAll(io.LimitReader(a.Body, 64<<10))
	var said struct {
		Error struct{ Code, Message string }
	}
	_ = json.Unmarshal(text, &said) // gateways in between answer with pages
	message := said.Error.Message
	message = strings.ToValidUTF8(message[:min(len(message), maxComplaint)], "")
	return &Error{Status: a.StatusCode, Code: said.Error.Code, Message: strings.Join(strings.Fields(message), " ")}
}

// retryAfter is how long the server wants to be left in peace.
func (a *answer) retryAfter(now time.Time) time.Duration {
	text := a.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil && seconds >= 0 {
		return min(time.Duration(min(seconds, int(longest/time.Second)))*time.Second, longest)
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(0, at.Sub(now)), longest)
	}
	return usualPause
}

// get reads JSON.
func (c *Client) get(ctx context.Context, address string, into any) error {
	body, err := c.do(ctx, request{method: http.MethodGet, url: address})
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("answer of Microsoft Graph is no JSON: %w", err)
	}
	return nil
}

var errNextPage = errors.New("the next page of Microsoft Graph is said to be on another server")

// next checks where the next page is: a token goes to nobody else.
func (c *Client) next(link string) (string, error) {
	if link != "" && !strings.HasPrefix(link, c.base+"/") {
		return "", errNextPage
	}
	return link, nil
}
