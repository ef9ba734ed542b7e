package pg

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
)

// latest holds the newest catalog of this process.
type latest struct {
	mu      sync.Mutex
	catalog *desk.Catalog
	checked time.Time
	made    any // of madeOf
	madeOf  *desk.Catalog
}

// catalogAge is how old a catalog may be before its version is looked up again. Settings changed
// elsewhere are seen after this long.
const catalogAge = time.Second

// Latest returns the newest catalog. Where the one that is remembered is not, fill reads it anew, in
// one snapshot, so that it fits its version.
func Latest(ctx context.Context, s *DB, fill func(snapshot *DB, c *desk.Catalog) error) (*desk.Catalog, error) {
	s.latest.mu.Lock()
	defer s.latest.mu.Unlock()
	if s.latest.catalog != nil && time.Since(s.latest.checked) < catalogAge {
		return s.latest.catalog, nil
	}
	var version int64
	if err := s.spare.QueryRow(ctx, `SELECT version FROM catalog_version`).Scan(&version); err != nil {
		return nil, fmt.Errorf("catalog version: %w", Translate(err))
	}
	if s.latest.catalog == nil || s.latest.catalog.Version != version {
		catalog, err := readCatalog(ctx, s, fill)
		if err != nil {
			return nil, fmt.Errorf("catalog: %w", Translate(err))
		}
		s.latest.catalog = catalog
	}
	s.latest.checked = time.Now()
	return s.latest.catalog, nil
}

// ForgetCatalog makes the next Catalog read what is in the database now.
func (s *DB) ForgetCatalog() {
	s.latest.mu.Lock()
	defer s.latest.mu.Unlock()
	s.latest.checked = time.Time{}
}

func readCatalog(ctx context.Context, s *DB, fill func(snapshot *DB, c *desk.Catalog) error) (*desk.Catalog, error) {
	catalog := &desk.Catalog{}
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err := pgx.BeginTxFunc(ctx, s.spare, options, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, `SELECT version FROM catalog_version`).Scan(&catalog.Version); err != nil {
			return err
		}
		return fill(Over(s, tx), catalog)
	})
	return catalog, err
}

// Made returns what is made of a catalog. It is made once for each, and there is one such thing only.
func Made[T any](s *DB, c *desk.Catalog, of func(c *desk.Catalog) T) T {
	s.latest.mu.Lock()
	defer s.latest.mu.Unlock()
	if s.latest.madeOf != c {
		s.latest.made, s.latest.madeOf = of(c), c
	}
	return s.latest.made.(T)
}
