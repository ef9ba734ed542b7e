package jobs

import (
	"context"
	"log/slog"
	"time"

	"postroom/internal/pause"
	"postroom/internal/store"
)

// Maintenance does what nobody announces, now and then, in one process of all.
type Maintenance struct {
	store  *store.Store
	log    *slog.Logger
	chores []chore
}

// chore is something to be done at intervals. It returns how many records it changed.
type chore struct {
	every time.Duration
	done  string // what an operator reads when it changed any
	work  func(ctx context.Context) (int, error)
}

// strandedAfter is when a received message without work is taken for forgotten. A message that
// waits for its parent has none either.
const strandedAfter = 2 * time.Minute

// NewMaintenance returns the chores of an installation. It starts nothing.
func NewMaintenance(s *store.Store, log *slog.Logger) *Maintenance {
	return &Maintenance{store: s, log: log, chores: []chore{
		{time.Minute, "messages without work announced again", func(ctx context.Context) (int, error) {
			return s.AnnounceStranded(ctx, strandedAfter)
		}},
		{time.Hour, "feeds of calendars are read", s.AnnounceFeeds},
		{time.Hour, "old tokens about accounts deleted", s.PurgeTokens},
		{10 * time.Minute, "uses of tags added up", func(ctx context.Context) (int, error) { return 0, s.AddTagUses(ctx) }},
		{2 * time.Hour, "old online notifications deleted", s.PurgeOnlineNotifications},
		{24 * time.Hour, "old activities deleted", s.PurgeActivities},
		{24 * time.Hour, "old recent views deleted", s.PurgeRecentViews},
		{24 * time.Hour, "unused tabs of phones closed", s.PurgeTaskbars},
		{time.Hour, "files of forms that nobody sent deleted", s.PurgeUploads},
		{24 * time.Hour, "old http logs deleted", s.PurgeHTTPLogs},
		{24 * time.Hour, "old calls deleted", s.PurgeCalls},
		{24 * time.Hour, "old data privacy tasks deleted", s.PurgePrivacyTasks},
		{24 * time.Hour, "old notes about what rules did deleted", s.PurgeRuleTraces},
		{time.Hour, "sessions and the like that are over deleted", s.SweepSignIns},
	}}
}

// Also adds a chore. It returns how many records it changed; done is what an operator reads then.
func (m *Maintenance) Also(every time.Duration, done string, work func(ctx context.Context) (int, error)) {
	m.chores = append(m.chores, chore{every, done, work})
}

// Run does chores until ctx ends, whenever this process leads.
func (m *Maintenance) Run(ctx context.Context) error {
	election := leader{name: "maintenance", store: m.store, log: m.log, work: m.maintain}
	return election.run(ctx)
}

func (m *Maintenance) maintain(ctx context.Context, _ <-chan string) error {
	due := make([]time.Time, len(m.chores))
	for {
		next := time.Now().Add(time.Hour)
		for i, c := range m.chores {
			if !time.Now().Before(due[i]) {
				m.do(ctx, c)
				due[i] = time.Now().Add(c.every)
			}
			if due[i].Before(next) {
				next = due[i]
			}
		}
		if !pause.For(ctx, time.Until(next)) {
			return nil
		}
	}
}

func (m *Maintenance) do(ctx context.Context, c chore) {
	n, err := c.work(ctx)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		m.log.WarnContext(ctx, "maintenance failed, trying again later", "chore", c.done, "error", err)
	case n > 0:
		m.log.InfoContext(ctx, c.done, "count", n)
	}
}
