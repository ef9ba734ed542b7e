package source

import (
	"encoding/json"
	"strconv"
)

// FieldList is where a helpdesk lists the fields of one kind of record.
type FieldList struct {
	Path   string
	Key    string // what an answer calls the list, where it has a name
	Object string // Ticket, User, Organization
	Prefix string // of the names of its fields: ticket, user, organization
}

// FieldListAt returns the list whose place the cursor is, and the cursor of the one that follows.
func FieldListAt(lists []FieldList, cursor string) (list FieldList, next string) {
	at, err := strconv.Atoi(cursor)
	if err != nil || at < 0 || at >= len(lists) {
		at = 0
	}
	if at+1 < len(lists) {
		next = strconv.Itoa(at + 1)
	}
	return lists[at], next
}

// FieldsOf makes a page of a list of fields. of tells a field without its list's object and prefix, and
// whether it is to be taken over: those that every account has are not.
func FieldsOf[T any](list FieldList, rows []json.RawMessage, next string, of func(row T, object string) (f Field, wanted bool)) Page {
	page := Page{Next: next}
	page.Broken = Rows(rows, func(row T) (string, error) {
		field, wanted := of(row, list.Object)
		if !wanted {
			page.Skipped++
			return field.ID, nil
		}
		field.ID, field.Object = list.Prefix+":"+field.ID, list.Object
		page.Fields = append(page.Fields, field)
		return field.ID, nil
	})
	return page
}
