package helpdesks

import (
	"context"
	"time"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// Known is what is known of a record of another helpdesk.
type Known struct {
	OID       int64      // what it became here; 0: nothing, it failed in this run
	ChangedAt *time.Time // there, when it was read last
	ImportID  desk.HelpdeskImportID
}

// A record that failed once in a run is not tried again in it: the next run does.
const knownRecords = `
	SELECT source_id, o_id, changed_at, import_id
	FROM helpdesk_import_records
	WHERE source = $1 AND object = $2 AND source_id = ANY($3)
	UNION ALL
	SELECT f.source_id, 0, NULL, f.import_id
	FROM helpdesk_import_failures f
	WHERE f.import_id = $4 AND f.object = $2 AND f.source_id = ANY($3)
		AND NOT EXISTS (SELECT FROM helpdesk_import_records r WHERE r.source = $1 AND r.object = f.object AND r.source_id = f.source_id)`

// KnownRecords returns what is known of records of a kind, by what the source calls them.
func (s Keeper) KnownRecords(ctx context.Context, run desk.HelpdeskImport, object string, names []string) (map[string]Known, error) {
	return pg.Keyed[string](ctx, s.DB, "known records", knownRecords,
		func(k *Known) []any { return []any{&k.OID, &k.ChangedAt, &k.ImportID} }, run.Source, object, names, run.ID)
}

// Where a record lies; who was deleted since is not found any more.
const importedIDs = `
	SELECT r.source_id, r.o_id
	FROM helpdesk_import_records r
	WHERE r.source = $1 AND r.object = $2 AND r.source_id = ANY($3)
		AND CASE r.object
			WHEN 'User' THEN EXISTS (SELECT FROM users WHERE id = r.o_id)
			WHEN 'Organization' THEN EXISTS (SELECT FROM organizations WHERE id = r.o_id)
			WHEN 'Group' THEN EXISTS (SELECT FROM groups WHERE id = r.o_id)
			WHEN 'Ticket' THEN EXISTS (SELECT FROM tickets WHERE id = r.o_id)
			ELSE true
		END`

// ImportedIDs returns what records of a kind became, as far as it still exists.
func (s Keeper) ImportedIDs(ctx context.Context, source, object string, names []string) (map[string]int64, error) {
	return pg.Keyed[string](ctx, s.DB, "imported records", importedIDs, pg.Whole[int64], source, object, names)
}

// mostFields is more than any source lets its administrators make.
const mostFields = 5000

// ImportedFields returns which attributes the fields of a source became.
func (s Keeper) ImportedFields(ctx context.Context, source string) (map[string]desk.AttributeID, error) {
	return pg.Keyed[string](ctx, s.DB, "imported fields", `
		SELECT source_id, o_id
		FROM helpdesk_import_records
		WHERE source = $1 AND object = 'Field'
		ORDER BY source_id
		LIMIT $2`, pg.Whole[desk.AttributeID], source, mostFields)
}

// Noted is a record that was taken over.
type Noted struct {
	SourceID  string
	OID       int64
	ChangedAt time.Time // zero: the source doesn't say
}

// NoteRecords notes what records of a kind became.
func (s Keeper) NoteRecords(ctx context.Context, run desk.HelpdeskImport, object string, records []Noted) error {
	if len(records) == 0 {
		return nil
	}
	names, ids, times := make([]string, len(records)), make([]int64, len(records)), make([]*time.Time, len(records))
	for i, r := range records {
		names[i], ids[i], times[i] = r.SourceID, r.OID, pg.TimeOrNil(r.ChangedAt)
	}
	return pg.Exec(ctx, s.DB, "note imported records", `
		INSERT INTO helpdesk_import_records (source, object, source_id, o_id, changed_at, import_id)
		SELECT DISTINCT ON (source_id) $1, $2, source_id, o_id, changed_at, $3::bigint
		FROM unnest($4::text[], $5::bigint[], $6::timestamptz[]) AS new (source_id, o_id, changed_at)
		ON CONFLICT (source, object, source_id) DO UPDATE
		SET o_id = excluded.o_id, changed_at = excluded.changed_at, import_id = excluded.import_id`,
		run.Source, object, run.ID, names, ids, times)
}

// NoteFailures notes what could not be taken over.
func (s Keeper) NoteFailures(ctx context.Context, run desk.HelpdeskImport, failures []desk.ImportFailure) error {
	if len(failures) == 0 {
		return nil
	}
	objects, names, reasons := make([]string, len(failures)), make([]string, len(failures)), make([]string, len(failures))
	for i, f := range failures {
		objects[i], names[i], reasons[i] = f.Object, f.SourceID, desk.Plain(f.Reason)
	}
	return pg.Exec(ctx, s.DB, "note import failures", `
		INSERT INTO helpdesk_import_failures (import_id, object, source_id, reason)
		SELECT DISTINCT ON (object, source_id) $1::bigint, object, source_id, reason
		FROM unnest($2::text[], $3::text[], $4::text[]) AS new (object, source_id, reason)
		ON CONFLICT (import_id, object, source_id) DO UPDATE SET reason = excluded.reason`, run.ID, objects, names, reasons)
}

// ImportFailures returns what could not be taken over in a run, the oldest first.
func (s Keeper) ImportFailures(ctx context.Context, id desk.HelpdeskImportID, limit int) ([]desk.ImportFailure, error) {
	return pg.Many[desk.ImportFailure](ctx, s.DB, "import failures", `
		SELECT object, source_id, reason, created_at
		FROM helpdesk_import_failures
		WHERE import_id = $1
		ORDER BY created_at, object, source_id
		LIMIT $2`, id, limit)
}
