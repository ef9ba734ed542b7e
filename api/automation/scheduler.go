package automation

import (
	"context"
	"strings"
	"time"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/rules"
	"postroom/internal/schedule"
	"postroom/internal/store"
	"postroom/internal/store/catalog"
)

// schedulers are what clients call jobs.
func (s *Room) schedulers() *rest.Resource[desk.Scheduler, desk.SchedulerID] {
	return &rest.Resource[desk.Scheduler, desk.SchedulerID]{
		House: s.House,
		Table: catalog.Schedulers,
		View:  s.schedulerView,
		Sortable: []string{
			"name", "object", "disable_notification", "localization", "timezone", "last_run_at", "next_run_at", "running", "processed",
			"matching", "note", "active",
		},
		Choice: func(v desk.Scheduler) (string, bool) { return v.Name, v.Active },
		Found:  rest.NewestFirst,
		Fresh:  func() desk.Scheduler { return desk.Scheduler{Object: "Ticket", DisableNotification: true} },
		Read:   readScheduler,
	}
}

func (s *Room) schedulerView(*desk.Caller) rest.View[desk.Scheduler] {
	shown := rest.ViewOf(s.House, catalog.Schedulers)
	shown.Records = rest.Each(func(v desk.Scheduler) rest.Record {
		return rest.Record{
			{"id", v.ID}, {"name", v.Name}, {"timeplan", v.Timeplan}, {"object", v.Object}, {"condition", v.Condition},
			{"perform", v.Perform}, {"disable_notification", v.DisableNotification}, {"localization", v.Localization},
			{"timezone", v.Timezone}, {"last_run_at", v.LastRunAt}, {"next_run_at", v.NextRunAt}, {"running", v.Running},
			{"processed", v.Processed}, {"matching", v.Matching}, {"pid", (*string)(nil)}, {"note", v.Note}, {"active", v.Active},
		}.Stamped(v.Stamp)
	})
	return shown
}

func readScheduler(ctx context.Context, tx *store.Store, in *rest.Input, v *desk.Scheduler) error {
	in.Text(&v.Name, "name", maxTitle)
	v.Name = strings.TrimSpace(v.Name)
	choice(in, &v.Object, "object", "Ticket", "User", "Organization")
	object(in, &v.Timeplan, "timeplan")
	impersonal(in, &v.Condition, rules.AttributesOf(v.Object, in.Catalog).WithWorkingTime())
	actions(in, &v.Perform)
	in.Flag(&v.DisableNotification, "disable_notification")
	in.Flag(&v.Active, "active")
	in.NullHTML(&v.Note, "note", rest.MaxNote)
	speech(in, &v.Localization, &v.Timezone)
	if in.Err != nil {
		return in.Err
	}
	if err := catalog.Schedulers.CheckName(ctx, tx.DB, v.Name, v.ID); err != nil {
		return err
	}
	required(in, "timeplan", v.Timeplan)
	required(in, "condition", v.Condition)
	required(in, "perform", v.Perform)
	plan, err := rules.ParseTimeplan(v.Timeplan)
	in.Keep(err)
	if in.Err != nil {
		return in.Err
	}
	now := time.Now().In(in.Catalog.Settings.Zone())
	v.NextRunAt = nil
	if v.Active {
		v.NextRunAt = plan.NextRun(now, v.LastRunAt != nil)
	}
	v.Matching, err = matching(ctx, tx, v, in.Catalog, now)
	return err
}

// matching counts the records that a scheduler would work on now; none if its condition names
// something that is gone.
func matching(ctx context.Context, tx *store.Store, v *desk.Scheduler, c *desk.Catalog, now time.Time) (int, error) {
	selection, err := schedule.Select(ctx, tx, *v, c, now)
	if desk.Permanent(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return selection.Count(ctx, tx)
}
