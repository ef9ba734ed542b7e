package files

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// maxUploads is how many files wait for one form. Those beyond are refused.
const maxUploads = 100

// UploadsFull reports whether no further file may wait for a form.
func (s Keeper) UploadsFull(ctx context.Context, form int64, by desk.UserID) (bool, error) {
	return pg.Value[bool](ctx, s.DB, "files of form", `
		SELECT count(*) >= $3
		FROM attachments
		WHERE object = 'UploadCache' AND o_id = $1 AND created_by_id = $2`, form, by, maxUploads)
}

// TakeUploads gives an article the files that wait for its form, but for images that the body was to
// show and doesn't. What is not taken goes; its blobs are returned.
func (s Keeper) TakeUploads(ctx context.Context, form int64, by desk.UserID, article desk.ArticleID, body string) ([]desk.BlobID, error) {
	err := pg.Exec(ctx, s.DB, "files of form to article", `
		UPDATE attachments
		SET object = 'Ticket::Article', o_id = $3
		WHERE object = 'UploadCache'
			AND o_id = $1
			AND created_by_id = $2
			AND (preferences->>'Content-Disposition' IS DISTINCT FROM 'inline'
				OR strpos($4, 'cid:' || trim(preferences->>'Content-ID', '<>')) > 0)`, form, by, article, body)
	if err != nil {
		return nil, err
	}
	return s.DeleteUploads(ctx, form, by)
}

// DeleteUploads deletes the files of a user that wait for a form, and returns their blobs.
func (s Keeper) DeleteUploads(ctx context.Context, form int64, by desk.UserID) ([]desk.BlobID, error) {
	return pg.Column[desk.BlobID](ctx, s.DB, "delete files of form", `
		DELETE FROM attachments
		WHERE object = 'UploadCache' AND o_id = $1 AND created_by_id = $2
		RETURNING blob_id`, form, by)
}

// DeleteUpload deletes one file of a user that waits for a form, or returns desk.ErrNotFound.
func (s Keeper) DeleteUpload(ctx context.Context, id desk.AttachmentID, by desk.UserID) ([]desk.BlobID, error) {
	blobs, err := pg.Column[desk.BlobID](ctx, s.DB, "delete file of form", `
		DELETE FROM attachments
		WHERE id = $1 AND object = 'UploadCache' AND created_by_id = $2
		RETURNING blob_id`, id, by)
	if err == nil && len(blobs) == 0 {
		err = &desk.MissingError{Class: "Store", ID: int64(id)}
	}
	return blobs, err
}

// PurgeUploads forgets files whose form was not sent within a day. It returns how many. Their blobs
// are announced as released.
func (s Keeper) PurgeUploads(ctx context.Context) (int, error) {
	total := 0
	err := s.inTx(ctx, func(tx Keeper) error {
		blobs, err := pg.Column[desk.BlobID](ctx, tx.DB, "purge files of forms", `
			DELETE FROM attachments
			WHERE id IN (
				SELECT id
				FROM attachments
				WHERE object = 'UploadCache' AND created_at < now() - interval '1 day'
				LIMIT $1)
			RETURNING blob_id`, pg.SweepAtOnce)
		total = len(blobs)
		if err != nil {
			return err
		}
		return tx.ReleaseBlobs(ctx, blobs)
	})
	return total, err
}
