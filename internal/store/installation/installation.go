package installation

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// setupLock is the advisory lock under which an installation is set up: of several processes that
// start together one seeds, the others find it done.
const setupLock int64 = 0x706f7374726f6f6e

// LockSetup waits for the right to set up the installation, until the transaction ends.
func (s Keeper) LockSetup(ctx context.Context) error {
	_, err := pg.Conn(s.DB).Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, setupLock)
	return pg.Translate(err)
}

// Fact returns what the installation knows about itself under this key, or desk.ErrNotFound.
func (s Keeper) Fact(ctx context.Context, key string) (value string, err error) {
	err = pg.Conn(s.DB).QueryRow(ctx, `SELECT value FROM installation WHERE key = $1`, key).Scan(&value)
	return value, pg.Translate(err)
}

const putFact = `
	INSERT INTO installation (key, value)
	VALUES ($1, $2)
	ON CONFLICT (key) DO UPDATE SET value = excluded.value`

// PutFact remembers something about the installation.
func (s Keeper) PutFact(ctx context.Context, key, value string) error {
	_, err := pg.Conn(s.DB).Exec(ctx, putFact, key, value)
	return pg.Translate(err)
}

// factSecretKey holds a text sealed with the key that the database was set up with.
const factSecretKey = "secret_key"

const keyProof = "postroom"

// CheckSecretKey makes sure that our secret key is the one this database was set up with, and
// remembers it when the database is new. Otherwise passwords of channels would be unreadable.
func (s Keeper) CheckSecretKey(ctx context.Context) error {
	sealed, err := s.Fact(ctx, factSecretKey)
	if errors.Is(err, desk.ErrNotFound) {
		proof, err := pg.Sealer(s.DB).Seal(keyProof)
		if err != nil {
			return err
		}
		return s.PutFact(ctx, factSecretKey, proof)
	}
	if err != nil {
		return fmt.Errorf("secret key of this database: %w", err)
	}
	_, err = pg.Sealer(s.DB).Open(sealed)
	return err
}

const people = `
	SELECT count(*)
	FROM users`

// IsSetUp reports whether somebody works here already: more people than a fresh installation has.
func (s Keeper) IsSetUp(ctx context.Context) (bool, error) {
	var n int
	if err := pg.Conn(s.DB).QueryRow(ctx, people).Scan(&n); err != nil {
		return false, fmt.Errorf("count people: %w", pg.Translate(err))
	}
	return n > 2, nil
}

// SignupRoleIDs lists the roles of people who sign up.
func (s Keeper) SignupRoleIDs(ctx context.Context) ([]int64, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, `SELECT id FROM roles WHERE default_at_signup AND active ORDER BY id`)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	return ids, pg.Translate(err)
}

const permissionsOfRoles = `
	SELECT p.name
	FROM permissions p
	WHERE p.active AND EXISTS (SELECT FROM permissions_roles pr WHERE pr.permission_id = p.id AND pr.role_id = ANY($1))
	ORDER BY p.id`

// PermissionsOfRoles lists the names of the active permissions that these roles hold.
func (s Keeper) PermissionsOfRoles(ctx context.Context, roles []int64) ([]string, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, permissionsOfRoles, roles)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return names, pg.Translate(err)
}

// ErrNotSetUp says that the database is not that of an installation yet.
var ErrNotSetUp = errors.New("the database is not set up: run `postroom migrate` or start `postroom all`")

// Ready reports whether the database answers, has our tables and was set up with our secret key.
func (s Keeper) Ready(ctx context.Context) error {
	sealed, err := s.Fact(ctx, factSecretKey)
	failure, ok := errors.AsType[*pgconn.PgError](err)
	if errors.Is(err, desk.ErrNotFound) || ok && failure.Code == "42P01" { // undefined_table
		return ErrNotSetUp
	}
	if err != nil {
		return err
	}
	_, err = pg.Sealer(s.DB).Open(sealed)
	return err
}
