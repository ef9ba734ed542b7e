package desk

import (
	"encoding/json"
	"strconv"
)

// Settings are the installation's settings by name, as the catalog holds them. A value that is
// missing or of another type reads as the zero value.
type Settings map[string]json.RawMessage

// String returns a text setting. Numbers stored as text or as numbers both read as text.
func (s Settings) String(name string) string {
	var text string
	if json.Unmarshal(s[name], &text) == nil {
		return text
	}
	var number json.Number
	if json.Unmarshal(s[name], &number) == nil {
		return number.String()
	}
	return ""
}

// Bool returns a switch.
func (s Settings) Bool(name string) bool {
	var on bool
	return json.Unmarshal(s[name], &on) == nil && on
}

// Int returns a number, also one stored as text ("110").
func (s Settings) Int(name string) int {
	n, err := strconv.Atoi(s.String(name))
	if err != nil {
		return 0
	}
	return n
}

// Strings returns a list of texts; a single text is a list of one.
func (s Settings) Strings(name string) []string {
	var list []string
	if json.Unmarshal(s[name], &list) == nil {
		return list
	}
	if text := s.String(name); text != "" {
		return []string{text}
	}
	return nil
}

// Into decodes a setting that is an object. It reports whether there was one.
func (s Settings) Into(name string, v any) bool {
	return len(s[name]) > 0 && json.Unmarshal(s[name], v) == nil
}
