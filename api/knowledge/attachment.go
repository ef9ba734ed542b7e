package knowledge

import (
	"context"
	"encoding/base64"
	"io"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/kb"
	"postroom/internal/store"
)

// maxFiles is how many files an answer has at most, maxFileName how long their names are.
const (
	maxFiles    = 100
	maxFileName = 250
)

// addFile keeps a file of an answer.
func (s *Room) addFile(w http.ResponseWriter, r *http.Request) error {
	in, err := s.InputUpTo(r, rest.MaxLargeBody)
	if err != nil {
		return err
	}
	file, data, err := fileSent(r, in.Params)
	if err != nil {
		return err
	}
	var answer kb.Answer
	var at *visit
	err = s.change(r, func(ctx context.Context, tx *store.Store, v *visit) error {
		at = v
		id, err := answerID(r, "answer_id")
		if err != nil {
			return err
		}
		if answer, err = v.answer(ctx, tx, id, editor); err != nil {
			return err
		}
		others, err := tx.AttachmentsOf(ctx, desk.ObjectKBAnswer, int64(id))
		if err == nil && len(others) >= maxFiles {
			err = rest.Invalid("file", "No further file can be added to this answer.")
		}
		if err != nil {
			return err
		}
		blobs, err := s.Blobs.Put(ctx, tx, in.Catalog.Settings.String("storage_provider"), data)
		if err != nil {
			return err
		}
		file.Object, file.OID, file.BlobID, file.CreatedByID = desk.ObjectKBAnswer, int64(id), blobs[0], in.Who.User.ID
		return tx.InsertAttachments(ctx, []desk.Attachment{file})
	})
	if err != nil {
		return err
	}
	return s.answerAlone(w, r, at, answer.ID)
}

// fileSent reads a file: a part of a multipart body, or base64 in JSON.
func fileSent(r *http.Request, p rest.Params) (file desk.Attachment, data []byte, err error) {
	missing := rest.Invalid("file", "The required parameter 'file' is missing.")
	kind := ""
	if r.MultipartForm != nil && len(r.MultipartForm.File["file"]) > 0 {
		header := r.MultipartForm.File["file"][0]
		opened, err := header.Open()
		if err != nil {
			return file, nil, err
		}
		defer opened.Close()
		if data, err = io.ReadAll(opened); err != nil {
			return file, nil, err
		}
		file.Filename, kind = header.Filename, header.Header.Get("Content-Type")
	} else {
		if inner, ok := p.Object("file"); ok {
			p = inner
		}
		text, isText := p["data"].(string)
		if !isText || p.Blank("filename") {
			return file, nil, missing
		}
		if data, err = base64.StdEncoding.DecodeString(text); err != nil {
			return file, nil, rest.Invalid("data", "Invalid base64 for attachment with index '0'")
		}
		file.Filename, kind = p.Text("filename"), p.Text("mime-type")
	}
	file.Filename, kind = rest.Cut(file.Filename, maxFileName), rest.Cut(kind, maxFileName)
	file.Size = int64(len(data))
	file.Preferences = map[string]any{"Content-Type": kind, "Mime-Type": kind}
	return file, data, nil
}

// removeFile deletes a file of an answer.
func (s *Room) removeFile(w http.ResponseWriter, r *http.Request) error {
	var answer kb.Answer
	var at *visit
	err := s.change(r, func(ctx context.Context, tx *store.Store, v *visit) error {
		at = v
		id, err := answerID(r, "answer_id")
		if err != nil {
			return err
		}
		fileID, err := rest.PathID[desk.AttachmentID](r, "id", "Store")
		if err != nil {
			return err
		}
		if answer, err = v.answer(ctx, tx, id, editor); err != nil {
			return err
		}
		blobs, err := tx.DeleteKBFile(ctx, id, fileID)
		if err != nil {
			return err
		}
		return forget(ctx, tx, blobs)
	})
	if err != nil {
		return err
	}
	return s.answerAlone(w, r, at, answer.ID)
}

// cloneFiles copies the files of an answer to the form of an article that quotes it.
func (s *Room) cloneFiles(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	v, answer, err := s.answerToRead(r, "answer_id")
	if err != nil {
		return err
	}
	form := desk.UploadCacheID(p.Text("form_id"))
	if form == 0 {
		return rest.Invalid("form_id", "Need 'form_id' to add attachments to new form.")
	}
	copies, err := s.Store.CopyAttachments(r.Context(), desk.ObjectKBAnswer, int64(answer.ID), desk.ObjectUploadCache, form, v.who.User.ID)
	if err != nil {
		return err
	}
	files := make([]rest.Record, len(copies))
	for i, file := range copies {
		files[i] = fileRecord(file)
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"attachments", files}})
}
