package store_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"postroom/internal/desk"
)

func TestCatalogHoldsWhatMessagesNeed(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.exec(`INSERT INTO channels (id, group_id, area, options, updated_by_id, created_by_id)
		VALUES (5, 1, 'Email::Account', '{"inbound":{"options":{"password":"plain","user":"u"}}}', 1, 1)`)
	b.exec(`INSERT INTO email_addresses (id, channel_id, name, email, updated_by_id, created_by_id) VALUES (6, 5, 'Help', 'help@example.com', 1, 1)`)
	b.exec(`INSERT INTO organizations (id, name, domain, domain_assignment, updated_by_id, created_by_id)
		VALUES (7, 'A', 'a.example', true, 1, 1), (8, 'B', 'b.example', false, 1, 1)`)
	c, err := b.Catalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if c.Settings.String("system_id") != "10" || c.Groups[1].Name != "Users" || c.StateType(4) != "closed" || c.DefaultState() != 1 ||
		c.DefaultPriority() != 2 || !c.ArticleTypes[1].Communication || c.Senders[3] != "System" {
		t.Errorf("catalog = %+v", c)
	}
	if len(c.SignupRoles) != 1 || c.SignupRoles[0] != 3 {
		t.Errorf("roles of users that sign up = %v", c.SignupRoles)
	}
	if address, ok := c.AddressOf("HELP@example.com"); !ok || *address.ChannelID != 5 {
		t.Errorf("address = %+v", address)
	}
	if len(c.DomainMembers) != 1 || c.DomainMembers["a.example"] != 7 {
		t.Errorf("domains = %v", c.DomainMembers)
	}
}

func TestCatalogSeesChanges(t *testing.T) {
	t.Parallel()
	b := open(t)
	for _, tc := range []struct{ name, sql string }{
		{"a setting", `UPDATE settings SET state_current = '{"value":"42"}' WHERE name = 'system_id'`},
		{"a group", `UPDATE groups SET note = 'changed'`},
		{"a state", `UPDATE ticket_states SET note = 'changed'`},
		{"a priority", `UPDATE ticket_priorities SET note = 'changed'`},
		{"a role", `UPDATE roles SET default_at_signup = false`},
		{"a channel", `INSERT INTO channels (area, updated_by_id, created_by_id) VALUES ('x', 1, 1)`},
		{"an address", `INSERT INTO email_addresses (name, email, updated_by_id, created_by_id) VALUES ('x', 'x@example.com', 1, 1)`},
		{"an organization", `INSERT INTO organizations (name, updated_by_id, created_by_id) VALUES ('x', 1, 1)`},
	} {
		before, err := b.Catalog(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		b.exec(tc.sql)
		b.ForgetCatalog()
		after, err := b.Catalog(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if after.Version <= before.Version {
			t.Errorf("%s changed, the catalog's version is still %d", tc.name, after.Version)
		}
	}
}

func TestCatalogIsReadOnceWhileNothingChanges(t *testing.T) {
	t.Parallel()
	b := open(t)
	first, err := b.Catalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b.ForgetCatalog()
	second, err := b.Catalog(t.Context())
	if err != nil || first != second {
		t.Errorf("the catalog was read again (%v) though nothing changed", err)
	}
}

func TestFetchResultsDoNotChangeTheCatalog(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.exec(`INSERT INTO channels (id, area, updated_by_id, created_by_id) VALUES (5, 'x', 1, 1)`)
	before := ask[int64](b, `SELECT version FROM catalog_version`)
	b.exec(`UPDATE channels SET status_in = 'ok', last_log_in = '', last_fetch = now() WHERE id = 5`)
	if after := ask[int64](b, `SELECT version FROM catalog_version`); after != before {
		t.Errorf("version %d after a fetch, want still %d", after, before)
	}
}

func TestChangesOfOthersAreSeenWithinSeconds(t *testing.T) {
	t.Parallel()
	b := open(t)
	if _, err := b.Catalog(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.exec(`UPDATE settings SET state_current = '{"value":"77"}' WHERE name = 'system_id'`)
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		c, err := b.Catalog(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if c.Settings.String("system_id") == "77" {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("the change is not seen")
		}
	}
}

func TestCatalogOpensSecrets(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.exec(`INSERT INTO channels (id, area, options, updated_by_id, created_by_id)
		VALUES (5, 'x', '{"inbound":{"options":{"password":"in the clear","user":"u"}}}', 1, 1)`)
	c, err := b.Catalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	inbound := c.Channels[desk.ChannelID(5)].Options["inbound"].(map[string]any)["options"].(map[string]any)
	if inbound["password"] != "in the clear" || inbound["user"] != "u" {
		t.Errorf("options = %v", inbound)
	}
}

func TestSecretsInsideOfSettingsAreSealed(t *testing.T) {
	t.Parallel()
	b := open(t)
	config := map[string]any{"endpoint": "https://api.github.com/graphql", "api_token": "s3cret-7", "options": map[string]any{"password": "s3cret-8"}}
	b.exec(`INSERT INTO settings (name, title, area, description, options, state_initial, state_current, frontend, preferences)
		VALUES ('github_config', '', '', '', '{}', '{}', '{}', false, '{}') ON CONFLICT DO NOTHING`)
	if err := b.PutSettingValue(t.Context(), "github_config", config); err != nil {
		t.Fatal(err)
	}
	kept := ask[string](b, `SELECT state_current::text FROM settings WHERE name = 'github_config'`)
	if strings.Contains(kept, "s3cret") || !strings.Contains(kept, "api.github.com") {
		t.Errorf("kept as %s", kept)
	}
	b.ForgetCatalog()
	c, err := b.Catalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var read map[string]any
	if !c.Settings.Into("github_config", &read) || !reflect.DeepEqual(read, config) {
		t.Errorf("read as %v, want %v", read, config)
	}
}
