package accounts

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

// Signatures are the texts under the mails of groups.
var Signatures = &table.Of[desk.Signature, desk.SignatureID]{
	Class:  "Signature",
	Name:   "signatures",
	Search: "name, body, note",
	Select: `
		SELECT id, name, body, active, note, updated_by_id, created_by_id, created_at, updated_at
		FROM signatures`,
	Create: `
		INSERT INTO signatures (name, body, active, note, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $5)
		RETURNING id`,
	Update: `
		UPDATE signatures
		SET name = $1, body = $2, active = $3, note = $4, updated_by_id = $5, updated_at = now()
		WHERE id = $6`,
	Values: func(v desk.Signature) []any { return []any{v.Name, v.Body, v.Active, v.Note, v.UpdatedByID} },
	Parts:  func(v *desk.Signature) (*desk.SignatureID, *desk.Stamp) { return &v.ID, &v.Stamp },
}

// SignatureGroups returns the groups that use each of those of the signatures that any uses.
func (s Keeper) SignatureGroups(ctx context.Context, ids []desk.SignatureID) (map[desk.SignatureID][]desk.GroupID, error) {
	return pg.Keyed[desk.SignatureID](ctx, s.DB, "groups of signatures", `
		SELECT signature_id, array_agg(id ORDER BY id)
		FROM groups
		WHERE signature_id = ANY($1)
		GROUP BY signature_id`, pg.Whole[[]desk.GroupID], ids)
}

// SetSignatureGroups makes exactly these groups those that use a signature.
func (s Keeper) SetSignatureGroups(ctx context.Context, id desk.SignatureID, groups []desk.GroupID) error {
	return pg.Exec(ctx, s.DB, "groups of signature", `
		UPDATE groups
		SET signature_id = CASE WHEN id = ANY($2) THEN $1::bigint END, updated_at = now()
		WHERE (signature_id IS NOT DISTINCT FROM $1) <> (id = ANY($2))`, id, pg.Plain(groups))
}
