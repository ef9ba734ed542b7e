package desk

// Article is one message or note of a ticket.
type Article struct {
	ID           ArticleID
	TicketID     TicketID
	TypeID       ArticleTypeID
	SenderID     SenderID
	From         *string
	To           *string
	Cc           *string
	Subject      *string
	ReplyTo      *string
	MessageID    *string
	MessageIDMD5 *string `db:"message_id_md5"` // hex, of the Message-ID with its brackets
	InReplyTo    *string
	References   *string
	ContentType  string
	Body         string
	Internal     bool
	Preferences  map[string]any
	TimeUnit     *string // decimal, two places
	OriginByID   *UserID
	Stamp
}

// Lengths in characters (reference/email.md 2.7). Longer texts of mails are cut.
const (
	MaxTitle      = 250
	MaxAddresses  = 3000 // from, to, cc, subject, message_id, in_reply_to
	MaxReplyTo    = 300
	MaxBody       = 1_500_000
	MaxRecipients = 40 // of one mail that become users
)
