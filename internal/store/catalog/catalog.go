package catalog

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/accounts"
	"postroom/internal/store/pg"
	"postroom/internal/store/seal"
)

func (s Keeper) fillCatalog(ctx context.Context, c *desk.Catalog) error {
	var err error
	read := func(part string, fill func() error) {
		if err == nil {
			if err = fill(); err != nil {
				err = fmt.Errorf("%s: %w", part, err)
			}
		}
	}
	read("settings", func() (err error) { c.Settings, err = s.settingValues(ctx); return })
	read("groups", func() (err error) { c.Groups, err = Groups.All(ctx, s.DB); return })
	read("states", func() (err error) { c.States, err = States.All(ctx, s.DB); return })
	read("state types", func() (err error) {
		c.StateTypes, err = pg.Keyed[desk.StateTypeID](ctx, s.DB, "list", `SELECT id, name FROM ticket_state_types`, pg.Whole[string])
		return
	})
	read("priorities", func() (err error) { c.Priorities, err = Priorities.All(ctx, s.DB); return })
	read("article types", func() (err error) {
		c.ArticleTypes, err = pg.ByID(ctx, s.DB, allArticleTypes, func(v desk.ArticleType) desk.ArticleTypeID { return v.ID })
		return
	})
	read("senders", func() (err error) {
		c.Senders, err = pg.Keyed[desk.SenderID](ctx, s.DB, "list", `SELECT id, name FROM ticket_article_senders`, pg.Whole[string])
		return
	})
	read("addresses", func() (err error) { c.Addresses, err = accounts.EmailAddresses.All(ctx, s.DB); return })
	read("channels", func() error { return s.fillChannels(ctx, c) })
	read("sign-up roles", func() (err error) {
		rows, _ := pg.Conn(s.DB).Query(ctx, `SELECT id FROM roles WHERE default_at_signup AND active ORDER BY id`)
		c.SignupRoles, err = pgx.CollectRows(rows, pgx.RowTo[desk.RoleID])
		return
	})
	read("domains", func() (err error) { c.DomainMembers, err = s.domainMembers(ctx); return })
	read("attributes", func() (err error) { c.Attributes, err = s.attributesByObject(ctx); return })
	read("triggers", func() (err error) {
		c.Triggers, err = pg.Many[desk.Trigger](ctx, s.DB, "list", Triggers.Select+`
			WHERE active
			ORDER BY lower(name), id`)
		return
	})
	read("slas", func() (err error) {
		c.SLAs, err = pg.Many[desk.SLA](ctx, s.DB, "list", SLAs.Select+`
			ORDER BY name, created_at, id`)
		return
	})
	read("calendars", func() (err error) { c.Calendars, err = Calendars.All(ctx, s.DB); return })
	read("workflows", func() (err error) {
		c.Workflows, err = pg.Many[desk.CoreWorkflow](ctx, s.DB, "list", CoreWorkflows.Select)
		return
	})
	read("mail filters", func() (err error) {
		c.MailFilters, err = pg.Many[desk.PostmasterFilter](ctx, s.DB, "list", PostmasterFilters.Select+`
			WHERE active AND channel = 'email'
			ORDER BY name, created_at, id`)
		return
	})
	return err
}

const allArticleTypes = `
	SELECT id, name, communication, active
	FROM ticket_article_types`

func (s Keeper) fillChannels(ctx context.Context, c *desk.Catalog) (err error) {
	c.Channels, err = pg.ByID(ctx, s.DB, accounts.AllChannels, func(v desk.Channel) desk.ChannelID { return v.ID })
	for id, channel := range c.Channels {
		if channel.Options, err = seal.Each(channel.Options, pg.Sealer(s.DB).Open); err != nil {
			return fmt.Errorf("options of channel %d: %w", id, err)
		}
		c.Channels[id] = channel
	}
	return err
}

func (s Keeper) domainMembers(ctx context.Context) (map[string]desk.OrganizationID, error) {
	return pg.Keyed[string](ctx, s.DB, "list", `
		SELECT domain, min(id)
		FROM organizations
		WHERE domain_assignment AND active AND domain <> ''
		GROUP BY domain`, pg.Whole[desk.OrganizationID])
}

func (s Keeper) settingValues(ctx context.Context) (desk.Settings, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, `SELECT name, state_current->'value' FROM settings`)
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
func (s Keeper) openValue(value []byte) (json.RawMessage, error) {
	if !seal.Holds(value) {
		return append(json.RawMessage(nil), value...), nil
	}
	var sealed any
	if err := json.Unmarshal(value, &sealed); err != nil {
		return nil, err
	}
	var err error
	switch v := sealed.(type) {
	case string:
		sealed, err = pg.Sealer(s.DB).Open(v)
	case map[string]any:
		sealed, err = seal.Each(v, pg.Sealer(s.DB).Open)
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(sealed)
}
