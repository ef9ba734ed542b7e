package tickets

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

const newHistory = `
	FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[],
			$9::text[], $10::bigint[], $11::bigint[], $12::text[], $13::bigint[], $14::text[]) WITH ORDINALITY
		AS new (object, o_id, type, attribute, value_from, value_to, id_from, id_to, related_object, related_o_id, by,
			source_type, source_id, source_name, position)`

const (
	insertHistory = `
	INSERT INTO history (object, o_id, type, attribute, value_from, value_to, id_from, id_to, related_object, related_o_id,
		created_by_id, sourceable_type, sourceable_id, sourceable_name, created_at)
	SELECT object, o_id, type, nullif(attribute, ''), value_from, value_to, id_from, id_to, nullif(related_object, ''),
		nullif(related_o_id, 0), by, nullif(source_type, ''), nullif(source_id, 0), nullif(source_name, ''), clock_timestamp()` + newHistory + `
	ORDER BY position`

	// People and organizations are in no catalog: their names are filled in here.
	insertHistoryOfPeople = `
	INSERT INTO history (object, o_id, type, attribute, value_from, value_to, id_from, id_to, related_object, related_o_id,
		created_by_id, sourceable_type, sourceable_id, sourceable_name, created_at)
	SELECT object, o_id, type, nullif(attribute, ''),
		coalesce(nullif(value_from, ''), was.name, trim(past.firstname || ' ' || past.lastname), ''),
		coalesce(nullif(value_to, ''), becomes.name, trim(next.firstname || ' ' || next.lastname), ''),
		id_from, id_to, nullif(related_object, ''), nullif(related_o_id, 0), by,
		nullif(source_type, ''), nullif(source_id, 0), nullif(source_name, ''), clock_timestamp()` + newHistory + `
	LEFT JOIN organizations was ON attribute = 'organization' AND was.id = id_from
	LEFT JOIN organizations becomes ON attribute = 'organization' AND becomes.id = id_to
	LEFT JOIN users past ON attribute IN ('owner', 'customer', 'out_of_office_replacement') AND past.id = id_from
	LEFT JOIN users next ON attribute IN ('owner', 'customer', 'out_of_office_replacement') AND next.id = id_to
	ORDER BY position`
)

// AddHistory appends to the history of records.
func (s Keeper) AddHistory(ctx context.Context, changes []desk.Change) error {
	batch := &pgx.Batch{}
	QueueHistory(batch, changes)
	return pg.Send(ctx, s.DB, batch, "add history")
}

// QueueHistory adds to a batch what AddHistory does.
func QueueHistory(batch *pgx.Batch, changes []desk.Change) {
	if len(changes) == 0 {
		return
	}
	var objects, types, attributes, from, to, related, sourceTypes, sourceNames []string
	var oids, relatedOIDs, sources, by []int64
	var idsFrom, idsTo []*int64
	for _, c := range changes {
		objects, oids, types = append(objects, c.Object), append(oids, c.OID), append(types, c.Type)
		attributes, from, to = append(attributes, c.Attribute), append(from, c.ValueFrom), append(to, c.ValueTo)
		idsFrom, idsTo = append(idsFrom, c.IDFrom), append(idsTo, c.IDTo)
		related, relatedOIDs = append(related, c.RelatedObject), append(relatedOIDs, c.RelatedOID)
		by = append(by, int64(c.By))
		sourceTypes, sources, sourceNames = append(sourceTypes, c.Source.Type), append(sources, c.Source.ID), append(sourceNames, c.Source.Name)
	}
	sql := insertHistory
	if slices.ContainsFunc(changes, nameless) {
		sql = insertHistoryOfPeople
	}
	batch.Queue(sql, objects, oids, types, attributes, from, to, idsFrom, idsTo, related, relatedOIDs, by,
		sourceTypes, sources, sourceNames)
}

// nameless reports whether a change has ids of records without their names.
func nameless(c desk.Change) bool {
	return c.IDFrom != nil && c.ValueFrom == "" || c.IDTo != nil && c.ValueTo == ""
}

// HistoryEntry is a change with its place in the history.
type HistoryEntry struct {
	ID int64
	desk.Change
	CreatedAt time.Time
}

const historyColumns = `
	SELECT h.id, h.object, h.o_id, h.type, coalesce(h.attribute, ''), coalesce(h.value_from, ''), coalesce(h.value_to, ''),
		h.id_from, h.id_to, coalesce(h.related_object, ''), coalesce(h.related_o_id, 0),
		coalesce(h.sourceable_type, ''), coalesce(h.sourceable_id, 0), coalesce(h.sourceable_name, ''), h.created_by_id, h.created_at`

// What is attached to a ticket notes it as the related record.
const historyOfTicket = `
	WITH entry AS (
		SELECT id
		FROM history
		WHERE object = 'Ticket' AND o_id = $1
		UNION
		SELECT h.id
		FROM ticket_articles a
		JOIN history h ON h.object = 'Ticket::Article' AND h.o_id = a.id
		WHERE a.ticket_id = $1
		UNION
		SELECT id
		FROM history
		WHERE related_object = 'Ticket' AND related_o_id = $1
	)` + historyColumns + `
	FROM entry
	JOIN history h ON h.id = entry.id
	ORDER BY h.id`

// HistoryOf returns the history of a ticket, its articles and what is attached to it, oldest first.
func (s Keeper) HistoryOf(ctx context.Context, id desk.TicketID) ([]HistoryEntry, error) {
	entries, err := s.history(ctx, historyOfTicket, id)
	if err != nil {
		return nil, fmt.Errorf("history of ticket %d: %w", id, err)
	}
	return entries, nil
}

const historyOfRecord = historyColumns + `
	FROM history h
	WHERE h.object = $1 AND h.o_id = $2
	ORDER BY h.id`

// HistoryOfRecord returns the history of what has no parts of its own, such as a user, oldest first.
func (s Keeper) HistoryOfRecord(ctx context.Context, object string, id int64) ([]HistoryEntry, error) {
	entries, err := s.history(ctx, historyOfRecord, object, id)
	if err != nil {
		return nil, fmt.Errorf("history of %s %d: %w", object, id, err)
	}
	return entries, nil
}

func (s Keeper) history(ctx context.Context, sql string, args ...any) ([]HistoryEntry, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, sql, args...)
	entries, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (e HistoryEntry, err error) {
		err = row.Scan(&e.ID, &e.Object, &e.OID, &e.Type, &e.Attribute, &e.ValueFrom, &e.ValueTo, &e.IDFrom, &e.IDTo,
			&e.RelatedObject, &e.RelatedOID, &e.Source.Type, &e.Source.ID, &e.Source.Name, &e.By, &e.CreatedAt)
		return e, err
	})
	return entries, pg.Translate(err)
}
