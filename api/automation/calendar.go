package automation

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/sla"
	"postroom/internal/store"
	"postroom/internal/store/catalog"
	"postroom/internal/store/table"
)

const (
	maxFeedURL    = 500
	maxHoursBytes = 3000 // of business hours as JSON
)

func (s *Room) calendars() *rest.Resource[desk.Calendar, desk.CalendarID] {
	return &rest.Resource[desk.Calendar, desk.CalendarID]{
		House:    s.House,
		Table:    catalog.Calendars,
		View:     s.calendarView,
		Sortable: []string{"name", "timezone", "default", "ical_url", "last_log", "last_sync"},
		Read:     readCalendar,
	}
}

func (s *Room) calendarView(*desk.Caller) rest.View[desk.Calendar] {
	shown := rest.ViewOf(s.House, catalog.Calendars)
	shown.Records = rest.Each(func(v desk.Calendar) rest.Record {
		return rest.Record{
			{"id", v.ID}, {"name", v.Name}, {"timezone", v.Timezone}, {"business_hours", v.BusinessHours}, {"default", v.Default},
			{"ical_url", v.ICalURL}, {"public_holidays", v.PublicHolidays}, {"last_log", v.LastLog}, {"last_sync", v.LastSync},
		}.Stamped(v.Stamp)
	})
	return shown
}

// addCalendars adds calendars to assets.
func (s *Room) addCalendars(ctx context.Context, who *desk.Caller, assets *rest.Record, ids rest.Set[desk.CalendarID]) error {
	filter := table.Filter[desk.CalendarID]{IDs: slices.Sorted(maps.Keys(ids))}
	found, err := catalog.Calendars.List(ctx, s.Store.DB, filter, nil, table.Page{Limit: len(ids)})
	if err != nil {
		return err
	}
	return rest.AddAssets(ctx, assets, s.calendarView(who), found)
}

func readCalendar(ctx context.Context, tx *store.Store, in *rest.Input, v *desk.Calendar) error {
	in.Text(&v.Name, "name", maxTitle)
	v.Name = strings.TrimSpace(v.Name)
	in.Text(&v.Timezone, "timezone", maxTitle)
	v.Timezone = cmp.Or(v.Timezone, in.Catalog.Settings.String("timezone_default"), "UTC")
	in.Keep(checkZone(v.Timezone))
	in.Flag(&v.Default, "default")
	readHours(in, v)
	readHolidays(in, v)
	if in.Err != nil {
		return in.Err
	}
	return catalog.Calendars.CheckName(ctx, tx.DB, v.Name, v.ID)
}

func readHours(in *rest.Input, v *desk.Calendar) {
	in.Object(&v.BusinessHours, "business_hours")
	if text, err := json.Marshal(v.BusinessHours); err == nil && len(text) > maxHoursBytes {
		in.Keep(rest.Invalid("business_hours", "Business hours is too long (maximum is %d characters)", maxHoursBytes))
	}
	_, err := sla.ParseHours(v.BusinessHours)
	in.Keep(err)
}

// readHolidays takes public holidays and where they are read from. No address at all is read at
// once: nothing of former feeds stays.
func readHolidays(in *rest.Input, v *desk.Calendar) {
	stored := v.PublicHolidays
	in.Object(&v.PublicHolidays, "public_holidays")
	if in.Err != nil {
		return
	}
	holidays, err := sla.Holidays(v.PublicHolidays, stored)
	in.Keep(err)
	in.NullText(&v.ICalURL, "ical_url", maxFeedURL)
	v.PublicHolidays = holidays
	if v.ICalURL == nil {
		return
	}
	v.PublicHolidays = sla.OfFeed(holidays, *v.ICalURL)
	if *v.ICalURL == "" {
		now := time.Now().UTC()
		v.LastSync, v.LastLog = &now, nil
	}
}

// initCalendars is what a form needs to show calendars and to make new ones.
func (s *Room) initCalendars(w http.ResponseWriter, r *http.Request) error {
	all, err := catalog.Calendars.All(r.Context(), s.Store.DB)
	if err != nil {
		return err
	}
	calendars := slices.SortedFunc(maps.Values(all), func(a, b desk.Calendar) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), a.CreatedAt.Compare(b.CreatedAt))
	})
	ids := make([]desk.CalendarID, len(calendars))
	for i, v := range calendars {
		ids[i] = v.ID
	}
	assets := rest.Record{}
	if err := rest.AddAssets(r.Context(), &assets, s.calendarView(rest.Caller(r)), calendars); err != nil {
		return err
	}
	return rest.Reply(w, r, rest.Record{
		{"record_ids", ids}, {"ical_feeds", holidayFeeds()}, {"timezones", timezones(time.Now())}, {"assets", assets},
	})
}

func (s *Room) listTimezones(w http.ResponseWriter, r *http.Request) error {
	return rest.Reply(w, r, rest.Record{{"timezones", timezones(time.Now())}})
}
