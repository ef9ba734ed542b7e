package rules_test

import (
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/rules"
)

// vectors are conditions and the tickets that they must find.
type vectors struct {
	Now      time.Time
	Timezone string `json:"timezone_default"`
	Fixtures struct {
		States, Organizations, Users, Calendars, Tickets []map[string]any
	}
	Cases []vector
}

type vector struct {
	ID       string
	Topic    string
	Selector json.RawMessage
	Now      time.Time
	Matches  []int64
	Invalid  bool
	Error    bool
	Options  struct {
		CurrentUser     int64            `json:"current_user_id"`
		Ticket          int64            `json:"ticket_id"`
		Article         *int64           `json:"article_id"`
		Action          string           `json:"ticket_action"`
		Changes         map[string][]any `json:"changes"`
		ChangesRequired bool             `json:"changes_required"`
		ExecutionTime   bool             `json:"execution_time"`
	}
}

// customOfVectors are the attributes of the fixtures that administrators added.
var customOfVectors = &desk.Catalog{Attributes: map[string][]desk.Attribute{"Ticket": {
	{Object: "Ticket", Name: "cf_multi", DataType: "multiselect", Active: true, Editable: true},
	{Object: "Ticket", Name: "cf_int", DataType: "integer", Active: true, Editable: true},
	{Object: "Ticket", Name: "cf_bool", DataType: "boolean", Active: true, Editable: true},
	{Object: "Ticket", Name: "cf_text", DataType: "input", Active: true, Editable: true},
	{Object: "Ticket", Name: "cf_ext", DataType: "autocompletion_ajax_external_data_source", Active: true, Editable: true},
	{Object: "Ticket", Name: "cf_date", DataType: "date", Active: true, Editable: true},
}}}

func readVectors(t *testing.T) vectors {
	t.Helper()
	file, err := os.ReadFile("testdata/condition_cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(file, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Cases) < 100 {
		t.Fatalf("%d cases, want all", len(v.Cases))
	}
	return v
}

func TestConditionsFindWhatTheVectorsSay(t *testing.T) {
	t.Parallel()
	v := readVectors(t)
	attributes := rules.TicketAttributes(customOfVectors)
	for _, tc := range v.Cases {
		t.Run(tc.ID, func(t *testing.T) {
			t.Parallel()
			got, err := v.run(tc, attributes)
			if refused := tc.Invalid || tc.Error; refused != (err != nil) {
				t.Fatalf("%s: %v, want an error: %v", tc.Topic, err, refused)
			}
			if !slices.Equal(got, tc.Matches) {
				t.Errorf("%s: %s finds %v, want %v", tc.Topic, tc.Selector, got, tc.Matches)
			}
		})
	}
}

func (v *vectors) run(tc vector, attributes *rules.Attributes) ([]int64, error) {
	if tc.Options.ExecutionTime {
		attributes = attributes.WithWorkingTime()
	}
	condition, err := rules.ParseCondition(tc.Selector, attributes)
	if err != nil {
		return nil, err
	}
	bound, err := condition.Bind(v.context(tc))
	if err != nil {
		return nil, err
	}
	var found []int64
	for _, ticket := range v.Fixtures.Tickets {
		id := int64(ticket["id"].(float64))
		if (tc.Options.Ticket == 0 || tc.Options.Ticket == id) && bound.Matches(v.facts(ticket)) {
			found = append(found, id)
		}
	}
	if found == nil && tc.Matches != nil {
		found = []int64{}
	}
	return found, nil
}

func (v *vectors) context(tc vector) rules.Context {
	zone, err := time.LoadLocation(v.Timezone)
	if err != nil {
		panic(err)
	}
	c := rules.Context{Now: v.Now, Zone: zone}
	if !tc.Now.IsZero() {
		c.Now = tc.Now
	}
	if user := v.user(tc.Options.CurrentUser); user != nil {
		c.User = &rules.User{ID: desk.UserID(tc.Options.CurrentUser)}
		if id, has := user["organization_id"].(float64); has {
			c.User.Organization = new(desk.OrganizationID(id))
		}
		secondary, _ := user["organization_ids"].([]any)
		for _, id := range secondary {
			c.User.Organizations = append(c.User.Organizations, desk.OrganizationID(id.(float64)))
		}
	}
	if tc.Options.Action != "" {
		c.Event = &rules.Event{Type: tc.Options.Action, Selective: tc.Options.ChangesRequired}
		if tc.Options.Article != nil {
			c.Event.Article = desk.ArticleID(*tc.Options.Article)
		}
		for changed := range tc.Options.Changes {
			c.Event.Changed = append(c.Event.Changed, changed)
		}
	}
	c.Working = v.working
	return c
}

