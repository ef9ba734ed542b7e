package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
)

const applicationColumns = `
	SELECT id, name, uid, secret, redirect_uri, scopes, confidential, created_at, updated_at
	FROM oauth_applications`

// classApplication is what answers call an application.
const classApplication = "Doorkeeper::Application"

// maxApplications bounds the list of applications.
const maxApplications = 1000

// Applications returns the applications that may act for people, by id.
func (s *Store) Applications(ctx context.Context) ([]desk.Application, error) {
	rows, _ := s.db.Query(ctx, applicationColumns+` ORDER BY id LIMIT $1`, maxApplications)
	found, err := pgx.CollectRows(rows, s.scanApplication)
	if err != nil {
		return nil, fmt.Errorf("applications: %w", translate(err))
	}
	return found, nil
}

// Application returns one application, or a *desk.MissingError.
func (s *Store) Application(ctx context.Context, id desk.ApplicationID) (desk.Application, error) {
	rows, _ := s.db.Query(ctx, applicationColumns+` WHERE id = $1`, id)
	found, err := pgx.CollectExactlyOneRow(rows, s.scanApplication)
	if err != nil {
		return desk.Application{}, missing(classApplication, int64(id), err)
	}
	return found, nil
}

// ApplicationByUID returns the application that calls itself so, or desk.ErrNotFound.
func (s *Store) ApplicationByUID(ctx context.Context, uid string) (desk.Application, error) {
	rows, _ := s.db.Query(ctx, applicationColumns+` WHERE uid = $1`, uid)
	found, err := pgx.CollectExactlyOneRow(rows, s.scanApplication)
	if err != nil {
		return desk.Application{}, fmt.Errorf("application by uid: %w", translate(err))
	}
	return found, nil
}

func (s *Store) scanApplication(row pgx.CollectableRow) (desk.Application, error) {
	a, err := pgx.RowToStructByName[desk.Application](row)
	if err != nil {
		return a, err
	}
	a.Secret, err = s.seal.open(a.Secret)
	return a, err
}

// InsertApplication stores a new application and fills its id and times.
func (s *Store) InsertApplication(ctx context.Context, a *desk.Application) error {
	sealed, err := s.seal.seal(a.Secret)
	if err != nil {
		return err
	}
	err = s.db.QueryRow(ctx, `
		INSERT INTO oauth_applications (name, uid, secret, redirect_uri, scopes, confidential)
		VALUES ($1, $2, $3, $4, $5, $6)
		RETURNING id, created_at, updated_at`, a.Name, a.UID, sealed, a.RedirectURI, a.Scopes, a.Confidential).
		Scan(&a.ID, &a.CreatedAt, &a.UpdatedAt)
	if err != nil {
		return fmt.Errorf("insert application: %w", translate(err))
	}
	return nil
}

// LockApplication is Application for a transaction that is going to change it.
func (s *Store) LockApplication(ctx context.Context, id desk.ApplicationID) (desk.Application, error) {
	rows, _ := s.db.Query(ctx, applicationColumns+` WHERE id = $1 FOR NO KEY UPDATE`, id)
	found, err := pgx.CollectExactlyOneRow(rows, s.scanApplication)
	if err != nil {
		return desk.Application{}, missing(classApplication, int64(id), err)
	}
	return found, nil
}

// SaveApplication stores a changed application and fills its time. Its uid and secret stay.
func (s *Store) SaveApplication(ctx context.Context, a *desk.Application) error {
	err := s.db.QueryRow(ctx, `
		UPDATE oauth_applications
		SET name = $2, redirect_uri = $3, scopes = $4, confidential = $5, updated_at = now()
		WHERE id = $1
		RETURNING updated_at`, a.ID, a.Name, a.RedirectURI, a.Scopes, a.Confidential).Scan(&a.UpdatedAt)
	if err != nil {
		return missing(classApplication, int64(a.ID), err)
	}
	return nil
}

// DeleteApplication deletes an application and all that it was given.
func (s *Store) DeleteApplication(ctx context.Context, id desk.ApplicationID) error {
	return s.deleteRow(ctx, "oauth_applications", classApplication, int64(id))
}

// ApplicationTokens counts the tokens that each application was given.
func (s *Store) ApplicationTokens(ctx context.Context) (map[desk.ApplicationID]int, error) {
	return keyed[desk.ApplicationID](ctx, s, "tokens of applications", `
		SELECT application_id, count(*)
		FROM oauth_access_tokens
		GROUP BY application_id`, whole[int])
}
