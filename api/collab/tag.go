package collab

import (
	"context"
	"net/http"
	"strings"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/kb"
	"postroom/internal/desk/teamwork"
	"postroom/internal/store"
)

// tagged is what carries tags: a ticket or an answer of a knowledge base.
type tagged struct {
	class string
	id    int64
}

func taggedIn(p rest.Params) (tagged, error) {
	if p.Text("object") != desk.ObjectKBAnswer {
		id, err := ticketID(p, "object", "o_id")
		return tagged{desk.ObjectTicket, int64(id)}, err
	}
	id, err := rest.IDIn[kb.AnswerID](p, "o_id")
	if err == nil && id == 0 {
		err = &desk.MissingError{Class: desk.ObjectKBAnswer}
	}
	return tagged{desk.ObjectKBAnswer, int64(id)}, err
}

// touch notes that its tags changed.
func (t tagged) touch(ctx context.Context, tx *store.Store) error {
	if t.class == desk.ObjectKBAnswer {
		return tx.TouchKBAnswer(ctx, kb.AnswerID(t.id))
	}
	return tx.TouchTickets(ctx, desk.TicketID(t.id))
}

func (s *Room) listTags(w http.ResponseWriter, r *http.Request) error {
	ctx, who := r.Context(), rest.Caller(r)
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	what, err := taggedIn(p)
	if err != nil {
		return err
	}
	if what.class == desk.ObjectKBAnswer {
		err = s.answers.MayReadAnswer(ctx, who, kb.AnswerID(what.id))
	} else {
		_, err = s.ticket(ctx, who, desk.TicketID(what.id), desk.TicketAccess.MayShow)
	}
	if err != nil {
		return err
	}
	tags, err := s.Store.TagsOf(ctx, what.class, what.id)
	if err != nil {
		return err
	}
	return rest.Reply(w, r, rest.Record{{"tags", tags[what.id]}})
}

func (s *Room) addTag(w http.ResponseWriter, r *http.Request) error {
	return s.changeTag(w, r, http.StatusCreated, func(tx *store.Store, in *rest.Input, what tagged, name string) error {
		return tx.AttachTags(r.Context(), what.class, what.id, []string{name}, in.Who.User.ID, teamwork.MayMakeTags(in.Catalog, in.Who))
	})
}

func (s *Room) removeTag(w http.ResponseWriter, r *http.Request) error {
	return s.changeTag(w, r, http.StatusOK, func(tx *store.Store, in *rest.Input, what tagged, name string) error {
		_, err := tx.DetachTag(r.Context(), what.class, what.id, name, in.Who.User.ID)
		return err
	})
}

// changeTag puts a tag on something or takes it off. It answers true also when there was nothing to do.
func (s *Room) changeTag(w http.ResponseWriter, r *http.Request, status int,
	change func(tx *store.Store, in *rest.Input, what tagged, name string) error,
) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	what, err := taggedIn(in.Params)
	if err != nil {
		return err
	}
	if what.class == desk.ObjectKBAnswer {
		if err := s.answers.MayEditAnswer(r.Context(), in.Who, kb.AnswerID(what.id)); err != nil {
			return err
		}
	}
	err = s.Store.InTx(r.Context(), func(tx *store.Store) error {
		if what.class == desk.ObjectTicket {
			if _, err := lockedTicket(r.Context(), tx, in.Who, desk.TicketID(what.id), desk.TicketAccess.MayChangeAsAgent); err != nil {
				return err
			}
		}
		name, err := teamwork.TagName(in.Params.Text("item"))
		if err != nil {
			return err
		}
		if err := change(tx, in, what, name); err != nil {
			return err
		}
		return what.touch(r.Context(), tx)
	})
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, status, true)
}

// How many tags a list has at most, unless or even if asked for more.
const (
	usualFound = 10
	mostTags   = 5000
)

func (s *Room) searchTags(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	limit, err := limitIn(p, usualFound, mostTags)
	if err != nil {
		return err
	}
	tags, err := s.Store.SearchTags(r.Context(), strings.TrimSpace(p.Text("term")), limit)
	if err != nil {
		return err
	}
	found := make([]rest.Record, len(tags))
	for i, tag := range tags {
		found[i] = rest.Record{{"id", tag.ID}, {"value", tag.Name}}
	}
	return rest.Reply(w, r, found)
}

// limitIn reads how many a list is to have.
func limitIn(p rest.Params, usual, most int) (int, error) {
	if p.Blank("limit") {
		return usual, nil
	}
	n, ok := rest.NumberOf(p["limit"])
	if !ok || n < 1 {
		return 0, rest.InvalidParam("limit", p["limit"])
	}
	return int(min(n, int64(most))), nil
}

func (s *Room) listAllTags(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	limit, err := limitIn(p, mostTags, mostTags)
	if err != nil {
		return err
	}
	tags, err := s.Store.Tags(r.Context(), limit)
	if err != nil {
		return err
	}
	list := make([]rest.Record, len(tags))
	for i, tag := range tags {
		list[i] = tagRecord(tag)
	}
	return rest.Reply(w, r, list)
}

func tagRecord(tag teamwork.Tag) rest.Record {
	return rest.Record{{"id", tag.ID}, {"name", tag.Name}, {"count", tag.Uses}}
}

func (s *Room) createTag(w http.ResponseWriter, r *http.Request) error {
	return s.nameTag(w, r, func(name string) error { return s.Store.AddTag(r.Context(), name, rest.Caller(r).User.ID) })
}

func (s *Room) renameTag(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[teamwork.TagID](r, "id", "Tag::Item")
	if err != nil {
		return err
	}
	return s.nameTag(w, r, func(name string) error {
		defer s.Changed() // rules name tags
		return s.Store.RenameTag(r.Context(), id, name, rest.Caller(r).User.ID)
	})
}

func (s *Room) nameTag(w http.ResponseWriter, r *http.Request, store func(name string) error) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	name, err := teamwork.TagName(p.Text("name"))
	if err != nil {
		return err
	}
	if err := store(name); err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{})
}

func (s *Room) deleteTag(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[teamwork.TagID](r, "id", "Tag::Item")
	if err != nil {
		return err
	}
	if err := s.Store.DeleteTag(r.Context(), id, rest.Caller(r).User.ID); err != nil {
		return err
	}
	return rest.Deleted(w)
}
