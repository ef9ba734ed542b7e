package signin

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"postroom/api/rest"
	"postroom/internal/desk"
)

// block is what a page has to know of who is signed in.
func (s *Room) block(ctx context.Context, c *desk.Catalog, v visit) (rest.Record, error) {
	assets := rest.Record{}
	id, organizations, groups := v.who.User.ID, rest.Set[desk.OrganizationID]{}, rest.Set[desk.GroupID]{}
	if err := s.people.AddPeople(ctx, v.who, &assets, rest.Set[desk.UserID]{id: true}, organizations); err != nil {
		return nil, err
	}
	organizations.Add(v.who.OrganizationIDs...)
	if err := s.people.AddOrganizations(ctx, v.who, &assets, organizations); err != nil {
		return nil, err
	}
	for group := range v.who.Groups {
		groups.Add(group)
	}
	if err := s.people.AddGroups(ctx, v.who, &assets, groups, c); err != nil {
		return nil, err
	}
	users, _ := assets.Get("User").(rest.Record)
	config, err := s.config(ctx, v)
	if err != nil {
		return nil, err
	}
	after, err := s.afterAuth(ctx, c, v)
	if err != nil {
		return nil, err
	}
	return rest.Record{
		{"session", users.Get(rest.IDText(id))}, {"models", rest.Record{}}, {"collections", rest.Record{}}, {"assets", assets},
		{"config", config}, {"after_auth", after},
	}, nil
}

// config are the settings that pages know, fewer for who is nobody.
func (s *Room) config(ctx context.Context, v visit) (rest.Record, error) {
	all, err := s.Store.ListSettings(ctx)
	if err != nil {
		return nil, err
	}
	config := rest.Record{}
	for _, setting := range all {
		if !setting.Frontend || setting.Preferences.Secret {
			continue
		}
		var state struct {
			Value json.RawMessage `json:"value"`
		}
		if err := json.Unmarshal(setting.StateCurrent, &state); err != nil {
			return nil, err
		}
		if v.who == nil && (setting.Preferences.All["authentication"] == true || isOff(state.Value)) {
			continue
		}
		config.Add(setting.Name, state.Value)
	}
	if v.session != nil {
		if v.session.SwitchedFromID != nil {
			config.Add("switch_back_to_possible", true)
		}
		config.Add("session_id", v.secret) // the page's web socket signs in with it
	}
	return config, nil
}

func isOff(value json.RawMessage) bool {
	return len(value) == 0 || string(value) == "null" || string(value) == "false"
}

// afterAuth is what a page has to ask for next; nil: nothing. People of some roles have to set a
// second factor up.
func (s *Room) afterAuth(ctx context.Context, c *desk.Catalog, v visit) (any, error) {
	if v.session == nil || v.session.Authentication != byPassword || v.session.SwitchedFromID != nil || !c.Settings.Bool(settingApp) {
		return nil, nil
	}
	var enforced []desk.RoleID
	c.Settings.Into(settingEnforce, &enforced)
	if !slices.ContainsFunc(v.who.RoleIDs, func(id desk.RoleID) bool { return slices.Contains(enforced, id) }) {
		return nil, nil
	}
	second, err := s.secondFactorOf(ctx, c, v.who.User.ID)
	if err != nil || second.needed {
		return nil, err
	}
	return rest.Record{{"type", "TwoFactorConfiguration"}, {"data", rest.Record{}}}, nil
}

// showAfterAuth answers with what a page has to ask for next, or with nothing.
func (s *Room) showAfterAuth(w http.ResponseWriter, r *http.Request) error {
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	after, err := s.afterAuth(r.Context(), catalog, visit{who: rest.Caller(r), session: rest.Session(r)})
	if err != nil {
		return err
	}
	if after == nil {
		after = rest.Record{}
	}
	return rest.WriteJSON(w, http.StatusOK, after)
}
