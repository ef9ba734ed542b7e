package source

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ID is how a helpdesk names a record: a number for most, a text for some. Null is no name.
type ID string

// UnmarshalJSON reads a number or a text.
func (id *ID) UnmarshalJSON(data []byte) error {
	var value any
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return err
	}
	*id = ID(TextOf(value))
	return nil
}

// String returns the name.
func (id ID) String() string { return string(id) }

// TextOf is a single JSON value as text; of anything else it is empty.
func TextOf(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// Time is a moment as a helpdesk writes it. What can't be read is no moment.
type Time struct{ time.Time }

var timeForms = []string{time.RFC3339Nano, "2006-01-02T15:04:05-0700", "2006-01-02 15:04:05", time.DateOnly}

// UnmarshalJSON reads a moment; without a zone it is UTC.
func (t *Time) UnmarshalJSON(data []byte) error {
	var text *string
	if json.Unmarshal(data, &text) == nil && text != nil { // else: no reason to lose the record
		*t = ReadTime(*text)
	}
	return nil
}

// ReadTime reads a moment; the zero time: it is none.
func ReadTime(text string) Time {
	for _, form := range timeForms {
		if at, err := time.Parse(form, strings.TrimSpace(text)); err == nil {
			return Time{at.UTC()}
		}
	}
	return Time{}
}

// Rows decodes the records of a page one by one, so that a broken one harms only itself. It returns
// what could be read; read returns the name of a record, as far as it got to know it.
func Rows[T any](rows []json.RawMessage, read func(row T) (id string, err error)) []Broken {
	var broken []Broken
	for _, row := range rows {
		var value T
		decoder := json.NewDecoder(strings.NewReader(string(row)))
		decoder.UseNumber()
		err := decoder.Decode(&value)
		id := ""
		if err == nil {
			id, err = read(value)
		}
		if err != nil {
			if id == "" {
				id = nameIn(row)
			}
			broken = append(broken, Broken{ID: id, Reason: reason(err)})
		}
	}
	return broken
}

// Each is Rows for records of which each becomes one of a list.
func Each[T, R any](rows []json.RawMessage, list *[]R, of func(row T) R) []Broken {
	return Rows(rows, func(row T) (string, error) {
		*list = append(*list, of(row))
		return "", nil
	})
}

// All is Rows for records that are parts of another one: it is broken without them.
func All[T any](what string, rows []json.RawMessage, read func(row T) (id string, err error)) error {
	if broken := Rows(rows, read); len(broken) > 0 {
		return &Unreadable{what + " " + broken[0].ID + ": " + broken[0].Reason}
	}
	return nil
}

// reason says why a record can't be read.
func reason(err error) string {
	if wrong, is := errors.AsType[*json.UnmarshalTypeError](err); is {
		return fmt.Sprintf("%s is of another kind than expected: %s", wrong.Field, wrong.Value)
	}
	return err.Error()
}

// nameIn finds the name of a record that can't be read as a whole.
func nameIn(row json.RawMessage) string {
	var named struct {
		ID       ID `json:"id"`
		TicketID ID `json:"TicketID"`
		UserID   ID `json:"UserID"`
	}
	_ = json.Unmarshal(row, &named) // an array, perhaps
	for _, id := range []ID{named.ID, named.TicketID, named.UserID} {
		if id != "" {
			return string(id)
		}
	}
	return "?"
}

// Names splits a name into its first word and the rest.
func Names(name string) (first, last string) {
	first, last, _ = strings.Cut(strings.Join(strings.Fields(name), " "), " ")
	return first, last
}
