package collab

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/teamwork"
	"postroom/internal/store"
	"postroom/internal/store/collab"
)

func startDraftRecord(d teamwork.StartDraft) rest.Record {
	return rest.Record{{"id", d.ID}, {"group_id", d.GroupID}, {"name", d.Name}}.Stamped(d.Stamp)
}

// draftGroups are the groups whose drafts of new tickets somebody works with.
func draftGroups(who *desk.Caller, c *desk.Catalog) []desk.GroupID {
	groups := who.GroupsWith(desk.AccessCreate)
	return slices.DeleteFunc(groups, func(id desk.GroupID) bool { return !c.Groups[id].SharedDrafts })
}

// maySeeDrafts refuses those who create tickets in no group.
func maySeeDrafts(who *desk.Caller) error {
	if len(who.GroupsWith(desk.AccessCreate)) == 0 {
		return &desk.ForbiddenError{}
	}
	return nil
}

func (s *Room) listStartDrafts(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	p, page, err := rest.ListParams(r, rest.IndexPages)
	if err != nil {
		return err
	}
	who := rest.Caller(r)
	if err := maySeeDrafts(who); err != nil {
		return err
	}
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	groups := draftGroups(who, catalog)
	if !p.Blank("group_id") {
		id, err := rest.IDIn[desk.GroupID](p, "group_id")
		if err != nil {
			return err
		}
		groups = slices.DeleteFunc(groups, func(group desk.GroupID) bool { return group != id })
	}
	drafts, err := s.Store.StartDraftsIn(ctx, groups, page)
	if err != nil {
		return err
	}
	ids, shown := make([]teamwork.StartDraftID, len(drafts)), make(map[teamwork.StartDraftID]rest.Record, len(drafts))
	for i, d := range drafts {
		ids[i], shown[d.ID] = d.ID, startDraftRecord(d)
	}
	assets := rest.Record{}
	if len(drafts) > 0 {
		assets.Add("TicketSharedDraftStart", shown)
	}
	return rest.Reply(w, r, rest.Record{{"shared_draft_ids", ids}, {"assets", assets}})
}

// startDraft finds the draft that a path names, if whoever asks works with it.
func (s *Room) startDraft(r *http.Request) (teamwork.StartDraft, error) {
	return visibleStartDraft(r, func(id teamwork.StartDraftID) (teamwork.StartDraft, error) {
		return collab.StartDrafts.Get(r.Context(), s.Store.DB, id)
	})
}

// lockStartDraft is startDraft for a transaction that is going to change it.
func lockStartDraft(ctx context.Context, tx *store.Store, r *http.Request) (teamwork.StartDraft, error) {
	return visibleStartDraft(r, func(id teamwork.StartDraftID) (teamwork.StartDraft, error) {
		return collab.StartDrafts.Lock(ctx, tx.DB, id)
	})
}

func visibleStartDraft(r *http.Request, get func(teamwork.StartDraftID) (teamwork.StartDraft, error)) (teamwork.StartDraft, error) {
	who := rest.Caller(r)
	id, err := rest.PathID[teamwork.StartDraftID](r, "id", teamwork.ObjectStartDraft)
	if err != nil {
		return teamwork.StartDraft{}, err
	}
	if err := maySeeDrafts(who); err != nil {
		return teamwork.StartDraft{}, err
	}
	draft, err := get(id)
	if err == nil && !who.HasAccess(draft.GroupID, desk.AccessCreate) {
		err = &desk.ForbiddenError{}
	}
	return draft, err
}

func (s *Room) showStartDraft(w http.ResponseWriter, r *http.Request) error {
	draft, err := s.startDraft(r)
	if err != nil {
		return err
	}
	answer, err := s.startDraftAnswer(r.Context(), rest.Caller(r), draft)
	if err != nil {
		return err
	}
	return rest.Reply(w, r, answer)
}

