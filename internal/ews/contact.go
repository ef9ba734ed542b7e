package ews

import (
	"context"
	"strings"
	"unicode"
)

// How much is asked for at once, and at most.
const (
	itemsAtOnce   = 100
	mostFolders   = 1000
	mostItems     = 100_000 // of a folder
	longestFolder = 20      // folders within each other that a path names
)

// Folders returns the folders of a mailbox that hold contacts: their paths by their ids.
func (c *Client) Folders(ctx context.Context) (map[string]string, error) {
	answer, err := c.call(ctx, "FindFolder", struct{ Most int }{mostFolders})
	if err != nil {
		return nil, err
	}
	type folder struct{ name, parent string }
	all, contacts := map[string]folder{}, map[string]string{}
	for _, list := range answer.all("Folders") {
		for _, one := range list.children {
			id, parent := one.find("FolderId"), one.find("ParentFolderId")
			if id == nil {
				continue
			}
			found := folder{name: one.textOf("DisplayName")}
			if parent != nil {
				found.parent = parent.attributes["Id"]
			}
			all[id.attributes["Id"]] = found
			if one.name == "ContactsFolder" || strings.HasPrefix(one.textOf("FolderClass"), "IPF.Contact") {
				contacts[id.attributes["Id"]] = ""
			}
		}
	}
	for id := range contacts {
		path, at := all[id].name, all[id].parent
		for range longestFolder {
			above, known := all[at]
			if !known {
				break
			}
			path, at = above.name+" -> "+path, above.parent
		}
		contacts[id] = path
	}
	return contacts, nil
}

// Contact is what an entry of an address book says: given_name, email_addresses.EmailAddress1.
type Contact map[string]string

// ID is what Exchange calls an entry.
const ID = "item_id.Id"

// Contacts hands the contacts of a folder to take, a page at a time.
func (c *Client) Contacts(ctx context.Context, folder string, take func(context.Context, []Contact) error) error {
	for offset := 0; offset < mostItems; offset += itemsAtOnce {
		page, err := c.call(ctx, "FindItem", struct {
			Folder       string
			Most, Offset int
		}{folder, itemsAtOnce, offset})
		if err != nil {
			return err
		}
		var ids []string
		for _, id := range page.all("ItemId") {
			ids = append(ids, id.attributes["Id"])
		}
		if len(ids) == 0 {
			return nil
		}
		contacts, err := c.contacts(ctx, ids)
		if err != nil {
			return err
		}
		if err := take(ctx, contacts); err != nil {
			return err
		}
		if root := page.find("RootFolder"); root == nil || root.attributes["IncludesLastItemInRange"] != "false" {
			return nil
		}
	}
	return nil
}

// contacts returns all that Exchange says of some items, lists of people left out.
func (c *Client) contacts(ctx context.Context, ids []string) ([]Contact, error) {
	answer, err := c.call(ctx, "GetItem", struct{ IDs []string }{ids})
	if err != nil {
		return nil, err
	}
	var contacts []Contact
	for _, found := range answer.all("Contact") {
		contact := Contact{}
		for _, child := range found.children {
			contact.add("", child)
		}
		contacts = append(contacts, contact)
	}
	return contacts, nil
}

// longestValue is how much of a value is taken, in bytes.
const longestValue = 5000

// add takes what an element says, and the elements below it by names such as phone_numbers.HomePhone.
func (c Contact) add(above string, e *element) {
	if e.name == "Body" || e.name == "Attachments" || e.name == "MimeContent" {
		return
	}
	name := above + snake(e.name)
	if e.name == "Entry" {
		name = above + e.attributes["Key"]
	}
	if len(e.children) > 0 {
		for _, child := range e.children {
			c.add(name+".", child)
		}
		return
	}
	if value := strings.ReplaceAll(e.text, "\x00", ""); value != "" {
		c[name] = strings.ToValidUTF8(value[:min(len(value), longestValue)], "")
		return
	}
	if id := e.attributes["Id"]; id != "" {
		c[name+".Id"] = id
	}
}

// snake writes GivenName as given_name.
func snake(name string) string {
	var b strings.Builder
	for i, char := range name {
		if unicode.IsUpper(char) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(char))
	}
	return b.String()
}
