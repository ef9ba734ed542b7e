// Package table keeps records that are only listed, read, written and deleted.
//
// A noun's room says in SQL what its rows are, in an Of; the rest is here, as is what all lists have
// in common: which records are wanted, in which order, and which page of them.
package table

import (
	"context"
	"fmt"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// Of is where records of one kind are kept, if all that is done to them is to list, read, write
// and delete them. A noun's file says what its rows are, in SQL written by hand.
type Of[T any, ID ~int64] struct {
	Class string // what answers call a record: Ticket::State

	Name   string // of the table in the database
	Select string // a SELECT of every row, without a condition
	Search string // the columns that words are looked for in
	Text   string // the same as one text, as an index has it; only where Filter.Search is used
	Create string // takes values, the last being who made the record, and returns the id
	Update string // takes values, then the id
	Values func(T) []any
	Parts  func(*T) (*ID, *desk.Stamp)
	// Ties is where records are tied to the groups that they are for; empty: they are for everybody.
	Ties Tie
	// Alone is for tables whose rows depend on each other: they change one at a time.
	Alone bool
	// Check runs before a record is written; nil: nothing does.
	Check func(ctx context.Context, tx *pg.DB, v *T) error
	// Needed refuses to delete a record that something else needs; nil: the database says so by itself.
	Needed func(ctx context.Context, tx *pg.DB, id ID) error
	// Settle makes other rows follow a record that was written, or its deletion, when v is empty.
	Settle func(ctx context.Context, tx *pg.DB, v T) error
}

// Filter says which records of a table a list shows. Its parts narrow each other.
type Filter[ID ~int64] struct {
	Words      []string // each must be in one of the texts
	Search              // for tables whose rows conditions can be about
	IDs        []ID     // nil: all
	OnlyActive bool
	InGroups   []desk.GroupID // only records for one of these groups, or for everybody; nil: all
}

// Where writes the conditions of a filter.
func (t *Of[T, ID]) Where(f Filter[ID], args *pg.Args) string {
	conditions := []string{"true"}
	for _, word := range f.Words {
		conditions = append(conditions, `concat_ws(E'\n', `+t.Search+`) ILIKE `+args.Add(pg.Containing(word)))
	}
	conditions = append(conditions, f.Search.Where(args, func(patterns []string) string {
		return AnyLike([]string{t.Text}, patterns, args)
	})...)
	if f.IDs != nil {
		conditions = append(conditions, "id = ANY("+args.Add(f.IDs)+")")
	}
	if f.OnlyActive {
		conditions = append(conditions, "active")
	}
	if f.InGroups != nil {
		conditions = append(conditions, t.Ties.reach(t.Name, args.Add(f.InGroups)))
	}
	return " WHERE " + strings.Join(conditions, " AND ")
}

// ID returns the id of a record.
func (t *Of[T, ID]) ID(v T) ID {
	id, _ := t.Parts(&v)
	return *id
}

// Stamp returns the stamp of a record.
func (t *Of[T, ID]) Stamp(v T) desk.Stamp {
	_, stamp := t.Parts(&v)
	return *stamp
}

// List returns one page of records. Without orders the order is by id.
func (t *Of[T, ID]) List(ctx context.Context, s *pg.DB, f Filter[ID], orders []Order, page Page) ([]T, error) {
	var args pg.Args
	sql := t.Select + t.Where(f, &args) + OrderBy(orders, "id") + " LIMIT " + args.Add(page.Limit) + " OFFSET " + args.Add(page.Offset)
	return pg.Many[T](ctx, s, "list "+t.Name, sql, args.Planned()...)
}

// All returns every record by id. It is for tables with as many rows as somebody typed in.
func (t *Of[T, ID]) All(ctx context.Context, s *pg.DB) (map[ID]T, error) {
	return pg.ByID(ctx, s, t.Select, t.ID)
}

// Count returns how many records a filter finds.
func (t *Of[T, ID]) Count(ctx context.Context, s *pg.DB, f Filter[ID]) (int, error) {
	var args pg.Args
	sql := t.Select + t.Where(f, &args)
	return pg.Count(ctx, s, sql, args.Planned()...)
}

// Names returns what every record is called. It is for tables like those of All.
func (t *Of[T, ID]) Names(ctx context.Context, s *pg.DB) (map[ID]string, error) {
	return pg.Keyed[ID](ctx, s, "names in "+t.Name, `SELECT id, name FROM `+t.Name, pg.Whole[string])
}

// Existing returns those of the ids that there are.
func (t *Of[T, ID]) Existing(ctx context.Context, s *pg.DB, ids []ID) (map[ID]bool, error) {
	return pg.Existing(ctx, s, t.Name, ids)
}

// IDsByName finds records by their exact names. Names of none are left out.
func (t *Of[T, ID]) IDsByName(ctx context.Context, s *pg.DB, wanted []string) (map[string]ID, error) {
	return pg.Keyed[string](ctx, s, "ids by name in "+t.Name, `SELECT name, id FROM `+t.Name+` WHERE name = ANY($1)`, pg.Whole[ID], wanted)
}

// Get returns one record, or a *desk.MissingError.
func (t *Of[T, ID]) Get(ctx context.Context, s *pg.DB, id ID) (T, error) {
	return pg.One[T](ctx, s, t.Select+` WHERE id = $1`, t.Class, int64(id))
}

// Lock is Get for a transaction that is going to change the record: no other can until it ends.
func (t *Of[T, ID]) Lock(ctx context.Context, tx *pg.DB, id ID) (T, error) {
	if err := t.Wait(ctx, tx); err != nil {
		var none T
		return none, err
	}
	return pg.One[T](ctx, tx, t.Select+` WHERE id = $1 FOR NO KEY UPDATE`, t.Class, int64(id))
}

// Wait lets a transaction that is going to add a record wait for others that change the table,
// where that matters.
func (t *Of[T, ID]) Wait(ctx context.Context, tx *pg.DB) error {
	if !t.Alone {
		return nil
	}
	return pg.Exec(ctx, tx, "lock "+t.Name, `LOCK TABLE `+t.Name+` IN SHARE ROW EXCLUSIVE MODE`)
}

// Insert stores a new record that somebody made, and fills its id.
func (t *Of[T, ID]) Insert(ctx context.Context, tx *pg.DB, v *T, by desk.UserID) error {
	id, stamp := t.Parts(v)
	stamp.UpdatedByID = by
	if err := t.checked(ctx, tx, v); err != nil {
		return err
	}
	if err := pg.Conn(tx).QueryRow(ctx, t.Create, t.Values(*v)...).Scan(id); err != nil {
		return fmt.Errorf("insert into %s: %w", t.Name, pg.Translate(err))
	}
	return t.settled(ctx, tx, *v)
}

// Save stores a record that somebody changed.
func (t *Of[T, ID]) Save(ctx context.Context, tx *pg.DB, v *T, by desk.UserID) error {
	id, stamp := t.Parts(v)
	stamp.UpdatedByID = by
	if err := t.checked(ctx, tx, v); err != nil {
		return err
	}
	if err := pg.Exec(ctx, tx, "save in "+t.Name, t.Update, append(t.Values(*v), *id)...); err != nil {
		return err
	}
	return t.settled(ctx, tx, *v)
}

// Delete deletes a record that nothing refers to, or returns a *desk.MissingError.
func (t *Of[T, ID]) Delete(ctx context.Context, tx *pg.DB, id ID) error {
	if t.Needed != nil {
		if err := t.Needed(ctx, tx, id); err != nil {
			return err
		}
	}
	if err := pg.DeleteRow(ctx, tx, t.Name, t.Class, int64(id)); err != nil {
		return err
	}
	var none T
	return t.settled(ctx, tx, none)
}

func (t *Of[T, ID]) checked(ctx context.Context, tx *pg.DB, v *T) error {
	if t.Check == nil {
		return nil
	}
	return t.Check(ctx, tx, v)
}

func (t *Of[T, ID]) settled(ctx context.Context, tx *pg.DB, v T) error {
	if t.Settle == nil {
		return nil
	}
	return t.Settle(ctx, tx, v)
}

// CheckName refuses a name that is blank or that of a record with another id, whatever its case.
func (t *Of[T, ID]) CheckName(ctx context.Context, tx *pg.DB, name string, id ID) error {
	if name == "" {
		return &desk.InvalidError{Field: "name", Reason: "Name can't be blank"}
	}
	taken, err := pg.Value[bool](ctx, tx, "is name taken", `SELECT EXISTS (SELECT FROM `+t.Name+` WHERE lower(name) = lower($1) AND id <> $2)`, name, id)
	if err == nil && taken {
		err = &desk.InvalidError{Field: "name", Reason: "Name has already been taken"}
	}
	return err
}

// SettleDefault keeps exactly one record the default: the one just made it, else the one that was,
// else the first. table and column are ours, never a client's.
func SettleDefault(ctx context.Context, s *pg.DB, table, column string, id int64, chosen bool) error {
	if chosen {
		return pg.Exec(ctx, s, "settle default", `UPDATE `+table+` SET `+column+` = false WHERE `+column+` AND id <> $1`, id)
	}
	return pg.Exec(ctx, s, "settle default", `
		UPDATE `+table+` SET `+column+` = true
		WHERE id = (SELECT min(id) FROM `+table+` WHERE active)
			AND NOT EXISTS (SELECT FROM `+table+` WHERE `+column+`)`)
}
