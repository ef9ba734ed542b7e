package collab

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/desk/teamwork"
	"postroom/internal/store/files"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
	"postroom/internal/store/tickets"
)

const draftColumns = `
	SELECT id, ticket_id, new_article, ticket_attributes, updated_by_id, created_by_id, created_at, updated_at
	FROM ticket_shared_draft_zooms`

// DraftOf returns what is being written in a ticket; nil: nothing is.
func (s Keeper) DraftOf(ctx context.Context, ticket desk.TicketID) (*teamwork.Draft, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, draftColumns+` WHERE ticket_id = $1`, ticket)
	draft, err := pgx.CollectExactlyOneRow(rows, pgx.RowToAddrOfStructByName[teamwork.Draft])
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("draft of ticket %d: %w", ticket, pg.Translate(err))
	}
	return draft, nil
}

// InsertDraft stores what somebody began to write in a ticket that has no draft, and fills its id.
func (s Keeper) InsertDraft(ctx context.Context, d *teamwork.Draft) error {
	err := pg.Conn(s.DB).QueryRow(ctx, `
		INSERT INTO ticket_shared_draft_zooms (ticket_id, new_article, ticket_attributes, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $4)
		RETURNING id`, d.TicketID, pg.Object(d.NewArticle), pg.Object(d.TicketAttributes), d.UpdatedByID).Scan(&d.ID)
	if err != nil {
		return fmt.Errorf("draft of ticket %d: %w", d.TicketID, pg.Translate(err))
	}
	return s.noteDraft(ctx, *d, "created", d.UpdatedByID)
}

// SaveDraft stores a changed draft.
func (s Keeper) SaveDraft(ctx context.Context, d teamwork.Draft) error {
	err := pg.Exec(ctx, s.DB, "save draft", `
		UPDATE ticket_shared_draft_zooms
		SET new_article = $2, ticket_attributes = $3, updated_by_id = $4, updated_at = clock_timestamp()
		WHERE id = $1`, d.ID, pg.Object(d.NewArticle), pg.Object(d.TicketAttributes), d.UpdatedByID)
	if err != nil {
		return err
	}
	return s.noteDraft(ctx, d, "updated", d.UpdatedByID)
}

func (s Keeper) noteDraft(ctx context.Context, d teamwork.Draft, what string, by desk.UserID) error {
	return tickets.On(s.DB).AddHistory(ctx, []desk.Change{{
		Object: teamwork.ObjectDraft, OID: int64(d.ID), Type: what, RelatedObject: desk.ObjectTicket, RelatedOID: int64(d.TicketID), By: by,
	}})
}

// DeleteDraft deletes a draft with its files. It returns the blobs that may now be unused.
func (s Keeper) DeleteDraft(ctx context.Context, d teamwork.Draft, by desk.UserID) ([]desk.BlobID, error) {
	if err := pg.DeleteRow(ctx, s.DB, "ticket_shared_draft_zooms", teamwork.ObjectDraft, int64(d.ID)); err != nil {
		return nil, err
	}
	if err := s.noteDraft(ctx, d, "removed", by); err != nil {
		return nil, err
	}
	return files.On(s.DB).DeleteAttachmentsOf(ctx, teamwork.ObjectDraft, int64(d.ID))
}

// StartDrafts are what is to become new tickets.
var StartDrafts = &table.Of[teamwork.StartDraft, teamwork.StartDraftID]{
	Class:  teamwork.ObjectStartDraft,
	Name:   "ticket_shared_draft_starts",
	Search: "name",
	Select: `
		SELECT id, group_id, name, content, updated_by_id, created_by_id, created_at, updated_at
		FROM ticket_shared_draft_starts`,
	Create: `
		INSERT INTO ticket_shared_draft_starts (group_id, name, content, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $4)
		RETURNING id`,
	Update: `
		UPDATE ticket_shared_draft_starts
		SET group_id = $1, name = $2, content = $3, updated_by_id = $4, updated_at = now()
		WHERE id = $5`,
	Values: func(v teamwork.StartDraft) []any {
		return []any{v.GroupID, v.Name, pg.Object(v.Content), v.UpdatedByID}
	},
	Parts: func(v *teamwork.StartDraft) (*teamwork.StartDraftID, *desk.Stamp) { return &v.ID, &v.Stamp },
}

// StartDraftsIn returns the drafts of new tickets of some groups.
func (s Keeper) StartDraftsIn(ctx context.Context, groups []desk.GroupID, page table.Page) ([]teamwork.StartDraft, error) {
	return pg.Many[teamwork.StartDraft](ctx, s.DB, "drafts of groups", StartDrafts.Select+`
		WHERE group_id = ANY($1)
		ORDER BY id
		LIMIT $2
		OFFSET $3`, groups, page.Limit, page.Offset)
}

// DeleteStartDraft deletes a draft of a new ticket with its files. It returns the blobs that may now be unused.
func (s Keeper) DeleteStartDraft(ctx context.Context, id teamwork.StartDraftID) ([]desk.BlobID, error) {
	if err := StartDrafts.Delete(ctx, s.DB, id); err != nil {
		return nil, err
	}
	return files.On(s.DB).DeleteAttachmentsOf(ctx, teamwork.ObjectStartDraft, int64(id))
}
