package store

import (
	"context"
	"fmt"

	"postroom/internal/desk"
)

// ListEmailAddresses returns one page of our own addresses.
func (s *Store) ListEmailAddresses(ctx context.Context, orders []Order, page Page) ([]desk.EmailAddress, error) {
	return listed[desk.EmailAddress](ctx, s, allAddresses, orders, page)
}

// EmailAddress returns one of our own addresses, or a *desk.MissingError.
func (s *Store) EmailAddress(ctx context.Context, id desk.EmailAddressID) (desk.EmailAddress, error) {
	return one[desk.EmailAddress](ctx, s, allAddresses, "EmailAddress", int64(id))
}

// settleAddress makes what an address is follow from what it belongs to: it is in use while there
// is a channel for it, and no two are the same.
func (s *Store) settleAddress(ctx context.Context, a *desk.EmailAddress) error {
	var taken, known bool
	err := s.db.QueryRow(ctx, `
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

// InsertEmailAddress stores a new address and fills its id. Where exactly one group has no
// address, it gets this one.
func (s *Store) InsertEmailAddress(ctx context.Context, a *desk.EmailAddress) error {
	if err := s.settleAddress(ctx, a); err != nil {
		return err
	}
	err := s.db.QueryRow(ctx, `
		INSERT INTO email_addresses (channel_id, name, email, active, note, preferences, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
		RETURNING id`,
		a.ChannelID, a.Name, a.Email, a.Active, a.Note, object(a.Preferences), a.UpdatedByID).Scan(&a.ID)
	if err != nil {
		return fmt.Errorf("insert email address: %w", translate(err))
	}
	return s.exec(ctx, "address of the only group without", `
		UPDATE groups
		SET email_address_id = $1, updated_at = now()
		WHERE email_address_id IS NULL
			AND (SELECT count(*) FROM groups WHERE email_address_id IS NULL) = 1`, a.ID)
}

// SaveEmailAddress stores a changed address.
func (s *Store) SaveEmailAddress(ctx context.Context, a desk.EmailAddress) error {
	if err := s.settleAddress(ctx, &a); err != nil {
		return err
	}
	return s.exec(ctx, "save email address", `
		UPDATE email_addresses
		SET channel_id = $1, name = $2, email = $3, active = $4, note = $5, preferences = $6, updated_by_id = $7, updated_at = now()
		WHERE id = $8`,
		a.ChannelID, a.Name, a.Email, a.Active, a.Note, object(a.Preferences), a.UpdatedByID, a.ID)
}

// DeleteEmailAddress deletes an address. Groups that had it have none then.
func (s *Store) DeleteEmailAddress(ctx context.Context, id desk.EmailAddressID) error {
	return s.deleteRow(ctx, "email_addresses", "EmailAddress", int64(id))
}
