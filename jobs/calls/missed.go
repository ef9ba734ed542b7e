// Package calls tells agents of calls that nobody took.
//
// Whom a call was for is told at once where a page is open, and finds it among the online notifications
// otherwise, until somebody says that the call is done with.
package calls

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"postroom/channels/cti"
	"postroom/internal/desk"
	"postroom/internal/desk/telephone"
	"postroom/internal/desk/workspace"
	"postroom/internal/document"
	"postroom/internal/phone"
	"postroom/internal/store"
	"postroom/jobs/task"
)

// Timeout is the time that one call may take.
const Timeout = time.Minute

// agents are those who may see calls.
var agents = []string{"cti.agent", "cti"}

// Missed is the job of task.CallMissed.
type Missed struct {
	store *store.Store
	wake  func(ctx context.Context) // says that pages are to be told something
}

// NewMissed returns the job.
func NewMissed(s *store.Store, wake func(ctx context.Context)) *Missed { return &Missed{s, wake} }

// Work tells of the call, unless somebody called back already.
func (j *Missed) Work(ctx context.Context, t task.CallMissed, id desk.OutboxID) error {
	err := j.store.InTx(ctx, func(tx *store.Store) error {
		if err := tx.StartTask(ctx, id); errors.Is(err, desk.ErrNotFound) {
			return nil // done
		} else if err != nil {
			return err
		}
		call, err := tx.LockCall(ctx, t.CallID) // whoever is just done with it is waited for
		if err == nil && call.Missed() {
			err = tell(ctx, tx, call)
		}
		if err != nil && !errors.Is(err, desk.ErrNotFound) {
			return fmt.Errorf("missed call %d: %w", t.CallID, err)
		}
		return tx.FinishTask(ctx, id)
	})
	if err == nil {
		j.wake(ctx)
	}
	return err
}

// tell writes the notifications, and what open pages are told.
func tell(ctx context.Context, tx *store.Store, call telephone.Call) error {
	users, err := called(ctx, tx, call)
	if err != nil || len(users) == 0 {
		return err
	}
	told := make([]workspace.OnlineNotification, len(users))
	for i, user := range users {
		told[i] = workspace.OnlineNotification{UserID: user, Type: workspace.NotifiedMissedCall, Object: desk.ObjectCall, OID: int64(call.ID)}
		told[i].CreatedByID = desk.SystemUser
	}
	if err := tx.InsertOnlineNotifications(ctx, told...); err != nil {
		return err
	}
	event, err := json.Marshal(map[string]any{"event": "cti_missed_call", "data": document.Call(call)})
	if err != nil {
		return err
	}
	_, err = tx.QueueForUsers(ctx, users, event)
	return err
}

// called are the agents whom a call was for: those whom the map of queues names and those who have the number, or where there is
// no map, all.
func called(ctx context.Context, tx *store.Store, call telephone.Call) ([]desk.UserID, error) {
	catalog, err := tx.Catalog(ctx)
	if err != nil {
		return nil, err
	}
	queue := ""
	if call.Queue != nil {
		queue = *call.Queue
	}
	users, everybody := cti.ParseConfig(catalog.Settings["cti_config"]).Told(call.To, queue)
	if everybody {
		return tx.AllAgents(ctx, agents)
	}
	return tx.AgentsCalled(ctx, users, phone.Normal(call.To), agents)
}
