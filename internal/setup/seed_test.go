package setup_test

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"postroom/internal/setup"
)

// tables are the lists of testdata/seeds.json and the tables they describe.
var tables = map[string]string{
	"permissions": "permissions", "roles": "roles", "users": "users", "organizations": "organizations",
	"signatures": "signatures", "groups": "groups", "link_types": "link_types", "link_objects": "link_objects",
	"ticket_state_types": "ticket_state_types", "ticket_states": "ticket_states", "ticket_priorities": "ticket_priorities",
	"ticket_article_types": "ticket_article_types", "ticket_article_senders": "ticket_article_senders",
	"tickets": "tickets", "ticket_articles": "ticket_articles", "macros": "macros", "overviews": "overviews",
	"channels": "channels", "report_profiles": "report_profiles", "chats": "chats", "triggers": "triggers",
	"core_workflows": "core_workflows", "calendars_proposed": "calendars", "object_attributes": "object_manager_attributes",
}

func reference(t *testing.T) map[string]json.RawMessage {
	t.Helper()
	file, err := os.ReadFile("testdata/seeds.json")
	if err != nil {
		t.Fatal(err)
	}
	var lists map[string]json.RawMessage
	decode(t, file, &lists)
	return lists
}

func TestSeedsAreWhatClientsExpect(t *testing.T) {
	t.Parallel()
	_, conn := seeded(t)
	lists := reference(t)
	compared := 0
	for list, table := range tables {
		var want []map[string]any
		decode(t, lists[list], &want)
		got := rowsByID(t, conn, table)
		if len(got) != len(want) {
			t.Errorf("%s: %d rows, want %d", table, len(got), len(want))
		}
		for _, record := range want {
			row := got[int(record["id"].(float64))]
			for name, value := range record {
				compared += compare(t, fmt.Sprintf("%s %v", table, record["id"]), name, row, value)
			}
		}
	}
	if compared < 1300 {
		t.Errorf("%d values compared, that can't be all", compared)
	}
}

func rowsByID(t *testing.T, conn *pgx.Conn, table string) map[int]map[string]any {
	t.Helper()
	rows, _ := conn.Query(t.Context(), "SELECT id, to_jsonb(r) FROM "+table+" r")
	all := map[int]map[string]any{}
	var id int
	var row map[string]any
	if _, err := pgx.ForEachRow(rows, []any{&id, &row}, func() error { all[id] = row; row = nil; return nil }); err != nil {
		t.Fatal(err)
	}
	return all
}

// compare returns how many values it compared. Relations kept in tables of their own, and texts
// that are ours, have tests of their own.
func compare(t *testing.T, where, name string, row map[string]any, want any) int {
	t.Helper()
	switch name {
	case "role_ids", "user_ids", "group_ids", "permissions", "permission_ids", "roles", "prio", "grantable", "requires", "number", "note", "body", "perform":
		if name != "prio" || row["link"] == nil {
			return 0
		}
	case "ical_url":
		if want == "" && row[name] == nil {
			return 1
		}
	}
	got, there := row[name]
	if want == nil && got == nil {
		return 1
	}
	if !there || !reflect.DeepEqual(got, want) {
		t.Errorf("%s: %s = %#v, want %#v", where, name, got, want)
	}
	return 1
}

func TestPermissionsSayWhoMayHoldThem(t *testing.T) {
	t.Parallel()
	_, conn := seeded(t)
	var want []struct {
		ID        int
		Name      string
		Prio      float64
		Grantable bool
		Requires  []any
	}
	decode(t, reference(t)["permissions"], &want)
	got := rowsByID(t, conn, "permissions")
	for _, p := range want {
		preferences := got[p.ID]["preferences"].(map[string]any)
		if preferences["prio"] != p.Prio || (preferences["disabled"] == true) == p.Grantable {
			t.Errorf("permission %s: preferences %v, want prio %v, grantable %v", p.Name, preferences, p.Prio, p.Grantable)
		}
		if required, _ := preferences["required"].([]any); len(required) != len(p.Requires) {
			t.Errorf("permission %s requires %v, want %v", p.Name, required, p.Requires)
		}
	}
}

