package webhook

import (
	"maps"
	"slices"

	"postroom/internal/desk"
)

// Placeholders lists, by object, the attributes that a payload may name, as in
// #{ticket.customer.email}. kind is the definition whose fields are among them; empty: none.
func Placeholders(kind string, c *desk.Catalog) map[string][]string {
	everything := sample(c).Payload()
	names := map[string][]string{
		"ticket":       namesIn(everything["ticket"].(Object)),
		"article":      namesIn(everything["article"].(Object)),
		"notification": {"body", "changes", "link", "message", "subject"},
		"config":       {"fqdn", "http_type", "ticket_hook"},
	}
	names["ticket"] = append(names["ticket"], stateColor)
	slices.Sort(names["ticket"])
	for _, d := range Definitions {
		if d.ID != kind {
			continue
		}
		for _, f := range d.Fields {
			names["webhook"] = append(names["webhook"], f.Name)
		}
		slices.Sort(names["webhook"])
	}
	return names
}

// stateColor is worked out when a payload is sent: it says at a glance how a ticket is.
const stateColor = "current_state_color"

// sample is a ticket that has everything.
func sample(c *desk.Catalog) *Subject {
	organization := desk.OrganizationID(0)
	kind, sender := desk.ArticleTypeID(0), desk.SenderID(0)
	s := &Subject{
		Article: &desk.Article{}, People: map[desk.UserID]Person{0: {}},
		Organizations: map[desk.OrganizationID]desk.Organization{0: {}}, Catalog: c,
	}
	s.Ticket.OrganizationID, s.Ticket.CreateArticleTypeID, s.Ticket.CreateArticleSenderID = &organization, &kind, &sender
	s.People[0] = Person{User: desk.User{OrganizationID: &organization}}
	return s
}

// namesIn lists the attributes of an object, and of the objects in it, without structure of their own.
func namesIn(object Object) []string {
	var names []string
	for key, value := range object {
		inner, nested := value.(Object)
		if !nested {
			names = append(names, key)
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(inner)) {
			if _, deeper := inner[name].(Object); !deeper {
				names = append(names, key+"."+name)
			}
		}
	}
	slices.Sort(names)
	return names
}