// working is the business time of the fixtures' calendars, which have the same hours every day.
func (v *vectors) working(calendar int64, at time.Time) (working, exists bool) {
	for _, c := range v.Fixtures.Calendars {
		if int64(c["id"].(float64)) != calendar {
			continue
		}
		zone, err := time.LoadLocation(c["timezone"].(string))
		if err != nil {
			panic(err)
		}
		local := at.In(zone)
		hours := c["business_hours"].(map[string]any)[map[time.Weekday]string{
			0: "sun", 1: "mon", 2: "tue", 3: "wed", 4: "thu", 5: "fri", 6: "sat"}[local.Weekday()]].(map[string]any)
		_, holiday := c["public_holidays"].(map[string]any)[local.Format(time.DateOnly)]
		frame := hours["timeframes"].([]any)[0].([]any)
		clock := local.Format("15:04")
		return hours["active"] == true && !holiday && clock >= frame[0].(string) && clock < frame[1].(string), true
	}
	return false, false
}

func (v *vectors) user(id int64) map[string]any { return find(v.Fixtures.Users, float64(id)) }

func find(rows []map[string]any, id any) map[string]any {
	for _, row := range rows {
		if row["id"] == id {
			return row
		}
	}
	return nil
}

// facts makes the facts about a ticket of the fixtures.
func (v *vectors) facts(ticket map[string]any) *rules.Facts {
	facts := &rules.Facts{
		One: map[string]rules.Row{
			"ticket":       row(ticket),
			"customer":     row(find(v.Fixtures.Users, ticket["customer_id"])),
			"owner":        row(find(v.Fixtures.Users, ticket["owner_id"])),
			"ticket_state": row(find(v.Fixtures.States, ticket["state_id"])),
		},
		Many: map[string][]rules.Row{},
	}
	if organization := find(v.Fixtures.Organizations, ticket["organization_id"]); organization != nil {
		facts.One["organization"] = row(organization)
	}
	for _, article := range ticket["articles"].([]any) {
		article := article.(map[string]any)
		read := row(article)
		read[rules.RowAccounted] = article["time_unit"] != nil
		facts.Many["article"] = append(facts.Many["article"], read)
	}
	for _, tag := range ticket["tags"].([]any) {
		facts.Tags = append(facts.Tags, tag.(string))
	}
	for _, id := range ticket["mention_user_ids"].([]any) {
		facts.Subscribers = append(facts.Subscribers, desk.UserID(id.(float64)))
	}
	if stand, away := v.user(int64(ticket["owner_id"].(float64)))["out_of_office_replacement_id"].(float64); away {
		facts.StandIns = append(facts.StandIns, desk.UserID(stand))
	}
	return facts
}

// row makes the values of a row from JSON.
func row(fields map[string]any) rules.Row {
	values := rules.Row{}
	for name, value := range fields {
		switch value := value.(type) {
		case float64:
			values[name] = int64(value)
		case string:
			values[name] = value
			for _, layout := range []string{time.RFC3339, time.DateOnly} {
				if at, err := time.Parse(layout, value); err == nil {
					values[name] = at
				}
			}
		case bool:
			values[name] = value
		case []any:
			keys := []string{}
			for _, key := range value {
				if key, isText := key.(string); isText {
					keys = append(keys, key)
				}
			}
			values[name] = keys
		case map[string]any:
			if number, isNumber := value["value"].(float64); isNumber {
				values[name] = strconv.FormatFloat(number, 'f', -1, 64)
			}
		}
	}
	return values
}
