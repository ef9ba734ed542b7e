package collab

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/desk/teamwork"
	"postroom/internal/store/pg"
)

// RenameTag gives a tag another name, everywhere. If there is a tag of that name already, the two
// become one. It returns a *desk.MissingError if there is no such tag.
func (s Keeper) RenameTag(ctx context.Context, id teamwork.TagID, name string, by desk.UserID) error {
	return s.inTx(ctx, func(tx Keeper) error {
		former, err := tx.lockTag(ctx, id)
		if err != nil || former == name {
			return err
		}
		other, err := tx.tagNamed(ctx, name)
		if err != nil {
			return err
		}
		if other == 0 {
			err = pg.Exec(ctx, tx.DB, "rename tag", `UPDATE tags SET name = $2, updated_at = now() WHERE id = $1`, id, name)
		} else {
			err = tx.mergeTags(ctx, id, other)
		}
		if err != nil {
			return err
		}
		return tx.renameInRules(ctx, former, name)
	})
}

// tagNamed returns the id of the tag of this name, 0 if there is none, and keeps it from going away.
func (s Keeper) tagNamed(ctx context.Context, name string) (id teamwork.TagID, err error) {
	err = pg.Conn(s.DB).QueryRow(ctx, `SELECT id FROM tags WHERE name = $1 FOR UPDATE`, name).Scan(&id)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return 0, fmt.Errorf("tag by name: %w", pg.Translate(err))
	}
	return id, nil
}

// mergeTags puts a tag on all that carries another, which then goes.
func (s Keeper) mergeTags(ctx context.Context, from, to teamwork.TagID) error {
	batch := &pgx.Batch{}
	batch.Queue(`
		UPDATE taggings g
		SET tag_id = $2
		WHERE tag_id = $1
			AND NOT EXISTS (SELECT FROM taggings WHERE tag_id = $2 AND object = g.object AND o_id = g.o_id)`, from, to)
	batch.Queue(`DELETE FROM tags WHERE id = $1`, from)
	return pg.Send(ctx, s.DB, batch, "merge tags")
}

// tagRules are the columns in which rules name tags. There are as many rows as somebody typed in.
var tagRules = []struct{ table, column string }{
	{"triggers", "condition"}, {"triggers", "perform"}, {"schedulers", "condition"}, {"schedulers", "perform"}, {"macros", "perform"},
	{"overviews", "condition"}, {"slas", "condition"}, {"report_profiles", "condition"}, {"postmaster_filters", "perform"},
	{"core_workflows", "condition_saved"}, {"core_workflows", "condition_selected"}, {"templates", "options"},
}

// renameInRules renames a tag in all that works with it by name.
func (s Keeper) renameInRules(ctx context.Context, from, to string) error {
	for _, rule := range tagRules { // a column after the other: a rule may name the tag in two of them
		table, column := pgx.Identifier{rule.table}.Sanitize(), pgx.Identifier{rule.column}.Sanitize()
		named, err := pg.Keyed[int64](ctx, s.DB, "tags in "+rule.table, `
			SELECT id, `+column+`
			FROM `+table+`
			WHERE `+column+`::text ILIKE '%tags%'
			ORDER BY id
			FOR NO KEY UPDATE`, pg.Whole[json.RawMessage])
		if err != nil {
			return err
		}
		batch := &pgx.Batch{}
		for id, text := range named {
			renamed, changed, err := renameInRule(text, from, to)
			if err != nil {
				return fmt.Errorf("%s of %s %d: %w", rule.column, rule.table, id, err)
			}
			if changed {
				batch.Queue(`UPDATE `+table+` SET `+column+` = $2, updated_at = now() WHERE id = $1`, id, renamed)
			}
		}
		if err := pg.Send(ctx, s.DB, batch, "rename tag in "+rule.table); err != nil {
			return err
		}
	}
	return nil
}

func renameInRule(text json.RawMessage, from, to string) (renamed json.RawMessage, changed bool, err error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var rule any
	if err := decoder.Decode(&rule); err != nil {
		return nil, false, err
	}
	if !teamwork.RenameTag(rule, from, to) {
		return nil, false, nil
	}
	renamed, err = json.Marshal(rule)
	return renamed, true, err
}
