package pg

import (
	"context"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
)

// Plain takes the type off ids, for tables that are written alike.
func Plain[T ~int64](ids []T) []int64 {
	out := make([]int64, len(ids))
	for i, id := range ids {
		out[i] = int64(id)
	}
	return out
}

// ReplaceLinks makes the rows of a table of pairs that belong to one record those given, and
// writes only what differs.
func ReplaceLinks(ctx context.Context, s *DB, table, owner, other string, id int64, others []int64) error {
	table, owner, other = pgx.Identifier{table}.Sanitize(), pgx.Identifier{owner}.Sanitize(), pgx.Identifier{other}.Sanitize()
	batch := &pgx.Batch{}
	batch.Queue(`DELETE FROM `+table+` WHERE `+owner+` = $1 AND `+other+` <> ALL($2)`, id, others)
	batch.Queue(`INSERT INTO `+table+` (`+owner+`, `+other+`) SELECT $1, unnest($2::bigint[]) ON CONFLICT DO NOTHING`, id, others)
	return Send(ctx, s, batch, "replace "+table)
}

// ReplaceAccess is ReplaceLinks for access to groups.
func ReplaceAccess(ctx context.Context, s *DB, table, owner string, id int64, groups desk.GroupAccess) error {
	table, owner = pgx.Identifier{table}.Sanitize(), pgx.Identifier{owner}.Sanitize()
	var ids []desk.GroupID
	var levels []string
	for group, access := range groups {
		for _, level := range access {
			ids, levels = append(ids, group), append(levels, string(level))
		}
	}
	batch := &pgx.Batch{}
	batch.Queue(`DELETE FROM `+table+` WHERE `+owner+` = $1
		AND NOT EXISTS (SELECT FROM unnest($2::bigint[], $3::text[]) AS wanted (g, a) WHERE g = group_id AND a = access)`, id, ids, levels)
	batch.Queue(`INSERT INTO `+table+` (`+owner+`, group_id, access)
		SELECT $1, * FROM unnest($2::bigint[], $3::text[]) ON CONFLICT DO NOTHING`, id, ids, levels)
	return Send(ctx, s, batch, "replace "+table)
}
