package form

import (
	"context"
	"io"
	"mime/multipart"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/picture"
	"postroom/internal/store"
)

const (
	maxFiles = 10
	maxName  = 250 // of a file or media type, characters
)

// sent is a file as it came.
type sent struct {
	name, kind string
	data       []byte
}

// filesSent reads the files of a form. They are in memory already, or in files beside it; their sizes are
// bounded by that of the request.
func filesSent(r *http.Request) ([]sent, error) {
	if r.MultipartForm == nil {
		return nil, nil
	}
	var files []sent
	for _, name := range []string{"file[]", "file"} {
		for _, header := range r.MultipartForm.File[name] {
			if len(files) == maxFiles {
				return nil, rest.Invalid("file", "Too many files: %d at most.", maxFiles)
			}
			data, err := read(header)
			if err != nil {
				return nil, err
			}
			kind := rest.Cut(header.Header.Get("Content-Type"), maxName)
			if kind == "" {
				kind = "application/octet-stream"
			}
			files = append(files, sent{rest.Cut(header.Filename, maxName), kind, data})
		}
	}
	return files, nil
}

func read(header *multipart.FileHeader) ([]byte, error) {
	opened, err := header.Open()
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	return io.ReadAll(opened)
}

// attach keeps the files with the article.
func (s *Room) attach(ctx context.Context, tx *store.Store, v *page, article desk.Article, files []sent) error {
	if len(files) == 0 {
		return nil
	}
	data := make([][]byte, len(files))
	for i, f := range files {
		data[i] = f.data
	}
	blobs, err := s.Blobs.Put(ctx, tx, v.catalog.Settings.String("storage_provider"), data...)
	if err != nil {
		return err
	}
	kept := make([]desk.Attachment, len(files))
	for i, f := range files {
		preferences := map[string]any{"Content-Type": f.kind, "Mime-Type": f.kind}
		picture.Mark(preferences, f.kind, f.data)
		kept[i] = desk.Attachment{
			Object: desk.ObjectArticle, OID: int64(article.ID), BlobID: blobs[i], Size: int64(len(f.data)),
			Filename: f.name, Preferences: preferences, CreatedByID: article.CreatedByID,
		}
	}
	return tx.InsertAttachments(ctx, kept)
}
