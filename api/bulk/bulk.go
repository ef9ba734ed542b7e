package bulk

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/teamwork"
	"postroom/internal/desk/workspace"
	"postroom/internal/perform"
	"postroom/internal/store"
	"postroom/internal/store/library"
)

// maxMass is how many tickets one request changes: they are locked until the last one is.
const maxMass = 2000

// massFailed says which ticket stopped a change of many. Clients are told with its id alone.
type massFailed struct {
	ticket desk.TicketID
	err    error
}

func (e *massFailed) Error() string { return e.err.Error() }
func (e *massFailed) Unwrap() error { return e.err }

// massInput reads which tickets are to be changed.
func (s *Room) massInput(r *http.Request) (*rest.Input, []desk.TicketID, error) {
	in, err := s.InputUpTo(r, rest.MaxLargeBody)
	if err != nil {
		return nil, nil, err
	}
	ids, err := rest.IDsIn[desk.TicketID](in.Params, "ticket_ids")
	if err != nil {
		return nil, nil, err
	}
	if len(ids) == 0 || len(ids) > maxMass {
		return nil, nil, rest.Invalid("ticket_ids", "Between 1 and %d tickets can be changed at once.", maxMass)
	}
	slices.Sort(ids) // two who change the same ones then don't wait for each other for ever
	return in, slices.Compact(ids), nil
}

// updateMany changes many tickets in one way, or none of them.
func (s *Room) updateMany(w http.ResponseWriter, r *http.Request) error {
	in, ids, err := s.massInput(r)
	if err != nil {
		return err
	}
	wanted := rest.Params{}
	sent, _ := in.Params.Object("attributes")
	attributes := rest.Params(sent)
	for name, value := range attributes {
		if !attributes.Blank(name) {
			wanted[name] = value
		}
	}
	if article, sent := in.Params.Object("article"); sent && !rest.Params(article).Blank("body") {
		wanted["article"] = in.Params["article"]
	}
	err = s.Store.InTx(r.Context(), func(tx *store.Store) error {
		for _, id := range ids {
			if err := s.changeOneOfMany(r.Context(), tx, in, id, wanted); err != nil {
				return &massFailed{id, err}
			}
		}
		return nil
	})
	return s.answerMany(w, r, in, ids, err)
}

// changeOneOfMany asks for more than a change of a single ticket does: to be an agent.
func (s *Room) changeOneOfMany(ctx context.Context, tx *store.Store, in *rest.Input, id desk.TicketID, wanted rest.Params) error {
	ticket, err := tx.LockTicket(ctx, id)
	if err != nil {
		return err
	}
	if err := in.Who.TicketAccess().MayChangeAsAgent(ticket); err != nil {
		return err
	}
	own := rest.Params{} // a change consumes what it reads
	for name, value := range wanted {
		own[name] = value
	}
	return s.tickets.Change(ctx, tx, &rest.Input{Params: own, Catalog: in.Catalog, Who: in.Who}, id)
}

// answerMany answers with the tickets as they are now, or with the one that stopped it.
func (s *Room) answerMany(w http.ResponseWriter, r *http.Request, in *rest.Input, ids []desk.TicketID, err error) error {
	if failed, ok := errors.AsType[*massFailed](err); ok && desk.Permanent(failed.err) {
		return rest.WriteJSON(w, http.StatusUnprocessableEntity, rest.Record{{"error", true}, {"ticket_id", failed.ticket}})
	}
	if err != nil {
		return err
	}
	found, err := s.Store.TicketsByID(r.Context(), ids)
	if err != nil {
		return err
	}
	tickets := make([]desk.Ticket, 0, len(found))
	for _, id := range ids {
		if ticket, there := found[id]; there { // a macro may have deleted it
			tickets = append(tickets, ticket)
		}
	}
	assets, err := s.shown.Assets(r.Context(), in.Who, tickets)
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"ticket_ids", ids}, {"assets", assets}})
}

