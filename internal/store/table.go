package store

import (
	"context"
	"fmt"
	"strings"

	"postroom/internal/desk"
)

// Table is where records of one kind are kept, if all that is done to them is to list, read, write
// and delete them. A noun's file says what its rows are, in SQL written by hand.
type Table[T any, ID ~int64] struct {
	Class string // what answers call a record: Ticket::State

	name   string // of the table in the database
	all    string // a SELECT of every row, without a condition
	search string // the columns that words are looked for in
	text   string // the same as one text, as an index has it; only where Filter.Search is used
	insert string // takes values, the last being who made the record, and returns the id
	save   string // takes values, then the id
	values func(T) []any
	parts  func(*T) (*ID, *desk.Stamp)
	// groups is where records are tied to the groups that they are for; empty: they are for everybody.
	groups tie
	// alone is for tables whose rows depend on each other: they change one at a time.
	alone bool
	// check runs before a record is written; nil: nothing does.
	check func(ctx context.Context, tx *Store, v *T) error
	// needed refuses to delete a record that something else needs; nil: the database says so by itself.
	needed func(ctx context.Context, tx *Store, id ID) error
	// settle makes other rows follow a record that was written, or its deletion, when v is empty.
	settle func(ctx context.Context, tx *Store, v T) error
}

// Filter says which records of a table a list shows. Its parts narrow each other.
type Filter[ID ~int64] struct {
	Words      []string // each must be in one of the texts
	Search              // for tables whose rows conditions can be about
	IDs        []ID     // nil: all
	OnlyActive bool
	InGroups   []desk.GroupID // only records for one of these groups, or for everybody; nil: all
}

// where writes the conditions of a filter.
func (t *Table[T, ID]) where(f Filter[ID], args *arguments) string {
	conditions := []string{"true"}
	for _, word := range f.Words {
		conditions = append(conditions, `concat_ws(E'\n', `+t.search+`) ILIKE `+args.add(containing(word)))
	}
	conditions = append(conditions, f.Search.where(args, func(patterns []string) string {
		return anyLike([]string{t.text}, patterns, args)
	})...)
	if f.IDs != nil {
		conditions = append(conditions, "id = ANY("+args.add(f.IDs)+")")
	}
	if f.OnlyActive {
		conditions = append(conditions, "active")
	}
	if f.InGroups != nil {
		conditions = append(conditions, t.groups.reach(t.name, args.add(f.InGroups)))
	}
	return " WHERE " + strings.Join(conditions, " AND ")
}

// ID returns the id of a record.
func (t *Table[T, ID]) ID(v T) ID {
	id, _ := t.parts(&v)
	return *id
}

// Stamp returns the stamp of a record.
func (t *Table[T, ID]) Stamp(v T) desk.Stamp {
	_, stamp := t.parts(&v)
	return *stamp
}

// List returns one page of records. Without orders the order is by id.
func (t *Table[T, ID]) List(ctx context.Context, s *Store, f Filter[ID], orders []Order, page Page) ([]T, error) {
	var args arguments
	sql := t.all + t.where(f, &args) + orderBy(orders, "id") + " LIMIT " + args.add(page.Limit) + " OFFSET " + args.add(page.Offset)
	return many[T](ctx, s, "list "+t.name, sql, args.planned()...)
}

// All returns every record by id. It is for tables with as many rows as somebody typed in.
func (t *Table[T, ID]) All(ctx context.Context, s *Store) (map[ID]T, error) {
	return byID(ctx, s, t.all, t.ID)
}

// Count returns how many records a filter finds.
func (t *Table[T, ID]) Count(ctx context.Context, s *Store, f Filter[ID]) (int, error) {
	var args arguments
	sql := t.all + t.where(f, &args)
	return s.count(ctx, sql, args.planned()...)
}

// Names returns what every record is called. It is for tables like those of All.
func (t *Table[T, ID]) Names(ctx context.Context, s *Store) (map[ID]string, error) {
	return keyed[ID](ctx, s, "names in "+t.name, `SELECT id, name FROM `+t.name, whole[string])
}

// Existing returns those of the ids that there are.
func (t *Table[T, ID]) Existing(ctx context.Context, s *Store, ids []ID) (map[ID]bool, error) {
	return existing(ctx, s, t.name, ids)
}

