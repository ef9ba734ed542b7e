package firststeps_test

import (
	"testing"

	"postroom/api/apitest"
)

// checked tells which steps are done, by their names.
func checked(o *apitest.Office, who string) map[string]bool {
	o.T.Helper()
	all := map[string]bool{}
	for _, section := range o.Get(who, "/first_steps").Is(200).List() {
		for _, item := range section["items"].([]any) {
			step := item.(map[string]any)
			all[step["name"].(string)] = step["checked"].(bool)
		}
	}
	return all
}

func TestFirstStepsSayWhatIsDone(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	const test, overviews, texts, mail = "Create a Test Ticket", "Create Overviews", "Create Text Modules", "Your Email Configuration"
	o.Exec(`UPDATE channels SET active = false WHERE area = 'Email::Account'`)
	before := checked(o, "chris")
	for _, step := range []string{test, overviews, texts, mail} {
		if done, offered := before[step]; done || !offered {
			t.Errorf("at first, %q is offered: %v, done: %v", step, offered, done)
		}
	}
	o.Post("chris", "/first_steps/test_ticket", "").Is(200)
	o.Post("chris", "/text_modules", `{"name":"one","content":"x"}`).Is(201)
	o.Exec(`UPDATE overviews SET updated_by_id = 3 WHERE id = 1; UPDATE channels SET active = true WHERE area = 'Email::Account'`)
	after := checked(o, "chris")
	for _, step := range []string{test, overviews, texts, mail} {
		if !after[step] {
			t.Errorf("%q is not done: %v", step, after)
		}
	}
	if steps := checked(o, "emma"); len(steps) != 3 || !steps[test] {
		t.Errorf("agents are shown %v", steps)
	}
	o.Get("david", "/first_steps").Is(200).Same(t, `[]`)
}

func TestTestTicketIsThatOfTheSampleCustomer(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	answer := o.Post("emma", "/first_steps/test_ticket", "").Is(200).Object()
	if link := answer["overview"].(map[string]any)["link"]; link != "all_unassigned" {
		t.Errorf("it is to be found in %v", link)
	}
	ticket := o.Get("emma", apitest.TicketPath(int(answer["ticket_id"].(float64)))+"?expand=true").Is(200).Object()
	for key, want := range map[string]any{
		"customer": "nicole.braun@zammad.org", "created_by": "nicole.braun@zammad.org", "group": "Users", "state": "new", "article_count": 1.0,
		"create_article_type": "web", "create_article_sender": "Customer",
	} {
		if ticket[key] != want {
			t.Errorf("%s: %v, want %v", key, ticket[key], want)
		}
	}
	if o.Get("emma", "/ticket_overviews?view=all_unassigned").Is(200); t.Failed() {
		return
	}
	o.Exec(`UPDATE users SET active = false WHERE email = 'nicole.braun@zammad.org'`)
	o.Post("emma", "/first_steps/test_ticket", "").Refuses(422, "A test ticket needs the customer 'nicole.braun@zammad.org' and the group 'Users'.")
	if _, offered := checked(o, "emma")["Create a Test Ticket"]; offered {
		t.Error("a test ticket is offered that can't be made")
	}
}
