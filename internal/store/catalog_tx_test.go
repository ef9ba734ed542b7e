package store_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"postroom/internal/devstack"
	"postroom/internal/store"
)

// Transactions that hold every connection of the pool must still get the catalog.
func TestCatalogInsideTransactionsNeedsNoConnectionOfThePool(t *testing.T) {
	t.Parallel()
	const conns = 3
	s, err := store.Open(t.Context(), store.Options{URL: devstack.Database(t), MaxConns: conns})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var inside, done sync.WaitGroup
	inside.Add(conns)
	for range conns {
		done.Go(func() {
			err := s.InTx(ctx, func(tx *store.Store) error {
				inside.Done()
				inside.Wait()
				_, err := tx.Catalog(ctx)
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
}
