package desk

// Change is one line of a record's history.
type Change struct {
	Object        string // Ticket, Ticket::Article …
	OID           int64
	Type          string // created, updated, email …
	Attribute     string // without _id; empty: the record as a whole
	ValueFrom     string
	ValueTo       string
	IDFrom        *int64
	IDTo          *int64
	RelatedObject string
	RelatedOID    int64
	Source        ChangeSource
	By            UserID
}

// ChangeSource is the rule that made a change; zero: a person or a message did.
type ChangeSource struct {
	Type string // Trigger, Job, PostmasterFilter
	ID   int64
	Name string // as it was then: rules are renamed and deleted
}
