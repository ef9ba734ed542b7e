package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"postroom/internal/attribute"
	"postroom/internal/desk"
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
func (s *Store) MigrateAttributes(ctx context.Context, by desk.UserID) error {
	return s.aloneWithAttributes(ctx, func(on *Store) error {
		pending, err := many[desk.Attribute](ctx, on, "waiting attributes", Attributes.all+pendingAttributes)
		if err != nil {
			return err
		}
		if err := on.settleValues(ctx, pending); err != nil {
			return err
		}
		if err := on.InTx(ctx, func(tx *Store) error { return tx.migrateDefinitions(ctx, pending, by) }); err != nil {
			return err
		}
		s.ForgetCatalog()
		return on.settleIndexes(ctx)
	})
}

// DiscardAttributes gives up waiting changes of definitions.
func (s *Store) DiscardAttributes(ctx context.Context, by desk.UserID) error {
	defer s.ForgetCatalog()
	return s.aloneWithAttributes(ctx, func(on *Store) error {
		return on.InTx(ctx, func(tx *Store) error {
			pending, err := many[desk.Attribute](ctx, tx, "waiting attributes", Attributes.all+pendingAttributes)
			if err != nil {
				return err
			}
			return tx.replaceDefinitions(ctx, pending, attribute.Discarded, by)
		})
	})
}

// WriteAttributes runs fn, which changes definitions, in a transaction that no migration comes in
// between.
func (s *Store) WriteAttributes(ctx context.Context, fn func(tx *Store) error) error {
	defer s.ForgetCatalog()
	return s.InTx(ctx, func(tx *Store) error {
		free, err := value[bool](ctx, tx, "share attributes", tryAttributeShare)
		if err != nil {
			return err
		}
		if !free {
			return errMigrating
		}
		if err := Attributes.Wait(ctx, tx); err != nil {
			return err
		}
		return fn(tx)
	})
}

// aloneWithAttributes runs fn on a connection of its own, outside of a transaction, while nobody
// else migrates.
func (s *Store) aloneWithAttributes(ctx context.Context, fn func(on *Store) error) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("connection for a migration: %w", translate(err))
	}
	defer conn.Release()
	on := &Store{db: conn, pool: s.pool, spare: s.spare, seal: s.seal, work: s.work, latest: s.latest}
	free, err := value[bool](ctx, on, "lock attributes", tryAttributeLock)
	if err != nil {
		return err
	}
	if !free {
		return errMigrating
	}
	defer unlockAttributes(ctx, conn)
	return fn(on)
}

// unlockAttributes lets others migrate, also when nobody waits for this migration any more.
func unlockAttributes(ctx context.Context, conn *pgxpool.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), silence)
	defer cancel()
	if _, err := conn.Exec(ctx, attributeUnlock); err != nil {
		_ = conn.Conn().Close(ctx) // the lock ends with its connection
	}
}

// migrateDefinitions makes what definitions wait for true, in one transaction.
func (s *Store) migrateDefinitions(ctx context.Context, pending []desk.Attribute, by desk.UserID) error {
	return s.replaceDefinitions(ctx, pending, func(a desk.Attribute) (desk.Attribute, bool) {
		return attribute.Migrated(a), !a.ToDelete
	}, by)
}

// replaceDefinitions stores what becomes of definitions, or deletes them. There are as many as
// somebody changed by hand.
func (s *Store) replaceDefinitions(ctx context.Context, list []desk.Attribute, become func(desk.Attribute) (desk.Attribute, bool), by desk.UserID) error {
	for _, a := range list {
		next, keep := become(a)
		if !keep {
			if err := Attributes.Delete(ctx, s, a.ID); err != nil && !errors.Is(err, desk.ErrNotFound) {
				return err
			}
			continue
		}
		if err := Attributes.Save(ctx, s, &next, by); err != nil {
			return err
		}
	}
	return nil
}

// settleValues takes away the values of attributes that are to be deleted, and turns those around
// whose kind changed.
func (s *Store) settleValues(ctx context.Context, pending []desk.Attribute) error {
	var going []desk.AttributeID
	for _, a := range pending {
		if a.ToDelete {
			going = append(going, a.ID)
		}
	}
	// From here on nobody writes values of these any more, and their names are still taken.
	if err := s.exec(ctx, "retire attributes", `UPDATE object_manager_attributes SET active = false WHERE id = ANY($1)`, plain(going)); err != nil {
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
func (s *Store) inBatches(ctx context.Context, table, update, name string) error {
	last, err := value[int64](ctx, s, "last id", `SELECT coalesce(max(id), 0) FROM `+table)
	for from := int64(0); err == nil && from < last; from += batchOfRecords {
		err = s.exec(ctx, "update "+table, `UPDATE `+table+` `+update+` AND id > $2 AND id <= $3`, name, from, from+batchOfRecords)
	}
	return err
}

// settleIndexes builds the indexes that attributes should have, and drops those that none has any more.
func (s *Store) settleIndexes(ctx context.Context) error {
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
func (s *Store) dropIndexes(ctx context.Context, table string, wanted map[string]customIndex) error {
	there, err := keyed[string](ctx, s, "indexes of "+table, indexesOfTable, whole[bool], table, customPrefix(table))
	if err != nil {
		return err
	}
	for name, valid := range there {
		if _, keep := wanted[name]; keep && valid {
			continue
		}
		if err := s.exec(ctx, "drop index", `DROP INDEX CONCURRENTLY IF EXISTS `+identifier(name)); err != nil {
			return err
		}
	}
	return nil
}

// indexTime is how long building one index may take.
const indexTime = 10 * time.Minute

func (s *Store) buildIndex(ctx context.Context, index customIndex) error {
	ctx, cancel := context.WithTimeout(ctx, indexTime)
	defer cancel()
	name := identifier(index.name)
	_, err := s.db.Exec(ctx, `CREATE INDEX CONCURRENTLY IF NOT EXISTS `+name+` ON `+index.table+` `+index.definition)
	if failure, ok := errors.AsType[*pgconn.PgError](err); ok && failure.Code == "54000" { // program_limit_exceeded
		// There are texts of a time when they might be longer. The attribute works without.
		return s.exec(ctx, "drop index", `DROP INDEX CONCURRENTLY IF EXISTS `+name)
	}
	if err != nil {
		return fmt.Errorf("index %s: %w", index.name, translate(err))
	}
	return nil
}
