package automation

import (
	"context"
	"strings"
	"time"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/rules"
	"postroom/internal/store"
)

// schedulers are what clients call jobs.
func (s *Room) schedulers() *rest.Resource[desk.Scheduler, desk.SchedulerID] {
	return &rest.Resource[desk.Scheduler, desk.SchedulerID]{
		House: s.House,
		Table: store.Schedulers,
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
	shown := rest.ViewOf(s.House, store.Schedulers)
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
	impersonal(in, &v.Condition, about(v.Object, in.Catalog).WithWorkingTime())
	perform(in, &v.Perform)
	in.Flag(&v.DisableNotification, "disable_notification")
	in.Flag(&v.Active, "active")
	in.NullHTML(&v.Note, "note", rest.MaxNote)
	speech(in, &v.Localization, &v.Timezone)
	if in.Err != nil {
		return in.Err
	}
	if err := store.Schedulers.CheckName(ctx, tx, v.Name, v.ID); err != nil {
		return err
	}
	required(in, "timeplan", v.Timeplan)
	required(in, "condition", v.Condition)
	required(in, "perform", v.Perform)
	plan, err := rules.ParseTimeplan(v.Timeplan)
	in.Keep(err)
	v.NextRunAt = nil
	if v.Active {
		v.NextRunAt = plan.NextRun(time.Now().In(zone(in.Catalog)), v.LastRunAt != nil)
	}
	return in.Err
}
