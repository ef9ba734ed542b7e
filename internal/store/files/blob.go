package files

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
	"postroom/jobs/task"
)

const insertBlob = `
	INSERT INTO blobs (sha256, size, place, data)
	VALUES ($1, $2, $3, $4)
	ON CONFLICT (sha256) DO NOTHING
	RETURNING id`

// A blob that is there already must stay until our reference to it is committed.
const blobIDs = `
	SELECT id, sha256
	FROM blobs
	WHERE sha256 = ANY($1)
	ORDER BY sha256
	FOR KEY SHARE`

// PutBlobs inserts the blobs that are not there yet and returns the ids of all, in order.
func (s Keeper) PutBlobs(ctx context.Context, rows []desk.Blob) ([]desk.BlobID, error) {
	// Two transactions with the same blobs must take them in the same order, or they wait for each other.
	sorted := slices.Clone(rows)
	slices.SortFunc(sorted, func(a, b desk.Blob) int { return bytes.Compare(a.Sum[:], b.Sum[:]) })
	batch := &pgx.Batch{}
	ids := map[desk.BlobSum]desk.BlobID{}
	var known [][]byte
	for _, row := range sorted {
		batch.Queue(insertBlob, row.Sum[:], row.Size, row.Place, row.Data).QueryRow(func(made pgx.Row) error {
			var id desk.BlobID
			err := made.Scan(&id)
			if errors.Is(err, pgx.ErrNoRows) {
				known = append(known, row.Sum[:])
				return nil
			}
			ids[row.Sum] = id
			return err
		})
	}
	if err := pg.Conn(s.DB).SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("put blobs: %w", pg.Translate(err))
	}
	if err := s.holdBlobs(ctx, known, ids); err != nil {
		return nil, err
	}
	out := make([]desk.BlobID, len(rows))
	for i, row := range rows {
		id, there := ids[row.Sum]
		if !there { // released between the two statements: another attempt puts it back
			return nil, fmt.Errorf("put blobs: %w", desk.ErrUnavailable)
		}
		out[i] = id
	}
	return out, nil
}

// holdBlobs looks up those that were there already.
func (s Keeper) holdBlobs(ctx context.Context, sums [][]byte, ids map[desk.BlobSum]desk.BlobID) error {
	if len(sums) == 0 {
		return nil
	}
	rows, _ := pg.Conn(s.DB).Query(ctx, blobIDs, sums)
	var id desk.BlobID
	var sum []byte
	_, err := pgx.ForEachRow(rows, []any{&id, &sum}, func() error { ids[desk.BlobSum(sum)] = id; return nil })
	if err != nil {
		return fmt.Errorf("hold blobs: %w", pg.Translate(err))
	}
	return nil
}

// Blob returns one blob's row, or desk.ErrNotFound.
func (s Keeper) Blob(ctx context.Context, id desk.BlobID) (desk.Blob, error) {
	row, sum := desk.Blob{ID: id}, []byte(nil)
	err := pg.Conn(s.DB).QueryRow(ctx, `SELECT sha256, size, place, data FROM blobs WHERE id = $1`, id).
		Scan(&sum, &row.Size, &row.Place, &row.Data)
	if err != nil {
		return desk.Blob{}, pg.Translate(err)
	}
	row.Sum = desk.BlobSum(sum)
	return row, nil
}

// Whoever refers to a blob anew holds its row until the commit: once the rows are ours, the next
// statement sees every reference there will ever be.
const lockBlobs = `
	SELECT
	FROM blobs
	WHERE id = ANY($1)
	ORDER BY sha256
	FOR UPDATE`

const dropBlobs = `
	DELETE FROM blobs b
	WHERE b.id = ANY($1)
		AND NOT EXISTS (SELECT FROM attachments WHERE blob_id = b.id)
		AND NOT EXISTS (SELECT FROM inbound_messages WHERE blob_id = b.id)
	RETURNING b.id, b.sha256, b.size, b.place`

// DropBlobs deletes those blobs that nothing refers to any more and returns them. It belongs into a
// transaction.
func (s Keeper) DropBlobs(ctx context.Context, ids []desk.BlobID) ([]desk.Blob, error) {
	if _, err := pg.Conn(s.DB).Exec(ctx, lockBlobs, ids); err != nil {
		return nil, fmt.Errorf("lock blobs: %w", pg.Translate(err))
	}
	rows, _ := pg.Conn(s.DB).Query(ctx, dropBlobs, ids)
	dropped, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (desk.Blob, error) {
		var row desk.Blob
		var sum []byte
		err := r.Scan(&row.ID, &sum, &row.Size, &row.Place)
		copy(row.Sum[:], sum)
		return row, err
	})
	if err != nil {
		return nil, fmt.Errorf("drop blobs: %w", pg.Translate(err))
	}
	return dropped, nil
}

// ReleaseBlobs announces that records that pointed to blobs are gone.
func (s Keeper) ReleaseBlobs(ctx context.Context, ids []desk.BlobID) error {
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	return s.Announce(ctx, task.BlobsReleased{BlobIDs: slices.Compact(ids)})
}
