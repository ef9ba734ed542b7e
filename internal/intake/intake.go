// Package intake turns a received message into a new ticket or a follow-up.
//
// It decides, in this order: is the message for us at all, which ticket does it follow up, who sent
// it, which group gets it. Everything it decides commits in one transaction. It knows no protocol
// and no queue.
package intake

import (
	"context"
	"log/slog"
	"sync/atomic"

	"golang.org/x/sync/semaphore"

	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/arrivals"
)

// Intake takes messages over and makes tickets of them.
type Intake struct {
	store  *store.Store
	blobs  *blob.Store
	log    *slog.Logger
	memory *semaphore.Weighted // bytes of messages being read

	filters atomic.Pointer[postmaster] // of administrators, as the newest catalog has them
}

// memoryForMails bounds the bytes of all messages that are read at once in this process: a few
// large ones wait for each other, many small ones never do. One that is larger is read alone.
const memoryForMails = 24 << 20

// New returns an Intake. It starts nothing.
func New(store *store.Store, blobs *blob.Store, log *slog.Logger) *Intake {
	return &Intake{store: store, blobs: blobs, log: log, memory: semaphore.NewWeighted(memoryForMails)}
}

// Raw returns the bytes of a received message.
func (in *Intake) Raw(ctx context.Context, id desk.InboundID) ([]byte, error) {
	message, err := in.store.Inbound(ctx, id)
	if err != nil {
		return nil, err
	}
	return in.RawIn(ctx, in.store, message)
}

// RawIn is Raw for a message that was read in a transaction.
func (in *Intake) RawIn(ctx context.Context, tx *store.Store, message arrivals.Message) ([]byte, error) {
	return in.blobs.Get(ctx, tx, message.BlobID)
}
