package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
)

const externalCredentials = `
	SELECT id, name, credentials, created_at, updated_at
	FROM external_credentials`

const classExternalCredential = "ExternalCredential"

// ExternalCredentials returns what we are to other companies, secrets in clear: one each.
func (s *Store) ExternalCredentials(ctx context.Context) ([]desk.ExternalCredential, error) {
	const all = 100 // there are as many as there are providers that we know
	rows, _ := s.db.Query(ctx, externalCredentials+` ORDER BY id LIMIT $1`, all)
	found, err := pgx.CollectRows(rows, s.scanExternalCredential)
	if err != nil {
		return nil, fmt.Errorf("external credentials: %w", translate(err))
	}
	return found, nil
}

// ExternalCredential returns one of them, or a *desk.MissingError.
func (s *Store) ExternalCredential(ctx context.Context, id desk.ExternalCredentialID) (desk.ExternalCredential, error) {
	rows, _ := s.db.Query(ctx, externalCredentials+` WHERE id = $1`, id)
	found, err := pgx.CollectExactlyOneRow(rows, s.scanExternalCredential)
	if err != nil {
		return desk.ExternalCredential{}, missing(classExternalCredential, int64(id), err)
	}
	return found, nil
}

// ExternalCredentialOf returns what we are to a provider, or desk.ErrNotFound.
func (s *Store) ExternalCredentialOf(ctx context.Context, provider string) (desk.ExternalCredential, error) {
	rows, _ := s.db.Query(ctx, externalCredentials+` WHERE name = $1`, provider)
	found, err := pgx.CollectExactlyOneRow(rows, s.scanExternalCredential)
	if err != nil {
		return desk.ExternalCredential{}, fmt.Errorf("external credential of %s: %w", provider, translate(err))
	}
	return found, nil
}

func (s *Store) scanExternalCredential(row pgx.CollectableRow) (desk.ExternalCredential, error) {
	v, err := pgx.RowToStructByName[desk.ExternalCredential](row)
	if err != nil {
		return v, err
	}
	v.Credentials, err = eachSecret(v.Credentials, s.seal.open)
	return v, err
}

// AddExternalCredential stores a new one and fills its id and times. A second one of the same name
// is a desk.ErrConflict.
func (s *Store) AddExternalCredential(ctx context.Context, v *desk.ExternalCredential) error {
	sealed, err := eachSecret(v.Credentials, s.seal.seal)
	if err != nil {
		return fmt.Errorf("add external credential: %w", err)
	}
	err = s.db.QueryRow(ctx, `
		INSERT INTO external_credentials (name, credentials)
		VALUES ($1, $2)
		RETURNING id, created_at, updated_at`, v.Name, sealed).Scan(&v.ID, &v.CreatedAt, &v.UpdatedAt)
	if err != nil {
		return fmt.Errorf("add external credential: %w", translate(err))
	}
	return nil
}

// SaveExternalCredential stores a changed one and fills its time. Its name stays.
func (s *Store) SaveExternalCredential(ctx context.Context, v *desk.ExternalCredential) error {
	sealed, err := eachSecret(v.Credentials, s.seal.seal)
	if err != nil {
		return fmt.Errorf("save external credential %d: %w", v.ID, err)
	}
	err = s.db.QueryRow(ctx, `
		UPDATE external_credentials
		SET credentials = $2, updated_at = now()
		WHERE id = $1
		RETURNING updated_at`, v.ID, sealed).Scan(&v.UpdatedAt)
	if err != nil {
		return missing(classExternalCredential, int64(v.ID), err)
	}
	return nil
}

// DeleteExternalCredential deletes one, or returns a *desk.MissingError. Channels keep what they
// were connected with.
func (s *Store) DeleteExternalCredential(ctx context.Context, id desk.ExternalCredentialID) error {
	return s.deleteRow(ctx, "external_credentials", classExternalCredential, int64(id))
}
