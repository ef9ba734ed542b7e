package directorysync

import (
	"html"
	"strings"

	"postroom/internal/desk"
)

// Lengths of columns in characters.
const (
	longestName = 100
	longestText = 255
	longestNote = 5000
)

// described is a user as the directory describes the person. What the directory does not have is
// empty here, too, but for what a user is found and addressed by.
func (b *batch) described(p person, before desk.User) desk.User {
	after := before
	after.UpdatedByID, after.Verified = desk.SystemUser, true
	source := b.source
	after.Source = &source
	if before.ID == 0 {
		after.Active, after.Preferences = true, map[string]any{}
		if id, ok := b.catalog.DomainMembers[desk.MailDomain(strings.ToLower(p.fields["email"]))]; ok && p.fields["email"] != "" {
			after.OrganizationID = &id
		}
	}
	if b.links[p.name].Lost || b.others[before.ID].Lost {
		after.Active = true // it was gone, and is back here or came from another directory
	}
	if p.fields["firstname"]+p.fields["lastname"] != "" {
		put(&after.Firstname, p.fields, "firstname", longestName)
		put(&after.Lastname, p.fields, "lastname", longestName)
	}
	// By login and address people sign in and get new passwords: who may edit an address book must not get
	// into the account of somebody in it.
	mayRename := before.ID == 0 || b.loggedIn
	for field, dst := range map[string]*string{"login": &after.Login, "email": &after.Email} {
		if p.fields[field] != "" && mayRename {
			put(dst, p.fields, field, longestText)
		}
	}
	for field, dst := range map[string]*string{
		"phone": &after.Phone, "mobile": &after.Mobile, "fax": &after.Fax, "web": &after.Web, "zip": &after.Zip, "city": &after.City,
		"country": &after.Country,
	} {
		put(dst, p.fields, field, longestName)
	}
	put(&after.Street, p.fields, "street", 120)
	put(&after.Department, p.fields, "department", 200)
	put(&after.Address.Address, p.fields, "address", 500)
	if note, sent := p.fields["note"]; sent {
		after.Note = html.EscapeString(desk.Cut(note, longestNote)) // notes are HTML
	}
	for _, attribute := range b.catalog.CustomAttributes("User") {
		value, sent := p.fields[attribute.Name]
		if !sent || attribute.Kind() != desk.AttributeText {
			continue
		}
		after.Custom = desk.WithCustom(after.Custom, attribute.Name, textOrNothing(value))
	}
	return after
}

func put(dst *string, fields map[string]string, field string, longest int) {
	if value, sent := fields[field]; sent {
		*dst = desk.Cut(value, longest)
	}
}

func textOrNothing(value string) any {
	if value == "" {
		return nil
	}
	return desk.Cut(value, longestText)
}
