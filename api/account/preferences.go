package account

import (
	"encoding/json"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store"
)

// done is the answer to what went well and has nothing to show.
var done = rest.Record{{"message", "ok"}}

func ok(w http.ResponseWriter) error { return rest.WriteJSON(w, http.StatusOK, done) }

const (
	maxPreferences = 100
	maxPreference  = 16 << 10 // bytes of JSON
)

// setPreferences merges what was sent into the caller's preferences, by key.
func (s *Room) setPreferences(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	if len(in.Params) == 0 || len(in.Params) > maxPreferences {
		return rest.Invalid("preferences", "Between 1 and %d preferences can be set at once.", maxPreferences)
	}
	for key, value := range in.Params {
		if len(rest.AppendJSON(nil, value)) > maxPreference {
			return rest.Invalid(key, "The preference '%s' is larger than the allowed %d bytes.", key, maxPreference)
		}
	}
	if err := s.Store.MergePreferences(r.Context(), in.Who.User.ID, in.Params); err != nil {
		return err
	}
	s.ForgetCallers()
	return ok(w)
}

// resetNotifications gives the caller the notifications that new agents get.
func (s *Room) resetNotifications(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	var matrix json.RawMessage
	if !in.Catalog.Settings.Into("ticket_agent_default_notifications", &matrix) {
		matrix = json.RawMessage("{}")
	}
	config := map[string]any{"notification_config": map[string]any{"matrix": matrix}}
	if err := s.Store.MergePreferences(r.Context(), in.Who.User.ID, config); err != nil {
		return err
	}
	s.ForgetCallers()
	return ok(w)
}

// setOutOfOffice says when the caller is away, and who stands in.
func (s *Room) setOutOfOffice(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	err = s.Store.InTx(ctx, func(tx *store.Store) error {
		user, err := tx.LockUser(ctx, in.Who.User.ID)
		if err != nil {
			return err
		}
		before := user
		in.Flag(&user.OutOfOffice.OutOfOffice, "out_of_office")
		in.Date(&user.OutOfOfficeStartAt, "out_of_office_start_at")
		in.Date(&user.OutOfOfficeEndAt, "out_of_office_end_at")
		if in.Params.Has("out_of_office_replacement_id") {
			id, err := rest.IDIn[desk.UserID](in.Params, "out_of_office_replacement_id")
			in.Keep(err)
			user.OutOfOfficeReplacementID = rest.IDOrNil(id)
		}
		if in.Err != nil {
			return in.Err
		}
		if id := user.OutOfOfficeReplacementID; id != nil {
			known, err := tx.ExistingUsers(ctx, []desk.UserID{*id})
			if err == nil && !known[*id] {
				err = rest.InvalidParam("out_of_office_replacement_id", *id)
			}
			if err != nil {
				return err
			}
		}
		if err := user.Complete(before, func() string { return before.Login }); err != nil {
			return err
		}
		if in.Params.Has("out_of_office_text") {
			user.Preferences = withKey(user.Preferences, "out_of_office_text", rest.Cut(in.Params.Text("out_of_office_text"), rest.MaxName))
		}
		user.UpdatedByID = user.ID
		return tx.SaveUser(ctx, &user)
	})
	if err != nil {
		return err
	}
	s.ForgetCallers()
	return ok(w)
}

func withKey(preferences map[string]any, key string, value any) map[string]any {
	all := map[string]any{key: value}
	for k, v := range preferences {
		if k != key {
			all[k] = v
		}
	}
	return all
}

// unlinkAccount takes away an account at an identity provider by which the caller signs in.
func (s *Room) unlinkAccount(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	for _, name := range []string{"provider", "uid"} {
		if p.Blank(name) {
			return rest.Invalid(name, "The required parameter '%s' is missing.", name)
		}
	}
	there, err := s.Store.Unauthorize(r.Context(), rest.Caller(r).User.ID, p.Text("provider"), p.Text("uid"))
	if err == nil && !there {
		err = rest.Invalid("uid", "No record found.")
	}
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"message", "ok"}})
}
