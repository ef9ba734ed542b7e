package messenger

import (
	"context"
	"errors"
	"log/slog"

	"golang.org/x/sync/semaphore"

	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/jobs/task"
)

// Reply tells somebody who wrote something that is no article.
type Reply struct{ office }

// NewReply returns the job of task.ReplyToSend.
func NewReply(s *store.Store, ways Ways, log *slog.Logger) *Reply {
	return &Reply{office{store: s, ways: ways, log: log, slots: semaphore.NewWeighted(atOnce)}}
}

// Work makes one attempt to tell it. What one message doesn't hold is work of its own: a message that failed is sent again, those
// before it are not. A channel that is gone or switched off tells nothing any more.
func (j *Reply) Work(ctx context.Context, t task.ReplyToSend, id desk.OutboxID) error {
	if err := j.store.ClaimTask(ctx, id, claimSpan); err != nil {
		if errors.Is(err, desk.ErrNotFound) {
			return nil // done
		}
		return err
	}
	c, err := j.store.Catalog(ctx)
	if err != nil {
		return err
	}
	channel, there := c.Channels[t.ChannelID]
	way, known := j.ways.of(channel.Area)
	if !there || !known || !channel.Active || c.Settings.Bool("import_mode") {
		return j.store.FinishTask(ctx, id)
	}
	leave, err := j.enter()
	if err != nil {
		return err
	}
	defer leave()
	rest, err := way.Sender.Tell(ctx, channel, t.To, t.Text)
	note, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteWithin)
	defer cancel()
	if err != nil && ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return errors.Join(ctx.Err(), j.store.ReleaseTask(note, id))
	}
	if desk.Permanent(err) { // whoever wrote has blocked us, for example: nobody has to act
		j.log.InfoContext(ctx, "reply can't be delivered", "channel_id", channel.ID, "error", err)
		return j.store.FinishTask(note, id)
	}
	if err != nil {
		return err
	}
	if rest == "" {
		return j.store.FinishTask(note, id)
	}
	t.Text = rest
	return j.store.PassOn(note, id, t)
}
