package people_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"postroom/api/apitest"
)

// imported is the answer to an import.
type imported struct {
	Result  string
	Stats   *struct{ Created, Updated int }
	Records []map[string]any
	Errors  []string
}

func bring(o *apitest.Office, kind, data string) (answer imported) {
	o.T.Helper()
	body, err := json.Marshal(map[string]any{"data": data})
	if err != nil {
		o.T.Fatal(err)
	}
	o.Post("boss", "/"+kind+"/import", string(body)).Is(200).Into(&answer)
	return answer
}

// facts are values with a blank between each two.
func facts(values ...any) string { return strings.TrimSuffix(fmt.Sprintln(values...), "\n") }

func TestUsersAreImported(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	got := bring(o, "users", "id,login,firstname,lastname,email,organization,organizations,roles,active,password,groups,phone\n"+
		",,Nora,,Nora@Example.com,Acme,Loners,Customer~~~Agent,true,secret,Users,12\n"+
		",DAVID,,Ball,,,,,,,,\"\"\n"+
		"2,,Nicola,,,,,,,,,\n")
	if got.Result != "success" || got.Stats.Created != 1 || got.Stats.Updated != 2 || len(got.Records) != 3 {
		t.Fatalf("imported %+v", got)
	}
	nora := o.Get("boss", fmt.Sprintf("/users/%v?expand=true", got.Records[0]["id"])).Object()
	if got := facts(nora["login"], nora["email"], nora["organization"], nora["organizations"], nora["roles"], nora["created_by"], nora["phone"], nora["group_ids"]); got !=
		"nora@example.com nora@example.com Acme [Loners] [Agent Customer] - 12 map[]" {
		t.Errorf("made %s", got)
	}
	if _, shown := got.Records[0]["password"]; shown || got.Records[0]["role_ids"] != nil {
		t.Errorf("records are %v, want columns alone, and no password", got.Records[0])
	}
	var hash *string
	o.One(&hash, `SELECT password FROM users WHERE login = 'nora@example.com'`)
	if hash != nil {
		t.Error("a password came out of a file")
	}
	david := o.Get("boss", fmt.Sprintf("/users/%d?expand=true", o.UserID("david"))).Object()
	if got := facts(david["firstname"], david["lastname"], david["email"], david["organization"], david["roles"], david["active"]); got !=
		"David Ball david@example.com Acme [Customer] true" {
		t.Errorf("changed to %s", got)
	}
	if got := o.Get("boss", "/users/2").Object()["firstname"]; got != "Nicola" {
		t.Errorf("user 2 is %v", got)
	}
}

func TestUsersThatCannotBeImported(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	got := bring(o, "users", "id,login,email,organization,roles,shoe\n"+
		"1,,,,,\n"+
		",-,,,,\n"+
		"4711,x,,,,\n"+
		",new,nowhere,,,\n"+
		",new2,,Nowhere,,\n"+
		",new3,,,Pilot,\n"+
		",new4,,,,42\n"+
		",new5,david@example.com,,,\n"+
		",david,,,,\n"+
		",emma,david@example.com,,,\n"+
		",chris,,,Customer,\n"+
		",boss,,,Customer,\n"+
		",fine,,,,\n")
	want := []string{
		"Line 1: unable to update User with id '1'.",
		"Line 2: unable to update User with id '1'.",
		"Line 3: unknown User with id '4711'.",
		"Line 4: Unable to create record - Invalid email 'nowhere'",
		`Line 5: Unable to create record - No lookup value found for 'organization': "Nowhere"`,
		`Line 6: Unable to create record - No lookup value found for 'roles': "Pilot"`,
		"Line 7: unknown attribute 'shoe' for User.",
		"Line 9: duplicate record found.",
		"Line 10: Unable to update record - Email address 'david@example.com' is already used for another user.",
		"Line 12: Unable to update record - At least one user needs to have admin permissions.",
	}
	if got.Result != "failed" || strings.Join(got.Errors, "\n") != strings.Join(want, "\n") {
		t.Errorf("result %s\n%s\nwant\n%s", got.Result, strings.Join(got.Errors, "\n"), strings.Join(want, "\n"))
	}
	var n int
	o.One(&n, `SELECT count(*) FROM users WHERE login IN ('fine', 'new5') OR login = 'chris' AND NOT EXISTS (SELECT FROM roles_users WHERE user_id = users.id AND role_id = 1)`)
	if n != 0 {
		t.Errorf("%d records were kept of a file with faults", n)
	}
	if got := bring(o, "users", "firstname\nx\n"); got.Stats != nil || fmt.Sprint(got.Errors) != "[No lookup column like id,login,email for User found.]" {
		t.Errorf("imported %+v", got)
	}
	o.Post("boss", "/users/import", `{"data": "login\nx", "delete": true}`).Is(200).
		Same(t, `{"try":false,"result":"failed","errors":["Delete is not possible for User."]}`)
	for _, who := range []string{"emma", "david"} {
		o.Post(who, "/users/import", `{"data": "login\nx"}`).Refuses(403, "User authorization failed.")
		o.Get(who, "/users/import_example").Refuses(403, "User authorization failed.")
	}
}

