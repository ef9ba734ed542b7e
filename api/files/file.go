package files

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"postroom/api/rest"
	"postroom/api/shown"
	"postroom/internal/desk"
	"postroom/internal/picture"
)

// getTicketAttachment sends a file of an article.
func (s *Room) getTicketAttachment(w http.ResponseWriter, r *http.Request) error {
	ctx, access := r.Context(), rest.Caller(r).TicketAccess()
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	file, err := s.fileOfArticle(ctx, r, access)
	if err != nil {
		return err
	}
	return s.sendFile(w, r, file, p)
}

// fileOfArticle finds the file that a path names by ticket, article and itself. After a merge the
// old ticket still leads to its articles.
func (s *Room) fileOfArticle(ctx context.Context, r *http.Request, access desk.TicketAccess) (desk.Attachment, error) {
	var none desk.Attachment
	ticketID, err := rest.PathID[desk.TicketID](r, "ticket_id", "Ticket")
	if err != nil {
		return none, err
	}
	articleID, err := rest.PathID[desk.ArticleID](r, "article_id", "Ticket::Article")
	if err != nil {
		return none, err
	}
	fileID, err := rest.PathID[desk.AttachmentID](r, "id", "Store")
	if err != nil {
		return none, err
	}
	catalog, err := s.Store.Catalog(ctx)
	if err != nil {
		return none, err
	}
	ticket, err := s.Store.Ticket(ctx, ticketID)
	if err != nil {
		return none, err
	}
	if err := access.MayShow(ticket); err != nil {
		return none, err
	}
	article, err := s.Store.Article(ctx, articleID)
	if err != nil {
		return none, err
	}
	if article.TicketID != ticket.ID {
		if catalog.StateType(ticket.StateID) != desk.StateTypeMerged {
			return none, rest.Forbidden("The article does not belong to the specified ticket.")
		}
		if ticket, err = s.Store.Ticket(ctx, article.TicketID); err != nil {
			return none, err
		}
	}
	if err := shown.MaySeeArticle(access, ticket, article); err != nil {
		return none, err
	}
	file, err := s.Store.Attachment(ctx, fileID)
	if err != nil && !errors.Is(err, desk.ErrNotFound) {
		return none, err
	}
	if err != nil || file.Object != desk.ObjectArticle || file.OID != int64(article.ID) {
		return none, rest.Forbidden("The file does not belong to the specified article.")
	}
	return file, nil
}

// getAttachment sends a file by its id alone. Where the caller may not see what it belongs to,
// there is no such file.
func (s *Room) getAttachment(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[desk.AttachmentID](r, "id", "Store")
	if err != nil {
		return err
	}
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	file, err := s.Store.Attachment(r.Context(), id)
	if err != nil {
		return err
	}
	err = s.mayReadFile(r.Context(), rest.Caller(r), file)
	if errors.Is(err, desk.ErrForbidden) || errors.Is(err, desk.ErrNotFound) {
		return &desk.MissingError{Class: "Store", ID: int64(id)}
	}
	if err != nil {
		return err
	}
	return s.sendFile(w, r, file, p)
}

func (s *Room) mayReadFile(ctx context.Context, who *desk.Caller, file desk.Attachment) error {
	if who == nil && file.Object != desk.ObjectKBAnswer { // strangers read what is published
		return desk.ErrForbidden
	}
	switch file.Object {
	case desk.ObjectArticle, desk.ObjectArticleMail:
		_, _, err := s.shown.Article(ctx, who, desk.ArticleID(file.OID))
		return err
	case desk.ObjectKBAnswer:
		return s.answerFile(ctx, who, file)
	case desk.ObjectUploadCache:
		if file.CreatedByID == who.User.ID {
			return nil
		}
	}
	return desk.ErrForbidden
}

// getArticlePlain sends the mail that an article came or left as.
func (s *Room) getArticlePlain(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	id, err := rest.PathID[desk.ArticleID](r, "id", "Ticket::Article")
	if err != nil {
		return err
	}
	article, ticket, err := s.shown.Article(ctx, rest.Caller(r), id)
	if err != nil {
		return err
	}
	files, err := s.Store.AttachmentsOf(ctx, desk.ObjectArticleMail, int64(article.ID))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	data, err := s.Blobs.Get(ctx, s.Store, files[0].BlobID)
	if err != nil {
		return fmt.Errorf("mail of article %d: %w", id, err)
	}
	writeFile(w, data, "message/rfc822", disposition("inline", fmt.Sprintf("ticket-%s-%d.eml", ticket.Number, article.ID)))
	return nil
}

func (s *Room) sendFile(w http.ResponseWriter, r *http.Request, file desk.Attachment, p rest.Params) error {
	if wantsCalendar(p) {
		return s.sendCalendar(w, r, file)
	}
	wanted := p.Text("disposition")
	switch wanted {
	case "", "inline", "attachment":
	default:
		return rest.Forbidden("Invalid disposition " + wanted + " requested. Only inline, attachment are valid.")
	}
	data, err := s.Blobs.Get(r.Context(), s.Store, file.BlobID)
	if err != nil {
		return fmt.Errorf("attachment %d: %w", file.ID, err)
	}
	kind := mediaType(file)
	if !shownInline[kind] || wanted == "" && !strings.HasPrefix(kind, "image/") {
		wanted = "attachment"
	}
	if wanted == "" {
		wanted = "inline"
	}
	if width := widths[p.Text("view")]; width > 0 && shownInline[kind] {
		data, kind = picture.Narrow(data, kind, width)
	}
	writeFile(w, data, kind, disposition(wanted, file.Filename))
	return nil
}

// widths are how wide pictures are at most, in pixels, by the view that is asked for.
var widths = map[string]int{"inline": picture.InlineWidth, "preview": picture.PreviewWidth}

// writeFile sends bytes that a stranger may have written: nothing in them may run in a browser.
func writeFile(w http.ResponseWriter, data []byte, kind, disposition string) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", disposition)
	h.Set("Content-Length", strconv.Itoa(len(data)))
	h.Set("Content-Security-Policy", "default-src 'none'")
	h.Set("Cache-Control", "private, max-age=0, must-revalidate")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(data) // who doesn't wait for it doesn't want it
}

// shownInline are the images that no browser runs anything in.
var shownInline = map[string]bool{
	"image/gif": true, "image/jpeg": true, "image/jpg": true, "image/png": true, "image/webp": true, "image/bmp": true,
}

// activeContent are parts of media types that browsers run or interpret.
var activeContent = []string{"html", "xml", "svg", "script", "flash", "x-shockwave", "pdf+"}

const bytesOnly = "application/octet-stream"

// mediaType is what a file is sent as.
func mediaType(file desk.Attachment) string {
	for _, key := range []string{"Content-Type", "Mime-Type"} {
		text, _ := file.Preferences[key].(string)
		kind, _, err := mime.ParseMediaType(text)
		if err != nil || !strings.Contains(kind, "/") {
			continue
		}
		for _, active := range activeContent {
			if strings.Contains(kind, active) {
				return bytesOnly
			}
		}
		return kind
	}
	return bytesOnly
}

// disposition names a file in a header: in ASCII for old clients, in UTF-8 for all others.
func disposition(kind, filename string) string {
	ascii := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' || r == '%' || r == '/' {
			return '_'
		}
		return r
	}, filename)
	return fmt.Sprintf(`%s; filename="%s"; filename*=UTF-8''%s`, kind, ascii, strings.ReplaceAll(url.QueryEscape(filename), "+", "%20"))
}
