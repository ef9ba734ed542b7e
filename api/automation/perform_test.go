package automation_test

import (
	"fmt"
	"testing"

	"postroom/api/apitest"
)

// look asks what a form looks like.
func look(o *apitest.Office, who, class, screen, params string) map[string]any {
	o.T.Helper()
	return o.Post(who, "/core_workflows/perform", `{"request_id": "r-1", "event": "core_workflow", "class_name": "`+class+`", "screen": "`+screen+`", "params": `+params+`}`).Is(200).Object()
}

// of reads a value of one of the answer's lists.
func of(answer map[string]any, list, field string) any {
	return answer[list].(map[string]any)[field]
}

func TestFormOfANewTicket(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	emma := o.UserID("emma")
	form := look(o, "emma", "Ticket", "create_middle", `{"group_id": "1", "state_id": "2", "title": ""}`)
	for _, tc := range []struct {
		list, field string
		want        any
	}{
		{"restrict_values", "group_id", "[ 1]"},
		{"restrict_values", "state_id", "[ 1 2 3 4 6]"},
		{"restrict_values", "priority_id", "[ 1 2 3]"},
		{"visibility", "title", "show"},
		{"visibility", "pending_time", "remove"},
		{"mandatory", "title", true},
		{"mandatory", "customer_id", true},
		{"mandatory", "pending_time", false},
		{"readonly", "title", false},
	} {
		if got := of(form, tc.list, tc.field); fmt.Sprint(got) != fmt.Sprint(tc.want) {
			t.Errorf("%s of %s = %v, want %v", tc.list, tc.field, got, tc.want)
		}
	}
	if form["request_id"] != "r-1" || facts(form["matched_workflows"], form["rerun_count"]) != "[] 0" {
		t.Errorf("answer is %v", form)
	}
	owners := facts(of(form, "restrict_values", "owner_id"))
	if want := fmt.Sprint(emma); owners == "[]" || !contains(of(form, "restrict_values", "owner_id"), want) || of(form, "assets", "User").(map[string]any)[want] == nil {
		t.Errorf("owners are %s, want %s among them and their records beside", owners, want)
	}
	pending := look(o, "emma", "Ticket", "create_middle", `{"group_id": 1, "state_id": 3}`)
	if facts(of(pending, "visibility", "pending_time"), of(pending, "mandatory", "pending_time")) != "show true" {
		t.Errorf("pending time of a pending ticket: %v, required: %v", of(pending, "visibility", "pending_time"), of(pending, "mandatory", "pending_time"))
	}
	customers := look(o, "david", "Ticket", "create_middle", `{}`)
	if got := facts(of(customers, "restrict_values", "state_id"), of(customers, "restrict_values", "group_id")); got != "[ 1 4] [ 1 2 3]" {
		t.Errorf("a customer is offered %s", got)
	}
}

func contains(list any, text string) bool {
	for _, value := range list.([]any) {
		if value == text {
			return true
		}
	}
	return false
}

