package rest

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

// PathID reads an id out of the path. What is no number is the id of no record.
func PathID[T ~int64](r *http.Request, name, class string) (T, error) {
	id, err := strconv.ParseInt(r.PathValue(name), 10, 64)
	if err != nil || id < 0 {
		return 0, &AnswerError{Status: http.StatusNotFound, Text: "Couldn't find " + class + " with 'id'=" + r.PathValue(name)}
	}
	return T(id), nil
}

// Has reports whether the client sent this at all, be it null.
func (p Params) Has(key string) bool {
	_, sent := p[key]
	return sent
}

// ByID reports whether a relation was sent by its id, which wins over its name. A null id says nothing
// where there is a name.
func (p Params) ByID(relation string) bool {
	id, sent := p[relation+"_id"]
	return sent && (id != nil || p.Blank(relation))
}

// Blank reports whether a value is absent, null or empty text.
func (p Params) Blank(key string) bool {
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

// Flag reads a switch: true unless absent, empty, or one of the words for no.
func (p Params) Flag(key string) bool { return truth(p[key]) }

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

// Text reads text; numbers and booleans are their text, everything else is none.
func (p Params) Text(key string) string {
	text, _ := TextOf(p[key])
	return text
}

func TextOf(value any) (text string, ok bool) {
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

// NumberOf reads a whole number, also one sent as text, or written 3.0 by a client that knows fractions
// only.
func NumberOf(value any) (int64, bool) {
	text := ""
	switch v := value.(type) {
	case json.Number:
		text = strings.TrimSuffix(v.String(), ".0")
	case string:
		text = strings.TrimSpace(v)
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}

// Int32Of is NumberOf for what must fit a column of 32 bits.
func Int32Of(value any) (int, bool) {
	n, ok := NumberOf(value)
	return int(n), ok && n >= math.MinInt32 && n <= math.MaxInt32
}

// Object reads a JSON object; a client that can only send text may send it as JSON text.
func (p Params) Object(key string) (map[string]any, bool) {
	if object, ok := p[key].(map[string]any); ok {
		return object, true
	}
	text, _ := p[key].(string)
	if !strings.HasPrefix(strings.TrimSpace(text), "{") {
		return nil, false
	}
	inner := Params{}
	if err := inner.addJSON([]byte(text)); err != nil {
		return nil, false
	}
	return inner, true
}

// List reads a list; a single value is a list of one, null and "" are empty ones.
func (p Params) List(key string) []any {
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

// Literal shows a refused value the way error texts have it: "x", 123, nil.
func Literal(value any) string {
	if value == nil {
		return "nil"
	}
	const most = 200 // characters; nobody reads more of what was wrong
	return Cut(string(AppendJSON(nil, value)), most)
}

func InvalidParam(key string, value any) error {
	return Invalid(key, "Invalid value for param '%s': %s", key, Literal(value))
}

// SetText writes what was sent into dst, cut to max characters. null empties it.
func (p Params) SetText(dst *string, key string, max int) error {
	if !p.Has(key) {
		return nil
	}
	text, ok := TextOf(p[key])
	if !ok {
		return InvalidParam(key, p[key])
	}
	*dst = Cut(text, max)
	return nil
}

// SetHTML is setText for what is shown as HTML.
func (p Params) SetHTML(dst *string, key string, max int) error {
	err := p.SetText(dst, key, max)
	if err == nil && p.Has(key) {
		*dst, _ = richtext.Sanitize(*dst, richtext.Options{})
	}
	return err
}

// SetNullText is setText for a column that tells null from empty.
func (p Params) SetNullText(dst **string, key string, max int) error {
	if !p.Has(key) {
		return nil
	}
	text, ok := TextOf(p[key])
	if !ok {
		return InvalidParam(key, p[key])
	}
	*dst = nil
	if p[key] != nil {
		text = Cut(text, max)
		*dst = &text
	}
	return nil
}

// Cut shortens a text to so many characters.
func Cut(text string, max int) string {
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

// SetBool writes a switch. null is no value.
func (p Params) SetBool(dst *bool, key string) {
	if p[key] != nil {
		*dst = p.Flag(key)
	}
}

// SetInt writes a number that fits a column of 32 bits, or null.
func (p Params) SetInt(dst **int, key string) error {
	if !p.Has(key) {
		return nil
	}
	*dst = nil
	if p.Blank(key) {
		return nil
	}
	n, ok := Int32Of(p[key])
	if !ok {
		return InvalidParam(key, p[key])
	}
	*dst = &n
	return nil
}

// SetDate writes a day, or null. A time is cut to its day.
func (p Params) SetDate(dst **time.Time, key string) error {
	if !p.Has(key) {
		return nil
	}
	*dst = nil
	if p.Blank(key) {
		return nil
	}
	text := p.Text(key)
	day, err := time.Parse(time.DateOnly, text[:min(len(text), len(time.DateOnly))])
	if err != nil || day.Year() < 1 || day.Year() > 9999 {
		return InvalidParam(key, p[key])
	}
	*dst = &day
	return nil
}

// SetObject writes a JSON object as a whole.
func (p Params) SetObject(dst *map[string]any, key string) error {
	if !p.Has(key) {
		return nil
	}
	object, ok := p.Object(key)
	if !ok && !p.Blank(key) {
		return InvalidParam(key, p[key])
	}
	if object == nil {
		object = map[string]any{}
	}
	*dst = object
	return nil
}

// IDIn reads an id: 0 for blank.
func IDIn[T ~int64](p Params, key string) (T, error) {
	if p.Blank(key) {
		return 0, nil
	}
	n, ok := NumberOf(p[key])
	if !ok || n <= 0 {
		return 0, InvalidParam(key, p[key])
	}
	return T(n), nil
}

// IDsIn reads a list of ids.
func IDsIn[T ~int64](p Params, key string) ([]T, error) {
	var ids []T
	for _, value := range p.List(key) {
		n, ok := NumberOf(value)
		if !ok || n <= 0 {
			relation := key
			if one, isList := strings.CutSuffix(key, "_ids"); isList {
				relation = one + "s"
			}
			return nil, Invalid(key, "No value found for '%s' with id %s", relation, Literal(value))
		}
		ids = append(ids, T(n))
	}
	return ids, nil
}

// OnlyIDs reads the records to which a search is restricted; nil: to none. A list without ids finds
// nothing.
func OnlyIDs[T ~int64](p Params) ([]T, error) {
	const key = "ids"
	if p[key] == nil || p[key] == "" {
		return nil, nil
	}
	ids, err := IDsIn[T](p, key)
	return append([]T{}, ids...), err
}

// Named finds the id of a record of the catalog that a client named: by x_id, else by x. It
// returns 0 when nothing, or nothing but blanks, was sent; sent tells a null x_id from silence.
func Named[T ~int64, V any](p Params, relation string, all map[T]V, name func(V) string) (id T, sent bool, err error) {
	key := relation + "_id"
	if p.ByID(relation) {
		id, err := IDIn[T](p, key)
		if err != nil || id == 0 {
			return 0, true, err
		}
		if _, known := all[id]; !known {
			return 0, true, InvalidParam(key, p[key])
		}
		return id, true, nil
	}
	if p.Blank(relation) {
		return 0, false, nil
	}
	wanted, isText := p[relation].(string)
	for id, v := range all {
		if isText && name(v) == wanted {
			return id, true, nil
		}
	}
	return 0, true, Invalid(relation, "No lookup value found for '%s': %s", relation, Literal(p[relation]))
}

// GroupName and the like tell named what a record is called.
func GroupName(g desk.Group) string       { return g.Name }
func StateName(s desk.State) string       { return s.Name }
func PriorityName(p desk.Priority) string { return p.Name }
func Itself(name string) string           { return name }

// Time reads a moment in time, or null.
func (p Params) Time(key string) (*time.Time, error) {
	if p.Blank(key) {
		return nil, nil
	}
	text, _ := p[key].(string)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05 UTC", time.DateTime, "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil && at.Year() > 0 && at.Year() < 10000 {
			at = at.UTC()
			return &at, nil
		}
	}
	return nil, InvalidParam(key, p[key])
}
