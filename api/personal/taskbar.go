package personal

import (
	"context"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/workspace"
	"postroom/internal/store"
)

// errForeignTab refuses to touch what somebody else has open.
var errForeignTab error = &desk.InvalidError{Field: "id", Reason: "Not allowed to access this task."}

func (s *Room) taskbarView() rest.View[workspace.Taskbar] {
	return rest.View[workspace.Taskbar]{
		Model: "Taskbar",
		ID:    func(v workspace.Taskbar) int64 { return int64(v.ID) },
		Records: rest.Each(func(v workspace.Taskbar) rest.Record {
			return rest.Record{
				{"id", v.ID}, {"user_id", v.UserID}, {"last_contact", v.LastContact}, {"client_id", v.ClientID}, {"key", v.Key},
				{"callback", v.Callback}, {"state", v.State}, {"preferences", v.Preferences}, {"params", v.Params}, {"prio", v.Prio},
				{"notify", v.Notify}, {"active", v.Active}, {"app", v.App}, {"created_at", v.CreatedAt}, {"updated_at", v.UpdatedAt},
			}
		}),
		Expand: func(ctx context.Context, items []workspace.Taskbar, records []rest.Record) error {
			users := make([]desk.UserID, len(items))
			for i, v := range items {
				users[i] = v.UserID
			}
			names, err := s.Store.NamesOf(ctx, users, nil)
			for i := range records {
				rest.AddName(&records[i], "user", &users[i], names.Logins)
			}
			return err
		},
	}
}

func (s *Room) listTaskbars(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	tabs, err := s.Store.Taskbars(r.Context(), rest.Caller(r).User.ID)
	if err != nil {
		return err
	}
	return s.taskbarView().List(w, r, p, tabs, func() (int, error) { return len(tabs), nil })
}

// initTaskbars answers with all open tabs and the tickets that they are about.
func (s *Room) initTaskbars(w http.ResponseWriter, r *http.Request) error {
	ctx, who := r.Context(), rest.Caller(r)
	tabs, err := s.Store.Taskbars(ctx, who.User.ID)
	if err != nil {
		return err
	}
	records := named{}
	for _, tab := range tabs {
		if id, ok := tab.Params["ticket_id"].(float64); ok {
			records.add(desk.ObjectTicket, int64(id))
		}
	}
	view := s.taskbarView()
	shown, err := view.Show(ctx, tabs, rest.ShapePlain)
	if err != nil {
		return err
	}
	found, err := s.see(ctx, who, records)
	if err != nil {
		return err
	}
	assets := view.Assets(tabs, shown)
	if err := s.addTo(ctx, who, &assets, found); err != nil {
		return err
	}
	order := make([]workspace.TaskbarID, len(tabs))
	for i, tab := range tabs {
		order[i] = tab.ID
	}
	return rest.Reply(w, r, rest.Record{{"record_ids", order}, {"assets", assets}})
}

// ownTaskbar returns the tab that a path names.
func ownTaskbar(r *http.Request, get func(context.Context, workspace.TaskbarID) (workspace.Taskbar, error)) (workspace.Taskbar, error) {
	id, err := rest.PathID[workspace.TaskbarID](r, "id", "Taskbar")
	if err != nil {
		return workspace.Taskbar{}, err
	}
	tab, err := get(r.Context(), id)
	if err == nil && tab.UserID != rest.Caller(r).User.ID {
		err = errForeignTab
	}
	return tab, err
}

func (s *Room) getTaskbar(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	tab, err := ownTaskbar(r, s.Store.Taskbar)
	if err != nil {
		return err
	}
	return s.taskbarView().One(w, r, p, http.StatusOK, tab)
}

func (s *Room) createTaskbar(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	tab := workspace.Taskbar{UserID: in.Who.User.ID, App: "desktop"}
	if err := readTaskbar(in, &tab); err != nil {
		return err
	}
	if err := s.Store.InsertTaskbar(r.Context(), &tab); err != nil {
		return err
	}
	return s.answerTaskbar(w, r, in.Params, http.StatusCreated, tab.ID)
}

func (s *Room) updateTaskbar(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	var tab workspace.Taskbar
	err = s.Store.InTx(r.Context(), func(tx *store.Store) (err error) {
		if tab, err = ownTaskbar(r, tx.LockTaskbar); err != nil {
			return err
		}
		if err = readTaskbar(in, &tab); err != nil {
			return err
		}
		return tx.SaveTaskbar(r.Context(), tab)
	})
	if err != nil {
		return err
	}
	return s.answerTaskbar(w, r, in.Params, http.StatusOK, tab.ID)
}

func (s *Room) answerTaskbar(w http.ResponseWriter, r *http.Request, p rest.Params, status int, id workspace.TaskbarID) error {
	tab, err := s.Store.Taskbar(r.Context(), id)
	if err != nil {
		return err
	}
	return s.taskbarView().One(w, r, p, status, tab)
}

// maxTabText is how long the texts of a tab are at most, in characters.
const maxTabText = 100

func readTaskbar(in *rest.Input, tab *workspace.Taskbar) error {
	in.Text(&tab.Key, "key", maxTabText)
	in.Text(&tab.Callback, "callback", maxTabText)
	in.Text(&tab.App, "app", maxTabText)
	in.NullText(&tab.ClientID, "client_id", maxTabText)
	in.Object(&tab.Params, "params")
	in.Object(&tab.State, "state")
	in.Object(&tab.Preferences, "preferences")
	in.Flag(&tab.Notify, "notify")
	in.Flag(&tab.Active, "active")
	prio := &tab.Prio
	in.Int(&prio, "prio")
	if prio != nil {
		tab.Prio = *prio
	}
	switch {
	case in.Err != nil:
		return in.Err
	case tab.Key == "":
		return rest.Invalid("key", "Key can't be blank")
	case tab.Callback == "":
		return rest.Invalid("callback", "Callback can't be blank")
	case tab.App != "desktop" && tab.App != "mobile":
		return rest.Invalid("app", "App is not included in the list")
	}
	return nil
}

func (s *Room) deleteTaskbar(w http.ResponseWriter, r *http.Request) error {
	tab, err := ownTaskbar(r, s.Store.Taskbar)
	if err != nil {
		return err
	}
	if err := s.Store.DeleteTaskbar(r.Context(), tab.ID); err != nil {
		return err
	}
	return rest.Deleted(w)
}
