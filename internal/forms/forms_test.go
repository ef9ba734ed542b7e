package forms_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/forms"
)

// attributes reads definitions as the catalog has them.
func attributes(t *testing.T, text string) map[string][]desk.Attribute {
	t.Helper()
	var list []desk.Attribute
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		t.Fatal(err)
	}
	all := map[string][]desk.Attribute{}
	for i, a := range list {
		a.Active, a.Editable, a.Position = true, true, 100+i
		all[a.Object] = append(all[a.Object], a)
	}
	return all
}

func workflows(t *testing.T, text string) []desk.CoreWorkflow {
	t.Helper()
	var list []desk.CoreWorkflow
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		t.Fatal(err)
	}
	for i := range list {
		list[i].ID, list[i].Active, list[i].Changeable = desk.CoreWorkflowID(i+1), true, true
	}
	return list
}

func reason(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

const definitions = `[
	{"Object": "User", "Name": "level", "DataType": "select", "DataOption": {"options": {"1": "One", "2": "Two"}, "maxlength": 255},
		"Screens": {"create": {"-all-": {"null": true}}, "edit": {"-all-": {"null": true}}}},
	{"Object": "User", "Name": "shoe_size", "DataType": "integer", "DataOption": {"min": 1, "max": "9"},
		"Screens": {"create": {"admin.user": {"shown": true, "required": true}}, "edit": {"-all-": {"null": true}}}},
	{"Object": "User", "Name": "motto", "DataType": "input", "DataOption": {"maxlength": 5}, "Screens": {"edit": {"-all-": {"null": false}}}},
	{"Object": "User", "Name": "since", "DataType": "datetime", "DataOption": {"past": true, "future": false}, "Screens": {}},
	{"Object": "User", "Name": "till", "DataType": "datetime", "DataOption": {"past": false, "future": true}, "Screens": {}},
	{"Object": "User", "Name": "area", "DataType": "multiselect", "DataOption": {"options": {"n": "N", "s": "S"}}, "Screens": {}},
	{"Object": "User", "Name": "kind", "DataType": "select", "DataOption": {"filter": ["a", "b"]}, "Screens": {"edit": {"-all-": {"filter": ["b"]}}}},
	{"Object": "User", "Name": "hidden", "DataType": "input", "DataOption": {"maxlength": 5}, "Screens": {"edit": {"-all-": {"shown": false, "required": true}}}}
]`

func TestDefinitionsDecideWhatUsersMayHold(t *testing.T) {
	t.Parallel()
	c := catalog()
	c.Attributes = attributes(t, definitions)
	admin := &desk.Caller{Permissions: []string{"admin.user"}}
	agent := &desk.Caller{Permissions: []string{"ticket.agent"}}
	later, earlier := now.Add(time.Hour).Format(desk.TimeForm), now.Add(-time.Hour).Format(desk.TimeForm)
	stored := map[string]any{"motto": "much too long", "since": later, "shoe_size": 99}
	for _, tc := range []struct {
		name          string
		who           *desk.Caller
		before, after map[string]any // before nil: a new user
		want          string
	}{
		{"all good", admin, nil, map[string]any{"shoe_size": 5, "level": "other"}, ""},
		{"required of administrators", admin, nil, map[string]any{}, "Missing required value for field 'shoe_size'!"},
		{"not required of agents", agent, nil, map[string]any{}, ""},
		{"emptied where it is required", agent, map[string]any{"motto": "x"}, map[string]any{"motto": " "}, "Missing required value for field 'motto'!"},
		{"too small", admin, nil, map[string]any{"shoe_size": 0}, "Shoe size is smaller than the allowed minimum value of 1"},
		{"too large", admin, nil, map[string]any{"shoe_size": 10}, "Shoe size is larger than the allowed maximum value of 9"},
		{"too long", agent, nil, map[string]any{"motto": "äöüßéé"}, "Motto is longer than the allowed length 5"},
		{"as long as may be", agent, nil, map[string]any{"motto": "äöüßé"}, ""},
		{"not yet", agent, nil, map[string]any{"since": later}, "Since does not allow future dates"},
		{"no more", agent, nil, map[string]any{"till": earlier}, "Till does not allow past dates"},
		{"in time", agent, nil, map[string]any{"since": earlier, "till": later}, ""},
		{"what is stored may stay", agent, stored, stored, ""},
		{"filtered", agent, nil, map[string]any{"kind": "c"}, "Invalid value 'c' for field 'kind'!"},
		{"filtered by the definition", agent, nil, map[string]any{"kind": "a"}, ""},
		{"filtered by the screen", agent, map[string]any{"motto": "x"}, map[string]any{"motto": "x", "kind": "a"}, "Invalid value 'a' for field 'kind'!"},
	} {
		before := desk.User{Custom: tc.before}
		if tc.before != nil {
			before.ID = 7
		}
		after := desk.User{ID: before.ID, Custom: tc.after}
		if got := reason(forms.User(tc.who, before, after, c, now)); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestWorkflowsOfAdministrators(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, workflows string
		before, after   map[string]any
		want            string
	}{
		{"an option is gone", `[{"Perform": {"user.level": {"operator": "remove_option", "remove_option": ["2"]}}}]`, nil,
			map[string]any{"level": "2"}, "Invalid value '2' for field 'level'!"},
		{"the others are not", `[{"Perform": {"user.level": {"operator": "remove_option", "remove_option": ["2"]}}}]`, nil, map[string]any{"level": "1"}, ""},
		{"whoever says anything of options makes them bind", `[{"Perform": {"user.level": {"operator": "select", "select": ["1"]}}}]`, nil,
			map[string]any{"level": "3"}, "Invalid value '3' for field 'level'!"},
		{"fixed", `[{"Perform": {"user.area": {"operator": "set_fixed_to", "set_fixed_to": ["n"]}}}]`, nil,
			map[string]any{"area": []any{"n", "s"}}, "Invalid value 's' for field 'area'!"},
		{"fixed, and one more", `[{"Perform": {"user.area": {"operator": ["set_fixed_to", "add_option"], "set_fixed_to": ["n"], "add_option": ["s"]}}}]`, nil,
			map[string]any{"area": []any{"n", "s"}}, ""},
		{"fixed twice", `[{"Perform": {"user.level": {"operator": "set_fixed_to", "set_fixed_to": ["1", "2"]}}}, {"Perform": {"user.level": {"operator": "set_fixed_to", "set_fixed_to": ["2"]}}}]`,
			nil, map[string]any{"level": "1"}, "Invalid value '1' for field 'level'!"},
		{"mandatory", `[{"Perform": {"user.motto": {"operator": ["show", "set_mandatory"], "show": "true", "set_mandatory": "true"}}}]`, nil, nil,
			"Missing required value for field 'motto'!"},
		{"mandatory but hidden", `[{"Perform": {"user.motto": {"operator": ["set_mandatory", "hide"]}}}]`, nil, nil, ""},
		{"optional", `[{"Perform": {"user.motto": {"operator": "set_optional"}}}]`, map[string]any{"motto": "x"}, map[string]any{}, ""},
		{"for another screen", `[{"Preferences": {"screen": ["edit"]}, "Perform": {"user.level": {"operator": "show"}, "user.motto": {"operator": ["show", "set_mandatory"]}}}]`, nil, nil, ""},
		{"for another kind of record", `[{"Object": "Ticket", "Perform": {"user.motto": {"operator": ["show", "set_mandatory"]}}}]`, nil, nil, ""},
		{"what is chosen fits", `[{"ConditionSelected": {"user.level": {"operator": "is", "value": ["1"]}}, "Perform": {"user.motto": {"operator": ["show", "set_mandatory"]}}}]`,
			nil, map[string]any{"level": "1"}, "Missing required value for field 'motto'!"},
		{"what is chosen does not fit", `[{"ConditionSelected": {"user.level": {"operator": "is", "value": ["1"]}}, "Perform": {"user.motto": {"operator": ["show", "set_mandatory"]}}}]`,
			nil, map[string]any{"level": "2"}, ""},
		{"what is stored fits", `[{"ConditionSaved": {"user.level": {"operator": "is", "value": "1"}}, "Perform": {"user.motto": {"operator": "set_mandatory"}}}]`,
			map[string]any{"level": "1", "motto": "x"}, map[string]any{"level": "2"}, "Missing required value for field 'motto'!"},
		{"of a new record nothing is stored", `[{"ConditionSaved": {"user.level": {"operator": "is not", "value": "1"}}, "Perform": {"user.motto": {"operator": ["show", "set_mandatory"]}}}]`, nil, nil, ""},
		{"one fills in what another asks for", `[
			{"ConditionSelected": {"user.level": {"operator": "is set"}}, "Perform": {"user.motto": {"operator": ["show", "set_mandatory"]}}},
			{"Perform": {"user.level": {"operator": "select", "select": "1"}}}]`, nil, nil, "Missing required value for field 'motto'!"},
		{"the first that applies is the last", `[
			{"StopAfterMatch": true, "Perform": {"user.motto": {"operator": "show"}}},
			{"Perform": {"user.motto": {"operator": "set_mandatory"}}}]`, nil, nil, ""},
		{"by priority", `[
			{"Priority": 200, "Perform": {"user.motto": {"operator": "set_mandatory"}}},
			{"Priority": 100, "StopAfterMatch": true, "Perform": {"user.motto": {"operator": "show"}}}]`, nil, nil, ""},
		{"filled in for ever", `[
			{"ConditionSelected": {"user.level": {"operator": "is", "value": "1"}}, "Perform": {"user.level": {"operator": "select", "select": "2"}}},
			{"ConditionSelected": {"user.level": {"operator": "is", "value": "2"}}, "Perform": {"user.level": {"operator": "select", "select": "1"}}}]`,
			nil, map[string]any{"level": "1"}, ""},
		{"who fills it in", `[{"ConditionSelected": {"session.role_ids": {"operator": "is", "value": ["2"]}}, "Perform": {"user.motto": {"operator": ["show", "set_mandatory"]}}}]`,
			nil, nil, "Missing required value for field 'motto'!"},
		{"with code we don't have", `[{"ConditionSelected": {"custom.module": {"operator": "match one module", "value": ["X"]}}, "Perform": {"user.motto": {"operator": ["show", "set_mandatory"]}}}]`, nil, nil, ""},
	} {
		c := catalog()
		c.Attributes, c.Workflows = attributes(t, definitions), workflows(t, tc.workflows)
		before := desk.User{Custom: tc.before}
		if tc.before != nil {
			before.ID = 7
		}
		who := &desk.Caller{Permissions: []string{"ticket.agent"}, RoleIDs: []desk.RoleID{2}}
		got := reason(forms.User(who, before, desk.User{ID: before.ID, Custom: tc.after}, c, now))
		if got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestComparisonsOfWorkflows(t *testing.T) {
	t.Parallel()
	pending := now.Add(-2 * time.Hour)
	ticket := desk.Ticket{
		ID: 1, GroupID: 1, StateID: 3, PriorityID: 2, OwnerID: 1, CustomerID: 21, Title: "Printer on Fire", PendingTime: &pending,
	}
	was := ticket
	was.PriorityID = 1
	for _, tc := range []struct {
		condition string
		want      bool
	}{
		{`{"ticket.title": {"operator": "contains", "value": "FIRE"}}`, true},
		{`{"ticket.title": {"operator": "contains not", "value": "fire"}}`, false},
		{`{"ticket.title": {"operator": "starts with one of", "value": ["Scanner", "printer"]}}`, true},
		{`{"ticket.title": {"operator": "ends with", "value": "water"}}`, false},
		{`{"ticket.title": {"operator": "matches regex", "value": "^printer.*e$"}}`, true},
		{`{"ticket.title": {"operator": "matches regex", "value": "("}}`, false},
		{`{"ticket.note": {"operator": "is", "value": ""}}`, true},
		{`{"ticket.note": {"operator": "not set"}}`, true},
		{`{"ticket.state_id": {"operator": "is", "value": [3, "4"]}}`, true},
		{`{"ticket.state_id": {"operator": "is not", "value": ["3"]}}`, false},
		{`{"ticket.owner_id": {"operator": "is", "pre_condition": "not_set"}}`, true},
		{`{"ticket.customer_id": {"operator": "is", "pre_condition": "current_user.id"}}`, false},
		{`{"ticket.priority_id": {"operator": "is modified"}}`, true},
		{`{"ticket.priority_id": {"operator": "is modified to", "value": "2"}}`, true},
		{`{"ticket.state_id": {"operator": "is modified"}}`, false},
		{`{"ticket.priority_id": {"operator": "just changed"}}`, false},
		{`{"ticket.article_count": {"operator": "is less than", "value": 1}}`, true},
		{`{"ticket.pending_time": {"operator": "before (relative)", "value": 1, "range": "hour"}}`, true},
		{`{"ticket.pending_time": {"operator": "within last (relative)", "value": 1, "range": "hour"}}`, false},
		{`{"ticket.pending_time": {"operator": "till (relative)", "value": 1, "range": "day"}}`, true},
		{`{"ticket.pending_time": {"operator": "after (absolute)", "value": "2026-05-04T07:30:00.000Z"}}`, true},
		{`{"ticket.pending_time": {"operator": "today"}}`, true},
		{`{"ticket.pending_time": {"operator": "who knows", "value": "1"}}`, false},
		{`{"group.name": {"operator": "is", "value": "Users"}}`, true},
		{`{"ticket.state.name": {"operator": "is", "value": "open"}}`, false},
		{`{"customer.vip": {"operator": "is", "value": true}}`, true},
		{`{"organization.vip": {"operator": "is", "value": true}}`, false},
	} {
		c := catalog()
		c.Attributes = attributes(t, strings.ReplaceAll(`[{"Object": "Ticket", "Name": "probe", "DataType": "input", "DataOption": {"maxlength": 9},
			"Screens": {"edit": {"ticket.agent": {"shown": true}}}}]`, "\n", ""))
		c.Workflows = workflows(t, `[{"Object": "Ticket", "ConditionSelected": `+tc.condition+`, "Perform": {"ticket.probe": {"operator": "set_mandatory"}}}]`)
		form := forms.Ticket{AsAgent: true, Related: map[string]forms.Values{"customer": forms.UserValues(desk.User{Vip: true}, c)}}
		if got := form.Check(was, ticket, c, now) != nil; got != tc.want {
			t.Errorf("%s holds: %v, want %v", tc.condition, got, tc.want)
		}
	}
}

func TestWorkflowsSayWhichRecordsTheyAskFor(t *testing.T) {
	t.Parallel()
	c := catalog()
	c.Workflows = workflows(t, `[{"ConditionSelected": {"ticket.customer.vip": {}, "ticket.title": {}, "session.id": {}}}, {"ConditionSaved": {"organization.vip": {}}},
		{"Object": "User", "ConditionSaved": {"manager.vip": {}}}]`)
	if got := strings.Join(forms.Relations("Ticket", c), " "); got != "customer organization" {
		t.Errorf("records that are asked for: %q, want customer and organization", got)
	}
}

func TestAgentsCantBeOfferedWhatTheyHaveNoRightTo(t *testing.T) {
	t.Parallel()
	c := catalog()
	c.Workflows = workflows(t, `[{"Object": "Ticket", "Perform": {
		"ticket.group_id": {"operator": "add_option", "add_option": ["3"]}, "ticket.state_id": {"operator": "add_option", "add_option": ["5"]}}}]`)
	agent := forms.Ticket{AsAgent: true, Access: desk.TicketAccess{Agent: true, Change: []desk.GroupID{1}}}
	was := desk.Ticket{GroupID: 1, StateID: 2, PriorityID: 2, OwnerID: 1, CustomerID: 21, Title: "Help"}
	moved, merged := was, was
	moved.GroupID, merged.StateID = 3, 5
	if got := reason(agent.Check(was, moved, c, now)); got != "Invalid value '3' for field 'group_id'!" {
		t.Errorf("a group without a right to it: %q", got)
	}
	if got := reason(agent.Check(was, merged, c, now)); got != "Invalid value '5' for field 'state_id'!" {
		t.Errorf("merged by hand: %q", got)
	}
}
