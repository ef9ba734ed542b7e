package whatsapp

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"postroom/channels"
	"postroom/internal/desk"
	"postroom/internal/egress"
)

// PublicAPI is where Meta answers, in the version whose formats we know.
const PublicAPI = "https://graph.facebook.com/v23.0"

const (
	maxAnswer = 1 << 20          // bytes
	comeAgain = 30 * time.Second // after Meta had enough of us, and doesn't say for how long
	// RequestWithin is how long a request may take. Files are the longest.
	RequestWithin = 2 * time.Minute
	setUpWithin   = 15 * time.Second // what an administrator waits for
)

// Client asks the Graph API in the name of any channel.
type Client struct {
	HTTP *http.Client // says where requests may go, and how long they take
	API  string       // PublicAPI
}

// Number is a phone number of a business.
type Number struct {
	ID      string `json:"id"`
	Name    string `json:"verified_name"`
	Display string `json:"display_phone_number"`
}

const numberFields = "fields=id,verified_name,display_phone_number"

// Numbers returns the phone numbers of a business account.
func (c *Client) Numbers(ctx context.Context, businessID, token string) ([]Number, error) {
	ctx, cancel := context.WithTimeout(ctx, setUpWithin)
	defer cancel()
	var answer struct {
		Data []Number `json:"data"`
	}
	err := c.get(ctx, token, url.PathEscape(businessID)+"/phone_numbers?limit=100&"+numberFields, &answer)
	return answer.Data, err
}

// get reads something.
func (c *Client) get(ctx context.Context, token, path string, result any) error {
	return c.call(ctx, http.MethodGet, token, path, "", nil, result)
}

// post hands something over as JSON.
func (c *Client) post(ctx context.Context, token, path string, what, result any) error {
	body, err := json.Marshal(what)
	if err != nil {
		return &desk.InvalidError{Field: "message", Reason: "The message can't be written as JSON."}
	}
	return c.call(ctx, http.MethodPost, token, path, "application/json", body, result)
}

func (c *Client) call(ctx context.Context, method, token, path, media string, body []byte, result any) error {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.API, "/")+"/"+path, bytes.NewReader(body))
	if err != nil {
		return &desk.InvalidError{Field: "path", Reason: "WhatsApp can't be asked at such an address."}
	}
	if media != "" {
		req.Header.Set("Content-Type", media)
	}
	answer, err := c.do(req, token, maxAnswer)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(answer, result); err != nil {
		return fmt.Errorf("WhatsApp: %w", err)
	}
	return nil
}

// do sends a request and returns the answer, of so many bytes at most.
func (c *Client) do(req *http.Request, token string, limit int64) ([]byte, error) {
	req.Header.Set("Authorization", "Bearer "+token)
	answer, err := egress.Ask(c.HTTP, req, limit)
	if err != nil {
		return nil, fmt.Errorf("WhatsApp: %w", err)
	}
	if answer.Status >= http.StatusMultipleChoices {
		return nil, fate(answer)
	}
	if answer.Long {
		return nil, tooLarge(limit)
	}
	return answer.Body, nil
}

// Error codes of the Graph API that say when to come again: too many calls of an app, of an account,
// messages altogether, messages to one person.
func throttles(code int) bool {
	switch code {
	case 4, 80007, 130429, 131056:
		return true
	}
	return false
}

// passes reports whether an error has nothing to do with what was asked: Meta is out of order, or the
// token expired, which somebody may put right.
func passes(status, code int) bool {
	switch code {
	case 1, 2, 131000, 131016, 133004, 190:
		return true
	}
	return status >= 500 || status == http.StatusUnauthorized || status == http.StatusRequestTimeout
}

// fate says what a refusal means for who asked.
func fate(answer egress.Answer) error {
	var told struct {
		Error problem `json:"error"`
	}
	_ = json.Unmarshal(answer.Body, &told) // what is not of the Graph API has its status alone
	code := told.Error.Code
	reason := fmt.Sprintf("WhatsApp: %s", cmp.Or(told.Error.text(), "status "+strconv.Itoa(answer.Status)))
	switch {
	case answer.Status == http.StatusTooManyRequests || throttles(code):
		return &channels.LaterError{After: answer.Pause(comeAgain), Err: errors.New(reason)}
	case passes(answer.Status, code) || answer.Status < http.StatusBadRequest:
		return errors.New(reason)
	default:
		return &desk.InvalidError{Field: "whatsapp", Reason: reason}
	}
}

// problem is what went wrong, in Meta's words: of a request, or of a message that was on its way.
type problem struct {
	Code    int    `json:"code"`
	Title   string `json:"title"`
	Message string `json:"message"`
	Data    struct {
		Details string `json:"details"`
	} `json:"error_data"`
}

func (p problem) text() string {
	text := cmp.Or(p.Message, p.Title)
	if p.Data.Details != "" && p.Data.Details != text {
		text += ": " + p.Data.Details
	}
	if text = strings.TrimPrefix(text, ": "); text != "" && p.Code != 0 && !strings.Contains(text, "#"+strconv.Itoa(p.Code)) {
		text = fmt.Sprintf("(#%d) %s", p.Code, text)
	}
	return desk.Cut(desk.Plain(text), 500)
}
