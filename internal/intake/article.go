package intake

import (
	"context"
	"fmt"
	"maps"
	"path"

	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/desk/thread"
	"postroom/internal/picture"
	"postroom/internal/store"
	"postroom/parser"
)

// article builds the article that the mail becomes.
func (m *mail) article(ctx context.Context, tx *store.Store, ticket desk.TicketID) (*desk.Article, error) {
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
		Body:        desk.Cut(clean(m.StoredBody()), desk.MaxBody),
		Preferences: map[string]any{"send-auto-response": m.mayAnswer, "is-auto-response": m.autoResponse},
	}
	a.MessageIDMD5 = new(thread.MessageIDSum(m.MessageID))
	if m.ContentType == "text/html" {
		a.Preferences["remote_content_removed"] = m.RemoteContentRemoved
	}
	if m.security != nil {
		a.Preferences[desk.PreferenceSecurity] = m.security
	}
	a.CreatedByID, a.UpdatedByID = m.session.ID, m.session.ID
	a.CreatedAt, a.UpdatedAt = m.known.Now, m.known.Now
	return a, applyArticleAttributes(ctx, tx, m, a)
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
	more, err := in.put(ctx, tx, m.Attachments, m.known.ArticleID, m.session.ID, m.catalog)
	return append(files, more...), err
}

// put puts the bytes of a mail's attachments away and builds their records.
func (in *Intake) put(ctx context.Context, tx *store.Store, attachments []parser.Attachment, id desk.ArticleID, by desk.UserID, c *desk.Catalog) ([]desk.Attachment, error) {
	if len(attachments) == 0 {
		return nil, nil
	}
	bytes := make([][]byte, len(attachments))
	for i, a := range attachments {
		bytes[i] = a.Data
	}
	ids, err := in.blobs.Put(ctx, tx, placeOf(c), bytes...)
	if err != nil {
		return nil, err
	}
	files := make([]desk.Attachment, len(attachments))
	for i, a := range attachments {
		name := desk.Cut(clean(oneLine(a.Filename)), maxFilename)
		if name == "" || path.Clean(name) == "." {
			name = "file"
		}
		preferences, _ := cleanAll(a.Preferences).(map[string]any)
		fit(preferences)
		picture.Mark(preferences, a.ContentType, a.Data)
		files[i] = desk.Attachment{
			Object: desk.ObjectArticle, OID: int64(id), CreatedByID: by,
			Filename: name, Size: int64(len(a.Data)), BlobID: ids[i], Preferences: preferences,
		}
	}
	return files, nil
}

// maxPreferences is how much may be stored beside a file, in bytes. Headers of its part are among
// them, and strangers write those.
const maxPreferences = 2400

// fit drops the longest values and names, until what is left is short enough.
func fit(preferences map[string]any) {
	for _, most := range []struct{ value, name int }{{600, 100}, {300, 60}, {150, 30}, {75, 15}} {
		if sizeOf(preferences) <= maxPreferences {
			return
		}
		maps.DeleteFunc(preferences, func(_ string, value any) bool { return len(fmt.Sprint(value)) > most.value })
		if sizeOf(preferences) <= maxPreferences {
			return
		}
		maps.DeleteFunc(preferences, func(name string, _ any) bool { return len(name) > most.name })
	}
	if sizeOf(preferences) > maxPreferences {
		clear(preferences)
	}
}

// sizeOf counts a name, a value and the four characters between and behind them.
func sizeOf(preferences map[string]any) (size int) {
	for name, value := range preferences {
		size += len(name) + len(fmt.Sprint(value)) + 4
	}
	return size
}

// placeOf is where new blobs go.
func placeOf(c *desk.Catalog) string {
	if place := c.Settings.String("storage_provider"); place != "" {
		return place
	}
	return blob.DB
}
