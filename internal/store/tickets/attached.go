package tickets

import (
	"context"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/desk/teamwork"
	"postroom/internal/store/pg"
)

// AttachedIDs returns the ids of what belongs to tickets, for a whole page of them at once.
func (s Keeper) AttachedIDs(ctx context.Context, ids []desk.TicketID) (map[desk.TicketID]teamwork.Attached, error) {
	return pg.Keyed[desk.TicketID](ctx, s.DB, "what is attached to tickets", `
		SELECT t.id,
			ARRAY(SELECT id FROM ticket_time_accountings WHERE ticket_id = t.id ORDER BY id),
			(SELECT id FROM checklists WHERE ticket_id = t.id),
			ARRAY(SELECT DISTINCT checklist_id FROM checklist_items WHERE ticket_id = t.id ORDER BY checklist_id)
		FROM unnest($1::bigint[]) AS t (id)`,
		func(a *teamwork.Attached) []any {
			return []any{&a.TimeAccountingIDs, &a.ChecklistID, &a.ReferencingChecklistIDs}
		}, ids)
}

const (
	moveMentions = `
		UPDATE mentions m
		SET ticket_id = $2
		WHERE ticket_id = $1 AND NOT EXISTS (SELECT FROM mentions WHERE ticket_id = $2 AND user_id = m.user_id)`

	dropMentions = `DELETE FROM mentions WHERE ticket_id = $1`

	// A link that the target has already, or that would tie it to itself, stays where it is and goes below.
	moveLinks = `
		UPDATE links l
		SET link_object_source_value = CASE WHEN link_object_source_value = $1 THEN $2 ELSE link_object_source_value END,
			link_object_target_value = CASE WHEN link_object_target_value = $1 THEN $2 ELSE link_object_target_value END,
			updated_at = clock_timestamp()
		FROM link_objects o
		WHERE o.name = 'Ticket'
			AND link_object_source_id = o.id
			AND link_object_target_id = o.id
			AND (link_object_source_value = $1 AND link_object_target_value NOT IN ($1, $2)
				OR link_object_target_value = $1 AND link_object_source_value NOT IN ($1, $2))
			AND NOT EXISTS (
				SELECT
				FROM links other
				WHERE other.link_type_id = l.link_type_id
					AND other.link_object_source_id = o.id
					AND other.link_object_target_id = o.id
					AND other.link_object_source_value = CASE WHEN l.link_object_source_value = $1 THEN $2 ELSE l.link_object_source_value END
					AND other.link_object_target_value = CASE WHEN l.link_object_target_value = $1 THEN $2 ELSE l.link_object_target_value END)`

	dropLinks = `
		DELETE FROM links l
		USING link_objects o
		WHERE o.name = 'Ticket'
			AND (link_object_source_id = o.id AND link_object_source_value = $1 OR link_object_target_id = o.id AND link_object_target_value = $1)`

	// Mail about what another system calls the source is about the target.
	moveExternalNames = `
		UPDATE external_syncs s
		SET ticket_id = $2, updated_at = now()
		WHERE ticket_id = $1 AND NOT EXISTS (SELECT FROM external_syncs WHERE ticket_id = $2 AND source = s.source)`

	// What is booked for an article goes where the article goes.
	moveTimes = `
		UPDATE ticket_time_accountings b
		SET ticket_id = a.ticket_id
		FROM ticket_articles a
		WHERE a.id = b.ticket_article_id AND b.ticket_id = $1 AND a.ticket_id <> b.ticket_id`
)

// MergeAttached moves what is attached to a ticket to the one that it is merged into, once the
// articles have moved: mentions, links, names in other systems and time booked for articles. In the end the target is the
// parent of the source. Both tickets are locked; their sums of time are for the caller to renew.
func (s Keeper) MergeAttached(ctx context.Context, source, target desk.TicketID) error {
	batch := &pgx.Batch{}
	batch.Queue(moveMentions, source, target)
	batch.Queue(dropMentions, source)
	batch.Queue(moveLinks, source, target)
	batch.Queue(dropLinks, source)
	batch.Queue(moveExternalNames, source, target)
	batch.Queue(moveTimes, source)
	if err := pg.Send(ctx, s.DB, batch, "move what is attached to ticket"); err != nil {
		return err
	}
	_, err := s.AddLink(ctx, teamwork.LinkParent, target, source)
	return err
}
