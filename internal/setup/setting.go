package setup

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"postroom/internal/blob"
	"postroom/internal/store"
	"postroom/internal/store/catalog"
)

// PutSetting sets a setting to what an operator typed: JSON, or a plain text where the setting
// holds texts. What doesn't fit the setting is a *desk.InvalidError.
func PutSetting(ctx context.Context, s *store.Store, setting catalog.Setting, typed string) error {
	var state struct{ Value any }
	if err := json.Unmarshal(setting.StateInitial, &state); err != nil {
		return fmt.Errorf("setting %s: %w", setting.Name, err)
	}
	allowed := allowedValues(setting.Options)
	value, err := settingValue(state.Value, typed, allowed)
	if err != nil {
		return invalid(setting.Name, "%v", err)
	}
	if len(allowed) > 0 {
		for _, one := range flat(value) {
			if !slices.Contains(allowed, one) {
				return invalid(setting.Name, "%q is not allowed, one of these is: %s", one, strings.Join(allowed, ", "))
			}
		}
	}
	if setting.Name == blob.Setting {
		if err := blob.CheckPlace(fmt.Sprint(value)); err != nil {
			return err
		}
	}
	if err := s.PutSettingValue(ctx, setting.Name, value); err != nil {
		return err
	}
	s.ForgetCatalog()
	return nil
}

// settingValue reads what was typed as the kind of value that the setting had at first. Where a list
// is chosen from, one of its values may stand for itself.
func settingValue(initial any, typed string, allowed []string) (any, error) {
	var value any
	isJSON := json.Unmarshal([]byte(typed), &value) == nil
	switch initial.(type) {
	case string:
		if text, quoted := value.(string); isJSON && quoted {
			return text, nil
		}
		return typed, nil
	case nil:
		if !isJSON {
			return typed, nil
		}
		return value, nil
	case bool:
		if on, ok := value.(bool); ok {
			return on, nil
		}
		return nil, fmt.Errorf("has to be %s", aSwitch)
	case float64:
		if n, ok := value.(float64); ok {
			return n, nil
		}
		return nil, fmt.Errorf("has to be a number")
	case []any:
		if list, ok := value.([]any); ok {
			return list, nil
		}
		if slices.Contains(allowed, typed) {
			return typed, nil
		}
		return nil, fmt.Errorf("has to be a JSON list")
	}
	if object, ok := value.(map[string]any); ok {
		return object, nil
	}
	return nil, fmt.Errorf("has to be a JSON object")
}

// allowedValues are those that the setting's form offers; none: all are allowed.
func allowedValues(options json.RawMessage) []string {
	var form struct {
		Form []struct {
			Tag     string
			Options map[string]any
		}
	}
	if json.Unmarshal(options, &form) != nil || len(form.Form) != 1 || form.Form[0].Tag != "select" {
		return nil
	}
	return slices.Sorted(maps.Keys(form.Form[0].Options))
}

// flat lists the texts of a value, or of those in a list.
func flat(value any) []string {
	switch v := value.(type) {
	case []any:
		var all []string
		for _, entry := range v {
			all = append(all, flat(entry)...)
		}
		return all
	case float64:
		return []string{strconv.FormatFloat(v, 'f', -1, 64)}
	}
	return []string{fmt.Sprint(value)}
}
