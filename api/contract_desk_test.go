package api_test

import (
	"fmt"

	"postroom/api/apitest"
)

// deskReplays are those of tickets and what belongs to them.
var deskReplays = map[string]replay{
	"ticket.list": {},
	"ticket.show": {prepare: withTicket},
	"ticket.create": {prepare: withSecondLevel, check: func(s *scene, a apitest.Answer) {
		says(fmt.Sprintf(`"group_id":%d,`, s.ids["id"]), fmt.Sprintf(`"customer_id":%d,`, s.UserID("david")))(s, a)
	}},
	"ticket.update": {prepare: all(withTicket, inSales)},
	"ticket.delete": {prepare: withTicket, empty: true},
	"ticket.create.guess_customer": {
		of: "ticket.create", prepare: all(withSecondLevel, sends("customer", nil)), cust: 201,
		check: func(s *scene, a apitest.Answer) {
			s.find("made", `SELECT id FROM users WHERE email = 'jane@doe.com'`)
			if got := a.Object()["customer_id"]; got != float64(s.ids["made"].(int)) {
				s.T.Errorf("customer_id = %v, want %v", got, s.ids["made"])
			}
		},
	},
	"ticket.create.mentions": {
		of: "ticket.create", cust: 403,
		prepare: func(s *scene) { withSecondLevel(s); s.send["mentions"] = []int{s.UserID("emma")} },
	},

	"ticket.search":                  {without: olderTicket},
	"ticket.search.expand":           {},
	"ticket.search.full":             {},
	"ticket.search.only_total_count": {},
	"ticket.search.condition": {
		prepare: func(s *scene) {
			s.Post("chris", "/tickets", `{"title":"A Test","state":"open","group":"Users","customer":"david@example.com"}`).Is(201)
		},
		check: finds("title", "A Test"),
	},
	"search.global": {},

	"ticket_article.by_ticket":     {prepare: withTicket},
	"ticket_article.by_ticket@004": {prepare: withTicket},
	"ticket_article.show":          {prepare: withTicket},
	"ticket_article.show@004":      {prepare: withTicket},
	"ticket_article.create": {prepare: all(withTicket, accounting), cust: 403,
		check: shows("body", "Called the customer and discussed their issues.<br>Turns out these were caused by invalid configurations - solved.")},
	"ticket_article.create@004":          {prepare: all(withTicket, accounting), cust: 403},
	"ticket_article.create.attachments":  {prepare: all(withTicket, accounting, withFiles), cust: 403, check: says(`"portal.txt"`, `"more.txt"`)},
	"ticket_article.create.inline_image": {prepare: all(withTicket, accounting), cust: 403, check: says(`/api/v1/ticket_attachment/`, `?view=inline`)},
	"ticket_article.create.origin_by_id": {of: "ticket_article.create", prepare: all(withTicket, withOrigin), cust: 201, check: says(`"origin_by":"david"`)},
	"ticket_attachment.get":              {prepare: withTicket, check: says("The cake is a lie!")},
	"ticket_attachment.get@004":          {prepare: withTicket, check: says("The cake is a lie!")},

	"link.get":    {prepare: withLink, cust: 200},
	"link.add":    {prepare: withOther, cust: 201},
	"link.remove": {prepare: withLink, cust: 201},

	"tag.list":        {prepare: all(withTicket, tagged), cust: 200},
	"tag.add":         {prepare: all(withTicket, tagged)},
	"tag.remove":      {prepare: all(withTicket, tagged), status: 200},
	"tag_list.list":   {prepare: all(withTicket, tagged)},
	"tag_list.create": {},
	"tag_list.rename": {prepare: all(withTicket, tagged)},
	"tag_list.delete": {prepare: all(withTicket, tagged)},

	"mention.list":   {prepare: all(withTicket, mentioned), cust: 403},
	"mention.create": {prepare: withMentionable, wire: "true"},
	"mention.delete": {prepare: all(withTicket, mentioned), wire: "true", own: true},

	"shared_draft.show":   {prepare: all(withTicket, drafted, employed)},
	"shared_draft.create": {prepare: all(withTicket, employed)},
	"shared_draft.update": {prepare: all(withTicket, drafted, employed)},
	"shared_draft.delete": {prepare: all(withTicket, drafted)},

	"time_accounting.list":   {prepare: all(withTicket, accounting, accounted)},
	"time_accounting.show":   {prepare: all(withTicket, accounting, accounted)},
	"time_accounting.create": {prepare: all(withTicket, accounting, accounted)},
	"time_accounting.update": {prepare: all(withTicket, accounting, accounted)},
	"time_accounting.delete": {prepare: all(withTicket, accounting, accounted), wire: "{}"},
}

