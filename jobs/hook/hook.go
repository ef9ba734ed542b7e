// Package hook calls the webhooks that rules report to.
//
// In come announced calls, out go signed requests. Each attempt carries the same delivery id, by which
// receivers recognise a repetition, and is noted in the log of requests. What a request says is for
// package webhook; where requests may go, for package egress.
package hook

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"postroom/internal/desk"
	"postroom/internal/egress"
	"postroom/internal/store"
	"postroom/jobs/task"
)

// Caller is the job of task.WebhookToCall.
type Caller struct {
	store    *store.Store
	log      *slog.Logger
	trusting *http.Client // takes certificates as they come
	strict   *http.Client
}

const (
	callWithin = 60 * time.Second
	noteWithin = 30 * time.Second
	// Timeout is the time that one attempt may take, with its notes.
	Timeout = callWithin + noteWithin
	// Attempts are how often a receiver is called before we give up.
	Attempts = 5
)

// Delay is the pause after the attempt-th failure.
func Delay(attempt int) time.Duration { return time.Duration(attempt) * 10 * time.Second }

// New returns the job. It starts nothing.
func New(s *store.Store, policy egress.Policy, log *slog.Logger) *Caller {
	return &Caller{
		store: s, log: log,
		strict:   policy.Client(egress.Options{Timeout: callWithin}),
		trusting: policy.Client(egress.Options{Timeout: callWithin, Insecure: true}),
	}
}

// Work makes one attempt. A call can't be taken back, so it happens between two transactions: the
// first claims the work, the second notes the result.
func (j *Caller) Work(ctx context.Context, t task.WebhookToCall, id desk.OutboxID) error {
	call, err := j.begin(ctx, t, id)
	if errors.Is(err, desk.ErrNotFound) || err == nil && call == nil {
		return nil // done, or its ticket or webhook is gone
	}
	if err != nil {
		return err
	}
	failure := j.send(ctx, call)
	note, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteWithin)
	defer cancel()
	if failure != nil && errors.Is(ctx.Err(), context.Canceled) {
		return errors.Join(ctx.Err(), j.store.ReleaseTask(note, id)) // we are being stopped: no failure
	}
	return j.end(note, call, failure, id)
}

// call is one attempt.
type call struct {
	webhook desk.Webhook
	task    task.WebhookToCall
	body    []byte
	log     desk.HTTPLog
}

// begin claims the work and builds what is sent. It returns no call when there is nothing to call
// any more; the work is ended then.
func (j *Caller) begin(ctx context.Context, t task.WebhookToCall, id desk.OutboxID) (*call, error) {
	var c *call
	err := j.store.InTx(ctx, func(tx *store.Store) error {
		if err := tx.ClaimTask(ctx, id, Timeout); err != nil {
			return err
		}
		built, err := build(ctx, tx, t)
		if errors.Is(err, desk.ErrNotFound) || err == nil && !built.webhook.Active {
			j.log.InfoContext(ctx, "webhook or its ticket is gone, not called", "webhook_id", t.WebhookID, "ticket_id", t.TicketID)
			return tx.FinishTask(ctx, id)
		}
		c = built
		return err
	})
	return c, err
}

// maxAnswer is how much of an answer is read, in bytes.
const maxAnswer = 64 << 10

// send makes the request and keeps what came back.
func (j *Caller) send(ctx context.Context, c *call) error {
	request, err := c.request(ctx)
	if err != nil {
		return &desk.InvalidError{Field: "endpoint", Reason: err.Error()}
	}
	client := j.strict
	if !c.webhook.SSLVerify {
		client = j.trusting
	}
	response, err := client.Do(request)
	if err != nil {
		c.log.Response = map[string]any{"code": 0, "content": desk.Plain(err.Error())}
		c.log.Status = new("failed")
		if errors.Is(err, egress.ErrPrivate) {
			return &desk.InvalidError{Field: "endpoint", Reason: err.Error()}
		}
		return fmt.Errorf("call webhook %d: %w", c.webhook.ID, err)
	}
	defer response.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	c.log.Status = new(fmt.Sprint(response.StatusCode))
	c.log.Response = map[string]any{"code": response.StatusCode, "content": desk.Plain(string(answer))}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return fmt.Errorf("call webhook %d: the answer was %s", c.webhook.ID, response.Status)
	}
	return nil
}

func (c *call) request(ctx context.Context) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.webhook.Endpoint, strings.NewReader(string(c.body)))
	if err != nil {
		return nil, err
	}
	header := request.Header
	header.Set("Content-Type", "application/json; charset=utf-8")
	header.Set("User-Agent", "Zammad User Agent")
	header.Set("X-Zammad-Trigger", headerText(c.task.Rule))
	header.Set("X-Zammad-Delivery", c.task.Delivery)
	if token := c.webhook.SignatureToken; token != nil && *token != "" {
		header.Set("X-Hub-Signature", Signature(*token, c.body))
	}
	if user := c.webhook.BasicAuthUsername; user != nil && *user != "" {
		password := ""
		if c.webhook.BasicAuthPassword != nil {
			password = *c.webhook.BasicAuthPassword
		}
		request.SetBasicAuth(*user, password)
	}
	return request, nil
}

// Signature proves that who knows the token wrote the body.
func Signature(token string, body []byte) string {
	sum := hmac.New(sha1.New, []byte(token))
	sum.Write(body)
	return "sha1=" + hex.EncodeToString(sum.Sum(nil))
}

// headerText is a name as a header can carry it.
func headerText(name string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, name)
}

// end notes the result, and ends the work if it went well.
func (j *Caller) end(ctx context.Context, c *call, failure error, id desk.OutboxID) error {
	err := j.store.InTx(ctx, func(tx *store.Store) error {
		if err := tx.AddHTTPLog(ctx, &c.log); err != nil || failure != nil {
			return err
		}
		return tx.FinishTask(ctx, id)
	})
	return errors.Join(failure, err)
}
