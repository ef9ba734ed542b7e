// Package pg is how the rooms of the store speak to PostgreSQL.
//
// A statement is a function that takes a DB, never a method of one. So whoever holds a DB outside
// of the store can have a transaction, but no SQL: only the store's rooms import this package.
package pg

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"postroom/internal/store/seal"
)

// Querier is what a pool, a connection and a transaction have in common.
type Querier interface {
	Begin(ctx context.Context) (pgx.Tx, error)
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
	CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error)
}

// DB is the database, or one transaction of it.
type DB struct {
	db     Querier
	pool   *pgxpool.Pool
	spare  *pgxpool.Pool // one connection for the catalog, which is also asked for inside transactions
	seal   *seal.Sealer
	work   *announcer
	wrote  *bool // in a transaction: whether it announced work
	latest *latest
}

// Open connects to the database. Secrets in it are sealed by the sealer.
func Open(ctx context.Context, config *pgxpool.Config, sealer *seal.Sealer) (*DB, error) {
	// Every time is UTC, in the database's answers as everywhere else.
	config.ConnConfig.RuntimeParams["timezone"] = "UTC"
	config.AfterConnect = readUTC
	config.ConnConfig.RuntimeParams["application_name"] = "postroom"
	config.HealthCheckPeriod = 5 * time.Second
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	// Transactions that hold all connections of the pool may all wait for the catalog.
	spare, err := pgxpool.NewWithConfig(ctx, single(config))
	if err != nil {
		pool.Close()
		return nil, fmt.Errorf("open database: %w", err)
	}
	return &DB{db: pool, pool: pool, spare: spare, seal: sealer, work: newAnnouncer(pool), latest: &latest{}}, nil
}

// single is a configuration for one connection, which exists only while it is used now and then.
func single(config *pgxpool.Config) *pgxpool.Config {
	one := config.Copy()
	one.MaxConns, one.MinConns, one.MinIdleConns = 1, 0, 0
	return one
}

// Close ends all connections. Work announced before it is announced.
func (s *DB) Close() {
	s.work.close()
	s.pool.Close()
	s.spare.Close()
}

// Ping reports whether the database answers.
func (s *DB) Ping(ctx context.Context) error {
	return Translate(s.pool.Ping(ctx))
}

// InTx runs fn in one transaction: all of what it does happens, or nothing. fn must use the DB
// it is handed. Work that it announced is made known to the relay after the commit. Inside a
// transaction InTx joins it.
func (s *DB) InTx(ctx context.Context, fn func(tx *DB) error) error {
	return s.inTx(ctx, pgx.TxOptions{}, fn)
}

// beginBrief has the plans of a transaction made once, for any values, and never by reading a whole
// table: one that is empty while a plan is made may have a million rows while it is used.
const beginBrief = `BEGIN; SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off`

// InBriefTx is InTx for work that is done many times a second, by statements that each find a few
// rows by an index. To plan them anew each time takes longer than to run them.
func (s *DB) InBriefTx(ctx context.Context, fn func(tx *DB) error) error {
	return s.inTx(ctx, pgx.TxOptions{BeginQuery: beginBrief}, fn)
}

func (s *DB) inTx(ctx context.Context, options pgx.TxOptions, fn func(tx *DB) error) error {
	if s.wrote != nil {
		return fn(s)
	}
	wrote := false
	err := pgx.BeginTxFunc(ctx, s.pool, options, func(tx pgx.Tx) error {
		inner := Over(s, tx)
		inner.wrote = &wrote
		return fn(inner)
	})
	if err != nil {
		return Translate(err)
	}
	if wrote {
		s.work.announce()
	}
	return nil
}

// Attempt runs fn inside a transaction so that it may fail: what it did is then undone, and the
// transaction goes on as if it had not been tried.
func (s *DB) Attempt(ctx context.Context, fn func(tx *DB) error) error {
	err := pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error { return fn(Over(s, tx)) })
	return Translate(err)
}

// Over is a database that speaks over another connection or transaction than before.
func Over(s *DB, conn Querier) *DB {
	inner := *s
	inner.db = conn
	return &inner
}

// Conn is what to say statements to that have no form here: the transaction, where there is one.
func Conn(s *DB) Querier { return s.db }

// Pool is the database outside of any transaction.
func Pool(s *DB) *pgxpool.Pool { return s.pool }

// Spare is one connection outside of any transaction, for what transactions wait for: all of the
// pool's may be taken by them.
func Spare(s *DB) *pgxpool.Pool { return s.spare }

// Sealer seals the secrets of this database.
func Sealer(s *DB) *seal.Sealer { return s.seal }
