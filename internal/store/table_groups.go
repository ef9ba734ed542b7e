package store

import (
	"context"

	"postroom/internal/desk"
)

// tie names a table of pairs, and the column in it that says which record.
type tie struct{ table, column string }

// reach is the condition that a record of a table is for everybody or for one of some groups.
func (t tie) reach(records, groups string) string {
	pairs := `SELECT FROM ` + t.table + ` l WHERE l.` + t.column + ` = ` + records + `.id`
	return `(NOT EXISTS (` + pairs + `) OR EXISTS (` + pairs + ` AND l.group_id = ANY(` + groups + `)))`
}

// Groups returns the groups that each of those of the records is for that is for some.
func (t *Table[T, ID]) Groups(ctx context.Context, s *Store, ids []ID) (map[ID][]desk.GroupID, error) {
	return keyed[ID](ctx, s, "groups in "+t.groups.table, `
		SELECT `+t.groups.column+`, array_agg(group_id ORDER BY group_id)
		FROM `+t.groups.table+`
		WHERE `+t.groups.column+` = ANY($1)
		GROUP BY 1`, whole[[]desk.GroupID], ids)
}

// SetGroups makes exactly these groups those that a record is for; none: it is for everybody.
func (t *Table[T, ID]) SetGroups(ctx context.Context, tx *Store, id ID, groups []desk.GroupID) error {
	return tx.replaceLinks(ctx, t.groups.table, t.groups.column, "group_id", int64(id), plain(groups))
}
