package store

import (
	"context"
	"fmt"

	"postroom/internal/desk"
)

// EmailAddresses are our own addresses. Where exactly one group has none, it gets a new one;
// groups that had a deleted one have none then.
var EmailAddresses = &Table[desk.EmailAddress, desk.EmailAddressID]{
	Class:  "EmailAddress",
	name:   "email_addresses",
	search: "name, email, note",
	all: `
		SELECT id, channel_id, name, email, active, note, preferences,
			updated_by_id, created_by_id, created_at, updated_at
		FROM email_addresses`,
	insert: `
		WITH made AS (
			INSERT INTO email_addresses (channel_id, name, email, active, note, preferences, updated_by_id, created_by_id)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
			RETURNING id
		), given AS (
			UPDATE groups
			SET email_address_id = made.id, updated_at = now()
			FROM made
			WHERE email_address_id IS NULL
				AND (SELECT count(*) FROM groups WHERE email_address_id IS NULL) = 1
		)
		SELECT id
		FROM made`,
	save: `
		UPDATE email_addresses
		SET channel_id = $1, name = $2, email = $3, active = $4, note = $5, preferences = $6, updated_by_id = $7, updated_at = now()
		WHERE id = $8`,
	values: func(v desk.EmailAddress) []any {
		return []any{v.ChannelID, v.Name, v.Email, v.Active, v.Note, object(v.Preferences), v.UpdatedByID}
	},
	parts: func(v *desk.EmailAddress) (*desk.EmailAddressID, *desk.Stamp) { return &v.ID, &v.Stamp },
	check: settleAddress,
}

// settleAddress makes what an address is follow from what it belongs to: it is in use while there
// is a channel for it, and no two are the same.
func settleAddress(ctx context.Context, tx *Store, a *desk.EmailAddress) error {
	var taken, known bool
	err := tx.db.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM email_addresses WHERE email = $1 AND id <> $2), EXISTS (SELECT FROM channels WHERE id = $3)`,
		a.Email, a.ID, a.ChannelID).Scan(&taken, &known)
	if err != nil {
		return fmt.Errorf("check email address: %w", translate(err))
	}
	if taken {
		return &desk.InvalidError{Field: "email", Reason: "Email has already been taken"}
	}
	a.Active = known
	if !known {
		a.ChannelID = nil
	}
	return nil
}
