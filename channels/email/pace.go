package email

import (
	"context"
	"errors"
	"time"

	"postroom/channels"
	"postroom/internal/desk"
)

const (
	maxRate     = 10_000           // messages a minute; who takes more needs no limit
	turnWaiting = 30 * time.Second // longest that a message waits here for its turn
)

var errTooMany = errors.New("the account's messages_per_minute are used up")

// pacedSender sends no more messages a minute than the account's server takes, whichever process
// sends them.
type pacedSender struct {
	channels.Sender
	turn    Turn
	channel desk.ChannelID
	every   time.Duration
}

// Send waits for the message's turn. One whose turn is far off is a *channels.LaterError.
func (s *pacedSender) Send(ctx context.Context, message channels.Outbound) ([]byte, error) {
	wait, ok, err := s.turn(ctx, s.channel, s.every, turnWaiting)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, &channels.LaterError{After: wait, Err: errTooMany}
	}
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return s.Sender.Send(ctx, message)
}
