package setup

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"postroom/internal/store/installation"
)

// settingSeed is a line of seeds/settings.json.
type settingSeed struct {
	Name                 string   `json:"name"`
	Area                 string   `json:"area"`
	Type                 string   `json:"type"` // string, boolean, integer, object, array, null
	Value                any      `json:"value"`
	Generated            string   `json:"generated"` // how a value of its own is made for each installation
	Allowed              []string `json:"allowed"`
	Frontend             bool     `json:"frontend"`
	Permission           []string `json:"permission"`
	Protected            bool     `json:"protected"` // never shown by the API
	Secret               bool     `json:"secret"`    // sealed at rest
	SignedInOnly         bool     `json:"frontend_signed_in_only"`
	OnlineServiceDisable bool     `json:"online_service_disable"`
}

// seedSettings makes the rows of all settings. Their ids are their places in the list.
func seedSettings(address Address) ([]installation.Record, error) {
	file, err := seeds.ReadFile("seeds/settings.json")
	if err != nil {
		return nil, err
	}
	var list []settingSeed
	if err := json.Unmarshal(file, &list); err != nil {
		return nil, fmt.Errorf("seeds of settings: %w", err)
	}
	rows := make([]installation.Record, len(list))
	for i, setting := range list {
		value := setting.Value
		if setting.Generated != "" {
			if value, err = generate(setting.Generated); err != nil {
				return nil, fmt.Errorf("setting %s: %w", setting.Name, err)
			}
		}
		current := value
		switch {
		case setting.Name == "fqdn" && address.FQDN != "":
			current = address.FQDN
		case setting.Name == "http_type" && address.HTTPType != "":
			current = address.HTTPType
		}
		rows[i] = installation.Record{
			"id": i + 1, "name": setting.Name, "title": title(setting.Name), "area": setting.Area,
			"description": "", "options": setting.options(), "frontend": setting.Frontend, "preferences": setting.preferences(),
			"state_initial": map[string]any{"value": value}, "state_current": map[string]any{"value": current},
		}
	}
	return rows, nil
}

// title makes "Ticket hook position" of ticket_hook_position.
func title(name string) string {
	text := strings.ReplaceAll(name, "_", " ")
	return strings.ToUpper(text[:1]) + text[1:]
}

// options describe the setting's form field to those who build a page for it.
func (s settingSeed) options() map[string]any {
	field := map[string]any{"name": s.Name, "null": true}
	switch {
	case len(s.Allowed) > 0:
		choices := map[string]any{}
		for _, allowed := range s.Allowed {
			choices[allowed] = allowed
		}
		field["tag"], field["options"] = "select", choices
		field["multiple"] = s.Type == "array" && !slices.Contains(s.Allowed, "") // who may choose nothing chooses one
	case s.Type == "boolean":
		field["tag"], field["options"] = "boolean", map[string]any{"true": "yes", "false": "no"}
	case s.Type == "string", s.Type == "integer":
		field["tag"] = "input"
	default:
		return map[string]any{}
	}
	return map[string]any{"form": []any{field}}
}

func (s settingSeed) preferences() map[string]any {
	preferences := map[string]any{}
	if len(s.Permission) > 0 {
		preferences["permission"] = s.Permission
	}
	for name, on := range map[string]bool{
		"protected": s.Protected, "secret": s.Secret,
		"authentication": s.SignedInOnly, "online_service_disable": s.OnlineServiceDisable,
	} {
		if on {
			preferences[name] = true
		}
	}
	return preferences
}

// generate makes a random value: system_id, or hex or urlsafe with a number of characters.
func generate(how string) (any, error) {
	if how == "system_id" {
		n, err := rand.Int(rand.Reader, big.NewInt(90))
		if err != nil {
			return nil, err
		}
		return 10 + n.Int64(), nil
	}
	alphabet, length, _ := strings.Cut(how, ":")
	n, err := strconv.Atoi(length)
	if err != nil {
		return nil, fmt.Errorf("generated %q: %w", how, err)
	}
	random := make([]byte, n) // more than enough
	_, _ = rand.Read(random)  // crypto/rand never fails
	if alphabet == "hex" {
		return hex.EncodeToString(random)[:n], nil
	}
	return base64.RawURLEncoding.EncodeToString(random)[:n], nil
}
