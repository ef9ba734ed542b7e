package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"postroom/internal/store/pg"
	"postroom/migrations"
)

// migrationLock is the PostgreSQL advisory lock under which the schema changes: processes that
// start together wait for the first of them instead of colliding.
const migrationLock int64 = 0x706f7374726f6f6d // "postroom"

// sessionLock asks for the lock again and again, sooner than goose's own. It must not wait for it in the
// database: an index that is built while others write waits for every statement that began before, this one
// too, and so both would wait for each other.
type sessionLock struct{}

const lockEvery = 100 * time.Millisecond

func (sessionLock) SessionLock(ctx context.Context, conn *sql.Conn) error {
	again := time.NewTicker(lockEvery)
	defer again.Stop()
	for {
		var locked bool
		err := conn.QueryRowContext(ctx, `SELECT pg_try_advisory_lock($1)`, migrationLock).Scan(&locked)
		if err != nil || locked {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-again.C:
		}
	}
}

func (sessionLock) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, `SELECT pg_advisory_unlock($1)`, migrationLock)
	return err
}

// Migrate brings the database's schema up to date and returns how many migrations it applied. It
// refuses a database that a newer version of the program has migrated.
func Migrate(ctx context.Context, url string) (applied int, err error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return 0, fmt.Errorf("database URL: %w", err)
	}
	db := stdlib.OpenDB(*config)
	defer db.Close()
	provider, err := goose.NewProvider(goose.DialectPostgres, db, migrations.Files, goose.WithSessionLocker(sessionLock{}))
	if err != nil {
		return 0, fmt.Errorf("migrations: %w", err)
	}
	sources := provider.ListSources()
	known := sources[len(sources)-1].Version
	current, err := provider.GetDBVersion(ctx)
	if err != nil {
		return 0, fmt.Errorf("schema version: %w", pg.Translate(err))
	}
	if current > known {
		return 0, fmt.Errorf("the database has schema version %d, this program knows versions up to %d: start the newer program that migrated it, or restore a backup made before", current, known)
	}
	results, err := provider.Up(ctx)
	if err != nil {
		return 0, fmt.Errorf("migrate: %w", pg.Translate(err))
	}
	return len(results), nil
}
