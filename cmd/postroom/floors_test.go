package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// floors says on which floor each room lives. A room imports rooms on lower floors only. A new
// room needs a line here: deciding where it lives is part of building it.
var floors = map[string]int{
	"bench":                                 5,
	"api/apitest":                           5, // runs the API for the tests of its rooms
	"cmd/postroom":                          5,
	"cmd/postroom/channel":                  5, // its verbs, a noun's family each
	"cmd/postroom/cli":                      5, // what they have in common
	"cmd/postroom/helpdesk":                 5,
	"cmd/postroom/mails":                    5,
	"cmd/postroom/people":                   5,
	"cmd/postroom/search":                   5,
	"e2e":                                   5,
	"internal/devstack/keeper":              5, // a program for tests
	"api":                                   4,
	"api/account":                           4,
	"api/automation":                        4,
	"api/bulk":                              4, // changes many tickets at once
	"api/checkmk":                           4,
	"api/form":                              4,
	"api/collab":                            4,
	"api/directory":                         4, // LDAP, Exchange
	"api/files":                             4,
	"api/firststeps":                        4,
	"api/importer":                          4, // takes other helpdesks over
	"api/integration":                       4,
	"api/knowledge":                         4,
	"api/library":                           4,
	"api/chat":                              4,
	"api/live":                              4,
	"api/longpoll":                          4,
	"api/mail":                              4,
	"api/messaging":                         4, // messengers and their channels
	"api/oauth":                             4,
	"api/twofactor":                         4,
	"api/objects":                           4,
	"api/people":                            4,
	"api/personal":                          4,
	"api/search":                            4,
	"api/security":                          4, // keys and certificates of mail
	"api/reports":                           4,
	"api/rest":                              4, // what the rooms of the API have in common
	"api/shown":                             4, // tickets as others show them
	"api/signin":                            4,
	"api/site":                              4,
	"api/subscription":                      4,
	"api/system":                            4,
	"api/telephony":                         4,
	"api/thirdparty":                        4,
	"api/translation":                       4,
	"api/uploads":                           4,
	"api/widget":                            4,
	"api/tickets":                           4,
	"api/worklist":                          4, // finds tickets
	"channels/channeltest":                  4, // the suite that every channel's tests run
	"channels/email/cloudtest":              4, // providers of mailboxes, for tests
	"channels/chat":                         4,
	"channels/email":                        4,
	"channels/form":                         4,
	"channels/placetel":                     4,
	"channels/sms":                          2, // gateways of text messages
	"channels/sms/smstest":                  4, // their other side, for tests
	"channels/telegram":                     2, // the Bot API
	"channels/telegram/telegramtest":        4, // its other side, for tests
	"channels/whatsapp":                     2, // the Cloud API of WhatsApp Business
	"channels/whatsapp/whatsapptest":        4, // its other side, for tests
	"internal/console":                      4,
	"jobs":                                  4,
	"jobs/calls":                            4, // that nobody took
	"jobs/chat":                             4,
	"jobs/hook":                             4,
	"jobs/messenger":                        4,
	"jobs/reminder":                         4, // of conversations that end
	"jobs/deadline":                         4, // acts when tickets reach a point in time
	"jobs/directory":                        4, // reads LDAP, Exchange
	"jobs/agents":                           4,
	"jobs/importer":                         4,
	"jobs/index":                            4,
	"jobs/jobtest":                          4, // opens installations for tests
	"jobs/poll":                             4,
	"jobs/scheduler":                        4,
	"jobs/signatures":                       4,
	"jobs/trigger":                          4,
	"channels/email/account":                1,
	"channels/email/grant":                  3, // keeps access tokens fresh
	"channels/email/graph":                  2, // Microsoft's REST interface for mail
	"channels/email/inbox":                  3,
	"channels/email/letter":                 3, // writes mail, sends none
	"internal/config":                       3,
	"internal/datasource":                   3,
	"internal/finder":                       3, // asks who knows: the search engine or the database
	"internal/demo":                         3,
	"internal/directorysync":                3,
	"internal/devstack":                     3,
	"internal/devstack/host":                2,
	"internal/devstack/ldapserver":          3, // the other side of tests
	"internal/devstack/searchengine":        3,
	"internal/devstack/searchengine/keeper": 4, // a program for tests
	"internal/devstack/mailserver":          3, // the other side of tests
	"internal/importer":                     3, // writes what comes from another helpdesk
	"internal/importer/freshdesk":           2,
	"internal/importer/kayako":              2,
	"internal/importer/otrs":                2,
	"internal/importer/source":              1, // what all helpdesks that are read have in common
	"internal/importer/zendesk":             2,
	"internal/intake":                       3,
	"internal/messenger":                    3,
	"internal/live":                         3, // tells open pages what happens
	"internal/talk":                         3, // ends chats
	"internal/transcript":                   3, // makes tickets of chats
	"internal/preview":                      3, // what a mail would become
	"internal/notify":                       3,
	"internal/perform":                      3,
	"internal/schedule":                     3,
	"internal/setup":                        3,
	"internal/blob":                         2,
	"internal/elastic":                      2, // speaks to a search engine
	"internal/ews":                          2, // speaks to Exchange
	"internal/idp":                          2, // speaks to identity providers
	"internal/extract":                      2, // the text of files
	"internal/search":                       2,
	"internal/secmail":                      2, // opens and seals mail
	"internal/store":                        2,
	"internal/store/accounts":               2,
	"internal/store/arrivals":               2,
	"internal/store/automation":             2,
	"internal/store/catalog":                2,
	"internal/store/chat":                   2,
	"internal/store/collab":                 2,
	"internal/store/directory":              2,
	"internal/store/files":                  2,
	"internal/store/helpdesks":              2,
	"internal/store/imports":                2,
	"internal/store/indexing":               2,
	"internal/store/installation":           2,
	"internal/store/knowledge":              2,
	"internal/store/library":                2,
	"internal/store/lookup":                 2,
	"internal/store/outbox":                 2,
	"internal/store/personal":               2,
	"internal/store/pg":                     2,
	"internal/store/privacy":                2,
	"internal/store/reports":                2,
	"internal/store/seal":                   2,
	"internal/store/signin":                 2,
	"internal/store/table":                  2,
	"internal/store/telephony":              2,
	"internal/store/tickets":                2,
	"internal/template":                     2,
	"spool":                                 2,
	"channels":                              1,
	"channels/cti":                          1, // what telephone systems say, without HTTP
	"internal/attribute":                    1,
	"internal/chat":                         1, // who waits, who talks, who is told
	"internal/csvimport":                    1,
	"internal/enginequery":                  2, // conditions as a search engine reads them
	"internal/document":                     1, // what a search engine is told of a record
	"internal/ical":                         1,
	"internal/forms":                        1,
	"internal/rules":                        1,
	"internal/signature":                    1,
	"internal/sla":                          1,
	"internal/webhook":                      1,
	"jobs/task":                             1,
	"parser":                                1,
	"internal/credential":                   0,
	"internal/desk":                         0,
	"internal/desk/history":                 0,
	"internal/desk/identity":                0,
	"internal/desk/kb":                      0,
	"internal/desk/teamwork":                0,
	"internal/desk/telephone":               0,
	"internal/desk/thread":                  0,
	"internal/desk/workspace":               0,
	"internal/egress":                       0,
	"internal/pgp":                          0,
	"internal/idoit":                        1,
	"internal/ldap":                         1,
	"internal/tracker":                      1,
	"internal/pgregex":                      0,
	"internal/pause":                        0,
	"internal/phone":                        0,
	"internal/picture":                      0,
	"internal/richtext":                     0,
	"internal/smime":                        0,
	"internal/wording":                      0, // how texts are made of words
	"channels/email/pop3":                   0, // a protocol, like a library
	"channels/email/provider":               1, // where people sign in to let us into a mailbox
	"migrations":                            0,
}

