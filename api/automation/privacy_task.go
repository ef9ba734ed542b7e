package automation

import (
	"context"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/privacy"
)

func (s *Room) privacyTasks() *rest.Resource[desk.DataPrivacyTask, desk.DataPrivacyTaskID] {
	return &rest.Resource[desk.DataPrivacyTask, desk.DataPrivacyTaskID]{
		House:    s.House,
		Table:    privacy.Tasks,
		View:     s.privacyTaskView,
		Sortable: []string{"state", "deletable_type", "deletable_id"},
		Read:     readPrivacyTask,
	}
}

// privacyTaskView brings along who gave an order, and to forget whom.
func (s *Room) privacyTaskView(who *desk.Caller) rest.View[desk.DataPrivacyTask] {
	shown := rest.ViewOf(s.House, privacy.Tasks)
	shown.Records = rest.Each(func(v desk.DataPrivacyTask) rest.Record {
		return rest.Record{
			{"id", v.ID}, {"state", v.State}, {"deletable_type", v.DeletableType}, {"deletable_id", v.DeletableID},
			{"preferences", v.Preferences},
		}.Stamped(v.Stamp)
	})
	shown.Relatives = func(ctx context.Context, items []desk.DataPrivacyTask, _ []rest.Record, assets *rest.Record) error {
		users := rest.Set[desk.UserID]{}
		for _, v := range items {
			users.Add(v.CreatedByID, v.UpdatedByID)
			if v.DeletableType == desk.DeletableUser && v.State != desk.PrivacyCompleted {
				users.Add(desk.UserID(v.DeletableID))
			}
		}
		return s.people.AddPeople(ctx, who, assets, users, rest.Set[desk.OrganizationID]{})
	}
	return shown
}

// readPrivacyTask takes a new order. Of one that was given nothing can be changed, except that one
// that failed can be put in process again.
func readPrivacyTask(_ context.Context, _ *store.Store, in *rest.Input, v *desk.DataPrivacyTask) error {
	if v.ID != 0 {
		if v.State == desk.PrivacyFailed && in.Params["state"] == desk.PrivacyInProcess {
			v.State = desk.PrivacyInProcess
			delete(v.Preferences, "error")
		}
		return nil
	}
	in.Text(&v.DeletableType, "deletable_type", rest.MaxName)
	id, err := rest.IDIn[desk.UserID](in.Params, "deletable_id")
	in.Keep(err)
	v.DeletableID = int64(id)
	in.Object(&v.Preferences, "preferences")
	for key := range v.Preferences { // the rest of it is ours to say
		if key != "sure" && key != "delete_organization" {
			delete(v.Preferences, key)
		}
	}
	return in.Err
}

// mostByState is how many orders of each state are shown together.
const mostByState = 500

// privacyTasksByState shows the newest orders, sorted by how far they have got.
func (s *Room) privacyTasksByState(w http.ResponseWriter, r *http.Request) error {
	tasks, err := s.Store.PrivacyTasksByState(r.Context(), mostByState)
	if err != nil {
		return err
	}
	ids := map[string][]desk.DataPrivacyTaskID{}
	for _, v := range tasks {
		ids[v.State] = append(ids[v.State], v.ID)
	}
	shown := s.privacyTaskView(rest.Caller(r))
	records, err := shown.Show(r.Context(), tasks, rest.ShapePlain)
	if err != nil {
		return err
	}
	assets, err := shown.Family(r.Context(), tasks, records)
	if err != nil {
		return err
	}
	return rest.Reply(w, r, rest.Record{
		{"record_ids", rest.Record{
			{"in_process", ids[desk.PrivacyInProcess]}, {"failed", ids[desk.PrivacyFailed]}, {"completed", ids[desk.PrivacyCompleted]},
		}},
		{"assets", assets},
	})
}