func TestWorkflowsChangeAForm(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	workflow := func(name, condition, perform string) int {
		t.Helper()
		return o.Post("boss", "/core_workflows", `{"name": "`+name+`", "object": "Ticket", "preferences": {"screen": ["create_middle"]}, `+condition+`, "perform": {`+perform+`}}`).Is(201).ID()
	}
	urgent := workflow("urgent", `"condition_selected": {"ticket.priority_id": {"operator": "is", "value": ["3"]}}`, `
		"ticket.state_id": {"operator": "remove_option", "remove_option": ["4"]},
		"ticket.title": {"operator": "fill_in", "fill_in": "Urgent"},
		"ticket.group_id": {"operator": "set_readonly", "set_readonly": "true"},
		"ticket.owner_id": {"operator": "hide", "hide": "true"}`)
	named := workflow("named", `"condition_selected": {"ticket.title": {"operator": "is", "value": "Urgent"}}`, `"ticket.owner_id": {"operator": "set_mandatory", "set_mandatory": "true"}`)
	vip := workflow("vip", `"condition_selected": {"customer.vip": {"operator": "is", "value": true}}`, `"ticket.priority_id": {"operator": "select", "select": ["3"]}`)
	form := look(o, "emma", "Ticket", "create_middle", `{"group_id": "1", "priority_id": "3"}`)
	if got := facts(of(form, "restrict_values", "state_id"), of(form, "fill_in", "title"), of(form, "readonly", "group_id"), of(form, "visibility", "owner_id")); got != "[ 1 2 3 6] [Urgent] true hide" {
		t.Errorf("the form is %s", got)
	}
	if got := facts(form["matched_workflows"], form["rerun_count"]); got != fmt.Sprintf("[%d %d] 1", urgent, named) {
		t.Errorf("workflows and rounds: %s", got)
	}
	o.Exec(`UPDATE users SET vip = true WHERE login = 'dora'`)
	form = look(o, "emma", "Ticket", "create_middle", fmt.Sprintf(`{"group_id": "1", "customer_id": "%d"}`, o.UserID("dora")))
	if got := facts(of(form, "select", "priority_id"), form["matched_workflows"]); got != fmt.Sprintf("[3] [%d %d %d]", urgent, named, vip) {
		t.Errorf("with an important customer: %s", got)
	}
	if got := look(o, "emma", "Ticket", "edit", `{"group_id": "1", "priority_id": "3"}`)["matched_workflows"]; fmt.Sprint(got) != "[]" {
		t.Errorf("workflows %v on another screen", got)
	}
	if got := look(o, "dora", "Ticket", "create_middle", `{"customer_id": "1"}`)["matched_workflows"]; fmt.Sprint(got) != fmt.Sprintf("[%d %d %d]", urgent, named, vip) {
		t.Errorf("workflows %v for the important customer herself", got)
	}
}

func TestFormOfATicketThatIsThere(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	ticket := o.NewTicket(1, "david", "Printer")
	o.Exec(`UPDATE tickets SET state_id = 1 WHERE id = $1`, ticket)
	saved := o.Post("boss", "/core_workflows", `{"name": "x", "object": "Ticket", "condition_saved": {"ticket.state_id": {"operator": "is", "value": ["1"]}}, "perform": {}}`).Is(201).ID()
	form := look(o, "emma", "Ticket", "edit", fmt.Sprintf(`{"id": %d, "state_id": "2"}`, ticket))
	if got := facts(of(form, "restrict_values", "state_id"), form["matched_workflows"]); got != fmt.Sprintf("[ 2 3 4 6 1] [%d]", saved) {
		t.Errorf("states and workflows: %s, want that the stored state stays offered", got)
	}
	o.Post("stranger", "/core_workflows/perform", fmt.Sprintf(`{"class_name": "Ticket", "params": {"id": %d}}`, ticket)).Refuses(403, "Not authorized")
	o.Post("emma", "/core_workflows/perform", `{"class_name": "Ticket", "params": {"id": 4711}}`).Refuses(404, "Couldn't find Ticket with 'id'=4711")
}

func TestFormsOfPeople(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	form := look(o, "emma", "User", "edit", fmt.Sprintf(`{"id": %d}`, o.UserID("david")))
	if got := of(form, "visibility", "firstname"); got != "show" {
		t.Errorf("firstname: %v", form["visibility"])
	}
	look(o, "emma", "Organization", "create", `{}`)
	look(o, "emma", "Group", "edit", `{"id": "1"}`)
	o.Post("emma", "/core_workflows/perform", `{"class_name": "Setting", "params": {}}`).Refuses(422, `Invalid value for param 'class_name': "Setting"`)
	o.Post("emma", "/core_workflows/perform", `{"class_name": "User", "params": "x"}`).Refuses(422, `Invalid value for param 'params': "x"`)
	o.Post("emma", "/core_workflows/perform", `{"class_name": "User", "params": {"id": 4711}}`).Refuses(404, "Couldn't find User with 'id'=4711")
	o.Post("david", "/core_workflows/perform", `{"class_name": "User", "params": {"id": 1}}`).Refuses(403, "Not authorized")
}
