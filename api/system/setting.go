package system

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"postroom/api/rest"
	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/store/catalog"
)

// shownSecrets are secrets that whoever may change them also has to read: they are typed into
// other programs.
var shownSecrets = []string{"monitoring_token", "check_mk_token", "sipgate_token", "cti_token", "placetel_token"}

func settingRecord(v catalog.Setting) rest.Record {
	return rest.Record{
		{"id", v.ID}, {"title", v.Title}, {"name", v.Name}, {"area", v.Area}, {"description", v.Description},
		{"options", v.Options}, {"state_current", shownState(v, v.StateCurrent)}, {"state_initial", shownState(v, v.StateInitial)},
		{"frontend", v.Frontend}, {"preferences", v.Preferences.All}, {"created_at", v.CreatedAt}, {"updated_at", v.UpdatedAt},
	}
}

func shownState(v catalog.Setting, state json.RawMessage) any {
	masked := v.Preferences.Secret || strings.Contains(v.Name, "password") && !strings.HasPrefix(v.Area, "Security") && isText(state)
	if !masked || slices.Contains(shownSecrets, v.Name) || bytes.Equal(state, []byte(`{"value":""}`)) {
		return state
	}
	return map[string]any{"value": rest.SecretMask}
}

func isText(state json.RawMessage) bool {
	var inner struct {
		Value *string `json:"value"`
	}
	return json.Unmarshal(state, &inner) == nil && inner.Value != nil && *inner.Value != ""
}

// maySeeSetting asks for the permission that the setting names. Protected ones are for nobody.
func maySeeSetting(who *desk.Caller, v catalog.Setting) bool {
	return !v.Preferences.Protected && len(v.Preferences.Permission) > 0 && who.Can(v.Preferences.Permission...)
}

func (s *Room) listSettings(w http.ResponseWriter, r *http.Request) error {
	area := r.PathValue("area")
	all, err := s.Store.ListSettings(r.Context())
	if err != nil {
		return err
	}
	shown := []rest.Record{}
	for _, setting := range all {
		if maySeeSetting(rest.Caller(r), setting) && (area == "" || setting.Area == area) {
			shown = append(shown, settingRecord(setting))
		}
	}
	return rest.Reply(w, r, shown)
}

// setting returns the setting of the path, if the caller may see it.
func (s *Room) setting(r *http.Request) (catalog.Setting, error) {
	id, err := rest.PathID[desk.SettingID](r, "id", "Setting")
	if err != nil {
		return catalog.Setting{}, err
	}
	setting, err := s.Store.Setting(r.Context(), id)
	if err == nil && !maySeeSetting(rest.Caller(r), setting) {
		err = &desk.ForbiddenError{}
	}
	return setting, err
}

func (s *Room) getSetting(w http.ResponseWriter, r *http.Request) error {
	setting, err := s.setting(r)
	if err != nil {
		return err
	}
	return rest.Reply(w, r, settingRecord(setting))
}

// updateSetting changes a setting's value and nothing else of it.
func (s *Room) updateSetting(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	setting, err := s.changeableSetting(r)
	if err != nil {
		return err
	}
	value, sent := sentState(p)
	if !sent || value == rest.SecretMask && setting.Preferences.Secret {
		return rest.WriteJSON(w, http.StatusOK, settingRecord(setting))
	}
	if err := checkSetting(setting, value); err != nil {
		return err
	}
	if setting.Name == blob.Setting {
		place, _ := rest.TextOf(value)
		if err := blob.CheckPlace(place); err != nil {
			return err
		}
	}
	return s.putSetting(w, r, setting, value)
}

// changeableSetting is setting for changes, which an online service keeps some from.
func (s *Room) changeableSetting(r *http.Request) (catalog.Setting, error) {
	setting, err := s.setting(r)
	if err != nil {
		return setting, err
	}
	catalog, err := s.Catalog(r)
	if err == nil && setting.Preferences.OnlineServiceDisable && catalog.Settings.Bool("system_online_service") {
		err = &desk.ForbiddenError{Reason: "service disabled"}
	}
	return setting, err
}

