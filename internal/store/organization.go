package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
)

const allOrganizations = `
	SELECT id, name, shared, domain, domain_assignment, active, vip, note, updated_by_id, created_by_id, created_at, updated_at
	FROM organizations`

// OrganizationFilter says which organizations a list shows. Its parts narrow each other.
type OrganizationFilter struct {
	Words []string              // each must be in one of the texts
	IDs   []desk.OrganizationID // nil: all
}

func (f OrganizationFilter) where(args *arguments) string {
	conditions := []string{"true"}
	for _, word := range f.Words {
		conditions = append(conditions, `concat_ws(E'\n', name, domain, note) ILIKE `+args.add(containing(word)))
	}
	if f.IDs != nil {
		conditions = append(conditions, "id = ANY("+args.add(f.IDs)+")")
	}
	return " WHERE " + strings.Join(conditions, " AND ")
}

// ListOrganizations returns one page of organizations.
func (s *Store) ListOrganizations(ctx context.Context, f OrganizationFilter, orders []Order, page Page) ([]desk.Organization, error) {
	var args arguments
	sql := allOrganizations + f.where(&args)
	return listed[desk.Organization](ctx, s, sql, orders, page, args...)
}

// CountOrganizations returns how many organizations a filter finds.
func (s *Store) CountOrganizations(ctx context.Context, f OrganizationFilter) (int, error) {
	var args arguments
	sql := allOrganizations + f.where(&args)
	return s.count(ctx, sql, args...)
}

// Organization returns one organization, or a *desk.MissingError.
func (s *Store) Organization(ctx context.Context, id desk.OrganizationID) (desk.Organization, error) {
	return one[desk.Organization](ctx, s, allOrganizations, "Organization", int64(id))
}

const organizationLinks = `
	SELECT o.id,
		ARRAY(SELECT id FROM users WHERE organization_id = o.id ORDER BY id),
		ARRAY(SELECT user_id FROM organizations_users WHERE organization_id = o.id ORDER BY user_id)
	FROM organizations o
	WHERE o.id = ANY($1)`

// OrganizationLinks returns the members of those of the organizations that exist.
func (s *Store) OrganizationLinks(ctx context.Context, ids []desk.OrganizationID) (map[desk.OrganizationID]desk.OrganizationLinks, error) {
	rows, _ := s.db.Query(ctx, organizationLinks, ids)
	all := make(map[desk.OrganizationID]desk.OrganizationLinks, len(ids))
	_, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		var id desk.OrganizationID
		var links desk.OrganizationLinks
		err := row.Scan(&id, &links.MemberIDs, &links.SecondaryMemberIDs)
		all[id] = links
		return struct{}{}, err
	})
	if err != nil {
		return nil, fmt.Errorf("members of organizations: %w", translate(err))
	}
	return all, nil
}

// CheckOrganizationName refuses a name that is blank or another organization's.
func (s *Store) CheckOrganizationName(ctx context.Context, o desk.Organization) error {
	return s.checkName(ctx, "organizations", o.Name, int64(o.ID))
}

// InsertOrganization stores a new organization and fills its id.
func (s *Store) InsertOrganization(ctx context.Context, o *desk.Organization) error {
	err := s.db.QueryRow(ctx, `
		INSERT INTO organizations (name, shared, domain, domain_assignment, active, vip, note, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
		RETURNING id`,
		o.Name, o.Shared, o.Domain, o.DomainAssignment, o.Active, o.Vip, o.Note, o.UpdatedByID).Scan(&o.ID)
	if err != nil {
		return fmt.Errorf("insert organization: %w", translate(err))
	}
	return nil
}

// SaveOrganization stores a changed organization.
func (s *Store) SaveOrganization(ctx context.Context, o desk.Organization) error {
	return s.exec(ctx, "save organization", `
		UPDATE organizations
		SET name = $1, shared = $2, domain = $3, domain_assignment = $4, active = $5, vip = $6, note = $7,
			updated_by_id = $8, updated_at = now()
		WHERE id = $9`,
		o.Name, o.Shared, o.Domain, o.DomainAssignment, o.Active, o.Vip, o.Note, o.UpdatedByID, o.ID)
}

// SetOrganizationMembers makes exactly these users those whose primary organization it is. Who
// leaves has no organization then. It returns whose organization changed, with the former one.
func (s *Store) SetOrganizationMembers(ctx context.Context, id desk.OrganizationID, members []desk.UserID, by desk.UserID) (map[desk.UserID]*desk.OrganizationID, error) {
	rows, _ := s.db.Query(ctx, `
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
		RETURNING u.id, m.former`, id, plain(members), by)
	moved := map[desk.UserID]*desk.OrganizationID{}
	var user desk.UserID
	var former *desk.OrganizationID
	_, err := pgx.ForEachRow(rows, []any{&user, &former}, func() error {
		moved[user] = former
		former = nil
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("members of organization %d: %w", id, translate(err))
	}
	return moved, nil
}

// SetSecondaryMembers makes exactly these users the secondary members of an organization.
func (s *Store) SetSecondaryMembers(ctx context.Context, id desk.OrganizationID, members []desk.UserID) error {
	return s.replaceLinks(ctx, "organizations_users", "organization_id", "user_id", int64(id), plain(members))
}

// DeleteOrganization deletes an organization that nothing refers to.
func (s *Store) DeleteOrganization(ctx context.Context, id desk.OrganizationID) error {
	return s.deleteRow(ctx, "organizations", "Organization", int64(id))
}