func TestRelationsOfSeeds(t *testing.T) {
	t.Parallel()
	_, conn := seeded(t)
	lists := reference(t)
	var roles []struct {
		ID            int   `json:"id"`
		PermissionIDs []int `json:"permission_ids"`
	}
	decode(t, lists["roles"], &roles)
	for _, role := range roles {
		want := fmt.Sprint(len(role.PermissionIDs))
		got := text(t, conn, `SELECT count(*) FROM permissions_roles WHERE role_id = $1 AND permission_id = ANY($2)`, role.ID, role.PermissionIDs)
		all := text(t, conn, `SELECT count(*) FROM permissions_roles WHERE role_id = $1`, role.ID)
		if got != want || all != want {
			t.Errorf("role %d: %s of %s permissions are there, and %s in all", role.ID, got, want, all)
		}
	}
	var overviews []struct {
		ID      int   `json:"id"`
		RoleIDs []int `json:"role_ids"`
	}
	decode(t, lists["overviews"], &overviews)
	for _, overview := range overviews {
		got := text(t, conn, `SELECT array_agg(role_id ORDER BY role_id) FROM overviews_roles WHERE overview_id = $1`, overview.ID)
		if want := "{" + strings.Trim(fmt.Sprint(overview.RoleIDs), "[]") + "}"; got != want {
			t.Errorf("overview %d is for roles %s, want %s", overview.ID, got, want)
		}
	}
	expect(t, conn, map[string]string{
		`SELECT array_agg(role_id) FROM roles_users WHERE user_id = 2`: "{3}",
		`SELECT count(*) FROM roles_users`:                             "1",
		`SELECT perform->'ticket.state_id'->>'value' FROM macros`:      "4",
	})
}

func TestSettingsHaveTheirDefaults(t *testing.T) {
	t.Parallel()
	s, conn := seeded(t)
	var want []struct {
		Position   int
		Name, Area string
		Default    json.RawMessage
		Frontend   bool
		Permission []string
		Protected  bool
		Generated  string
	}
	decode(t, reference(t)["settings"], &want)
	rows := rowsByID(t, conn, "settings")
	catalog, err := s.Catalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != len(want) {
		t.Fatalf("%d settings, want %d", len(rows), len(want))
	}
	for _, setting := range want {
		row := rows[setting.Position]
		if row["name"] != setting.Name || row["area"] != setting.Area || row["frontend"] != setting.Frontend || row["title"] == "" {
			t.Errorf("setting %d = %v, want %+v", setting.Position, row, setting)
		}
		preferences := row["preferences"].(map[string]any)
		if permission, _ := preferences["permission"].([]any); len(permission) != len(setting.Permission) {
			t.Errorf("%s: permission %v, want %v", setting.Name, permission, setting.Permission)
		}
		if (preferences["protected"] == true) != setting.Protected {
			t.Errorf("%s: preferences %v, want protected %v", setting.Name, preferences, setting.Protected)
		}
		if len(setting.Default) == 0 {
			if value := string(catalog.Settings[setting.Name]); value == `""` || value == "null" || value == "" {
				t.Errorf("%s has no value", setting.Name)
			}
			continue
		}
		for _, column := range []string{"state_initial", "state_current"} {
			var value any
			decode(t, setting.Default, &value)
			if got := row[column].(map[string]any)["value"]; !reflect.DeepEqual(got, value) {
				t.Errorf("%s: %s = %#v, want %#v", setting.Name, column, got, value)
			}
		}
	}
}

func TestGeneratedSettings(t *testing.T) {
	t.Parallel()
	s, conn := seeded(t)
	catalog, err := s.Catalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, form := range map[string]string{
		"application_secret": `^[0-9a-f]{128}$`,
		"system_id":          `^[1-9][0-9]$`,
		"monitoring_token":   `^[A-Za-z0-9_-]{54}$`,
		"check_mk_token":     `^[0-9a-f]{32}$`,
		"cti_token":          `^[A-Za-z0-9_-]{27}$`,
		"sipgate_token":      `^[A-Za-z0-9_-]{27}$`,
		"placetel_token":     `^[A-Za-z0-9_-]{27}$`,
		"product_name":       `^Postroom$`,
	} {
		if value := catalog.Settings.String(name); !regexp.MustCompile(form).MatchString(value) {
			t.Errorf("%s = %q, want %s", name, value, form)
		}
	}
	if kept := text(t, conn, `SELECT state_current->>'value' FROM settings WHERE name = 'application_secret'`); !strings.HasPrefix(kept, "sealed:") {
		t.Errorf("application_secret is kept in clear")
	}
	if number := text(t, conn, `SELECT number FROM tickets WHERE id = 1`); number != catalog.Settings.String("system_id")+"001" {
		t.Errorf("number of the first ticket = %s, want system id %s and 001", number, catalog.Settings.String("system_id"))
	}
}