// olderTicket are keys of tickets that came and went with versions.
var olderTicket = []string{}

func accounting(s *scene) { s.Setting("time_accounting", true) }

// withFiles sends files in place of the document's template of one.
func withFiles(s *scene) {
	file := func(name string) map[string]string {
		return map[string]string{"filename": name, "data": "VGhlIGNha2UgaXMgYSBsaWUhCg==", "mime-type": "text/plain"}
	}
	s.send["attachments"] = []map[string]string{file("portal.txt"), file("more.txt")}
}

func withOrigin(s *scene) {
	s.send["origin_by_id"], s.send["time_unit"] = s.UserID("david"), nil
}

// withOther has a second ticket, and sends which two are meant.
func withOther(s *scene) {
	s.T.Helper()
	withTicket(s)
	other := s.Post("chris", "/tickets", `{"title":"Another","group":"Users","customer":"david@example.com","article":{"body":"x"}}`).Is(201)
	s.ids["other_id"] = other.ID()
	s.sendIf("link_object_target_value", s.ids["ticket_id"])
	s.sendIf("link_object_source_value", other.ID())
	s.sendIf("link_object_source_number", other.Object()["number"])
	s.sendIf("link_object_value", fmt.Sprint(s.ids["ticket_id"]))
}

// withLink is withOther, with a link between the two.
func withLink(s *scene) {
	s.T.Helper()
	withOther(s)
	s.Post("chris", "/links/add", fmt.Sprintf(`{"link_type":"normal","link_object_source":"Ticket","link_object_source_number":%q,
		"link_object_target":"Ticket","link_object_target_value":%d}`,
		s.Get("chris", fmt.Sprintf("/tickets/%d", s.ids["other_id"])).Object()["number"], s.ids["ticket_id"])).Is(201)
}

func tagged(s *scene) {
	s.T.Helper()
	s.Post("chris", "/tags/add", fmt.Sprintf(`{"object":"Ticket","o_id":%d,"item":"complaint"}`, s.ids["ticket_id"])).Is(201)
	s.find("tag_id", `SELECT id FROM tags WHERE name = 'complaint'`)
	s.sendIf("item", "complaint")
	s.sendIf("o_id", s.ids["ticket_id"])
}

func withMentionable(s *scene) {
	withTicket(s)
	s.sendIf("mentionable_id", s.ids["ticket_id"])
}

// mentioned is a scene in which the one who asks follows the ticket.
func mentioned(s *scene) {
	s.T.Helper()
	s.query["mentionable_type"], s.query["mentionable_id"] = "Ticket", fmt.Sprint(s.ids["ticket_id"])
	s.Post(s.who, "/mentions", fmt.Sprintf(`{"mentionable_type":"Ticket","mentionable_id":%d}`, s.ids["ticket_id"])).Is(201)
	s.find("id", `SELECT id FROM mentions WHERE ticket_id = $1 AND user_id = $2`, s.ids["ticket_id"], s.UserID(s.who))
}

// employed is a scene whose agents belong to an organization.
func employed(s *scene) {
	s.Exec(`UPDATE users SET organization_id = (SELECT id FROM organizations WHERE name = 'Acme') WHERE login IN ('chris', 'emma')`)
}

func drafted(s *scene) {
	s.T.Helper()
	s.Ask("chris", "PUT", fmt.Sprintf("/tickets/%d/shared_draft", s.ids["ticket_id"]),
		fmt.Sprintf(`{"form_id":"1","new_article":{"body":"So far","cc":"","content_type":"text/html","from":"Christopher Miller","in_reply_to":"",
			"internal":false,"sender_id":1,"subject":"","subtype":"","ticket_id":%d,"to":"","type":"note","type_id":10,"preferences":{}},
			"ticket_attributes":{"group_id":"1","owner_id":"4","priority_id":"2","state_id":"2"}}`, s.ids["ticket_id"])).Is(201)
}

// accounted is a scene in which time was spent on the ticket, of a type.
func accounted(s *scene) {
	s.T.Helper()
	kind := s.Post("chris", "/time_accounting/types", `{"name":"Travel"}`).Is(201).ID()
	s.ids["time_accounting_id"] = s.Post("chris", fmt.Sprintf("/tickets/%d/time_accountings", s.ids["ticket_id"]),
		fmt.Sprintf(`{"time_unit":"15.0","type_id":%d}`, kind)).Is(201).ID()
	s.sendIf("type_id", kind)
	s.sendIf("id", s.ids["time_accounting_id"])
}
