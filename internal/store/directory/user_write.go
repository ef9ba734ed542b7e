package directory

import (
	"context"
	"fmt"
	"strconv"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/catalog"
	"postroom/internal/store/pg"
)

const insertUser = `
	INSERT INTO users (organization_id, login, firstname, lastname, email, image, image_source, active, vip, verified, note, source,
		preferences, web, phone, fax, mobile, department, street, zip, city, country, address,
		out_of_office, out_of_office_start_at, out_of_office_end_at, out_of_office_replacement_id, custom, updated_by_id, email_shared, created_by_id)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27,
		$28, $29, $30, $31)
	RETURNING id`

const saveUser = `
	UPDATE users
	SET organization_id = $1, login = $2, firstname = $3, lastname = $4, email = $5, image = $6, image_source = $7, active = $8,
		vip = $9, verified = $10, note = $11, source = $12, preferences = $13, web = $14, phone = $15, fax = $16, mobile = $17,
		department = $18, street = $19, zip = $20, city = $21, country = $22, address = $23,
		out_of_office = $24, out_of_office_start_at = $25, out_of_office_end_at = $26, out_of_office_replacement_id = $27,
		custom = $28, updated_by_id = $29, email_shared = CASE WHEN email = $5 THEN email_shared ELSE $30 END, updated_at = now()
	WHERE id = $31`

func userValues(u desk.User) []any {
	return []any{
		u.OrganizationID, u.Login, u.Firstname, u.Lastname, u.Email, u.Image, u.ImageSource, u.Active, u.Vip, u.Verified, u.Note, u.Source,
		pg.Object(u.Preferences), u.Web, u.Phone, u.Fax, u.Mobile, u.Department, u.Street, u.Zip, u.City, u.Country, u.Address.Address,
		u.OutOfOffice.OutOfOffice, u.OutOfOfficeStartAt, u.OutOfOfficeEndAt, u.OutOfOfficeReplacementID, pg.Object(u.Custom), u.UpdatedByID,
	}
}

// InsertUser stores a new user and fills its id. A login that is taken gets a number appended.
func (s Keeper) InsertUser(ctx context.Context, u *desk.User) error {
	shared, err := s.makeUserUnique(ctx, u)
	if err != nil {
		return err
	}
	if err := pg.Conn(s.DB).QueryRow(ctx, insertUser, append(userValues(*u), shared, u.CreatedByID)...).Scan(&u.ID); err != nil {
		return fmt.Errorf("insert user: %w", pg.Translate(err))
	}
	return nil
}

// SaveUser stores a changed user. The password, failed logins and the like are not touched.
func (s Keeper) SaveUser(ctx context.Context, u *desk.User) error {
	shared, err := s.makeUserUnique(ctx, u)
	if err != nil {
		return err
	}
	return pg.Exec(ctx, s.DB, "save user", saveUser, append(userValues(*u), shared, u.ID)...)
}

// LockUser is User for a transaction that is going to change it.
func (s Keeper) LockUser(ctx context.Context, id desk.UserID) (desk.User, error) {
	return pg.One[desk.User](ctx, s.DB, userByID+` FOR NO KEY UPDATE`, "User", int64(id))
}

// loginSuffixes is how often a taken login is tried with a number before a UUID decides.
const loginSuffixes = 20

// settingShared is the name of the setting that lets several users have one mail address.
const settingShared = "user_email_multiple_use"

