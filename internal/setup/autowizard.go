package setup

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/store"
)

// step is one key of an auto wizard.
type step struct {
	key   string
	apply func(*wizard, context.Context, json.RawMessage) error
}

// steps are in the order they are applied. Token says who may ask for it.
var steps = []step{
	{"CalendarSetup", (*wizard).calendar},
	{"TextModuleLocale", (*wizard).textModules},
	{"Settings", (*wizard).settings},
	{"Permissions", records(permission)},
	{"Organizations", records(organization)},
	{"Users", (*wizard).users},
	{"Channels", records(channel)},
	{"EmailAddresses", records(emailAddress)},
	{"Signatures", records(signature)},
	{"Groups", records(group)},
	{"Token", nil},
}

// wizard applies one auto wizard in one transaction.
type wizard struct {
	tx    *store.Store
	log   *slog.Logger
	first desk.UserID // the first of Users
	by    desk.UserID // author of what is created
	later []func(ctx context.Context) error
}

// RunAutoWizard sets up what an auto wizard asks for: all of it or nothing. It returns the first of its users, 0 when it has none. An error is a
// *desk.InvalidError that names the key.
func RunAutoWizard(ctx context.Context, s *store.Store, log *slog.Logger, data []byte) (desk.UserID, error) {
	var first desk.UserID
	err := s.InTx(ctx, func(tx *store.Store) (err error) {
		if err := tx.LockSetup(ctx); err != nil {
			return err
		}
		first, err = runAutoWizard(ctx, tx, log, data)
		return err
	})
	if err == nil {
		s.ForgetCatalog()
	}
	return first, err
}

// runAutoWizard must hold the setup lock.
func runAutoWizard(ctx context.Context, tx *store.Store, log *slog.Logger, data []byte) (desk.UserID, error) {
	keys, err := wizardKeys(data)
	if err != nil {
		return 0, err
	}
	w := &wizard{tx: tx, log: log, by: desk.SystemUser}
	for _, step := range steps {
		value, given := keys[step.key]
		if !given || step.apply == nil || isNull(value) {
			continue
		}
		if err := step.apply(w, ctx, value); err != nil {
			return 0, fmt.Errorf("auto wizard: %w", err)
		}
	}
	// Access to groups comes last, because Users come before Groups.
	for _, step := range w.later {
		if err := step(ctx); err != nil {
			return 0, fmt.Errorf("auto wizard: %w", err)
		}
	}
	if w.first == 0 {
		return 0, nil
	}
	return w.first, tx.PutSettingValue(ctx, "system_init_done", true)
}

// wizardKeys splits an auto wizard by its top-level keys.
func wizardKeys(data []byte) (map[string]json.RawMessage, error) {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(data, &keys); err != nil {
		return nil, &desk.InvalidError{Field: "auto wizard", Reason: "The auto wizard is not a JSON object: " + err.Error()}
	}
	for key := range keys {
		if !slices.ContainsFunc(steps, func(s step) bool { return s.key == key }) {
			return nil, invalid(key, "unknown key, known are %s", strings.Join(stepKeys(), ", "))
		}
	}
	return keys, nil
}

func stepKeys() []string {
	keys := make([]string, len(steps))
	for i, step := range steps {
		keys[i] = step.key
	}
	return keys
}

func isNull(value json.RawMessage) bool { return bytes.Equal(bytes.TrimSpace(value), []byte("null")) }

// invalid names what can't be used, such as Users[1].roles, and why.
func invalid(where, why string, facts ...any) error {
	return &desk.InvalidError{Field: where, Reason: where + ": " + fmt.Sprintf(why, facts...)}
}

// calendar has nothing to look up: the seeds contain a default calendar. Its opening hours don't
// depend on where the server stands.
func (w *wizard) calendar(ctx context.Context, _ json.RawMessage) error {
	w.log.InfoContext(ctx, "auto wizard: the default calendar is there already", "key", "CalendarSetup")
	return nil
}

func (w *wizard) settings(ctx context.Context, value json.RawMessage) error {
	var list []struct {
		Name  string          `json:"name"`
		Value json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal(value, &list); err != nil {
		return invalid("Settings", "not a list of name and value: %v", err)
	}
	for i, setting := range list {
		where := fmt.Sprintf("Settings[%d]", i)
		if setting.Name == "" || setting.Value == nil {
			return invalid(where, "name and value are needed")
		}
		var v any
		if err := json.Unmarshal(setting.Value, &v); err != nil {
			return invalid(where, "%v", err)
		}
		if err := w.tx.PutSettingValue(ctx, setting.Name, v); err != nil {
			return explain(where, fmt.Sprintf("no setting %q", setting.Name), err)
		}
	}
	return nil
}
