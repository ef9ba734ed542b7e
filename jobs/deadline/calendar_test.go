package deadline

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/egress"
	"postroom/jobs/jobtest"
	"postroom/jobs/task"
)

// holidayServer offers a feed with one holiday in a while, and counts who asks for it.
func holidayServer(t *testing.T) (url string, asked *atomic.Int32, broken *atomic.Bool) {
	t.Helper()
	asked, broken = &atomic.Int32{}, &atomic.Bool{}
	day := time.Now().AddDate(0, 1, 0).Format("20060102")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		switch {
		case broken.Load():
			http.Error(w, "closed for holidays", http.StatusServiceUnavailable)
		case r.URL.Path == "/moved":
			http.Redirect(w, r, "/feed", http.StatusFound)
		default:
			fmt.Fprintf(w, "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:%s\r\nSUMMARY:Holiday\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n", day)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL, asked, broken
}

// sync does the announced work of a calendar.
func (r *rig) sync(t *testing.T, policy egress.Policy) {
	t.Helper()
	job := NewSyncCalendar(r.store, policy.Client(egress.Options{Timeout: FeedTimeout, Redirects: FeedRedirects}), r.log)
	if _, err := r.store.AnnounceFeeds(t.Context()); err != nil {
		t.Fatal(err)
	}
	id := jobtest.Ask[desk.OutboxID](r.Office, `SELECT coalesce(max(id), 0) FROM outbox WHERE kind = 'calendar.sync'`)
	if err := job.Work(t.Context(), task.CalendarToSync{CalendarID: 90}, id); err != nil {
		t.Fatal(err)
	}
}

func TestHolidaysAreReadFromTheFeedOnceADay(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.promise()
	url, asked, broken := holidayServer(t)
	local := egress.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}}
	holidays := func() string {
		return jobtest.Ask[string](r.Office, `SELECT coalesce(string_agg(value->>'summary' || ' ' || (value->>'active'), ', '), '') FROM calendars c, jsonb_each(c.public_holidays) WHERE c.id = 90`)
	}
	log := func() string {
		return jobtest.Ask[string](r.Office, `SELECT coalesce(last_log, '') FROM calendars WHERE id = 90`)
	}
	rebuilds := func() int { return jobtest.Ask[int](r.Office, `SELECT count(*) FROM deadline_rebuilds`) }

	r.Exec(`UPDATE calendars SET ical_url = '` + url + `/moved' WHERE id = 90`)
	r.Exec(`UPDATE deadline_rebuilds SET started_at = now()`)
	r.sync(t, local)
	if holidays() != "Holiday true" || log() != "" || rebuilds() != 2 {
		t.Errorf("holidays %q, log %q, %d calculations; want one holiday and a second calculation", holidays(), log(), rebuilds())
	}
	requests := asked.Load()
	r.sync(t, local)
	if asked.Load() != requests {
		t.Error("the same feed was read twice a day")
	}
	// A day later nothing is new, and nothing is calculated anew.
	r.Exec(`UPDATE deadline_rebuilds SET started_at = now(); UPDATE calendars SET last_sync = now() - interval '25 hours' WHERE id = 90`)
	r.sync(t, local)
	if asked.Load() == requests || rebuilds() != 2 {
		t.Errorf("a day later: %d requests more, %d calculations", asked.Load()-requests, rebuilds())
	}
	// A failure says why, keeps what is known, and is tried again.
	broken.Store(true)
	r.Exec(`UPDATE calendars SET last_sync = now() - interval '25 hours' WHERE id = 90`)
	r.sync(t, local)
	if holidays() != "Holiday true" || !strings.Contains(log(), "503") {
		t.Errorf("after a failure: holidays %q, log %q", holidays(), log())
	}
	broken.Store(false)
	r.sync(t, local)
	if log() != "" {
		t.Errorf("after it works again: log %q", log())
	}
}

func TestFeedsOfNeighboursAreNotRead(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.promise()
	url, asked, _ := holidayServer(t)
	for _, address := range []string{url + "/feed", "file:///etc/passwd", "/etc/passwd"} {
		r.Exec(`UPDATE calendars SET ical_url = '` + address + `', last_log = NULL WHERE id = 90`)
		r.sync(t, egress.Policy{})
		if log := jobtest.Ask[string](r.Office, `SELECT coalesce(last_log, '') FROM calendars WHERE id = 90`); log == "" {
			t.Errorf("%s: nothing says that it was not read", address)
		}
	}
	if asked.Load() != 0 {
		t.Error("a server beside us was asked")
	}
}
