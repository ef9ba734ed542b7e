package directory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/catalog"
	"postroom/internal/store/pg"
)

const senderColumns = `
		SELECT id, organization_id, login, firstname, lastname, email, image, image_source, active, vip, verified, note, source,
			last_login, login_failed, preferences, web, phone, fax, mobile, department, street, zip, city, country, address,
			out_of_office, out_of_office_start_at, out_of_office_end_at, out_of_office_replacement_id, custom,
			updated_by_id, created_by_id, created_at, updated_at
		FROM users`

// Each address is looked up by both indexes: a plan for all of them at once may read everybody.
const usersByAddress = `
	SELECT u.*
	FROM unnest($1::text[]) AS wanted (address)
	CROSS JOIN LATERAL (` + senderColumns + `
		WHERE email = wanted.address AND email <> ''
		UNION ALL` + senderColumns + `
		WHERE login = wanted.address AND email <> wanted.address
	) u
	ORDER BY u.id`

// UsersByAddress returns the users whose mail address or login is one of addresses, by that address.
// Where one user has it as address and another as login, the address counts.
func (s Keeper) UsersByAddress(ctx context.Context, addresses []string) (map[string]desk.User, error) {
	found := map[string]desk.User{}
	batch := &pgx.Batch{}
	QueueUsersByAddress(batch, addresses, found)
	return found, pg.Send(ctx, s.DB, batch, "users by address")
}

// QueueUsersByAddress adds to a batch what UsersByAddress does.
func QueueUsersByAddress(batch *pgx.Batch, addresses []string, found map[string]desk.User) {
	if len(addresses) == 0 {
		return
	}
	batch.Queue(usersByAddress, addresses).Query(func(rows pgx.Rows) error {
		users, err := pgx.CollectRows(rows, pgx.RowToStructByName[desk.User])
		for _, user := range users {
			if _, known := found[user.Login]; !known {
				found[user.Login] = user
			}
		}
		for _, user := range slices.Backward(users) { // of several who share an address the first counts
			if user.Email != "" {
				found[user.Email] = user
			}
		}
		return err
	})
}

// insertUsers makes the users that are missing. Its list is sorted, so that two messages with the
// same strangers can't wait for each other; the second one waits for the first one's commit and
// then finds its users. A new user is made by itself; that it was is noted in nobody's name, so that
// it can be deleted again as long as it did nothing else.
const insertUsers = `
	WITH made AS (
		INSERT INTO users (id, login, email, firstname, lastname, organization_id, preferences, updated_by_id, created_by_id)
		SELECT id, login, email, firstname, lastname, organization_id, preferences, id, id
		FROM (
			SELECT nextval('users_id_seq') AS id, login, email, firstname, lastname, nullif(organization_id, 0) AS organization_id,
				CASE WHEN undeliverable
					THEN jsonb_build_object('mail_delivery_failed', true, 'mail_delivery_failed_reason', 'invalid email',
						'mail_delivery_failed_data', $6::timestamptz)
					ELSE '{}'
				END AS preferences
			FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::boolean[], $8::text[])
				AS new (email, firstname, lastname, organization_id, undeliverable, login)
			ORDER BY email
		) AS numbered
		ON CONFLICT DO NOTHING
		RETURNING id
	), noted AS (
		INSERT INTO history (object, o_id, type, created_by_id, created_at)
		SELECT 'User', id, 'created', $9::bigint, clock_timestamp()
		FROM made
	), shown AS (
		INSERT INTO activity_stream (type, object, o_id, permission, created_by_id)
		SELECT 'create', 'User', id, 'admin.user', $9::bigint
		FROM made
		WHERE NOT $10::boolean
	)
	INSERT INTO roles_users (user_id, role_id)
	SELECT made.id, role_id
	FROM made, unnest($7::bigint[]) AS role_id`