// step orders the rooms of a house that stand on one floor. Those of the API: what all of them have in
// common is lowest, then the people that others show, then tickets with their people, then every other
// room, which stand beside each other, then the door; likewise those of the program. The nouns that all others need are
// below the other nouns. Those of the store are in storeSteps.
func step(room string) (house string, step int) {
	switch room {
	case "api/rest":
		return "api", 0
	case "api/people":
		return "api", 1
	case "api/shown":
		return "api", 2
	case "api":
		return "api", 4
	case "cmd/postroom/cli":
		return "cmd", 0
	case "internal/desk":
		return "desk", 0
	case "internal/desk/thread":
		return "desk", 1
	case "cmd/postroom":
		return "cmd", 2
	}
	if strings.HasPrefix(room, "cmd/postroom/") {
		return "cmd", 1
	}
	if strings.HasPrefix(room, "api/") {
		return "api", 3
	}
	if strings.HasPrefix(room, "internal/desk/") {
		return "desk", 2
	}
	if step, known := storeSteps[room]; known {
		return "store", step
	}
	return "", 0
}

// storeSteps orders the rooms of the store: how to speak to the database is lowest, then what every
// process has in memory, then the nouns, of which some need others.
var storeSteps = map[string]int{
	"internal/store/seal":         0,
	"internal/store/pg":           1,
	"internal/store/table":        2,
	"internal/store/accounts":     3,
	"internal/store/files":        3,
	"internal/store/outbox":       3,
	"internal/store/catalog":      4,
	"internal/store/directory":    5,
	"internal/store/knowledge":    5,
	"internal/store/imports":      6,
	"internal/store/chat":         6,
	"internal/store/installation": 6,
	"internal/store/personal":     6,
	"internal/store/signin":       6,
	"internal/store/telephony":    6,
	"internal/store/tickets":      6,
	"internal/store/arrivals":     7,
	"internal/store/collab":       7,
	"internal/store/library":      7,
	"internal/store/lookup":       7,
	"internal/store/privacy":      7,
	"internal/store/reports":      7,
	"internal/store/automation":   8,
	"internal/store/indexing":     8,
	"internal/store/helpdesks":    8,
	"internal/store":              9,
}

