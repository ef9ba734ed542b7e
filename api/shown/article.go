package shown

import (
	"context"
	"fmt"
	"strings"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/richtext"
)

// Articles shows articles with names and files, with the same number of queries however many
// there are.
func (s *Tickets) Articles(ctx context.Context, articles []desk.Article) ([]rest.Record, error) {
	records := make([]rest.Record, len(articles))
	if len(articles) == 0 {
		return records, nil
	}
	catalog, err := s.store.Catalog(ctx)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(articles))
	var users []desk.UserID
	for i, a := range articles {
		ids[i] = int64(a.ID)
		users = append(users, a.CreatedByID, a.UpdatedByID)
		if a.OriginByID != nil {
			users = append(users, *a.OriginByID)
		}
	}
	attachments, err := s.store.AttachmentsOf(ctx, desk.ObjectArticle, ids...)
	if err != nil {
		return nil, err
	}
	files := map[int64][]desk.Attachment{}
	for _, file := range attachments {
		files[file.OID] = append(files[file.OID], file)
	}
	names, err := s.store.NamesOf(ctx, users, nil)
	if err != nil {
		return nil, err
	}
	for i := range articles {
		records[i] = articleRecord(&articles[i], files[ids[i]], names.Logins, catalog)
	}
	return records, nil
}

// ArticlesAs shows articles in the shape the parameters ask for. Their names are there in any.
func (s *Tickets) ArticlesAs(ctx context.Context, who *desk.Caller, articles []desk.Article, p rest.Params) (any, error) {
	if rest.ShapeOf(p) != rest.ShapeFull {
		return s.Articles(ctx, articles)
	}
	assets, err := s.ArticleAssets(ctx, who, articles)
	return rest.Record{{"record_ids", ArticleIDs(articles)}, {"assets", assets}}, err
}

// ArticleAs is ArticlesAs for one article.
func (s *Tickets) ArticleAs(ctx context.Context, who *desk.Caller, article desk.Article, p rest.Params) (rest.Record, error) {
	articles := []desk.Article{article}
	if rest.ShapeOf(p) == rest.ShapeFull {
		assets, err := s.ArticleAssets(ctx, who, articles)
		return rest.Record{{"id", article.ID}, {"assets", assets}}, err
	}
	records, err := s.Articles(ctx, articles)
	if err != nil {
		return nil, err
	}
	return records[0], nil
}

// ArticleIDs are those of articles, in their order.
func ArticleIDs(articles []desk.Article) []desk.ArticleID {
	ids := make([]desk.ArticleID, len(articles))
	for i, article := range articles {
		ids[i] = article.ID
	}
	return ids
}

func articleRecord(a *desk.Article, files []desk.Attachment, logins map[desk.UserID]string, c *desk.Catalog) rest.Record {
	body, listed := a.Body, files
	if a.ContentType == "text/html" {
		body, listed = linkImages(a, files)
	}
	r := rest.Record{
		{"id", a.ID},
		{"ticket_id", a.TicketID},
		{"type_id", a.TypeID},
		{"sender_id", a.SenderID},
		{"from", a.From},
		{"to", a.To},
		{"cc", a.Cc},
		{"subject", a.Subject},
		{"reply_to", a.ReplyTo},
		{"message_id", a.MessageID},
		{"message_id_md5", a.MessageIDMD5},
		{"in_reply_to", a.InReplyTo},
		{"content_type", a.ContentType},
		{"references", a.References},
		{"body", body},
		{"internal", a.Internal},
		{"preferences", a.Preferences},
		{"updated_by_id", a.UpdatedByID},
		{"created_by_id", a.CreatedByID},
		{"origin_by_id", a.OriginByID},
		{"created_at", a.CreatedAt},
		{"updated_at", a.UpdatedAt},
		{"attachments", Attachments(listed)},
		{"type", c.ArticleTypes[a.TypeID].Name},
		{"sender", c.Senders[a.SenderID]},
		{"created_by", logins[a.CreatedByID]},
		{"updated_by", logins[a.UpdatedByID]},
	}
	if a.OriginByID != nil {
		r.Add("origin_by", logins[*a.OriginByID])
	}
	r.Add("time_unit", decimal(a.TimeUnit))
	return r
}

// linkImages makes the body refer to images where they can be fetched. Files that the body shows
// are no attachments for its reader: the others are returned.
func linkImages(a *desk.Article, files []desk.Attachment) (body string, others []desk.Attachment) {
	if len(files) == 0 {
		return a.Body, files
	}
	byContentID := map[string]desk.AttachmentID{}
	for _, file := range files {
		if id := contentID(file); id != "" {
			byContentID[id] = file.ID
		}
	}
	shown := map[desk.AttachmentID]bool{}
	body = richtext.RewriteCIDs(a.Body, func(cid string) (string, bool) {
		id, ok := byContentID[cid]
		if !ok {
			return "", false
		}
		shown[id] = true
		return fmt.Sprintf("/api/v1/ticket_attachment/%d/%d/%d?view=inline", a.TicketID, a.ID, id), true
	})
	for _, file := range files {
		if !shown[file.ID] {
			others = append(others, file)
		}
	}
	return body, others
}

// contentID is the name under which a body refers to a file, without brackets.
func contentID(file desk.Attachment) string {
	id, _ := file.Preferences["Content-ID"].(string)
	return strings.Trim(id, "<>")
}

// Attachments shows files.
func Attachments(files []desk.Attachment) []rest.Record {
	records := make([]rest.Record, len(files))
	for i, file := range files {
		records[i] = attachmentRecord(file)
	}
	return records
}

func attachmentRecord(file desk.Attachment) rest.Record {
	return rest.Record{
		{"id", file.ID},
		{"store_file_id", file.BlobID},
		{"filename", file.Filename},
		{"size", fmt.Sprint(file.Size)},
		{"preferences", file.Preferences},
	}
}
