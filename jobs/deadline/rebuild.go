package deadline

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"postroom/internal/desk"
	"postroom/internal/pause"
	"postroom/internal/store"
	"postroom/jobs/task"
)

// Rebuild calculates the deadlines of all open tickets anew after promises changed, some at
// a time, so that whoever works on tickets never waits for long.
type Rebuild struct {
	store *store.Store
	log   *slog.Logger
}

// NewRebuild returns the job of task.DeadlinesToRebuild.
func NewRebuild(s *store.Store, log *slog.Logger) *Rebuild {
	return &Rebuild{s, log}
}

const (
	// RebuildTimeout is the time that one attempt may take.
	RebuildTimeout = rebuildTurn + time.Minute

	rebuildStep = 500                    // tickets of one transaction
	rebuildPace = 220 * time.Millisecond // for so many: a hundred thousand tickets take 45 s
	rebuildTurn = 20 * time.Second       // then other work of the queue has its turn
	// catalogsSettle is how long it takes until every process calculates with what is promised now.
	// Tickets that one of them writes meanwhile are looked at after that.
	catalogsSettle = 1500 * time.Millisecond
)

// Work goes on where the last attempt ended.
func (j *Rebuild) Work(ctx context.Context, t task.DeadlinesToRebuild, id desk.OutboxID) error {
	c, err := j.start(ctx, t.RebuildID)
	if err != nil {
		return err
	}
	turn := time.Now()
	for {
		begun := time.Now()
		n, last := 0, false
		err := j.store.InBriefTx(ctx, func(tx *store.Store) (err error) {
			n, last, err = tx.StepDeadlineRebuild(ctx, c, t.RebuildID, rebuildStep)
			if err != nil || !last && time.Since(turn) < rebuildTurn {
				return err
			}
			return j.handOver(ctx, tx, t, id, last)
		})
		if err != nil {
			return err
		}
		if last || time.Since(turn) >= rebuildTurn {
			return nil
		}
		// At a steady pace, which counts calculated tickets, and with a rest in proportion to the work where
		// it is slow: the processors are there for mail first.
		took, pace := time.Since(begun), rebuildPace*time.Duration(n)/rebuildStep
		if !pause.For(ctx, max(pace-took, took/3)) {
			return ctx.Err()
		}
	}
}

// start begins a calculation, or goes on with it. It returns the catalog that everything is
// calculated with.
func (j *Rebuild) start(ctx context.Context, rebuild desk.DeadlineRebuildID) (*desk.Catalog, error) {
	c, err := j.store.Catalog(ctx)
	if err != nil {
		return nil, err
	}
	first, err := j.store.StartDeadlineRebuild(ctx, c, rebuild)
	if err != nil {
		return nil, err
	}
	if first {
		j.log.InfoContext(ctx, "deadlines of all open tickets are calculated anew", "deadline_rebuild_id", rebuild)
		if !pause.For(ctx, catalogsSettle) {
			return nil, ctx.Err()
		}
	}
	j.store.ForgetCatalog()
	return j.store.Catalog(ctx)
}

// handOver ends the work, or announces that it goes on.
func (j *Rebuild) handOver(ctx context.Context, tx *store.Store, t task.DeadlinesToRebuild, id desk.OutboxID, last bool) error {
	if err := tx.StartTask(ctx, id); errors.Is(err, desk.ErrNotFound) {
		return nil // somebody else goes on with it
	} else if err != nil {
		return err
	}
	if !last {
		if err := tx.Announce(ctx, t); err != nil {
			return err
		}
	} else {
		j.log.InfoContext(ctx, "deadlines of all open tickets are up to date", "deadline_rebuild_id", t.RebuildID)
	}
	return tx.FinishTask(ctx, id)
}
