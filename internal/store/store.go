// Package store keeps everything that matters in PostgreSQL, in hand-written SQL.
//
// It is the only room that knows pgx: its callers see domain types and the errors of desk.
package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// querier is what a pool and a transaction have in common.
type querier interface {
	Begin(ctx context.Context) (pgx.Tx, error)
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
	CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error)
}

// Store is the database, or one transaction of it.
type Store struct {
	db     querier
	pool   *pgxpool.Pool
	spare  *pgxpool.Pool // one connection for the catalog, which is also asked for inside transactions
	seal   *sealer
	work   *announcer
	wrote  *bool // in a transaction: whether it announced work
	latest *catalogCache
}

// Options of Open.
type Options struct {
	URL       string          // postgres://…
	MaxConns  int32           // 0: pgx's default
	SecretKey []byte          // 32 bytes, seals secrets at rest
	Tracer    pgx.QueryTracer // told of every query; nil: nobody is
}

// Open connects to the database. It does not migrate it.
func Open(ctx context.Context, opts Options) (*Store, error) {
	config, err := pgxpool.ParseConfig(opts.URL)
	if err != nil {
		return nil, fmt.Errorf("database URL: %w", err)
	}
	if opts.MaxConns > 0 {
		config.MaxConns = opts.MaxConns
	}
	// Every time is UTC, in the database's answers as everywhere else.
	config.ConnConfig.RuntimeParams["timezone"] = "UTC"
	config.AfterConnect = readUTC
	config.ConnConfig.RuntimeParams["application_name"] = "postroom"
	config.ConnConfig.Tracer = opts.Tracer
	config.HealthCheckPeriod = 5 * time.Second
	seal, err := newSealer(opts.SecretKey)
	if err != nil {
		return nil, err
	}
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
	return &Store{db: pool, pool: pool, spare: spare, seal: seal, work: newAnnouncer(pool), latest: &catalogCache{}}, nil
}

// single is a configuration for one connection, which exists only while it is used now and then.
func single(config *pgxpool.Config) *pgxpool.Config {
	one := config.Copy()
	one.MaxConns, one.MinConns, one.MinIdleConns = 1, 0, 0
	return one
}

// Close ends all connections. Work announced before it is announced.
func (s *Store) Close() {
	s.work.close()
	s.pool.Close()
	s.spare.Close()
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	return translate(s.pool.Ping(ctx))
}

// InTx runs fn in one transaction: all of what it does happens, or nothing. fn must use the Store
// it is handed. Work that it announced is made known to the relay after the commit. Inside a
// transaction InTx joins it.
func (s *Store) InTx(ctx context.Context, fn func(tx *Store) error) error {
	if s.wrote != nil {
		return fn(s)
	}
	wrote := false
	err := pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		return fn(&Store{db: tx, pool: s.pool, spare: s.spare, seal: s.seal, work: s.work, wrote: &wrote, latest: s.latest})
	})
	if err != nil {
		return translate(err)
	}
	if wrote {
		s.work.announce()
	}
	return nil
}