const nameUsers = `
	UPDATE users
	SET firstname = new.firstname, lastname = new.lastname, updated_at = now()
	FROM unnest($1::bigint[], $2::text[], $3::text[]) AS new (id, firstname, lastname)
	WHERE users.id = new.id AND users.firstname = '' AND users.lastname = ''`

// EnsureUsers returns the users with these mail addresses, by lower-case address. Those that are
// not there are made, with the roles of users that sign up and the organization of their mail
// domain. Existing ones stay as they are, except that one without any name gets the given one.
// Known people cost one query and no write, strangers one write more.
func (s Keeper) EnsureUsers(ctx context.Context, people []desk.Person) (map[string]desk.User, error) {
	wanted := map[string]desk.Person{}
	for _, person := range people {
		person.Email = strings.ToLower(person.Email)
		if _, twice := wanted[person.Email]; !twice && person.Email != "" {
			wanted[person.Email] = person
		}
	}
	addresses := sortedKeys(wanted)
	found, err := s.UsersByAddress(ctx, addresses)
	if err != nil || len(addresses) == 0 {
		return found, err
	}
	return found, s.AddUsers(ctx, wanted, found)
}

// AddUsers is the second half of EnsureUsers, for callers that have looked already: it makes those
// of wanted that found lacks and adds them to found.
func (s Keeper) AddUsers(ctx context.Context, wanted map[string]desk.Person, found map[string]desk.User) error {
	c, err := catalog.On(s.DB).Catalog(ctx)
	if err != nil {
		return err
	}
	batch := &pgx.Batch{}
	var fresh strangers
	var nameless named
	for _, address := range sortedKeys(wanted) {
		person := wanted[address]
		user, known := found[address]
		switch first, last := desk.PersonName(person.Firstname, person.Lastname, address); {
		case !known:
			fresh.add(address, cmp.Or(person.Login, address), first, last, c.DomainMembers[desk.MailDomain(address)], person.Undeliverable)
		case user.Firstname == "" && user.Lastname == "" && person.Firstname != "":
			nameless.add(user.ID, first, last)
			user.Firstname, user.Lastname = first, last
			found[address] = user
		}
	}
	if len(nameless.ids) > 0 {
		batch.Queue(nameUsers, nameless.ids, nameless.firstnames, nameless.lastnames)
	}
	if len(fresh.addresses) > 0 {
		batch.Queue(insertUsers, fresh.addresses, fresh.firstnames, fresh.lastnames, fresh.organizations, fresh.undeliverable,
			time.Now().UTC(), c.SignupRoles, fresh.logins, desk.SystemUser, c.Settings.Bool("import_mode"))
		QueueUsersByAddress(batch, fresh.addresses, found)
	}
	if batch.Len() == 0 {
		return nil
	}
	if err := pg.SendFresh(ctx, s.DB, batch, "ensure users"); err != nil {
		return err
	}
	for _, address := range fresh.addresses {
		if _, there := found[address]; !there {
			// Whoever had it when we inserted was deleted before we looked.
			return fmt.Errorf("ensure user: %w", desk.ErrUnavailable)
		}
	}
	return nil
}

// strangers and named are columns for unnest.
type strangers struct {
	addresses, logins, firstnames, lastnames []string
	organizations                            []desk.OrganizationID // 0: none
	undeliverable                            []bool
}

func (p *strangers) add(address, login, first, last string, organization desk.OrganizationID, undeliverable bool) {
	p.addresses, p.logins = append(p.addresses, address), append(p.logins, login)
	p.firstnames, p.lastnames = append(p.firstnames, first), append(p.lastnames, last)
	p.organizations = append(p.organizations, organization)
	p.undeliverable = append(p.undeliverable, undeliverable)
}

type named struct {
	ids                   []desk.UserID
	firstnames, lastnames []string
}

func (n *named) add(id desk.UserID, first, last string) {
	n.ids = append(n.ids, id)
	n.firstnames, n.lastnames = append(n.firstnames, first), append(n.lastnames, last)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
