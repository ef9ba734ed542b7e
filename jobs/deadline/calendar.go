package deadline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"postroom/internal/desk"
	"postroom/internal/ical"
	"postroom/internal/store"
	"postroom/internal/store/catalog"
	"postroom/jobs/task"
)

// SyncCalendar reads the public holidays of a calendar from its feed.
type SyncCalendar struct {
	store  *store.Store
	client *http.Client
	log    *slog.Logger
}

// NewSyncCalendar returns the job of task.CalendarToSync. The client keeps away from what is no
// business of administrators.
func NewSyncCalendar(s *store.Store, client *http.Client, log *slog.Logger) *SyncCalendar {
	return &SyncCalendar{s, client, log}
}

const (
	// SyncTimeout is the time that one attempt may take.
	SyncTimeout = time.Minute
	// FeedTimeout is how long a feed may take to be read; FeedRedirects how often it may have moved.
	FeedTimeout   = 20 * time.Second
	FeedRedirects = 5
)

// Work reads the feed unless it was read within a day. A feed that can't be read is no failure of the
// work: the calendar says why, and it is read again within the hour.
func (j *SyncCalendar) Work(ctx context.Context, t task.CalendarToSync, id desk.OutboxID) error {
	feed, err := j.store.StaleFeed(ctx, t.CalendarID)
	if err != nil {
		return err
	}
	if feed == "" {
		return j.store.FinishTask(ctx, id)
	}
	from, until := catalog.FeedWindow(time.Now())
	days, problem := j.read(ctx, feed, from, until)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if problem != nil {
		j.log.WarnContext(ctx, "feed of calendar can't be read, trying again later", "calendar_id", t.CalendarID, "error", problem)
	}
	return j.store.InTx(ctx, func(tx *store.Store) error {
		if err := tx.StartTask(ctx, id); errors.Is(err, desk.ErrNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		err := tx.FinishTask(ctx, id)
		if err == nil && problem != nil {
			return tx.FailFeed(ctx, t.CalendarID, feed, problem.Error())
		}
		if err == nil {
			err = tx.SaveFeed(ctx, t.CalendarID, feed, days)
		}
		if errors.Is(err, desk.ErrNotFound) {
			return nil // the calendar was deleted meanwhile
		}
		return err
	})
}

func (j *SyncCalendar) read(ctx context.Context, feed string, from, until time.Time) (map[string]string, error) {
	address, err := url.Parse(feed)
	if err != nil || address.Scheme != "http" && address.Scheme != "https" {
		return nil, fmt.Errorf("%q is no address of a feed: it has to begin with http:// or https://", feed)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, feed, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "text/calendar, */*;q=0.5")
	response, err := j.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server answered %s", response.Status)
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, ical.MaxSize+1))
	if err != nil {
		return nil, err
	}
	return ical.Days(data, from, until)
}
