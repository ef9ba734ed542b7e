package objects_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"postroom/api/apitest"
)

const path = "/object_manager_attributes"

// attributes are one of each type, with what is sent and what is shown of it.
var attributes = []struct{ name, definition, sent, shown string }{
	{"c_input", `"data_type": "input", "data_option": {"type": "text", "maxlength": 120}`, `"it's <b>'in'</b>; DROP TABLE tickets"`, `"it's <b>'in'</b>; DROP TABLE tickets"`},
	{"c_select", `"data_type": "select", "data_option": {"options": {"a": "A", "b": "B"}}`, `"a"`, `"a"`},
	{"c_tree", `"data_type": "tree_select", "data_option": {"options": [{"name": "A", "value": "a", "children": [{"name": "B", "value": "a::b"}]}]}`, `"a::b"`, `"a::b"`},
	{"c_multi", `"data_type": "multiselect", "data_option": {"options": {"a": "A", "b": "B"}}`, `["b", "a", ""]`, `["b", "a"]`},
	{"c_multi_tree", `"data_type": "multi_tree_select", "data_option": {"options": [{"name": "A", "value": "a"}]}`, `"a"`, `["a"]`},
	{"c_datetime", `"data_type": "datetime", "data_option": {"future": true, "past": true, "diff": 0}`, `"2024-03-18T23:43:02.747+01:00"`, `"2024-03-18T22:43:02.747Z"`},
	{"c_date", `"data_type": "date", "data_option": {"diff": 0}`, `"2024-03-18"`, `"2024-03-18"`},
	{"c_area", `"data_type": "textarea", "data_option": {"maxlength": 500}`, `"a\nb"`, `"a\nb"`},
	{"c_rich", `"data_type": "richtext", "data_option": {"maxlength": 500}`, `"<b onclick=\"x()\">b</b><script>alert(1)</script>"`, `"<b>b</b>"`},
	{"c_integer", `"data_type": "integer", "data_option": {"min": 0, "max": 100}`, `"42"`, `42`},
	{"c_boolean", `"data_type": "boolean", "data_option": {"options": {"true": "yes", "false": "no"}, "default": "true"}`, `"false"`, `false`},
	{"c_external", `"data_type": "autocompletion_ajax_external_data_source", "data_option": {"search_url": "https://x.example/?q=#{search.term}"}`,
		`{"value": 7, "label": "Seven"}`, `{"value": "7", "label": "Seven"}`},
}

// define makes an attribute of each type for a kind of record.
func define(o *apitest.Office, object string) {
	o.T.Helper()
	for i, a := range attributes {
		o.Post("boss", path, fmt.Sprintf(`{"object": %q, "name": %q, "display": "C %d", "position": %d, "screens": {}, %s}`, object, a.name, i, 2000+i, a.definition)).Is(201)
	}
}

func migrate(o *apitest.Office) {
	o.T.Helper()
	o.Post("boss", path+"_execute_migrations", "").Is(200).Same(o.T, "{}")
}

