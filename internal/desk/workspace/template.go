package workspace

import "postroom/internal/desk"

// TemplateID is the id of a template.
type TemplateID int64

// Template fills in the form of a new ticket.
type Template struct {
	ID      TemplateID
	Name    string
	Options map[string]any // attribute, such as ticket.title, and what it is filled with
	Active  bool
	desk.Stamp
}

// Check refuses a template without a name.
func (t *Template) Check() error {
	if t.Name == "" {
		return desk.Blank("name", "Name")
	}
	return nil
}