// sentState finds the value in state_current or in its short form state.
func sentState(p rest.Params) (value any, sent bool) {
	for _, key := range []string{"state_current", "state"} {
		if !p.Has(key) {
			continue
		}
		if object, ok := p.Object(key); ok {
			value, sent = object["value"]
			return value, sent
		}
		return p[key], true
	}
	return nil, false
}

func (s *Room) putSetting(w http.ResponseWriter, r *http.Request, setting catalog.Setting, value any) error {
	if err := s.Store.PutSettingValue(r.Context(), setting.Name, value); err != nil {
		return err
	}
	s.Store.ForgetCatalog()
	setting, err := s.Store.Setting(r.Context(), setting.ID)
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, settingRecord(setting))
}

// checkSetting refuses a value of another kind than the shipped one, and one that is not offered.
func checkSetting(setting catalog.Setting, value any) error {
	refused := rest.Invalid("state_current", "Invalid value %s for setting '%s'", rest.Literal(value), setting.Name)
	var initial struct {
		Value any `json:"value"`
	}
	if err := json.Unmarshal(setting.StateInitial, &initial); err != nil {
		return err
	}
	offered := offeredValues(setting)
	if !sameKind(initial.Value, value) && !isOneOfList(initial.Value, value, offered) {
		return refused
	}
	if len(offered) == 0 {
		return nil
	}
	chosen, isList := value.([]any)
	if !isList {
		chosen = []any{value}
	}
	for _, one := range chosen {
		text, _ := rest.TextOf(one)
		if _, known := offered[text]; !known {
			return refused
		}
	}
	return nil
}

// offeredValues are those that the setting's form has to choose from; none: any will do.
func offeredValues(setting catalog.Setting) map[string]json.RawMessage {
	var options struct {
		Form []struct {
			Tag     string                     `json:"tag"`
			Options map[string]json.RawMessage `json:"options"`
		} `json:"form"`
	}
	if json.Unmarshal(setting.Options, &options) != nil || len(options.Form) == 0 || options.Form[0].Tag != "select" {
		return nil
	}
	return options.Form[0].Options
}

// isOneOfList: postmaster_sender_based_on_reply_to is shipped as an empty list, and takes one text.
func isOneOfList(initial, value any, offered map[string]json.RawMessage) bool {
	_, list := initial.([]any)
	_, text := value.(string)
	return list && text && len(offered) > 0
}

// sameKind lets numbers come as text and the other way round, and null replace anything but a switch.
func sameKind(initial, value any) bool {
	switch initial.(type) {
	case nil:
		return true
	case bool:
		_, ok := value.(bool)
		return ok
	case string:
		_, ok := rest.TextOf(value)
		return ok
	case float64:
		_, ok := rest.NumberOf(value)
		return ok || value == nil
	case []any:
		_, ok := value.([]any)
		return ok || value == nil
	case map[string]any:
		_, ok := value.(map[string]any)
		return ok || value == nil
	}
	return true
}

func (s *Room) resetSetting(w http.ResponseWriter, r *http.Request) error {
	setting, err := s.changeableSetting(r)
	if err != nil {
		return err
	}
	var initial struct {
		Value any `json:"value"`
	}
	if err := json.Unmarshal(setting.StateInitial, &initial); err != nil {
		return err
	}
	return s.putSetting(w, r, setting, initial.Value)
}

// refuseSetting: there are exactly the settings that we know how to follow.
func (s *Room) refuseSetting(http.ResponseWriter, *http.Request) error {
	return &desk.ForbiddenError{Reason: "feature not possible"}
}

// AssetsOf are the settings whose areas begin so, as assets. They must be for the eyes of the caller.
func (s *Room) AssetsOf(ctx context.Context, area string) (rest.Record, error) {
	all, err := s.Store.ListSettings(ctx)
	if err != nil {
		return nil, err
	}
	byID := rest.Record{}
	for _, v := range all {
		if strings.HasPrefix(v.Area, area) {
			byID.Add(rest.IDText(v.ID), settingRecord(v))
		}
	}
	return byID, nil
}
