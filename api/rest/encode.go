package rest

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

// Field is one key of a record with its value.
type Field = struct {
	Key   string
	Value any
}

// Record is a JSON object as the wire shows it: its keys keep their order.
type Record []Field

func (r *Record) Add(key string, value any) { *r = append(*r, Field{key, value}) }

// With returns the record with one more key.
func (r Record) With(key string, value any) Record { return append(r, Field{key, value}) }

// Get returns a key's value, nil if there is none.
func (r Record) Get(key string) any {
	for _, f := range r {
		if f.Key == key {
			return f.Value
		}
	}
	return nil
}

// Only returns the record with no keys but these.
func (r Record) Only(keys ...string) Record {
	return slices.DeleteFunc(slices.Clone(r), func(f Field) bool { return !slices.Contains(keys, f.Key) })
}

// Without returns the record without these keys.
func (r Record) Without(keys ...string) Record {
	return slices.DeleteFunc(slices.Clone(r), func(f Field) bool { return slices.Contains(keys, f.Key) })
}

// MarshalJSON lets records be part of other values.
func (r Record) MarshalJSON() ([]byte, error) { return AppendJSON(nil, r), nil }

// timeFormat is how every time is shown: UTC, always three digits.
const timeFormat = "2006-01-02T15:04:05.000Z"

// Decimal shows a number of two places with one, or two where the second says something.
func Decimal(number string) string { return strings.TrimSuffix(number, "0") }

// Date shows a day without time.
func Date(t *time.Time) any {
	if t == nil {
		return nil
	}
	return t.Format(time.DateOnly)
}

// AppendJSON writes a value as JSON: times in one format, nil slices and maps as empty ones.
func AppendJSON(dst []byte, value any) []byte {
	switch v := value.(type) {
	case nil:
		return append(dst, "null"...)
	case Record:
		dst = append(dst, '{')
		for i, f := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendText(dst, f.Key), ':')
			dst = AppendJSON(dst, f.Value)
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
		return AppendJSON(dst, *v)
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
		return AppendJSON(dst, v.Elem().Interface())
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
			dst = AppendJSON(dst, v.Index(i).Interface())
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
		dst = AppendJSON(dst, e.value.Interface())
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

// WriteJSON answers with a value.
func WriteJSON(w http.ResponseWriter, status int, value any) error {
	w.Header().Set("Cache-Control", revalidate)
	return writeBody(w, status, AppendJSON(make([]byte, 0, 2048), value))
}

// WriteSecret is WriteJSON for what nobody on the way shall keep.
func WriteSecret(w http.ResponseWriter, status int, value any) error {
	w.Header().Set("Cache-Control", "no-store")
	return writeBody(w, status, AppendJSON(nil, value))
}

// Reply is writeJSON for answers worth asking for again: it names their content, and answers 304
// to who has it already.
func Reply(w http.ResponseWriter, r *http.Request, value any) error {
	body := AppendJSON(make([]byte, 0, 4096), value)
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

// SecretMask stands for a secret that is set. Sent back, it changes nothing.
const SecretMask = "**********"
