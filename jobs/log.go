package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/time/rate"
)

// asynqLog passes on what asynq has to say: its news are details to us, its errors are warnings,
// because the outbox mends what Redis loses. While Redis is away it says the same many times a
// second, of which we pass on one every few seconds.
type asynqLog struct {
	log    *slog.Logger
	warned *rate.Sometimes
}

func newAsynqLog(log *slog.Logger) asynqLog {
	return asynqLog{log: log, warned: &rate.Sometimes{Interval: 10 * time.Second}}
}

func (l asynqLog) Debug(args ...any) { l.say(slog.LevelDebug, args) }
func (l asynqLog) Info(args ...any)  { l.say(slog.LevelDebug, args) }
func (l asynqLog) Warn(args ...any)  { l.say(slog.LevelDebug, args) }
func (l asynqLog) Error(args ...any) { l.warned.Do(func() { l.say(slog.LevelWarn, args) }) }
func (l asynqLog) Fatal(args ...any) { l.say(slog.LevelError, args) }

func (l asynqLog) say(level slog.Level, args []any) {
	l.log.Log(context.Background(), level, "task queue", "detail", fmt.Sprint(args...))
}