func TestOurTextsHaveTheirPlaceholders(t *testing.T) {
	t.Parallel()
	_, conn := seeded(t)
	for sql, placeholder := range map[string]string{
		`SELECT body FROM signatures WHERE id = 1`:                                              "#{user.firstname} #{user.lastname}",
		`SELECT perform->'notification.email'->>'subject' FROM triggers WHERE id = 1`:           "#{ticket.title}",
		`SELECT perform->'notification.email'->>'body' FROM triggers WHERE id = 1`:              "#{config.ticket_hook}#{ticket.number}",
		`SELECT perform->'notification.email'->>'body' FROM triggers WHERE id = 2`:              "#{config.http_type}://#{config.fqdn}/#ticket/zoom/#{ticket.id}",
		`SELECT perform->'notification.email'->>'body' FROM triggers WHERE id = 3`:              "#{ticket.owner.firstname} #{ticket.owner.lastname}",
		`SELECT perform->'notification.email'->>'recipient' FROM triggers WHERE id = 3`:         "ticket_customer",
		`SELECT state_current->>'value' FROM settings WHERE name = 'notification_sender'`:       "#{config.product_name} <noreply@#{config.fqdn}>",
		`SELECT body FROM ticket_articles WHERE id = 1`:                                         "first ticket",
		`SELECT state_current->>'value' FROM settings WHERE name = 'maintenance_login_message'`: "maintained",
	} {
		if got := text(t, conn, sql); !strings.Contains(got, placeholder) {
			t.Errorf("%s = %q, want %q in it", sql, got, placeholder)
		}
	}
}

func TestIDsGoOnAfterTheSeeds(t *testing.T) {
	t.Parallel()
	_, conn := seeded(t)
	expect(t, conn, map[string]string{
		`SELECT nextval(pg_get_serial_sequence('users', 'id'))`:                     "3",
		`SELECT nextval(pg_get_serial_sequence('groups', 'id'))`:                    "2",
		`SELECT nextval(pg_get_serial_sequence('tickets', 'id'))`:                   "2",
		`SELECT nextval(pg_get_serial_sequence('object_manager_attributes', 'id'))`: "59",
		`SELECT nextval(pg_get_serial_sequence('email_addresses', 'id'))`:           "1",
	})
}

func TestSeedingTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	s, conn := seeded(t)
	if _, err := conn.Exec(t.Context(), `UPDATE settings SET state_current = '{"value": "help.example.org"}' WHERE name = 'fqdn'`); err != nil {
		t.Fatal(err)
	}
	if err := setup.Seed(t.Context(), s, setup.Address{FQDN: "other.example.com"}); err != nil {
		t.Fatal(err)
	}
	expect(t, conn, map[string]string{
		`SELECT state_current->>'value' FROM settings WHERE name = 'fqdn'`: "help.example.org",
		`SELECT count(*) FROM users`:                                       "2",
	})
}

func TestAddressOfTheInstallation(t *testing.T) {
	t.Parallel()
	s, conn := openStore(t)
	if err := setup.Seed(t.Context(), s, setup.Address{FQDN: "help.example.org", HTTPType: "https"}); err != nil {
		t.Fatal(err)
	}
	expect(t, conn, map[string]string{
		`SELECT state_current->>'value' FROM settings WHERE name = 'fqdn'`:      "help.example.org",
		`SELECT state_initial->>'value' FROM settings WHERE name = 'fqdn'`:      "zammad.example.com",
		`SELECT state_current->>'value' FROM settings WHERE name = 'http_type'`: "https",
	})
}
