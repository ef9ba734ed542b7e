package tickets

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/picture"
	"postroom/internal/richtext"
	"postroom/internal/store"
)

// upload is a file that came with an article.
type upload struct {
	filename    string
	preferences map[string]any
	data        []byte
}

const (
	maxFilename  = 250 // characters
	maxMediaType = 250
)

// readUploads decodes the files of an article.
func readUploads(p rest.Params) ([]upload, error) {
	var files []upload
	for i, value := range p.List("attachments") {
		sent, ok := value.(map[string]any)
		if !ok {
			return nil, rest.Invalid("attachments", "Attachment needs 'mime-type' param for attachment with index '%d'", i)
		}
		file, err := readUpload(rest.Params(sent), i)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}

func readUpload(p rest.Params, index int) (upload, error) {
	for _, key := range []string{"mime-type", "filename", "data"} {
		if _, isText := p[key].(string); !isText {
			return upload{}, rest.Invalid("attachments", "Attachment needs '%s' param for attachment with index '%d'", key, index)
		}
	}
	data, err := strictBase64(p["data"].(string))
	if err != nil {
		return upload{}, rest.Invalid("attachments", "Invalid base64 for attachment with index '%d'", index)
	}
	file := upload{
		filename:    rest.Cut(oneLineName(p.Text("filename")), maxFilename),
		preferences: map[string]any{"Mime-Type": rest.Cut(p.Text("mime-type"), maxMediaType)},
		data:        data,
	}
	if charset := p.Text("charset"); charset != "" {
		file.preferences["Charset"] = rest.Cut(charset, maxMediaType)
	}
	return file, nil
}

var lineBreaks = strings.NewReplacer("\r", "", "\n", "")

// strictBase64 decodes base64 with padding. Line breaks are allowed, nothing else is.
func strictBase64(text string) ([]byte, error) {
	return base64.StdEncoding.Strict().DecodeString(lineBreaks.Replace(text))
}

// oneLineName takes control characters out of a file name.
func oneLineName(name string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, name)
}

// ticketContentID makes a Content-ID for an image in the body of an article.
func ticketContentID(ticket desk.TicketID, fqdn string) string {
	return fmt.Sprintf("%d.%s@%s", ticket, uuid.NewString(), fqdn)
}

func inlineImage(image richtext.Image) upload {
	return upload{
		filename: image.Filename,
		preferences: map[string]any{
			"Mime-Type": image.ContentType, "Content-Type": image.ContentType,
			"Content-ID": image.ContentID, "Content-Disposition": "inline",
		},
		data: image.Data,
	}
}

// keepFiles stores the files of an article in its transaction, and copies of others.
func (s *Room) keepFiles(ctx context.Context, tx *store.Store, a desk.Article, files []upload, copies []desk.Attachment, c *desk.Catalog) error {
	for i := range copies {
		copies[i].OID = int64(a.ID)
	}
	if len(files) == 0 {
		return tx.InsertAttachments(ctx, copies)
	}
	data := make([][]byte, len(files))
	for i, file := range files {
		data[i] = file.data
	}
	blobs, err := s.Blobs.Put(ctx, tx, c.Settings.String("storage_provider"), data...)
	if err != nil {
		return err
	}
	attachments := make([]desk.Attachment, len(files))
	for i, file := range files {
		kind, _ := file.preferences["Mime-Type"].(string)
		picture.Mark(file.preferences, kind, file.data)
		attachments[i] = desk.Attachment{
			Object: desk.ObjectArticle, OID: int64(a.ID), Filename: file.filename, Size: int64(len(file.data)),
			BlobID: blobs[i], Preferences: file.preferences, CreatedByID: a.CreatedByID,
		}
	}
	return tx.InsertAttachments(ctx, append(attachments, copies...))
}

// takeUploads gives an article the files that wait for the form in which it was written.
func takeUploads(ctx context.Context, tx *store.Store, in *rest.Input, a desk.Article, sent rest.Params) error {
	form := desk.UploadCacheID(sent.Text("form_id"))
	if form == 0 {
		return nil
	}
	blobs, err := tx.TakeUploads(ctx, form, in.Who.User.ID, a.ID, a.Body)
	if err != nil {
		return err
	}
	return releaseBlobs(ctx, tx, blobs)
}
