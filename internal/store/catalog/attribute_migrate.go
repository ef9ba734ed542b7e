package catalog

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"postroom/internal/attribute"
	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

const (
	// Waiting for the lock inside PostgreSQL would hold a snapshot, for whose end a migration that
	// builds indexes would wait in turn.
	tryAttributeLock  = `SELECT pg_try_advisory_lock(hashtextextended('postroom attributes', 0))`
	attributeUnlock   = `SELECT pg_advisory_unlock(hashtextextended('postroom attributes', 0))`
	tryAttributeShare = `SELECT pg_try_advisory_xact_lock_shared(hashtextextended('postroom attributes', 0))`

	pendingAttributes = ` WHERE to_create OR to_migrate OR to_delete OR to_config ORDER BY id`
)

var errMigrating = &desk.InvalidError{Field: "base", Reason: "Another migration of object attributes is running, please try again when it has ended."}

// MigrateAttributes makes waiting definitions of attributes those that count. Values of attributes
// that are deleted go, and every attribute gets the index it should have.
//
// Nothing of it locks a table: records are changed a few at a time, indexes are built while others
// write. A migration that is cut short leaves definitions waiting, and the next one goes on.
func (s Keeper) MigrateAttributes(ctx context.Context, by desk.UserID) error {
	return s.aloneWithAttributes(ctx, func(on Keeper) error {
		pending, err := pg.Many[desk.Attribute](ctx, on.DB, "waiting attributes", Attributes.Select+pendingAttributes)
		if err != nil {
			return err
		}
		if err := on.settleValues(ctx, pending); err != nil {
			return err
		}
		if err := on.inTx(ctx, func(tx Keeper) error { return tx.migrateDefinitions(ctx, pending, by) }); err != nil {
			return err
		}
		s.ForgetCatalog()
		return on.settleIndexes(ctx)
	})
}

// DiscardAttributes gives up waiting changes of definitions.
func (s Keeper) DiscardAttributes(ctx context.Context, by desk.UserID) error {
	defer s.ForgetCatalog()
	return s.aloneWithAttributes(ctx, func(on Keeper) error {
		return on.inTx(ctx, func(tx Keeper) error {
			pending, err := pg.Many[desk.Attribute](ctx, tx.DB, "waiting attributes", Attributes.Select+pendingAttributes)
			if err != nil {
				return err
			}
			return tx.replaceDefinitions(ctx, pending, attribute.Discarded, by)
		})
	})
}

// migrateDefinitions makes what definitions wait for true, in one transaction.
func (s Keeper) migrateDefinitions(ctx context.Context, pending []desk.Attribute, by desk.UserID) error {
	return s.replaceDefinitions(ctx, pending, func(a desk.Attribute) (desk.Attribute, bool) {
		return attribute.Migrated(a), !a.ToDelete
	}, by)
}

// replaceDefinitions stores what becomes of definitions, or deletes them. There are as many as
// somebody changed by hand.
func (s Keeper) replaceDefinitions(ctx context.Context, list []desk.Attribute, become func(desk.Attribute) (desk.Attribute, bool), by desk.UserID) error {
	for _, a := range list {
		next, keep := become(a)
		if !keep {
			if err := Attributes.Delete(ctx, s.DB, a.ID); err != nil && !errors.Is(err, desk.ErrNotFound) {
				return err
			}
			continue
		}
		if err := Attributes.Save(ctx, s.DB, &next, by); err != nil {
			return err
		}
	}
	return nil
}

