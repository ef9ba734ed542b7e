package directory

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

// Organizations are the companies of customers.
var Organizations = &table.Of[desk.Organization, desk.OrganizationID]{
	Class:  "Organization",
	Name:   "organizations",
	Search: "name, domain, note",
	Text:   `(o.name || E'\n' || o.domain || E'\n' || o.note)`, // as in the index organizations_text
	Select: `
		SELECT id, name, shared, domain, domain_assignment, active, vip, note, custom,
			updated_by_id, created_by_id, created_at, updated_at
		FROM organizations o`,
	Create: `
		INSERT INTO organizations (name, shared, domain, domain_assignment, active, vip, note, custom, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
		RETURNING id`,
	Update: `
		UPDATE organizations
		SET name = $1, shared = $2, domain = $3, domain_assignment = $4, active = $5, vip = $6, note = $7,
			custom = $8, updated_by_id = $9, updated_at = now()
		WHERE id = $10`,
	Values: func(v desk.Organization) []any {
		return []any{v.Name, v.Shared, v.Domain, v.DomainAssignment, v.Active, v.Vip, v.Note, pg.Object(v.Custom), v.UpdatedByID}
	},
	Parts: func(v *desk.Organization) (*desk.OrganizationID, *desk.Stamp) { return &v.ID, &v.Stamp },
}

const organizationLinks = `
	SELECT o.id,
		ARRAY(SELECT id FROM users WHERE organization_id = o.id ORDER BY id),
		ARRAY(SELECT user_id FROM organizations_users WHERE organization_id = o.id ORDER BY user_id)
	FROM organizations o
	WHERE o.id = ANY($1)`

// OrganizationLinks returns the members of those of the organizations that exist.
func (s Keeper) OrganizationLinks(ctx context.Context, ids []desk.OrganizationID) (map[desk.OrganizationID]desk.OrganizationLinks, error) {
	return pg.Keyed[desk.OrganizationID](ctx, s.DB, "members of organizations", organizationLinks,
		func(l *desk.OrganizationLinks) []any { return []any{&l.MemberIDs, &l.SecondaryMemberIDs} }, ids)
}

// SetOrganizationMembers makes exactly these users those whose primary organization it is. Who
// leaves has no organization then. It returns whose organization changed, with the former one.
func (s Keeper) SetOrganizationMembers(ctx context.Context, id desk.OrganizationID, members []desk.UserID, by desk.UserID) (map[desk.UserID]*desk.OrganizationID, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, `
		WITH moving AS (
			SELECT id, organization_id AS former
			FROM users
			WHERE (organization_id = $1 AND id <> ALL($2)) OR (organization_id IS DISTINCT FROM $1 AND id = ANY($2))
			ORDER BY id
			FOR NO KEY UPDATE
		)
		UPDATE users u
		SET organization_id = CASE WHEN m.former = $1 THEN NULL ELSE $1 END, updated_by_id = $3, updated_at = now()
		FROM moving m
		WHERE m.id = u.id
		RETURNING u.id, m.former`, id, pg.Plain(members), by)
	moved := map[desk.UserID]*desk.OrganizationID{}
	var user desk.UserID
	var former *desk.OrganizationID
	_, err := pgx.ForEachRow(rows, []any{&user, &former}, func() error {
		moved[user] = former
		former = nil
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("members of organization %d: %w", id, pg.Translate(err))
	}
	return moved, nil
}

// SetSecondaryMembers makes exactly these users the secondary members of an organization.
func (s Keeper) SetSecondaryMembers(ctx context.Context, id desk.OrganizationID, members []desk.UserID) error {
	return pg.ReplaceLinks(ctx, s.DB, "organizations_users", "organization_id", "user_id", int64(id), pg.Plain(members))
}
