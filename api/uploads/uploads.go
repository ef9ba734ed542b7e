// Package uploads keeps files that wait for the form in which somebody writes an article.
package uploads

import (
	"context"
	"io"
	"net/http"
	"strconv"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/picture"
	"postroom/internal/store"
	"postroom/jobs/task"
)

// Room answers requests about files of forms. Everybody has forms of their own.
type Room struct{ *rest.House }

// New returns a Room of a house.
func New(house *rest.House) *Room { return &Room{house} }

// Routes are the addresses of files that wait for a form.
func (s *Room) Routes(t *rest.Table) {
	added := rest.Record{{"success", true}, {"data", rest.Record{{"id", desk.AttachmentID(0)}, {"filename", ""}, {"size", ""}, {"contentType", ""}}}}
	done := rest.Record{{"success", true}}
	t.Handle("POST /api/v1/attachments", rest.Login, s.add).Gives(added)
	t.Handle("DELETE /api/v1/attachments/{id}", rest.Login, s.remove).Gives(done)
	t.Handle("DELETE /api/v1/attachments/destroy_form/{form_id}", rest.Login, s.clear).Gives(done)
	t.Handle("POST /api/v1/upload_caches/{form_id}", rest.Login, s.add).Gives(added)
	t.Handle("DELETE /api/v1/upload_caches/{form_id}", rest.Login, s.clear).Gives(done)
	t.Handle("DELETE /api/v1/upload_caches/{form_id}/items/{id}", rest.Login, s.remove).Gives(done)
}

const maxName = 250 // characters of a file's name

// formOf is the form that a request names: in its path, or among its parameters.
func formOf(r *http.Request, p rest.Params) (int64, error) {
	name := r.PathValue("form_id")
	if name == "" {
		name = p.Text("form_id")
	}
	form := desk.UploadCacheID(name)
	if form == 0 {
		return 0, rest.Invalid("form_id", "The required parameter 'form_id' is missing.")
	}
	return form, nil
}

// add keeps the file of a multipart body.
func (s *Room) add(w http.ResponseWriter, r *http.Request) error {
	ctx, who := r.Context(), rest.Caller(r)
	p, err := rest.ReadParamsUpTo(r, rest.MaxLargeBody)
	if err != nil {
		return err
	}
	form, err := formOf(r, p)
	if err != nil {
		return err
	}
	file, data, err := sentFile(r)
	if err != nil {
		return err
	}
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	file.Object, file.OID, file.CreatedByID = desk.ObjectUploadCache, form, who.User.ID
	kept := []desk.Attachment{file}
	err = s.Store.InTx(ctx, func(tx *store.Store) error {
		full, err := tx.UploadsFull(ctx, form, who.User.ID)
		if err == nil && full {
			err = rest.Invalid("File", "No further file can be added to this form.")
		}
		if err != nil {
			return err
		}
		blobs, err := s.Blobs.Put(ctx, tx, catalog.Settings.String("storage_provider"), data)
		if err != nil {
			return err
		}
		kept[0].BlobID = blobs[0]
		return tx.InsertAttachments(ctx, kept)
	})
	if err != nil {
		return err
	}
	kind, _ := kept[0].Preferences["Content-Type"].(string)
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"success", true}, {"data", rest.Record{
		{"id", kept[0].ID}, {"filename", file.Filename}, {"size", strconv.FormatInt(file.Size, 10)}, {"contentType", kind},
	}}})
}

// sentFile reads the part of a multipart body that is a file.
func sentFile(r *http.Request) (desk.Attachment, []byte, error) {
	var none desk.Attachment
	missing := rest.Invalid("File", "The required part 'File' is missing.")
	if r.MultipartForm == nil {
		return none, nil, missing
	}
	for _, name := range []string{"File", "file"} {
		headers := r.MultipartForm.File[name]
		if len(headers) == 0 {
			continue
		}
		opened, err := headers[0].Open()
		if err != nil {
			return none, nil, err
		}
		defer opened.Close()
		data, err := io.ReadAll(opened)
		if err != nil {
			return none, nil, err
		}
		kind := rest.Cut(headers[0].Header.Get("Content-Type"), maxName)
		preferences := map[string]any{"Content-Type": kind, "Mime-Type": kind}
		picture.Mark(preferences, kind, data)
		return desk.Attachment{Filename: rest.Cut(headers[0].Filename, maxName), Size: int64(len(data)), Preferences: preferences}, data, nil
	}
	return none, nil, missing
}

// remove deletes one file. That of another is none.
func (s *Room) remove(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[desk.AttachmentID](r, "id", "Store")
	if err != nil {
		return err
	}
	return s.release(w, r, func(ctx context.Context, tx *store.Store, who desk.UserID) ([]desk.BlobID, error) {
		return tx.DeleteUpload(ctx, id, who)
	})
}

// clear deletes all files of a form.
func (s *Room) clear(w http.ResponseWriter, r *http.Request) error {
	form, err := formOf(r, nil)
	if err != nil {
		return err
	}
	return s.release(w, r, func(ctx context.Context, tx *store.Store, who desk.UserID) ([]desk.BlobID, error) {
		return tx.DeleteUploads(ctx, form, who)
	})
}

// release deletes files and has their bytes deleted, if nothing else needs them.
func (s *Room) release(w http.ResponseWriter, r *http.Request, remove func(context.Context, *store.Store, desk.UserID) ([]desk.BlobID, error)) error {
	ctx := r.Context()
	err := s.Store.InTx(ctx, func(tx *store.Store) error {
		blobs, err := remove(ctx, tx, rest.Caller(r).User.ID)
		if err != nil || len(blobs) == 0 {
			return err
		}
		return tx.Announce(ctx, task.BlobsReleased{BlobIDs: blobs})
	})
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"success", true}})
}
