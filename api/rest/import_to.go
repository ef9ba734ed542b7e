package rest

import (
	"context"

	"postroom/internal/csvimport"
	"postroom/internal/desk"
	"postroom/internal/store"
)

// importTo writes the records of one file in one transaction. A record that can't be written leaves
// the others alone.
type importTo struct {
	*Import
	tx   *store.Store
	in   *Input
	made Set[int64]
}

// Find implements csvimport.Target.
func (t *importTo) Find(ctx context.Context, column string, values []string) (map[string]int64, error) {
	return t.Import.Find(ctx, t.tx, column, values)
}

// Create implements csvimport.Target.
func (t *importTo) Create(ctx context.Context, attributes map[string]any) (id int64, err error) {
	err = t.tx.Attempt(ctx, func(tx *store.Store) error {
		in, err := t.line(ctx, tx, attributes, "created_by", "updated_by")
		if err != nil {
			return err
		}
		id, err = t.Make(ctx, tx, in)
		return err
	})
	if err == nil {
		t.made.Add(id)
	}
	return id, err
}

// Update implements csvimport.Target.
func (t *importTo) Update(ctx context.Context, id int64, attributes map[string]any) error {
	return t.tx.Attempt(ctx, func(tx *store.Store) error {
		in, err := t.line(ctx, tx, attributes, "updated_by", "created_by")
		if err != nil {
			return err
		}
		return t.Change(ctx, tx, in, id)
	})
}

// line is what a line says, as if whoever imports had sent it in the name of the author that it
// names, or in nobody's.
func (t *importTo) line(ctx context.Context, tx *store.Store, attributes map[string]any, relations ...string) (*Input, error) {
	who := *t.in.Who
	who.User = desk.User{ID: desk.SystemUser}
	p := Params(attributes)
	for _, relation := range relations {
		if p.Blank(relation) && p.Blank(relation+"_id") {
			continue
		}
		id, err := authorIn(ctx, tx, p, relation)
		if err != nil {
			return nil, err
		}
		who.User.ID = id
		break
	}
	return &Input{Params: p, Catalog: t.in.Catalog, Who: &who, Automatic: true}, nil
}

// authorIn finds the user that a line names by id, login or mail address.
func authorIn(ctx context.Context, tx *store.Store, p Params, relation string) (desk.UserID, error) {
	key := relation + "_id"
	if !p.Blank(key) {
		id, err := IDIn[desk.UserID](p, key)
		if err != nil {
			return 0, err
		}
		known, err := tx.ExistingUsers(ctx, []desk.UserID{id})
		if err == nil && !known[id] {
			err = InvalidParam(key, p[key])
		}
		return id, err
	}
	user, err := tx.UserNamed(ctx, p.Text(relation))
	if err == nil && user == nil {
		err = Invalid(relation, "No lookup value found for '%s': %s", relation, Literal(p[relation]))
	}
	if err != nil {
		return 0, err
	}
	return user.ID, nil
}

// answer tells what became of a file.
func (t *importTo) answer(ctx context.Context, result csvimport.Result, try bool) (Record, error) {
	shown, err := t.Columns(ctx, t.tx, t.in.Catalog, result.IDs)
	if err != nil {
		return nil, err
	}
	records := []Record{}
	for _, id := range result.IDs {
		record := shown[id]
		if try && t.made[id] {
			record = append(Record{{"id", nil}}, record.Without("id")...) // it has none yet
		}
		records = append(records, record)
	}
	outcome := "success"
	if len(result.Errors) > 0 {
		outcome = "failed"
	}
	return Record{
		{"try", try}, {"result", outcome}, {"stats", Record{{"created", result.Created}, {"updated", result.Updated}}},
		{"records", records}, {"errors", result.Errors},
	}, nil
}
