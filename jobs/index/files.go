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
	var r *reading
	shown := map[desk.ArticleID][]document.File{}
	for _, a := range articles {
		for _, f := range all[a.ID] {
			file := document.File{Name: f.Filename, Size: f.Size}
			if o.wanted(f) {
				var err error
				if r == nil {
					r, err = o.reading(ctx, articles, all)
				}
				if err == nil {
					err = o.fill(ctx, &file, f, r)
				}
				if err != nil {
					return nil, err
				}
			}
			shown[a.ID] = append(shown[a.ID], file)
		}
	}
	return shown, nil
}

// reading is how the files of one ticket are read, as long as there is room.
type reading struct {
	byEngine bool
	texts    map[desk.BlobID]string // of those that were read before
	files    int64                  // bytes of files for which there is room
	room     int                    // bytes of texts
}

func (o *outlet) reading(ctx context.Context, articles []desk.Article, all map[desk.ArticleID][]desk.Attachment) (*reading, error) {
	r := &reading{files: int64(o.catalog.Settings.Int("es_total_max_size_in_mb")) * megabyte, room: document.MaxTexts}
	var err error
	if r.byEngine, err = o.client.ReadsAttachments(ctx); err != nil {
		return nil, err
	}
	if r.byEngine {
		r.files = min(r.files, document.MaxFiles)
		return r, nil
	}
	var blobs []desk.BlobID
	for _, a := range articles {
		for _, f := range all[a.ID] {
			blobs = append(blobs, f.BlobID)
		}
	}
	r.texts, err = o.store.FileTexts(ctx, blobs)
	return r, err
}

// take returns a text as long as there is room for it.
func (r *reading) take(text string) string {
	if len(text) > r.room {
		return ""
	}
	r.room -= len(text)
	return text
}

// wanted reports whether anybody wants to find words in an attachment.
func (o *outlet) wanted(f desk.Attachment) bool {
	s := o.catalog.Settings
	return f.Size > 0 && f.Size <= int64(s.Int("es_attachment_max_size_in_mb"))*megabyte &&
		!slices.Contains(s.Strings("es_attachment_ignore"), strings.ToLower(path.Ext(f.Filename)))
}

// fill gives a file its text or its bytes, while there is room. One that can't be read is as if it had none.
func (o *outlet) fill(ctx context.Context, file *document.File, f desk.Attachment, r *reading) error {
	if f.Size > r.files {
		return nil
	}
	r.files -= f.Size
	kind, _ := f.Preferences["Content-Type"].(string)
	if !r.byEngine {
		text, known := r.texts[f.BlobID]
		if file.Text = r.take(text); known || !extract.Reads(f.Filename, kind) {
			return nil
		}
	}
	data, err := o.blobs.Get(ctx, o.store, f.BlobID)
	if errors.Is(err, desk.ErrUnavailable) || ctx.Err() != nil {
		return err
	}
	if err != nil {
		o.log.WarnContext(ctx, "attachment can't be read for the search engine", "attachment_id", f.ID, "error", err)
		return nil
	}
	if r.byEngine {
		file.Content = data
		return nil
	}
	text, err := o.extract.Text(ctx, f.Filename, kind, data)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		o.log.InfoContext(ctx, "attachment has no text that can be read", "attachment_id", f.ID, "error", err)
	}
	file.Text = r.take(text)
	return o.store.KeepFileText(ctx, f.BlobID, text)
}