// downstairs reports whether both rooms are of one house and the other is lower.
func downstairs(room, other string) bool {
	house, from := step(room)
	otherHouse, to := step(other)
	return house != "" && house == otherHouse && to < from
}

// only narrows what a room may import of ours, further than its floor does. A trailing slash stands for
// all rooms below.
var only = map[string][]string{
	"channels":           {"internal/desk"},
	"internal/attribute": {"internal/desk", "internal/richtext"},
	"internal/config":    {"jobs/task"}, // the names of the queues
	"internal/csvimport": {"internal/desk"},
	"internal/devstack":  {"internal/devstack/host", "migrations"},
	"internal/forms":     {"internal/desk"},
	"internal/rules":     {"internal/desk", "internal/pgregex"},
	"internal/signature": {"internal/richtext"},
	"internal/sla":       {"internal/desk"},
	"internal/webhook":   {"internal/desk"},
	"jobs/task":          {"internal/desk", "internal/desk/"},
	"parser":             {"internal/desk", "internal/richtext"},
}

// importedBy narrows who may import a room. A trailing slash stands for all rooms below.
var importedBy = map[string][]string{
	"internal/config":                {"bench", "cmd/postroom", "e2e"},
	"internal/devstack":              {"api/apitest", "bench", "cmd/postroom", "e2e", "internal/devstack/keeper", "jobs/jobtest"},
	"internal/devstack/host":         {"internal/devstack", "internal/devstack/ldapserver", "internal/devstack/mailserver", "internal/devstack/searchengine"},
	"internal/devstack/ldapserver":   {},
	"internal/devstack/mailserver":   {"bench"},
	"internal/devstack/searchengine": {"bench", "internal/devstack/searchengine/keeper"},
	"channels/channeltest":           {},
	"migrations":                     {"internal/devstack", "internal/store"},
	"internal/store/pg":              {"internal/store", "internal/store/"}, // SQL stays in the store
}

// doors says which rooms may import a library: one library, one door. A trailing slash stands
// for all packages or rooms below.
var doors = map[string][]string{
	"database/sql":                                     {"internal/devstack", "internal/store"}, // for goose
	"github.com/ProtonMail/go-crypto/":                 {"internal/pgp"},
	"github.com/alicebob/miniredis/":                   {"internal/devstack"},
	"github.com/arran4/golang-ical/":                   {"internal/ical"},
	"github.com/chromedp/":                             {"e2e"},
	"github.com/coder/websocket/":                      {"api/live", "bench", "e2e"},
	"github.com/elastic/":                              {"internal/elastic"},
	"github.com/coreos/go-oidc/":                       {"internal/idp"},
	"github.com/crewjam/saml/":                         {"internal/idp"},
	"github.com/emersion/go-imap/":                     {"bench", "channels/email/inbox", "e2e"},
	"github.com/fergusstrange/embedded-postgres/":      {"internal/devstack"},
	"github.com/go-ldap/":                              {"internal/ldap"},
	"github.com/go-telegram-bot-api/telegram-bot-api/": {"channels/telegram"},
	"github.com/hibiken/asynq/":                        {"bench", "cmd/postroom", "jobs"},
	"github.com/jackc/pgx/":                            {"api/apitest", "bench", "e2e", "internal/devstack", "internal/search", "internal/store", "internal/store/", "jobs/jobtest"},
	"github.com/jhillyerd/enmime/":                     {"parser"},
	"github.com/microcosm-cc/bluemonday/":              {"internal/richtext"},
	"github.com/nyaruka/phonenumbers/":                 {"internal/phone"},
	"github.com/pressly/goose/":                        {"internal/devstack", "internal/store"},
	"github.com/redis/go-redis/":                       {"api/apitest", "bench", "cmd/postroom", "internal/devstack", "internal/live", "jobs"},
	"github.com/smallstep/pkcs7/":                      {"internal/smime"},
	"github.com/spf13/cobra/":                          {"cmd/postroom", "cmd/postroom/"},
	"github.com/twilio/twilio-go/":                     {"channels/sms"},
	"github.com/wneessen/go-mail/":                     {"channels/email"},
	"github.com/xuri/excelize/":                        {"api/collab", "api/reports"},
	"github.com/youmark/pkcs8/":                        {"internal/smime"},
}

