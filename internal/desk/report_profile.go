package desk

// ReportProfileID is the id of a report profile.
type ReportProfileID int64

// ReportProfile says which tickets a report counts.
type ReportProfile struct {
	ID        ReportProfileID
	Name      string
	Condition map[string]any
	Active    bool
	Stamp
}

// Check refuses a profile without a name.
func (p *ReportProfile) Check() error {
	if p.Name == "" {
		return Blank("name", "Name")
	}
	return nil
}
