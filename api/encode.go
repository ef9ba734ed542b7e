package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

const jsonType = "application/json; charset=utf-8"

// field is one key of a record with its value.
type field struct {
	key   string
	value any
}

// record is a JSON object as the wire shows it: its keys keep their order.
type record []field

func (r *record) add(key string, value any) { *r = append(*r, field{key, value}) }

// with returns the record with one more key.
func (r record) with(key string, value any) record { return append(r, field{key, value}) }

// get returns a key's value, nil if there is none.
func (r record) get(key string) any {
	for _, f := range r {
		if f.key == key {
			return f.value
		}
	}
	return nil
}

// only returns the record with no keys but these.
func (r record) only(keys ...string) record {
	return slices.DeleteFunc(slices.Clone(r), func(f field) bool { return !slices.Contains(keys, f.key) })
}

// without returns the record without these keys.
func (r record) without(keys ...string) record {
	return slices.DeleteFunc(slices.Clone(r), func(f field) bool { return slices.Contains(keys, f.key) })
}

// MarshalJSON lets records be part of other values.
func (r record) MarshalJSON() ([]byte, error) { return appendJSON(nil, r), nil }

// timeFormat is how every time is shown: UTC, always three digits.
const timeFormat = "2006-01-02T15:04:05.000Z"

// date shows a day without time.
func date(t *time.Time) any {
	if t == nil {
		return nil
	}
	return t.Format(time.DateOnly)
}

// appendJSON writes a value as JSON: times in one format, nil slices and maps as empty ones.
func appendJSON(dst []byte, value any) []byte {
	switch v := value.(type) {
	case nil:
		return append(dst, "null"...)
	case record:
		dst = append(dst, '{')
		for i, f := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendText(dst, f.key), ':')
			dst = appendJSON(dst, f.value)
		}
		return append(dst, '}')
	case string:
		return appendText(dst, v)
	case bool:
		return strconv.AppendBool(dst, v)
	case int:
		return strconv.AppendInt(dst, int64(v), 10)
	case time.Time:
		dst = append(dst, '"')
		return append(v.UTC().AppendFormat(dst, timeFormat), '"')
	case json.Number:
		return append(dst, v...)
	case *time.Time: // a json.Marshaler too, with another format
		if v == nil {
			return append(dst, "null"...)
		}
		return appendJSON(dst, *v)
	case json.Marshaler:
		if text, err := v.MarshalJSON(); err == nil {
			return append(dst, text...)
		}
		return append(dst, "null"...)
	}
	return appendReflected(dst, reflect.ValueOf(value))
}

func appendReflected(dst []byte, v reflect.Value) []byte {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return append(dst, "null"...)
		}
		return appendJSON(dst, v.Elem().Interface())
	case reflect.Int, reflect.Int64, reflect.Int32:
		return strconv.AppendInt(dst, v.Int(), 10)
	case reflect.String:
		return appendText(dst, v.String())
	case reflect.Slice:
		dst = append(dst, '[')
		for i := range v.Len() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSON(dst, v.Index(i).Interface())
		}
		return append(dst, ']')
	case reflect.Map:
		return appendMap(dst, v)
	}
	text, err := json.Marshal(v.Interface())
	if err != nil { // a number that JSON can't hold; nothing we store is
		return append(dst, "null"...)
	}
	return append(dst, text...)
}

// appendMap writes a map with its keys in order, so that one content has one text (and one ETag).
func appendMap(dst []byte, v reflect.Value) []byte {
	type entry struct {
		key   string
		value reflect.Value
	}
	entries := make([]entry, 0, v.Len())
	for it := v.MapRange(); it.Next(); {
		entries = append(entries, entry{mapKey(it.Key()), it.Value()})
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.key, b.key) })
	dst = append(dst, '{')
	for i, e := range entries {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendText(dst, e.key), ':')
		dst = appendJSON(dst, e.value.Interface())
	}
	return append(dst, '}')
}

func mapKey(key reflect.Value) string {
	if key.Kind() == reflect.String {
		return key.String()
	}
	return strconv.FormatInt(key.Int(), 10)
}

func appendText(dst []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, _ := json.Marshal(text) // a string can always be written
			return append(dst, quoted...)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, text...)
	return append(dst, '"')
}

// writeJSON answers with a value.
func writeJSON(w http.ResponseWriter, status int, value any) error {
	w.Header().Set("Cache-Control", revalidate)
	return writeBody(w, status, appendJSON(make([]byte, 0, 2048), value))
}

// reply is writeJSON for answers worth asking for again: it names their content, and answers 304
// to who has it already.
func reply(w http.ResponseWriter, r *http.Request, value any) error {
	body := appendJSON(make([]byte, 0, 4096), value)
	sum := sha256.Sum256(body)
	tag := `W/"` + hex.EncodeToString(sum[:16]) + `"`
	w.Header().Set("ETag", tag)
	w.Header().Set("Cache-Control", revalidate)
	if sent := r.Header.Get("If-None-Match"); sent != "" && strings.Contains(sent, tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	return writeBody(w, http.StatusOK, body)
}

const revalidate = "max-age=0, private, must-revalidate"

func writeBody(w http.ResponseWriter, status int, body []byte) error {
	w.Header().Set("Content-Type", jsonType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // fails when the client is gone, and then nobody can be told
	return nil
}
