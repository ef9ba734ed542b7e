package store

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
)

// catalogCache holds the newest catalog of this process.
type catalogCache struct {
	mu      sync.Mutex
	catalog *desk.Catalog
	checked time.Time
	// promises are those of the catalog they were made of.
	promises   []promise
	promisesOf *desk.Catalog
}

// catalogAge is how old a catalog may be before its version is looked up again. Settings changed
// elsewhere are seen after this long.
const catalogAge = time.Second

// Catalog returns settings, groups, states and the like. It costs no query for most calls; what
// another process changed is seen within a second.
func (s *Store) Catalog(ctx context.Context) (*desk.Catalog, error) {
	s.latest.mu.Lock()
	defer s.latest.mu.Unlock()
	if s.latest.catalog != nil && time.Since(s.latest.checked) < catalogAge {
		return s.latest.catalog, nil
	}
	var version int64
	if err := s.spare.QueryRow(ctx, `SELECT version FROM catalog_version`).Scan(&version); err != nil {
		return nil, fmt.Errorf("catalog version: %w", translate(err))
	}
	if s.latest.catalog == nil || s.latest.catalog.Version != version {
		catalog, err := s.readCatalog(ctx)
		if err != nil {
			return nil, fmt.Errorf("catalog: %w", translate(err))
		}
		s.latest.catalog = catalog
	}
	s.latest.checked = time.Now()
	return s.latest.catalog, nil
}

// ForgetCatalog makes the next Catalog read what is in the database now.
func (s *Store) ForgetCatalog() {
	s.latest.mu.Lock()
	defer s.latest.mu.Unlock()
	s.latest.checked = time.Time{}
}

// readCatalog reads the whole catalog in one snapshot, so that it fits its version.
func (s *Store) readCatalog(ctx context.Context) (*desk.Catalog, error) {
	catalog := &desk.Catalog{}
	err := pgx.BeginTxFunc(ctx, s.spare, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, `SELECT version FROM catalog_version`).Scan(&catalog.Version); err != nil {
			return err
		}
		return (&Store{db: tx, pool: s.pool, seal: s.seal}).fillCatalog(ctx, catalog)
	})
	return catalog, err
}

func (s *Store) fillCatalog(ctx context.Context, c *desk.Catalog) error {
	var err error
	read := func(part string, fill func() error) {
		if err == nil {
			if err = fill(); err != nil {
				err = fmt.Errorf("%s: %w", part, err)
			}
		}
	}
	read("settings", func() (err error) { c.Settings, err = s.settingValues(ctx); return })
	read("groups", func() (err error) { c.Groups, err = Groups.All(ctx, s); return })
	read("states", func() (err error) { c.States, err = States.All(ctx, s); return })
	read("state types", func() (err error) {
		c.StateTypes, err = keyed[desk.StateTypeID](ctx, s, "list", `SELECT id, name FROM ticket_state_types`, whole[string])
		return
	})
	read("priorities", func() (err error) { c.Priorities, err = Priorities.All(ctx, s); return })
	read("article types", func() (err error) {
		c.ArticleTypes, err = byID(ctx, s, allArticleTypes, func(v desk.ArticleType) desk.ArticleTypeID { return v.ID })
		return
	})
	read("senders", func() (err error) {
		c.Senders, err = keyed[desk.SenderID](ctx, s, "list", `SELECT id, name FROM ticket_article_senders`, whole[string])
		return
	})
	read("addresses", func() (err error) { c.Addresses, err = EmailAddresses.All(ctx, s); return })
	read("channels", func() error { return s.fillChannels(ctx, c) })
	read("sign-up roles", func() (err error) {
		rows, _ := s.db.Query(ctx, `SELECT id FROM roles WHERE default_at_signup AND active ORDER BY id`)
		c.SignupRoles, err = pgx.CollectRows(rows, pgx.RowTo[desk.RoleID])
		return
	})
	read("domains", func() (err error) { c.DomainMembers, err = s.domainMembers(ctx); return })
	read("attributes", func() (err error) { c.Attributes, err = s.attributesByObject(ctx); return })
	read("triggers", func() (err error) {
		c.Triggers, err = many[desk.Trigger](ctx, s, "list", Triggers.all+`
			WHERE active
			ORDER BY lower(name), id`)
		return
	})
	read("slas", func() (err error) {
		c.SLAs, err = many[desk.SLA](ctx, s, "list", SLAs.all+`
			ORDER BY name, created_at`)
		return
	})
	read("calendars", func() (err error) { c.Calendars, err = Calendars.All(ctx, s); return })
	read("workflows", func() (err error) {
		c.Workflows, err = many[desk.CoreWorkflow](ctx, s, "list", CoreWorkflows.all)
		return
	})
	read("mail filters", func() (err error) {
		c.MailFilters, err = many[desk.PostmasterFilter](ctx, s, "list", PostmasterFilters.all+`
			WHERE active AND channel = 'email'
			ORDER BY name, created_at, id`)
		return
	})
	return err
}

const allArticleTypes = `
	SELECT id, name, communication, active
	FROM ticket_article_types`

const allChannels = `
	SELECT id, group_id, area, options, active, preferences, last_log_in, last_log_out, status_in, status_out, last_fetch,
		updated_by_id, created_by_id, created_at, updated_at
	FROM channels`

func (s *Store) fillChannels(ctx context.Context, c *desk.Catalog) (err error) {
	c.Channels, err = byID(ctx, s, allChannels, func(v desk.Channel) desk.ChannelID { return v.ID })
	for id, channel := range c.Channels {
		if channel.Options, err = eachSecret(channel.Options, s.seal.open); err != nil {
			return fmt.Errorf("options of channel %d: %w", id, err)
		}
		c.Channels[id] = channel
	}
	return err
}

func (s *Store) domainMembers(ctx context.Context) (map[string]desk.OrganizationID, error) {
	return keyed[string](ctx, s, "list", `
		SELECT domain, min(id)
		FROM organizations
		WHERE domain_assignment AND active AND domain <> ''
		GROUP BY domain`, whole[desk.OrganizationID])
}

func (s *Store) settingValues(ctx context.Context) (desk.Settings, error) {
	rows, _ := s.db.Query(ctx, `SELECT name, state_current->'value' FROM settings`)
	values := desk.Settings{}
	var name string
	var value []byte
	_, err := pgx.ForEachRow(rows, []any{&name, &value}, func() error {
		opened, err := s.openValue(value)
		values[name] = opened
		return err
	})
	return values, err
}

// openValue returns a setting's JSON value with a sealed text opened.
func (s *Store) openValue(value []byte) (json.RawMessage, error) {
	var text string
	if len(value) == 0 || value[0] != '"' || json.Unmarshal(value, &text) != nil {
		return append(json.RawMessage(nil), value...), nil
	}
	plain, err := s.seal.open(text)
	if err != nil {
		return nil, err
	}
	return json.Marshal(plain)
}

// byID reads rows as a map.
func byID[K comparable, V any](ctx context.Context, s *Store, sql string, id func(V) K, args ...any) (map[K]V, error) {
	list, err := many[V](ctx, s, "list", sql, args...)
	all := make(map[K]V, len(list))
	for _, v := range list {
		all[id(v)] = v
	}
	return all, err
}