func value(t *testing.T, text string) (v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func TestValuesOfEveryTypeOnEveryKindOfRecord(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	sent := map[string]json.RawMessage{}
	for _, a := range attributes {
		sent[a.name] = json.RawMessage(a.sent)
	}
	encoded, err := json.Marshal(sent)
	if err != nil {
		t.Fatal(err)
	}
	body := strings.TrimPrefix(string(encoded), "{")
	for _, object := range []struct{ name, path, body, asset string }{
		{"Ticket", "/tickets", `{"group": "Users", "title": "x", "customer": "david", `, "Ticket"},
		{"User", "/users", `{"firstname": "New", "email": "new@example.com", `, "User"},
		{"Organization", "/organizations", `{"name": "New", `, "Organization"},
		{"Group", "/groups", `{"name": "New", `, "Group"},
	} {
		define(o, object.name)
		before := o.Post("chris", object.path, strings.Replace(object.body, "ew", "ever", 2)+body).Is(201)
		for _, a := range attributes {
			if _, there := before.Object()[a.name]; there {
				t.Errorf("%s.%s is shown before its migration", object.name, a.name)
			}
		}
		migrate(o)

		made := o.Post("chris", object.path, object.body+body).Is(201)
		one := fmt.Sprintf("%s/%d", object.path, made.ID())
		emptied := map[string]any{}
		for name, shown := range map[string]map[string]any{
			"made":     made.Object(),
			"shown":    o.Get("chris", one).Is(200).Object(),
			"expanded": o.Get("chris", one+"?expand=true").Is(200).Object(),
			"in full":  o.Get("chris", one+"?full=true").Is(200).Object()["assets"].(map[string]any)[object.asset].(map[string]any)[fmt.Sprint(made.ID())].(map[string]any),
			"saved":    o.Put("chris", one, string(made.Body)).Is(200).Object(),
		} {
			for _, a := range attributes {
				if want := value(t, a.shown); !reflect.DeepEqual(shown[a.name], want) {
					t.Errorf("%s.%s %s: %#v, want %#v", object.name, a.name, name, shown[a.name], want)
				}
				emptied[a.name] = nil
			}
		}
		nothing, err := json.Marshal(emptied)
		if err != nil {
			t.Fatal(err)
		}
		after := o.Put("chris", one, string(nothing)).Is(200).Object()
		never := o.Get("chris", fmt.Sprintf("%s/%d", object.path, before.ID())).Is(200).Object()
		for _, a := range attributes {
			var want any
			if a.name == "c_boolean" {
				want = true // the default of who never had another value
			}
			if after[a.name] != want || never[a.name] != want {
				t.Errorf("%s.%s is %v emptied and %v where it never was set, want %v", object.name, a.name, after[a.name], never[a.name], want)
			}
		}
		list := o.Get("chris", object.path+"?per_page=100").Is(200).List()
		if _, there := list[0]["c_input"]; !there {
			t.Errorf("%s: attributes are not part of lists", object.name)
		}
	}
}

func TestAttributesAreDefined(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	made := o.Post("boss", path, `{"object": "Organisation", "name": "VAT_Number", "display": "VAT", "data_type": "input", "data_option": {"type": "text", "maxlength": 20}}`).Is(201)
	a := made.Object()
	if a["name"] != "vat_number" || a["to_create"] != true || a["to_migrate"] != true || a["editable"] != true || a["position"] != 1801.0 {
		t.Errorf("made %s", made.Body)
	}
	one := fmt.Sprintf("%s/%d", path, made.ID())
	o.Get("boss", one).Is(200).Same(t, string(made.Body))
	for body, want := range map[string]string{
		`{"object": "Organization", "name": "vat_number", "display": "x", "data_type": "date", "data_option": {"diff": 0}}`: "already exists",
		`{"object": "Robot", "name": "x1"}`:                                                                         "Object 'Robot' can't have attributes, use one of Ticket, User, Organization, Group",
		`{"object": "Ticket", "name": "x_id", "display": "x"}`:                                                      "Name can't be used because *_id and *_ids are not allowed",
		`{"object": "Ticket", "name": "title", "display": "x"}`:                                                     "already exists",
		`{"object": "Ticket", "name": "article", "display": "x"}`:                                                   "Name article already exists",
		`{"object": "Ticket", "name": "x1", "display": "x", "data_type": "input", "data_option": {"type": "text"}}`: "Data option must have integer for :maxlength",
		`{"object": "Ticket", "name": "x1", "display": "x", "data_type": "input", "data_option": "text"}`:           `Invalid value for param 'data_option': "text"`,
		`{"object": "Ticket", "name": "x1", "display": "x", "data_type": "integer", "data_option": {"min": "a"}}`:   "Data option must have integer for :min",
	} {
		o.Post("boss", path, body).Refuses(422, want)
	}
	o.Put("boss", path+"/1", `{"object": "Ticket", "name": "nosuch"}`).Refuses(422, "does not exist")
	o.Put("boss", path+"/1", `{"object": "Ticket", "name": "title", "display": "x"}`).Refuses(422, "Name attribute is not editable")
	o.Get("boss", path+"/999").Refuses(404, "Couldn't find ObjectManager::Attribute with 'id'=999")
	o.Get("boss", path+"_list").Is(200).Same(t, `{"objects":["Ticket","User","Organization","Group"]}`)

	// The path says nothing where object and name do.
	changed := o.Put("boss", path+"/1", `{"object": "Organization", "name": "vat_number", "display": "Tax number", "position": 7, "data_option": {"type": "text", "maxlength": 30}}`).Is(200).Object()
	if changed["id"] != a["id"] || changed["display"] != "Tax number" || changed["to_config"] != true || changed["position"] != 7.0 ||
		changed["data_option"].(map[string]any)["maxlength"] != 20.0 || changed["data_option_new"].(map[string]any)["maxlength"] != 30.0 {
		t.Errorf("changed to %v", changed)
	}
	migrate(o)
	after := o.Get("boss", one).Is(200).Object()
	if after["to_create"] != false || after["to_config"] != false || len(after["data_option_new"].(map[string]any)) != 0 ||
		after["data_option"].(map[string]any)["maxlength"] != 30.0 {
		t.Errorf("after the migration %v", after)
	}
	o.Put("boss", one, `{"object": "Organization", "name": "vat_number", "display": "VAT", "data_option": {"type": "text", "maxlength": 40}}`).Is(200)
	o.Post("boss", path+"_discard_changes", "").Is(200).Same(t, "{}")
	if given := o.Get("boss", one).Is(200).Object(); given["to_config"] != false || given["data_option"].(map[string]any)["maxlength"] != 30.0 {
		t.Errorf("after giving changes up %v", given)
	}
	o.Del("boss", one).Is(200).Same(t, "{}")
	if gone := o.Get("boss", one).Is(200).Object(); gone["to_delete"] != true {
		t.Errorf("deleted, before the migration: %v", gone)
	}
	migrate(o)
	o.Get("boss", one).Is(404)
}

func TestOnlyThoseWhoMayDefineAttributes(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	for _, who := range []string{"emma", "david"} {
		for method, paths := range map[string][]string{
			http.MethodGet:  {path, path + "/1", path + "_list"},
			http.MethodPost: {path, path + "_execute_migrations", path + "_discard_changes", "/external_data_source/preview"},
			http.MethodPut:  {path + "/1"}, http.MethodDelete: {path + "/1"},
		} {
			for _, p := range paths {
				body := ""
				if method != http.MethodGet {
					body = "{}"
				}
				o.Ask(who, method, p, body).Is(403)
			}
		}
	}
}

func TestWhatRulesNeedStays(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	made := o.Post("boss", path, `{"object": "Ticket", "name": "color", "display": "Color", "data_type": "select", "data_option": {"options": {"r": "Red"}}}`).Is(201)
	migrate(o)
	for _, name := range []string{"B", "A"} {
		o.Post("boss", "/overviews", fmt.Sprintf(`{"name": %q, "link": %[1]q, "prio": 1, "roles": ["Agent"], "condition": {"ticket.color": {"operator": "is", "value": "r"}},
			"order": {"by": "id", "direction": "ASC"}, "view": {"s": ["title"]}}`, name)).Is(201)
	}
	one := fmt.Sprintf("%s/%d", path, made.ID())
	o.Del("boss", one).Refuses(422, "Ticket.color is referenced by Overview: A,B and thus cannot be deleted!")
	o.Put("boss", one, `{"object": "Ticket", "name": "color", "active": false}`).
		Refuses(422, "Ticket.color is referenced by Overview: A,B and thus cannot be set to inactive!")
	for _, a := range o.Get("boss", path).Is(200).List() {
		reason := ""
		switch a["name"] {
		case "color":
			reason = "This attribute is referenced by Overview: A,B and thus cannot be deleted!"
		case "department":
			if a["deletable"] != true {
				t.Errorf("%v can't be deleted", a)
			}
			continue
		default:
			continue
		}
		if a["deletable"] != false || a["not_deletable_reason"] != reason || a["object"] != "Ticket" {
			t.Errorf("listed %v, want it to be needed", a)
		}
	}
	o.Exec(`DELETE FROM overviews WHERE name IN ('A', 'B')`)
	o.Put("boss", one, `{"object": "Ticket", "name": "color", "active": false}`).Is(200)
	if _, there := o.Get("emma", "/tickets/1").Is(200).Object()["color"]; there {
		t.Error("an inactive attribute is part of tickets")
	}
	o.Del("boss", one).Is(200)
	migrate(o)
}

func TestFormsWatchAttributes(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	screens := `"screens": {"create_middle": {"ticket.agent": {"shown": true, "required": true}}, "edit": {"-all-": {"shown": true, "required": false}}}`
	o.Post("boss", path, `{"object": "Ticket", "name": "order_no", "display": "Order", "data_type": "input", "data_option": {"type": "text", "maxlength": 5}, `+screens+`}`).Is(201)
	o.Post("boss", path, `{"object": "Ticket", "name": "amount", "display": "Amount", "data_type": "integer", "data_option": {"min": 1, "max": 9}, "screens": {}}`).Is(201)
	migrate(o)
	ticket := func(more string) string {
		return `{"title": "t", "group": "Users", "customer": "david"` + more + `}`
	}
	o.Post("emma", "/tickets", ticket(``)).Refuses(422, "Missing required value for field 'order_no'!")
	o.Post("emma", "/tickets", ticket(`, "order_no": "1234567"`)).Refuses(422, "Order no is longer than the allowed length 5")
	o.Post("emma", "/tickets", ticket(`, "order_no": "1", "amount": 10`)).Refuses(422, "Amount is larger than the allowed maximum value of 9")
	o.Post("emma", "/tickets", ticket(`, "order_no": "1", "amount": "ten"`)).Refuses(422, "Invalid value 'ten' for field 'amount'!")
	made := o.Post("emma", "/tickets", ticket(`, "order_no": "1", "amount": "9", "no_such_attribute": 5`)).Is(201)
	if got := made.Object()["amount"]; got != 9.0 {
		t.Errorf("amount is %v", got)
	}
	o.Post("david", "/tickets", `{"title": "t", "group": "Users", "order_no": "2"}`).Is(201) // not on the form of customers, so not required of them
	one := apitest.TicketPath(made.ID())
	o.Put("emma", one, `{"order_no": ""}`).Is(200)
	o.Put("emma", one, `{"order_no": "three", "amount": null}`).Is(200)
	var history string
	o.One(&history, `SELECT string_agg(format('%s: %s -> %s', attribute, value_from, value_to), '; ' ORDER BY id) FROM history
		WHERE object = 'Ticket' AND o_id = $1 AND attribute IN ('order_no', 'amount')`, made.ID())
	if want := "order_no: 1 -> ; order_no:  -> three; amount: 9 -> "; history != want {
		t.Errorf("history: %s, want %s", history, want)
	}
	o.Put("emma", fmt.Sprintf("/users/%d", o.UserID("david")), `{"department": "`+strings.Repeat("x", 201)+`"}`).
		Refuses(422, "Department is longer than the allowed length 200")
}

func TestWorkflowsBindClients(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Exec(`INSERT INTO core_workflows (name, object, preferences, condition_selected, perform, updated_by_id, created_by_id) VALUES
		('high needs a note', 'Ticket', '{"screen": ["edit"]}', '{"ticket.priority_id": {"operator": "is", "value": ["3"]}, "customer.vip": {"operator": "is", "value": true}}',
			'{"ticket.state_id": {"operator": "remove_option", "remove_option": ["4"]}}', 1, 1)`)
	o.Store.ForgetCatalog()
	id := o.NewTicket(1, "david", "x")
	o.Put("emma", apitest.TicketPath(id), `{"priority_id": 3, "state_id": 4}`).Is(200)
	o.Exec(`UPDATE users SET vip = true WHERE login = 'david'`)
	id = o.NewTicket(1, "david", "x")
	o.Put("emma", apitest.TicketPath(id), `{"priority_id": 3, "state_id": 4}`).Refuses(422, "Invalid value '4' for field 'state_id'!")
	o.Put("emma", apitest.TicketPath(id), `{"priority_id": 2, "state_id": 4}`).Is(200)
}

func TestListsAreSortedAndSearchedByAttributes(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	for _, object := range []string{"Ticket", "User", "Organization", "Group"} {
		o.Post("boss", path, fmt.Sprintf(`{"object": %q, "name": "rank", "display": "Rank", "data_type": "integer", "data_option": {"min": 0, "max": 99}}`, object)).Is(201)
	}
	migrate(o)
	o.Exec(`UPDATE organizations SET custom = jsonb_build_object('rank', 100 - id)`)
	o.Exec(`UPDATE users SET custom = jsonb_build_object('rank', 100 - id) WHERE login IN ('david', 'dora')`)
	first, second := o.NewTicket(1, "david", "x"), o.NewTicket(1, "david", "x")
	o.Put("emma", apitest.TicketPath(first), `{"rank": 9}`).Is(200)
	o.Put("emma", apitest.TicketPath(second), `{"rank": 10}`).Is(200)
	for query, want := range map[string]string{
		"/organizations?sort_by=rank&order_by=asc":                              "3 2 1",
		"/organizations/search?query=*&sort_by=rank&order_by=desc":              "1 2 3",
		"/users/search?query=david&sort_by=rank&order_by=asc&per_page=1":        fmt.Sprint(o.UserID("david")),
		"/tickets/search?query=x&sort_by=rank&order_by=asc&expand=true":         fmt.Sprint(first, second),
		"/tickets/search?query=x&sort_by=rank,id&order_by=desc,asc&expand=true": fmt.Sprint(second, first),
	} {
		var ids []string
		for _, record := range o.Get("emma", query).Is(200).List() {
			ids = append(ids, fmt.Sprint(record["id"]))
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	for condition, want := range map[string]string{
		`{"ticket.rank": {"operator": "is", "value": ["9"]}}`:                                                                                      fmt.Sprint(first),
		`{"ticket.rank": {"operator": "is greater than", "value": "9"}}`:                                                                           fmt.Sprint(second),
		`{"ticket.rank": {"operator": "is", "value": 9}, "customer.rank": {"operator": "is", "value": ` + fmt.Sprint(100-o.UserID("david")) + `}}`: fmt.Sprint(first),
	} {
		var ids []string
		for _, record := range o.Post("emma", "/tickets/search?expand=true", `{"condition": `+condition+`}`).Is(200).List() {
			ids = append(ids, fmt.Sprint(record["id"]))
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("%s: %s, want %s", condition, got, want)
		}
	}
	o.Post("emma", "/tickets/search", `{"condition": {"ticket.nosuch": {"operator": "is", "value": 9}}}`).Refuses(422, "Invalid object selector conditions")
	o.Get("emma", "/organizations?sort_by=nosuch").Refuses(422, "Found invalid column 'nosuch' for sorting.")
}

func TestAttributesCostNoQueriesOfTheirOwn(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	ask := func() int64 { return o.Cost(func() { o.Get("emma", "/tickets?expand=true").Is(200) }) }
	o.NewTicket(1, "david", "x")
	without := ask()
	define(o, "Ticket")
	migrate(o)
	for range 20 {
		o.NewTicket(1, "david", "x")
	}
	if with := ask(); with > without {
		t.Errorf("%d queries for 20 tickets with attributes, %d for one without", with, without)
	}
}

func TestStatesToChooseFromFollowTheStates(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	offered := func() string {
		t.Helper()
		for _, a := range o.Get("boss", path).Is(200).List() {
			if a["object"] == "Ticket" && a["name"] == "state_id" {
				edit := a["screens"].(map[string]any)["edit"].(map[string]any)
				return fmt.Sprint(a["data_option"].(map[string]any)["filter"], edit["ticket.agent"].(map[string]any)["filter"], edit["ticket.customer"].(map[string]any)["filter"])
			}
		}
		return ""
	}
	if got, want := offered(), "[1 2 3 4 6] [2 3 4 6] [2 4]"; got != want {
		t.Errorf("at first: %s, want %s", got, want)
	}
	made := o.Post("boss", "/ticket_states", `{"name": "waiting for parts", "state_type": "open"}`).Is(201)
	if got, want := offered(), fmt.Sprintf("[1 2 3 4 6 %[1]d] [2 3 4 6 %[1]d] [2 4 %[1]d]", made.ID()); got != want {
		t.Errorf("with another state: %s, want %s", got, want)
	}
	o.Put("boss", fmt.Sprintf("/ticket_states/%d", made.ID()), `{"active": false}`).Is(200)
	if got, want := offered(), "[1 2 3 4 6] [2 3 4 6] [2 4]"; got != want {
		t.Errorf("with a retired state: %s, want %s", got, want)
	}
}
