// Package desk holds the nouns of a helpdesk: tickets, articles, people, groups, settings.
//
// It says what they are and which arithmetic belongs to them alone, such as ticket numbers and
// who may do what. Nouns that not everybody needs have rooms below. It does no I/O and imports
// none of our other packages.
package desk

// Ids of records. They are separate types so that a ticket's id can't be passed for a user's.
type (
	TicketID       int64
	ArticleID      int64
	UserID         int64
	OrganizationID int64
	GroupID        int64
	RoleID         int64
	PermissionID   int64
	StateID        int64
	StateTypeID    int64
	PriorityID     int64
	ArticleTypeID  int64
	SenderID       int64
	SignatureID    int64
	EmailAddressID int64
	ChannelID      int64
	AttachmentID   int64
	BlobID         int64
	TokenID        int64
	SettingID      int64
	InboundID      int64
	OutboxID       int64
)

// Records that every installation has and that clients know by these ids (reference/seeds.md, section 1).
const (
	SystemUser UserID = 1 // owner of unassigned tickets, author of automatic changes

	StateNew             StateID = 1
	StateOpen            StateID = 2
	StatePendingReminder StateID = 3
	StateClosed          StateID = 4
	StateMerged          StateID = 5
	StatePendingClose    StateID = 6

	ArticleEmail ArticleTypeID = 1
	ArticleSMS   ArticleTypeID = 2
	ArticlePhone ArticleTypeID = 5
	ArticleNote  ArticleTypeID = 10
	ArticleWeb   ArticleTypeID = 11

	ArticleTelegram ArticleTypeID = 12 // telegram personal-message
	ArticleWhatsApp ArticleTypeID = 14 // whatsapp message

	SenderAgent    SenderID = 1
	SenderCustomer SenderID = 2
	SenderSystem   SenderID = 3
)
