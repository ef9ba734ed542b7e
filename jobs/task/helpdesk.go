package task

import "postroom/internal/desk"

// HelpdeskToImport: another helpdesk is taken over, and this run is to go on.
type HelpdeskToImport struct {
	HelpdeskImportID desk.HelpdeskImportID `json:"helpdesk_import_id"`
}

func (HelpdeskToImport) Kind() string  { return "import.run" }
func (HelpdeskToImport) Queue() string { return Maintenance }
