package personal_test

import (
	"fmt"
	"testing"

	"postroom/api/apitest"
)

func TestOpenTabsAreOnesOwn(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	id := o.NewTicket(1, "david", "Printer on fire")
	body := fmt.Sprintf(`{"key":"Ticket-%d","callback":"TicketZoom","params":{"ticket_id":%d},"prio":2,"notify":true,"active":true,"client_id":"123"}`, id, id)
	tab := o.Post("emma", "/taskbar", body).Is(201)
	made := tab.Object()
	if made["user_id"] != float64(o.UserID("emma")) || made["app"] != "desktop" || made["prio"] != 2.0 || made["params"].(map[string]any)["ticket_id"] != float64(id) {
		t.Errorf("opened tab %v", made)
	}
	o.Post("emma", "/taskbar", body).Refuses(422, "This object already exists.")
	path := fmt.Sprintf("/taskbar/%d", tab.ID())
	o.Get("emma", path).Is(200).Same(t, string(tab.Body))
	changed := o.Put("emma", path, `{"state":{"article":{"body":"Dear"}},"prio":5}`).Is(200).Object()
	if changed["prio"] != 5.0 || changed["notify"] != true || changed["state"].(map[string]any)["article"] == nil {
		t.Errorf("changed tab %v", changed)
	}
	for _, a := range []apitest.Answer{o.Get("david", path), o.Put("david", path, `{}`), o.Del("david", path)} {
		a.Refuses(422, "Not allowed to access this task.")
	}
	o.Post("david", "/taskbar", `{"key":"a","callback":"b","app":"mobile"}`).Is(201)
	if list := o.Get("emma", "/taskbar?expand=true").Is(200).List(); len(list) != 1 || list[0]["user"] != "emma" {
		t.Errorf("tabs of emma %v", list)
	}
	start := o.Get("emma", "/taskbar/init").Is(200).Object()["assets"].(map[string]any)
	if start["Taskbar"] == nil || start["Ticket"].(map[string]any)[fmt.Sprint(id)] == nil {
		t.Errorf("assets of the tabs %v", start)
	}
	for body, want := range map[string]string{
		`{"callback":"b"}`:                       "Key can't be blank",
		`{"key":"x"}`:                            "Callback can't be blank",
		`{"key":"x","callback":"b","app":"tv"}`:  "App is not included in the list",
		`{"key":"x","callback":"b","state":[1]}`: "Invalid value for param 'state': [1]",
		`{"key":"x","callback":"b","prio":"a"}`:  `Invalid value for param 'prio': "a"`,
	} {
		o.Post("emma", "/taskbar", body).Refuses(422, want)
	}
	o.Del("emma", path).Is(200).Same(t, "{}")
	o.Get("emma", path).Refuses(404, fmt.Sprintf("Couldn't find Taskbar with 'id'=%d", tab.ID()))
}

func TestRecentViews(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	one, two, foreign := o.NewTicket(1, "david", "One"), o.NewTicket(1, "david", "Two"), o.NewTicket(2, "lone", "Foreign")
	look := func(who, class string, id int) apitest.Answer {
		o.Exec(`UPDATE recent_views SET created_at = created_at - interval '1 hour'`) // clocks may be set back meanwhile
		return o.Post(who, "/recent_view", fmt.Sprintf(`{"object":%q,"o_id":%d}`, class, id))
	}
	for _, id := range []int{one, two, one} {
		look("emma", "Ticket", id).Is(200).Same(t, `{"message":"ok"}`)
	}
	look("emma", "User", o.UserID("david")).Is(200)
	look("david", "User", o.UserID("lone")).Refuses(403, "Not authorized")
	look("david", "Ticket", foreign).Refuses(403, "Not authorized")
	look("david", "Ticket", 4711).Refuses(404, "Couldn't find Ticket with 'id'=4711")
	look("david", "Role", 1).Refuses(422, "The parameter 'object' is invalid.")
	shown := func() string {
		var views []string
		for _, v := range o.Get("emma", "/recent_view?expand=true").Is(200).List() {
			views = append(views, fmt.Sprint(v["object"], " ", v["o_id"]))
		}
		return fmt.Sprint(views)
	}
	if got, want := shown(), fmt.Sprintf("[User %d Ticket %d Ticket %d]", o.UserID("david"), one, two); got != want {
		t.Errorf("views %s, want %s", got, want)
	}
	full := o.Get("emma", "/recent_view?full=true").Is(200).Object()
	if len(full["record_ids"].([]any)) != 3 || full["assets"].(map[string]any)["Ticket"] == nil {
		t.Errorf("full: %v", full)
	}
	o.Exec(`UPDATE tickets SET group_id = 3 WHERE id = $1`, one)
	if got, want := shown(), fmt.Sprintf("[User %d Ticket %d]", o.UserID("david"), two); got != want {
		t.Errorf("views %s once a ticket moved out of sight, want %s", got, want)
	}
	if got := len(o.Get("david", "/recent_view").Is(200).List()); got != 0 {
		t.Errorf("%d views of somebody else are shown", got)
	}
	for i := range 30 {
		look("emma", "Ticket", o.NewTicket(1, "david", fmt.Sprint("Ticket ", i))).Is(200)
	}
	if got := len(o.Get("emma", "/recent_view").Is(200).List()); got != 10 {
		t.Errorf("%d views, want 10", got)
	}
}

