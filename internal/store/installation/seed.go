package installation

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"postroom/internal/store/pg"
	"postroom/internal/store/seal"
)

// Record is a row by column names, as set-up files hold it. Objects become jsonb.
type Record map[string]any

// InsertRecords adds rows as they are, ids included. All of them must have the same columns. What
// is secret in settings and channels is sealed.
func (s Keeper) InsertRecords(ctx context.Context, table string, records []Record) error {
	return s.insertRecords(ctx, table, records, "")
}

// InsertMissing is InsertRecords for rows of which some may be there already; those stay as they are.
func (s Keeper) InsertMissing(ctx context.Context, table string, records []Record) error {
	return s.insertRecords(ctx, table, records, `
		ON CONFLICT DO NOTHING`)
}

func (s Keeper) insertRecords(ctx context.Context, table string, records []Record, conflict string) error {
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
	name, columns := pg.Identifier(table), columnsOf(records[0])
	sql := `
		INSERT INTO ` + name + ` (` + columns + `)
		SELECT ` + columns + `
		FROM jsonb_populate_recordset(NULL::` + name + `, $1)` + conflict
	if _, err := pg.Conn(s.DB).Exec(ctx, sql, rows); err != nil {
		return fmt.Errorf("insert into %s: %w", table, pg.Translate(err))
	}
	return nil
}

// UpdateRecord changes the given columns of one row, and the time of its last change.
func (s Keeper) UpdateRecord(ctx context.Context, table string, id int64, record Record) error {
	record, err := s.sealRecord(table, record)
	if err != nil {
		return fmt.Errorf("%s %d: %w", table, id, err)
	}
	row, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("%s %d: %w", table, id, err)
	}
	name, columns := pg.Identifier(table), columnsOf(record)
	sql := `UPDATE ` + name + `
		SET (` + columns + `) = (SELECT ` + columns + ` FROM jsonb_populate_record(NULL::` + name + `, $2)), updated_at = now()
		WHERE id = $1`
	if _, err := pg.Conn(s.DB).Exec(ctx, sql, id, row); err != nil {
		return fmt.Errorf("update %s %d: %w", table, id, pg.Translate(err))
	}
	return nil
}

// NewRecordID takes the next id of a table.
func (s Keeper) NewRecordID(ctx context.Context, table string) (id int64, err error) {
	err = pg.Conn(s.DB).QueryRow(ctx, `SELECT nextval(pg_get_serial_sequence($1, 'id'))`, table).Scan(&id)
	return id, pg.Translate(err)
}

// RecordID returns the id of the row whose column has this text, whatever its case, or desk.ErrNotFound.
func (s Keeper) RecordID(ctx context.Context, table, column, text string) (id int64, err error) {
	sql := `
		SELECT id
		FROM ` + pg.Identifier(table) + `
		WHERE lower(` + pg.Identifier(column) + `) = lower($1)
		ORDER BY id
		LIMIT 1`
	err = pg.Conn(s.DB).QueryRow(ctx, sql, text).Scan(&id)
	return id, pg.Translate(err)
}

// RecordName returns the name of a row.
func (s Keeper) RecordName(ctx context.Context, table string, id int64) (name string, err error) {
	err = pg.Conn(s.DB).QueryRow(ctx, `SELECT name FROM `+pg.Identifier(table)+` WHERE id = $1`, id).Scan(&name)
	return name, pg.Translate(err)
}

// ActiveIDs lists the ids of a table's active rows.
func (s Keeper) ActiveIDs(ctx context.Context, table string) ([]int64, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, `SELECT id FROM `+pg.Identifier(table)+` WHERE active ORDER BY id`)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	return ids, pg.Translate(err)
}

// HasRecord reports whether a table has a row of this id.
func (s Keeper) HasRecord(ctx context.Context, table string, id int64) (has bool, err error) {
	err = pg.Conn(s.DB).QueryRow(ctx, `SELECT EXISTS (SELECT FROM `+pg.Identifier(table)+` WHERE id = $1)`, id).Scan(&has)
	return has, pg.Translate(err)
}

// AdvanceIDs makes the next id of a table follow the largest that was given by hand.
func (s Keeper) AdvanceIDs(ctx context.Context, table string) error {
	sql := `
		SELECT setval(pg_get_serial_sequence($1, 'id'), greatest(nextval(pg_get_serial_sequence($1, 'id')) - 1,
			(SELECT max(id) FROM ` + pg.Identifier(table) + `)))`
	if _, err := pg.Conn(s.DB).Exec(ctx, sql, table); err != nil {
		return fmt.Errorf("ids of %s: %w", table, pg.Translate(err))
	}
	return nil
}

// RestartNumbers makes ticket numbers count from one again. Only for a database without tickets:
// a first start that was cut short must not leave a gap.
func (s Keeper) RestartNumbers(ctx context.Context) error {
	_, err := pg.Conn(s.DB).Exec(ctx, `SELECT setval('ticket_number_increment', 1, false)`)
	return pg.Translate(err)
}

// sealRecord returns the record with its secrets sealed.
func (s Keeper) sealRecord(table string, record Record) (Record, error) {
	switch table {
	case "channels":
		options, ok := record["options"].(map[string]any)
		if !ok {
			return record, nil
		}
		sealed, err := seal.Each(options, pg.Sealer(s.DB).Seal)
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
			sealed, err := pg.Sealer(s.DB).Seal(text)
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
		names[i] = pg.Identifier(name)
	}
	return strings.Join(names, ", ")
}