// never lists what rooms must not import at all: thinkers neither do I/O nor log.
var never = map[string][]string{
	"internal/attribute": {"context", "database/sql", "log/slog", "net", "net/http", "os"},
	"internal/forms":     {"context", "database/sql", "log/slog", "net", "net/http", "os"},
	"internal/desk":      {"context", "database/sql", "log/slog", "net", "net/http", "os"},
	"internal/rules":     {"database/sql", "log/slog", "net", "net/http", "os"},
	"internal/sla":       {"database/sql", "log/slog", "net", "net/http", "os"},
	"internal/webhook":   {"context", "database/sql", "log/slog", "net", "net/http", "os"},
	"parser":             {"context", "database/sql", "log/slog", "net", "net/http", "os"},
	"internal/intake":    {"net/http"},
	"internal/notify":    {"net/http"},
	"internal/store":     {"log/slog", "net/http"},
}

type room struct {
	name    string   // below the module: internal/desk
	ours    []string // rooms it imports
	foreign []string // packages it imports, libraries and the standard library
}

func TestRoomsImportLowerFloorsOnly(t *testing.T) {
	t.Parallel()
	rooms := listRooms(t)
	for _, r := range rooms {
		for _, fault := range faults(r) {
			t.Error(fault)
		}
	}
	if len(rooms) < 10 {
		t.Errorf("go list found %d rooms: the floors were not checked", len(rooms))
	}
}

func TestForbiddenImportsAreFound(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		room room
		want string // part of the one fault; empty: none
	}{
		{"an unknown room", room{name: "internal/util"}, "stands on no floor"},
		{"up", room{name: "internal/store", ours: []string{"internal/intake"}}, "must not import internal/intake on floor 3"},
		{"beside", room{name: "api", ours: []string{"jobs"}}, "must not import jobs on floor 4"},
		{"parent and child", room{name: "jobs/poll", ours: []string{"jobs"}}, "must not import jobs on floor 4"},
		{"a room of the API the one below", room{name: "api/tickets", ours: []string{"api/people", "api/rest"}}, ""},
		{"a room of the API one beside", room{name: "api/tickets", ours: []string{"api/mail"}}, "must not import api/mail on floor 4"},
		{"what the API's rooms share, a room", room{name: "api/rest", ours: []string{"api/people"}}, "must not import api/people on floor 4"},
		{"a verb another", room{name: "cmd/postroom/mails", ours: []string{"cmd/postroom/channel"}}, "must not import cmd/postroom/channel on floor 5"},
		{"a verb what all have in common", room{name: "cmd/postroom/mails", ours: []string{"cmd/postroom/cli"}}, ""},
		{"one keeper another", room{name: "internal/store", ours: []string{"internal/blob"}}, "must not import internal/blob on floor 2"},
		{"a keeper one below", room{name: "internal/store/tickets", ours: []string{"internal/store/directory"}}, ""},
		{"a keeper one above", room{name: "internal/store/directory", ours: []string{"internal/store/tickets"}}, "must not import internal/store/tickets on floor 2"},
		{"a noun those that all need", room{name: "internal/desk/kb", ours: []string{"internal/desk"}}, ""},
		{"the nouns that all need another", room{name: "internal/desk", ours: []string{"internal/desk/kb"}}, "must not import internal/desk/kb on floor 0"},
		{"a noun one beside", room{name: "internal/desk/kb", ours: []string{"internal/desk/identity"}}, "must not import internal/desk/identity on floor 0"},
		{"a noun with I/O", room{name: "internal/desk/kb", foreign: []string{"net/http"}}, "must never import net/http"},
		{"SQL outside of the store", room{name: "api/tickets", ours: []string{"internal/store/pg"}}, "is reserved"},
		{"a keeper the driver", room{name: "internal/store/tickets", foreign: []string{"github.com/jackc/pgx/v5"}}, ""},
		{"a keeper that logs", room{name: "internal/store/tickets", foreign: []string{"log/slog"}}, "must never import log/slog"},
		{"down", room{name: "api", ours: []string{"internal/store", "internal/desk"}}, ""},
		{"down, but narrowed", room{name: "internal/rules", ours: []string{"internal/richtext"}}, "may import only"},
		{"a reserved room", room{name: "api", ours: []string{"internal/config"}}, "is reserved"},
		{"a library past its door", room{name: "api", foreign: []string{"github.com/jackc/pgx/v5"}}, "comes in only through"},
		{"a library through its door", room{name: "jobs", foreign: []string{"github.com/hibiken/asynq"}}, ""},
		{"a thinker that writes files", room{name: "parser", foreign: []string{"os"}}, "must never import os"},
	} {
		got := strings.Join(faults(tc.room), "; ")
		if tc.want == "" && got != "" {
			t.Errorf("%s: fault %q, want none", tc.name, got)
		}
		if !strings.Contains(got, tc.want) {
			t.Errorf("%s: faults %q, want one saying %q", tc.name, got, tc.want)
		}
	}
}

