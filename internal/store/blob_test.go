package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/store"
)

func rowOf(text string) desk.Blob {
	return desk.Blob{Sum: desk.BlobSumOf([]byte(text)), Size: int64(len(text)), Place: blob.DB, Data: []byte(text)}
}

func TestBlobsAreKeptOnceAndAnsweredInOrder(t *testing.T) {
	t.Parallel()
	b := open(t)
	first, err := b.PutBlobs(t.Context(), []desk.Blob{rowOf("a"), rowOf("b"), rowOf("a")})
	if err != nil || first[0] != first[2] || first[0] == first[1] {
		t.Fatalf("ids = %v, %v", first, err)
	}
	second, err := b.PutBlobs(t.Context(), []desk.Blob{rowOf("c"), rowOf("b")})
	if err != nil || second[1] != first[1] || slices.Contains(first, second[0]) {
		t.Errorf("ids = %v after %v, %v", second, first, err)
	}
	row, err := b.Blob(t.Context(), first[1])
	if err != nil || !bytes.Equal(row.Data, []byte("b")) || row.Sum != desk.BlobSumOf([]byte("b")) || row.Size != 1 || row.Place != blob.DB {
		t.Errorf("row = %+v, %v", row, err)
	}
	if _, err := b.Blob(t.Context(), 999); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("blob that is not there: %v", err)
	}
}

func TestParallelTransactionsWithTheSameBlobsDoNotBlockEachOther(t *testing.T) {
	t.Parallel()
	b := open(t)
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for round := range 5 {
				var rows []desk.Blob
				for i := range 10 {
					rows = append(rows, rowOf(fmt.Sprintf("%d.%d", round, (i*3+worker)%10)))
				}
				err := b.InTx(t.Context(), func(tx *store.Store) error { _, err := tx.PutBlobs(t.Context(), rows); return err })
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if n := ask[int](b, `SELECT count(*) FROM blobs`); n != 50 {
		t.Errorf("%d blobs, want 50", n)
	}
}

func TestOnlyUnusedBlobsAreDropped(t *testing.T) {
	t.Parallel()
	b := open(t)
	ids, err := b.PutBlobs(t.Context(), []desk.Blob{rowOf("file"), rowOf("mail"), rowOf("free")})
	if err != nil {
		t.Fatal(err)
	}
	b.exec(`INSERT INTO attachments (object, o_id, filename, size, blob_id, created_by_id) VALUES ('x', 1, 'x', 1, $1, 1)`, ids[0])
	b.exec(`INSERT INTO inbound_messages (channel_kind, external_id, blob_id) VALUES ('email', '1', $1)`, ids[1])
	dropped, err := b.DropBlobs(t.Context(), append(ids, 999))
	if err != nil || len(dropped) != 1 || dropped[0].ID != ids[2] || dropped[0].Sum != desk.BlobSumOf([]byte("free")) {
		t.Errorf("dropped = %+v, %v; want %d alone", dropped, err, ids[2])
	}
}

// Between keeping a blob that was there already and committing the reference to it, nobody may
// drop it.
func TestBlobThatIsAboutToBeUsedStays(t *testing.T) {
	t.Parallel()
	b := open(t)
	ids, err := b.PutBlobs(t.Context(), []desk.Blob{rowOf("x")})
	if err != nil {
		t.Fatal(err)
	}
	dropped := make(chan error, 1)
	err = b.InTx(t.Context(), func(tx *store.Store) error {
		again, err := tx.PutBlobs(t.Context(), []desk.Blob{rowOf("x")})
		if err != nil {
			return err
		}
		go func() {
			dropped <- b.InTx(t.Context(), func(tx *store.Store) error { _, err := tx.DropBlobs(t.Context(), ids); return err })
		}()
		b.untilWaiting("%FROM blobs%FOR UPDATE%")
		return tx.InsertAttachments(t.Context(), []desk.Attachment{{Object: "x", OID: 1, Filename: "x", BlobID: again[0], CreatedByID: 1}})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-dropped; err != nil {
		t.Errorf("looking whether it can be dropped: %v", err)
	}
	if n := ask[int](b, `SELECT count(*) FROM blobs`); n != 1 {
		t.Errorf("%d blobs, want the one that is used", n)
	}
}

// untilWaiting returns when a statement like this waits for a lock.
func (b *base) untilWaiting(like string) {
	b.t.Helper()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if ask[int](b, `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock' AND ltrim(query, E' \n\t') LIKE $1`, like) > 0 {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			b.t.Fatalf("no statement like %q waits", like)
		}
	}
}
