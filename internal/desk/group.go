package desk

// Group is a team that works on tickets.
type Group struct {
	ID                 GroupID
	SignatureID        *SignatureID
	EmailAddressID     *EmailAddressID
	Name               string // the whole path, as in Sales::North
	NameLast           string
	ParentID           *GroupID
	AssignmentTimeout  *int   // minutes
	FollowUpPossible   string // yes, new_ticket, new_ticket_after_certain_time
	ReopenTimeInDays   *int
	FollowUpAssignment bool
	Active             bool
	SharedDrafts       bool
	Note               string
	Custom             map[string]any // as in Ticket
	Stamp
}

// EmailAddress is one of our own addresses: mail to it is for us, answers are sent from it.
type EmailAddress struct {
	ID          EmailAddressID
	ChannelID   *ChannelID
	Name        string
	Email       string // lower case
	Active      bool
	Note        string
	Preferences map[string]any
	Stamp
}

// State is a step in a ticket's life; its type says what the step means.
type State struct {
	ID               StateID
	StateTypeID      StateTypeID
	Name             string
	NextStateID      *StateID
	IgnoreEscalation bool
	DefaultCreate    bool
	DefaultFollowUp  bool
	Note             *string
	Active           bool
	Stamp
}

// Priority is how urgent a ticket is.
type Priority struct {
	ID            PriorityID
	Name          string
	DefaultCreate bool
	UIIcon        *string `db:"ui_icon"`
	UIColor       *string `db:"ui_color"`
	Note          *string
	Active        bool
	Stamp
}

// ArticleType is the way an article took: email, phone, note …
type ArticleType struct {
	ID            ArticleTypeID
	Name          string
	Communication bool // it reached or came from the customer
	Active        bool
}
