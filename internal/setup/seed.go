package setup

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/installation"
)

// The records of a fresh installation, a file a table, a row a line. Clients know their ids.
//
//go:embed seeds/*.json
var seeds embed.FS

// seeded lists the tables in an order that keeps references whole.
var seeded = []string{
	"permissions", "roles", "permissions_roles", "organizations", "users", "roles_users",
	"signatures", "groups", "link_types", "link_objects",
	"ticket_state_types", "ticket_states", "ticket_priorities", "ticket_article_types", "ticket_article_senders",
	"macros", "overviews", "overviews_roles", "channels", "report_profiles", "chats",
	"object_manager_attributes", "triggers", "core_workflows", "calendars",
}

// factSeeds remembers that the seeds were sown.
const factSeeds = "seeds"

// Address is under which the installation is reached from outside; empty fields keep the defaults.
type Address struct {
	FQDN     string
	HTTPType string // http, https
}

// Seed fills a fresh database with the records that every installation has. On a database that has
// them already it does nothing.
func Seed(ctx context.Context, s *store.Store, address Address) error {
	return s.InTx(ctx, func(tx *store.Store) error {
		if err := tx.LockSetup(ctx); err != nil {
			return err
		}
		_, err := seed(ctx, tx, address)
		return err
	})
}

// seed reports whether there was something to do. The setup lock must be held.
func seed(ctx context.Context, tx *store.Store, address Address) (bool, error) {
	if err := tx.CheckSecretKey(ctx); err != nil {
		return false, err
	}
	_, err := tx.Fact(ctx, factSeeds)
	if !errors.Is(err, desk.ErrNotFound) {
		return false, err
	}
	settings, err := seedSettings(address)
	if err != nil {
		return false, err
	}
	if err := insert(ctx, tx, "settings", settings); err != nil {
		return false, err
	}
	for _, table := range seeded {
		rows, err := rowsOf(table)
		if err != nil {
			return false, err
		}
		if err := insert(ctx, tx, table, rows); err != nil {
			return false, err
		}
	}
	if err := seedTicket(ctx, tx, settings); err != nil {
		return false, err
	}
	return true, tx.PutFact(ctx, factSeeds, "1")
}

// rowsOf reads one table's seeds.
func rowsOf(table string) ([]installation.Record, error) {
	file, err := seeds.ReadFile("seeds/" + table + ".json")
	if err != nil {
		return nil, err
	}
	var rows []installation.Record
	if err := json.Unmarshal(file, &rows); err != nil {
		return nil, fmt.Errorf("seeds of %s: %w", table, err)
	}
	return rows, nil
}

// insert adds rows with their ids and makes the next id follow them.
func insert(ctx context.Context, tx *store.Store, table string, rows []installation.Record) error {
	if err := tx.InsertRecords(ctx, table, rows); err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	if _, has := rows[0]["id"]; !has {
		return nil
	}
	return tx.AdvanceIDs(ctx, table)
}

// seedTicket adds the first ticket, which takes the first number of the counter.
func seedTicket(ctx context.Context, tx *store.Store, settings []installation.Record) error {
	catalog := &desk.Catalog{Settings: desk.Settings{}}
	for _, row := range settings {
		value, err := json.Marshal(row["state_current"].(map[string]any)["value"])
		if err != nil {
			return err
		}
		catalog.Settings[row["name"].(string)] = value
	}
	if err := tx.RestartNumbers(ctx); err != nil {
		return err
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	number, err := tx.NextTicketNumber(ctx, catalog, now)
	if err != nil {
		return fmt.Errorf("number of the first ticket: %w", err)
	}
	tickets, err := rowsOf("tickets")
	if err != nil {
		return err
	}
	tickets[0]["number"] = number
	tickets[0]["last_contact_at"], tickets[0]["last_contact_customer_at"] = now, now
	if err := insert(ctx, tx, "tickets", tickets); err != nil {
		return err
	}
	articles, err := rowsOf("ticket_articles")
	if err != nil {
		return err
	}
	return insert(ctx, tx, "ticket_articles", articles)
}
