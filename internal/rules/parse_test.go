package rules_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/rules"
)

// sql writes a condition with its values in place.
func sql(t testing.TB, condition string, attributes *rules.Attributes, context rules.Context) string {
	t.Helper()
	parsed, err := rules.ParseCondition(json.RawMessage(condition), attributes)
	if err != nil {
		t.Fatalf("%s: %v", condition, err)
	}
	bound, err := parsed.Bind(context)
	if err != nil {
		t.Fatalf("%s: %v", condition, err)
	}
	text := bound.SQL(rules.Statement{
		Add: func(value any) string {
			if at, isTime := value.(time.Time); isTime {
				value = at.Format(time.RFC3339)
			}
			return fmt.Sprint("<", value, ">")
		},
		Custom: func(row string, a *desk.Attribute) string { return row + ".custom." + a.Name },
	})
	return strings.ReplaceAll(text, `"`, "")
}

func TestUnusableConditionsAreRefused(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"operator":"NOT","conditions":[`, 60) + `{"name":"ticket.title","operator":"is","value":"x"}` + strings.Repeat(`]}`, 60)
	many := `{"operator":"OR","conditions":[` + strings.TrimSuffix(strings.Repeat(`{"name":"ticket.title","operator":"is","value":"x"},`, 600), ",") + `]}`
	leaf := func(fields string) string { return `{"operator":"AND","conditions":[{` + fields + `}]}` }
	for _, condition := range []string{
		``, `null`, `[]`, `"x"`, `1`, `{`, `{"ticket.title": "x"}`, `{"ticket.title": []}`, deep, many,
		`{"operator":"XOR","conditions":[]}`, `{"operator":"and","conditions":[]}`, `{"conditions":[]}`, `{"operator":"AND","conditions":{}}`, `{"operator":"AND","conditions":["x"]}`,
		leaf(`"operator":"is","value":"x"`),
		leaf(`"name":"ticket.title","value":"x"`),
		leaf(`"name":"ticket.title","operator":5,"value":"x"`),
		leaf(`"name":"title","operator":"is","value":"x"`),
		leaf(`"name":"ticket.title","operator":"is"`),
		leaf(`"name":"ticket.title","operator":"is","value":[]`),
		leaf(`"name":"ticket.title","operator":"is","value":{"label":"x"}`),
		leaf(`"name":"ticket.title","operator":"is","value":[["x"]]`),
		leaf(`"name":"ticket.title","operator":"is","value":"\u0000"`),
		leaf(`"name":"ticket.title","operator":"contains","value":" "`),
		leaf(`"name":"ticket.title","operator":"contains","value":null`),
		leaf(`"name":"ticket.title","operator":"contains all","value":"x"`),
		leaf(`"name":"ticket.title","operator":"matches regex","value":["a","b"]`),
		leaf(`"name":"ticket.title","operator":"today"`),
		leaf(`"name":"ticket.tags","operator":"is","value":"x"`),
		leaf(`"name":"ticket.tags","operator":"contains one","value":" , "`),
		leaf(`"name":"ticket.state_id","operator":"is","value":"open"`),
		leaf(`"name":"ticket.state_id","operator":"is","value":1.5`),
		leaf(`"name":"ticket.state_id","operator":"is","value":99999999999999999999`),
		leaf(`"name":"ticket.state_id","operator":"contains","value":"1"`),
		leaf(`"name":"ticket.state_id","operator":"is none of","value":[]`),
		leaf(`"name":"ticket.owner_id","operator":"is","pre_condition":"somebody","value":1`),
		leaf(`"name":"ticket.owner_id","operator":"is","pre_condition":5,"value":1`),
		leaf(`"name":"ticket.title","operator":"is","pre_condition":"current_user.id"`),
		leaf(`"name":"ticket.created_at","operator":"before (absolute)","value":"yesterday"`),
		leaf(`"name":"ticket.created_at","operator":"before (absolute)","value":["2024-01-01","2024-01-02"]`),
		leaf(`"name":"ticket.created_at","operator":"before (relative)","value":1`),
		leaf(`"name":"ticket.created_at","operator":"before (relative)","value":1,"range":"century"`),
		leaf(`"name":"ticket.created_at","operator":"before (relative)","value":99999999999,"range":"year"`),
		leaf(`"name":"ticket.article_count","operator":"is less than","value":["1","2"]`),
		leaf(`"name":"ticket.article_count","operator":"is less than","value":"0x10"`),
		leaf(`"name":"ticket.time_unit","operator":"is","value":"NaN"`),
		leaf(`"name":"customer.vip","operator":"is","value":"perhaps"`),
		leaf(`"name":"customer.password","operator":"is","value":"x"`),
		leaf(`"name":"customer.email","operator":"has changed"`),
		leaf(`"name":"group.name","operator":"is","value":"Users"`), // for searches only
		leaf(`"name":"execution_time.calendar_id","operator":"is in working time","value":1`),
		leaf(`"name":"article.time_accounting","operator":"is","value":1`),
		leaf(`"name":"ticket.action","operator":"is","value":null`),
	} {
		_, err := rules.ParseCondition(json.RawMessage(condition), rules.TicketAttributes(&desk.Catalog{}))
		if invalid, ok := errors.AsType[*desk.InvalidError](err); !ok || invalid.Reason != "Invalid object selector conditions" {
			t.Errorf("%.200s: %v, want a refusal", condition, err)
		}
	}
}

func TestConditionsAsSQL(t *testing.T) {
	t.Parallel()
	catalog := &desk.Catalog{Attributes: map[string][]desk.Attribute{
		"Ticket": {
			{Object: "Ticket", Name: "color", DataType: "select", Active: true, Editable: true},
			{Object: "Ticket", Name: "parts", DataType: "multiselect", Active: true, Editable: true},
			{Object: "Ticket", Name: "gone", DataType: "input", Editable: true}, // switched off
		},
		"User": {{Object: "User", Name: "floor", DataType: "integer", Active: true, Editable: true}},
	}}
	now := time.Date(2024, 6, 12, 10, 30, 0, 0, time.UTC)
	tickets, users := rules.TicketAttributes(catalog), rules.UserAttributes(catalog)
	for _, tc := range []struct {
		attributes *rules.Attributes
		condition  string
		want       string
	}{
		{tickets, `{}`, "true"},
		{tickets, `{"operator":"AND","conditions":[{"operator":"OR","conditions":[]}]}`, "true"},
		{tickets, `{"ticket.state_id":{"operator":"is","value":["1",2]}}`, "t.state_id = ANY(<[1 2]>)"},
		{tickets, `{"ticket.state_id":{"operator":"is","value":["2"]}}`, "t.state_id = <2>"},
		{tickets, `{"ticket.state_id":{"operator":"is not","value":4}}`, "(t.state_id <> ALL(<[4]>) OR t.state_id IS NULL)"},
		{tickets, `{"ticket.title":{"operator":"contains","value":"50%_\\"}}`, `(t.title ILIKE <%50\%\_\\%>)`},
		{tickets, `{"ticket.created_at":{"operator":"within last (relative)","value":"1","range":"month"}}`,
			"(t.created_at >= <2024-05-12T10:30:00Z> AND t.created_at <= <2024-06-12T10:30:00Z>)"},
		{tickets, `{"ticket.color":{"operator":"is","value":"red"},"customer.floor":{"operator":"is","value":2}}`,
			"(t.customer_id IN (SELECT x.id FROM users x WHERE x.custom.floor = <2>) AND t.custom.color = ANY(<[red]>))"},
		{tickets, `{"ticket.parts":{"operator":"contains all","value":["a"]}}`, "t.custom.parts ?& <[a]>"},
		{tickets, `{"organization.name":{"operator":"is not","value":"Acme"}}`,
			"(t.organization_id IS NULL OR t.organization_id IN (SELECT x.id FROM organizations x WHERE (x.name <> ALL(<[Acme]>) OR x.name IS NULL)))"},
		// What AND joins looks at one article; what OR joins may look at two.
		{tickets, `{"article.body":{"operator":"contains","value":"x"},"article.internal":{"operator":"is","value":true}}`,
			"EXISTS (SELECT FROM ticket_articles a WHERE a.ticket_id = t.id AND (a.internal = ANY(<[true]>) AND (a.body ILIKE <%x%>)))"},
		{tickets, `{"operator":"OR","conditions":[{"name":"article.body","operator":"contains","value":"x"},{"name":"ticket.title","operator":"is","value":"y"}]}`,
			"(EXISTS (SELECT FROM ticket_articles a WHERE a.ticket_id = t.id AND (a.body ILIKE <%x%>)) OR t.title = ANY(<[y]>))"},
		{users, `{"user.login":{"operator":"is","value":"x"}}`, "(u.id <> 1 AND u.login = ANY(<[x]>))"},
		{users, `{"ticket_customer.existing":{"operator":"is not","value":"true"}}`, "(u.id <> 1 AND NOT EXISTS (SELECT FROM tickets x WHERE x.customer_id = u.id))"},
		{users, `{"ticket_owner.existing":{"operator":"is","value":["true","false"]}}`, "(u.id <> 1 AND true)"},
	} {
		if got := sql(t, tc.condition, tc.attributes, rules.Context{Now: now}); got != tc.want {
			t.Errorf("%s\n  becomes %s\n  want    %s", tc.condition, got, tc.want)
		}
	}
	if _, err := rules.ParseCondition(json.RawMessage(`{"ticket.gone":{"operator":"is","value":"x"}}`), tickets); err == nil {
		t.Error("an attribute that is switched off was taken")
	}
}

func TestAttributesThatAConditionNames(t *testing.T) {
	t.Parallel()
	condition, err := rules.ParseCondition(json.RawMessage(`{"operator":"OR","conditions":[{"name":"ticket.title","operator":"is","value":"x"},
		{"operator":"NOT","conditions":[{"name":"customer.email","operator":"contains","value":"x"},{"name":"ticket.title","operator":"has changed"}]}]}`),
		rules.TicketAttributes(&desk.Catalog{}))
	if err != nil {
		t.Fatal(err)
	}
	if got := condition.Names(); !slices.Equal(got, []string{"customer.email", "ticket.title"}) {
		t.Errorf("names %v", got)
	}
}

func TestStepsOfTheCalendar(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		now, value, unit, want string
	}{
		{"2024-03-31T10:00:00Z", "1", "month", "2024-02-29T10:00:00Z"},
		{"2023-03-31T10:00:00Z", "1", "month", "2023-02-28T10:00:00Z"},
		{"2024-02-29T10:00:00Z", "1", "year", "2023-02-28T10:00:00Z"},
		{"2024-01-15T10:00:00Z", "13", "month", "2022-12-15T10:00:00Z"},
		{"2024-01-01T00:00:00Z", "90", "minute", "2023-12-31T22:30:00Z"},
		{"2024-01-01T00:00:00Z", "2", "week", "2023-12-18T00:00:00Z"},
		{"2024-01-01T00:00:00Z", "0", "day", "2024-01-01T00:00:00Z"},
		{"2024-01-01T00:00:00Z", "3 days", "day", "2023-12-29T00:00:00Z"},
		{"2024-01-01T00:00:00Z", "soon", "day", "2024-01-01T00:00:00Z"},
		{"2024-01-01T00:00:00Z", "-2", "hour", "2024-01-01T02:00:00Z"},
	} {
		now, err := time.Parse(time.RFC3339, tc.now)
		if err != nil {
			t.Fatal(err)
		}
		condition := fmt.Sprintf(`{"ticket.created_at":{"operator":"before (relative)","value":%q,"range":%q}}`, tc.value, tc.unit)
		if got, want := sql(t, condition, rules.TicketAttributes(&desk.Catalog{}), rules.Context{Now: now}), "(t.created_at <= <"+tc.want+">)"; got != want {
			t.Errorf("%s before %s: %s, want %s", tc.value+" "+tc.unit, tc.now, got, want)
		}
	}
}

// FuzzParse: whatever is sent as a condition is taken or refused, and what is taken can be used.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		`{}`, `{"ticket.title":{"operator":"is","value":"x"}}`, `{"operator":"NOT","conditions":[{"name":"ticket.tags","operator":"contains one","value":"a,b"}]}`,
		`{"article.body":{"operator":"matches regex","value":"a|b"}}`, `{"ticket.created_at":{"operator":"today"}}`, `{"ticket.owner_id":{"operator":"is","pre_condition":"not_set"}}`,
	} {
		f.Add([]byte(text))
	}
	attributes := rules.TicketAttributes(&desk.Catalog{})
	context := rules.Context{Now: time.Unix(0, 0), User: &rules.User{ID: 5}}
	f.Fuzz(func(t *testing.T, text []byte) {
		condition, err := rules.ParseCondition(text, attributes)
		if err != nil {
			return
		}
		bound, err := condition.Bind(context)
		if err != nil {
			t.Fatalf("%s can't be bound: %v", text, err)
		}
		bound.Matches(&rules.Facts{One: map[string]rules.Row{"ticket": {"title": "x"}}})
		sql := bound.SQL(rules.Statement{Add: func(any) string { return "$" }})
		if strings.Count(sql, "(") != strings.Count(sql, ")") {
			t.Errorf("%s becomes %s", text, sql)
		}
	})
}

func BenchmarkConditionOfTrigger(b *testing.B) {
	condition, err := rules.ParseCondition(json.RawMessage(`{"ticket.action":{"operator":"is","value":"create"},"ticket.state_id":{"operator":"is not","value":4},
		"article.type_id":{"operator":"is","value":[1,5,11]},"article.sender_id":{"operator":"is","value":2},"ticket.title":{"operator":"contains","value":"printer"}}`),
		rules.TicketAttributes(&desk.Catalog{}))
	if err != nil {
		b.Fatal(err)
	}
	facts := &rules.Facts{
		One:  map[string]rules.Row{"ticket": {"state_id": int64(1), "title": "The Printer is on fire"}},
		Many: map[string][]rules.Row{"article": {{"id": int64(7), "type_id": int64(1), "sender_id": int64(2)}}},
	}
	context := rules.Context{Now: time.Unix(0, 0), Event: &rules.Event{Type: "create", Article: 7}}
	for b.Loop() {
		bound, err := condition.Bind(context)
		if err != nil || !bound.Matches(facts) {
			b.Fatal("does not match", err)
		}
	}
}