// makeUserUnique gives a user a login that nobody else has. It reports whether somebody else has the
// address, which is an error unless the setting allows it or the user has had it before.
func (s Keeper) makeUserUnique(ctx context.Context, u *desk.User) (shared bool, err error) {
	candidates := []string{u.Login}
	for n := 1; n <= loginSuffixes; n++ {
		candidates = append(candidates, u.Login+strconv.Itoa(n))
	}
	rows, _ := pg.Conn(s.DB).Query(ctx, `
		SELECT id = $3, login, email = $2 AND email <> ''
		FROM users
		WHERE id = $3 OR login = ANY($1) OR email = $2 AND email <> ''`, candidates, u.Email, u.ID)
	taken := map[string]bool{}
	var login string
	var own, sameEmail, kept bool
	_, err = pgx.ForEachRow(rows, []any{&own, &login, &sameEmail}, func() error {
		if own {
			kept = sameEmail
			return nil
		}
		taken[login], shared = true, shared || sameEmail
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("is login taken: %w", pg.Translate(err))
	}
	if shared && !kept {
		c, err := catalog.On(s.DB).Catalog(ctx)
		if err != nil {
			return false, err
		}
		if !c.Settings.Bool(settingShared) {
			return false, &desk.InvalidError{Field: "email", Reason: "Email address '" + u.Email + "' is already used for another user."}
		}
	}
	u.Login = freeLogin(candidates, taken)
	return shared, nil
}

func freeLogin(candidates []string, taken map[string]bool) string {
	for _, candidate := range candidates {
		if !taken[candidate] {
			return candidate
		}
	}
	return candidates[0] + uuid.NewString()
}

// SetPassword stores a password's hash, ends the lock, and nothing else.
func (s Keeper) SetPassword(ctx context.Context, id desk.UserID, hash string) error {
	return pg.Exec(ctx, s.DB, "set password", `UPDATE users SET password = nullif($2, ''), login_failed = 0 WHERE id = $1`, id, hash)
}

// UnlockUser forgets a user's failed logins.
func (s Keeper) UnlockUser(ctx context.Context, id desk.UserID) error {
	tag, err := pg.Conn(s.DB).Exec(ctx, `UPDATE users SET login_failed = 0 WHERE id = $1`, id)
	if err == nil && tag.RowsAffected() == 0 {
		err = pgx.ErrNoRows
	}
	if err != nil {
		return pg.Missing("User", int64(id), err)
	}
	return nil
}

// SetUserRoles replaces a user's roles.
func (s Keeper) SetUserRoles(ctx context.Context, id desk.UserID, roles []desk.RoleID) error {
	return pg.ReplaceLinks(ctx, s.DB, "roles_users", "user_id", "role_id", int64(id), pg.Plain(roles))
}

// SetUserOrganizations replaces a user's secondary organizations.
func (s Keeper) SetUserOrganizations(ctx context.Context, id desk.UserID, organizations []desk.OrganizationID) error {
	return pg.ReplaceLinks(ctx, s.DB, "organizations_users", "user_id", "organization_id", int64(id), pg.Plain(organizations))
}

// SetUserGroups replaces a user's access to groups.
func (s Keeper) SetUserGroups(ctx context.Context, id desk.UserID, groups desk.GroupAccess) error {
	return pg.ReplaceAccess(ctx, s.DB, "groups_users", "user_id", int64(id), groups)
}

const maxMovedTickets = 100

// MoveTickets takes a customer's tickets along from one organization to the next: the newest ones.
func (s Keeper) MoveTickets(ctx context.Context, customer desk.UserID, from, to *desk.OrganizationID) error {
	return pg.Exec(ctx, s.DB, "move tickets", `
		UPDATE tickets
		SET organization_id = $3
		WHERE id IN (
			SELECT id
			FROM tickets
			WHERE customer_id = $1 AND organization_id IS NOT DISTINCT FROM $2
			ORDER BY id DESC
			LIMIT $4)`, customer, from, to, maxMovedTickets)
}

// userIsNamed finds out whether any row names a user who can then not be deleted. What a user
// made or changed of himself does not count. Tickets and articles are held by foreign keys.
const userIsNamed = `
	SELECT EXISTS (SELECT FROM groups_users WHERE user_id = $1)
		OR EXISTS (SELECT FROM tokens WHERE user_id = $1)
		OR EXISTS (SELECT FROM user_devices WHERE user_id = $1)
		OR EXISTS (SELECT FROM authorizations WHERE user_id = $1)
		OR EXISTS (SELECT FROM messenger_accounts WHERE user_id = $1)
		OR EXISTS (SELECT FROM user_two_factor_preferences WHERE user_id = $1)
		OR EXISTS (SELECT FROM users WHERE id <> $1 AND (updated_by_id = $1 OR created_by_id = $1 OR out_of_office_replacement_id = $1))
		OR EXISTS (SELECT FROM organizations WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM roles WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM groups WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM signatures WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM email_addresses WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM channels WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM ticket_states WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM ticket_priorities WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM text_modules WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM macros WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM templates WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM overviews WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM overviews_users WHERE user_id = $1)
		OR EXISTS (SELECT FROM public_links WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM translations WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM report_profiles WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM triggers WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM schedulers WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM calendars WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM slas WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM webhooks WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM ldap_sources WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM smime_certificates WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM pgp_keys WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM postmaster_filters WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM core_workflows WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM http_logs WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM data_privacy_tasks WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM ssl_certificates WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM tickets WHERE customer_id = $1 OR owner_id = $1 AND owner_id <> 1)
		OR EXISTS (SELECT FROM attachments WHERE created_by_id = $1)
		OR EXISTS (SELECT FROM tags WHERE created_by_id = $1)
		OR EXISTS (SELECT FROM taggings WHERE created_by_id = $1)
		OR EXISTS (SELECT FROM chats WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM chat_sessions WHERE user_id = $1)
		OR EXISTS (SELECT FROM chat_messages WHERE created_by_id = $1)
		OR EXISTS (SELECT FROM mentions WHERE user_id = $1 OR updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM ticket_shared_draft_zooms WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM ticket_shared_draft_starts WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM ticket_time_accountings WHERE created_by_id = $1)
		OR EXISTS (SELECT FROM ticket_time_accounting_types WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM checklists WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM checklist_items WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM checklist_templates WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM taskbars WHERE user_id = $1)
		OR EXISTS (SELECT FROM user_overview_sortings WHERE user_id = $1)
		OR EXISTS (SELECT FROM knowledge_bases WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM knowledge_base_translations WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM knowledge_base_categories WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM knowledge_base_category_translations WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (
			SELECT
			FROM knowledge_base_answers
			WHERE $1 IN (updated_by_id, created_by_id, archived_by_id, internal_by_id, published_by_id))
		OR EXISTS (SELECT FROM knowledge_base_answer_translations WHERE updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM recent_views WHERE created_by_id = $1)
		OR EXISTS (SELECT FROM activity_stream WHERE created_by_id = $1)
		OR EXISTS (SELECT FROM online_notifications WHERE user_id = $1 OR updated_by_id = $1 OR created_by_id = $1)
		OR EXISTS (SELECT FROM history WHERE created_by_id = $1)`

// DeleteUser deletes a user whom nothing names.
func (s Keeper) DeleteUser(ctx context.Context, id desk.UserID) error {
	return s.inTx(ctx, func(tx Keeper) error {
		if _, err := tx.LockUser(ctx, id); err != nil {
			return err
		}
		named, err := pg.Value[bool](ctx, tx.DB, "references to user", userIsNamed, id)
		if err != nil {
			return err
		}
		if named || id == desk.SystemUser {
			return &desk.InvalidError{Field: "id", Reason: "Can't delete, object has references."}
		}
		return pg.DeleteRow(ctx, tx.DB, "users", "User", int64(id))
	})
}

// errNoAdmin keeps an installation from locking everybody out.
var errNoAdmin = &desk.InvalidError{Field: "role_ids", Reason: "At least one user needs to have admin permissions."}

// KeepAdmin makes a change to users, roles or permissions, and returns a *desk.InvalidError when
// nobody administers this installation any more after it. One that never had an administrator may
// go without.
func (s Keeper) KeepAdmin(ctx context.Context, change func() error) error {
	had, err := s.hasAdmin(ctx)
	if err != nil {
		return err
	}
	if err := change(); err != nil || !had {
		return err
	}
	has, err := s.hasAdmin(ctx)
	if err == nil && !has {
		return errNoAdmin
	}
	return err
}

// hasAdmin reports whether an active user holds admin or admin.user. It makes transactions that
// might take this away wait for each other, so that two can't remove the last two.
func (s Keeper) hasAdmin(ctx context.Context) (bool, error) {
	if err := pg.Exec(ctx, s.DB, "lock administrators", `SELECT pg_advisory_xact_lock(hashtext('postroom.admins'))`); err != nil {
		return false, err
	}
	return pg.Value[bool](ctx, s.DB, "administrators", `
		SELECT EXISTS (SELECT FROM users u WHERE u.active AND `+HoldsAny("u.id", "ARRAY['admin', 'admin.user']")+`)`)
}

// KeepAgentLimit runs a change, or returns an *desk.InvalidError when it makes more active agents than
// setting system_agent_limit allows; 0: no limit. Who has too many already may have fewer.
func (s Keeper) KeepAgentLimit(ctx context.Context, limit int, change func() error) error {
	if limit <= 0 {
		return change()
	}
	before, err := s.countAgents(ctx)
	if err != nil {
		return err
	}
	if err := change(); err != nil {
		return err
	}
	after, err := s.countAgents(ctx)
	if err == nil && after > max(before, limit) {
		return &desk.InvalidError{Field: "role_ids", Reason: "Agent limit exceeded, please check your account settings."}
	}
	return err
}

func (s Keeper) countAgents(ctx context.Context) (int, error) {
	return pg.Count(ctx, s.DB, `SELECT FROM users u WHERE u.active AND `+HoldsAny("u.id", "ARRAY['ticket.agent']"))
}

// SetPreference sets one of a user's preferences and leaves the others alone.
func (s Keeper) SetPreference(ctx context.Context, id desk.UserID, key string, value any) error {
	return pg.Exec(ctx, s.DB, "set preference", `
		UPDATE users
		SET preferences = preferences || $2::jsonb
		WHERE id = $1`, id, map[string]any{key: value})
}

// SetAgentsPreference sets one of the preferences of everybody who works as an agent.
func (s Keeper) SetAgentsPreference(ctx context.Context, key string, value any) error {
	return pg.Exec(ctx, s.DB, "set preference of agents", `
		UPDATE users u
		SET preferences = preferences || jsonb_build_object($1::text, $2::jsonb)
		WHERE u.active AND `+HoldsAny("u.id", "ARRAY['ticket', 'ticket.agent']"), key, value)
}

// WelcomeAgents has those of some users who work as agents be told what agents are told at first, by
// setting ticket_agent_default_notifications. Who has said what to be told of is left alone.
func (s Keeper) WelcomeAgents(ctx context.Context, ids ...desk.UserID) error {
	return s.welcome(ctx, `u.id = ANY($1)`, ids)
}

// WelcomeAgentsIn does the same for everybody who holds a role, which may have become one of agents.
func (s Keeper) WelcomeAgentsIn(ctx context.Context, role desk.RoleID) error {
	return s.welcome(ctx, `u.id IN (SELECT user_id FROM roles_users WHERE role_id = $1)`, role)
}

// welcome does it for the users of a condition over $1.
func (s Keeper) welcome(ctx context.Context, condition string, of any) error {
	return pg.Exec(ctx, s.DB, "first notifications of agents", `
		UPDATE users u
		SET preferences = u.preferences || jsonb_build_object('notification_config', jsonb_build_object('matrix', s.state_current->'value'))
		FROM settings s
		WHERE `+condition+`
			AND coalesce(u.preferences->'notification_config', 'null') = 'null'
			AND s.name = 'ticket_agent_default_notifications'
			AND jsonb_typeof(s.state_current->'value') = 'object'
			AND `+HoldsAny("u.id", "ARRAY['ticket', 'ticket.agent']"), of)
}
