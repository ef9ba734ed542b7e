package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
)

// Record is a row by column names, as set-up files hold it. Objects become jsonb.
type Record map[string]any

// InsertRecords adds rows as they are, ids included. All of them must have the same columns. What
// is secret in settings and channels is sealed.
func (s *Store) InsertRecords(ctx context.Context, table string, records []Record) error {
	return s.insertRecords(ctx, table, records, "")
}

// InsertMissing is InsertRecords for rows of which some may be there already; those stay as they are.
func (s *Store) InsertMissing(ctx context.Context, table string, records []Record) error {
	return s.insertRecords(ctx, table, records, `
		ON CONFLICT DO NOTHING`)
}

func (s *Store) insertRecords(ctx context.Context, table string, records []Record, conflict string) error {
	if len(records) == 0 {
		return nil
	}
	sealed := make([]Record, len(records))
	for i, record := range records {
		var err error
		if sealed[i], err = s.sealRecord(table, record); err != nil {
			return fmt.Errorf("%s %d: %w", table, i, err)
		}
	}
	rows, err := json.Marshal(sealed)
	if err != nil {
		return fmt.Errorf("%s: %w", table, err)
	}
	name, columns := identifier(table), columnsOf(records[0])
	sql := `
		INSERT INTO ` + name + ` (` + columns + `)
		SELECT ` + columns + `
		FROM jsonb_populate_recordset(NULL::` + name + `, $1)` + conflict
	if _, err := s.db.Exec(ctx, sql, rows); err != nil {
		return fmt.Errorf("insert into %s: %w", table, translate(err))
	}
	return nil
}

// UpdateRecord changes the given columns of one row, and the time of its last change.
func (s *Store) UpdateRecord(ctx context.Context, table string, id int64, record Record) error {
	record, err := s.sealRecord(table, record)
	if err != nil {
		return fmt.Errorf("%s %d: %w", table, id, err)
	}
	row, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("%s %d: %w", table, id, err)
	}
	name, columns := identifier(table), columnsOf(record)
	sql := `UPDATE ` + name + `
		SET (` + columns + `) = (SELECT ` + columns + ` FROM jsonb_populate_record(NULL::` + name + `, $2)), updated_at = now()
		WHERE id = $1`
	if _, err := s.db.Exec(ctx, sql, id, row); err != nil {
		return fmt.Errorf("update %s %d: %w", table, id, translate(err))
	}
	return nil
}

// NewRecordID takes the next id of a table.
func (s *Store) NewRecordID(ctx context.Context, table string) (id int64, err error) {
	err = s.db.QueryRow(ctx, `SELECT nextval(pg_get_serial_sequence($1, 'id'))`, table).Scan(&id)
	return id, translate(err)
}

// RecordID returns the id of the row whose column has this text, whatever its case, or desk.ErrNotFound.
func (s *Store) RecordID(ctx context.Context, table, column, text string) (id int64, err error) {
	sql := `
		SELECT id
		FROM ` + identifier(table) + `
		WHERE lower(` + identifier(column) + `) = lower($1)
		ORDER BY id
		LIMIT 1`
	err = s.db.QueryRow(ctx, sql, text).Scan(&id)
	return id, translate(err)
}

// RecordName returns the name of a row.
func (s *Store) RecordName(ctx context.Context, table string, id int64) (name string, err error) {
	err = s.db.QueryRow(ctx, `SELECT name FROM `+identifier(table)+` WHERE id = $1`, id).Scan(&name)
	return name, translate(err)
}

// ActiveIDs lists the ids of a table's active rows.
func (s *Store) ActiveIDs(ctx context.Context, table string) ([]int64, error) {
	rows, _ := s.db.Query(ctx, `SELECT id FROM `+identifier(table)+` WHERE active ORDER BY id`)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	return ids, translate(err)
}

// HasRecord reports whether a table has a row of this id.
func (s *Store) HasRecord(ctx context.Context, table string, id int64) (has bool, err error) {
	err = s.db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM `+identifier(table)+` WHERE id = $1)`, id).Scan(&has)
	return has, translate(err)
}

// AdvanceIDs makes the next id of a table follow the largest that was given by hand.
func (s *Store) AdvanceIDs(ctx context.Context, table string) error {
	sql := `
		SELECT setval(pg_get_serial_sequence($1, 'id'), greatest(nextval(pg_get_serial_sequence($1, 'id')) - 1,
			(SELECT max(id) FROM ` + identifier(table) + `)))`
	if _, err := s.db.Exec(ctx, sql, table); err != nil {
		return fmt.Errorf("ids of %s: %w", table, translate(err))
	}
	return nil
}

// RestartNumbers makes ticket numbers count from one again. Only for a database without tickets:
// a first start that was cut short must not leave a gap.
func (s *Store) RestartNumbers(ctx context.Context) error {
	_, err := s.db.Exec(ctx, `SELECT setval('ticket_number_increment', 1, false)`)
	return translate(err)
}

// sealRecord returns the record with its secrets sealed.
func (s *Store) sealRecord(table string, record Record) (Record, error) {
	switch table {
	case "channels":
		options, ok := record["options"].(map[string]any)
		if !ok {
			return record, nil
		}
		sealed, err := eachSecret(options, s.seal.seal)
		if err != nil {
			return nil, fmt.Errorf("options: %w", err)
		}
		return with(record, "options", sealed), nil
	case "settings":
		preferences, _ := record["preferences"].(map[string]any)
		if preferences["secret"] != true {
			return record, nil
		}
		for _, column := range []string{"state_initial", "state_current"} {
			state, _ := record[column].(map[string]any)
			text, _ := state["value"].(string)
			sealed, err := s.seal.seal(text)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", column, err)
			}
			record = with(record, column, map[string]any{"value": sealed})
		}
	}
	return record, nil
}

func with(record Record, column string, value any) Record {
	out := maps.Clone(record)
	out[column] = value
	return out
}

// columnsOf lists a record's columns, quoted.
func columnsOf(record Record) string {
	names := slices.Sorted(maps.Keys(record))
	for i, name := range names {
		names[i] = identifier(name)
	}
	return strings.Join(names, ", ")
}

// identifier is the name of a table or column as SQL spells it.
func identifier(name string) string { return pgx.Identifier{name}.Sanitize() }

const putSetting = `
	UPDATE settings
	SET state_current = $2, updated_at = now()
	WHERE name = $1
	RETURNING coalesce((preferences->>'secret')::boolean, false)`

// PutSettingValue sets a setting's current value without asking whether it makes sense: set-up
// knows what it does. It returns desk.ErrNotFound for a setting that does not exist.
func (s *Store) PutSettingValue(ctx context.Context, name string, value any) error {
	state, err := json.Marshal(map[string]any{"value": value})
	if err != nil {
		return &desk.InvalidError{Field: name, Reason: err.Error()}
	}
	var secret bool
	if err := s.db.QueryRow(ctx, putSetting, name, state).Scan(&secret); err != nil {
		return fmt.Errorf("setting %s: %w", name, translate(err))
	}
	text, ok := value.(string)
	if !secret || !ok {
		return nil
	}
	sealed, err := s.seal.seal(text)
	if err != nil {
		return fmt.Errorf("setting %s: %w", name, err)
	}
	state, _ = json.Marshal(map[string]any{"value": sealed})
	_, err = s.db.Exec(ctx, putSetting, name, state)
	return translate(err)
}
