package tickets_test

import (
	"fmt"
	"testing"

	"postroom/api/apitest"
)

func TestMergeMovesEverythingToTheTarget(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	source, target := o.NewTicket(1, "david", "Asked twice"), o.NewTicket(1, "dora", "Asked once")
	number := func(id int) string { return o.Get("emma", fmt.Sprintf("/tickets/%d", id)).Object()["number"].(string) }
	article := o.Post("emma", "/ticket_articles", fmt.Sprintf(
		`{"ticket_id": %d, "body": "see file", "attachments": [{"filename": "a.txt", "data": "aGVsbG8=", "mime-type": "text/plain"}]}`, source)).Is(201)
	file := article.Object()["attachments"].([]any)[0].(map[string]any)["id"].(float64)
	url := fmt.Sprintf("/ticket_attachment/%d/%d/%d", source, article.ID(), int(file))
	o.Get("emma", url).Is(200)
	before := o.Get("emma", fmt.Sprintf("/tickets/%d", target)).Object()["article_count"]

	merged := o.Put("emma", fmt.Sprintf("/ticket_merge/%d/%s", source, number(target)), "").Is(200).Object()
	if merged["result"] != "success" {
		t.Fatalf("merge answered %v", merged)
	}
	left := merged["source_ticket"].(map[string]any)
	if left["state_id"] != 5.0 || left["owner_id"] != 1.0 {
		t.Errorf("the source is %v, want state merged (5) and nobody's", left)
	}
	if now := merged["target_ticket"].(map[string]any)["article_count"]; now == before {
		t.Errorf("the target still counts %v articles", now)
	}
	if notes := o.Get("emma", fmt.Sprintf("/ticket_articles/by_ticket/%d", source)).List(); len(notes) != 1 || notes[0]["body"] != "merged" || notes[0]["sender"] != "Agent" {
		t.Errorf("the source keeps %v, want one note", notes)
	}
	if got := o.Get("emma", fmt.Sprintf("/ticket_articles/%d", article.ID())).Object()["ticket_id"]; got != float64(target) {
		t.Errorf("the article is of ticket %v, want %d", got, target)
	}
	o.Get("emma", url).Is(200) // an old link still works
	for id, want := range map[int]string{source: "merged_into", target: "received_merge"} {
		o.Get("emma", fmt.Sprintf("/ticket_history/%d", id)).Is(200)
		if !tells(o, id, want, source, target) {
			t.Errorf("history of ticket %d has no %s", id, want)
		}
	}
	o.Put("emma", fmt.Sprintf("/ticket_merge/%d/%s", target, number(source)), "").
		Refuses(422, "It is not possible to merge into an already merged ticket.")
}

func tells(o *apitest.Office, ticket int, what string, from, to int) bool {
	for _, entry := range o.Get("emma", fmt.Sprintf("/ticket_history/%d", ticket)).Object()["history"].([]any) {
		line := entry.(map[string]any)
		if line["type"] == what && line["id_from"] == float64(from) && line["id_to"] == float64(to) {
			return true
		}
	}
	return false
}

func TestMergeRefusals(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	one, foreign := o.NewTicket(1, "david", "Mine"), o.NewTicket(2, "david", "Not mine")
	number := o.Get("emma", fmt.Sprintf("/tickets/%d", one)).Object()["number"].(string)
	o.Put("emma", fmt.Sprintf("/ticket_merge/%d/%s", one, number), "").Refuses(422, "A ticket cannot be merged into itself.")
	o.Put("emma", fmt.Sprintf("/ticket_merge/%d/%s", foreign, number), "").Refuses(403, "Not authorized")
	o.Put("reader", fmt.Sprintf("/ticket_merge/%d/%s", foreign, number), "").Refuses(403, "Not authorized")
	o.Put("david", fmt.Sprintf("/ticket_merge/%d/%s", one, number), "").Is(403)
	for path, text := range map[string]string{
		fmt.Sprintf("/ticket_merge/%d/nosuch", one): "The target ticket number could not be found.",
		"/ticket_merge/4711/" + number:              "The source ticket could not be found.",
		"/ticket_merge/no-number/" + number:         "The source ticket could not be found.",
	} {
		if got := o.Put("emma", path, "").Is(200).Object(); got["result"] != "failed" || got["message"] != text {
			t.Errorf("%s: %v, want failed with %q", path, got, text)
		}
	}
}
