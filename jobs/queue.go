package jobs

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"postroom/internal/desk"
	"postroom/internal/store"
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

// newTask makes the reminder of a row. Its payload is the row's, with the row's id added.
func newTask(w store.Work) (*asynq.Task, []asynq.Option) {
	payload := append([]byte(`{"outbox_id":`), strconv.FormatInt(int64(w.ID), 10)...)
	if fields := strings.TrimPrefix(string(w.Payload), "{"); fields != "}" {
		payload = append(append(payload, ','), fields...)
	} else {
		payload = append(payload, '}')
	}
	options := []asynq.Option{
		asynq.TaskID(taskID(w)),
		asynq.Queue(w.Queue),
		asynq.MaxRetry(endlessRetries),
		asynq.Timeout(longestTask),
	}
	if w.ProcessAt != nil {
		options = append(options, asynq.ProcessAt(*w.ProcessAt))
	}
	return asynq.NewTask(w.Kind, payload), options
}

// outboxID reads whose reminder a task is.
func outboxID(payload []byte) (desk.OutboxID, error) {
	var head struct {
		OutboxID desk.OutboxID `json:"outbox_id"`
	}
	err := json.Unmarshal(payload, &head)
	if err == nil && head.OutboxID == 0 {
		err = fmt.Errorf("no outbox_id")
	}
	return head.OutboxID, err
}

func taskID(w store.Work) string {
	return fmt.Sprintf("o%d.%d", w.ID, w.Generation)
}

// workOf reads a task id back.
func workOf(queue, id string) (store.Work, bool) {
	row, generation, _ := strings.Cut(strings.TrimPrefix(id, "o"), ".")
	n, err := strconv.ParseInt(row, 10, 64)
	if err != nil {
		return store.Work{}, false
	}
	g, err := strconv.Atoi(generation)
	return store.Work{ID: desk.OutboxID(n), Generation: g, Queue: queue}, err == nil
}

// Keys of asynq v0.26 (internal/base/base.go). They are the wire format between its servers of
// different versions and have been the same since v0.18.
func taskKey(w store.Work) string   { return "asynq:{" + w.Queue + "}:t:" + taskID(w) }
func leaseKey(queue string) string  { return "asynq:{" + queue + "}:lease" }
func activeKey(queue string) string { return "asynq:{" + queue + "}:active" }
