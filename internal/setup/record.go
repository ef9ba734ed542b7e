package setup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/store/installation"
)

// recordKind says which attributes an auto wizard may give records of a table.
type recordKind struct {
	table      string
	name       string              // the column by which an existing record is recognised
	needs      []string            // attributes without which none can be created
	attributes map[string]jsonType // columns
	defaults   installation.Record // of new records
	relations  map[string]relation
	noStamp    bool // has no created_by_id
}

// relation turns an attribute that names other records into columns, or into work for later.
type relation func(w *wizard, ctx context.Context, where string, id int64, value any, record installation.Record) error

// jsonType is what an attribute's value may be.
type jsonType string

const (
	aText   jsonType = "a text"
	aSwitch jsonType = "true or false"
	aNumber jsonType = "a number or null"
	anID    jsonType = "an id or null"
	anyJSON jsonType = "an object"
)

func (t jsonType) fits(value any) bool {
	switch t {
	case aText:
		_, ok := value.(string)
		return ok
	case aSwitch:
		_, ok := value.(bool)
		return ok
	case anyJSON:
		_, ok := value.(map[string]any)
		return ok
	}
	n, ok := value.(float64)
	return value == nil || ok && n == float64(int64(n)) && (t != anID || n > 0)
}

// records applies a list of records of one kind.
func records(kind recordKind) func(*wizard, context.Context, json.RawMessage) error {
	return func(w *wizard, ctx context.Context, value json.RawMessage) error {
		key := kindKey(kind)
		list, err := objects(key, value)
		if err != nil {
			return err
		}
		for i, attributes := range list {
			if _, err := w.put(ctx, fmt.Sprintf("%s[%d]", key, i), kind, attributes); err != nil {
				return err
			}
		}
		return nil
	}
}

// kindKey makes EmailAddresses of email_addresses.
func kindKey(kind recordKind) string {
	key := ""
	for word := range strings.SplitSeq(kind.table, "_") {
		key += strings.ToUpper(word[:1]) + word[1:]
	}
	return key
}

func objects(key string, value json.RawMessage) ([]map[string]any, error) {
	var list []map[string]any
	if err := json.Unmarshal(value, &list); err != nil {
		return nil, invalid(key, "not a list of objects: %v", err)
	}
	return list, nil
}

// put creates a record, or changes the one of the same id or name, and returns its id.
func (w *wizard) put(ctx context.Context, where string, kind recordKind, attributes map[string]any) (int64, error) {
	id, exists, err := w.find(ctx, where, kind, attributes)
	if err != nil {
		return 0, err
	}
	record := installation.Record{}
	if !exists {
		maps.Copy(record, kind.defaults)
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		value := attributes[name]
		if relate, ok := kind.relations[name]; ok {
			err = relate(w, ctx, where+"."+name, id, value, record)
		} else if want, ok := kind.attributes[name]; !ok {
			if name == "id" {
				continue
			}
			err = invalid(where+"."+name, "unknown attribute, known are %s", strings.Join(kind.known(), ", "))
		} else if !want.fits(value) {
			err = invalid(where+"."+name, "has to be %s", want)
		} else {
			record[name] = value
		}
		if err != nil {
			return 0, err
		}
	}
	return id, explain(where, "", w.write(ctx, where, kind, id, exists, record))
}

// find returns the id a record has or is going to have.
func (w *wizard) find(ctx context.Context, where string, kind recordKind, attributes map[string]any) (id int64, exists bool, err error) {
	if value, given := attributes["id"]; given {
		if !anID.fits(value) || value == nil {
			return 0, false, invalid(where+".id", "has to be an id")
		}
		id = int64(value.(float64))
		exists, err = w.tx.HasRecord(ctx, kind.table, id)
		return id, exists, err
	}
	if name, ok := attributes[kind.name].(string); ok && kind.name != "" {
		id, err = w.tx.RecordID(ctx, kind.table, kind.name, name)
		if !errors.Is(err, desk.ErrNotFound) {
			return id, err == nil, err
		}
	}
	id, err = w.tx.NewRecordID(ctx, kind.table)
	return id, false, err
}

func (w *wizard) write(ctx context.Context, where string, kind recordKind, id int64, exists bool, record installation.Record) error {
	if !kind.noStamp {
		record["updated_by_id"] = w.by
	}
	if exists {
		if len(record) == 0 {
			return nil
		}
		return w.tx.UpdateRecord(ctx, kind.table, id, record)
	}
	for _, name := range kind.needs {
		if record[name] == nil || record[name] == "" {
			return invalid(where+"."+name, "is needed")
		}
	}
	record["id"] = id
	if !kind.noStamp {
		record["created_by_id"] = w.by
	}
	if err := w.tx.InsertRecords(ctx, kind.table, []installation.Record{record}); err != nil {
		return err
	}
	return w.tx.AdvanceIDs(ctx, kind.table)
}

func (kind recordKind) known() []string {
	names := slices.Concat(slices.Collect(maps.Keys(kind.attributes)), slices.Collect(maps.Keys(kind.relations)), []string{"id"})
	slices.Sort(names)
	return names
}

// explain says where in the auto wizard an error of the store arose. The database being away stays
// what it is.
func explain(where, missing string, err error) error {
	_, named := errors.AsType[*desk.InvalidError](err)
	switch {
	case err == nil, errors.Is(err, desk.ErrUnavailable):
		return err
	case errors.Is(err, desk.ErrNotFound) && missing != "":
		return invalid(where, "%s", missing)
	case named && strings.Contains(err.Error(), where):
		return err
	}
	return invalid(where, "%v", err)
}
