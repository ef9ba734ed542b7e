package csvimport

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"postroom/internal/desk"
)

// Target is where the records of a kind are kept.
type Target interface {
	// Find returns the ids of those records whose column has one of the values, whatever its case,
	// by value in lower case.
	Find(ctx context.Context, column string, values []string) (map[string]int64, error)
	// Create makes a record and returns its id. An error must leave the target usable.
	Create(ctx context.Context, attributes map[string]any) (int64, error)
	// Update changes a record. An error must leave the target usable.
	Update(ctx context.Context, id int64, attributes map[string]any) error
}

// Result is what became of a file. With errors nothing of it may be kept.
type Result struct {
	Created, Updated int
	IDs              []int64 // of the records, in the order of the lines
	Errors           []string
}

// Run makes or changes a record for each row, and goes on where one can't be: whoever mends a file
// wants to know all that is wrong with it. Its error is one that another attempt may not meet.
func (k Kind) Run(ctx context.Context, rows []Row, to Target) (Result, error) {
	r := run{kind: k, to: to, done: map[int64]bool{}}
	if err := r.find(ctx, rows); err != nil {
		return Result{}, err
	}
	for _, row := range rows {
		if err := r.row(ctx, row); err != nil {
			return Result{}, fmt.Errorf("line %d: %w", row.Line, err)
		}
	}
	return r.result, nil
}

type run struct {
	kind   Kind
	to     Target
	known  map[string]map[string]int64 // column -> value in lower case -> id
	done   map[int64]bool
	result Result
}

// find looks up the records of all rows at once, one question a column.
func (r *run) find(ctx context.Context, rows []Row) error {
	r.known = map[string]map[string]int64{}
	for _, column := range r.kind.Lookup {
		var values []string
		for _, row := range rows {
			if value := key(row, column); value != "" {
				values = append(values, value)
			}
		}
		found := map[string]int64{}
		if len(values) > 0 {
			var err error
			if found, err = r.to.Find(ctx, column, values); err != nil {
				return err
			}
		}
		r.known[column] = found
	}
	return nil
}

// key is what a row has in a column by which records are recognised.
func key(row Row, column string) string {
	value, _ := row.Attributes[column].(string)
	return strings.ToLower(strings.TrimSpace(value))
}

func (r *run) row(ctx context.Context, row Row) error {
	id, wrong := r.recognise(row)
	if wrong == "" {
		wrong = r.unknown(row)
	}
	if wrong != "" {
		r.report(row, wrong)
		return nil
	}
	verb := "update"
	var err error
	if id == 0 {
		verb = "create"
		r.result.Created++
		id, err = r.to.Create(ctx, row.Attributes)
	} else {
		r.result.Updated++
		err = r.to.Update(ctx, id, row.Attributes)
	}
	if err != nil {
		reason, lasting := reasonOf(err)
		if !lasting {
			return err
		}
		r.report(row, "Unable to "+verb+" record - "+reason)
		return nil
	}
	r.result.IDs = append(r.result.IDs, id)
	r.done[id] = true
	for _, column := range r.kind.Lookup {
		if value := key(row, column); value != "" {
			r.known[column][value] = id // a later line with it means the same record
		}
	}
	return nil
}

func (r *run) report(row Row, wrong string) {
	r.result.Errors = append(r.result.Errors, fmt.Sprintf("Line %d: %s", row.Line, wrong))
}

// recognise finds the record that a row means; 0: a new one.
func (r *run) recognise(row Row) (id int64, wrong string) {
	for _, column := range r.kind.Lookup {
		value := key(row, column)
		if value == "" {
			continue
		}
		id = r.known[column][value]
		if id == 0 && column == "id" {
			return 0, fmt.Sprintf("unknown %s with id '%s'.", r.kind.Class, value)
		}
		if id != 0 {
			break
		}
	}
	switch {
	case id != 0 && slices.Contains(r.kind.Locked, id):
		return id, fmt.Sprintf("unable to update %s with id '%s'.", r.kind.Class, strconv.FormatInt(id, 10))
	case id != 0 && r.done[id]:
		return id, "duplicate record found."
	}
	return id, ""
}

// unknown names an attribute that records of this kind don't have.
func (r *run) unknown(row Row) string {
	var strange []string
	for name := range row.Attributes {
		if !slices.Contains(r.kind.Columns, name) && !slices.Contains(r.kind.Lookup, name) {
			strange = append(strange, name)
		}
	}
	if len(strange) == 0 {
		return ""
	}
	return fmt.Sprintf("unknown attribute '%s' for %s.", slices.Min(strange), r.kind.Class)
}

// reasonOf says in a sentence why a record could not be written, and whether it will stay so.
func reasonOf(err error) (reason string, lasting bool) {
	if invalid, ok := errors.AsType[*desk.InvalidError](err); ok {
		return invalid.Reason, true
	}
	if missing, ok := errors.AsType[*desk.MissingError](err); ok {
		return missing.Error(), true
	}
	if forbidden, ok := errors.AsType[*desk.ForbiddenError](err); ok {
		return forbidden.Error(), true
	}
	if errors.Is(err, desk.ErrConflict) {
		return "This object already exists.", true
	}
	return "", false
}