// faults lists what a room imports against the rules, one sentence each.
func faults(r room) []string {
	floor, known := floors[r.name]
	if !known {
		return []string{r.name + " stands on no floor: add it to the table in floors_test.go"}
	}
	var found []string
	for _, other := range r.ours {
		otherFloor, known := floors[other]
		narrowed, narrow := only[r.name]
		reserved, reserve := importedBy[other]
		switch {
		case !known:
			found = append(found, r.name+" imports "+other+", which stands on no floor")
		case otherFloor >= floor && !downstairs(r.name, other):
			found = append(found, r.name+" on floor "+digit(floor)+" must not import "+other+" on floor "+digit(otherFloor))
		case narrow && !among(narrowed, other):
			found = append(found, r.name+" may import only "+strings.Join(narrowed, ", ")+", not "+other)
		case reserve && !among(reserved, r.name):
			found = append(found, r.name+" must not import "+other+", which is reserved for "+strings.Join(reserved, ", "))
		}
	}
	for _, path := range r.foreign {
		if slices.Contains(neverIn(r.name), path) {
			found = append(found, r.name+" must never import "+path)
		}
		for library, rooms := range doors {
			if strings.HasPrefix(path+"/", strings.TrimSuffix(library, "/")+"/") && !among(rooms, r.name) {
				found = append(found, r.name+" must not import "+path+", which comes in only through "+strings.Join(rooms, ", "))
			}
		}
	}
	return found
}

// among reports whether a room is in a list, or below a room in it that ends with a slash.
func among(rooms []string, name string) bool {
	return slices.ContainsFunc(rooms, func(room string) bool {
		return room == name || strings.HasSuffix(room, "/") && strings.HasPrefix(name, room)
	})
}

// neverIn is what a room must not import: its own list, or that of the house it is in.
func neverIn(room string) []string {
	for _, house := range []string{"internal/store", "internal/desk"} {
		if strings.HasPrefix(room, house+"/") {
			return never[house]
		}
	}
	return never[room]
}

func digit(n int) string { return string(rune('0' + n)) }

// listRooms asks the go command for every room and its imports, those of tests left out.
func listRooms(t *testing.T) []room {
	t.Helper()
	const module = "postroom/"
	list := exec.Command("go", "list", "-e", "-json=ImportPath,Imports", module+"...")
	var stderr bytes.Buffer
	list.Stderr = &stderr
	output, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var rooms []room
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		var listed struct {
			ImportPath string
			Imports    []string
		}
		err := decoder.Decode(&listed)
		if errors.Is(err, io.EOF) {
			return rooms
		}
		if err != nil {
			t.Fatalf("go list: %v", err)
		}
		r := room{name: strings.TrimPrefix(listed.ImportPath, module)}
		for _, path := range listed.Imports {
			if name, ours := strings.CutPrefix(path, module); ours {
				r.ours = append(r.ours, name)
			} else {
				r.foreign = append(r.foreign, path)
			}
		}
		rooms = append(rooms, r)
	}
}
