package index

import (
	"context"
	"errors"
	"path"
	"slices"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/document"
	"postroom/internal/extract"
)

const megabyte = 1 << 20

// files are the attachments of a ticket's articles as its document holds them: with their bytes if
// the engine reads files itself, else with their text. Of those that are too large, or whose kind is
// not wanted, only the name is known.
func (o *outlet) files(ctx context.Context, articles []desk.Article, all map[desk.ArticleID][]desk.Attachment) (map[desk.ArticleID][]document.File, error) {
	var texts map[desk.BlobID]string
	shown := map[desk.ArticleID][]document.File{}
	left := int64(o.catalog.Settings.Int("es_total_max_size_in_mb")) * megabyte
	for _, a := range articles {
		for _, f := range all[a.ID] {
			file := document.File{Name: f.Filename, Size: f.Size}
			if o.wanted(f) && f.Size <= left {
				if texts == nil {
					var err error
					if texts, err = o.knownTexts(ctx, articles, all); err != nil {
						return nil, err
					}
				}
				left -= f.Size
				if err := o.fill(ctx, &file, f, texts); err != nil {
					return nil, err
				}
			}
			shown[a.ID] = append(shown[a.ID], file)
		}
	}
	return shown, nil
}

// wanted reports whether anybody wants to find words in an attachment.
func (o *outlet) wanted(f desk.Attachment) bool {
	s := o.catalog.Settings
	return f.Size > 0 && f.Size <= int64(s.Int("es_attachment_max_size_in_mb"))*megabyte &&
		!slices.Contains(s.Strings("es_attachment_ignore"), strings.ToLower(path.Ext(f.Filename)))
}

func (o *outlet) knownTexts(ctx context.Context, articles []desk.Article, all map[desk.ArticleID][]desk.Attachment) (map[desk.BlobID]string, error) {
	var blobs []desk.BlobID
	for _, a := range articles {
		for _, f := range all[a.ID] {
			blobs = append(blobs, f.BlobID)
		}
	}
	return o.rows.FileTexts(ctx, blobs)
}

// fill gives a file its text or its bytes. One that can't be read is as if it had none.
func (o *outlet) fill(ctx context.Context, file *document.File, f desk.Attachment, texts map[desk.BlobID]string) error {
	byEngine, err := o.client.ReadsAttachments(ctx)
	if err != nil {
		return err
	}
	kind, _ := f.Preferences["Content-Type"].(string)
	if !byEngine {
		text, known := texts[f.BlobID]
		if file.Text = text; known || !extract.Reads(f.Filename, kind) {
			return nil
		}
	}
	data, err := o.blobs.Get(ctx, o.rows, f.BlobID)
	if errors.Is(err, desk.ErrUnavailable) || ctx.Err() != nil {
		return err
	}
	if err != nil {
		o.log.WarnContext(ctx, "attachment can't be read for the search engine", "attachment_id", f.ID, "error", err)
		return nil
	}
	if byEngine {
		file.Content = data
		return nil
	}
	if file.Text, err = o.extract.Text(ctx, f.Filename, kind, data); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		o.log.InfoContext(ctx, "attachment has no text that can be read", "attachment_id", f.ID, "error", err)
	}
	// Not in the transaction, which would keep others waiting who release the same file.
	return o.store.KeepFileText(ctx, f.BlobID, file.Text)
}
