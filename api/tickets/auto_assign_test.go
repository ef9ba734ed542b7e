package tickets_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"testing"

	"postroom/api/apitest"
)

func TestWhoOpensATicketOwnsIt(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	path := func(id int) string { return apitest.TicketPath(id) + "?auto_assign=1" }
	owner := func(who string, id int) int { return int(o.Get(who, path(id)).Is(200).Object()["owner_id"].(float64)) }
	emma := o.UserID("emma")

	off := o.NewTicket(1, "david", "Off")
	if got := owner("emma", off); got != 1 {
		t.Errorf("the setting is off: owner %d", got)
	}
	o.Setting("ticket_auto_assignment", true)
	o.Setting("ticket_auto_assignment_selector", map[string]any{"condition": map[string]any{"ticket.title": map[string]any{"operator": "contains", "value": "take"}}})
	for _, c := range []struct {
		name, who string
		ticket    int
		want      int
	}{
		{"another title", "emma", off, 1},
		{"without full access", "changer", o.NewTicket(1, "david", "take me"), 1},
		{"a customer", "david", o.NewTicket(1, "david", "take me"), 1},
		{"as it is meant", "emma", o.NewTicket(1, "david", "take me"), emma},
	} {
		if got := owner(c.who, c.ticket); got != c.want {
			t.Errorf("%s: owner %d, want %d", c.name, got, c.want)
		}
	}
	taken := o.NewTicket(1, "david", "take me")
	owner("emma", taken)
	owner("emma", taken)
	var entries int
	o.One(&entries, `SELECT count(*) FROM history WHERE object = 'Ticket' AND o_id = $1 AND attribute = 'owner'`, taken)
	if entries != 1 {
		t.Errorf("%d lines of history", entries)
	}
	plain := o.NewTicket(1, "david", "take me")
	if got := o.Get("emma", apitest.TicketPath(plain)).Object()["owner_id"]; got != 1.0 {
		t.Errorf("without being asked: owner %v", got)
	}
	o.Setting("ticket_auto_assignment_user_ids_ignore", []any{"4711", fmt.Sprint(emma)})
	if got := owner("emma", plain); got != 1 {
		t.Errorf("an ignored one: owner %d", got)
	}
	o.Setting("ticket_auto_assignment_user_ids_ignore", []int{})
	o.Setting("ticket_auto_assignment_selector", map[string]any{"condition": map[string]any{"ticket.nonsense": map[string]any{"operator": "is", "value": 1}}})
	if got := owner("emma", plain); got != 1 {
		t.Errorf("a condition that can't be used: owner %d", got)
	}
}

func TestPicturesAreSentAsWideAsTheyAreShown(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	var wide bytes.Buffer
	if err := png.Encode(&wide, image.NewGray(image.Rect(0, 0, 2000, 20))); err != nil {
		t.Fatal(err)
	}
	body := fmt.Sprintf(`{"ticket_id": %d, "body": "see", "attachments": [{"filename": "wide.png", "mime-type": "image/png", "data": %q}]}`,
		o.NewTicket(1, "david", "Picture"), base64.StdEncoding.EncodeToString(wide.Bytes()))
	article := o.Post("emma", "/ticket_articles", body).Is(201).Object()
	file := article["attachments"].([]any)[0].(map[string]any)["id"]
	at := fmt.Sprintf("/ticket_attachment/%v/%v/%v", article["ticket_id"], article["id"], file)
	for view, want := range map[string]int{"": 2000, "?view=inline": 1800, "?view=preview": 200, "?view=else": 2000} {
		for _, path := range []string{at, fmt.Sprintf("/attachments/%v", file)} {
			answer := o.Get("emma", path+view).Is(200)
			size, err := png.DecodeConfig(bytes.NewReader(answer.Body))
			if err != nil || size.Width != want {
				t.Errorf("%s: %d pixels wide, want %d, %v", path+view, size.Width, want, err)
			}
			if want != 2000 && answer.Header.Get("Content-Security-Policy") != "default-src 'none'" {
				t.Errorf("%s: %v", path+view, answer.Header)
			}
		}
	}
}
