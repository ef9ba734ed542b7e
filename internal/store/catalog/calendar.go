package catalog

import (
	"context"
	"time"

	"postroom/internal/desk"
	"postroom/internal/sla"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
	"postroom/jobs/task"
)

// Calendars say when people work. Exactly one is the default, for tickets without a promise of
// their own.
var Calendars = &table.Of[desk.Calendar, desk.CalendarID]{
	Class:  "Calendar",
	Name:   "calendars",
	Search: "name, timezone",
	Alone:  true,
	Select: `
		SELECT id, name, timezone, business_hours, "default", ical_url, public_holidays, last_log, last_sync,
			updated_by_id, created_by_id, created_at, updated_at
		FROM calendars`,
	Create: `
		INSERT INTO calendars (name, timezone, business_hours, "default", ical_url, public_holidays, last_log, last_sync,
			updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
		RETURNING id`,
	Update: `
		UPDATE calendars
		SET name = $1, timezone = $2, business_hours = $3, "default" = $4, ical_url = $5, public_holidays = $6, last_log = $7,
			last_sync = $8, updated_by_id = $9, updated_at = now()
		WHERE id = $10`,
	Values: func(v desk.Calendar) []any {
		return []any{
			v.Name, v.Timezone, v.BusinessHours, v.Default, v.ICalURL, pg.Object(v.PublicHolidays), v.LastLog, v.LastSync, v.UpdatedByID,
		}
	},
	Parts:  func(v *desk.Calendar) (*desk.CalendarID, *desk.Stamp) { return &v.ID, &v.Stamp },
	Check:  giveWayToDefault,
	Needed: keepACalendar,
	Settle: settleCalendar,
}

// giveWayToDefault makes room for a calendar that becomes the default: there are never two.
func giveWayToDefault(ctx context.Context, tx *pg.DB, v *desk.Calendar) error {
	if !v.Default {
		return nil
	}
	return pg.Exec(ctx, tx, "former default calendar", `UPDATE calendars SET "default" = false WHERE "default" AND id <> $1`, v.ID)
}

// settleCalendar makes the oldest calendar the default when none is, and has the feed of the one that
// was written read.
func settleCalendar(ctx context.Context, tx *pg.DB, v desk.Calendar) error {
	if v.ICalURL != nil && *v.ICalURL != "" {
		if err := tx.Announce(ctx, task.CalendarToSync{CalendarID: v.ID}); err != nil {
			return err
		}
	}
	return pg.Exec(ctx, tx, "default calendar", `
		UPDATE calendars
		SET "default" = true
		WHERE id = (SELECT id FROM calendars ORDER BY created_at, id LIMIT 1)
			AND NOT EXISTS (SELECT FROM calendars WHERE "default")`)
}

func keepACalendar(ctx context.Context, tx *pg.DB, id desk.CalendarID) error {
	others, err := pg.Value[bool](ctx, tx, "other calendars", `SELECT EXISTS (SELECT FROM calendars WHERE id <> $1)`, id)
	if err == nil && !others {
		err = &desk.InvalidError{Field: "id", Reason: "At least one calendar needs to exist."}
	}
	return err
}

// WorkingTimes returns what tells whether people of a calendar work at a moment, and whether there is
// such a calendar: conditions ask for it.
func (s Keeper) WorkingTimes(ctx context.Context) (func(calendar int64, at time.Time) (working, exists bool), error) {
	calendars, err := Calendars.All(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	return func(id int64, at time.Time) (working, exists bool) {
		calendar, exists := calendars[desk.CalendarID(id)]
		return exists && sla.Working(calendar, at), exists
	}, nil
}

// SLAs promise when tickets are answered and solved.
var SLAs = &table.Of[desk.SLA, desk.SLAID]{
	Class:  "Sla",
	Name:   "slas",
	Search: "name",
	Select: `
		SELECT id, calendar_id, name, first_response_time, response_time, update_time, solution_time, condition,
			updated_by_id, created_by_id, created_at, updated_at
		FROM slas`,
	Create: `
		INSERT INTO slas (calendar_id, name, first_response_time, response_time, update_time, solution_time, condition,
			updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
		RETURNING id`,
	Update: `
		UPDATE slas
		SET calendar_id = $1, name = $2, first_response_time = $3, response_time = $4, update_time = $5, solution_time = $6,
			condition = $7, updated_by_id = $8, updated_at = now()
		WHERE id = $9`,
	Values: func(v desk.SLA) []any {
		return []any{
			v.CalendarID, v.Name, v.FirstResponseTime, v.ResponseTime, v.UpdateTime, v.SolutionTime, pg.Object(v.Condition), v.UpdatedByID,
		}
	},
	Parts: func(v *desk.SLA) (*desk.SLAID, *desk.Stamp) { return &v.ID, &v.Stamp },
}
