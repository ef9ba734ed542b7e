package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/jobs/task"
)

// ReleaseBlobs deletes bytes that nothing refers to any more.
type ReleaseBlobs struct {
	store *store.Store
	blobs *blob.Store
}

// NewReleaseBlobs returns the job of task.BlobsReleased.
func NewReleaseBlobs(s *store.Store, blobs *blob.Store) *ReleaseBlobs {
	return &ReleaseBlobs{store: s, blobs: blobs}
}

// Handler returns the job for the workers.
func (j *ReleaseBlobs) Handler() Handler { return Handle(j, Patient(5*time.Minute)) }

// Work deletes those of the given blobs that are unused.
func (j *ReleaseBlobs) Work(ctx context.Context, t task.BlobsReleased, id desk.OutboxID) error {
	return j.store.InTx(ctx, func(tx *store.Store) error {
		if err := tx.StartTask(ctx, id); errors.Is(err, desk.ErrNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		if err := j.blobs.Release(ctx, tx, t.BlobIDs); err != nil {
			return fmt.Errorf("release blobs: %w", err)
		}
		return tx.FinishTask(ctx, id)
	})
}
