package directory

import (
	"context"

	"postroom/internal/directorysync"
	"postroom/internal/store"
)

// Clock has those directories read every hour that are switched on.
type Clock struct{ store *store.Store }

// NewClock returns a Clock.
func NewClock(s *store.Store) *Clock { return &Clock{s} }

// Begin announces what is due. It returns how many readings that were.
func (c *Clock) Begin(ctx context.Context) (int, error) {
	catalog, err := c.store.Catalog(ctx)
	if err != nil {
		return 0, err
	}
	begun := 0
	for _, kind := range directorysync.Kinds {
		if !catalog.Settings.Bool(kind.Switch) {
			continue
		}
		announced, err := c.store.AnnounceImport(ctx, kind.Name)
		if err != nil {
			return begun, err
		}
		if announced {
			begun++
		}
	}
	return begun, nil
}
