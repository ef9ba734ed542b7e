package tickets

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/desk/teamwork"
	"postroom/internal/store/pg"
)

const linkFields = `l.id, l.link_type_id, l.link_object_source_id, l.link_object_source_value, l.link_object_target_id,
		l.link_object_target_value, l.created_at, l.updated_at`

// Each half is read from an index of its own.
const linksOfTickets = `
	SELECT l.link_object_source_value, t.name, l.link_object_target_value, true, l.id
	FROM links l
	JOIN link_types t ON t.id = l.link_type_id
	JOIN link_objects o ON o.name = 'Ticket' AND o.id = l.link_object_source_id AND o.id = l.link_object_target_id
	WHERE l.link_object_source_value = ANY($1)
	UNION ALL
	SELECT l.link_object_target_value, t.name, l.link_object_source_value, false, l.id
	FROM links l
	JOIN link_types t ON t.id = l.link_type_id
	JOIN link_objects o ON o.name = 'Ticket' AND o.id = l.link_object_source_id AND o.id = l.link_object_target_id
	WHERE l.link_object_target_value = ANY($1)
	ORDER BY 4 DESC, 5`

// LinksOf returns the links of those of the tickets that have some, as each sees them: first those
// in which it is the source.
func (s Keeper) LinksOf(ctx context.Context, ids ...desk.TicketID) (map[desk.TicketID][]teamwork.TicketLink, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, linksOfTickets, ids)
	links := map[desk.TicketID][]teamwork.TicketLink{}
	var one desk.TicketID
	var other teamwork.TicketLink
	var isSource bool
	var id teamwork.LinkID
	_, err := pgx.ForEachRow(rows, []any{&one, &other.Type, &other.TicketID, &isSource, &id}, func() error {
		seen := other
		if isSource { // the type says what the source is to the target
			seen.Type = teamwork.InverseLink(seen.Type)
		}
		links[one] = append(links[one], seen)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("links of tickets: %w", pg.Translate(err))
	}
	return links, nil
}

// linkTypeID returns the id of a type of links, which is made if there is none.
func (s Keeper) linkTypeID(ctx context.Context, name string) (id teamwork.LinkTypeID, err error) {
	err = pg.Conn(s.DB).QueryRow(ctx, `SELECT id FROM link_types WHERE name = $1`, name).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		err = pg.Conn(s.DB).QueryRow(ctx, `
			INSERT INTO link_types (name)
			VALUES ($1)
			ON CONFLICT (name) DO UPDATE SET name = excluded.name
			RETURNING id`, name).Scan(&id)
	}
	if err != nil {
		return 0, fmt.Errorf("type of links: %w", pg.Translate(err))
	}
	return id, nil
}

const insertLink = `
	INSERT INTO links AS l (link_type_id, link_object_source_id, link_object_source_value, link_object_target_id, link_object_target_value)
	SELECT $1, o.id, $2, o.id, $3
	FROM link_objects o
	WHERE o.name = 'Ticket'
		AND NOT EXISTS (
			SELECT
			FROM links other
			JOIN link_types t ON t.id = other.link_type_id AND t.name = $4
			WHERE other.link_object_source_id = o.id
				AND other.link_object_source_value = $3
				AND other.link_object_target_id = o.id
				AND other.link_object_target_value = $2)
	ON CONFLICT DO NOTHING
	RETURNING ` + linkFields

// AddLink links two tickets: the source becomes what linkType says to the target. It returns
// desk.ErrConflict if it is that already, from whichever end the link was made.
func (s Keeper) AddLink(ctx context.Context, linkType string, source, target desk.TicketID) (teamwork.Link, error) {
	var none teamwork.Link
	id, err := s.linkTypeID(ctx, linkType)
	if err != nil {
		return none, err
	}
	rows, _ := pg.Conn(s.DB).Query(ctx, insertLink, id, source, target, teamwork.InverseLink(linkType))
	link, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[teamwork.Link])
	if errors.Is(err, pgx.ErrNoRows) {
		return none, desk.ErrConflict
	}
	if err != nil {
		return none, fmt.Errorf("link ticket %d: %w", source, pg.Translate(err))
	}
	return link, nil
}

const insertLinks = `
	INSERT INTO links (link_type_id, link_object_source_id, link_object_source_value, link_object_target_id, link_object_target_value)
	SELECT t.id, o.id, $1, o.id, new.target
	FROM unnest($2::text[], $3::bigint[]) WITH ORDINALITY AS new (type, target, position)
	JOIN link_types t ON t.name = new.type
	JOIN link_objects o ON o.name = 'Ticket'
	ORDER BY position
	ON CONFLICT DO NOTHING`

// AddLinks links a new ticket to others. Each type is what the new one is to the other.
func (s Keeper) AddLinks(ctx context.Context, source desk.TicketID, links []teamwork.TicketLink) error {
	if len(links) == 0 {
		return nil
	}
	var types []string
	var targets []desk.TicketID
	for _, link := range links {
		types, targets = append(types, link.Type), append(targets, link.TicketID)
	}
	batch := &pgx.Batch{}
	batch.Queue(`
		INSERT INTO link_types (name)
		SELECT DISTINCT name
		FROM unnest($1::text[]) AS name
		WHERE NOT EXISTS (SELECT FROM link_types WHERE link_types.name = name.name)
		ORDER BY name
		ON CONFLICT DO NOTHING`, types)
	batch.Queue(insertLinks, source, types, targets)
	return pg.Send(ctx, s.DB, batch, "link new ticket")
}

const deleteLinks = `
	DELETE FROM links l
	USING link_objects o, link_types t
	WHERE o.name = 'Ticket'
		AND l.link_object_source_id = o.id
		AND l.link_object_target_id = o.id
		AND t.id = l.link_type_id
		AND (t.name = $1 AND l.link_object_source_value = $2 AND l.link_object_target_value = $3
			OR t.name = $4 AND l.link_object_source_value = $3 AND l.link_object_target_value = $2)
	RETURNING ` + linkFields

// RemoveLinks unlinks two tickets, from whichever end the link was made. It returns what was there.
func (s Keeper) RemoveLinks(ctx context.Context, linkType string, source, target desk.TicketID) ([]teamwork.Link, error) {
	return pg.Many[teamwork.Link](ctx, s.DB, "unlink tickets", deleteLinks, linkType, source, target, teamwork.InverseLink(linkType))
}

// TicketsByID returns those of the tickets that exist.
func (s Keeper) TicketsByID(ctx context.Context, ids []desk.TicketID) (map[desk.TicketID]desk.Ticket, error) {
	return pg.ByID(ctx, s.DB, Select+` WHERE id = ANY($1)`, func(t desk.Ticket) desk.TicketID { return t.ID }, ids)
}

// TicketsByNumber returns those of the tickets that exist, by number.
func (s Keeper) TicketsByNumber(ctx context.Context, numbers []string) (map[string]desk.Ticket, error) {
	return pg.ByID(ctx, s.DB, Select+` WHERE number = ANY($1)`, func(t desk.Ticket) string { return t.Number }, numbers)
}

// TouchTickets makes tickets count as changed just now, because something that belongs to them was.
func (s Keeper) TouchTickets(ctx context.Context, ids ...desk.TicketID) error {
	// In one order, so that two who touch the same tickets don't wait for each other.
	return pg.Exec(ctx, s.DB, "touch tickets", `
		UPDATE tickets
		SET updated_at = clock_timestamp()
		WHERE id IN (
			SELECT id
			FROM tickets
			WHERE id = ANY($1)
			ORDER BY id
			FOR NO KEY UPDATE)`, ids)
}
