package automation

import (
	"context"
	"strings"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/catalog"
)

// coreWorkflows are those that administrators may change; nobody sees the ones that are built in.
func (s *Room) coreWorkflows() *rest.Resource[desk.CoreWorkflow, desk.CoreWorkflowID] {
	return &rest.Resource[desk.CoreWorkflow, desk.CoreWorkflowID]{
		House:    s.House,
		Table:    catalog.CoreWorkflows,
		View:     s.coreWorkflowView,
		Sortable: []string{"name", "object", "priority", "stop_after_match", "changeable", "active"},
		Choice:   func(v desk.CoreWorkflow) (string, bool) { return v.Name, v.Active },
		Found:    rest.NewestFirst,
		Fresh:    func() desk.CoreWorkflow { return desk.CoreWorkflow{Active: true, Changeable: true} },
		Read:     readCoreWorkflow,
	}
}

func (s *Room) coreWorkflowView(*desk.Caller) rest.View[desk.CoreWorkflow] {
	shown := rest.ViewOf(s.House, catalog.CoreWorkflows)
	shown.Records = rest.Each(func(v desk.CoreWorkflow) rest.Record {
		return rest.Record{
			{"id", v.ID}, {"name", v.Name}, {"object", v.Object}, {"preferences", v.Preferences}, {"condition_saved", v.ConditionSaved},
			{"condition_selected", v.ConditionSelected}, {"perform", v.Perform}, {"active", v.Active},
			{"stop_after_match", v.StopAfterMatch}, {"changeable", v.Changeable}, {"priority", v.Priority},
		}.Stamped(v.Stamp)
	})
	return shown
}

func readCoreWorkflow(_ context.Context, _ *store.Store, in *rest.Input, v *desk.CoreWorkflow) error {
	in.Text(&v.Name, "name", rest.MaxName)
	v.Name = strings.TrimSpace(v.Name)
	in.NullText(&v.Object, "object", rest.MaxName)
	object(in, &v.Preferences, "preferences")
	object(in, &v.ConditionSaved, "condition_saved")
	object(in, &v.ConditionSelected, "condition_selected")
	object(in, &v.Perform, "perform")
	in.Flag(&v.Active, "active")
	in.Flag(&v.StopAfterMatch, "stop_after_match")
	var priority *int
	in.Int(&priority, "priority")
	if priority != nil {
		v.Priority = *priority
	}
	if in.Err == nil && v.Name == "" {
		return rest.Invalid("name", "Name can't be blank")
	}
	return in.Err
}
