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
	By            UserID
}
