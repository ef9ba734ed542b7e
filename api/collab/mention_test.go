package collab_test

import (
	"fmt"
	"testing"

	"postroom/api/apitest"
)

func TestMentionsOfATicket(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	id := o.NewTicket(1, "david", "Printer on fire")
	body := fmt.Sprintf(`{"mentionable_type":"Ticket","mentionable_id":%d}`, id)
	list := fmt.Sprintf("/mentions?mentionable_type=Ticket&mentionable_id=%d", id)
	for _, who := range []string{"emma", "reader", "emma"} {
		o.Post(who, "/mentions", body).Is(201).Same(t, "true")
	}
	for _, who := range []string{"david", "stranger", "creator", "boss"} {
		o.Post(who, "/mentions", body).Refuses(403, "Not authorized")
		o.Get(who, list).Refuses(403, "Not authorized")
	}
	var answer struct {
		Mentions []struct {
			ID, UserID int
			Type       string `json:"mentionable_type"`
			On         int    `json:"mentionable_id"`
			User       int    `json:"user_id"`
			By         int    `json:"created_by_id"`
		}
	}
	o.Get("reader", list).Is(200).Into(&answer)
	if len(answer.Mentions) != 2 || answer.Mentions[0].User != o.UserID("emma") || answer.Mentions[0].Type != "Ticket" || answer.Mentions[0].On != id {
		t.Fatalf("mentions %+v, want those of emma and reader", answer.Mentions)
	}
	full := o.Get("reader", list+"&full=true").Is(200).Object()
	assets := full["assets"].(map[string]any)
	if len(full["record_ids"].([]any)) != 2 || len(assets["Mention"].(map[string]any)) != 2 || len(assets["User"].(map[string]any)) != 2 {
		t.Errorf("full: %v", full)
	}
	expanded := o.Get("reader", list+"&expand=true").Is(200).Object()["mentions"].([]any)[0].(map[string]any)
	if expanded["user"] != "emma" || expanded["created_by"] != "emma" {
		t.Errorf("expanded: %v, want the names of emma", expanded)
	}
	one := fmt.Sprintf("/mentions/%d", answer.Mentions[0].ID)
	o.Del("reader", one).Refuses(403, "Not authorized")
	o.Del("emma", one).Is(200).Same(t, "true")
	o.Del("emma", one).Refuses(404, fmt.Sprintf("Couldn't find Mention with 'id'=%d", answer.Mentions[0].ID))
	for _, query := range []string{"mentionable_type=User&mentionable_id=1", "mentionable_id=1"} {
		o.Get("emma", "/mentions?"+query).Refuses(422, "The parameter 'mentionable_type' is invalid.")
	}
	o.Get("emma", "/mentions?mentionable_type=Ticket&mentionable_id=4711").Refuses(404, "Couldn't find Ticket with 'id'=4711")
}
