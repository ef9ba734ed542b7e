package catalog

import (
	"context"
	"fmt"
	"time"

	"postroom/internal/desk"
	"postroom/internal/sla"
	"postroom/internal/store/pg"
	"postroom/jobs/task"
)

// A feed is read again after a day, or sooner when that failed or another is named.
const staleFeed = `
	ical_url <> '' AND (last_sync IS NULL OR last_sync < now() - interval '1 day' OR last_log IS NOT NULL OR synced_url IS DISTINCT FROM ical_url)`

const announceFeeds = `
	INSERT INTO outbox (queue, kind, payload)
	SELECT $1, $2, jsonb_build_object('calendar_id', id)
	FROM calendars
	WHERE` + staleFeed

// AnnounceFeeds has those feeds of calendars read that have not been for a day. It returns how many.
func (s Keeper) AnnounceFeeds(ctx context.Context) (int, error) {
	work := task.CalendarToSync{}
	tag, err := pg.Conn(s.DB).Exec(ctx, announceFeeds, work.Queue(), work.Kind())
	if err != nil {
		return 0, fmt.Errorf("announce feeds: %w", pg.Translate(err))
	}
	if tag.RowsAffected() > 0 {
		pg.Announced(s.DB)
	}
	return int(tag.RowsAffected()), nil
}

// StaleFeed returns where the public holidays of a calendar are to be read from; empty: they need not be.
func (s Keeper) StaleFeed(ctx context.Context, id desk.CalendarID) (string, error) {
	return pg.Value[string](ctx, s.DB, "feed of calendar", `
		SELECT coalesce((SELECT ical_url FROM calendars WHERE id = $1 AND `+staleFeed+`), '')`, id)
}

const saveFeed = `
	UPDATE calendars
	SET public_holidays = $2,
		last_log = NULL,
		last_sync = now(),
		synced_url = $3,
		updated_at = CASE WHEN public_holidays = $2 THEN updated_at ELSE now() END
	WHERE id = $1`

// SaveFeed adds the days of a feed to the public holidays of a calendar, if it still is its feed.
func (s Keeper) SaveFeed(ctx context.Context, id desk.CalendarID, url string, days map[string]string) error {
	v, err := Calendars.Lock(ctx, s.DB, id)
	if err != nil {
		return err
	}
	if v.ICalURL == nil || *v.ICalURL != url {
		return nil // another is announced already
	}
	return pg.Exec(ctx, s.DB, "save feed of calendar", saveFeed, id, sla.FromFeed(v.PublicHolidays, url, days), url)
}

// FailFeed notes why the feed of a calendar could not be read. Its holidays stay as they are.
func (s Keeper) FailFeed(ctx context.Context, id desk.CalendarID, url, reason string) error {
	return pg.Exec(ctx, s.DB, "note failed feed of calendar", `
		UPDATE calendars
		SET last_log = $3, last_sync = now(), synced_url = $2
		WHERE id = $1 AND ical_url = $2`, id, url, desk.Cut(desk.Plain(reason), maxFeedLog))
}

const maxFeedLog = 1000 // characters

// FeedWindow is the time whose holidays are kept: a year back and three ahead.
func FeedWindow(now time.Time) (from, until time.Time) {
	return now.AddDate(-1, 0, 0), now.AddDate(3, 0, 0)
}
