package desk

import "time"

// Attachment is a file of a record; its bytes lie in the blob store.
type Attachment struct {
	ID          AttachmentID
	Object      string // ObjectArticle, ObjectArticleMail, ObjectUploadCache
	OID         int64  `db:"o_id"`
	Filename    string
	Size        int64 // bytes
	BlobID      BlobID
	Preferences map[string]any
	CreatedByID UserID
	CreatedAt   time.Time
}

// What an attachment can belong to.
const (
	ObjectArticle     = "Ticket::Article"
	ObjectArticleMail = "Ticket::Article::Mail" // the raw mail, in or out
	ObjectUploadCache = "UploadCache"
)
