package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	api "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"postroom/channels"
	"postroom/internal/desk"
)

const (
	batch     = 100              // updates asked for at once
	waitFor   = 25 * time.Second // for the next update, before asking again
	mostTurns = 50               // batches of one poll; then others get a turn
	lastWord  = 5 * time.Second  // for an acknowledgement when we are told to stop
)

// Poller asks for the updates of a bot, for installations that Telegram can't call. It is a
// channels.Poller.
type Poller struct {
	client  *Client
	channel desk.Channel
	token   string
	next    int               // updates before this one are received
	pending []json.RawMessage // came while we waited
}

// NewPoller returns the updates of a channel's bot.
func NewPoller(client *Client, channel desk.Channel) (*Poller, error) {
	token := OptionsOf(channel).Token
	if token == "" {
		return nil, &desk.InvalidError{Field: "api_token", Reason: "invalid api token"}
	}
	return &Poller{client: client, channel: channel, token: token}, nil
}

// Poll hands new updates to receive. Telegram forgets them when it is asked for those behind them,
// which happens only after receive returned nil.
func (p *Poller) Poll(ctx context.Context, receive channels.Receive) (channels.Report, error) {
	report := channels.Report{}
	for range mostTurns {
		raws := p.pending
		p.pending = nil
		if len(raws) == 0 {
			var err error
			if raws, err = p.ask(ctx, 0); err != nil {
				return report, err
			}
		}
		if len(raws) == 0 {
			return report, nil
		}
		messages, last := p.messages(raws)
		if len(messages) > 0 {
			if err := receive(ctx, messages); err != nil {
				return report, err
			}
		}
		report.Fetched += len(messages)
		p.next = last + 1
		if ctx.Err() != nil {
			return report, errors.Join(ctx.Err(), p.acknowledge(ctx))
		}
	}
	return report, nil
}

// acknowledge tells Telegram what was received, also when we are told to stop: nobody should have to
// look through it again.
func (p *Poller) acknowledge(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWord)
	defer cancel()
	return p.client.call(ctx, p.token, "getUpdates", api.Params{"offset": strconv.Itoa(p.next), "limit": "1", "timeout": "0"}, nil)
}

// messages are the updates that are something for us, and the number of the last one of all.
func (p *Poller) messages(raws []json.RawMessage) (messages []channels.Inbound, last int) {
	now := time.Now().UTC()
	for _, raw := range raws {
		var update struct {
			ID int `json:"update_id"`
		}
		_ = json.Unmarshal(raw, &update) // without a number it is no update
		last = max(last, update.ID)
		facts, err := FactsOf(raw)
		if err != nil || facts == nil {
			continue
		}
		messages = append(messages, channels.Inbound{
			ChannelID: p.channel.ID, Kind: Kind, ExternalID: facts.UpdateID, Conversation: facts.Conversation, Raw: raw, ReceivedAt: now,
		})
	}
	return messages, last
}

// ask returns new updates, and waits for them as long as it is told.
func (p *Poller) ask(ctx context.Context, wait time.Duration) (raws []json.RawMessage, err error) {
	err = p.client.call(ctx, p.token, "getUpdates", api.Params{
		"offset": strconv.Itoa(p.next), "limit": strconv.Itoa(batch), "timeout": strconv.Itoa(int(wait.Seconds())), "allowed_updates": updates,
	}, &raws)
	return raws, err
}

// Wait returns when there is an update.
func (p *Poller) Wait(ctx context.Context) error {
	for {
		raws, err := p.ask(ctx, waitFor)
		if err != nil {
			return err
		}
		if len(raws) > 0 {
			p.pending = raws
			return nil
		}
	}
}

// Close forgets what was not received.
func (p *Poller) Close() error {
	p.pending = nil
	return nil
}
