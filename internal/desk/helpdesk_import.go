package desk

import "time"

// HelpdeskImportID is the id of a HelpdeskImport.
type HelpdeskImportID int64

// HelpdeskImport is one run in which another helpdesk is taken over.
type HelpdeskImport struct {
	ID         HelpdeskImportID
	Source     string // zendesk, freshdesk, kayako, otrs
	Stage      int    // of the source, counted from 0
	Cursor     string // where in the stage; empty: at its beginning
	Result     map[string]ImportCount
	Error      string // why it ended early; empty: it did not
	StartedAt  *time.Time
	FinishedAt *time.Time
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// ImportCount says what became of records of one kind.
type ImportCount struct {
	Sum         int `json:"sum"`   // read so far
	Total       int `json:"total"` // there are, as far as the source tells
	Created     int `json:"created"`
	Updated     int `json:"updated"`
	Unchanged   int `json:"unchanged"`
	Skipped     int `json:"skipped"`
	Failed      int `json:"failed"`
	Deactivated int `json:"deactivated"`
}

// Add returns both together. The total is the larger one: sources tell it again with every page.
func (c ImportCount) Add(more ImportCount) ImportCount {
	sum := ImportCount{
		Sum: c.Sum + more.Sum, Created: c.Created + more.Created, Updated: c.Updated + more.Updated,
		Unchanged: c.Unchanged + more.Unchanged, Skipped: c.Skipped + more.Skipped, Failed: c.Failed + more.Failed,
		Deactivated: c.Deactivated + more.Deactivated,
	}
	sum.Total = max(c.Total, more.Total, sum.Sum)
	return sum
}

// ImportFailure is a record of another helpdesk that could not be taken over.
type ImportFailure struct {
	Object    string
	SourceID  string
	Reason    string
	CreatedAt time.Time
}
