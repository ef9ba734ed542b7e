// Package blob keeps bytes under their SHA-256, each content once.
//
// Where the bytes lie is one of several places: in the database (DB) or in a folder (File). Every
// blob has a row in the database that says where it is, so the place can be changed at any time:
// new blobs go to the new place, old ones are found where they are.
package blob

import (
	"context"
	"fmt"

	"postroom/internal/desk"
)

// Setting is the name of the setting that says where new blobs go.
const Setting = "storage_provider"

// Places, as that setting names them.
const (
	DB   = "DB"
	File = "File"
)

// Rows is the database's side of the store; a transaction of it makes a blob part of that
// transaction. It is an interface because keepers don't import each other.
type Rows interface {
	// PutBlobs inserts rows that are not there yet and returns the ids of all, in order.
	PutBlobs(ctx context.Context, rows []desk.Blob) ([]desk.BlobID, error)
	// Blob returns one row, or desk.ErrNotFound.
	Blob(ctx context.Context, id desk.BlobID) (desk.Blob, error)
	// DropBlobs deletes those rows that nothing refers to any more, and returns them without Data.
	DropBlobs(ctx context.Context, ids []desk.BlobID) ([]desk.Blob, error)
}

// Store puts and gets blobs.
type Store struct {
	folder folder
}

// New returns a store whose File place is the given folder; it is made when first needed.
func New(dir string) *Store { return &Store{folder: folder{dir}} }

// CheckPlace refuses a place where nothing can be put. Settings offer more of them than there are.
func CheckPlace(place string) error {
	if place != DB && place != File {
		return &desk.InvalidError{Field: Setting, Reason: "Unknown storage provider '" + place + "', known are DB and File"}
	}
	return nil
}

// Put keeps each of data at place and returns their ids, in order. What is kept already is not
// kept again. rows must be a transaction: the blobs exist once it has committed. A file whose
// transaction fails is left over and found again when the same bytes come back.
func (s *Store) Put(ctx context.Context, rows Rows, place string, data ...[]byte) ([]desk.BlobID, error) {
	if len(data) == 0 {
		return nil, nil
	}
	if err := CheckPlace(place); err != nil {
		return nil, err
	}
	out := make([]desk.Blob, len(data))
	for i, bytes := range data {
		out[i] = desk.Blob{Sum: desk.BlobSumOf(bytes), Size: int64(len(bytes)), Place: place}
		if place == DB {
			out[i].Data = bytes
		}
	}
	ids, err := rows.PutBlobs(ctx, out)
	if err != nil || place == DB {
		return ids, err
	}
	// Files come after their rows: the row's lock makes us wait for a Release of the same bytes.
	for i, bytes := range data {
		if err := s.folder.put(out[i].Sum, bytes); err != nil {
			return nil, fmt.Errorf("blob %d: %w", ids[i], err)
		}
	}
	return ids, nil
}

// Get returns a blob's bytes, or desk.ErrNotFound.
func (s *Store) Get(ctx context.Context, rows Rows, id desk.BlobID) ([]byte, error) {
	row, err := rows.Blob(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("blob %d: %w", id, err)
	}
	return s.bytesOf(row)
}

// Read is Get for a row that was read already. Where its bytes are not with it they are asked for.
func (s *Store) Read(ctx context.Context, rows Rows, row desk.Blob) ([]byte, error) {
	if row.Place == DB && row.Data == nil {
		return s.Get(ctx, rows, row.ID)
	}
	return s.bytesOf(row)
}

func (s *Store) bytesOf(row desk.Blob) ([]byte, error) {
	if row.Place == DB {
		return row.Data, nil
	}
	data, err := s.folder.get(row.Sum)
	if err != nil {
		return nil, fmt.Errorf("blob %d in %s: %w", row.ID, row.Place, err)
	}
	if int64(len(data)) != row.Size {
		return nil, fmt.Errorf("blob %d in %s: file has %d bytes, want %d", row.ID, row.Place, len(data), row.Size)
	}
	return data, nil
}

// Release deletes those blobs that nothing refers to any more. rows must be a transaction: a file
// goes while its row is locked, so that nobody can take it for kept in between.
func (s *Store) Release(ctx context.Context, rows Rows, ids []desk.BlobID) error {
	dropped, err := rows.DropBlobs(ctx, ids)
	if err != nil {
		return err
	}
	for _, row := range dropped {
		if row.Place != File {
			continue
		}
		if err := s.folder.remove(row.Sum); err != nil {
			return fmt.Errorf("blob %d: %w", row.ID, err)
		}
	}
	return nil
}
