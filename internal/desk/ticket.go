package desk

import "time"

// Ticket is one case of one customer. Its fields are the columns that GET /tickets/{id} shows.
type Ticket struct {
	ID             TicketID
	GroupID        GroupID
	PriorityID     PriorityID
	StateID        StateID
	OrganizationID *OrganizationID
	Number         string
	Title          string
	OwnerID        UserID
	CustomerID     UserID
	Note           *string
	Type           *string
	PendingTime    *time.Time
	TimeUnit       *string // decimal, two places
	Preferences    map[string]any
	Custom         map[string]any // values of attributes that administrators added, see Attribute.Of
	Contact
	Deadlines
	Stamp
}

// Contact says who was last in touch, and what the first article was.
type Contact struct {
	LastContactAt         *time.Time
	LastContactAgentAt    *time.Time
	LastContactCustomerAt *time.Time
	LastOwnerUpdateAt     *time.Time
	CreateArticleTypeID   *ArticleTypeID
	CreateArticleSenderID *SenderID
	ArticleCount          int
}

// Deadlines are a ticket's service-level times. *InMin and *DiffInMin are business minutes.
type Deadlines struct {
	EscalationAt              *time.Time
	FirstResponseAt           *time.Time
	FirstResponseEscalationAt *time.Time
	FirstResponseInMin        *int
	FirstResponseDiffInMin    *int
	CloseAt                   *time.Time
	CloseEscalationAt         *time.Time
	CloseInMin                *int
	CloseDiffInMin            *int
	LastCloseAt               *time.Time
	UpdateEscalationAt        *time.Time
	UpdateInMin               *int
	UpdateDiffInMin           *int
}

// Stamp says who made and who last changed a record, and when (UTC, milliseconds).
type Stamp struct {
	UpdatedByID UserID
	CreatedByID UserID
	CreatedAt   time.Time
	UpdatedAt   time.Time
}