// IDsByName finds records by their exact names. Names of none are left out.
func (t *Table[T, ID]) IDsByName(ctx context.Context, s *Store, wanted []string) (map[string]ID, error) {
	return keyed[string](ctx, s, "ids by name in "+t.name, `SELECT name, id FROM `+t.name+` WHERE name = ANY($1)`, whole[ID], wanted)
}

// Get returns one record, or a *desk.MissingError.
func (t *Table[T, ID]) Get(ctx context.Context, s *Store, id ID) (T, error) {
	return one[T](ctx, s, t.all+` WHERE id = $1`, t.Class, int64(id))
}

// Lock is Get for a transaction that is going to change the record: no other can until it ends.
func (t *Table[T, ID]) Lock(ctx context.Context, tx *Store, id ID) (T, error) {
	if err := t.Wait(ctx, tx); err != nil {
		var none T
		return none, err
	}
	return one[T](ctx, tx, t.all+` WHERE id = $1 FOR NO KEY UPDATE`, t.Class, int64(id))
}

// Wait lets a transaction that is going to add a record wait for others that change the table,
// where that matters.
func (t *Table[T, ID]) Wait(ctx context.Context, tx *Store) error {
	if !t.alone {
		return nil
	}
	return tx.exec(ctx, "lock "+t.name, `LOCK TABLE `+t.name+` IN SHARE ROW EXCLUSIVE MODE`)
}

// Insert stores a new record that somebody made, and fills its id.
func (t *Table[T, ID]) Insert(ctx context.Context, tx *Store, v *T, by desk.UserID) error {
	id, stamp := t.parts(v)
	stamp.UpdatedByID = by
	if err := t.checked(ctx, tx, v); err != nil {
		return err
	}
	if err := tx.db.QueryRow(ctx, t.insert, t.values(*v)...).Scan(id); err != nil {
		return fmt.Errorf("insert into %s: %w", t.name, translate(err))
	}
	return t.settled(ctx, tx, *v)
}

// Save stores a record that somebody changed.
func (t *Table[T, ID]) Save(ctx context.Context, tx *Store, v *T, by desk.UserID) error {
	id, stamp := t.parts(v)
	stamp.UpdatedByID = by
	if err := t.checked(ctx, tx, v); err != nil {
		return err
	}
	if err := tx.exec(ctx, "save in "+t.name, t.save, append(t.values(*v), *id)...); err != nil {
		return err
	}
	return t.settled(ctx, tx, *v)
}

// Delete deletes a record that nothing refers to, or returns a *desk.MissingError.
func (t *Table[T, ID]) Delete(ctx context.Context, tx *Store, id ID) error {
	if t.needed != nil {
		if err := t.needed(ctx, tx, id); err != nil {
			return err
		}
	}
	if err := tx.deleteRow(ctx, t.name, t.Class, int64(id)); err != nil {
		return err
	}
	var none T
	return t.settled(ctx, tx, none)
}

func (t *Table[T, ID]) checked(ctx context.Context, tx *Store, v *T) error {
	if t.check == nil {
		return nil
	}
	return t.check(ctx, tx, v)
}

func (t *Table[T, ID]) settled(ctx context.Context, tx *Store, v T) error {
	if t.settle == nil {
		return nil
	}
	return t.settle(ctx, tx, v)
}

// CheckName refuses a name that is blank or that of a record with another id, whatever its case.
func (t *Table[T, ID]) CheckName(ctx context.Context, tx *Store, name string, id ID) error {
	if name == "" {
		return &desk.InvalidError{Field: "name", Reason: "Name can't be blank"}
	}
	taken, err := value[bool](ctx, tx, "is name taken", `SELECT EXISTS (SELECT FROM `+t.name+` WHERE lower(name) = lower($1) AND id <> $2)`, name, id)
	if err == nil && taken {
		err = &desk.InvalidError{Field: "name", Reason: "Name has already been taken"}
	}
	return err
}

// settleDefault keeps exactly one record the default: the one just made it, else the one that was,
// else the first. table and column are ours, never a client's.
func (s *Store) settleDefault(ctx context.Context, table, column string, id int64, chosen bool) error {
	if chosen {
		return s.exec(ctx, "settle default", `UPDATE `+table+` SET `+column+` = false WHERE `+column+` AND id <> $1`, id)
	}
	return s.exec(ctx, "settle default", `
		UPDATE `+table+` SET `+column+` = true
		WHERE id = (SELECT min(id) FROM `+table+` WHERE active)
			AND NOT EXISTS (SELECT FROM `+table+` WHERE `+column+`)`)
}
