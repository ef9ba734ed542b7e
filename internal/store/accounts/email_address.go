package accounts

import (
	"context"
	"fmt"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

// EmailAddresses are our own addresses. Where exactly one group has none, it gets a new one;
// groups that had a deleted one have none then.
var EmailAddresses = &table.Of[desk.EmailAddress, desk.EmailAddressID]{
	Class:  "EmailAddress",
	Name:   "email_addresses",
	Search: "name, email, note",
	Select: `
		SELECT id, channel_id, name, email, active, note, preferences,
			updated_by_id, created_by_id, created_at, updated_at
		FROM email_addresses`,
	Create: `
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
	Update: `
		UPDATE email_addresses
		SET channel_id = $1, name = $2, email = $3, active = $4, note = $5, preferences = $6, updated_by_id = $7, updated_at = now()
		WHERE id = $8`,
	Values: func(v desk.EmailAddress) []any {
		return []any{v.ChannelID, v.Name, v.Email, v.Active, v.Note, pg.Object(v.Preferences), v.UpdatedByID}
	},
	Parts: func(v *desk.EmailAddress) (*desk.EmailAddressID, *desk.Stamp) { return &v.ID, &v.Stamp },
	Check: settleAddress,
}

// settleAddress makes what an address is follow from what it belongs to: it is in use while there
// is a channel for it, and no two are the same.
func settleAddress(ctx context.Context, tx *pg.DB, a *desk.EmailAddress) error {
	var taken, known bool
	err := pg.Conn(tx).QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM email_addresses WHERE email = $1 AND id <> $2), EXISTS (SELECT FROM channels WHERE id = $3)`,
		a.Email, a.ID, a.ChannelID).Scan(&taken, &known)
	if err != nil {
		return fmt.Errorf("check email address: %w", pg.Translate(err))
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
