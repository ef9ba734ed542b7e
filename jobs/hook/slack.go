package hook

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"postroom/internal/desk"
	"postroom/internal/egress"
	"postroom/internal/store"
	"postroom/internal/webhook"
	"postroom/jobs/task"
)

// Slack is the job of task.SlackToTell: it posts what happened to a ticket into the channels that
// setting slack_config names. Who sets such a thing up today makes a webhook of a trigger instead.
type Slack struct {
	store  *store.Store
	client *http.Client
	log    *slog.Logger
}

const (
	slackWithin = 10 * time.Second // for one channel
	maxChannels = 20
	// SlackTimeout is the time that one event may take.
	SlackTimeout = maxChannels*slackWithin + noteWithin
)

// NewSlack returns the job. It starts nothing.
func NewSlack(s *store.Store, policy egress.Policy, log *slog.Logger) *Slack {
	return &Slack{store: s, client: policy.Client(egress.Options{Timeout: slackWithin}), log: log}
}

// slackEvents are those that channels can hear of.
var slackEvents = []string{
	desk.EventCreate, desk.EventUpdate, desk.EventReminderReached, desk.EventEscalation, desk.EventEscalationWarning,
}

// ForSlack is the work that an event is for channels of Slack; nil: they don't hear of it.
func ForSlack(c *desk.Catalog, e desk.TicketEvent) task.Kind {
	if e.Quiet || !c.Settings.Bool("slack_integration") || !slices.Contains(slackEvents, e.Type) {
		return nil
	}
	return task.SlackToTell{TicketEvent: e}
}

// channel is one of those that setting slack_config names.
type channel struct {
	Types    any    `json:"types"`     // of events: a list, or one; none: all
	GroupIDs any    `json:"group_ids"` // likewise
	Webhook  string `json:"webhook"`
	Channel  string `json:"channel"`
	Username string `json:"username"`
	IconURL  string `json:"icon_url"`
	Expand   bool   `json:"expand"` // all is text, and nothing is folded away
}

// Work makes one attempt for each channel. One that can't be reached hears of the next event.
func (j *Slack) Work(ctx context.Context, t task.SlackToTell, id desk.OutboxID) error {
	catalog, err := j.store.Catalog(ctx)
	if err != nil {
		return err
	}
	var news *webhook.Call
	err = j.store.InTx(ctx, func(tx *store.Store) (err error) {
		if err := tx.ClaimTask(ctx, id, SlackTimeout); err != nil {
			return err
		}
		if news, err = slackNews(ctx, tx, t.TicketEvent); errors.Is(err, desk.ErrNotFound) {
			return nil // the ticket is gone
		}
		return err
	})
	if errors.Is(err, desk.ErrNotFound) {
		return nil // done
	}
	if err != nil {
		return err
	}
	if news != nil {
		for _, c := range channelsOf(catalog.Settings) {
			if c.hears(t.Type, news.Subject.Ticket.GroupID) {
				j.post(ctx, c, news)
			}
		}
	}
	note, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteWithin)
	defer cancel()
	return j.store.FinishTask(note, id)
}

// slackNews is what there is to be said of an event; nil: nothing. What the system writes is not
// repeated, only what it changes.
func slackNews(ctx context.Context, tx *store.Store, e desk.TicketEvent) (*webhook.Call, error) {
	article := e.ArticleID
	if article != 0 {
		found, err := tx.Article(ctx, article)
		if err != nil {
			return nil, err
		}
		if found.SenderID == desk.SenderSystem {
			article = 0
		}
		if article == 0 && len(e.Changes) == 0 {
			return nil, nil
		}
	}
	news, err := report(ctx, tx, e.TicketID, article, e)
	if err == nil && e.Type == desk.EventUpdate && article == 0 && news.Notification.Changes == "" {
		news = nil
	}
	return news, err
}

func channelsOf(settings desk.Settings) []channel {
	var config struct {
		Items []channel `json:"items"`
	}
	settings.Into("slack_config", &config)
	return config.Items[:min(len(config.Items), maxChannels)]
}

// hears reports whether a channel is for such events, of tickets of this group.
func (c channel) hears(event string, group desk.GroupID) bool {
	return c.Webhook != "" && names(c.Types, event) && names(c.GroupIDs, fmt.Sprint(group))
}

// names reports whether a list, or a single value, is about something. No list at all is about everything.
func names(wanted any, something string) bool {
	switch v := wanted.(type) {
	case nil:
		return true
	case []any:
		return slices.ContainsFunc(v, func(one any) bool { return fmt.Sprint(one) == something })
	}
	return fmt.Sprint(wanted) == something
}

// message is what is posted into a channel.
func (c channel) message(news *webhook.Call) ([]byte, error) {
	kind := "Slack"
	news.Webhook = desk.Webhook{PreDefinedWebhookType: &kind}
	body, err := news.Body()
	var laid struct {
		Text        string           `json:"text"`
		Attachments []map[string]any `json:"attachments,omitempty"`
	}
	if err == nil {
		err = json.Unmarshal(body, &laid)
	}
	if err != nil {
		return nil, err
	}
	if c.Expand && len(laid.Attachments) > 0 {
		laid.Text, laid.Attachments = laid.Text+"\n"+fmt.Sprint(laid.Attachments[0]["text"]), nil
	}
	message := map[string]any{"text": laid.Text, "mrkdwn": true}
	if laid.Attachments != nil {
		message["attachments"] = laid.Attachments
	}
	for key, value := range map[string]string{"channel": c.Channel, "username": c.Username, "icon_url": c.IconURL} {
		if value != "" {
			message[key] = value
		}
	}
	return json.Marshal(message)
}

// post tells one channel, and logs what came of it. Its address is a secret.
func (j *Slack) post(ctx context.Context, c channel, news *webhook.Call) {
	entry := desk.HTTPLog{Direction: "out", Facility: "slack_webhook", Method: "POST", CreatedByID: new(desk.SystemUser)}
	body, err := c.message(news)
	if err == nil {
		entry.URL, entry.Request = withoutSecret(c.Webhook), map[string]any{"content": string(body)}
		var answer egress.Answer
		if answer, err = j.send(ctx, c.Webhook, body); err == nil {
			entry.Status = new(fmt.Sprint(answer.Status))
			entry.Response = map[string]any{"code": answer.Status, "content": desk.Plain(string(answer.Body))}
			if answer.Status/100 != 2 {
				err = fmt.Errorf("the answer was %d", answer.Status)
			}
		} else {
			entry.Status, entry.Response = new("failed"), map[string]any{"code": 0, "content": desk.Plain(err.Error())}
		}
	}
	if err != nil {
		j.log.WarnContext(ctx, "a channel of Slack can't be told", "channel", c.Channel, "ticket_id", news.Subject.Ticket.ID, "error", err)
	}
	if err := j.store.AddHTTPLog(ctx, &entry); err != nil {
		j.log.WarnContext(ctx, "request to Slack not logged", "error", err)
	}
}

func (j *Slack) send(ctx context.Context, address string, body []byte) (egress.Answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return egress.Answer{}, errors.New("setting slack_config has an address that is none")
	}
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	return egress.Ask(j.client, request, maxAnswer)
}

// withoutSecret is where an address leads, without what it proves there.
func withoutSecret(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return cmp.Or(parsed.Scheme, "https") + "://" + strings.ToLower(parsed.Host) + "/…"
}
