package tickets

import (
	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// promisesOf returns the promises of a catalog. They are made ready once for each catalog.
func (s Keeper) promisesOf(c *desk.Catalog) []promise {
	if len(c.SLAs) == 0 {
		return nil
	}
	return pg.Made(s.DB, c, readyPromises)
}