// runMacro applies a macro to many tickets, or to none of them.
func (s *Room) runMacro(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, ids, err := s.massInput(r)
	if err != nil {
		return err
	}
	id, err := rest.IDIn[workspace.MacroID](in.Params, "macro_id")
	if err != nil {
		return err
	}
	macro, err := library.Macros.Get(ctx, s.Store.DB, id)
	if err != nil {
		return err
	}
	if !macro.Active {
		return rest.Invalid("macro_id", "The macro '%s' is inactive.", macro.Name)
	}
	blocking, err := s.outsideMacro(ctx, macro.ID, ids)
	if err != nil {
		return err
	}
	if len(blocking) > 0 {
		return rest.WriteJSON(w, http.StatusUnprocessableEntity, rest.Record{
			{"error", "Macro group restrictions do not cover all tickets"}, {"blocking_tickets", blocking},
		})
	}
	writes, err := perform.WritesOf(macro.Perform, perform.Actor{User: in.Who.User, Now: time.Now()})
	if err == nil && writes.Leaves() {
		err = rest.Invalid("perform", "The macro '%s' does what only rules do that act by themselves.", macro.Name)
	}
	if err != nil {
		return err
	}
	err = s.Store.InTx(ctx, func(tx *store.Store) error {
		for _, id := range ids {
			if err := s.perform(ctx, tx, in, id, writes); err != nil {
				return &massFailed{id, err}
			}
		}
		return nil
	})
	return s.answerMany(w, r, in, ids, err)
}

// outsideMacro are the tickets in groups that a macro is not for.
func (s *Room) outsideMacro(ctx context.Context, macro workspace.MacroID, ids []desk.TicketID) ([]desk.TicketID, error) {
	groups, err := library.Macros.Groups(ctx, s.Store.DB, []workspace.MacroID{macro})
	if err != nil || len(groups[macro]) == 0 {
		return nil, err
	}
	tickets, err := s.Store.TicketsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	outside := []desk.TicketID{}
	for _, id := range ids {
		if ticket, there := tickets[id]; there && !slices.Contains(groups[macro], ticket.GroupID) {
			outside = append(outside, id)
		}
	}
	return outside, nil
}

// perform takes the actions of a macro on a ticket.
func (s *Room) perform(ctx context.Context, tx *store.Store, in *rest.Input, id desk.TicketID, w perform.Writes) error {
	ticket, err := tx.LockTicket(ctx, id)
	if err != nil {
		return err
	}
	if w, err = perform.Filled(ctx, tx, perform.Task{Ticket: ticket, Catalog: in.Catalog, Now: time.Now()}, w); err != nil {
		return err
	}
	wanted := rest.Params{}
	for name, value := range w.Attributes {
		wanted[name] = value
	}
	if w.Note != nil {
		wanted["article"] = map[string]any{
			"type": "note", "content_type": "text/html", "subject": w.Note.Subject, "body": w.Note.Body, "internal": w.Note.Internal,
			"preferences": map[string]any{"perform_origin": "macro"},
		}
	}
	if err := s.changeOneOfMany(ctx, tx, in, id, wanted); err != nil {
		return err
	}
	return s.performAround(ctx, tx, in, id, w)
}

// performAround takes the actions that don't write to the ticket's own row.
func (s *Room) performAround(ctx context.Context, tx *store.Store, in *rest.Input, id desk.TicketID, w perform.Writes) error {
	if w.Delete {
		return s.tickets.Destroy(ctx, tx, in.Who, id)
	}
	ticket, err := tx.Ticket(ctx, id)
	if err != nil {
		return err
	}
	by := in.Who.User.ID
	if err := tx.AttachTags(ctx, desk.ObjectTicket, int64(id), w.AddTags, by, teamwork.MayMakeTags(in.Catalog, in.Who)); err != nil {
		return err
	}
	for _, name := range w.RemoveTags {
		if _, err := tx.DetachTag(ctx, desk.ObjectTicket, int64(id), name, by); err != nil {
			return err
		}
	}
	if err := perform.Subscribe(ctx, tx, ticket, w.Subscribe, by); err != nil {
		return err
	}
	return tx.Unsubscribe(ctx, id, w.Unsubscribe, w.Quiet, by)
}