func (s *Room) startDraftAnswer(ctx context.Context, who *desk.Caller, d teamwork.StartDraft) (rest.Record, error) {
	assets := rest.Record{{"TicketSharedDraftStart", map[teamwork.StartDraftID]rest.Record{d.ID: startDraftRecord(d)}}}
	err := s.addAuthors(ctx, who, &assets, d.GroupID, d.CreatedByID, d.UpdatedByID)
	return rest.Record{{"shared_draft_id", d.ID}, {"shared_draft_content", d.Content}, {"assets", assets}}, err
}

func (s *Room) createStartDraft(w http.ResponseWriter, r *http.Request) error {
	return s.writeStartDraft(w, r, http.StatusCreated, func(ctx context.Context, tx *store.Store, in *rest.Input) (d teamwork.StartDraft, err error) {
		d.Content = map[string]any{}
		if err := maySeeDrafts(in.Who); err != nil {
			return d, err
		}
		if err := readStartDraft(in, &d); err != nil {
			return d, err
		}
		return d, collab.StartDrafts.Insert(ctx, tx.DB, &d, in.Who.User.ID)
	})
}

func (s *Room) updateStartDraft(w http.ResponseWriter, r *http.Request) error {
	return s.writeStartDraft(w, r, http.StatusOK, func(ctx context.Context, tx *store.Store, in *rest.Input) (teamwork.StartDraft, error) {
		d, err := lockStartDraft(ctx, tx, r)
		if err != nil {
			return d, err
		}
		if err := readStartDraft(in, &d); err != nil {
			return d, err
		}
		return d, collab.StartDrafts.Save(ctx, tx.DB, &d, in.Who.User.ID)
	})
}

func (s *Room) writeStartDraft(w http.ResponseWriter, r *http.Request, status int,
	write func(ctx context.Context, tx *store.Store, in *rest.Input) (teamwork.StartDraft, error),
) error {
	ctx := r.Context()
	in, err := s.InputUpTo(r, rest.MaxLargeBody)
	if err != nil {
		return err
	}
	var draft teamwork.StartDraft
	err = s.Store.InTx(ctx, func(tx *store.Store) (err error) {
		if draft, err = write(ctx, tx, in); err != nil {
			return err
		}
		if err = takeFiles(ctx, tx, in, teamwork.ObjectStartDraft, int64(draft.ID)); err != nil {
			return err
		}
		draft, err = collab.StartDrafts.Get(ctx, tx.DB, draft.ID) // with the times of the database
		return err
	})
	if err != nil {
		return err
	}
	answer, err := s.startDraftAnswer(ctx, in.Who, draft)
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, status, answer)
}

// readStartDraft takes a draft as a client wrote it. Its group must keep such drafts, and whoever
// writes it must be allowed to create tickets there.
func readStartDraft(in *rest.Input, d *teamwork.StartDraft) error {
	in.Text(&d.Name, "name", 250)
	in.Object(&d.Content, "content")
	cleanBody(d.Content)
	var group *desk.GroupID
	if rest.Reference(in, &group, "group", in.Catalog.Groups, rest.GroupName) {
		d.GroupID = 0
		if group != nil {
			d.GroupID = *group
		}
	}
	if d.Name = strings.TrimSpace(d.Name); d.Name == "" {
		in.Keep(rest.Invalid("name", "Name can't be blank"))
	}
	switch {
	case in.Err != nil:
		return in.Err
	case d.GroupID == 0:
		return rest.Invalid("group_id", "Group can't be blank")
	case !slices.Contains(draftGroups(in.Who, in.Catalog), d.GroupID):
		return &desk.ForbiddenError{}
	}
	return nil
}

func (s *Room) deleteStartDraft(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	var draft teamwork.StartDraft
	err := s.Store.InTx(ctx, func(tx *store.Store) (err error) {
		if draft, err = lockStartDraft(ctx, tx, r); err != nil {
			return err
		}
		blobs, err := tx.DeleteStartDraft(ctx, draft.ID)
		if err != nil {
			return err
		}
		return release(ctx, tx, blobs)
	})
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"shared_draft_id", draft.ID}})
}

func (s *Room) importStartDraftFiles(w http.ResponseWriter, r *http.Request) error {
	draft, err := s.startDraft(r)
	if err != nil {
		return err
	}
	return s.importFiles(w, r, teamwork.ObjectStartDraft, int64(draft.ID))
}
