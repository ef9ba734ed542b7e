package store

import (
	"context"

	"postroom/internal/desk"
)

// Signatures are the texts under the mails of groups.
var Signatures = &Table[desk.Signature, desk.SignatureID]{
	Class:  "Signature",
	name:   "signatures",
	search: "name, body, note",
	all: `
		SELECT id, name, body, active, note, updated_by_id, created_by_id, created_at, updated_at
		FROM signatures`,
	insert: `
		INSERT INTO signatures (name, body, active, note, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $5)
		RETURNING id`,
	save: `
		UPDATE signatures
		SET name = $1, body = $2, active = $3, note = $4, updated_by_id = $5, updated_at = now()
		WHERE id = $6`,
	values: func(v desk.Signature) []any { return []any{v.Name, v.Body, v.Active, v.Note, v.UpdatedByID} },
	parts:  func(v *desk.Signature) (*desk.SignatureID, *desk.Stamp) { return &v.ID, &v.Stamp },
}

// SignatureGroups returns the groups that use each of those of the signatures that any uses.
func (s *Store) SignatureGroups(ctx context.Context, ids []desk.SignatureID) (map[desk.SignatureID][]desk.GroupID, error) {
	return keyed[desk.SignatureID](ctx, s, "groups of signatures", `
		SELECT signature_id, array_agg(id ORDER BY id)
		FROM groups
		WHERE signature_id = ANY($1)
		GROUP BY signature_id`, whole[[]desk.GroupID], ids)
}

// SetSignatureGroups makes exactly these groups those that use a signature.
func (s *Store) SetSignatureGroups(ctx context.Context, id desk.SignatureID, groups []desk.GroupID) error {
	return s.exec(ctx, "groups of signature", `
		UPDATE groups
		SET signature_id = CASE WHEN id = ANY($2) THEN $1::bigint END, updated_at = now()
		WHERE (signature_id IS NOT DISTINCT FROM $1) <> (id = ANY($2))`, id, plain(groups))
}
