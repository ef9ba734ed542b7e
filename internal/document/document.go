// Package document makes the documents of the search engine out of records.
//
// Names, nesting and types are those of the original, because people's dashboards read these
// indexes. It is pure: what belongs to a record is handed in, and what is not, is not in the
// document. It asks no database and decides nothing about who may see what.
package document

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"postroom/internal/desk"
)

// Bounds on what a document may hold: a bulk of them has to fit into memory, ours and the engine's.
const (
	MaxBody    = 500_000  // bytes of the text of one article
	MaxTexts   = 20 << 20 // bytes of the texts of one ticket; what comes after is left out
	MaxMembers = 1000     // of an organization
	MaxFiles   = 32 << 20 // bytes of the files of one ticket that the engine reads itself; it takes requests up to 100 MB
)

// when is a moment as documents hold it.
func when(t time.Time) string { return t.UTC().Format(desk.TimeForm) }

func whenever(t *time.Time) *string {
	if t == nil {
		return nil
	}
	return new(when(*t))
}

func day(t *time.Time) *string {
	if t == nil {
		return nil
	}
	return new(t.Format(desk.DateForm))
}

// stamp is who wrote a record, and when.
type stamp struct {
	CreatedByID desk.UserID `json:"created_by_id"`
	UpdatedByID desk.UserID `json:"updated_by_id"`
	CreatedAt   string      `json:"created_at"`
	UpdatedAt   string      `json:"updated_at"`
}

func stampOf(s desk.Stamp) stamp {
	return stamp{s.CreatedByID, s.UpdatedByID, when(s.CreatedAt), when(s.UpdatedAt)}
}

// object is the JSON of something without values that could not be JSON.
func object(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil { // preferences came out of the database as JSON
		panic(fmt.Sprintf("document: %v", err))
	}
	return text
}

// null is what stands for a record that is not there.
var null = json.RawMessage("null")

// withCustom is the JSON of a record, with the values of the attributes that administrators added
// to it. One that has the name of an attribute of ours does not replace it.
func withCustom(v any, custom map[string]any, attributes []desk.Attribute) json.RawMessage {
	text := object(v)
	if len(attributes) == 0 {
		return text
	}
	taken := names(v)
	own := make(map[string]any, len(attributes))
	for i := range attributes {
		if name := attributes[i].Name; !taken[name] { // engines refuse documents with two members of one name
			own[name] = attributes[i].Of(custom)
		}
	}
	if len(own) == 0 {
		return text
	}
	more := object(own)
	return append(append(more[:len(more)-1], ','), text[1:]...)
}

// names are the members of a record's JSON.
func names(v any) map[string]bool {
	taken := map[string]bool{}
	for _, field := range reflect.VisibleFields(reflect.TypeOf(v)) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		taken[name] = true
	}
	return taken
}

// Dates are the attributes that administrators added to a kind of record and that hold times, with
// the types that an index has for them.
func Dates(c *desk.Catalog, class string) map[string]string {
	dates := map[string]string{}
	for _, a := range c.CustomAttributes(class) {
		if a.Kind() == desk.AttributeDate || a.Kind() == desk.AttributeTime {
			dates[a.Name] = "date"
		}
	}
	return dates
}

// list is a list that is never null.
func list[T any](values []T) []T {
	if values == nil {
		return []T{}
	}
	return values
}

// preferences are an object, never null.
func preferences(p map[string]any) map[string]any {
	if p == nil {
		return map[string]any{}
	}
	return p
}

func byID[T any](all map[desk.UserID]T, id desk.UserID, otherwise T) T {
	if v, ok := all[id]; ok {
		return v
	}
	return otherwise
}
