package desk

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"time"
)

// Attachment is a file of a record; its bytes lie in the blob store.
type Attachment struct {
	ID          AttachmentID
	Object      string // ObjectArticle, ObjectArticleMail, ObjectUploadCache, ObjectKBAnswer
	OID         int64  `db:"o_id"`
	Filename    string
	Size        int64 // bytes
	BlobID      BlobID
	Preferences map[string]any
	CreatedByID UserID
	CreatedAt   time.Time
}

// IsMessage reports whether a file is the text of a received message once more, as it came. It is no
// file that somebody attached, and is passed on to nobody.
func (a Attachment) IsMessage() bool { return a.Preferences["content-alternative"] == true }

// UploadCacheID is what the files belong to that wait for a form to be sent. Clients name forms by
// numbers or other texts of their own; 0 is no form. Two texts of one id do no harm: everybody has
// forms of their own.
func UploadCacheID(form string) int64 {
	if id, err := strconv.ParseInt(form, 10, 64); err == nil && id >= 0 || form == "" {
		return id
	}
	sum := sha256.Sum256([]byte(form))
	return int64(binary.BigEndian.Uint64(sum[:8])>>1) | 1
}
