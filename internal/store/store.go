// Package store keeps everything that matters in PostgreSQL, in hand-written SQL.
//
// Each family of nouns has a room below, whose Keeper reads and writes them; here they come
// together. Only these rooms know pgx: their callers see domain types and the errors of desk.
package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"postroom/internal/store/accounts"
	"postroom/internal/store/arrivals"
	"postroom/internal/store/automation"
	"postroom/internal/store/catalog"
	"postroom/internal/store/chat"
	"postroom/internal/store/collab"
	"postroom/internal/store/directory"
	"postroom/internal/store/files"
	"postroom/internal/store/helpdesks"
	"postroom/internal/store/imports"
	"postroom/internal/store/indexing"
	"postroom/internal/store/installation"
	"postroom/internal/store/knowledge"
	"postroom/internal/store/library"
	"postroom/internal/store/lookup"
	"postroom/internal/store/outbox"
	"postroom/internal/store/personal"
	"postroom/internal/store/pg"
	"postroom/internal/store/privacy"
	"postroom/internal/store/reports"
	"postroom/internal/store/seal"
	"postroom/internal/store/signin"
	"postroom/internal/store/telephony"
	"postroom/internal/store/tickets"
)

// Store is the database, or one transaction of it, with the methods of all keepers.
type Store struct {
	*pg.DB // before the keepers, who have it too
	accountsKeeper
	arrivalsKeeper
	automationKeeper
	catalogKeeper
	chatKeeper
	collabKeeper
	directoryKeeper
	filesKeeper
	helpdesksKeeper
	importsKeeper
	indexingKeeper
	installationKeeper
	knowledgeKeeper
	libraryKeeper
	lookupKeeper
	outboxKeeper
	personalKeeper
	privacyKeeper
	reportsKeeper
	signinKeeper
	telephonyKeeper
	ticketsKeeper
}

// Embedded side by side, the keepers need different names.
type (
	accountsKeeper     = accounts.Keeper
	arrivalsKeeper     = arrivals.Keeper
	automationKeeper   = automation.Keeper
	catalogKeeper      = catalog.Keeper
	chatKeeper         = chat.Keeper
	collabKeeper       = collab.Keeper
	directoryKeeper    = directory.Keeper
	filesKeeper        = files.Keeper
	helpdesksKeeper    = helpdesks.Keeper
	importsKeeper      = imports.Keeper
	indexingKeeper     = indexing.Keeper
	installationKeeper = installation.Keeper
	knowledgeKeeper    = knowledge.Keeper
	libraryKeeper      = library.Keeper
	lookupKeeper       = lookup.Keeper
	outboxKeeper       = outbox.Keeper
	personalKeeper     = personal.Keeper
	privacyKeeper      = privacy.Keeper
	reportsKeeper      = reports.Keeper
	signinKeeper       = signin.Keeper
	telephonyKeeper    = telephony.Keeper
	ticketsKeeper      = tickets.Keeper
)

func on(db *pg.DB) *Store {
	return &Store{
		DB:                 db,
		accountsKeeper:     accounts.On(db),
		arrivalsKeeper:     arrivals.On(db),
		automationKeeper:   automation.On(db),
		catalogKeeper:      catalog.On(db),
		chatKeeper:         chat.On(db),
		collabKeeper:       collab.On(db),
		directoryKeeper:    directory.On(db),
		filesKeeper:        files.On(db),
		helpdesksKeeper:    helpdesks.On(db),
		importsKeeper:      imports.On(db),
		indexingKeeper:     indexing.On(db),
		installationKeeper: installation.On(db),
		knowledgeKeeper:    knowledge.On(db),
		libraryKeeper:      library.On(db),
		lookupKeeper:       lookup.On(db),
		outboxKeeper:       outbox.On(db),
		personalKeeper:     personal.On(db),
		privacyKeeper:      privacy.On(db),
		reportsKeeper:      reports.On(db),
		signinKeeper:       signin.On(db),
		telephonyKeeper:    telephony.On(db),
		ticketsKeeper:      tickets.On(db),
	}
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
	config.ConnConfig.Tracer = opts.Tracer
	sealer, err := seal.New(opts.SecretKey)
	if err != nil {
		return nil, err
	}
	db, err := pg.Open(ctx, config, sealer)
	if err != nil {
		return nil, err
	}
	return on(db), nil
}

// InTx runs fn in one transaction: all of what it does happens, or nothing. fn must use the Store
// it is handed. Work that it announced is made known to the relay after the commit. Inside a
// transaction InTx joins it.
func (s *Store) InTx(ctx context.Context, fn func(tx *Store) error) error {
	return s.DB.InTx(ctx, func(db *pg.DB) error { return fn(on(db)) })
}

// InBriefTx is InTx for work that is done many times a second, by statements that each find a few
// rows by an index: they are planned once, not each time.
func (s *Store) InBriefTx(ctx context.Context, fn func(tx *Store) error) error {
	return s.DB.InBriefTx(ctx, func(db *pg.DB) error { return fn(on(db)) })
}

// Attempt runs fn inside a transaction so that it may fail: what it did is then undone, and the
// transaction goes on as if it had not been tried.
func (s *Store) Attempt(ctx context.Context, fn func(tx *Store) error) error {
	return s.DB.Attempt(ctx, func(db *pg.DB) error { return fn(on(db)) })
}

// WriteAttributes runs fn, which changes definitions of attributes, in a transaction that no
// migration of them comes in between.
func (s *Store) WriteAttributes(ctx context.Context, fn func(tx *Store) error) error {
	defer s.ForgetCatalog()
	return s.InTx(ctx, func(tx *Store) error {
		if err := tx.ShareAttributes(ctx); err != nil {
			return err
		}
		return fn(tx)
	})
}
