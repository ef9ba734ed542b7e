package accounts

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
	"postroom/internal/store/seal"
)

const externalCredentials = `
	SELECT id, name, credentials, created_at, updated_at
	FROM external_credentials`

const classExternalCredential = "ExternalCredential"

// ExternalCredentials returns what we are to other companies, secrets in clear: one each.
func (s Keeper) ExternalCredentials(ctx context.Context) ([]desk.ExternalCredential, error) {
	const all = 100 // there are as many as there are providers that we know
	rows, _ := pg.Conn(s.DB).Query(ctx, externalCredentials+` ORDER BY id LIMIT $1`, all)
	found, err := pgx.CollectRows(rows, s.scanExternalCredential)
	if err != nil {
		return nil, fmt.Errorf("external credentials: %w", pg.Translate(err))
	}
	return found, nil
}

// ExternalCredential returns one of them, or a *desk.MissingError.
func (s Keeper) ExternalCredential(ctx context.Context, id desk.ExternalCredentialID) (desk.ExternalCredential, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, externalCredentials+` WHERE id = $1`, id)
	found, err := pgx.CollectExactlyOneRow(rows, s.scanExternalCredential)
	if err != nil {
		return desk.ExternalCredential{}, pg.Missing(classExternalCredential, int64(id), err)
	}
	return found, nil
}

// ExternalCredentialOf returns what we are to a provider, or desk.ErrNotFound.
func (s Keeper) ExternalCredentialOf(ctx context.Context, provider string) (desk.ExternalCredential, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, externalCredentials+` WHERE name = $1`, provider)
	found, err := pgx.CollectExactlyOneRow(rows, s.scanExternalCredential)
	if err != nil {
		return desk.ExternalCredential{}, fmt.Errorf("external credential of %s: %w", provider, pg.Translate(err))
	}
	return found, nil
}

func (s Keeper) scanExternalCredential(row pgx.CollectableRow) (desk.ExternalCredential, error) {
	v, err := pgx.RowToStructByName[desk.ExternalCredential](row)
	if err != nil {
		return v, err
	}
	v.Credentials, err = seal.Each(v.Credentials, pg.Sealer(s.DB).Open)
	return v, err
}

// AddExternalCredential stores a new one and fills its id and times. A second one of the same name
// is a desk.ErrConflict.
func (s Keeper) AddExternalCredential(ctx context.Context, v *desk.ExternalCredential) error {
	sealed, err := seal.Each(v.Credentials, pg.Sealer(s.DB).Seal)
	if err != nil {
		return fmt.Errorf("add external credential: %w", err)
	}
	err = pg.Conn(s.DB).QueryRow(ctx, `
		INSERT INTO external_credentials (name, credentials)
		VALUES ($1, $2)
		RETURNING id, created_at, updated_at`, v.Name, sealed).Scan(&v.ID, &v.CreatedAt, &v.UpdatedAt)
	if err != nil {
		return fmt.Errorf("add external credential: %w", pg.Translate(err))
	}
	return nil
}

// SaveExternalCredential stores a changed one and fills its time. Its name stays.
func (s Keeper) SaveExternalCredential(ctx context.Context, v *desk.ExternalCredential) error {
	sealed, err := seal.Each(v.Credentials, pg.Sealer(s.DB).Seal)
	if err != nil {
		return fmt.Errorf("save external credential %d: %w", v.ID, err)
	}
	err = pg.Conn(s.DB).QueryRow(ctx, `
		UPDATE external_credentials
		SET credentials = $2, updated_at = now()
		WHERE id = $1
		RETURNING updated_at`, v.ID, sealed).Scan(&v.UpdatedAt)
	if err != nil {
		return pg.Missing(classExternalCredential, int64(v.ID), err)
	}
	return nil
}

// DeleteExternalCredential deletes one, or returns a *desk.MissingError. Channels keep what they
// were connected with.
func (s Keeper) DeleteExternalCredential(ctx context.Context, id desk.ExternalCredentialID) error {
	return pg.DeleteRow(ctx, s.DB, "external_credentials", classExternalCredential, int64(id))
}