// settleValues takes away the values of attributes that are to be deleted, and turns those around
// whose kind changed.
func (s Keeper) settleValues(ctx context.Context, pending []desk.Attribute) error {
	var going []desk.AttributeID
	for _, a := range pending {
		if a.ToDelete {
			going = append(going, a.ID)
		}
	}
	// From here on nobody writes values of these any more, and their names are still taken.
	if err := pg.Exec(ctx, s.DB, "retire attributes", `UPDATE object_manager_attributes SET active = false WHERE id = ANY($1)`, pg.Plain(going)); err != nil {
		return err
	}
	for _, a := range pending {
		table := customTables[a.Object]
		if table == "" || a.ToCreate || desk.EditableColumn(a.Object, a.Name) {
			continue
		}
		var err error
		switch {
		case a.ToDelete:
			err = s.inBatches(ctx, table, `SET custom = custom - $1::text WHERE custom ? $1::text`, a.Name)
		case a.ToMigrate && a.Kind() == desk.AttributeList:
			err = s.inBatches(ctx, table, `SET custom = jsonb_set(custom, ARRAY[$1::text], jsonb_build_array(custom->$1::text))
				WHERE jsonb_typeof(custom->$1::text) = 'string'`, a.Name)
		case a.ToMigrate && a.Kind() == desk.AttributeText:
			err = s.inBatches(ctx, table, `SET custom = jsonb_strip_nulls(jsonb_set(custom, ARRAY[$1::text], coalesce(custom->$1::text->0, 'null')))
				WHERE jsonb_typeof(custom->$1::text) = 'array'`, a.Name)
		}
		if err != nil {
			return fmt.Errorf("values of attribute %s.%s: %w", a.Object, a.Name, err)
		}
	}
	return nil
}

// batchOfRecords is how many ids of records one statement goes through: others wait for rows that
// it changes until it ends.
const batchOfRecords = 5000

// inBatches runs an UPDATE of a table, without its beginning, for a range of ids after the other.
func (s Keeper) inBatches(ctx context.Context, table, update, name string) error {
	last, err := pg.Value[int64](ctx, s.DB, "last id", `SELECT coalesce(max(id), 0) FROM `+table)
	for from := int64(0); err == nil && from < last; from += batchOfRecords {
		err = pg.Exec(ctx, s.DB, "update "+table, `UPDATE `+table+` `+update+` AND id > $2 AND id <= $3`, name, from, from+batchOfRecords)
	}
	return err
}

// settleIndexes builds the indexes that attributes should have, and drops those that none has any more.
func (s Keeper) settleIndexes(ctx context.Context) error {
	all, err := s.attributesByObject(ctx)
	if err != nil {
		return err
	}
	wanted := map[string]customIndex{}
	for _, object := range slices.Sorted(maps.Keys(customTables)) {
		for i := range all[object] {
			a := &all[object][i]
			if !a.Editable || a.ToCreate || desk.EditableColumn(a.Object, a.Name) {
				continue
			}
			if index, useful := indexOf(a); useful {
				wanted[index.name] = index
			}
		}
	}
	for table := range maps.Values(customTables) {
		if err := s.dropIndexes(ctx, table, wanted); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		if err := s.buildIndex(ctx, wanted[name]); err != nil {
			return err
		}
	}
	return nil
}

const indexesOfTable = `
	SELECT c.relname, i.indisvalid
	FROM pg_index i
	JOIN pg_class c ON c.oid = i.indexrelid
	WHERE i.indrelid = $1::text::regclass AND starts_with(c.relname, $2)`

// dropIndexes drops indexes on attributes that nobody wants, or whose building was cut short.
func (s Keeper) dropIndexes(ctx context.Context, table string, wanted map[string]customIndex) error {
	there, err := pg.Keyed[string](ctx, s.DB, "indexes of "+table, indexesOfTable, pg.Whole[bool], table, customPrefix(table))
	if err != nil {
		return err
	}
	for name, valid := range there {
		if _, keep := wanted[name]; keep && valid {
			continue
		}
		if err := pg.Exec(ctx, s.DB, "drop index", `DROP INDEX CONCURRENTLY IF EXISTS `+pg.Identifier(name)); err != nil {
			return err
		}
	}
	return nil
}

// indexTime is how long building one index may take.
const indexTime = 10 * time.Minute

func (s Keeper) buildIndex(ctx context.Context, index customIndex) error {
	ctx, cancel := context.WithTimeout(ctx, indexTime)
	defer cancel()
	name := pg.Identifier(index.name)
	_, err := pg.Conn(s.DB).Exec(ctx, `CREATE INDEX CONCURRENTLY IF NOT EXISTS `+name+` ON `+index.table+` `+index.definition)
	if failure, ok := errors.AsType[*pgconn.PgError](err); ok && failure.Code == "54000" { // program_limit_exceeded
		// There are texts of a time when they might be longer. The attribute works without.
		return pg.Exec(ctx, s.DB, "drop index", `DROP INDEX CONCURRENTLY IF EXISTS `+name)
	}
	if err != nil {
		return fmt.Errorf("index %s: %w", index.name, pg.Translate(err))
	}
	return nil
}
