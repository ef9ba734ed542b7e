package catalog

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
	"postroom/internal/store/seal"
)

const putSetting = `
	UPDATE settings
	SET state_current = $2, updated_at = now()
	WHERE name = $1
	RETURNING coalesce((preferences->>'secret')::boolean, false)`

// PutSettingValue sets a setting's current value without asking whether it makes sense: set-up
// knows what it does. A secret is sealed, and so are those among the parts of a value, such as the
// token in the configuration of another system. It returns desk.ErrNotFound for a setting that does
// not exist.
func (s Keeper) PutSettingValue(ctx context.Context, name string, value any) error {
	state, err := json.Marshal(map[string]any{"value": value})
	if err != nil {
		return &desk.InvalidError{Field: name, Reason: err.Error()}
	}
	var secret bool
	if err := pg.Conn(s.DB).QueryRow(ctx, putSetting, name, state).Scan(&secret); err != nil {
		return fmt.Errorf("setting %s: %w", name, pg.Translate(err))
	}
	sealed, err := s.sealState(state, secret)
	if err != nil || bytes.Equal(sealed, state) {
		return err
	}
	_, err = pg.Conn(s.DB).Exec(ctx, putSetting, name, sealed)
	return pg.Translate(err)
}

// LockSettingValue returns a setting's current value, secrets opened, for a transaction that is going to
// change it. It returns desk.ErrNotFound for a setting that does not exist.
func (s Keeper) LockSettingValue(ctx context.Context, name string) (json.RawMessage, error) {
	value, err := pg.Value[[]byte](ctx, s.DB, "setting "+name, `
		SELECT state_current->'value'
		FROM settings
		WHERE name = $1
		FOR NO KEY UPDATE`, name)
	if err != nil {
		return nil, err
	}
	return s.openValue(value)
}

// sealState seals what is secret in a state, and returns all others as they are.
func (s Keeper) sealState(state []byte, secret bool) ([]byte, error) {
	var inner map[string]any
	if err := json.Unmarshal(state, &inner); err != nil {
		return nil, err
	}
	var err error
	switch v := inner["value"].(type) {
	case string:
		if !secret {
			return state, nil
		}
		inner["value"], err = pg.Sealer(s.DB).Seal(v)
	case map[string]any:
		inner["value"], err = seal.Each(v, pg.Sealer(s.DB).Seal)
	default:
		return state, nil
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(inner)
}

// Setting is one setting of the installation with all that describes it.
type Setting struct {
	ID           desk.SettingID
	Name         string
	Title        string
	Area         string
	Description  string
	Options      json.RawMessage
	StateCurrent json.RawMessage // {"value": …}, secrets opened
	StateInitial json.RawMessage
	Frontend     bool
	Preferences  SettingPreferences
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// SettingPreferences say who may see and change a setting.
type SettingPreferences struct {
	Permission           []string       `json:"permission,omitempty"` // any of
	Protected            bool           `json:"protected,omitempty"`  // never shown
	Secret               bool           `json:"secret,omitempty"`     // sealed at rest
	OnlineServiceDisable bool           `json:"online_service_disable,omitempty"`
	All                  map[string]any `json:"-"` // as stored
}

const allSettings = `
	SELECT id, name, title, area, description, options, state_current, state_initial, frontend, preferences, created_at, updated_at
	FROM settings`

// ListSettings returns every setting by id; there are some hundreds.
func (s Keeper) ListSettings(ctx context.Context) ([]Setting, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, allSettings+` ORDER BY id`)
	settings, err := pgx.CollectRows(rows, s.scanSetting)
	if err != nil {
		return nil, fmt.Errorf("settings: %w", pg.Translate(err))
	}
	return settings, nil
}

// Setting returns one setting, or a *desk.MissingError.
func (s Keeper) Setting(ctx context.Context, id desk.SettingID) (Setting, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, allSettings+` WHERE id = $1`, id)
	setting, err := pgx.CollectExactlyOneRow(rows, s.scanSetting)
	if err != nil {
		return Setting{}, pg.Missing("Setting", int64(id), err)
	}
	return setting, nil
}

func (s Keeper) scanSetting(row pgx.CollectableRow) (Setting, error) {
	var v Setting
	var preferences []byte
	err := row.Scan(&v.ID, &v.Name, &v.Title, &v.Area, &v.Description, &v.Options, &v.StateCurrent, &v.StateInitial,
		&v.Frontend, &preferences, &v.CreatedAt, &v.UpdatedAt)
	if err != nil {
		return Setting{}, err
	}
	if err := json.Unmarshal(preferences, &v.Preferences); err != nil {
		return Setting{}, fmt.Errorf("preferences of setting %s: %w", v.Name, err)
	}
	if err := json.Unmarshal(preferences, &v.Preferences.All); err != nil {
		return Setting{}, fmt.Errorf("preferences of setting %s: %w", v.Name, err)
	}
	if v.Preferences.Secret || seal.Holds(v.StateCurrent) {
		for _, state := range []*json.RawMessage{&v.StateCurrent, &v.StateInitial} {
			if *state, err = s.openState(*state); err != nil {
				return Setting{}, fmt.Errorf("setting %s: %w", v.Name, err)
			}
		}
	}
	return v, nil
}

func (s Keeper) openState(state json.RawMessage) (json.RawMessage, error) {
	var inner struct {
		Value json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal(state, &inner); err != nil {
		return nil, err
	}
	opened, err := s.openValue(inner.Value)
	if err != nil {
		return nil, err
	}
	inner.Value = opened
	return json.Marshal(inner)
}
