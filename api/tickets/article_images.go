package tickets

import (
	"context"
	"regexp"
	"strconv"
	"strings"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/richtext"
	"postroom/internal/store"
)

// storedImage is where front ends show a stored image from; its last number is the file's.
var storedImage = regexp.MustCompile(`^(?:https?://[^/]+)?/api/v1/(?:attachments/|ticket_attachment/\d+/\d+/)(\d+)(?:\?[^"]*)?$`)

// maxShownImages is how many stored images the body of one article may show.
const maxShownImages = 100

// takeShownImages finds the stored images that a body shows, such as those of the message it quotes,
// and makes the body refer to copies: who gets it as a mail can't fetch ours. The copies are for the
// caller to store. Only what waits for the author's form or belongs to the ticket is copied.
func takeShownImages(ctx context.Context, tx *store.Store, who *desk.Caller, a *desk.Article, t desk.Ticket, fqdn string) ([]desk.Attachment, error) {
	if a.ContentType != "text/html" || !strings.Contains(a.Body, "/api/v1/") {
		return nil, nil
	}
	wanted := rest.Set[desk.AttachmentID]{}
	richtext.RewriteImages(a.Body, func(src string) (string, bool) {
		if id := storedImageID(src); id != 0 && len(wanted) < maxShownImages {
			wanted.Add(id)
		}
		return "", false
	})
	if len(wanted) == 0 {
		return nil, nil
	}
	found, err := tx.ImagesForTicket(ctx, wanted.Values(), who.User.ID, t.ID, who.TicketAccess().WorksOn(t))
	if err != nil {
		return nil, err
	}
	names := map[desk.AttachmentID]string{}
	copies := make([]desk.Attachment, len(found))
	for i, file := range found {
		contentID := ticketContentID(t.ID, fqdn)
		names[file.ID] = contentID
		kind, _ := file.Preferences["Content-Type"].(string)
		if kind == "" {
			kind, _ = file.Preferences["Mime-Type"].(string)
		}
		copies[i] = desk.Attachment{
			Object: desk.ObjectArticle, Filename: file.Filename, Size: file.Size, BlobID: file.BlobID, CreatedByID: who.User.ID,
			Preferences: map[string]any{"Mime-Type": kind, "Content-Type": kind, "Content-ID": contentID, "Content-Disposition": "inline"},
		}
	}
	a.Body = richtext.RewriteImages(a.Body, func(src string) (string, bool) {
		name, ok := names[storedImageID(src)]
		return "cid:" + name, ok
	})
	return copies, nil
}

func storedImageID(src string) desk.AttachmentID {
	match := storedImage.FindStringSubmatch(src)
	if match == nil {
		return 0
	}
	id, err := strconv.ParseInt(match[1], 10, 64)
	if err != nil {
		return 0
	}
	return desk.AttachmentID(id)
}
