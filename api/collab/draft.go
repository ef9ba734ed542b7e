package collab

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/teamwork"
	"postroom/internal/richtext"
	"postroom/internal/store"
)

func draftRecord(d teamwork.Draft) rest.Record {
	return rest.Record{
		{"id", d.ID}, {"ticket_id", d.TicketID}, {"new_article", d.NewArticle}, {"ticket_attributes", d.TicketAttributes},
		{"created_by_id", d.CreatedByID}, {"updated_by_id", d.UpdatedByID}, {"created_at", d.CreatedAt}, {"updated_at", d.UpdatedAt},
	}
}

// showDraft answers with what is being written in a ticket.
func (s *Room) showDraft(w http.ResponseWriter, r *http.Request) error {
	ctx, who := r.Context(), rest.Caller(r)
	id, err := rest.PathID[desk.TicketID](r, "ticket_id", desk.ObjectTicket)
	if err != nil {
		return err
	}
	ticket, err := s.ticket(ctx, who, id, desk.TicketAccess.MayChangeAsAgent)
	if err != nil {
		return err
	}
	draft, err := s.Store.DraftOf(ctx, id)
	if err != nil {
		return err
	}
	if draft == nil {
		return rest.Reply(w, r, rest.Record{{"shared_draft_id", nil}, {"assets", rest.Record{}}})
	}
	answer, err := s.draftAnswer(ctx, who, *draft, ticket.GroupID)
	if err != nil {
		return err
	}
	return rest.Reply(w, r, answer)
}

func (s *Room) draftAnswer(ctx context.Context, who *desk.Caller, d teamwork.Draft, group desk.GroupID) (rest.Record, error) {
	assets := rest.Record{{"TicketSharedDraftZoom", map[teamwork.DraftID]rest.Record{d.ID: draftRecord(d)}}}
	err := s.addAuthors(ctx, who, &assets, group, d.CreatedByID, d.UpdatedByID)
	return rest.Record{{"shared_draft_id", d.ID}, {"assets", assets}}, err
}

// addAuthors adds who wrote a draft, and the group it is for.
func (s *Room) addAuthors(ctx context.Context, who *desk.Caller, assets *rest.Record, group desk.GroupID, authors ...desk.UserID) error {
	catalog, err := s.Store.Catalog(ctx)
	if err != nil {
		return err
	}
	users, organizations := rest.Set[desk.UserID]{}, rest.Set[desk.OrganizationID]{}
	users.Add(authors...)
	if err := s.people.AddPeople(ctx, who, assets, users, organizations); err != nil {
		return err
	}
	if err := s.people.AddGroups(ctx, who, assets, rest.Set[desk.GroupID]{group: true}, catalog); err != nil {
		return err
	}
	return s.people.AddOrganizations(ctx, who, assets, organizations)
}

// putDraft begins a draft anew, in place of one that is there.
func (s *Room) putDraft(w http.ResponseWriter, r *http.Request) error {
	return s.writeDraft(w, r, http.StatusCreated, func(ctx context.Context, tx *store.Store, in *rest.Input, former *teamwork.Draft, id desk.TicketID) error {
		if former != nil {
			if err := dropDraft(ctx, tx, *former, in.Who.User.ID); err != nil {
				return err
			}
		}
		draft := teamwork.Draft{TicketID: id}
		if err := readDraft(in, &draft); err != nil {
			return err
		}
		if err := tx.InsertDraft(ctx, &draft); err != nil {
			return err
		}
		return takeFiles(ctx, tx, in, teamwork.ObjectDraft, int64(draft.ID))
	})
}

// patchDraft goes on with the draft that is there.
func (s *Room) patchDraft(w http.ResponseWriter, r *http.Request) error {
	return s.writeDraft(w, r, http.StatusOK, func(ctx context.Context, tx *store.Store, in *rest.Input, draft *teamwork.Draft, _ desk.TicketID) error {
		if draft == nil {
			return errNoDraft
		}
		if err := readDraft(in, draft); err != nil {
			return err
		}
		if err := tx.SaveDraft(ctx, *draft); err != nil {
			return err
		}
		return takeFiles(ctx, tx, in, teamwork.ObjectDraft, int64(draft.ID))
	})
}

var errNoDraft error = &rest.AnswerError{Status: http.StatusNotFound, Text: "Couldn't find " + teamwork.ObjectDraft}

