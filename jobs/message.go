package jobs

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"postroom/internal/desk"
	"postroom/internal/intake"
	"postroom/internal/messenger"
	"postroom/internal/store"
	"postroom/internal/store/arrivals"
	"postroom/jobs/task"
)

// ProcessMessage makes a received message a ticket or a follow-up.
type ProcessMessage struct {
	intake     *intake.Intake
	messengers *messenger.Messenger
	keep       KeepMessage
	log        *slog.Logger
}

// KeepMessage puts a message that can't be processed where people find it, such as the spool.
type KeepMessage func(raw []byte, message arrivals.Message, reason error) error

// NewProcessMessage returns the job of task.MessageReceived. Mail goes to in, what came by another way
// to messengers.
func NewProcessMessage(in *intake.Intake, messengers *messenger.Messenger, keep KeepMessage, log *slog.Logger) *ProcessMessage {
	return &ProcessMessage{intake: in, messengers: messengers, keep: keep, log: log}
}

// messagePolicy allows a mail the time that the original does (reference/email.md 0).
func messagePolicy() Policy { return Patient(180 * time.Second) }

// Handler returns the job for the workers.
func (j *ProcessMessage) Handler() Handler { return Handle(j, messagePolicy()) }

// Work processes one message.
func (j *ProcessMessage) Work(ctx context.Context, t task.MessageReceived, id desk.OutboxID) error {
	message, err := j.intake.Waiting(ctx, t.InboundID, id)
	if err != nil || message == nil {
		return err
	}
	if j.messengers.Knows(message.Kind) {
		return j.messengers.Process(ctx, *message, id)
	}
	return j.intake.ProcessMail(ctx, *message, id)
}

// GiveUp keeps the raw message and marks it failed, which wakes those that wait for it. Its work
// is done then: people find it in the spool and retry it from there.
func (j *ProcessMessage) GiveUp(ctx context.Context, tx *store.Store, t task.MessageReceived, id desk.OutboxID, reason error) error {
	message, err := tx.Inbound(ctx, t.InboundID)
	if errors.Is(err, desk.ErrNotFound) {
		return tx.FinishTask(ctx, id)
	}
	if err != nil {
		return err
	}
	if message.State != arrivals.Received {
		return tx.FinishTask(ctx, id)
	}
	raw, err := j.intake.RawIn(ctx, tx, message) // by our own connection: the others may all wait for theirs
	if err != nil && !errors.Is(err, desk.ErrNotFound) {
		return err
	}
	if err == nil {
		if err := j.keep(raw, message, reason); err != nil {
			return err
		}
	}
	j.log.WarnContext(ctx, "message can't be processed, kept aside", "inbound_id", t.InboundID, "error", reason)
	if err := tx.FailInbound(ctx, t.InboundID, reason.Error()); err != nil {
		return err
	}
	return tx.FinishTask(ctx, id)
}
