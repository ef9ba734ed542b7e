package setup_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"postroom/internal/credential"
	"postroom/internal/desk"
	"postroom/internal/setup"
)

// everything uses every key of an auto wizard.
const everything = `{
	"Token": "open-sesame",
	"CalendarSetup": {"Ip": "192.0.2.1"},
	"TextModuleLocale": {"Locale": "de-de"},
	"Settings": [
		{"name": "product_name", "value": "Acme Help"},
		{"name": "ticket_number_increment", "value": {"checksum": true, "min_size": 7}},
		{"name": "es_password", "value": "very secret"}
	],
	"Permissions": [
		{"name": "admin.garden", "description": "waters the plants", "preferences": {"prio": 5000}},
		{"id": 59, "name": "report", "active": false}
	],
	"Organizations": [
		{"name": "Acme", "domain": "acme.example", "domain_assignment": true},
		{"id": 1, "shared": false}
	],
	"Users": [
		{"login": "Boss@Acme.example", "firstname": "Bo", "lastname": "Boss", "email": "Boss@Acme.example", "password": "correct horse", "organization": "acme"},
		{"email": "ann@acme.example", "firstname": "Ann", "roles": ["Agent"], "groups": {"Support": ["read", "create"]}, "organizations": ["Zammad Foundation"]},
		{"login": "cust", "email": "cust@acme.example", "organization_id": 1},
		{"login": "eve", "email": "eve@acme.example", "role_ids": [2, 3], "groups": ["Users"]}
	],
	"Channels": [
		{"id": 7, "area": "Email::Account", "group": "Support", "active": true,
		 "options": {"inbound": {"adapter": "imap", "options": {"host": "mail.acme.example", "user": "help", "password": "hidden"}}},
		 "preferences": {"online_service_disable": true}}
	],
	"EmailAddresses": [
		{"id": 3, "channel_id": 7, "realname": "Acme Help", "email": "Help@Acme.example"}
	],
	"Signatures": [
		{"name": "short", "body": "Bye"}
	],
	"Groups": [
		{"name": "Support", "signature": "short", "email_address": "help@acme.example", "users": ["boss@acme.example", "eve"], "follow_up_possible": "new_ticket", "note": "first line"},
		{"name": "Support::Night", "email_address_id": 3, "signature_id": 1, "assignment_timeout": 30},
		{"name": "Day", "parent": "Support"},
		{"id": 1, "name": "Users", "active": true, "follow_up_assignment": false}
	]
}`

