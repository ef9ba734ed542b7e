package telegram

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	api "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"postroom/channels"
	"postroom/internal/desk"
	"postroom/internal/egress"
)

// PublicAPI is where Telegram answers bots.
const PublicAPI = "https://api.telegram.org"

const (
	maxAnswer   = 8 << 20  // bytes; a hundred updates fit
	maxDownload = 20 << 20 // bytes; Telegram gives bots no larger files
	maxUpload   = 50 << 20 // bytes; and takes none from them
	// RequestWithin is how long a request may take. Uploads are the longest.
	RequestWithin = 2 * time.Minute
	mostLater     = time.Hour
	setUpWithin   = 15 * time.Second // what an administrator waits for
)

// Client asks the Bot API in the name of any bot.
type Client struct {
	base string
	http *http.Client
}

// NewClient returns a client of the Bot API at an address, such as PublicAPI. How long requests take
// and where they may go is the HTTP client's business.
func NewClient(base string, client *http.Client) *Client {
	return &Client{base: strings.TrimSuffix(base, "/"), http: client}
}

// bound is an HTTP client for the requests of one call: the library knows no contexts.
type bound struct {
	ctx    context.Context
	http   *http.Client
	status int // of the last answer
}

// Do sends a request. Like get, it has errors that don't show the address, which has the token in it.
func (b *bound) Do(req *http.Request) (*http.Response, error) {
	resp, err := get(b.http, req.WithContext(b.ctx))
	if err != nil {
		return nil, err
	}
	b.status = resp.StatusCode
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, maxAnswer), resp.Body}
	return resp, nil
}

func get(client *http.Client, req *http.Request) (*http.Response, error) {
	resp, err := egress.Do(client, req)
	if err != nil {
		return nil, fmt.Errorf("telegram: %w", err)
	}
	return resp, nil
}

// bot returns the library's bot for one call.
func (c *Client) bot(ctx context.Context, token string) (*api.BotAPI, *bound) {
	b := &bound{ctx: ctx, http: c.http}
	bot := &api.BotAPI{Token: token, Client: b}
	bot.SetAPIEndpoint(strings.ReplaceAll(c.base, "%", "%%") + "/bot%s/%s")
	return bot, b
}

// call asks for something and reads the result.
func (c *Client) call(ctx context.Context, token, method string, params api.Params, result any) error {
	bot, b := c.bot(ctx, token)
	answer, err := bot.MakeRequest(method, params)
	return resultOf(method, answer, err, b.status, result)
}

// upload is call with a file.
func (c *Client) upload(ctx context.Context, token, method string, params api.Params, file api.RequestFile, result any) error {
	bot, b := c.bot(ctx, token)
	answer, err := bot.UploadFiles(method, params, []api.RequestFile{file})
	return resultOf(method, answer, err, b.status, result)
}

func resultOf(method string, answer *api.APIResponse, err error, status int, result any) error {
	if err != nil {
		return fate(method, err, status)
	}
	if result == nil {
		return nil
	}
	if err := json.Unmarshal(answer.Result, result); err != nil {
		return fmt.Errorf("telegram: answer to %s: %w", method, err)
	}
	return nil
}

// fate says what an error means for who asked. What Telegram refuses it will refuse again, except for
// a wrong token, which somebody may put right.
func fate(method string, err error, status int) error {
	refused, ok := errors.AsType[*api.Error](err)
	if !ok {
		if status >= http.StatusBadRequest { // an answer, but none of the Bot API
			return fmt.Errorf("telegram: %s: status %d", method, status)
		}
		return err
	}
	reason := "telegram: " + method + ": " + desk.Plain(refused.Message)
	switch code := cmp.Or(refused.Code, status); {
	case code == http.StatusTooManyRequests:
		after := time.Duration(max(refused.RetryAfter, 1)) * time.Second
		return &channels.LaterError{After: min(after, mostLater), Err: errors.New(reason)}
	case code == http.StatusBadRequest, code == http.StatusForbidden, code == http.StatusRequestEntityTooLarge:
		return &desk.InvalidError{Field: "telegram", Reason: reason}
	default:
		return errors.New(reason)
	}
}

// Look returns the bot that a token belongs to.
func (c *Client) Look(ctx context.Context, token string) (Bot, error) {
	ctx, cancel := context.WithTimeout(ctx, setUpWithin)
	defer cancel()
	var user api.User
	if err := c.call(ctx, token, "getMe", nil, &user); err != nil {
		return Bot{}, err
	}
	return Bot{ID: user.ID, Username: user.UserName, FirstName: user.FirstName, LastName: user.LastName}, nil
}

// updates are what we want to hear of.
const updates = `["message","edited_message","channel_post","edited_channel_post"]`

// Hook makes Telegram call an address, and show the secret whenever it does.
func (c *Client) Hook(ctx context.Context, token, address, secret string) error {
	ctx, cancel := context.WithTimeout(ctx, setUpWithin)
	defer cancel()
	return c.call(ctx, token, "setWebhook", api.Params{"url": address, "secret_token": secret, "allowed_updates": updates}, nil)
}

// Unhook makes Telegram call nobody. What arrives meanwhile it keeps, for a day.
func (c *Client) Unhook(ctx context.Context, token string) error {
	ctx, cancel := context.WithTimeout(ctx, setUpWithin)
	defer cancel()
	return c.call(ctx, token, "deleteWebhook", nil, nil)
}

// fetch returns the bytes of a file. A file that is too large, or that Telegram doesn't have any more,
// is a *desk.InvalidError.
func (c *Client) fetch(ctx context.Context, token, id string, size int) ([]byte, error) {
	if size >= maxDownload {
		return nil, tooLarge()
	}
	var file api.File
	if err := c.call(ctx, token, "getFile", api.Params{"file_id": id}, &file); err != nil {
		return nil, err
	}
	place, err := url.JoinPath(c.base, "file", "bot"+token, file.FilePath)
	if err != nil {
		return nil, &desk.InvalidError{Field: "file", Reason: "telegram: the file has no address"}
	}
	return c.download(ctx, place)
}

// tooLarge is a file that Telegram doesn't give to bots, or that we don't take.
func tooLarge() error {
	return &desk.InvalidError{Field: "file", Reason: fmt.Sprintf("telegram: the file has %d MB or more", maxDownload>>20)}
}

func (c *Client) download(ctx context.Context, place string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, place, nil)
	if err != nil {
		return nil, &desk.InvalidError{Field: "file", Reason: "telegram: the file has no address"}
	}
	resp, err := get(c.http, req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusNotFound, resp.StatusCode == http.StatusBadRequest, resp.StatusCode == http.StatusGone:
		return nil, &desk.InvalidError{Field: "file", Reason: fmt.Sprintf("telegram: file: status %d", resp.StatusCode)}
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("telegram: file: status %d", resp.StatusCode)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxDownload))
	if err != nil {
		return nil, fmt.Errorf("telegram: file: %w", err)
	}
	if len(data) >= maxDownload {
		return nil, tooLarge()
	}
	return data, nil
}
