package table

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// Tie names a table of pairs, and the column in it that says which record.
type Tie struct{ Table, Column string }

// reach is the condition that a record of a table is for everybody or for one of some groups.
func (t Tie) reach(records, groups string) string {
	pairs := `SELECT FROM ` + t.Table + ` l WHERE l.` + t.Column + ` = ` + records + `.id`
	return `(NOT EXISTS (` + pairs + `) OR EXISTS (` + pairs + ` AND l.group_id = ANY(` + groups + `)))`
}

// Groups returns the groups that each of those of the records is for that is for some.
func (t *Of[T, ID]) Groups(ctx context.Context, s *pg.DB, ids []ID) (map[ID][]desk.GroupID, error) {
	return pg.Keyed[ID](ctx, s, "groups in "+t.Ties.Table, `
		SELECT `+t.Ties.Column+`, array_agg(group_id ORDER BY group_id)
		FROM `+t.Ties.Table+`
		WHERE `+t.Ties.Column+` = ANY($1)
		GROUP BY 1`, pg.Whole[[]desk.GroupID], ids)
}

// SetGroups makes exactly these groups those that a record is for; none: it is for everybody.
func (t *Of[T, ID]) SetGroups(ctx context.Context, tx *pg.DB, id ID, groups []desk.GroupID) error {
	return pg.ReplaceLinks(ctx, tx, t.Ties.Table, t.Ties.Column, "group_id", int64(id), pg.Plain(groups))
}
