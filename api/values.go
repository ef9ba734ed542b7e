package api

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"postroom/internal/desk"
	"postroom/internal/richtext"
)

// pathID reads an id out of the path. What is no number is the id of no record.
func pathID[T ~int64](r *http.Request, name, class string) (T, error) {
	id, err := strconv.ParseInt(r.PathValue(name), 10, 64)
	if err != nil || id < 0 {
		return 0, &answerError{status: http.StatusNotFound, text: "Couldn't find " + class + " with 'id'=" + r.PathValue(name)}
	}
	return T(id), nil
}

// has reports whether the client sent this at all, be it null.
func (p params) has(key string) bool {
	_, sent := p[key]
	return sent
}

// blank reports whether a value is absent, null or empty text.
func (p params) blank(key string) bool {
	switch v := p[key].(type) {
	case nil:
		return true
	case string:
		return strings.TrimSpace(v) == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// flag reads a switch: true unless absent, empty, or one of the words for no.
func (p params) flag(key string) bool { return truth(p[key]) }

func truth(value any) bool {
	switch v := value.(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		switch v {
		case "false", "FALSE", "False", "f", "F", "off", "OFF", "0", "":
			return false
		}
	case json.Number:
		return v.String() != "0"
	}
	return true
}

// text reads text; numbers and booleans are their text, everything else is none.
func (p params) text(key string) string {
	text, _ := textOf(p[key])
	return text
}

func textOf(value any) (text string, ok bool) {
	switch v := value.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

// numberOf reads a whole number, also one sent as text.
func numberOf(value any) (int64, bool) {
	text := ""
	switch v := value.(type) {
	case json.Number:
		text = v.String()
	case string:
		text = strings.TrimSpace(v)
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}

// object reads a JSON object; a client that can only send text may send it as JSON text.
func (p params) object(key string) (map[string]any, bool) {
	if object, ok := p[key].(map[string]any); ok {
		return object, true
	}
	text, _ := p[key].(string)
	if !strings.HasPrefix(strings.TrimSpace(text), "{") {
		return nil, false
	}
	inner := params{}
	if err := inner.addJSON([]byte(text)); err != nil {
		return nil, false
	}
	return inner, true
}

// list reads a list; a single value is a list of one, null and "" are empty ones.
func (p params) list(key string) []any {
	switch v := p[key].(type) {
	case nil:
		return nil
	case []any:
		return v
	case string:
		if v == "" {
			return nil
		}
	}
	return []any{p[key]}
}

// literal shows a refused value the way error texts have it: "x", 123, nil.
func literal(value any) string {
	if value == nil {
		return "nil"
	}
	const most = 200 // characters; nobody reads more of what was wrong
	return cut(string(appendJSON(nil, value)), most)
}

func invalidParam(key string, value any) error {
	return invalid(key, "Invalid value for param '%s': %s", key, literal(value))
}

// setText writes what was sent into dst, cut to max characters. null empties it.
func (p params) setText(dst *string, key string, max int) error {
	if !p.has(key) {
		return nil
	}
	text, ok := textOf(p[key])
	if !ok {
		return invalidParam(key, p[key])
	}
	*dst = cut(text, max)
	return nil
}

// setHTML is setText for what is shown as HTML.
func (p params) setHTML(dst *string, key string, max int) error {
	err := p.setText(dst, key, max)
	if err == nil && p.has(key) {
		*dst, _ = richtext.Sanitize(*dst, richtext.Options{})
	}
	return err
}

// setNullText is setText for a column that tells null from empty.
func (p params) setNullText(dst **string, key string, max int) error {
	if !p.has(key) {
		return nil
	}
	text, ok := textOf(p[key])
	if !ok {
		return invalidParam(key, p[key])
	}
	*dst = nil
	if p[key] != nil {
		text = cut(text, max)
		*dst = &text
	}
	return nil
}

// cut shortens a text to so many characters.
func cut(text string, max int) string {
	if len(text) <= max {
		return text
	}
	count := 0
	for i := range text {
		if count == max {
			return text[:i]
		}
		count++
	}
	return text
}

// setBool writes a switch. null is no value.
func (p params) setBool(dst *bool, key string) {
	if p[key] != nil {
		*dst = p.flag(key)
	}
}

// setInt writes a number that fits a column of 32 bits, or null.
func (p params) setInt(dst **int, key string) error {
	if !p.has(key) {
		return nil
	}
	*dst = nil
	if p.blank(key) {
		return nil
	}
	n, ok := numberOf(p[key])
	if !ok || n < math.MinInt32 || n > math.MaxInt32 {
		return invalidParam(key, p[key])
	}
	value := int(n)
	*dst = &value
	return nil
}

// setDate writes a day, or null. A time is cut to its day.
func (p params) setDate(dst **time.Time, key string) error {
	if !p.has(key) {
		return nil
	}
	*dst = nil
	if p.blank(key) {
		return nil
	}
	text := p.text(key)
	day, err := time.Parse(time.DateOnly, text[:min(len(text), len(time.DateOnly))])
	if err != nil || day.Year() < 1 || day.Year() > 9999 {
		return invalidParam(key, p[key])
	}
	*dst = &day
	return nil
}

// setObject writes a JSON object as a whole.
func (p params) setObject(dst *map[string]any, key string) error {
	if !p.has(key) {
		return nil
	}
	object, ok := p.object(key)
	if !ok && !p.blank(key) {
		return invalidParam(key, p[key])
	}
	if object == nil {
		object = map[string]any{}
	}
	*dst = object
	return nil
}

// idIn reads an id: 0 for blank.
func idIn[T ~int64](p params, key string) (T, error) {
	if p.blank(key) {
		return 0, nil
	}
	n, ok := numberOf(p[key])
	if !ok || n <= 0 {
		return 0, invalidParam(key, p[key])
	}
	return T(n), nil
}

// idsIn reads a list of ids.
func idsIn[T ~int64](p params, key string) ([]T, error) {
	var ids []T
	for _, value := range p.list(key) {
		n, ok := numberOf(value)
		if !ok || n <= 0 {
			return nil, invalid(key, "No value found for '%s' with id %s", strings.TrimSuffix(key, "_ids")+"s", literal(value))
		}
		ids = append(ids, T(n))
	}
	return ids, nil
}

// named finds the id of a record of the catalog that a client named: by x_id, else by x. It
// returns 0 when nothing, or nothing but blanks, was sent; sent tells a null x_id from silence.
func named[T ~int64, V any](p params, relation string, all map[T]V, name func(V) string) (id T, sent bool, err error) {
	key := relation + "_id"
	if p.has(key) {
		id, err := idIn[T](p, key)
		if err != nil || id == 0 {
			return 0, true, err
		}
		if _, known := all[id]; !known {
			return 0, true, invalidParam(key, p[key])
		}
		return id, true, nil
	}
	if p.blank(relation) {
		return 0, false, nil
	}
	wanted, isText := p[relation].(string)
	for id, v := range all {
		if isText && name(v) == wanted {
			return id, true, nil
		}
	}
	return 0, true, invalid(relation, "No lookup value found for '%s': %s", relation, literal(p[relation]))
}

// groupName and the like tell named what a record is called.
func groupName(g desk.Group) string       { return g.Name }
func stateName(s desk.State) string       { return s.Name }
func priorityName(p desk.Priority) string { return p.Name }
func itself(name string) string           { return name }
