package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/outbox"
)

// Dial returns a client of the Redis server at url (redis://, rediss://, redis-sentinel://). It
// connects when it is first used.
func Dial(url string) (redis.UniversalClient, error) {
	option, err := asynq.ParseRedisURI(url)
	if err != nil {
		return nil, fmt.Errorf("redis URL: %w", err)
	}
	client, ok := option.MakeRedisClient().(redis.UniversalClient)
	if !ok {
		return nil, fmt.Errorf("redis URL: no client for %T", option)
	}
	return client, nil
}

// asynq must neither give up nor abandon work before we do: the outbox counts attempts, and the
// workers watch the time.
const (
	endlessRetries = 1 << 30
	longestTask    = 24 * time.Hour
)

// house makes and reads the tasks of one installation. Tasks carry its name, because Redis may hold
// tasks of another one, or of a database that has since been replaced: their rows' ids mean other
// rows here.
type house struct{ name string }

func houseOf(ctx context.Context, s *store.Store) (house, error) {
	name, err := s.Identity(ctx)
	return house{name}, err
}

// header is what a task's payload tells beside its row's.
type header struct {
	OutboxID desk.OutboxID `json:"outbox_id"`
	House    string        `json:"house"`
	Hopeless bool          `json:"hopeless"` // to be given up without another attempt
}

// newTask makes the reminder of a row. Its payload is the row's with the header added.
func (h house) newTask(w outbox.Work) (*asynq.Task, []asynq.Option) {
	payload := fmt.Appendf(nil, `{"outbox_id":%d,"house":%q`, w.ID, h.name)
	if fields := strings.TrimPrefix(string(w.Payload), "{"); fields != "}" {
		payload = append(payload, ',')
		payload = append(payload, fields...)
	} else {
		payload = append(payload, '}')
	}
	options := []asynq.Option{
		asynq.TaskID(h.taskID(w)),
		asynq.Queue(w.Queue),
		asynq.MaxRetry(endlessRetries),
		asynq.Timeout(longestTask),
	}
	if w.ProcessAt != nil {
		options = append(options, asynq.ProcessAt(*w.ProcessAt))
	}
	return asynq.NewTask(w.Kind, payload), options
}

// head reads whose reminder a task is.
func (h house) head(payload []byte) (header, error) {
	var head header
	switch err := json.Unmarshal(payload, &head); {
	case err != nil:
		return header{}, err
	case head.OutboxID == 0:
		return header{}, errors.New("it names no row")
	case head.House != h.name:
		return header{}, errors.New("it belongs to another installation or an older database; no two may share a Redis database")
	}
	return head, nil
}

func (h house) taskID(w outbox.Work) string {
	return fmt.Sprintf("o%d.%d.%s", w.ID, w.Generation, h.name)
}

// workOf reads a task id back. It reports false for tasks that are not ours.
func (h house) workOf(queue, id string) (outbox.Work, bool) {
	parts := strings.Split(strings.TrimPrefix(id, "o"), ".")
	if len(parts) != 3 || parts[2] != h.name {
		return outbox.Work{}, false
	}
	row, err := strconv.ParseInt(parts[0], 10, 64)
	if err != nil {
		return outbox.Work{}, false
	}
	generation, err := strconv.Atoi(parts[1])
	return outbox.Work{ID: desk.OutboxID(row), Generation: generation, Queue: queue}, err == nil
}

func (h house) taskKey(w outbox.Work) string { return "asynq:{" + w.Queue + "}:t:" + h.taskID(w) }

// Keys of asynq v0.26 (internal/base/base.go). They are the wire format between its servers of
// different versions and have been the same since v0.18.
func leaseKey(queue string) string  { return "asynq:{" + queue + "}:lease" }
func activeKey(queue string) string { return "asynq:{" + queue + "}:active" }
