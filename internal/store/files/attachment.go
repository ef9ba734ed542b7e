package files

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

const attachmentColumns = `
	SELECT id, object, o_id, filename, size, blob_id, preferences, created_by_id, created_at
	FROM attachments`

const (
	attachmentByID = attachmentColumns + ` WHERE id = $1`
	attachmentsOf  = attachmentColumns + ` WHERE object = $1 AND o_id = ANY($2) ORDER BY o_id, id`
)

// Attachment returns one attachment, or a *desk.MissingError.
func (s Keeper) Attachment(ctx context.Context, id desk.AttachmentID) (desk.Attachment, error) {
	return pg.One[desk.Attachment](ctx, s.DB, attachmentByID, "Store", int64(id))
}

// AttachmentsOf returns the attachments of records of one class, record by record, oldest first.
func (s Keeper) AttachmentsOf(ctx context.Context, class string, oids ...int64) ([]desk.Attachment, error) {
	return pg.Many[desk.Attachment](ctx, s.DB, "attachments of "+class, attachmentsOf, class, oids)
}

// The ids come back in the order of the list, because identity values are drawn row by row.
const insertAttachments = `
	INSERT INTO attachments (object, o_id, filename, size, blob_id, preferences, created_by_id, created_at)
	SELECT object, o_id, filename, size, blob_id, preferences, created_by_id, coalesce(created_at, clock_timestamp())
	FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::jsonb[], $7::bigint[], $8::timestamptz[])
		WITH ORDINALITY AS new (object, o_id, filename, size, blob_id, preferences, created_by_id, created_at, position)
	ORDER BY position
	RETURNING id, created_at`

// InsertAttachments writes new attachments and fills their IDs.
func (s Keeper) InsertAttachments(ctx context.Context, attachments []desk.Attachment) error {
	batch := &pgx.Batch{}
	if err := QueueAttachments(batch, attachments); err != nil {
		return err
	}
	return pg.Send(ctx, s.DB, batch, "insert attachments")
}

// QueueAttachments adds to a batch what InsertAttachments does.
func QueueAttachments(batch *pgx.Batch, attachments []desk.Attachment) error {
	if len(attachments) == 0 {
		return nil
	}
	var classes, names []string
	var oids, sizes, blobs, creators []int64
	var preferences [][]byte
	var times []*time.Time
	for _, a := range attachments {
		encoded, err := json.Marshal(pg.Object(a.Preferences))
		if err != nil {
			return fmt.Errorf("preferences of attachment %q: %w", a.Filename, err)
		}
		classes, names = append(classes, a.Object), append(names, a.Filename)
		oids, sizes = append(oids, a.OID), append(sizes, a.Size)
		blobs, creators = append(blobs, int64(a.BlobID)), append(creators, int64(a.CreatedByID))
		preferences, times = append(preferences, encoded), append(times, pg.TimeOrNil(a.CreatedAt))
	}
	queued := batch.Queue(insertAttachments, classes, oids, names, sizes, blobs, preferences, creators, times)
	queued.Query(func(rows pgx.Rows) error {
		i := 0
		var id desk.AttachmentID
		var at time.Time
		_, err := pgx.ForEachRow(rows, []any{&id, &at}, func() error {
			attachments[i].ID, attachments[i].CreatedAt = id, at
			i++
			return nil
		})
		return err
	})
	return nil
}

// DeleteAttachmentsOf deletes the files of a record. It returns the blobs that may now be unused.
func (s Keeper) DeleteAttachmentsOf(ctx context.Context, class string, oid int64) ([]desk.BlobID, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, `DELETE FROM attachments WHERE object = $1 AND o_id = $2 RETURNING blob_id`, class, oid)
	blobs, err := pgx.CollectRows(rows, pgx.RowTo[desk.BlobID])
	if err != nil {
		return nil, fmt.Errorf("delete files of %s %d: %w", class, oid, pg.Translate(err))
	}
	return blobs, nil
}

// CopyAttachments gives a record the files of another too, and returns the copies: not the text of a
// message once more, and of files that wait for a form to be sent, only one's own.
func (s Keeper) CopyAttachments(ctx context.Context, fromClass string, from int64, toClass string, to int64, by desk.UserID) ([]desk.Attachment, error) {
	return pg.Many[desk.Attachment](ctx, s.DB, "copy files", `
		INSERT INTO attachments (object, o_id, filename, size, blob_id, preferences, created_by_id)
		SELECT $3, $4, filename, size, blob_id, preferences, $5
		FROM attachments
		WHERE object = $1 AND o_id = $2 AND (object <> 'UploadCache' OR created_by_id = $5)
			AND preferences->'content-alternative' IS DISTINCT FROM 'true'
		ORDER BY id
		RETURNING id, object, o_id, filename, size, blob_id, preferences, created_by_id, created_at`, fromClass, from, toClass, to, by)
}
