package automation

import (
	"context"
	"strings"
	"time"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/forms"
	"postroom/internal/rules"
	"postroom/internal/store"
	"postroom/internal/store/catalog"
)

const maxSLAName = 150

func (s *Room) slas() *rest.Resource[desk.SLA, desk.SLAID] {
	return &rest.Resource[desk.SLA, desk.SLAID]{
		House:    s.House,
		Table:    catalog.SLAs,
		View:     s.slaView,
		Sortable: []string{"calendar_id", "name", "first_response_time", "response_time", "update_time", "solution_time"},
		Read:     readSLA,
	}
}

// slaView brings the calendars of SLAs along.
func (s *Room) slaView(who *desk.Caller) rest.View[desk.SLA] {
	shown := rest.ViewOf(s.House, catalog.SLAs)
	shown.Records = rest.Each(func(v desk.SLA) rest.Record {
		return rest.Record{
			{"id", v.ID}, {"calendar_id", v.CalendarID}, {"name", v.Name}, {"first_response_time", v.FirstResponseTime},
			{"response_time", v.ResponseTime}, {"update_time", v.UpdateTime}, {"solution_time", v.SolutionTime}, {"condition", v.Condition},
		}.Stamped(v.Stamp)
	})
	addStamps := shown.Expand
	shown.Expand = func(ctx context.Context, items []desk.SLA, records []rest.Record) error {
		names, err := catalog.Calendars.Names(ctx, s.Store.DB)
		if err != nil {
			return err
		}
		for i, v := range items {
			rest.AddName(&records[i], "calendar", v.CalendarID, names)
		}
		return addStamps(ctx, items, records)
	}
	shown.Relatives = func(ctx context.Context, items []desk.SLA, _ []rest.Record, assets *rest.Record) error {
		used := rest.Set[desk.CalendarID]{}
		for _, v := range items {
			used.Add(*v.CalendarID)
		}
		return s.addCalendars(ctx, who, assets, used)
	}
	return shown
}

func readSLA(ctx context.Context, tx *store.Store, in *rest.Input, v *desk.SLA) error {
	before := *v
	in.Text(&v.Name, "name", maxSLAName)
	v.Name = strings.TrimSpace(v.Name)
	calendars, err := catalog.Calendars.Names(ctx, tx.DB)
	if err != nil {
		return err
	}
	rest.Reference(in, &v.CalendarID, "calendar", calendars, rest.Itself)
	readMinutes(in, &v.FirstResponseTime, "first_response_time")
	readMinutes(in, &v.ResponseTime, "response_time")
	readMinutes(in, &v.UpdateTime, "update_time")
	readMinutes(in, &v.SolutionTime, "solution_time")
	impersonal(in, &v.Condition, rules.AttributesOf("Ticket", in.Catalog))
	if in.Err != nil {
		return in.Err
	}
	if aims(v.ResponseTime) && aims(v.UpdateTime) {
		return rest.Invalid("update_time", "Cannot have both response time and update time.")
	}
	if err := catalog.SLAs.CheckName(ctx, tx.DB, v.Name, v.ID); err != nil {
		return err
	}
	return forms.SLA(in.Who, before, *v, in.Catalog, time.Now())
}

func readMinutes(in *rest.Input, dst **int, key string) {
	in.Int(dst, key)
	if *dst != nil && **dst < 0 {
		in.Keep(rest.InvalidParam(key, in.Params[key]))
	}
}

// aims reports whether so many minutes are a promise.
func aims(minutes *int) bool { return minutes != nil && *minutes != 0 }