func (s *Room) writeDraft(w http.ResponseWriter, r *http.Request, status int,
	write func(ctx context.Context, tx *store.Store, in *rest.Input, former *teamwork.Draft, id desk.TicketID) error,
) error {
	ctx := r.Context()
	id, err := rest.PathID[desk.TicketID](r, "ticket_id", desk.ObjectTicket)
	if err != nil {
		return err
	}
	in, err := s.InputUpTo(r, rest.MaxLargeBody)
	if err != nil {
		return err
	}
	var ticket desk.Ticket
	err = s.Store.InTx(ctx, func(tx *store.Store) (err error) {
		ticket, err = lockedTicket(ctx, tx, in.Who, id, desk.TicketAccess.MayChangeAsAgent)
		if err != nil {
			return err
		}
		former, err := tx.DraftOf(ctx, id)
		if err != nil {
			return err
		}
		return write(ctx, tx, in, former, id)
	})
	if err != nil {
		return err
	}
	draft, err := s.Store.DraftOf(ctx, id)
	if err == nil && draft == nil {
		err = errNoDraft // somebody was faster and deleted it
	}
	if err != nil {
		return err
	}
	answer, err := s.draftAnswer(ctx, in.Who, *draft, ticket.GroupID)
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, status, answer)
}

// readDraft takes what clients keep in a draft. Nobody here looks into it, but what is HTML in it
// must do no harm to who reads it.
func readDraft(in *rest.Input, d *teamwork.Draft) error {
	in.Object(&d.NewArticle, "new_article")
	in.Object(&d.TicketAttributes, "ticket_attributes")
	cleanBody(d.NewArticle)
	d.UpdatedByID = in.Who.User.ID
	return in.Err
}

func cleanBody(content map[string]any) {
	kind, _ := content["content_type"].(string)
	body, isText := content["body"].(string)
	if isText && strings.HasPrefix(strings.ToLower(kind), "text/html") {
		content["body"], _ = richtext.Sanitize(body, richtext.Options{})
	}
}

// takeFiles gives a draft the files that wait for the form it was written in, in place of those it has.
func takeFiles(ctx context.Context, tx *store.Store, in *rest.Input, class string, oid int64) error {
	form := desk.UploadCacheID(in.Params.Text("form_id"))
	if form == 0 {
		return nil
	}
	blobs, err := tx.DeleteAttachmentsOf(ctx, class, oid)
	if err != nil {
		return err
	}
	if _, err := tx.CopyAttachments(ctx, desk.ObjectUploadCache, form, class, oid, in.Who.User.ID); err != nil {
		return err
	}
	return release(ctx, tx, blobs)
}

func (s *Room) deleteDraft(w http.ResponseWriter, r *http.Request) error {
	ctx, who := r.Context(), rest.Caller(r)
	id, err := rest.PathID[desk.TicketID](r, "ticket_id", desk.ObjectTicket)
	if err != nil {
		return err
	}
	var draft *teamwork.Draft
	err = s.Store.InTx(ctx, func(tx *store.Store) error {
		if _, err := lockedTicket(ctx, tx, who, id, desk.TicketAccess.MayChangeAsAgent); err != nil {
			return err
		}
		if draft, err = tx.DraftOf(ctx, id); err != nil {
			return err
		}
		if draft == nil {
			return errNoDraft
		}
		return dropDraft(ctx, tx, *draft, who.User.ID)
	})
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"shared_draft_id", draft.ID}})
}

func dropDraft(ctx context.Context, tx *store.Store, d teamwork.Draft, by desk.UserID) error {
	blobs, err := tx.DeleteDraft(ctx, d, by)
	if err != nil {
		return err
	}
	return release(ctx, tx, blobs)
}

// importDraftFiles copies the files of a draft to the form in which somebody goes on with it.
func (s *Room) importDraftFiles(w http.ResponseWriter, r *http.Request) error {
	ctx, who := r.Context(), rest.Caller(r)
	id, err := rest.PathID[desk.TicketID](r, "ticket_id", desk.ObjectTicket)
	if err != nil {
		return err
	}
	if _, err := s.ticket(ctx, who, id, desk.TicketAccess.MayChangeAsAgent); err != nil {
		return err
	}
	draft, err := s.Store.DraftOf(ctx, id)
	if err != nil {
		return err
	}
	if draft == nil {
		return errNoDraft
	}
	return s.importFiles(w, r, teamwork.ObjectDraft, int64(draft.ID))
}

func (s *Room) importFiles(w http.ResponseWriter, r *http.Request, class string, oid int64) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	form := desk.UploadCacheID(p.Text("form_id"))
	if form == 0 {
		return rest.Invalid("form_id", "Need 'form_id' to add attachments to new form.")
	}
	copies, err := s.Store.CopyAttachments(r.Context(), class, oid, desk.ObjectUploadCache, form, rest.Caller(r).User.ID)
	if err != nil {
		return err
	}
	files := make([]rest.Record, len(copies))
	for i, file := range copies {
		files[i] = fileRecord(file)
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"attachments", files}})
}

func fileRecord(file desk.Attachment) rest.Record {
	return rest.Record{
		{"id", file.ID}, {"store_file_id", file.BlobID}, {"filename", file.Filename}, {"size", strconv.FormatInt(file.Size, 10)}, {"preferences", file.Preferences},
	}
}