func TestAutoWizardAppliesEveryKey(t *testing.T) {
	t.Parallel()
	s, conn := seeded(t)
	var log bytes.Buffer
	first, err := setup.RunAutoWizard(t.Context(), s, slog.New(slog.NewTextHandler(&log, nil)), []byte(everything))
	if err != nil {
		t.Fatal(err)
	}
	if first != 3 {
		t.Errorf("first user = %d, want 3", first)
	}
	expect(t, conn, map[string]string{
		// Settings
		`SELECT state_current->>'value' FROM settings WHERE name = 'product_name'`:                        "Acme Help",
		`SELECT state_current->'value'->>'min_size' FROM settings WHERE name = 'ticket_number_increment'`: "7",
		`SELECT state_current->>'value' FROM settings WHERE name = 'system_init_done'`:                    "true",
		`SELECT state_current->>'value' LIKE 'sealed:%' FROM settings WHERE name = 'es_password'`:         "true",
		// Permissions, Organizations
		`SELECT description FROM permissions WHERE name = 'admin.garden'`:           "waters the plants",
		`SELECT active FROM permissions WHERE name = 'report'`:                      "false",
		`SELECT domain || domain_assignment FROM organizations WHERE name = 'Acme'`: "acme.exampletrue",
		`SELECT shared FROM organizations WHERE id = 1`:                             "false",
		`SELECT created_by_id FROM organizations WHERE name = 'Acme'`:               "1",
		// Users
		`SELECT login || '|' || email || '|' || firstname FROM users WHERE id = 3`:                                                                                                                          "boss@acme.example|boss@acme.example|Bo",
		`SELECT o.name FROM users u JOIN organizations o ON o.id = u.organization_id WHERE u.id = 3`:                                                                                                        "Acme",
		`SELECT array_agg(role_id ORDER BY role_id) FROM roles_users WHERE user_id = 3`:                                                                                                                     "{1,2}",
		`SELECT count(*) FROM groups_users WHERE user_id = 3 AND access = 'full'`:                                                                                                                           "4",
		`SELECT created_by_id FROM users WHERE login = 'ann@acme.example'`:                                                                                                                                  "3",
		`SELECT array_agg(ru.role_id) FROM roles_users ru JOIN users u ON u.id = ru.user_id WHERE login = 'ann@acme.example'`:                                                                               "{2}",
		`SELECT string_agg(access, ',' ORDER BY access) FROM groups_users gu JOIN users u ON u.id = gu.user_id JOIN groups g ON g.id = gu.group_id WHERE login = 'ann@acme.example' AND g.name = 'Support'`: "create,read",
		`SELECT ou.organization_id FROM organizations_users ou JOIN users u ON u.id = ou.user_id WHERE login = 'ann@acme.example'`:                                                                          "1",
		`SELECT array_agg(ru.role_id) FROM roles_users ru JOIN users u ON u.id = ru.user_id WHERE login = 'cust'`:                                                                                           "{3}",
		`SELECT organization_id FROM users WHERE login = 'cust'`:                                                                                                                                            "1",
		`SELECT count(*) FROM groups_users gu JOIN users u ON u.id = gu.user_id WHERE login = 'cust'`:                                                                                                       "0",
		`SELECT array_agg(ru.role_id ORDER BY role_id) FROM roles_users ru JOIN users u ON u.id = ru.user_id WHERE login = 'eve'`:                                                                           "{2,3}",
		`SELECT string_agg(g.name, ',' ORDER BY g.name) FROM groups_users gu JOIN users u ON u.id = gu.user_id JOIN groups g ON g.id = gu.group_id WHERE login = 'eve'`:                                     "Support,Users",
		// Agents are told what agents are told, customers nothing.
		`SELECT string_agg(login, ' ' ORDER BY login) FROM users WHERE preferences->'notification_config'->'matrix'->'create'->'criteria'->>'owned_by_me' = 'true'`: "ann@acme.example boss@acme.example eve",
		// Channels, EmailAddresses, Signatures
		`SELECT c.area || g.name FROM channels c JOIN groups g ON g.id = c.group_id WHERE c.id = 7`:    "Email::AccountSupport",
		`SELECT options->'inbound'->'options'->>'password' LIKE 'sealed:%' FROM channels WHERE id = 7`: "true",
		`SELECT created_by_id FROM channels WHERE id = 7`:                                              "3",
		`SELECT name || '|' || email || '|' || channel_id FROM email_addresses WHERE id = 3`:           "Acme Help|help@acme.example|7",
		`SELECT nextval(pg_get_serial_sequence('channels', 'id'))`:                                     "8",
		`SELECT body FROM signatures WHERE name = 'short'`:                                             "Bye",
		// Groups
		`SELECT email_address_id || follow_up_possible || note FROM groups WHERE name = 'Support'`:                              "3new_ticketfirst line",
		`SELECT s.name FROM groups g JOIN signatures s ON s.id = g.signature_id WHERE g.name = 'Support'`:                       "short",
		`SELECT g.name_last || '<' || p.name FROM groups g JOIN groups p ON p.id = g.parent_id WHERE g.name = 'Support::Night'`: "Night<Support",
		`SELECT g.name_last || '<' || p.name FROM groups g JOIN groups p ON p.id = g.parent_id WHERE g.name = 'Support::Day'`:   "Day<Support",
		`SELECT assignment_timeout || ' ' || signature_id FROM groups WHERE name = 'Support::Night'`:                            "30 1",
		`SELECT follow_up_assignment FROM groups WHERE id = 1`:                                                                  "false",
		`SELECT count(*) FROM calendars WHERE "default"`:                                                                        "1",
		// TextModuleLocale
		`SELECT name FROM text_modules WHERE id = 1`:                      "Anrede",
		`SELECT count(*) > 5 FROM text_modules`:                           "true",
		`SELECT count(*) FROM text_modules WHERE created_by_id <> 1`:      "0",
		`SELECT count(*) FROM text_modules WHERE NOT active OR note > ''`: "0",
	})
	if hash := text(t, conn, `SELECT password FROM users WHERE id = 3`); !credential.VerifyPassword(hash, "correct horse") {
		t.Errorf("password of the first user is kept as %q, which does not fit", hash)
	}
}

func TestAutoWizardChangesWhoExists(t *testing.T) {
	t.Parallel()
	s, conn := seeded(t)
	data := `{"Users": [{"login": "nicole.braun@zammad.org", "phone": "123", "roles": ["Admin"]}, {"login": "nb", "email": "NICOLE.braun@zammad.org", "mobile": "456"}]}`
	if _, err := setup.RunAutoWizard(t.Context(), s, discard, []byte(data)); err != nil {
		t.Fatal(err)
	}
	expect(t, conn, map[string]string{
		`SELECT count(*) FROM users`: "2",
		`SELECT phone || mobile || login || firstname FROM users WHERE id = 2`: "123456nbNicole",
	})
}

func TestAutoWizardNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	s, conn := seeded(t)
	for _, tc := range []struct{ name, data, want string }{
		{"no JSON", `{`, "not a JSON object"},
		{"a list", `[]`, "not a JSON object"},
		{"unknown key", `{"Usres": []}`, "Usres: unknown key"},
		{"no list", `{"Users": {}}`, "Users: not a list"},
		{"unknown attribute", `{"Users": [{"login": "a"}, {"login": "b", "frstname": "x"}]}`, "Users[1].frstname: unknown attribute"},
		{"wrong type", `{"Organizations": [{"name": "x", "shared": "yes"}]}`, "Organizations[0].shared: has to be true or false"},
		{"no name", `{"Organizations": [{"shared": true}]}`, "Organizations[0].name: is needed"},
		{"no login", `{"Users": [{"firstname": "x"}]}`, "Users[0].login: is needed"},
		{"unknown setting", `{"Settings": [{"name": "colour", "value": 1}]}`, `Settings[0]: no setting "colour"`},
		{"no value", `{"Settings": [{"name": "fqdn"}]}`, "Settings[0]: name and value are needed"},
		{"unknown role", `{"Users": [{"login": "a", "roles": ["Agent", "Pilot"]}]}`, "Users[0].roles[1]: there is no Pilot in roles"},
		{"unknown role id", `{"Users": [{"login": "a", "role_ids": [99]}]}`, "Users[0].role_ids[0]: there is no 99 in roles"},
		{"unknown organization", `{"Users": [{"login": "a", "organization": "Nowhere"}]}`, "Users[0].organization: there is no Nowhere in organizations"},
		{"unknown group", `{"Users": [{"login": "a", "groups": ["Nowhere"]}]}`, "Users[0].groups[0]: there is no Nowhere in groups"},
		{"unknown access", `{"Users": [{"login": "a", "groups": {"Users": "all"}}]}`, "Users[0].groups.Users"},
		{"long password", `{"Users": [{"login": "a", "password": "` + strings.Repeat("x", 2000) + `"}]}`, "Users[0].password"},
		{"unknown user of a group", `{"Groups": [{"name": "G", "users": ["ghost"]}]}`, "Groups[0].users[0]: there is no ghost in users"},
		{"unknown parent", `{"Groups": [{"name": "A::B"}]}`, "Groups[0].name: there is no A in groups"},
		{"bad choice", `{"Groups": [{"name": "G", "follow_up_possible": "maybe"}]}`, "Groups[0]"},
		{"unknown channel", `{"EmailAddresses": [{"name": "x", "email": "x@example.com", "channel_id": 99}]}`, "EmailAddresses[0].channel_id: there is no 99 in channels"},
		{"bad id", `{"Channels": [{"id": "one", "area": "x"}]}`, "Channels[0].id: has to be an id"},
		{"unknown group of a channel", `{"Channels": [{"area": "Email::Account", "group": "Nowhere"}]}`, "Channels[0].group: there is no Nowhere in groups"},
	} {
		_, err := setup.RunAutoWizard(t.Context(), s, discard, []byte(tc.data))
		if _, named := errors.AsType[*desk.InvalidError](err); !named || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want an InvalidError with %q", tc.name, err, tc.want)
		}
	}
	expect(t, conn, map[string]string{
		`SELECT count(*) FROM users`:         "2",
		`SELECT count(*) FROM organizations`: "1",
		`SELECT count(*) FROM groups`:        "1",
	})
}

func TestAutoWizardFile(t *testing.T) {
	t.Parallel()
	s, _ := seeded(t)
	wizard := setup.AutoWizard{Store: s, File: filepath.Join(t.TempDir(), "auto_wizard.json"), Log: discard}
	if wizard.Pending() {
		t.Error("Pending without a file")
	}
	apply := func(name, token string, want error) {
		t.Helper()
		if _, err := wizard.Apply(context.Background(), token); !errors.Is(err, want) {
			t.Errorf("%s: Apply = %v, want %v", name, err, want)
		}
	}
	apply("no file", "", setup.ErrNoAutoWizard)
	if err := os.WriteFile(wizard.File, []byte(everything), 0o600); err != nil {
		t.Fatal(err)
	}
	if !wizard.Pending() {
		t.Error("not Pending with a file")
	}
	apply("no token", "", setup.ErrWrongToken)
	apply("wrong token", "open", setup.ErrWrongToken)
	apply("the token", "open-sesame", nil)
	if wizard.Pending() {
		t.Error("still Pending after it was applied")
	}
	if err := os.WriteFile(wizard.File, []byte(`{}`), 0o600); err != nil {
		t.Fatal(err)
	}
	apply("set up already", "", setup.ErrSetUpAlready)
}
