package signin

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk/identity"
	"postroom/internal/store/pg"
)

const applicationColumns = `
	SELECT id, name, uid, secret, redirect_uri, scopes, confidential, created_at, updated_at
	FROM oauth_applications`

// classApplication is what answers call an application.
const classApplication = "Doorkeeper::Application"

// maxApplications bounds the list of applications.
const maxApplications = 1000

// Applications returns the applications that may act for people, by id.
func (s Keeper) Applications(ctx context.Context) ([]identity.Application, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, applicationColumns+` ORDER BY id LIMIT $1`, maxApplications)
	found, err := pgx.CollectRows(rows, s.scanApplication)
	if err != nil {
		return nil, fmt.Errorf("applications: %w", pg.Translate(err))
	}
	return found, nil
}

// Application returns one application, or a *desk.MissingError.
func (s Keeper) Application(ctx context.Context, id identity.ApplicationID) (identity.Application, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, applicationColumns+` WHERE id = $1`, id)
	found, err := pgx.CollectExactlyOneRow(rows, s.scanApplication)
	if err != nil {
		return identity.Application{}, pg.Missing(classApplication, int64(id), err)
	}
	return found, nil
}

// ApplicationByUID returns the application that calls itself so, or desk.ErrNotFound.
func (s Keeper) ApplicationByUID(ctx context.Context, uid string) (identity.Application, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, applicationColumns+` WHERE uid = $1`, uid)
	found, err := pgx.CollectExactlyOneRow(rows, s.scanApplication)
	if err != nil {
		return identity.Application{}, fmt.Errorf("application by uid: %w", pg.Translate(err))
	}
	return found, nil
}

func (s Keeper) scanApplication(row pgx.CollectableRow) (identity.Application, error) {
	a, err := pgx.RowToStructByName[identity.Application](row)
	if err != nil {
		return a, err
	}
	a.Secret, err = pg.Sealer(s.DB).Open(a.Secret)
	return a, err
}

// InsertApplication stores a new application and fills its id and times.
func (s Keeper) InsertApplication(ctx context.Context, a *identity.Application) error {
	sealed, err := pg.Sealer(s.DB).Seal(a.Secret)
	if err != nil {
		return err
	}
	err = pg.Conn(s.DB).QueryRow(ctx, `
		INSERT INTO oauth_applications (name, uid, secret, redirect_uri, scopes, confidential)
		VALUES ($1, $2, $3, $4, $5, $6)
		RETURNING id, created_at, updated_at`, a.Name, a.UID, sealed, a.RedirectURI, a.Scopes, a.Confidential).
		Scan(&a.ID, &a.CreatedAt, &a.UpdatedAt)
	if err != nil {
		return fmt.Errorf("insert application: %w", pg.Translate(err))
	}
	return nil
}

// LockApplication is Application for a transaction that is going to change it.
func (s Keeper) LockApplication(ctx context.Context, id identity.ApplicationID) (identity.Application, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, applicationColumns+` WHERE id = $1 FOR NO KEY UPDATE`, id)
	found, err := pgx.CollectExactlyOneRow(rows, s.scanApplication)
	if err != nil {
		return identity.Application{}, pg.Missing(classApplication, int64(id), err)
	}
	return found, nil
}

// SaveApplication stores a changed application and fills its time. Its uid and secret stay.
func (s Keeper) SaveApplication(ctx context.Context, a *identity.Application) error {
	err := pg.Conn(s.DB).QueryRow(ctx, `
		UPDATE oauth_applications
		SET name = $2, redirect_uri = $3, scopes = $4, confidential = $5, updated_at = now()
		WHERE id = $1
		RETURNING updated_at`, a.ID, a.Name, a.RedirectURI, a.Scopes, a.Confidential).Scan(&a.UpdatedAt)
	if err != nil {
		return pg.Missing(classApplication, int64(a.ID), err)
	}
	return nil
}

// DeleteApplication deletes an application and all that it was given.
func (s Keeper) DeleteApplication(ctx context.Context, id identity.ApplicationID) error {
	return pg.DeleteRow(ctx, s.DB, "oauth_applications", classApplication, int64(id))
}

// ApplicationTokens counts the tokens that each application was given.
func (s Keeper) ApplicationTokens(ctx context.Context) (map[identity.ApplicationID]int, error) {
	return pg.Keyed[identity.ApplicationID](ctx, s.DB, "tokens of applications", `
		SELECT application_id, count(*)
		FROM oauth_access_tokens
		GROUP BY application_id`, pg.Whole[int])
}
