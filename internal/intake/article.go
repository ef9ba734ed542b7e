package intake

import (
	"context"
	"fmt"
	"path"

	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/store"
)

// article builds the article that the mail becomes.
func (m *mail) article(ticket desk.TicketID) *desk.Article {
	a := &desk.Article{
		ID: m.known.ArticleID, TicketID: ticket,
		TypeID: desk.ArticleEmail, SenderID: m.sender,
		From:        optional(readable(m.From), desk.MaxAddresses),
		To:          optional(readable(m.To), desk.MaxAddresses),
		Cc:          optional(readable(m.Cc), desk.MaxAddresses),
		ReplyTo:     optional(readable(m.ReplyTo), desk.MaxReplyTo),
		Subject:     optional(oneLine(m.Subject), desk.MaxAddresses),
		MessageID:   optional(m.MessageID, desk.MaxAddresses),
		ContentType: m.ContentType,
		Body:        desk.Cut(clean(m.Body), desk.MaxBody),
		Internal:    m.internal,
		Preferences: map[string]any{"send-auto-response": m.mayAnswer, "is-auto-response": m.autoResponse},
	}
	a.MessageIDMD5 = new(desk.MessageIDSum(m.MessageID))
	if m.ContentType == "text/html" {
		a.Preferences["remote_content_removed"] = m.RemoteContentRemoved
	}
	a.CreatedByID, a.UpdatedByID = m.session.ID, m.session.ID
	a.CreatedAt, a.UpdatedAt = m.known.Now, m.known.Now
	applyArticleAttributes(m, a)
	return a
}

// maxFilename is how long names of files may be, in characters.
const maxFilename = 250

// files puts the bytes of attachments away and builds their records. The mail as it came is one of
// them; its bytes are those that were received.
func (in *Intake) files(ctx context.Context, tx *store.Store, m *mail, number string, size int64) ([]desk.Attachment, error) {
	files := []desk.Attachment{{
		Object: desk.ObjectArticleMail, OID: int64(m.known.ArticleID), CreatedByID: m.session.ID,
		Filename: fmt.Sprintf("ticket-%s-%d.eml", number, m.known.ArticleID),
		Size:     size, BlobID: m.inbound.BlobID,
	}}
	if len(m.Attachments) == 0 {
		return files, nil
	}
	bytes := make([][]byte, len(m.Attachments))
	for i, a := range m.Attachments {
		bytes[i] = a.Data
	}
	ids, err := in.blobs.Put(ctx, tx, placeOf(m.catalog), bytes...)
	if err != nil {
		return nil, err
	}
	for i, a := range m.Attachments {
		name := desk.Cut(clean(oneLine(a.Filename)), maxFilename)
		if name == "" || path.Clean(name) == "." {
			name = "file"
		}
		preferences, _ := cleanAll(a.Preferences).(map[string]any)
		files = append(files, desk.Attachment{
			Object: desk.ObjectArticle, OID: int64(m.known.ArticleID), CreatedByID: m.session.ID,
			Filename: name, Size: int64(len(a.Data)), BlobID: ids[i], Preferences: preferences,
		})
	}
	return files, nil
}

// placeOf is where new blobs go.
func placeOf(c *desk.Catalog) string {
	if place := c.Settings.String("storage_provider"); place != "" {
		return place
	}
	return blob.DB
}
