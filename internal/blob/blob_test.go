package blob_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/devstack"
	"postroom/internal/store"
)

// keep is a blob store with its rows in a database.
type keep struct {
	*blob.Store
	rows *store.Store
	dir  string
}

func open(t *testing.T) keep {
	t.Helper()
	rows, err := store.Open(context.Background(), store.Options{URL: devstack.Database(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(rows.Close)
	dir := filepath.Join(t.TempDir(), "not", "there", "yet")
	return keep{blob.New(dir), rows, dir}
}

func (k keep) put(t *testing.T, place string, data ...[]byte) []desk.BlobID {
	t.Helper()
	var ids []desk.BlobID
	err := k.rows.InTx(t.Context(), func(tx *store.Store) (err error) {
		ids, err = k.Put(t.Context(), tx, place, data...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func (k keep) release(t *testing.T, ids ...desk.BlobID) {
	t.Helper()
	if err := k.rows.InTx(t.Context(), func(tx *store.Store) error { return k.Release(t.Context(), tx, ids) }); err != nil {
		t.Fatal(err)
	}
}

// files counts what lies in the folder.
func (k keep) files(t *testing.T) (n int) {
	t.Helper()
	err := filepath.WalkDir(k.dir, func(_ string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && !entry.IsDir() {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestBytesComeBackFromEveryPlace(t *testing.T) {
	t.Parallel()
	contents := [][]byte{[]byte("hello"), {}, {0, 255, 0}, bytes.Repeat([]byte("0123456789abcdef"), 1<<17)}
	for _, place := range []string{blob.DB, blob.File} {
		k := open(t)
		ids := k.put(t, place, contents...)
		for i, want := range contents {
			if got, err := k.Get(t.Context(), k.rows, ids[i]); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: content %d comes back with %d bytes, %v; want %d", place, i, len(got), err, len(want))
			}
		}
		if _, err := k.Get(t.Context(), k.rows, 999); !errors.Is(err, desk.ErrNotFound) {
			t.Errorf("%s: blob that is not there: %v", place, err)
		}
	}
}

func TestSameBytesAreKeptOnceWhereTheyAre(t *testing.T) {
	t.Parallel()
	k := open(t)
	data := []byte("logo")
	in := k.put(t, blob.File, data, data)
	later := k.put(t, blob.DB, data) // the setting was changed meanwhile
	if in[0] != in[1] || in[0] != later[0] || k.files(t) != 1 {
		t.Errorf("ids %v and %v, %d files; want one of each", in, later, k.files(t))
	}
	if got, err := k.Get(t.Context(), k.rows, later[0]); err != nil || !bytes.Equal(got, data) {
		t.Errorf("bytes = %q, %v", got, err)
	}
}

func TestReleasedBytesAreGone(t *testing.T) {
	t.Parallel()
	for _, place := range []string{blob.DB, blob.File} {
		k := open(t)
		ids := k.put(t, place, []byte("a"), []byte("b"))
		k.release(t, ids[0], 999)
		if _, err := k.Get(t.Context(), k.rows, ids[0]); !errors.Is(err, desk.ErrNotFound) {
			t.Errorf("%s: released blob: %v, want desk.ErrNotFound", place, err)
		}
		if got, err := k.Get(t.Context(), k.rows, ids[1]); err != nil || string(got) != "b" {
			t.Errorf("%s: the other blob = %q, %v", place, got, err)
		}
		k.release(t, ids...)
		if n := k.files(t); n != 0 {
			t.Errorf("%s: %d files are left", place, n)
		}
		again := k.put(t, place, []byte("a"))
		if got, err := k.Get(t.Context(), k.rows, again[0]); err != nil || string(got) != "a" {
			t.Errorf("%s: kept again = %q, %v", place, got, err)
		}
	}
}

func TestFileOfAFailedTransactionIsUsedLater(t *testing.T) {
	t.Parallel()
	k := open(t)
	broken := errors.New("broken")
	err := k.rows.InTx(t.Context(), func(tx *store.Store) error {
		_, err := k.Put(t.Context(), tx, blob.File, []byte("x"))
		return errors.Join(err, broken)
	})
	if !errors.Is(err, broken) {
		t.Fatal(err)
	}
	ids := k.put(t, blob.File, []byte("x"))
	if got, err := k.Get(t.Context(), k.rows, ids[0]); err != nil || string(got) != "x" || k.files(t) != 1 {
		t.Errorf("bytes = %q, %v in %d files", got, err, k.files(t))
	}
}

func TestDamagedFileIsWrittenAnew(t *testing.T) {
	t.Parallel()
	k := open(t)
	data := []byte("whole")
	k.put(t, blob.File, data)
	sum := desk.BlobSumOf(data)
	name := hex.EncodeToString(sum[:])
	path := filepath.Join(k.dir, name[:2], name)
	if err := os.WriteFile(path, []byte("ha"), 0o600); err != nil { // cut by a crash of the machine
		t.Fatal(err)
	}
	k.put(t, blob.File, data)
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, data) {
		t.Errorf("file = %q, %v", got, err)
	}
}

// A folder that is not mounted for a moment must not make anybody believe the bytes are gone.
func TestMissingFileIsWorthAnotherTry(t *testing.T) {
	t.Parallel()
	k := open(t)
	ids := k.put(t, blob.File, []byte("x"))
	if err := os.RemoveAll(k.dir); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Get(t.Context(), k.rows, ids[0]); err == nil || desk.Permanent(err) {
		t.Errorf("error = %v, want one that is worth another try", err)
	}
	k.release(t, ids...) // what is gone already can be released
}

func TestUnknownPlaceIsRefused(t *testing.T) {
	t.Parallel()
	k := open(t)
	if _, err := k.Put(t.Context(), k.rows, "Tape", []byte("x")); !desk.Permanent(err) {
		t.Errorf("error = %v, want an invalid setting", err)
	}
	if ids, err := k.Put(t.Context(), k.rows, "Tape"); err != nil || len(ids) != 0 {
		t.Errorf("putting nothing: %v, %v", ids, err)
	}
}

func TestPutAndReleaseAtTheSameTimeLoseNothing(t *testing.T) {
	t.Parallel()
	for _, place := range []string{blob.DB, blob.File} {
		k := open(t)
		data := []byte("fought for")
		ids := k.put(t, place, data)
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for range 15 {
					var mine []desk.BlobID
					err := k.rows.InTx(t.Context(), func(tx *store.Store) (err error) {
						if mine, err = k.Put(t.Context(), tx, place, data); err != nil {
							return err
						}
						// What is kept in a transaction is there until the transaction ends.
						got, err := k.Get(t.Context(), tx, mine[0])
						if err == nil && !bytes.Equal(got, data) {
							t.Errorf("%s: bytes = %q", place, got)
						}
						return err
					})
					if err != nil && !errors.Is(err, desk.ErrUnavailable) {
						t.Errorf("%s: put: %v", place, err)
					}
					err = k.rows.InTx(t.Context(), func(tx *store.Store) error { return k.Release(t.Context(), tx, append(mine, ids...)) })
					if err != nil && !errors.Is(err, desk.ErrUnavailable) {
						t.Errorf("%s: release: %v", place, err)
					}
				}
			})
		}
		all.Wait()
		k.release(t, ask(t, k)...)
		if n := k.files(t); n != 0 {
			t.Errorf("%s: %d files are left", place, n)
		}
	}
}

// ask returns the id under which the fought-for bytes are kept now, by keeping them once more.
func ask(t *testing.T, k keep) []desk.BlobID {
	t.Helper()
	return k.put(t, blob.DB, []byte("fought for"))
}
