// Package webhook says what is sent to other systems: the usual payload about a ticket, the payloads
// that are laid ready for well-known systems, and which placeholders payloads may have.
//
// It does no I/O: whoever sends hands in the records, and gets a value that is one JSON object.
package webhook

import (
	"fmt"

	"postroom/internal/desk"
)

// Subject is what a webhook tells of.
type Subject struct {
	Ticket        desk.Ticket
	ArticleIDs    []desk.ArticleID
	Article       *desk.Article // nil: none
	Attachments   []desk.Attachment
	People        map[desk.UserID]Person // owner, customer, and who made and changed ticket and article
	Organizations map[desk.OrganizationID]desk.Organization
	Catalog       *desk.Catalog
}

// Person is a user with what belongs to one.
type Person struct {
	desk.User
	desk.UserLinks
	Roles []string // names
}

// Object is a JSON object. Its keys are sorted when it is written.
type Object = map[string]any

// Payload is what is sent unless a webhook has a payload of its own.
func (s *Subject) Payload() Object {
	return Object{"ticket": s.ticket(), "article": s.article()}
}

func (s *Subject) ticket() Object {
	t := &s.Ticket
	columns := ticketColumns(t)
	for _, a := range s.Catalog.CustomAttributes("Ticket") {
		columns[a.Name] = a.Of(t.Custom)
	}
	columns["article_ids"] = s.ArticleIDs
	columns["state"] = s.Catalog.States[t.StateID].Name
	columns["priority"] = priorityColumns(s.Catalog.Priorities[t.PriorityID])
	columns["group"] = groupColumns(s.Catalog.Groups[t.GroupID])
	columns["organization"] = s.organization(t.OrganizationID)
	columns["owner"], columns["customer"] = s.person(t.OwnerID), s.person(t.CustomerID)
	columns["created_by"], columns["updated_by"] = s.person(t.CreatedByID), s.person(t.UpdatedByID)
	if id := t.CreateArticleTypeID; id != nil {
		columns["create_article_type"] = s.Catalog.ArticleTypes[*id].Name
	}
	if id := t.CreateArticleSenderID; id != nil {
		columns["create_article_sender"] = s.Catalog.Senders[*id]
	}
	return columns
}

func (s *Subject) article() Object {
	a := s.Article
	if a == nil {
		return Object{}
	}
	columns := articleColumns(a)
	columns["type"], columns["sender"] = s.Catalog.ArticleTypes[a.TypeID].Name, s.Catalog.Senders[a.SenderID]
	columns["created_by"], columns["updated_by"] = s.person(a.CreatedByID), s.person(a.UpdatedByID)
	columns["attachments"] = s.attachments()
	return columns
}

func (s *Subject) attachments() []Object {
	home := s.Catalog.Settings.String("http_type") + "://" + s.Catalog.Settings.String("fqdn")
	files := []Object{}
	for _, f := range s.Attachments {
		files = append(files, Object{
			"id": f.ID, "filename": f.Filename, "size": fmt.Sprint(f.Size), "preferences": orEmpty(f.Preferences),
			"url": fmt.Sprintf("%s/api/v1/ticket_attachment/%d/%d/%d", home, s.Ticket.ID, f.OID, f.ID),
		})
	}
	return files
}

// person leaves out what is nobody else's business: how somebody signs in, and access to groups.
func (s *Subject) person(id desk.UserID) Object {
	p, known := s.People[id]
	if !known {
		return nil
	}
	columns := userColumns(&p.User)
	for _, a := range s.Catalog.CustomAttributes("User") {
		columns[a.Name] = a.Of(p.Custom)
	}
	columns["role_ids"], columns["roles"] = p.RoleIDs, append([]string{}, p.Roles...)
	columns["organization_ids"] = p.OrganizationIDs
	if p.OrganizationID != nil {
		columns["organization"] = s.Organizations[*p.OrganizationID].Name
	}
	secondary := []string{}
	for _, id := range p.OrganizationIDs {
		secondary = append(secondary, s.Organizations[id].Name)
	}
	columns["organizations"] = secondary
	s.addLogins(columns, p.Stamp)
	return columns
}

func (s *Subject) organization(id *desk.OrganizationID) Object {
	if id == nil {
		return nil
	}
	o, known := s.Organizations[*id]
	if !known {
		return nil
	}
	columns := organizationColumns(o)
	for _, a := range s.Catalog.CustomAttributes("Organization") {
		columns[a.Name] = a.Of(o.Custom)
	}
	s.addLogins(columns, o.Stamp)
	return columns
}

// addLogins adds who made and changed a record, as far as they are known.
func (s *Subject) addLogins(columns Object, stamp desk.Stamp) {
	for key, id := range map[string]desk.UserID{"created_by": stamp.CreatedByID, "updated_by": stamp.UpdatedByID} {
		if p, known := s.People[id]; known {
			columns[key] = p.Login
		}
	}
}

func orEmpty(object Object) Object {
	if object == nil {
		return Object{}
	}
	return object
}
