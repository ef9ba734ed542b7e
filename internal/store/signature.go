package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
)

const allSignatures = `
	SELECT id, name, body, active, note, updated_by_id, created_by_id, created_at, updated_at
	FROM signatures`

// ListSignatures returns one page of signatures, the active ones only or all.
func (s *Store) ListSignatures(ctx context.Context, onlyActive bool, orders []Order, page Page) ([]desk.Signature, error) {
	return listed[desk.Signature](ctx, s, allSignatures+` WHERE active OR NOT $1`, orders, page, onlyActive)
}

// Signature returns one signature, or a *desk.MissingError.
func (s *Store) Signature(ctx context.Context, id desk.SignatureID) (desk.Signature, error) {
	return one[desk.Signature](ctx, s, allSignatures, "Signature", int64(id))
}

// SignatureNames returns the names of all signatures.
func (s *Store) SignatureNames(ctx context.Context) (map[desk.SignatureID]string, error) {
	found, err := names[desk.SignatureID](ctx, s, `SELECT id, name FROM signatures`)
	return found, translate(err)
}

// SignatureGroups returns the groups that use each of the signatures.
func (s *Store) SignatureGroups(ctx context.Context, ids []desk.SignatureID) (map[desk.SignatureID][]desk.GroupID, error) {
	rows, _ := s.db.Query(ctx, `SELECT signature_id, id FROM groups WHERE signature_id = ANY($1) ORDER BY id`, ids)
	groups := map[desk.SignatureID][]desk.GroupID{}
	var signature desk.SignatureID
	var group desk.GroupID
	_, err := pgx.ForEachRow(rows, []any{&signature, &group}, func() error {
		groups[signature] = append(groups[signature], group)
		return nil
	})
	return groups, translate(err)
}

// CheckSignatureName refuses a name that is blank or another signature's.
func (s *Store) CheckSignatureName(ctx context.Context, v desk.Signature) error {
	return s.checkName(ctx, "signatures", v.Name, int64(v.ID))
}

// InsertSignature stores a new signature and fills its id.
func (s *Store) InsertSignature(ctx context.Context, v *desk.Signature) error {
	err := s.db.QueryRow(ctx, `
		INSERT INTO signatures (name, body, active, note, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $5)
		RETURNING id`, v.Name, v.Body, v.Active, v.Note, v.UpdatedByID).Scan(&v.ID)
	if err != nil {
		return fmt.Errorf("insert signature: %w", translate(err))
	}
	return nil
}

// SaveSignature stores a changed signature.
func (s *Store) SaveSignature(ctx context.Context, v desk.Signature) error {
	return s.exec(ctx, "save signature", `
		UPDATE signatures
		SET name = $1, body = $2, active = $3, note = $4, updated_by_id = $5, updated_at = now()
		WHERE id = $6`, v.Name, v.Body, v.Active, v.Note, v.UpdatedByID, v.ID)
}

// SetSignatureGroups makes exactly these groups those that use a signature.
func (s *Store) SetSignatureGroups(ctx context.Context, id desk.SignatureID, groups []desk.GroupID) error {
	return s.exec(ctx, "groups of signature", `
		UPDATE groups
		SET signature_id = CASE WHEN id = ANY($2) THEN $1::bigint END, updated_at = now()
		WHERE (signature_id IS NOT DISTINCT FROM $1) <> (id = ANY($2))`, id, plain(groups))
}

// DeleteSignature deletes a signature that no group uses.
func (s *Store) DeleteSignature(ctx context.Context, id desk.SignatureID) error {
	return s.deleteRow(ctx, "signatures", "Signature", int64(id))
}
