package signin

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/directory"
	"postroom/internal/store/pg"
)

// Credentials is what the door needs to know of somebody who wants in.
type Credentials struct {
	Caller         desk.Caller
	Password       string     // hash; empty: cannot sign in with a password
	TokenExpiresAt *time.Time // nil: never, or no token
	TokenUsedAt    *time.Time
}

// One query answers who a caller is and what this person may do: it runs with every request.
const callerColumns = `
	SELECT ` + directory.Columns + `,
		coalesce(u.password, ''),
		ARRAY(SELECT role_id FROM roles_users WHERE user_id = u.id ORDER BY role_id),
		ARRAY(SELECT organization_id FROM organizations_users WHERE user_id = u.id ORDER BY organization_id),
		ARRAY(
			SELECT o.id FROM organizations o
			WHERE o.shared
				AND (o.id = u.organization_id OR o.id IN (SELECT organization_id FROM organizations_users WHERE user_id = u.id))
			ORDER BY o.id),
		ARRAY(
			SELECT DISTINCT p.name
			FROM roles_users ru
			JOIN roles r ON r.id = ru.role_id AND r.active
			JOIN permissions_roles pr ON pr.role_id = r.id
			JOIN permissions p ON p.id = pr.permission_id AND p.active
			WHERE ru.user_id = u.id),
		ARRAY(SELECT name FROM permissions WHERE NOT active),
		(SELECT json_object_agg(group_id, levels)
			FROM (
				SELECT group_id, json_agg(DISTINCT access) AS levels
				FROM (
					SELECT group_id, access FROM groups_users WHERE user_id = u.id
					UNION ALL
					SELECT rg.group_id, rg.access
					FROM roles_users ru
					JOIN roles r ON r.id = ru.role_id AND r.active
					JOIN roles_groups rg ON rg.role_id = r.id
					WHERE ru.user_id = u.id
				) own
				JOIN groups g ON g.id = own.group_id AND g.active
				GROUP BY group_id
			) a)`

const (
	callerByID = callerColumns + `, 0, NULL::timestamptz, NULL::timestamptz, NULL::jsonb
		FROM users u
		WHERE u.id = $1`
	callerByName = callerColumns + `, 0, NULL::timestamptz, NULL::timestamptz, NULL::jsonb
		FROM users u
		WHERE u.login = $1 OR u.email = $1 AND u.email <> ''
		ORDER BY u.login = $1 DESC, u.id
		LIMIT 1`
	callerByToken = callerColumns + `, t.id, t.expires_at, t.last_used_at, t.preferences->'permission'
		FROM tokens t
		JOIN users u ON u.id = t.user_id
		WHERE t.token_hash = $1 AND t.action = 'api'`
)

// CallerByID returns the person with this id, or desk.ErrNotFound.
func (s Keeper) CallerByID(ctx context.Context, id desk.UserID) (desk.Caller, error) {
	found, err := s.credentials(ctx, callerByID, id)
	return found.Caller, err
}

// CredentialsByName returns the person with this login or else this mail address, both in lower
// case, or desk.ErrNotFound.
func (s Keeper) CredentialsByName(ctx context.Context, name string) (Credentials, error) {
	return s.credentials(ctx, callerByName, name)
}

// CredentialsByToken returns the owner of an access token, or desk.ErrNotFound. The token may be
// expired and its owner inactive.
func (s Keeper) CredentialsByToken(ctx context.Context, hash []byte) (Credentials, error) {
	return s.credentials(ctx, callerByToken, hash)
}

func (s Keeper) credentials(ctx context.Context, sql string, arg any) (Credentials, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, sql, arg)
	found, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (Credentials, error) { return scanCredentials(row) })
	if err != nil {
		return Credentials{}, fmt.Errorf("credentials: %w", pg.Translate(err))
	}
	return found, nil
}

// scanCredentials reads a row of callerColumns, of a token, and of what more there is.
func scanCredentials(row pgx.CollectableRow, more ...any) (Credentials, error) {
	var found Credentials
	var token desk.TokenLimit
	var groups, allowed []byte
	caller := &found.Caller
	fields := append(directory.Fields(&caller.User),
		&found.Password, &caller.RoleIDs, &caller.OrganizationIDs, &caller.Shared, &caller.Permissions, &caller.Inactive, &groups,
		&token.ID, &found.TokenExpiresAt, &found.TokenUsedAt, &allowed)
	err := row.Scan(append(fields, more...)...)
	if err != nil {
		return Credentials{}, err
	}
	if token.ID != 0 {
		caller.Token = &token
		if len(allowed) > 0 {
			if err := json.Unmarshal(allowed, &token.Permissions); err != nil {
				return Credentials{}, fmt.Errorf("permissions of token %d: %w", token.ID, err)
			}
		}
	}
	// Group access counts for agents only; it is kept for everybody, so that it comes back with the role.
	if len(groups) > 0 && caller.User.Active && caller.UserCan("ticket.agent") {
		if err := json.Unmarshal(groups, &caller.Groups); err != nil {
			return Credentials{}, fmt.Errorf("groups of user %d: %w", caller.User.ID, err)
		}
	}
	return found, nil
}

// CountFailedLogin counts a failed attempt, towards the lock.
func (s Keeper) CountFailedLogin(ctx context.Context, id desk.UserID) error {
	_, err := pg.Conn(s.DB).Exec(ctx, `UPDATE users SET login_failed = login_failed + 1 WHERE id = $1`, id)
	return pg.Translate(err)
}

// RecordLogin notes that somebody proved to be this user, and forgets failed attempts.
func (s Keeper) RecordLogin(ctx context.Context, id desk.UserID) error {
	_, err := pg.Conn(s.DB).Exec(ctx, `UPDATE users SET login_failed = 0, last_login = now() WHERE id = $1`, id)
	return pg.Translate(err)
}

// TouchToken notes that a token was used. It writes at most once a minute.
func (s Keeper) TouchToken(ctx context.Context, id desk.TokenID) error {
	_, err := pg.Conn(s.DB).Exec(ctx, `
		UPDATE tokens
		SET last_used_at = now(), updated_at = now()
		WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')`, id)
	return pg.Translate(err)
}
