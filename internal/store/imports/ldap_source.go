package imports

import (
	"context"
	"fmt"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
	"postroom/internal/store/seal"
	"postroom/internal/store/table"
)

// LDAPSources are directories whose entries become users. Their secrets come out of this table
// sealed; LDAPSource opens them.
var LDAPSources = &table.Of[desk.LDAPSource, desk.LDAPSourceID]{
	Class:  "LdapSource",
	Name:   "ldap_sources",
	Search: "name",
	Select: `
		SELECT id, name, preferences, prio, active, updated_by_id, created_by_id, created_at, updated_at
		FROM ldap_sources`,
	Create: `
		INSERT INTO ldap_sources (name, preferences, prio, active, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $5)
		RETURNING id`,
	Update: `
		UPDATE ldap_sources
		SET name = $1, preferences = $2, prio = $3, active = $4, updated_by_id = $5, updated_at = now()
		WHERE id = $6`,
	Values: func(v desk.LDAPSource) []any {
		return []any{v.Name, pg.Object(v.Preferences), v.Prio, v.Active, v.UpdatedByID}
	},
	Parts: func(v *desk.LDAPSource) (*desk.LDAPSourceID, *desk.Stamp) { return &v.ID, &v.Stamp },
	Check: func(_ context.Context, tx *pg.DB, v *desk.LDAPSource) (err error) {
		v.Preferences, err = seal.Each(v.Preferences, pg.Sealer(tx).Seal)
		return err
	},
}

// LDAPSource returns one directory with its secrets in clear, or a *desk.MissingError.
func (s Keeper) LDAPSource(ctx context.Context, id desk.LDAPSourceID) (desk.LDAPSource, error) {
	v, err := LDAPSources.Get(ctx, s.DB, id)
	if err != nil {
		return desk.LDAPSource{}, err
	}
	return v, s.open(&v)
}

// mostSources is how many directories one installation reads.
const mostSources = 100

// ActiveLDAPSources returns the directories that are to be read, in their order, with their secrets in
// clear.
func (s Keeper) ActiveLDAPSources(ctx context.Context) ([]desk.LDAPSource, error) {
	sources, err := pg.Many[desk.LDAPSource](ctx, s.DB, "ldap sources", LDAPSources.Select+`
		WHERE active
		ORDER BY prio, id
		LIMIT $1`, mostSources)
	if err != nil {
		return nil, err
	}
	for i := range sources {
		if err := s.open(&sources[i]); err != nil {
			return nil, err
		}
	}
	return sources, nil
}

func (s Keeper) open(v *desk.LDAPSource) (err error) {
	if v.Preferences, err = seal.Each(v.Preferences, pg.Sealer(s.DB).Open); err != nil {
		return fmt.Errorf("ldap source %d: %w", v.ID, err)
	}
	return nil
}
