package workspace

import "postroom/internal/desk"

// TextModuleID is the id of a text module.
type TextModuleID int64

// TextModule is a text that agents insert into what they write.
type TextModule struct {
	ID       TextModuleID
	Name     string
	Keywords *string
	Content  string // HTML with #{…} in it, which clients fill
	Note     *string
	Active   bool
	desk.Stamp
}

// Check refuses a text module that is good for nothing.
func (m *TextModule) Check() error {
	if m.Name == "" {
		return desk.Blank("name", "Name")
	}
	if m.Content == "" {
		return desk.Blank("content", "Content")
	}
	return nil
}
