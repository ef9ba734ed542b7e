package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
)

const draftColumns = `
	SELECT id, ticket_id, new_article, ticket_attributes, updated_by_id, created_by_id, created_at, updated_at
	FROM ticket_shared_draft_zooms`

// DraftOf returns what is being written in a ticket; nil: nothing is.
func (s *Store) DraftOf(ctx context.Context, ticket desk.TicketID) (*desk.Draft, error) {
	rows, _ := s.db.Query(ctx, draftColumns+` WHERE ticket_id = $1`, ticket)
	draft, err := pgx.CollectExactlyOneRow(rows, pgx.RowToAddrOfStructByName[desk.Draft])
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("draft of ticket %d: %w", ticket, translate(err))
	}
	return draft, nil
}

// InsertDraft stores what somebody began to write in a ticket that has no draft, and fills its id.
func (s *Store) InsertDraft(ctx context.Context, d *desk.Draft) error {
	err := s.db.QueryRow(ctx, `
		INSERT INTO ticket_shared_draft_zooms (ticket_id, new_article, ticket_attributes, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $4)
		RETURNING id`, d.TicketID, object(d.NewArticle), object(d.TicketAttributes), d.UpdatedByID).Scan(&d.ID)
	if err != nil {
		return fmt.Errorf("draft of ticket %d: %w", d.TicketID, translate(err))
	}
	return s.noteDraft(ctx, *d, "created", d.UpdatedByID)
}

// SaveDraft stores a changed draft.
func (s *Store) SaveDraft(ctx context.Context, d desk.Draft) error {
	err := s.exec(ctx, "save draft", `
		UPDATE ticket_shared_draft_zooms
		SET new_article = $2, ticket_attributes = $3, updated_by_id = $4, updated_at = clock_timestamp()
		WHERE id = $1`, d.ID, object(d.NewArticle), object(d.TicketAttributes), d.UpdatedByID)
	if err != nil {
		return err
	}
	return s.noteDraft(ctx, d, "updated", d.UpdatedByID)
}

func (s *Store) noteDraft(ctx context.Context, d desk.Draft, what string, by desk.UserID) error {
	return s.AddHistory(ctx, []desk.Change{{
		Object: desk.ObjectDraft, OID: int64(d.ID), Type: what, RelatedObject: desk.ObjectTicket, RelatedOID: int64(d.TicketID), By: by,
	}})
}

// DeleteDraft deletes a draft with its files. It returns the blobs that may now be unused.
func (s *Store) DeleteDraft(ctx context.Context, d desk.Draft, by desk.UserID) ([]desk.BlobID, error) {
	if err := s.deleteRow(ctx, "ticket_shared_draft_zooms", desk.ObjectDraft, int64(d.ID)); err != nil {
		return nil, err
	}
	if err := s.noteDraft(ctx, d, "removed", by); err != nil {
		return nil, err
	}
	return s.DeleteAttachmentsOf(ctx, desk.ObjectDraft, int64(d.ID))
}

// StartDrafts are what is to become new tickets.
var StartDrafts = &Table[desk.StartDraft, desk.StartDraftID]{
	Class:  desk.ObjectStartDraft,
	name:   "ticket_shared_draft_starts",
	search: "name",
	all: `
		SELECT id, group_id, name, content, updated_by_id, created_by_id, created_at, updated_at
		FROM ticket_shared_draft_starts`,
	insert: `
		INSERT INTO ticket_shared_draft_starts (group_id, name, content, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $4)
		RETURNING id`,
	save: `
		UPDATE ticket_shared_draft_starts
		SET group_id = $1, name = $2, content = $3, updated_by_id = $4, updated_at = now()
		WHERE id = $5`,
	values: func(v desk.StartDraft) []any { return []any{v.GroupID, v.Name, object(v.Content), v.UpdatedByID} },
	parts:  func(v *desk.StartDraft) (*desk.StartDraftID, *desk.Stamp) { return &v.ID, &v.Stamp },
}

// StartDraftsIn returns the drafts of new tickets of some groups.
func (s *Store) StartDraftsIn(ctx context.Context, groups []desk.GroupID, page Page) ([]desk.StartDraft, error) {
	return many[desk.StartDraft](ctx, s, "drafts of groups", StartDrafts.all+`
		WHERE group_id = ANY($1)
		ORDER BY id
		LIMIT $2
		OFFSET $3`, groups, page.Limit, page.Offset)
}

// DeleteStartDraft deletes a draft of a new ticket with its files. It returns the blobs that may now be unused.
func (s *Store) DeleteStartDraft(ctx context.Context, id desk.StartDraftID) ([]desk.BlobID, error) {
	if err := StartDrafts.Delete(ctx, s, id); err != nil {
		return nil, err
	}
	return s.DeleteAttachmentsOf(ctx, desk.ObjectStartDraft, int64(id))
}

// DeleteAttachmentsOf deletes the files of a record. It returns the blobs that may now be unused.
func (s *Store) DeleteAttachmentsOf(ctx context.Context, class string, oid int64) ([]desk.BlobID, error) {
	rows, _ := s.db.Query(ctx, `DELETE FROM attachments WHERE object = $1 AND o_id = $2 RETURNING blob_id`, class, oid)
	blobs, err := pgx.CollectRows(rows, pgx.RowTo[desk.BlobID])
	if err != nil {
		return nil, fmt.Errorf("delete files of %s %d: %w", class, oid, translate(err))
	}
	return blobs, nil
}

// CopyAttachments gives a record the files of another too, and returns the copies. Of files that wait
// for a form to be sent, everybody copies the own ones only.
func (s *Store) CopyAttachments(ctx context.Context, fromClass string, from int64, toClass string, to int64, by desk.UserID) ([]desk.Attachment, error) {
	return many[desk.Attachment](ctx, s, "copy files", `
		INSERT INTO attachments (object, o_id, filename, size, blob_id, preferences, created_by_id)
		SELECT $3, $4, filename, size, blob_id, preferences, $5
		FROM attachments
		WHERE object = $1 AND o_id = $2 AND (object <> 'UploadCache' OR created_by_id = $5)
		ORDER BY id
		RETURNING id, object, o_id, filename, size, blob_id, preferences, created_by_id, created_at`, fromClass, from, toClass, to, by)
}
