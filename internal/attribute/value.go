package attribute

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"postroom/internal/desk"
	"postroom/internal/richtext"
)

// maxExternal is how long value and label of an external data source may be, in characters.
const maxExternal = 1000

// Value makes of what somebody sent for an attribute what a record keeps of it; nil: no value. What
// it takes is what JSON and forms hold: text, switches, numbers, null, lists and objects.
func Value(a *desk.Attribute, sent any) (any, error) {
	switch a.Kind() {
	case desk.AttributeList:
		return listOf(a, sent)
	case desk.AttributeExternal:
		return externalOf(a, sent)
	}
	text, ok := textOf(sent)
	if !ok {
		return nil, unusable(a, sent)
	}
	if a.Kind() == desk.AttributeText {
		return kept(a, sent, text), nil
	}
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	switch a.Kind() {
	case desk.AttributeInteger:
		n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil || n != math.Trunc(n) || math.Abs(n) > math.MaxInt32 {
			return nil, unusable(a, sent)
		}
		return int(n), nil
	case desk.AttributeBoolean:
		switch text {
		case "false", "FALSE", "f", "F", "off", "OFF", "0":
			return false, nil
		}
		return true, nil
	case desk.AttributeDate:
		day, err := time.Parse(desk.DateForm, text[:min(len(text), len(desk.DateForm))])
		if err != nil || day.Year() < 1 {
			return nil, unusable(a, sent)
		}
		return day.Format(desk.DateForm), nil
	}
	at, ok := momentIn(text)
	if !ok {
		return nil, unusable(a, sent)
	}
	return at.UTC().Format(desk.TimeForm), nil
}

// Cut is Value for what nobody can be told about, such as the word of a rule or of a mail: what is
// too long is cut, what can't be used is left out.
func Cut(a *desk.Attribute, sent any) (value any, usable bool) {
	value, err := Value(a, sent)
	if text, ok := value.(string); ok && a.Kind() == desk.AttributeText {
		if most, limited := a.Number("maxlength"); limited {
			value = desk.Cut(text, most)
		}
	}
	return value, err == nil
}

// kept is a text as it is stored. No text at all is another thing than an empty one.
func kept(a *desk.Attribute, sent any, text string) any {
	if sent == nil {
		return nil
	}
	if a.DataType == "richtext" {
		text, _ = richtext.Sanitize(text, richtext.Options{})
	}
	return text
}

// textOf is a single value as text.
func textOf(value any) (string, bool) {
	switch v := value.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case int:
		return strconv.Itoa(v), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case json.Number:
		return v.String(), true
	case []any: // one value of a field that takes several elsewhere
		if len(v) == 0 {
			return "", true
		}
		if len(v) == 1 {
			return textOf(v[0])
		}
	}
	return "", false
}

func listOf(a *desk.Attribute, sent any) (any, error) {
	if sent == nil {
		return nil, nil
	}
	values, many := sent.([]any)
	if !many {
		values = []any{sent}
	}
	list := []any{}
	for _, value := range values {
		text, ok := textOf(value)
		if !ok {
			return nil, unusable(a, value)
		}
		if text != "" {
			list = append(list, text)
		}
	}
	return list, nil
}

func externalOf(a *desk.Attribute, sent any) (any, error) {
	switch v := sent.(type) {
	case nil:
		return nil, nil
	case string:
		if v == "" {
			return nil, nil
		}
	case map[string]any:
		if len(v) == 0 {
			return nil, nil
		}
		value, isText := textOf(v["value"])
		label, isLabel := textOf(v["label"])
		if isText && isLabel && value != "" && len([]rune(value)) <= maxExternal {
			if label == "" {
				label = value
			}
			return map[string]any{"value": value, "label": desk.Cut(label, maxExternal)}, nil
		}
	}
	return nil, unusable(a, sent)
}

// momentForms are the ways in which clients write a moment. Without a zone it is UTC.
var momentForms = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05 UTC", time.DateTime,
	"2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly,
}

func momentIn(text string) (time.Time, bool) {
	for _, form := range momentForms {
		if at, err := time.Parse(form, strings.TrimSpace(text)); err == nil && at.UTC().Year() > 0 && at.UTC().Year() < 10000 {
			return at, true
		}
	}
	return time.Time{}, false
}

// maxQuoted is how much of a value an error quotes, in characters.
const maxQuoted = 100

func unusable(a *desk.Attribute, sent any) error {
	text, ok := textOf(sent)
	if !ok {
		encoded, _ := json.Marshal(sent) // it came as JSON
		text = string(encoded)
	}
	return invalid(a.Name, "Invalid value '%s' for field '%s'!", desk.Cut(text, maxQuoted), a.Name)
}
