package collab

import (
	"context"
	"errors"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/teamwork"
	"postroom/internal/store"
)

// listLinks shows the tickets that a ticket is linked to, as far as the caller may see them.
func (s *Room) listLinks(w http.ResponseWriter, r *http.Request) error {
	ctx, who := r.Context(), rest.Caller(r)
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	id, err := ticketID(p, "link_object", "link_object_value")
	if err != nil {
		return err
	}
	if _, err := s.ticket(ctx, who, id, desk.TicketAccess.MayShow); err != nil {
		return err
	}
	links, tickets, err := s.visibleLinks(ctx, who, id)
	if err != nil {
		return err
	}
	assets := rest.Record{}
	if len(tickets) > 0 {
		if assets, err = s.shown.Assets(ctx, who, tickets); err != nil {
			return err
		}
	}
	return rest.Reply(w, r, rest.Record{{"links", links}, {"assets", assets}})
}

// visibleLinks returns the links of a ticket to those tickets that somebody may see, and these.
func (s *Room) visibleLinks(ctx context.Context, who *desk.Caller, id desk.TicketID) ([]rest.Record, []desk.Ticket, error) {
	found, err := s.Store.LinksOf(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	ids := make([]desk.TicketID, len(found[id]))
	for i, link := range found[id] {
		ids[i] = link.TicketID
	}
	others, err := s.Store.TicketsByID(ctx, ids)
	if err != nil {
		return nil, nil, err
	}
	access, seen := who.TicketAccess(), rest.Set[desk.TicketID]{}
	var links []rest.Record
	var tickets []desk.Ticket
	for _, link := range found[id] {
		other, there := others[link.TicketID]
		if !there || access.MayShow(other) != nil {
			continue
		}
		links = append(links, linkedRecord(link))
		if !seen[other.ID] {
			seen.Add(other.ID)
			tickets = append(tickets, other)
		}
	}
	return links, tickets, nil
}

func linkedRecord(link teamwork.TicketLink) rest.Record {
	return rest.Record{{"link_type", link.Type}, {"link_object", desk.ObjectTicket}, {"link_object_value", link.TicketID}}
}

func linkRecord(l teamwork.Link) rest.Record {
	return rest.Record{
		{"id", l.ID}, {"link_type_id", l.TypeID},
		{"link_object_source_id", l.SourceKind}, {"link_object_source_value", l.SourceValue},
		{"link_object_target_id", l.TargetKind}, {"link_object_target_value", l.TargetValue},
		{"created_at", l.CreatedAt}, {"updated_at", l.UpdatedAt},
	}
}

// addLink takes the source by its number and the target by its id.
func (s *Room) addLink(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	number := in.Params.Text("link_object_source_number")
	var link teamwork.Link
	err = s.Store.InTx(ctx, func(tx *store.Store) error {
		linkType, target, err := linkTarget(ctx, tx, in)
		if err != nil {
			return err
		}
		if err := onlyTickets(in.Params, "link_object_source"); err != nil {
			return err
		}
		source, err := tx.TicketByNumber(ctx, number)
		if errors.Is(err, desk.ErrNotFound) {
			return &rest.AnswerError{Status: http.StatusNotFound, Text: "Couldn't find Ticket with 'number'=" + rest.Cut(number, maxShown)}
		}
		if err == nil {
			err = in.Who.TicketAccess().MayShow(source)
		}
		if err != nil {
			return err
		}
		if source.ID == target {
			return rest.Invalid("link_object_target_value", "A ticket can't be linked to itself.")
		}
		if link, err = tx.AddLink(ctx, linkType, source.ID, target); err != nil {
			return err
		}
		return tx.TouchTickets(ctx, source.ID, target)
	})
	if errors.Is(err, desk.ErrConflict) {
		const text = "Link already exists"
		return rest.WriteJSON(w, http.StatusUnprocessableEntity, rest.Record{{"error", text}, {"error_human", text}, {"base", []string{text}}})
	}
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusCreated, linkRecord(link))
}

// maxShown is how much of what a client sent is repeated in an error, in characters.
const maxShown = 100

// linkTarget reads what kind of link is meant and to which ticket, which somebody must be allowed to change.
func linkTarget(ctx context.Context, tx *store.Store, in *rest.Input) (linkType string, target desk.TicketID, err error) {
	if linkType, err = teamwork.LinkType(in.Params.Text("link_type")); err != nil {
		return "", 0, err
	}
	if target, err = ticketID(in.Params, "link_object_target", "link_object_target_value"); err != nil {
		return "", 0, err
	}
	ticket, err := tx.Ticket(ctx, target)
	if err != nil {
		return "", 0, err
	}
	return linkType, target, in.Who.TicketAccess().MayUpdate(ticket)
}

// onlyTickets refuses links of anything else.
func onlyTickets(p rest.Params, key string) error {
	if class := p.Text(key); class != desk.ObjectTicket {
		return rest.Invalid(key, "The parameter '%s' is invalid.", key)
	}
	return nil
}

// removeLink takes both by their ids, and finds a link from whichever end it was made. It answers
// with an empty object whether or not there was one. zammad_py sends the id of the source under the
// name that addLink has for its number.
func (s *Room) removeLink(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	key := "link_object_source_value"
	if !in.Params.Has(key) && in.Params.Has("link_object_source_number") {
		key = "link_object_source_number"
	}
	source, err := ticketID(in.Params, "link_object_source", key)
	if err != nil {
		return err
	}
	err = s.Store.InTx(ctx, func(tx *store.Store) error {
		linkType, target, err := linkTarget(ctx, tx, in)
		if err != nil {
			return err
		}
		if err := maySeeSource(ctx, tx, in.Who, source); err != nil {
			return err
		}
		removed, err := tx.RemoveLinks(ctx, linkType, source, target)
		if err != nil || len(removed) == 0 {
			return err
		}
		return tx.TouchTickets(ctx, source, target)
	})
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusCreated, rest.Record{})
}

// maySeeSource refuses to touch the links of a ticket that somebody can't see. Of one that is not there
// there are none to touch.
func maySeeSource(ctx context.Context, tx *store.Store, who *desk.Caller, id desk.TicketID) error {
	source, err := tx.Ticket(ctx, id)
	if errors.Is(err, desk.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return who.TicketAccess().MayShow(source)
}