func TestExampleOfUsersCanBeImported(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	example := o.Get("boss", "/users/import_example").Is(200)
	if got := example.Header.Get("Content-Disposition"); got != `attachment; filename="user-example.csv"` {
		t.Errorf("disposition %q", got)
	}
	if text := string(example.Body); !strings.HasPrefix(text, "id,login,firstname,") || !strings.Contains(text, "david@example.com") || strings.Contains(text, "\n1,") {
		t.Errorf("example is %s", text)
	}
	before := o.Get("boss", "/users?expand=true").List()
	if got := bring(o, "users", string(example.Body)); got.Result != "success" || got.Stats.Created != 0 {
		t.Fatalf("imported %+v", got)
	}
	after := o.Get("boss", "/users?expand=true").List()
	for i := range before {
		for _, key := range []string{"login", "firstname", "lastname", "email", "organization", "organizations", "roles", "active", "verified", "group_ids"} {
			if fmt.Sprint(before[i][key]) != fmt.Sprint(after[i][key]) {
				t.Errorf("%v: %s became %v, was %v", before[i]["login"], key, after[i][key], before[i][key])
			}
		}
	}
}

func TestOrganizationsAreImported(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	got := bring(o, "organizations", "id,name,domain,domain_assignment,members,note\n"+
		"1,Zammad Foundation 2,,,nicole.braun@zammad.org~~~single,\n"+
		",ACME,,,,a <b>note</b>\n"+
		",Bolts,@Bolts.Example,true,,\n")
	if got.Result != "success" || got.Stats.Created != 1 || got.Stats.Updated != 2 {
		t.Fatalf("imported %+v", got)
	}
	first := o.Get("boss", "/organizations/1?expand=true").Object()
	if got := facts(first["name"], first["members"]); got != "Zammad Foundation 2 [nicole.braun@zammad.org single]" {
		t.Errorf("organization 1 is %s", got)
	}
	acme := o.Get("boss", "/organizations/2?expand=true").Object()
	if got := facts(acme["name"], acme["note"], len(acme["members"].([]any))); got != "ACME a <b>note</b> 3" {
		t.Errorf("organization 2 is %s", got)
	}
	if got := facts(got.Records[2]["domain"], got.Records[2]["domain_assignment"], got.Records[2]["created_by_id"]); got != "bolts.example true 1" {
		t.Errorf("made %s", got)
	}
	got = bring(o, "organizations", "name,domain_assignment,members\nx,true,\ny,,nobody\n")
	want := "[Line 1: Unable to create record - Domain required when Domain Based Assignment is enabled " +
		`Line 2: Unable to create record - No lookup value found for 'members': "nobody"]`
	if fmt.Sprint(got.Errors) != want {
		t.Errorf("errors %v, want %s", got.Errors, want)
	}
	o.Get("emma", "/organizations/import_example").Refuses(403, "User authorization failed.")
	o.Post("emma", "/organizations/import", `{}`).Refuses(403, "User authorization failed.")
}

func TestExampleOfOrganizationsCanBeImported(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	example := o.Get("boss", "/organizations/import_example").Is(200)
	if got := example.Header.Get("Content-Disposition"); got != `attachment; filename="organization-example.csv"` {
		t.Errorf("disposition %q", got)
	}
	before := o.Get("boss", "/organizations?expand=true").List()
	if got := bring(o, "organizations", string(example.Body)); got.Result != "success" || got.Stats.Updated != len(before) {
		t.Fatalf("imported %+v", got)
	}
	after := o.Get("boss", "/organizations?expand=true").List()
	for i := range before {
		for _, key := range []string{"name", "shared", "members", "secondary_members", "active"} {
			if fmt.Sprint(before[i][key]) != fmt.Sprint(after[i][key]) {
				t.Errorf("%v: %s became %v, was %v", before[i]["name"], key, after[i][key], before[i][key])
			}
		}
	}
}

func TestAttributesOfAdministratorsAreImported(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	for _, attribute := range []string{
		`{"object": "User", "name": "shoe", "display": "Shoe", "data_type": "input", "data_option": {"type": "text", "maxlength": 20}, "position": 5000, "screens": {}, "active": true}`,
		`{"object": "User", "name": "langs", "display": "Languages", "data_type": "multiselect", "data_option": {"options": {"de": "German", "fi": "Finnish", "en": "English"}}, "position": 5001, "screens": {}, "active": true}`,
	} {
		o.Post("boss", "/object_manager_attributes", attribute).Is(201)
	}
	o.Post("boss", "/object_manager_attributes_execute_migrations", "").Is(200)
	o.Store.ForgetCatalog()
	got := bring(o, "users", "login,shoe,langs\ndavid,42,de~~~fi\n")
	if got.Result != "success" || facts(got.Records[0]["shoe"], got.Records[0]["langs"]) != "42 [de fi]" {
		t.Fatalf("imported %+v", got)
	}
	path := fmt.Sprintf("/users/%d", o.UserID("david"))
	if got := o.Get("boss", path).Object(); facts(got["shoe"], got["langs"]) != "42 [de fi]" {
		t.Errorf("user is %v", got)
	}
	if text := string(o.Get("boss", "/users/import_example").Is(200).Body); !strings.Contains(text, ",shoe,langs\n") || !strings.Contains(text, ",42,de~~~fi\n") {
		t.Errorf("example is %s, want the attributes in it", text)
	}
}
