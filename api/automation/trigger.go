package automation

import (
	"context"
	"strings"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/rules"
	"postroom/internal/store"
	"postroom/internal/store/catalog"
)

func (s *Room) triggers() *rest.Resource[desk.Trigger, desk.TriggerID] {
	return &rest.Resource[desk.Trigger, desk.TriggerID]{
		House: s.House,
		Table: catalog.Triggers,
		View:  s.triggerView,
		Sortable: []string{
			"name", "activator", "execution_condition_mode", "disable_notification", "localization", "timezone", "note", "active",
		},
		Choice: func(v desk.Trigger) (string, bool) { return v.Name, v.Active },
		Found:  rest.NewestFirst,
		Fresh: func() desk.Trigger {
			return desk.Trigger{Active: true, DisableNotification: true, Activator: desk.ActivatorAction, ExecutionConditionMode: desk.ModeSelective}
		},
		Read: readTrigger,
	}
}

func (s *Room) triggerView(*desk.Caller) rest.View[desk.Trigger] {
	shown := rest.ViewOf(s.House, catalog.Triggers)
	shown.Records = rest.Each(func(v desk.Trigger) rest.Record {
		return rest.Record{
			{"id", v.ID}, {"name", v.Name}, {"condition", v.Condition}, {"perform", v.Perform},
			{"disable_notification", v.DisableNotification}, {"localization", v.Localization}, {"timezone", v.Timezone}, {"note", v.Note},
			{"activator", v.Activator}, {"execution_condition_mode", v.ExecutionConditionMode}, {"active", v.Active},
		}.Stamped(v.Stamp)
	})
	return shown
}

func readTrigger(ctx context.Context, tx *store.Store, in *rest.Input, v *desk.Trigger) error {
	in.Text(&v.Name, "name", maxTitle)
	v.Name = strings.TrimSpace(v.Name)
	condition(in, &v.Condition, rules.AttributesOf("Ticket", in.Catalog).WithWorkingTime())
	actions(in, &v.Perform)
	choice(in, &v.Activator, "activator", desk.ActivatorAction, desk.ActivatorTime)
	choice(in, &v.ExecutionConditionMode, "execution_condition_mode", desk.ModeSelective, desk.ModeAlways)
	in.Flag(&v.DisableNotification, "disable_notification")
	in.Flag(&v.Active, "active")
	in.NullHTML(&v.Note, "note", rest.MaxNote)
	speech(in, &v.Localization, &v.Timezone)
	if in.Err != nil {
		return in.Err
	}
	if err := catalog.Triggers.CheckName(ctx, tx.DB, v.Name, v.ID); err != nil {
		return err
	}
	required(in, "condition", v.Condition)
	required(in, "perform", v.Perform)
	return in.Err
}