func TestActivityStreamIsForThoseWhoWorkHere(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Exec(`DELETE FROM activity_stream`)
	users, sales := o.NewTicket(1, "david", "Users"), o.NewTicket(2, "david", "Sales")
	o.Exec(`INSERT INTO activity_stream (type, object, o_id, permission, group_id, created_by_id) VALUES
		('create', 'Ticket', $1, 'ticket.agent', 1, $3), ('update', 'Ticket', $2, 'ticket.agent', 2, $3), ('update', 'User', $4, 'admin.user', NULL, $3)`,
		users, sales, o.UserID("emma"), o.UserID("david"))
	for who, want := range map[string]int{"emma": 1, "both": 1, "chris": 3, "boss": 1, "stranger": 0, "david": 0, "reporter": 0} {
		if got := len(o.Get(who, "/activity_stream").Is(200).List()); got != want {
			t.Errorf("%s sees %d activities, want %d", who, got, want)
		}
	}
	entry := o.Get("emma", "/activity_stream?expand=true&limit=1").Is(200).List()[0]
	if entry["object"] != "Ticket" || entry["type"] != "create" || entry["group_id"] != 1.0 || entry["permission_id"] != 61.0 || entry["created_by"] != "emma" ||
		entry["activity_stream_object_id"] != 2.0 || entry["activity_stream_type_id"] != 1.0 {
		t.Errorf("activity %v", entry)
	}
	full := o.Get("chris", "/activity_stream?full=true").Is(200).Object()["assets"].(map[string]any)
	if len(full["Ticket"].(map[string]any)) != 2 || full["ActivityStream"] == nil || full["User"] == nil {
		t.Errorf("assets %v", full)
	}
	o.Get("emma", "/activity_stream?limit=x").Refuses(422, `Invalid value for param 'limit': "x"`)
}

func TestOnlineNotifications(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	id, hidden := o.NewTicket(1, "david", "One"), o.NewTicket(2, "david", "Two")
	o.Exec(`INSERT INTO online_notifications (user_id, type, object, o_id, updated_by_id, created_by_id) VALUES
		($1, 'create', 'Ticket', $2, 1, 1), ($1, 'update', 'Ticket', $2, $4, $4), ($1, 'update', 'Ticket', $3, 1, 1), ($4, 'create', 'Ticket', $2, 1, 1)`,
		o.UserID("emma"), id, hidden, o.UserID("chris"))
	list := o.Get("emma", "/online_notifications?expand=true").Is(200).List()
	if len(list) != 2 || list[0]["type"] != "update" || list[0]["object"] != "Ticket" || list[0]["user"] != "emma" || list[0]["created_by"] != "chris" ||
		list[0]["object_lookup_id"] != 2.0 || list[0]["type_lookup_id"] != 2.0 || list[1]["type_lookup_id"] != 1.0 {
		t.Fatalf("notifications of emma %v", list)
	}
	if page := o.Get("emma", "/online_notifications?page=2").Is(200).List(); len(page) != 0 {
		t.Errorf("second page %v, want none", page)
	}
	if full := o.Get("emma", "/online_notifications?full=true").Is(200).Object(); len(full["record_ids"].([]any)) != 2 || full["assets"].(map[string]any)["Ticket"] == nil {
		t.Errorf("full: %v", full)
	}
	path := fmt.Sprint("/online_notifications/", list[0]["id"])
	seen := o.Put("emma", path, `{"seen":true,"user_id":1,"o_id":9}`).Is(200)
	if got := seen.Object(); got["seen"] != true || got["updated_by_id"] != float64(o.UserID("emma")) || got["o_id"] != float64(id) {
		t.Errorf("seen notification %v", got)
	}
	o.Get("emma", path).Is(200).Same(t, string(seen.Body))
	for _, a := range []apitest.Answer{o.Get("chris", path), o.Put("chris", path, `{}`), o.Del("chris", path)} {
		a.Refuses(403, "Not authorized")
	}
	o.Post("emma", "/online_notifications/mark_all_as_read", "").Is(200).Same(t, "{}")
	var unseen string
	o.One(&unseen, `SELECT string_agg(user_id::text, ' ') FROM online_notifications WHERE NOT seen`)
	if want := fmt.Sprint(o.UserID("chris")); unseen != want {
		t.Errorf("unseen are those of %s, want %s alone", unseen, want)
	}
	o.Del("emma", path).Is(200).Same(t, "{}")
	o.Del("emma", path).Refuses(404, fmt.Sprintf("Couldn't find OnlineNotification with 'id'=%v", list[0]["id"]))
}

func TestWhatIsDoneToUsersIsForWhoAdministersThem(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Exec(`DELETE FROM activity_stream`)
	id := o.Post("chris", "/users", `{"firstname":"Nora","email":"nora@example.com"}`).Is(201).ID()
	o.Put("boss", fmt.Sprintf("/users/%d", id), `{"lastname":"New"}`).Is(200)
	for who, want := range map[string]string{"boss": "[update User create User]", "emma": "[]"} {
		noted := []string{}
		for _, a := range o.Get(who, "/activity_stream?expand=true").Is(200).List() {
			noted = append(noted, fmt.Sprint(a["type"], " ", a["object"]))
		}
		if got := fmt.Sprint(noted); got != want {
			t.Errorf("%s sees %s, want %s", who, got, want)
		}
	}
	o.Del("boss", fmt.Sprintf("/users/%d", id)).Is(200)
	if got := len(o.Get("boss", "/activity_stream").Is(200).List()); got != 0 {
		t.Errorf("%d activities of a deleted user", got)
	}
}
